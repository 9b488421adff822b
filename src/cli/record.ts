/**
 * The record of the commit that git is about to make: a bundle of its own, loaded by `git-hook` only when there is
 * something to record, because it brings the risk engine along.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LineOrigins } from '../core/attribution/model.ts';
import { compressOrigins, expandOrigins } from '../core/attribution/origins.ts';
import { unseen } from '../core/attribution/model.ts';
import { classify } from '../core/classify.ts';
import { expandBraces } from '../core/glob.ts';
import { diffLines, splitLines } from '../core/hunks.ts';
import { weakestEvidence, type Classification, type Evidence, type FileChange } from '../core/model.ts';
import { checkNote, type Justification, type NoteProblem } from '../core/justification.ts';
import type { JustificationRule, PathVerdict, Policy } from '../core/policy/model.ts';
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
import { openAttribution, type Alternate, type AttributionStore } from '../platform/attribution.ts';
import { auditHead } from '../platform/auditLog.ts';
import { auditHeadNow } from '../platform/auditLogNow.ts';
import {
  commentCharOf,
  commitInMaking,
  messageConfig,
  readConfig,
  type CommitInMaking,
} from '../platform/commitInMaking.ts';
import { sha256 } from '../platform/crypto.ts';
import {
  changedFiles,
  diffDigest,
  emptyTree,
  git,
  gitlinkMode,
  indexChange,
  indexFiles,
  maxTextBytes,
  readBlobs,
  type Change,
  type ChangedFile,
  type ChangedText,
} from '../platform/git.ts';
import type { IsGone } from '../platform/goneTexts.ts';
import { createGrammars } from '../platform/grammars.ts';
import { readKeys } from '../platform/keys.ts';
import { changedLines, coveredBy, readNotes } from '../platform/notes.ts';
import { cachedPolicy, policyFileName, type PolicyState } from '../platform/policyCache.ts';
import { loadPolicy } from '../platform/policyFile.ts';
import { alternatesOf, renamedFrom } from '../platform/renames.ts';
import { signedRecord } from '../platform/signRequest.ts';
import { auditDir, type Repository } from '../platform/state.ts';

export { ChangeReader } from '../platform/git.ts';

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
  /** The process that runs the hook. */
  readonly parent: number;
  /** What the hook's script asked git for already. */
  readonly feed?: Feed | undefined;
  /** Asks the person at the terminal for a reason; `undefined`: nobody there. */
  readonly ask?: (refusals: readonly Refusal[]) => Promise<string | undefined>;
}

/** Git's answers to what every commit needs, asked for by the hook's script while Node starts. */
export interface Feed {
  /** `git config --list -z`. */
  readonly config: Buffer;
  /** The index against HEAD; absent where there is no HEAD. */
  readonly change: Change | undefined;
}

export interface RecordOutput {
  readonly message: string;
  /** `undefined`: this mode asks for no record here. */
  readonly record?: CommitRecord | undefined;
  readonly refusals: readonly Refusal[];
  readonly policy: PolicyState;
  readonly hasText: boolean;
}

/** Files up to this size can be justified in the editor, which sees 50 MiB. */
const maxWholeBytes = 64 * 1024 * 1024;
const noRisk: Classification = { tier: 'low', changeType: 'none', findings: [] };
const notJudged: Classification = { tier: 'medium', changeType: 'feature', findings: [], note: 'not judged' };

/** Works out the record, and the message with it. @throws GuardError when git or the disk fails. */
export async function prepareRecord(input: RecordInput): Promise<RecordOutput> {
  const { repo, env, source, sha, feed } = input;
  const config = feed ? readConfig(feed.config, env) : await messageConfig(repo, env);
  const commit = await commitInMaking(repo, env, {
    source,
    sha,
    hook: input.parent,
    hasHead: feed?.change !== undefined,
    aliases: config.aliases,
  });
  const change =
    commit.parent === 'HEAD' && feed?.change
      ? feed.change
      : await indexChange(repo.root, commit.parent ?? (await emptyTree(repo.root, env)), { env });
  const paths = change.files.map((f) => f.path);
  const policy =
    cachedPolicy(repo.root, repo.commonDir, paths) ??
    (await loadPolicy(repo.root, { commonDir: repo.commonDir, paths }));
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

  const { composed, digest } = await compose(input, commit, change, policy, config.email);
  const unsigned = keepEarlier(composed, commit, digest);
  const wanted = mode === 'record' || mode === 'required' || (mode === 'ai-only' && composed.isNotable);
  const kept =
    wanted && input.isPreview !== true
      ? { ...unsigned, provenance: await signedRecord(repo, commit.parent, env, unsigned.provenance) }
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
  change: Change,
  state: PolicyState,
  author: string,
): Promise<{ composed: Composed; digest: PatchDigest }> {
  const { repo, env } = input;
  const isMerge = commit.mergedParents.length > 0;
  const changed = change.files;
  const [head, earlier, mergedChanges] = await Promise.all([
    auditHeadNow(auditDir(repo)) ?? auditHead(auditDir(repo)),
    soundReasons(input, commit),
    Promise.all(commit.mergedParents.map((p) => indexFiles(repo.root, p, { env }))),
  ]);
  // What a merge takes over from one side as it is was judged there.
  const own = isMerge ? changed.filter((f) => mergedChanges.every((c) => c.some((x) => x.path === f.path))) : changed;
  const others = await readOthers(repo, env, own, commit, mergedChanges);
  const verdicts = own.map((f) => verdictFor(state.policy, f.path));
  const isGuarded = verdicts.some((v) => v.entries.length > 0);
  const [notes, keys] = isGuarded ? await Promise.all([readNotes(repo).catch(() => []), readKeys(repo)]) : [[], {}];
  const changes: FileChange[] = own.map(({ path, before, after }) => ({ path, before, after }));
  const risks = await classifyAll(changes, state.policy);
  const store = openAttribution(repo);
  const isGone: IsGone = (name) => !fs.existsSync(path.join(repo.root, name));
  const files = await store.reading(async () => {
    const list: CommitFile[] = [];
    for (const [i, f] of own.entries()) {
      const { prior, elsewhere, merged } = others[i] as OtherTexts;
      const verdict = verdicts[i] as PathVerdict;
      const found = await originsOf(store, f, {
        prior,
        merged,
        isMerge,
        outside: (commits) => outsideOf(repo, env, commit.parent, commits),
        isGone,
        moved: [...elsewhere, ...alternatesOf(f, changed)],
      });
      // A rename is git's doing, but it does not take a change of a protected path out of sight.
      const origins =
        verdict.entries.length === 0 ? movedByGit(found, f, renamedFrom(f, changed)?.before) : found.origins;
      let covered: Justification | undefined;
      let isCarried = false;
      if (verdict.entries.length > 0 || earlier.length > 0) {
        // What an earlier commit with a reason already had needs no new one.
        const since = earlier.length > 0 ? prior[0] : undefined;
        const lines = f.isOpaque ? await wholeLines(repo, env, f) : changedLines(since ?? f.before, f.after);
        isCarried = since !== undefined && lines?.added.length === 0 && lines.deleted.length === 0;
        const query = lines && { path: f.path, ...lines, now: input.now, rule: verdict.justification };
        if (verdict.entries.length > 0 && query) covered = coveredBy(notes, keys, query);
      }
      list.push({
        ...found,
        path: f.path,
        before: f.before,
        after: f.after,
        origins,
        classification: risksOf(f, risks.get(f.path)),
        verdict,
        covered,
        carried: isCarried,
      });
    }
    return list;
  });
  const digest: PatchDigest = isMerge
    ? {
        patch: '-',
        added: files.reduce((n, f) => n + f.added, 0),
        deleted: 0,
        files: files.length,
      }
    : change.digest;
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

/** Lines of a file that is too large to be judged, so that a reason given in the editor covers it. */
async function wholeLines(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  file: ChangedFile,
): Promise<ReturnType<typeof changedLines> | undefined> {
  const isFile = (mode: string): boolean => mode !== '000000' && mode !== gitlinkMode;
  const names = [isFile(file.oldMode) ? file.oldObject : 'none', isFile(file.newMode) ? file.newObject : 'none'];
  const [before, after] = await readBlobs(repo.root, names, { env, maxBytes: 512 * 1024 * 1024 });
  if (Math.max(before?.length ?? 0, after?.length ?? 0) > maxWholeBytes) return undefined;
  return changedLines(before ? decode(before) : null, after ? decode(after) : null);
}

/** What cannot be read by lines, or looks equal only because it is no text, has changed all the same. */
function risksOf(file: ChangedText, found: Classification | undefined): Classification {
  const isUnread =
    file.isOpaque || (file.before === file.after && file.newObject !== file.oldObject && isLossy(file.after));
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

interface OtherTexts {
  /** Texts of the same path in the commits that this one re-creates. */
  readonly prior: readonly string[];
  /** Where those commits do not have the path: what they changed elsewhere. Git follows renames when it picks. */
  readonly elsewhere: readonly Alternate[];
  /** Texts of the same path in the other parents of a merge. */
  readonly merged: readonly string[];
}

/** What a patch does not hold: the texts of other commits. Plain commits have none, and need no git for it. */
async function readOthers(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  files: readonly ChangedFile[],
  commit: CommitInMaking,
  merged: readonly (readonly ChangedFile[])[],
): Promise<OtherTexts[]> {
  const step = commit.prior.length + merged.length;
  if (step === 0) return files.map(() => ({ prior: [], elsewhere: [], merged: [] }));
  const names: string[] = [];
  for (const f of files) {
    for (const prior of commit.prior) names.push(`${prior.id}:${f.path}`);
    for (const changes of merged) names.push(changes.find((c) => c.path === f.path)?.oldObject ?? 'none');
  }
  const blobs = await readBlobs(repo.root, names, { env, maxBytes: 512 * 1024 * 1024 });
  const texts = (list: (Buffer | null)[]): string[] =>
    list.flatMap((b) => (b && b.length <= maxTextBytes ? [decode(b)] : []));
  let elsewhere: Promise<Alternate[]> | undefined;
  const found: OtherTexts[] = [];
  for (const [i, f] of files.entries()) {
    const part = blobs.slice(i * step, (i + 1) * step);
    const prior = part.slice(0, commit.prior.length);
    const isMoved = prior.includes(null) && f.newMode !== '000000';
    if (isMoved) elsewhere ??= changedElsewhere(repo, env, commit);
    found.push({
      prior: texts(prior),
      elsewhere: (isMoved && (await elsewhere)) || [],
      merged: texts(part.slice(commit.prior.length)),
    });
  }
  return found;
}

const maxElsewhere = 50;

async function changedElsewhere(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  commit: CommitInMaking,
): Promise<Alternate[]> {
  const found: Alternate[] = [];
  for (const prior of commit.prior) {
    const changed = await changedFiles(repo, prior.parents[0] ?? null, prior.id, { env });
    const files = changed.filter((f) => f.newMode !== '000000' && f.newMode !== gitlinkMode).slice(0, maxElsewhere);
    const blobs = await readBlobs(
      repo.root,
      files.map((f) => f.newObject),
      { env },
    );
    for (const [i, f] of files.entries()) {
      const blob = blobs[i];
      if (blob && blob.length <= maxTextBytes) found.push({ path: f.path, text: decode(blob) });
    }
  }
  return found;
}

/** As editors read a file: without a byte order mark. */
const decode = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\ufeff/, '');

type FileOrigins = Pick<CommitFile, 'origins' | 'added' | 'deleted' | 'aiDeleted' | 'deletedBy'>;

/** Whose the lines of one file are. */
async function originsOf(
  store: AttributionStore,
  f: ChangedText,
  more: Omit<OtherTexts, 'elsewhere'> & {
    readonly isMerge: boolean;
    readonly moved: readonly Alternate[];
    readonly outside: (commits: readonly string[]) => Promise<ReadonlySet<string>>;
    readonly isGone: IsGone;
  },
): Promise<FileOrigins> {
  const { added, deleted } = f;
  if (f.isOpaque) return { added, deleted, aiDeleted: 0, origins: added > 0 ? [{ count: added, origin: unseen }] : [] };
  if (f.oldMode === gitlinkMode || f.newMode === gitlinkMode) return { added, deleted, aiDeleted: 0, origins: [] };
  const found = await store.resolve(f.path, f.after ?? '', {
    baseline: f.before,
    hunks: f.hunks,
    alternates: [...more.prior.map((text) => ({ text })), ...more.moved],
    ...(!more.isMerge && { outside: more.outside }),
    isGone: more.isGone,
  });
  if (more.isMerge) {
    const origins = withoutLinesOf(found.origins, f.after ?? '', [
      ...more.merged,
      ...(f.before === null ? [] : [f.before]),
    ]);
    return { origins, added: expandOrigins(origins).filter((o) => o !== null).length, deleted: 0, aiDeleted: 0 };
  }
  let deletedBy: Evidence | undefined;
  for (const by of found.deletions.values())
    if (by.origin === 'ai') deletedBy = deletedBy === undefined ? by.evidence : weakestEvidence(deletedBy, by.evidence);
  const { origins, aiDeleted } = found;
  return { origins, added, deleted, aiDeleted, ...(deletedBy !== undefined && { deletedBy }) };
}

/** Which commits the parent's history does not hold. Those that are gone altogether are left out: nothing is claimed of them. */
async function outsideOf(
  repo: Repository,
  env: NodeJS.ProcessEnv,
  parent: string | null,
  commits: readonly string[],
): Promise<ReadonlySet<string>> {
  const list = await git(
    ['rev-list', '--ignore-missing', '--end-of-options', ...commits, ...(parent === null ? [] : [`^${parent}`])],
    { cwd: repo.root, env },
  );
  return new Set(list.code === 0 ? list.stdout.toString('latin1').split('\n') : []);
}

/** Lines that a rename brought along as they were are git's doing, whoever wrote them. */
function movedByGit({ origins }: FileOrigins, file: ChangedText, gone: string | null | undefined): LineOrigins {
  if (gone == null) return origins;
  const lines = splitLines(file.after ?? '');
  const fresh = new Set<number>();
  for (const h of diffLines(splitLines(gone), lines))
    for (let i = 0; i < h.newLines; i++) fresh.add(h.newStart - 1 + i);
  return compressOrigins(
    expandOrigins(origins).map((o, i) => (o && !fresh.has(i) ? { origin: 'tool', evidence: 'heuristic' } : o)),
  );
}

/**
 * Lines that another parent of the merge has, too, are not the merge's own; nor are those that were put elsewhere while
 * a conflict was solved and nobody saw by whom: once in the parent's text, and once in the merge's. Who was seen to put
 * them there did so.
 */
function withoutLinesOf(origins: LineOrigins, after: string, parents: readonly string[]): LineOrigins {
  const lines = splitLines(after);
  const out = expandOrigins(origins);
  for (const text of parents) {
    const fresh = new Set<number>();
    for (const h of diffLines(splitLines(text), lines))
      for (let i = 0; i < h.newLines; i++) fresh.add(h.newStart - 1 + i);
    for (let i = 0; i < out.length; i++) if (!fresh.has(i)) out[i] = null;
  }
  if (out.some((o) => o?.origin === 'unknown')) {
    const here = once(lines);
    for (const text of parents)
      for (const line of once(splitLines(text)).keys()) {
        const i = here.get(line);
        if (i !== undefined && out[i]?.origin === 'unknown') out[i] = null;
      }
  }
  return compressOrigins(out);
}

/** Where the lines are that a text has once; lines without a letter or a digit mean nothing by themselves. */
function once(lines: readonly string[]): Map<string, number> {
  const at = new Map<string, number>();
  const twice = new Set<string>();
  for (const [i, line] of lines.entries()) {
    if (at.has(line) || !/[\p{L}\p{N}]/u.test(line)) twice.add(line);
    at.set(line, i);
  }
  for (const line of twice) at.delete(line);
  return at;
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

/** A policy stands for few; each costs git a comparison per changed file. */
const maxPathspecs = 500;

/**
 * Globs as git pathspecs, for the shell to ask whether a protected path is staged. Never narrower than the policy:
 * what git has no word for is widened, and Node then decides.
 */
export function widePathspecs(policy: Policy): string[] {
  const out = new Set<string>();
  for (const entry of policy.protected)
    for (const glob of entry.paths) {
      if (glob.startsWith('!')) continue;
      const whole = entry.base === '' ? glob : `${entry.base}/${glob}`;
      for (const pattern of withoutBraces(whole)) out.add(`:(top,glob,icase)${widened(pattern)}`);
    }
  return out.size > maxPathspecs ? [':(top,glob,icase)**'] : [...out];
}

function withoutBraces(glob: string): string[] {
  try {
    return expandBraces(glob);
  } catch {
    return [glob];
  }
}

/** What git reads otherwise than a policy does ends at the folder before it. */
function widened(pattern: string): string {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  if (pattern.endsWith('/')) parts.push('**');
  const odd = parts.findIndex((part) => /[^ -~]|[[\]\\{}()]/.test(part));
  return (odd < 0 ? parts : [...parts.slice(0, odd), '**']).join('/') || '**';
}

/** Writes what the shell part needs to decide without Node, and what it checks in commit-msg. Best effort. */
export function writeShellState(repo: Repository, policy: PolicyState): void {
  const dir = path.join(repo.gitDir, 'countersign');
  const lines = [`mode ${policy.broken ? 'broken' : policy.policy.commit.trailers}`];
  for (const file of policy.files) lines.push(`file ${file}`);
  const text = lines.filter((l) => !l.includes('\n')).join('\n') + '\n';
  // Without a policy nothing is refused, until one is staged.
  const specs =
    policy.policy.origin === 'none' ? [`:(top,glob,icase)**/${policyFileName}`] : widePathspecs(policy.policy);
  const command = `set -- ${specs.map((spec) => `'${spec.replaceAll("'", "'\\''")}'`).join(' ')}\n`;
  const files = { specs: path.join(dir, 'specs'), hook: path.join(dir, 'hook') };
  try {
    // The shell asks whether a policy is newer than this.
    const { mtimeMs } = fs.statSync(files.hook);
    if (
      policy.files.every((f) => fs.statSync(f).mtimeMs <= mtimeMs) &&
      fs.readFileSync(files.hook, 'utf8') === text &&
      fs.readFileSync(files.specs, 'utf8') === command
    )
      return;
  } catch {
    // Not there yet.
  }
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const write = (file: string, content: string): void => {
    const partial = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(partial, content, { mode: 0o600 });
    fs.renameSync(partial, file);
  };
  // In this order: what the shell takes for up to date has its pathspecs.
  write(files.specs, command);
  write(files.hook, text);
}

/** What commit-msg has to know: is there anything to check, what did we write, and where the message came from. */
export function writePrepared(
  repo: Repository,
  prepared: {
    readonly status: 'ok' | 'shown' | 'check';
    readonly record: CommitRecord | undefined;
    readonly source: string;
  },
): void {
  const lines = prepared.record ? recordLines(prepared.record).map(toBinary) : [];
  const own = lines.find((l) => l.startsWith('AI-Provenance')) ?? '';
  const dir = path.join(repo.gitDir, 'countersign');
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const text = [prepared.status, lines[0] ?? '', own, prepared.source, ''].join('\n');
  fs.writeFileSync(path.join(dir, 'prepared'), text, { encoding: 'latin1', mode: 0o600 });
}

//#endregion
