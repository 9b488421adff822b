/** Libraries of others that lie in the repository: what a new release of one holds, nobody wrote in this change. */
import type { FileChange, Finding } from '../model.ts';
import { withBackground } from './background.ts';

const shipped = /(?:^|\/)(?:vendors?|third[-_]?party|bower_components|node_modules)\/[^]*\.m?js$|\.min\.m?js$/i;
/** A folder for what others wrote: one's own bundles are minified, too. */
const ofOthers = /(?:^|\/)(?:vendors?|third[-_]?party|bower_components|node_modules)\//i;
const isMinified = (text: string): boolean => /[^\n]{500}/.test(text);

/** What a licence banner says: `/*! Select2 4.0.13 | https://…`. */
interface Release {
  readonly name: string;
  readonly version: string;
  readonly code: string;
}

function releaseOf(text: string): Release | undefined {
  const head = text.slice(0, 600);
  const comment =
    /^\s{0,20}(?:\/\*[^]*?\*\/|(?:\/\/[^\n]*\n){1,12})/.exec(head)?.[0] ?? (/^\s{0,20}\/\*/.test(head) ? head : '');
  const m =
    /\b([A-Za-z][\w.-]{1,40}?)(?:\s(?:JS|UI|JavaScript|Library))?\s{0,3}[-–—:@,(]?\s{0,3}(?:[vV](?:ersion\s{0,2})?\.?\s?)?(\d{1,5}\.\d{1,5}(?:\.\d{1,5})?[\w.+-]{0,30})/.exec(
      comment,
    );
  return m ? { name: m[1]!.toLowerCase(), version: m[2]!, code: text.slice(comment.length) } : undefined;
}

/** Another release is another text: one that is the same but for a few places was written in by hand. */
function isRewritten(before: string, after: string): boolean {
  const pieces = (text: string): string[] => text.split(/[;{}\n]/).filter((p) => p.length >= 8);
  const old = new Set(pieces(before));
  let all = 0;
  let same = 0;
  for (const piece of pieces(after)) {
    all += piece.length;
    if (old.has(piece)) same += piece.length;
  }
  return same < all * 0.8;
}

/** Rules that a library as others ship it is no matter of, whoever put it there: its own project judges it. */
const ofItsProject = new Set(['cross-site-scripting', 'predictable-random']);
/** Of a new release all that a pattern of careless code tells; what is made on purpose stays told. */
const isCareless = (f: Finding): boolean =>
  (f.category === 'injection' && !/^(?:code|command)-injection$/.test(f.rule)) ||
  f.category === 'cryptography' ||
  f.rule === 'cors-any-origin';

/** Where build tools put what they make, and how they call it. */
const built =
  /(?:^|\/)(?:dist|build|_next)\/[^]*\.m?js$|[.-](?:umd|chunk)(?:\.[\w-]{4,40})?(?:\.min)?\.m?js$|[.-](?=[\w-]*\d)[\w-]{8,20}\.m?js$/i;

/** Without what is careless in a line that a build tool made: nobody reads or mends it there. What is made on purpose stays. */
function withoutBuilt(path: string, after: string, findings: Finding[]): Finding[] {
  if (ofOthers.test(path) || !built.test(path) || !findings.some(isCareless)) return findings;
  const lines = after.split('\n');
  return findings.filter((f) => !isCareless(f) || !isMadeByTool(lines[f.line - 1] ?? ''));
}

/**
 * A long line of many statements, closely written: one that is long by blanks, by a comment or by one text was written by
 * hand.
 */
function isMadeByTool(line: string): boolean {
  if (line.length < 500) return false;
  const code = line.replace(/\/\*[^]*?\*\/|\/\/ .*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '');
  const blanks = code.match(/\s/g)?.length ?? 0;
  return code.length >= 300 && blanks < code.length / 8 && (code.match(/[;,{}]/g)?.length ?? 0) > code.length / 80;
}

/**
 * Of a library in its readable form, which by its banner is another project's, one sentence for all that is careless in it:
 * where the file is new, or another text than before. A few lines that change in it are told like any code.
 */
function withoutReadable(before: string | null, after: string, findings: Finding[]): Finding[] {
  const now = releaseOf(after);
  const isMeant = (f: Finding): boolean => isCareless(f) && !ofServers.test(f.rule);
  const [first] = findings.filter(isMeant);
  if (!first || !now || !/https?:\/\/\S/.test(after.slice(0, 600)) || answers.test(after)) return findings;
  if (before && !isMinified(before) && !isRewritten(before, after)) return findings;
  const copy: Finding = {
    ...released(first),
    message: `A copy of ${now.name} ${now.version.slice(0, 40)} comes in: compare it with what its project released.`,
  };
  return [...findings.filter((f) => !isMeant(f)), withBackground(copy, { key: `copy ${now.name} ${now.version}` })];
}

/** What a library for pages has no use for is told wherever it stands. */
const ofServers =
  /^(?:sql-injection|query-injection|path-traversal|request-forgery|line-injection|unsafe-deserialization|xml-external-entities)$/;

/** What answers requests or asks a data base is a product's own, whatever its folder is called (a shop has vendors). */
const answers =
  /\b(?:req|request|ctx)\.(?:query|body|params|headers|cookies|request)\b|\bres\.(?:send|json|render|redirect|end)\(|\.(?:query|execute)\(\s*["'`]\s*(?:select|insert|update|delete)\b/i;

const released = ({ line }: Finding): Omit<Finding, 'message'> => ({
  rule: 'dependency-changed',
  category: 'dependency',
  tier: 'medium',
  line,
  endLine: line,
});

/**
 * Findings of a script without those that a release of a library brings along: of another version by its banner, one
 * sentence stands for them all. An edit of the very version that was there before is told like any other code.
 */
export function withoutRelease({ path, before, after }: FileChange, all: Finding[]): Finding[] {
  const findings = after === null || all.length === 0 ? all : withoutBuilt(path, after, all);
  if (findings.length === 0 || after === null || !shipped.test(path)) return findings;
  if (!isMinified(after)) return ofOthers.test(path) ? withoutReadable(before, after, findings) : findings;
  const was = before ? releaseOf(before) : undefined;
  const now = was && releaseOf(after);
  const isSame = was !== undefined && was.name === now?.name;
  if (!isSame) return findings.filter((f) => !ofItsProject.has(f.rule));
  if (!ofOthers.test(path) || was.version === now.version || !isRewritten(was.code, now.code)) return findings;
  const [first] = findings.filter(isCareless);
  if (!first) return findings;
  const release: Finding = {
    ...released(first),
    message: `A copy of ${now.name} goes from ${was.version.slice(0, 40)} to ${now.version.slice(0, 40)}: compare it with what its project released.`,
  };
  return [
    ...findings.filter((f) => !isCareless(f)),
    withBackground(release, { key: `copy ${now.name} ${now.version}` }),
  ];
}
