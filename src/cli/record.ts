/**
 * The record of the commit that git is about to make: a bundle of its own, loaded by `git-hook` only when there is
 * something to record, because it brings the risk engine along.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { LineOrigins } from '../core/attribution/model.ts';
import { compressOrigins, expandOrigins } from '../core/attribution/origins.ts';
import { unseen } from '../core/attribution/model.ts';
import { classify } from '../core/classify.ts';
import { diffLines, splitLines } from '../core/hunks.ts';
import { weakestEvidence, type Classification, type Evidence, type FileChange } from '../core/model.ts';
import { checkNote, type NoteProblem } from '../core/justification.ts';
import type { JustificationRule, Policy } from '../core/policy/model.ts';
import { linearRegex } from '../core/regex.ts';
import { verdictFor } from '../core/policy/index.ts';
import { composeRecord, type CommitFile, type Composed, type Refusal } from '../core/provenance/compose.ts';
import type { CommitRecord, PatchDigest } from '../core/provenance/model.ts';
import { logAnchor, noteDigest } from '../core/provenance/record.ts';
import {
  findRecords,
  hasText,
  mergeTrailers,
  recordLines,
  removeRecords,
  toBinary,
  type MessageOptions,
} from '../core/provenance/trailers.ts';
import { openAttribution } from '../platform/attribution.ts';
import { auditHead } from '../platform/auditLog.ts';
import { commentCharOf, commitInMaking, messageConfig, type CommitInMaking } from '../platform/commitInMaking.ts';
import { sha256 } from '../platform/crypto.ts';
import {
  changedFiles,
  diffDigest,
  diffTotals,
  emptyTree,
  gitlinkMode,
  readBlobs,
  type ChangedFile,
} from '../platform/git.ts';
import { createGrammars } from '../platform/grammars.ts';
import { readKeys } from '../platform/keys.ts';
import { changedLines, coveredBy, readNotes } from '../platform/notes.ts';
import { loadPolicy, type PolicyState } from '../platform/policyFile.ts';
import { signedRecord } from '../platform/signRequest.ts';
import { auditDir, type Repository } from '../platform/state.ts';

export interface RecordInput {
  readonly repo: Repository;
  /** Git's own variables, `GIT_INDEX_FILE` above all. */
  readonly env: NodeJS.ProcessEnv;
  /** Binary string. */
  readonly message: string;
  readonly source: string;
  readonly sha: string;
  readonly hasEditor: boolean;
  /** Nothing is committed yet: no signature is asked for. */
  readonly isPreview?: boolean;
  readonly now: string;
  /** Asks the person at the terminal for a reason; `undefined`: nobody there. */
  readonly ask?: (refusals: readonly Refusal[]) => Promise<string | undefined>;
}

export interface RecordOutput {
  readonly message: string;
  /** `undefined`: this mode asks for no record here. */
  readonly record?: CommitRecord | undefined;
  readonly refusals: readonly Refusal[];
  readonly policy: PolicyState;
  readonly hasText: boolean;
}

/** A file beyond this is not read line by line: its added lines are unknown. */
const maxTextBytes = 4 * 1024 * 1024;
/** Files up to this size can be justified in the editor, which sees 50 MiB. */
const maxWholeBytes = 64 * 1024 * 1024;
const noRisk: Classification = { tier: 'low', changeType: 'none', findings: [] };
const notJudged: Classification = { tier: 'medium', changeType: 'feature', findings: [], note: 'not judged' };

/** Works out the record, and the message with it. @throws GuardError when git or the disk fails. */
export async function prepareRecord(input: RecordInput): Promise<RecordOutput> {
  const { repo, env, source } = input;
  const [commit, config, policy] = await Promise.all([
    commitInMaking(repo, env, source, input.sha),
    messageConfig(repo, env),
    loadPolicy(repo.root, { commonDir: repo.commonDir }),
  ]);
  const mode = policy.policy.commit.trailers;
  const commentChar = commentCharOf(input.message, config.commentChar);
  const isCombination = input.message.startsWith(`${commentChar} This is a combination of `);
  const keepsComments =
    !isCombination && (input.hasEditor ? /^(?:verbatim|whitespace)$/.test(config.cleanup) : config.cleanup !== 'strip');
  const options: MessageOptions = {
    commentChar: keepsComments && !input.hasEditor ? '#' : commentChar,
    knownKeys: config.knownKeys,
    place: input.hasEditor ? 'preview' : 'final',
    keepsComments,
  };
  const isText = hasText(input.message, keepsComments && !input.hasEditor ? { commentChar: '' } : { commentChar });

  const { composed, digest } = await compose(input, commit, policy, config.email);
  const unsigned = keepEarlier(composed, commit, digest);
  const wanted = mode === 'record' || mode === 'required' || (mode === 'ai-only' && composed.isNotable);
  const kept =
    wanted && input.isPreview !== true
      ? { ...unsigned, provenance: await signedRecord(repo, commit, unsigned.provenance) }
      : unsigned;
  // Originals that `merge --squash` quotes are git's text, not the person's; their records would be read as more commits.
  const bare = source === 'squash' ? removeRecords(input.message, { indented: true }) : input.message;
  const message = wanted ? mergeTrailers(bare, kept, options) : mode === 'off' ? input.message : removeRecords(bare);
  return {
    message,
    ...(wanted && { record: kept }),
    refusals: policy.policy.origin === 'none' ? [] : composed.refusals,
    policy,
    hasText: isText,
  };
}

async function compose(
  input: RecordInput,
  commit: CommitInMaking,
  state: PolicyState,
  author: string,
): Promise<{ composed: Composed; digest: PatchDigest }> {
  const { repo, env } = input;
  const isMerge = commit.mergedParents.length > 0;
  const base = commit.parent ?? (await emptyTree(repo.root, env));
  const [totals, notes, keys, head, earlier, mergedChanges] = await Promise.all([
    diffTotals(repo.root, base, commit.tree, { env }),
    readNotes(repo).catch(() => []),
    readKeys(repo),
    auditHead(auditDir(repo)),
    soundReasons(input, commit),
    Promise.all(commit.mergedParents.map((p) => changedFiles(repo, p, commit.tree, { env }))),
  ]);
  const { changed } = totals;
  // What a merge takes over from one side as it is was judged there.
  const own = isMerge ? changed.filter((f) => mergedChanges.every((c) => c.some((x) => x.path === f.path))) : changed;
  const blobs = await readTexts(repo, env, own, commit, mergedChanges);
  const perFile = totalsByName(changed, totals.files);
  const changes: FileChange[] = own.map((f, i) => ({
    path: f.path,
    before: blobs[i]?.before ?? null,
    after: blobs[i]?.after ?? null,
  }));
  const risks = await classifyAll(changes, state.policy);
  const store = openAttribution(repo);
  const files: CommitFile[] = [];
  for (const [i, f] of own.entries()) {
    const texts = blobs[i] as FileTexts;
    const count = perFile.get(f.path) ?? { added: 0, deleted: 0 };
    const verdict = verdictFor(state.policy, f.path);
    let origins: LineOrigins = [];
    let aiDeleted = 0;
    let deletedBy: Evidence | undefined;
    let { added } = count;
    let { deleted } = count;
    if (texts.isOpaque) origins = added > 0 ? [{ count: added, origin: unseen }] : [];
    else if (f.oldMode !== gitlinkMode && f.newMode !== gitlinkMode) {
      const found = await store.resolve(f.path, texts.after ?? '', {
        baseline: texts.before,
        alternates: [
          ...texts.prior.map((text) => ({ text })),
          ...renamedFrom(f, changed, blobs, own).map((r) => ({ path: r.path, text: r.text })),
        ],
      });
      origins = found.origins;
      aiDeleted = found.aiDeleted;
      for (const by of found.deletions.values())
        if (by.origin === 'ai')
          deletedBy = deletedBy === undefined ? by.evidence : weakestEvidence(deletedBy, by.evidence);
      if (isMerge) {
        origins = withoutLinesOf(origins, texts.after ?? '', texts.merged);
        added = expandOrigins(origins).filter((o) => o !== null).length;
        deleted = 0;
        aiDeleted = 0;
      } else if (verdict.entries.length === 0)
        origins = movedByGit(origins, texts.after ?? '', renamedFrom(f, changed, blobs, own));
    }
    // What an earlier commit with a reason already had needs no new one.
    const since = earlier.length > 0 ? texts.prior.find((t) => t !== null) : undefined;
    const lines = texts.isOpaque ? texts.wholeLines : changedLines(since ?? texts.before, texts.after);
    const isCarried = since !== undefined && lines?.added.length === 0 && lines.deleted.length === 0;
    files.push({
      path: f.path,
      before: texts.before,
      after: texts.after,
      added,
      deleted,
      origins,
      aiDeleted,
      ...(deletedBy !== undefined && { deletedBy }),
      classification: risksOf(f, texts, risks.get(f.path)),
      verdict,
      covered:
        verdict.entries.length === 0 || !lines
          ? undefined
          : coveredBy(notes, keys, { path: f.path, ...lines, now: input.now, rule: verdict.justification }),
      carried: isCarried,
    });
  }
  const digest: PatchDigest = isMerge
    ? {
        patch: '-',
        added: files.reduce((n, f) => n + f.added, 0),
        deleted: 0,
        files: files.length,
      }
    : totals.digest;
  const settings = {
    files,
    digest,
    policy: state.policy,
    policyDigest: state.digest,
    log: logAnchor(head),
    now: input.now,
    sha256,
    earlier,
    author,
  };
  let composed = composeRecord(settings);
  if (input.ask && composed.refusals.length > 0 && composed.refusals.every((r) => r.decision === 'justify')) {
    const typed = await input.ask(composed.refusals);
    if (typed !== undefined) composed = composeRecord({ ...settings, typed });
  }
  return { composed, digest };
}

/** What cannot be read by lines, or looks equal only because it is no text, has changed all the same. */
function risksOf(file: ChangedFile, texts: FileTexts, found: Classification | undefined): Classification {
  const isUnread =
    texts.isOpaque || (texts.before === texts.after && file.newObject !== file.oldObject && isLossy(texts.after));
  return isUnread && (found ?? noRisk).changeType === 'none' ? notJudged : (found ?? noRisk);
}

const isLossy = (text: string | null): boolean => text?.includes('\ufffd') === true;

/** The risk engine failing must not cost the record; the change then counts as the path's own tier. */
async function classifyAll(changes: readonly FileChange[], policy: Policy): Promise<Map<string, Classification>> {
  try {
    const { files } = await classify(changes, { grammars: createGrammars(), policy });
    return new Map(files.map((f) => [f.path, f.classification]));
  } catch {
    return new Map(changes.map((c) => [c.path, notJudged]));
  }
}

interface FileTexts {
  readonly before: string | null;
  readonly after: string | null;
  /** Texts of the same path in the commits that this one re-creates. */
  readonly prior: readonly string[];
  /** Texts of the same path in the other parents of a merge. */
  readonly merged: readonly string[];
  /** Too large to be judged. */
  readonly isOpaque: boolean;
  /** Of such a file, when asked for: its changed lines, so that a reason given in the editor covers them. */
  readonly wholeLines: ReturnType<typeof changedLines> | undefined;
}

async function readTexts(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  files: readonly ChangedFile[],
  commit: CommitInMaking,
  merged: readonly (readonly ChangedFile[])[],
): Promise<FileTexts[]> {
  const names: string[] = [];
  const isFile = (mode: string): boolean => mode !== '000000' && mode !== gitlinkMode;
  for (const f of files) {
    names.push(isFile(f.oldMode) ? f.oldObject : 'none', isFile(f.newMode) ? f.newObject : 'none');
    for (const prior of commit.prior) names.push(`${prior.id}:${f.path}`);
    for (const changes of merged) names.push(changes.find((c) => c.path === f.path)?.oldObject ?? 'none');
  }
  const blobs = await readBlobs(repo.root, names, { env, maxBytes: 512 * 1024 * 1024 });
  const step = 2 + commit.prior.length + merged.length;
  return files.map((_, i) => {
    const part = blobs.slice(i * step, (i + 1) * step);
    const isOpaque = part.some((b) => (b?.length ?? 0) > maxTextBytes);
    const text = (b: Buffer | null | undefined): string | null => (b && !isOpaque ? decode(b) : null);
    const texts = (list: (Buffer | null)[]): string[] => list.map(text).filter((t) => t !== null);
    return {
      before: text(part[0]),
      after: text(part[1]),
      prior: texts(part.slice(2, 2 + commit.prior.length)),
      merged: texts(part.slice(2 + commit.prior.length)),
      isOpaque,
      get wholeLines() {
        const [before, after] = part;
        if (Math.max(before?.length ?? 0, after?.length ?? 0) > maxWholeBytes) return undefined;
        return changedLines(before ? decode(before) : null, after ? decode(after) : null);
      },
    };
  });
}

/** As editors read a file: without a byte order mark. */
const decode = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\ufeff/, '');

/** Git's totals by path. Both lists are in git's order; a change of type stands twice in the patch. */
function totalsByName(
  changed: readonly ChangedFile[],
  totals: readonly { readonly added: number; readonly deleted: number }[],
): Map<string, { added: number; deleted: number }> {
  const out = new Map<string, { added: number; deleted: number }>();
  let at = 0;
  for (const f of changed) {
    const entries = totals.slice(at, at + (f.status === 'T' ? 2 : 1));
    at += entries.length;
    out.set(f.path, {
      added: entries.reduce((n, e) => n + e.added, 0),
      deleted: entries.reduce((n, e) => n + e.deleted, 0),
    });
  }
  return out;
}

/** Deleted files of the same commit that a new one may have been: same object, or many lines in common. */
function renamedFrom(
  file: ChangedFile,
  changed: readonly ChangedFile[],
  blobs: readonly FileTexts[],
  own: readonly ChangedFile[],
): { path: string; text: string }[] {
  if (file.status !== 'A') return [];
  const gone = changed.filter((c) => c.status === 'D');
  if (gone.length === 0 || gone.length > 50) return [];
  const mine = new Set(splitLines(blobs[own.indexOf(file)]?.after ?? ''));
  const found: { path: string; text: string; share: number }[] = [];
  for (const g of gone) {
    const text = blobs[own.indexOf(g)]?.before;
    if (text === null || text === undefined) continue;
    const lines = splitLines(text);
    const share = lines.length === 0 ? 0 : lines.filter((l) => mine.has(l)).length / lines.length;
    if (g.oldObject === file.newObject || share >= 0.5) found.push({ path: g.path, text, share });
  }
  return found.sort((a, b) => b.share - a.share).slice(0, 1);
}

/** Lines that a rename brought along and that nobody else is known for are git's doing. */
function movedByGit(origins: LineOrigins, after: string, from: readonly { readonly text: string }[]): LineOrigins {
  const [source] = from;
  if (!source) return origins;
  const lines = splitLines(after);
  const fresh = new Set<number>();
  for (const h of diffLines(splitLines(source.text), lines))
    for (let i = 0; i < h.newLines; i++) fresh.add(h.newStart - 1 + i);
  return compressOrigins(
    expandOrigins(origins).map((o, i) =>
      o?.origin === 'unknown' && !fresh.has(i) ? { origin: 'tool', evidence: 'heuristic' } : o,
    ),
  );
}

/** Lines that another parent of the merge has, too, are not the merge's own. */
function withoutLinesOf(origins: LineOrigins, after: string, parents: readonly string[]): LineOrigins {
  const lines = splitLines(after);
  const out = expandOrigins(origins);
  for (const text of parents) {
    const fresh = new Set<number>();
    for (const h of diffLines(splitLines(text), lines))
      for (let i = 0; i < h.newLines; i++) fresh.add(h.newStart - 1 + i);
    for (let i = 0; i < out.length; i++) if (!fresh.has(i)) out[i] = null;
  }
  return compressOrigins(out);
}

/** Reasons in the records of the commits that this one re-creates, where those records are true to their commit. */
async function soundReasons(input: RecordInput, commit: CommitInMaking): Promise<string[]> {
  const reasons: string[] = [];
  for (const prior of commit.prior) {
    for (const r of findRecords(prior.message).records) {
      if (r.quoted || r.justification === undefined || r.provenance.note !== noteDigest(r.justification, sha256))
        continue;
      const digest =
        prior.parents.length > 1
          ? undefined
          : await diffDigest(input.repo.root, prior.parents[0] ?? null, prior.id, { env: input.env });
      if (digest && digest.patch === r.provenance.patch) reasons.push(r.justification);
    }
  }
  // A squash puts messages together; those commits are prior only one by one, while git builds it.
  if (commit.isAmend && commit.prior.length > 1)
    for (const r of findRecords(input.message).records)
      if (r.justification !== undefined && !r.quoted) reasons.push(r.justification);
  return reasons;
}

/** The same content again (rebase, cherry-pick): its own record stays, where ours knows no more than that. */
function keepEarlier(composed: Composed, commit: CommitInMaking, digest: PatchDigest): CommitRecord {
  const now = composed.record.provenance;
  if (digest.patch === '-' || commit.prior.length !== 1) return composed.record;
  const found = findRecords(commit.prior[0]?.message ?? '').records.filter((r) => !r.quoted);
  const [only] = found;
  if (found.length !== 1 || !only) return composed.record;
  const then = only.provenance;
  const sameTotals = then.added === now.added && then.deleted === now.deleted && then.files === now.files;
  if (then.patch !== digest.patch || !sameTotals || then.note !== now.note) return composed.record;
  const same = then.ai === now.ai && then.unk === now.unk && then.mod === now.mod && then.aiDeleted === now.aiDeleted;
  // An unseen line here may have been seen where the commit was made.
  if (!same && now.unk <= then.unk) return composed.record;
  const { quoted: _quoted, inBlock: _inBlock, ...record } = only;
  return { ...composed.record, ...record, provenance: then };
}

/** What is wrong with a reason typed at the terminal. */
export const checkReason = (text: string, rule: JustificationRule): NoteProblem | undefined =>
  checkNote(text, rule, (pattern, note) => linearRegex(pattern).test(note));

//#region What the shell part of the hook reads

/**
 * Globs as git pathspecs, for the shell to ask whether a protected path is staged. Never narrower than the policy:
 * what git has no word for is widened, and Node then decides.
 */
export function widePathspecs(policy: Policy): string[] {
  const out = new Set<string>();
  for (const entry of policy.protected)
    for (const glob of entry.paths) {
      if (glob.startsWith('!')) continue;
      let g = (entry.base === '' ? glob : `${entry.base}/${glob}`).replace(/^(?:\.?\/)+/, '');
      if (g.endsWith('/')) g += '**';
      const at = g.search(/[@?!+*]\(|\\|\[|\{[^}]*[/{]/);
      if (at >= 0) {
        const head = g.slice(0, at);
        const slash = head.lastIndexOf('/');
        g = `${slash < 0 ? '' : head.slice(0, slash + 1)}**`;
      }
      out.add(`:(top,glob,icase)${g.replace(/\{[^}]*\}/g, '*')}`);
    }
  return [...out];
}

/** Writes what the shell part needs to decide without Node, and what it checks in commit-msg. Best effort. */
export async function writeShellState(repo: Repository, policy: PolicyState): Promise<void> {
  const dir = path.join(repo.gitDir, 'countersign');
  const lines = [`mode ${policy.broken ? 'broken' : policy.policy.commit.trailers}`];
  for (const file of policy.files) lines.push(`file ${file}`);
  for (const spec of widePathspecs(policy.policy)) lines.push(`spec ${spec}`);
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  const partial = path.join(dir, `hook.${process.pid}.tmp`);
  await fs.writeFile(partial, lines.filter((l) => !l.includes('\n')).join('\n') + '\n', { mode: 0o600 });
  await fs.rename(partial, path.join(dir, 'hook'));
}

export async function writePrepared(
  repo: Repository,
  status: 'ok' | 'shown' | 'check',
  record: CommitRecord | undefined,
): Promise<void> {
  const lines = record ? recordLines(record).map(toBinary) : [];
  const own = lines.find((l) => l.startsWith('AI-Provenance')) ?? '';
  const dir = path.join(repo.gitDir, 'countersign');
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await fs.writeFile(path.join(dir, 'prepared'), `${status}\n${lines[0] ?? ''}\n${own}\n`, {
    encoding: 'latin1',
    mode: 0o600,
  });
}

//#endregion
