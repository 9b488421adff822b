/**
 * Paths as the policy sees them: repository-relative, POSIX separators. Pure text; symbolic links and Windows short
 * names are resolved by `platform` (`realRepoPath`) before a path comes here.
 */
import { compileGlob, requiredTexts, type Glob } from './glob.ts';
import type { RepoPath } from './model.ts';

export interface PathOptions {
  /** Windows rules: `\` separates, drive letters, trailing dots and spaces and `:stream` do not count. */
  readonly windows?: boolean;
}

/**
 * The repository path of `path` (absolute, or relative to `root`), or `undefined` when it is outside the root or
 * cannot name a file (NUL). The root itself is ''.
 */
export function toRepoPath(root: string, path: string, options: PathOptions = {}): RepoPath | undefined {
  if (path.includes('\0') || root.includes('\0')) return undefined;
  const windows = options.windows ?? false;
  const base = split(root, windows);
  const given = split(path, windows);
  if (!base || !given) return undefined;
  let parts: readonly string[];
  if (given.prefix === '') parts = given.parts;
  else {
    const same = (a: string, b: string): boolean => (windows ? foldCase(a) === foldCase(b) : a === b);
    if (!same(given.prefix, base.prefix)) return undefined;
    const from = resolveDots(base.parts);
    const to = resolveDots(given.parts);
    if (!from || !to || to.length < from.length) return undefined;
    if (!from.every((part, i) => same(part, to[i] as string))) return undefined;
    parts = to.slice(from.length);
  }
  return resolveDots(parts)?.join('/') as RepoPath | undefined;
}

/** Root prefix ('' = relative, '/', 'c:/', '//server/share/') and segments. `undefined` = no path we can place. */
function split(path: string, windows: boolean): { prefix: string; parts: string[] } | undefined {
  if (!windows) {
    const absolute = path.startsWith('/');
    return { prefix: absolute ? '/' : '', parts: path.split('/').filter((s) => s !== '') };
  }
  let text = path.replaceAll('\\', '/');
  // `\\?\C:\x` and `\\.\C:\x` name the same file as `C:\x`; `\\?\UNC\server\share` is `\\server\share`.
  const device = /^\/\/[?.]\/(UNC\/)?/i.exec(text);
  if (device) text = (device[1] ? '//' : '') + text.slice(device[0].length);
  const unc = /^\/\/([^/]+)\/([^/]+)/.exec(text);
  const drive = /^([A-Za-z]):/.exec(text);
  // `C:x` (relative to the drive's current folder) and `\x` (current drive) cannot be placed without the machine.
  if (drive && text[2] !== '/') return undefined;
  if (!unc && !drive && text.startsWith('/')) return undefined;
  const prefix = unc ? unc[0] : drive ? drive[0] : '';
  const parts = text
    .slice(prefix.length)
    .split('/')
    .filter((s) => s !== '')
    .map(windowsSegment);
  return { prefix, parts };
}

/** What Windows opens for a segment: without `:stream`, without trailing dots and spaces. */
function windowsSegment(segment: string): string {
  if (segment === '.' || segment === '..') return segment;
  const colon = segment.indexOf(':');
  const name = colon < 0 ? segment : segment.slice(0, colon);
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end) || '.';
}

/** Segments without `.` and `..`; `undefined` when `..` leaves the top. */
function resolveDots(parts: readonly string[]): string[] | undefined {
  const out: string[] = [];
  for (const part of parts) {
    if (part === '.' || part === '') continue;
    if (part !== '..') out.push(part);
    else if (out.pop() === undefined) return undefined;
  }
  return out;
}

// eslint-disable-next-line no-control-regex -- plain ASCII is the common case
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/**
 * A name as a case-insensitive file system compares it: Unicode case folding (ſ = s, K = k), NFC, and without the
 * characters that HFS+ ignores (git's CVE-2014-9390: `.g<U+200C>it` opens `.git`).
 */
export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .normalize('NFC')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC');
}

interface Known {
  readonly text: string;
  readonly required: readonly string[];
  /** From the first path on that may match. */
  glob: Glob | undefined;
}
const knownGlobs = new Map<string, Known>();
const nothing: Glob = { match: () => false };

/** Whether `path` is covered: the last glob that matches decides, `!` takes out again. Dot files count. */
export function matchGlobs(
  globs: readonly string[],
  path: string,
  options: { readonly nocase?: boolean } = {},
): boolean {
  const nocase = options.nocase ?? false;
  const text = nocase ? foldCase(path) : normal(path);
  if (text === '') return false;
  const parts = text.split('/');
  for (let i = globs.length - 1; i >= 0; i--) {
    const glob = globs[i] as string;
    const negated = isNegated(glob);
    const known = knownGlob(negated ? glob.slice(1) : glob, nocase);
    if (!known.required.every((r) => text.includes(r))) continue;
    known.glob ??= compile(known.text);
    if (known.glob.match(parts)) return !negated;
  }
  return false;
}

/** `!x` takes out; `!(x)` is an extended glob. */
const isNegated = (glob: string): boolean => glob.startsWith('!') && !glob.startsWith('!(');

const normal = (text: string): string => (isAscii(text) ? text : text.normalize('NFC'));

function knownGlob(glob: string, nocase: boolean): Known {
  const key = (nocase ? 'i' : 'c') + glob;
  let known = knownGlobs.get(key);
  if (known) return known;
  const text = nocase ? foldCase(anchored(glob)) : normal(anchored(glob));
  known = { text, required: requiredTexts(text), glob: undefined };
  if (knownGlobs.size > 5000) knownGlobs.clear();
  knownGlobs.set(key, known);
  return known;
}

function compile(glob: string): Glob {
  try {
    return compileGlob(glob);
  } catch {
    // A policy with such a glob is refused (`globProblem`); from anywhere else it matches nothing.
    return nothing;
  }
}

/** `/x` and `./x` are `x`, as in .gitignore; `x/` is everything in x. */
const anchored = (glob: string): string => glob.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '/**');

/** Globs of our own state inside a repository; matched with `nocase`. */
export const ownStateGlobs: readonly string[] = ['**/.git/countersign/**', '**/.git/**/countersign/**'];

/** Whether a repository path is Countersign's own state (pending attribution, log, notes, keys, caches). */
export const isOwnState = (path: string): boolean => matchGlobs(ownStateGlobs, path, { nocase: true });

/** What is wrong with a policy's glob, in a few words, or `undefined`. */
export function globProblem(glob: string): string | undefined {
  const body = isNegated(glob) ? glob.slice(1) : glob;
  if (body.trim() === '') return 'an empty glob matches nothing';
  if (body !== body.trim()) return 'a glob must not start or end with a space';
  if (body.length > 500) return 'longer than 500 characters';
  // eslint-disable-next-line no-control-regex -- a NUL or newline in a glob is a mistake or a trick
  if (/[\0-\x1f\x7f]/.test(body)) return 'control characters cannot be part of a glob';
  if (/^[A-Za-z]:[\\/]|^~\//.test(body)) return `'${glob}' must be relative to the folder of the policy file`;
  if (body.replace(/\\[*?[\]{}!()\\]/g, '').includes('\\'))
    return `'${glob}' contains a backslash; write / between folders`;
  try {
    compileGlob(anchored(body));
  } catch (error) {
    return (error as Error).message;
  }
  if (body.split('/').includes('..')) return `'${glob}' must not leave the folder of the policy file ('..')`;
  return undefined;
}

/** The folder of a file with its slash; '' for the root. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The name of a file without its folder. */
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
