/**
 * The attribution store of one work tree: who wrote which line of the texts we have seen. Pending texts live in
 * `<git dir>/countersign/attribution.jsonl`, those of commits in `<git common dir>/countersign/origins.jsonl`, so that
 * worktrees share them. On our own failure lines are unknown: the store never calls a line human that it can't vouch for.
 */
import { watch as watchDirectory } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { encodeSnapshot } from '../core/attribution/journal.ts';
import { LineMap } from '../core/attribution/lineMap.ts';
import {
  unseen,
  type EditStep,
  type LineOrigins,
  type LineState,
  type OriginCounts,
  type Snapshot,
} from '../core/attribution/model.ts';
import {
  compressLines,
  countOrigins,
  createHasher,
  expandLines,
  uniformOrigins,
  type LineHasher,
} from '../core/attribution/origins.ts';
import { carryByHash, resolveOrigins } from '../core/attribution/resolve.ts';
import { splitLines } from '../core/hunks.ts';
import type { Hunk, LineOrigin } from '../core/model.ts';
import { createWith, Journal } from './attributionJournal.ts';
import { fillFrom, readGone, type GoneTexts, type IsGone } from './goneTexts.ts';
import { randomHex, sha256 } from './crypto.ts';
import { readMarks } from './marks.ts';
import { noteLineHash } from './notes.ts';
import { pendingDir, sharedDir, type Repository } from './state.ts';

export interface ResolveOptions {
  /** The text before the change that is judged (HEAD's); `null`: no such file there; absent: not known. */
  readonly baseline?: string | null | undefined;
  /** Where `baseline` and the text differ, when that is known already; lines end at `\n` there. */
  readonly hunks?: readonly Hunk[];
  readonly alternates?: readonly Alternate[];
  /** Which of these commits are not in the history of the change that is judged. */
  readonly outside?: (commits: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly isGone?: IsGone;
}

/**
 * Another text the lines may come from, e.g. that of CHERRY_PICK_HEAD or of the commit being amended. Without a text:
 * what is pending under another name, where that is much the same.
 */
export type Alternate =
  | { readonly path?: string; readonly text: string }
  | { readonly path: string; readonly text?: undefined };

export interface ResolvedText {
  /** One entry per line of `splitLines(text)`; `null` = as in the baseline. */
  readonly origins: LineOrigins;
  /** Deleted baseline lines whose last deleter was an AI. */
  readonly aiDeleted: number;
  /** Who last deleted a line of the baseline, by its text; empty without a baseline. */
  readonly deletions: ReadonlyMap<string, LineOrigin>;
}

/** A path with lines that no commit has yet. */
export interface PendingFile {
  readonly path: string;
  readonly key: string;
  readonly origins: LineOrigins;
  readonly counts: OriginCounts;
  readonly agents: readonly string[];
  /** Lines that an AI took out and that were there at the last commit, as far as known. */
  readonly aiDeleted: number;
  readonly at: string;
}

export interface Settled {
  readonly commit: string;
  readonly files: readonly SettledFile[];
  readonly isGone?: IsGone;
}

export interface SettledFile {
  readonly path: string;
  /** `null`: the commit deletes the file. */
  readonly text: string | null;
  /** The text that the commit changes; `null`: it brings the file; absent: not known. */
  readonly before?: string | null;
  /** Where the file may have been before. */
  readonly alternates?: readonly Alternate[];
}

type Ask = (
  tokens: readonly string[],
  candidates: readonly Snapshot[],
  outside?: ReadonlySet<string>,
) => ReturnType<typeof resolveOrigins>;

/** Texts of one path, oldest first, and a text that they are like. */
interface Written {
  readonly snapshots: readonly Snapshot[];
  readonly near: Snapshot | undefined;
}

/** While this file is there, some line waits for its commit: for hooks that must decide without starting Node. */
export const pendingMarker = (dir: string): string => path.join(dir, 'pending');

const filesPerWrite = 64;
const consulted = 8;
const maxDepth = 40;
const keptPerPath = 64;
const keptCommitted = 12;
const maxDeletedKept = 500;
/** Journals beyond this are compacted by the next settle or `compact`. */
const compactAt = 4 * 1024 * 1024;

/** Opens the store; touches nothing until asked. */
export function openAttribution(
  where: Repository | { readonly dir: string; readonly sharedDir?: string },
): AttributionStore {
  return 'dir' in where
    ? new AttributionStore(where.dir, where.sharedDir ?? where.dir)
    : new AttributionStore(pendingDir(where), sharedDir(where));
}

export class AttributionStore {
  readonly #dir: string;
  readonly #shared: string;
  readonly #pending: Journal;
  readonly #committed: Journal;
  #hasher: Promise<LineHasher> | undefined;
  #marked = false;
  #goneNow: { readonly isGone: IsGone; readonly texts: GoneTexts | undefined } | undefined;

  constructor(dir: string, shared: string) {
    this.#dir = dir;
    this.#shared = shared;
    this.#pending = new Journal(path.join(dir, 'attribution.jsonl'));
    this.#committed = new Journal(path.join(shared, 'origins.jsonl'));
  }

  /** What was found wrong on disk and set aside. */
  get problems(): readonly string[] {
    return [...this.#pending.problems, ...this.#committed.problems];
  }

  /**
   * Notes steps from a text to the next, in order. Lines of `before` that nobody announced since the last known text become
   * unknown; in a file seen for the first time they count as old.
   */
  async record(...steps: readonly EditStep[]): Promise<void> {
    const hash = await this.#hash();
    await this.#pending.refresh();
    // Many files of one shell call in a few writes.
    let written = new Map<string, Written>();
    for (const step of steps) {
      if (written.has(step.path) || written.size === filesPerWrite) {
        await this.#write([...written.values()]);
        written = new Map();
      }
      written.set(step.path, await this.#after(hash, step));
    }
    await this.#write([...written.values()]);
  }

  async #after(hash: LineHasher, step: EditStep): Promise<Written> {
    const at = step.origin.at ?? new Date().toISOString();
    const before = await this.#known(hash, step.path, step.before ?? '', step.before === null, at);
    const map = new LineMap(step.before ?? '', before.snapshot.origins);
    map.apply(1, [{ text: step.after ?? '' }], step.origin);
    const lines = splitLines(step.after ?? '').map((line) => hash.line(line));
    const key = hash.key(splitLines(step.after ?? ''));
    let origins = map.toOrigins();
    // A text that was there before, brought back by anybody but a person's own hand (git, an agent's git), is the old one.
    if (step.origin.origin !== 'human' && step.after !== null) {
      const earlier = await this.#pending.snapshot(step.path, key);
      if (earlier) origins = restored(origins, earlier.origins);
    }
    const deleted = new Map(before.snapshot.deleted);
    for (const [line, origin] of map.deletions()) setLast(deleted, hash.line(line), origin);
    // Lines that were new are not old to the map, though a commit may have them by now.
    const gone = new Map(before.snapshot.gone);
    const left = new Set(lines);
    const known = expandLines(before.snapshot.origins);
    for (const [i, token] of before.snapshot.lines.entries())
      if (known[i]?.origin !== null && !left.has(token))
        setLast(deleted.has(token) ? deleted : gone, token, step.origin);
    const after: Snapshot = { path: step.path, key, lines, origins, deleted: newest(deleted), ...goneOf(gone), at };
    return { snapshots: before.isNew ? [before.snapshot, after] : [after], near: before.snapshot };
  }

  /** Notes a text whose origins are known line by line, e.g. from a `LineMap`. */
  async remember(
    path: string,
    text: string,
    origins: LineOrigins,
    deletions: ReadonlyMap<string, LineOrigin> = new Map(),
  ): Promise<void> {
    const hash = await this.#hash();
    const lines = splitLines(text);
    const tokens = lines.map((line) => hash.line(line));
    const key = hash.key(lines);
    // As late as can be: an agent's hook may note the same text at the same time.
    await this.#pending.refresh();
    const [latest] = await this.#pending.snapshots(path, 1);
    const same = latest?.key === key ? latest : await this.#pending.snapshot(path, key);
    const deleted = new Map(latest?.deleted);
    for (const [line, origin] of deletions) setLast(deleted, hash.line(line), origin);
    const snapshot: Snapshot = {
      path,
      key,
      lines: tokens,
      origins: stillKnown(compressLines(expandLines(origins).slice(0, lines.length)), same?.origins ?? []),
      deleted: newest(deleted),
      ...goneOf(latest?.gone),
      at: new Date().toISOString(),
    };
    await this.#write([{ snapshots: [snapshot], near: latest }]);
  }

  /** Reads both journals once for all that `job` asks. */
  async reading<T>(job: () => Promise<T>): Promise<T> {
    // In this order: `settle` writes the committed texts before it takes their lines off the pending ones.
    await this.#pending.hold();
    await this.#committed.hold();
    try {
      return await job();
    } finally {
      this.#pending.release();
      this.#committed.release();
    }
  }

  /** Who wrote the lines of `text`? Never throws for what it finds on disk: what can't be read is unknown. */
  async resolve(path: string, text: string, options: ResolveOptions = {}): Promise<ResolvedText> {
    const hash = await this.#hash('read');
    await this.#pending.refresh();
    await this.#committed.refresh();
    const lines = splitLines(text);
    const { baseline, alternates = [] } = options;
    const old = baseline === undefined ? undefined : splitLines(baseline ?? '');
    // To git a lone carriage return ends no line.
    const hunks = options.hunks && !/\r(?!\n)/.test(text + (baseline ?? '')) ? options.hunks : undefined;
    // Of a path that nobody ever spoke of there is nothing to look up, and nothing to hash.
    if (hunks && old && alternates.length === 0 && !this.#isKnown(path) && !(await this.#gone(options.isGone))) {
      const { origins } = resolveOrigins({ lines, key: '', candidates: [], hunks, baseline: old });
      return { origins, aiDeleted: 0, deletions: new Map() };
    }
    const key = hash.key(lines);
    const tokensOf = (list: readonly string[]): string[] => list.map((line) => hash.line(line));
    const newest = alternates.length === 0 ? await this.#pending.snapshots(path, 1) : [];
    const exact = newest[0]?.key === key ? newest[0] : undefined;
    // Only the lines in hunks are looked at, where the hunks are known.
    const gone = hunks && old ? sparse(old, hunks) : old?.map((line, i) => [i, line] as const);
    const baselineTokens = old && Array.from({ length: old.length }, () => '');
    if (baselineTokens) for (const [i, line] of gone ?? []) baselineTokens[i] = hash.line(line);
    const recreated = keysOf(hash, alternates);
    const ask: Ask = (tokens, candidates, outside) =>
      resolveOrigins({
        lines: tokens,
        key,
        ...(baselineTokens && { baseline: baseline === null ? null : baselineTokens }),
        ...(hunks && { hunks }),
        candidates,
        recreated,
        ...(outside && { outside }),
      });
    let tokens = exact?.lines;
    let found = exact && ask(exact.lines, [exact]);
    // The newest text is the one that is asked for, and all of it is known: no need to look further back.
    const isSettled = found?.origins.every((run) => run.origin?.origin !== 'unknown') ?? false;
    if (!found || !isSettled || !(gone ?? []).every(([i]) => exact?.deleted.has(baselineTokens?.[i] ?? ''))) {
      tokens ??= tokensOf(lines);
      const candidates = await this.#candidates(hash, path, key, tokens, alternates);
      found = ask(tokens, candidates);
      // A squash, `cherry-pick -n`, a reset: git takes out again what commits that are no part of history took out.
      const { deleted: seen } = found;
      const unseenGone = new Set(gone?.map(([i]) => baselineTokens?.[i] ?? '').filter((t) => !seen.has(t)));
      const others = candidates.filter(
        (c) => c.commit !== undefined && [...c.deleted.keys()].some((t) => unseenGone.has(t)),
      );
      if (options.outside && others.length > 0) {
        const commits = await options.outside([...new Set(others.map((c) => c.commit as string))]);
        const keys = new Set(others.filter((c) => commits.has(c.commit as string)).map((c) => c.key));
        if (keys.size > 0) found = ask(tokens, candidates, keys);
      }
    }
    const { aiDeleted, deleted } = found;
    const origins = await this.#filled(options.isGone, tokens ?? [], found.origins, ask);
    const vouched = await this.#vouched(path, lines, origins);
    const deletions = new Map<string, LineOrigin>();
    if (deleted.size > 0)
      for (const [, line] of gone ?? []) {
        const by = deleted.get(hash.line(line));
        if (by) deletions.set(line, by);
      }
    return { origins: vouched, aiDeleted, deletions };
  }

  #isKnown(path: string): boolean {
    return this.#pending.keys(path).length > 0 || this.#committed.keys(path).length > 0;
  }

  /** Whether anything was ever noted about a path. */
  async knows(path: string): Promise<boolean> {
    await this.#pending.refresh();
    return this.#pending.keys(path).length > 0;
  }

  /** Files whose newest known text has lines that came since the last commit. */
  async pending(): Promise<PendingFile[]> {
    await this.#pending.refresh();
    const found: PendingFile[] = [];
    for (const latest of await this.#pending.newest()) {
      if (latest.origins.every((run) => run.origin === null) && latest.deleted.size === 0) continue;
      const agents = new Set<string>();
      for (const { origin } of latest.origins) if (origin?.origin === 'ai' && origin.agent) agents.add(origin.agent);
      const { path, key, origins, at } = latest;
      let aiDeleted = 0;
      for (const by of latest.deleted.values()) if (by.origin === 'ai') aiDeleted++;
      found.push({ path, key, origins, counts: countOrigins(origins), agents: [...agents], aiDeleted, at });
    }
    return found;
  }

  /**
   * After a commit: keeps the origins of the committed texts for what may bring them back (amend, reset, rebase,
   * cherry-pick, revert of a revert), and takes the committed lines off the pending ones.
   */
  async settle({ commit, files, isGone }: Settled): Promise<void> {
    const hash = await this.#hash();
    const { kept, records, settled } = await this.reading(() => this.#settled(hash, commit, files, isGone));
    await this.#append(this.#committed, kept, records);
    await this.#write(settled);
    await this.#mark();
    if (this.#pending.size > compactAt || this.#committed.size > compactAt) await this.compact();
  }

  /** What `settle` writes: the committed texts and how they are stored, and the pending ones without their lines. */
  async #settled(
    hash: LineHasher,
    commit: string,
    files: readonly SettledFile[],
    isGone: IsGone | undefined,
  ): Promise<{ kept: readonly Snapshot[]; records: readonly string[]; settled: readonly Written[] }> {
    await Promise.all([this.#pending.refresh(), this.#committed.refresh()]);
    const kept: Snapshot[] = [];
    const settled: Written[] = [];
    const at = new Date().toISOString();
    for (const { path, text, before, alternates = [] } of files) {
      const lines = splitLines(text ?? '');
      const tokens = lines.map((line) => hash.line(line));
      const key = hash.key(lines);
      const candidates = await this.#candidates(hash, path, key, tokens, alternates);
      if (candidates.length === 0 && !(await this.#gone(isGone))) continue;
      if (text !== null) {
        // Settled before (amend, rebase): "old" is no answer here, the commit that brought the line knows whose it is.
        const recreated = keysOf(hash, alternates);
        const ask: Ask = (lines, from) => resolveOrigins({ lines, key, baseline: [], candidates: from, recreated });
        const { origins: own, deleted } = ask(tokens, candidates);
        const origins = await this.#filled(isGone, tokens, own, ask);
        if (candidates.length === 0 && origins === own) continue;
        const gone = new Set(splitLines(before ?? '').map((line) => hash.line(line)));
        const still = new Set(tokens);
        // A file that is new here may have had them under its earlier name: a squash brings both names together.
        const ownDeleted = new Map(
          [...deleted].filter(([token]) => !still.has(token) && (before === null || gone.has(token))),
        );
        kept.push({ path, key, lines: tokens, origins, deleted: newest(ownDeleted), at, commit });
      }
      const [latest] = await this.#pending.snapshots(path, 1);
      if (!latest) continue;
      const committed = carryByHash(tokens, expandLines(uniformOrigins(tokens.length, null)), latest.lines);
      const states = expandLines(latest.origins).map((state, i) => committed[i] ?? state);
      const isDone = latest.key === key || text === null;
      const deleted = isDone ? new Map<string, LineOrigin>() : new Map(latest.deleted);
      const gone = isDone ? undefined : new Map(latest.gone);
      // Taken out before the commit that brings them was known of: committed lines now.
      const still = new Set(latest.lines);
      for (const token of tokens) {
        const by = still.has(token) ? undefined : gone?.get(token);
        if (by && !deleted.has(token)) setLast(deleted, token, by);
        gone?.delete(token);
      }
      const { gone: _gone, ...kin } = latest;
      const left = { ...kin, origins: compressLines(states), deleted: newest(deleted), ...goneOf(gone), at };
      // A text that came past us is known from now on; whoever changes it next changes old lines.
      const seen = { path, key, lines: tokens, origins: uniformOrigins(tokens.length, null), deleted: new Map(), at };
      settled.push({ snapshots: isDone || this.#pending.has(path, key) ? [left] : [seen, left], near: latest });
    }
    const bases = new Map<string, Snapshot>();
    const records: string[] = [];
    for (const snapshot of kept) {
      const base = bases.get(snapshot.path) ?? (await this.#base(this.#committed, snapshot.path));
      records.push(encodeSnapshot(snapshot, base));
      bases.set(snapshot.path, snapshot);
    }
    return { kept, records, settled };
  }

  /**
   * Takes over what another tool recorded about lines of a text (0-based line → origin). What was seen here without
   * doubt stays. With `commit` the text is that commit's, else the work tree's. Says how many lines changed.
   */
  async adopt(
    path: string,
    text: string,
    claims: ReadonlyMap<number, LineOrigin>,
    commit: string | undefined,
  ): Promise<number> {
    const hash = await this.#hash();
    await Promise.all([this.#pending.refresh(), this.#committed.refresh()]);
    const lines = splitLines(text);
    const tokens = lines.map((line) => hash.line(line));
    const key = hash.key(lines);
    const candidates = await this.#candidates(hash, path, key, tokens, []);
    const known = resolveOrigins({ lines: tokens, key, ...(commit !== undefined && { baseline: [] }), candidates });
    let adopted = 0;
    const states = expandLines(known.origins).map((state, i): LineState => {
      const { origin } = state;
      const claim = claims.get(i);
      const isSeen = origin !== null && (origin.evidence === 'hook' || origin.evidence === 'editor');
      if (claim === undefined || (isSeen && origin.mark === undefined)) return state;
      adopted++;
      return { origin: claim };
    });
    if (adopted === 0) return 0;
    const at = new Date().toISOString();
    const next: Snapshot = { path, key, lines: tokens, origins: compressLines(states), deleted: new Map(), at };
    if (commit === undefined) {
      const [latest] = await this.#pending.snapshots(path, 1);
      await this.#write([{ snapshots: [{ ...next, deleted: newest(known.deleted) }], near: latest }]);
    } else {
      const record = { ...next, commit };
      await this.#append(this.#committed, [record], [encodeSnapshot(record)]);
    }
    return adopted;
  }

  /** A file got another name: what was known under the old one holds under the new one. */
  async move(from: string, to: string): Promise<void> {
    await this.#pending.refresh();
    const snapshots = (await this.#pending.snapshots(from, consulted)).reverse();
    const moved = snapshots.map((snapshot) => ({ ...snapshot, path: to }));
    await this.#append(
      this.#pending,
      moved,
      moved.map((snapshot, i) => encodeSnapshot(snapshot, moved[i - 1])),
    );
  }

  /** Calls back when another process, or another store, has noted something. */
  watch(onChange: (paths: ReadonlySet<string>) => void): { dispose(): void } {
    let timer: NodeJS.Timeout | undefined;
    let closed = false;
    const look = (): void => {
      timer = undefined;
      // A failed look is made good by the next one; resolve() and pending() read for themselves anyway.
      void this.#pending
        .refresh()
        .then(() => {
          // Not what this refresh read: any question asked meanwhile may have read it before.
          const paths = this.#pending.heard();
          if (!closed && paths.size > 0) onChange(paths);
        })
        .catch(() => undefined);
    };
    let watcher: { close(): void } | undefined;
    void (async () => {
      await fs.mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await this.#pending.refresh();
      this.#pending.listen();
      if (closed) return;
      const w = watchDirectory(this.#dir, { persistent: false }, (_, name) => {
        if (name === null || name.startsWith('attribution.jsonl')) timer ??= setTimeout(look, 30);
      });
      w.on('error', () => undefined);
      watcher = w;
    })().catch(() => undefined);
    return {
      dispose() {
        closed = true;
        clearTimeout(timer);
        watcher?.close();
      },
    };
  }

  /** Drops what no commit can need any more. */
  async compact(): Promise<void> {
    const rewrite = (journal: Journal, kept: number) =>
      journal.compact(async (path, snapshots) => {
        const records: string[] = [];
        let base: Snapshot | undefined;
        for (const snapshot of (await snapshots(path, kept)).reverse()) {
          records.push(encodeSnapshot(snapshot, records.length % maxDepth === 0 ? undefined : base));
          base = snapshot;
        }
        return records;
      });
    await rewrite(this.#pending, keptPerPath);
    await rewrite(this.#committed, keptCommitted);
  }

  //#region Parts

  /** A line that only a person's word makes theirs is theirs if that word is signed and speaks of this line. */
  async #vouched(path: string, lines: readonly string[], origins: LineOrigins): Promise<LineOrigins> {
    const ids = new Set(
      origins.flatMap(({ origin, parts }) =>
        [origin, ...(parts?.hands ?? [])].flatMap((o) => (o?.mark === undefined ? [] : [o.mark])),
      ),
    );
    if (ids.size === 0) return origins;
    const marks = await readMarks(this.#shared, ids);
    return compressLines(
      expandLines(origins).map((state, i): LineState => {
        const { origin, parts } = state;
        // A mark speaks of the line as it was signed; of what is left of it in a changed one nobody vouches.
        const hands = parts?.hands.map((o) => (o?.mark === undefined || o.origin === 'ai' ? o : unseen));
        const kept = parts && hands && { parts: { ...parts, hands } };
        if (origin?.mark === undefined) return { origin, ...kept };
        const mark = marks.get(origin.mark);
        const isMeant =
          mark?.path === path && mark.as === origin.origin && mark.lines.includes(noteLineHash(lines[i] ?? ''));
        // A claim of AI needs no proof: it only makes rules stricter.
        return { origin: isMeant || origin.origin === 'ai' ? origin : unseen, ...kept };
      }),
    );
  }

  async #candidates(
    hash: LineHasher,
    path: string,
    key: string,
    tokens: readonly string[],
    alternates: readonly Alternate[],
  ): Promise<Snapshot[]> {
    const found: (Snapshot | undefined)[] = [
      await this.#pending.snapshot(path, key),
      await this.#committed.snapshot(path, key),
      ...(await this.#pending.snapshots(path, consulted)),
    ];
    const earlierNames = new Set<string>();
    for (const { path: from = path, text } of alternates) {
      if (text === undefined) {
        const moved = await this.#movedFrom(from, key, tokens);
        // What was there before the pending text is old to it; the commits that brought it know.
        if (moved.length > 0) earlierNames.add(from);
        found.push(...moved);
      } else {
        if (from !== path) earlierNames.add(from);
        const alternateKey = hash.key(splitLines(text));
        // Once committed, a pending text's lines are old; the commit that brought them knows whose they are.
        found.push(
          await this.#pending.snapshot(from, alternateKey),
          await this.#committed.snapshot(from, alternateKey),
        );
      }
    }
    found.push(...(await this.#committed.snapshots(path, consulted)));
    // Also of a fixup made under the old name, folded into the commit that renames the file.
    for (const from of earlierNames) found.push(...(await this.#committed.snapshots(from, consulted)));
    return [...new Set(found.filter((s) => s !== undefined))];
  }

  /** What is known of names that no file has any more; read once for all files of a commit. */
  async #gone(isGone: IsGone | undefined): Promise<GoneTexts | undefined> {
    if (isGone === undefined) return undefined;
    if (this.#goneNow?.isGone !== isGone)
      this.#goneNow = { isGone, texts: await readGone([this.#pending, this.#committed], isGone) };
    return this.#goneNow.texts;
  }

  /** Closes gaps with what is known of files that are gone. */
  async #filled(
    isGone: IsGone | undefined,
    tokens: readonly string[],
    origins: LineOrigins,
    ask: Ask,
  ): Promise<LineOrigins> {
    if (!origins.some((run) => run.origin?.origin === 'unknown')) return origins;
    const gone = await this.#gone(isGone);
    return gone ? fillFrom(gone, tokens, origins, (from) => ask(tokens, from).origins) : origins;
  }

  /** What is pending under another name: the very text, or one that shares half of its lines. */
  async #movedFrom(from: string, key: string, tokens: readonly string[]): Promise<Snapshot[]> {
    const exact = this.#pending.has(from, key) ? await this.#pending.snapshot(from, key) : undefined;
    if (exact) return [exact];
    const [latest] = await this.#pending.snapshots(from, 1);
    if (!latest || latest.lines.length === 0) return [];
    const mine = new Set(tokens);
    return latest.lines.filter((t) => mine.has(t)).length * 2 >= latest.lines.length ? [latest] : [];
  }

  /** What is known of a text: its own record, or one made now. */
  async #known(
    hash: LineHasher,
    path: string,
    text: string,
    absent: boolean,
    at: string,
  ): Promise<{ snapshot: Snapshot; isNew: boolean }> {
    const lines = splitLines(text);
    const key = hash.key(lines);
    const exact = await this.#pending.snapshot(path, key);
    if (exact) return { snapshot: exact, isNew: false };
    const tokens = lines.map((line) => hash.line(line));
    const candidates = await this.#pending.snapshots(path, consulted);
    // First sight: old as far as we can tell. Judged against a baseline, a line that is not in it becomes unknown.
    const resolved =
      candidates.length === 0 || absent
        ? { origins: uniformOrigins(lines.length, null), deleted: new Map<string, LineOrigin>() }
        : resolveOrigins({ lines: tokens, key, candidates });
    return {
      snapshot: {
        path,
        key,
        lines: tokens,
        origins: resolved.origins,
        deleted: newest(resolved.deleted),
        ...(!absent && goneOf(candidates[0]?.gone)),
        at,
      },
      isNew: true,
    };
  }

  async #base(journal: Journal, path: string): Promise<Snapshot | undefined> {
    const [latest] = await journal.snapshots(path, 1);
    return latest && journal.depth(path, latest.key) < maxDepth ? latest : undefined;
  }

  /** In one write: what belongs together is there, or it is not. */
  async #write(all: readonly Written[]): Promise<void> {
    const records: string[] = [];
    for (const { snapshots, near } of all) {
      const [first] = snapshots;
      if (!first) continue;
      let base =
        near && this.#pending.has(near.path, near.key) && this.#pending.depth(near.path, near.key) < maxDepth
          ? near
          : await this.#base(this.#pending, first.path);
      for (const snapshot of snapshots) {
        records.push(encodeSnapshot(snapshot, base));
        base = snapshot;
      }
    }
    if (records.length === 0) return;
    const snapshots = all.flatMap((written) => written.snapshots);
    await this.#append(this.#pending, snapshots, records);
    if (!this.#marked && snapshots.some((s) => s.origins.some((run) => run.origin !== null) || s.deleted.size > 0)) {
      await fs.writeFile(pendingMarker(this.#dir), '', { mode: 0o600 });
      this.#marked = true;
    }
  }

  async #append(journal: Journal, snapshots: readonly Snapshot[], records: readonly string[]): Promise<void> {
    await journal.append(
      records,
      snapshots.map((s) => s.path),
    );
    const torn = snapshots.filter((s) => !journal.isWhole(s.path, s.key));
    if (torn.length > 0)
      await journal.append(
        torn.map((s) => encodeSnapshot(s)),
        torn.map((s) => s.path),
      );
  }

  async #mark(): Promise<void> {
    if ((await this.pending()).length > 0) return;
    await fs.rm(pendingMarker(this.#dir), { force: true });
    this.#marked = false;
    // Another process may have noted something in between.
    if ((await this.pending()).length > 0) await fs.writeFile(pendingMarker(this.#dir), '', { mode: 0o600 });
  }

  /** With `read` nothing is written: where no salt is, no origins are either, and any salt will do. */
  async #hash(purpose: 'read' | 'write' = 'write'): Promise<LineHasher> {
    if (this.#hasher) return this.#hasher;
    const there = await findSalt(this.#shared);
    if (there === undefined && purpose === 'read') return createHasher(sha256, randomHex(16));
    this.#hasher ??= (there === undefined ? makeSalt(this.#shared) : Promise.resolve(there)).then((salt) =>
      createHasher(sha256, salt),
    );
    return this.#hasher;
  }

  //#endregion
}

/** Keys of the texts that a commit is made again from. */
const keysOf = (hash: LineHasher, alternates: readonly Alternate[]): ReadonlySet<string> =>
  new Set(alternates.flatMap((a) => (a.text === undefined ? [] : [hash.key(splitLines(a.text))])));

/** Index and text of the lines that hunks take out. */
function sparse(old: readonly string[], hunks: readonly Hunk[]): (readonly [number, string])[] {
  const out: (readonly [number, string])[] = [];
  for (const h of hunks) for (let i = h.oldStart - 1; i < h.oldStart - 1 + h.oldLines; i++) out.push([i, old[i] ?? '']);
  return out;
}

/** Origins of a text that came back: as they were, but an answer that was missing then may be there now. */
function restored(now: LineOrigins, earlier: LineOrigins): LineOrigins {
  const then = expandLines(earlier);
  return compressLines(
    expandLines(now).map((state, i) => {
      const old = then[i];
      return old === undefined || old.origin?.origin === 'unknown' ? state : old;
    }),
  );
}

/** Origins of a text that somebody noted before: that one of us does not know a line takes nothing from what is known. */
function stillKnown(now: LineOrigins, noted: LineOrigins): LineOrigins {
  if (!now.some((run) => run.origin?.origin === 'unknown')) return now;
  const then = expandLines(noted);
  return compressLines(
    expandLines(now).map((state, i) => (state.origin?.origin === 'unknown' && then[i]?.origin ? then[i] : state)),
  );
}

function setLast(map: Map<string, LineOrigin>, key: string, value: LineOrigin): void {
  map.delete(key);
  map.set(key, value);
}

const goneOf = (gone: ReadonlyMap<string, LineOrigin> | undefined): { gone?: ReadonlyMap<string, LineOrigin> } =>
  gone === undefined || gone.size === 0 ? {} : { gone: newest(gone) };

const newest = (deleted: ReadonlyMap<string, LineOrigin>): ReadonlyMap<string, LineOrigin> =>
  deleted.size <= maxDeletedKept ? deleted : new Map([...deleted].slice(-maxDeletedKept));

const saltFile = (dir: string): string => path.join(dir, 'salt');

async function findSalt(dir: string): Promise<string | undefined> {
  const salt = await fs.readFile(saltFile(dir), 'utf8').catch(() => '');
  return /^[0-9a-f]{32}$/.test(salt) ? salt : undefined;
}

/** Makes the repository's salt, or takes that of whoever was faster. */
async function makeSalt(dir: string): Promise<string> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const salt = await findSalt(dir);
    if (salt !== undefined) return salt;
    // A damaged salt makes all that was kept unreadable, hence unknown; it is set aside, not overwritten.
    const isDamaged = await fs.stat(saltFile(dir)).then(
      () => true,
      () => false,
    );
    if (isDamaged && attempt > 0) await fs.rename(saltFile(dir), `${saltFile(dir)}.aside-${Date.now()}`);
    await fs.mkdir(dir, { recursive: true, mode: 0o700 });
    await createWith(saltFile(dir), Buffer.from(randomHex(16)));
  }
  throw new Error(`${saltFile(dir)} can't be created`);
}
