/** What stands in a removed safeguard's place: the same under another name, another check, or less. */
import { hunkThatTook } from '../../hunks.ts';
import type { Source } from '../../languages/source.ts';
import type { Hunk } from '../../model.ts';
import type { Removal } from '../rule.ts';

/** Whether what stands behind the name of a limiter takes a limit off somebody, or only looks at the limits. */
export const loosens = (text: string): boolean =>
  /^(?:\s?\.\s?\w{1,40}){0,3}?\s?\.\s?(?:(?:(?:clear|exempt|disable|bypass)(?:[A-Z_]\w{0,40})?|(?:reset|skip)(?:_?(?:key|all|limits?))?)\s?(?:\(|$)|current_limits?\b)/i.test(
    text,
  ) && !/\.\s?(?:limit|max)\w{0,20}\s?\(/.test(text);

const limiter = /rate_?limit|limiter|throttl|slow_?down/i;
const limiterCall = /\b\w{0,60}(?:rate_?limit|limiter|throttl|slow_?down)\w{0,60}(?=\s*[(.])/i;

/** Whether a limit (by the name of what was taken out) is kept by another limiter that the same edit brought. */
export function limitedAnew(name: string, { after, changed }: Removal): boolean {
  if (!limiter.test(name)) return false;
  for (const n of changed) {
    const line = after.lines[n - 1] ?? '';
    const call = limiterCall.exec(line);
    if (call && !loosens(line.slice(call.index + call[0].length).slice(0, 120)) && !/^\s*(?:\/\/|#|\*|\/\*)/.test(line))
      return true;
  }
  return false;
}

const word = /[A-Za-z_]\w{2,80}/g;
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
/** Words that make of a check something that checks less. */
const weaker =
  /skip|optional|unsafe|disable|ignore|allow|maybe|fake|mock|dummy|anonym|bypass|noop|without|unless|except/;

/**
 * Whether the lines that took a safeguard's place call it by a name that is spelt another way (`check_permission` for
 * `checkPermission`), or that says more (`authenticateRequest` for `authenticate`): as often as the old lines did.
 */
export function renamed(name: string, { before, after, changed, hunks }: Removal, line: number): boolean {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk || hunk.newLines === 0) return false;
  const wanted = plain(name);
  if (!/^\w+$/.test(wanted)) return false;
  // Many safeguards of one name can go in one run of lines: it is read once.
  let known = answers.get(hunk);
  if (!known) answers.set(hunk, (known = new Map()));
  const answer = known.get(wanted);
  if (answer !== undefined) return answer;
  // Each name costs a walk over the lines: who takes out more at once is not renaming.
  if (known.size >= maxNames) return false;
  const fits = (w: string): boolean => {
    const own = plain(w);
    return own === wanted || (wanted.length >= 8 && own.includes(wanted) && !weaker.test(own));
  };
  const isComment = (text: string): boolean => /^\s*(?:\/\/|#(?!\[)|\*|\/\*|--)/.test(text);
  const names = (text: string): number => {
    if (isComment(text)) return 0;
    let n = 0;
    for (const m of text.matchAll(word))
      if (fits(m[0]) && !loosens(text.slice(m.index + m[0].length, m.index + m[0].length + 120))) n++;
    return n;
  };
  let missing = 0;
  for (let n = hunk.oldStart; n < hunk.oldStart + hunk.oldLines; n++) missing += names(before.lines[n - 1] ?? '');
  for (let n = hunk.newStart; n < hunk.newStart + hunk.newLines; n++)
    if (changed.has(n)) missing -= names(after.lines[n - 1] ?? '');
  known.set(wanted, missing <= 0);
  return missing <= 0;
}
const answers = new WeakMap<Hunk, Map<string, boolean>>();
const maxNames = 30;

/** Names of checks, by what they say: that something is required of somebody, or who may do it. */
const checking =
  /(?<![\w.])@?(?:\w{0,40}(?:requir|must|ensure|enforce|verif)\w{0,40}(?:scope|permission|auth|role|access|login|admin|token|user|privilege|owner|abilit)\w{0,40}|\w{0,40}(?:guards?|authori[sz]\w{0,40}|authenticat\w{0,40}|permissions?|polic(?:y|ies)|roles?allowed))\s{0,4}\(/i;
const openDoor = /public|everyone|anyone|permitall|allowall|nobody|no_?auth|guest/i;

/** The check that the lines in a safeguard's place make instead, if they name one that the old lines did not. */
export function tookItsPlace({ before, after, changed, hunks }: Removal, line: number): string | undefined {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk || hunk.newLines === 0 || hunk.newLines > 40) return undefined;
  // Many safeguards can go in one run of lines: it is read once.
  if (!instead.has(hunk)) instead.set(hunk, newCheck(before, after, changed, hunk));
  return instead.get(hunk);
}
const instead = new WeakMap<Hunk, string | undefined>();

function newCheck(before: Source, after: Source, changed: ReadonlySet<number>, hunk: Hunk): string | undefined {
  const old = before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join('\n');
  for (let n = hunk.newStart; n < hunk.newStart + hunk.newLines; n++) {
    const text = (after.lines[n - 1] ?? '').slice(0, 400);
    if (!changed.has(n) || /^\s*(?:\/\/|#(?!\[)|\*|\/\*|--|import\b|from\b|using\b)/.test(text)) continue;
    const name = checking.exec(text)?.[0].replace(/^@|\s*\($/g, '');
    if (name && !weaker.test(name.toLowerCase()) && !openDoor.test(text) && !old.includes(name)) return name;
  }
  return undefined;
}

/** What cleans as much as a safeguard does, under the name that its module has in the language. */
const siblings: Readonly<Record<string, readonly [was: RegExp, now: RegExp]>> = {
  'filepath.clean': [/\bfilepath\.Clean\(/, /(?<![\w.])path\.Clean\(/],
  'html.escape': [/\bhtml\.escape\(/, /(?<![\w.])markupsafe\.escape\(/],
  'bleach.clean': [/\bbleach\.clean\(/, /(?<![\w.])nh3\.clean\(/],
};

/**
 * Whether the same value is cleaned in the same place by a safeguard's sibling: it bears the name that it bore, or what is
 * put in names what was put in. A path with slashes alone is none that a file is opened by.
 */
export function isSibling(guard: string, { before, after, hunks }: Removal, line: number): boolean {
  const pair = siblings[guard];
  const hunk = pair && hunkThatTook(hunks, line);
  if (!hunk) return false;
  const [was, now] = pair;
  const made = cleaned(before.lines[line - 1] ?? '', was);
  if (!made) return false;
  const old = before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).filter((l) => was.test(l));
  const lines = after.lines.slice(hunk.newStart - 1, hunk.newStart - 1 + Math.min(hunk.newLines, 40));
  // As many of them as there were.
  if (lines.filter((l) => cleaned(l, now)).length < old.length) return false;
  const same = lines.flatMap((l) => cleaned(l, now) ?? []).find((c) => c.name === made.name || c.of === made.of);
  if (!same) return false;
  return !(guard === 'filepath.clean' && opensBy(after, same.name));
}

/** A link of a page whose address is not looked at may still hold a script. */
const builder = /\bformat_html\(\s*(?:$|r?["'])/;

/** Where escaping of angle brackets and quotes is not enough: within a script or a style, and in an attribute without quotes. */
const unescaping = /<\s*(?:script|style)\b|=\s*\{/i;

/** What lines hand to what cleans, and what the lines made it of. */
function namesCleaned(lines: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of lines)
    for (const [, given] of line.matchAll(/\b(?:bleach\.clean|html\.escape)\(([^()]{0,200})/g))
      for (const [n] of given!.matchAll(/[A-Za-z_]\w*/g)) names.add(n);
  for (const line of lines) {
    const [, name, value] = /^\s*(\w+)\s*\+?=(?!=)\s*(.{1,400})/.exec(line) ?? [];
    if (name !== undefined && names.has(name)) for (const [n] of value!.matchAll(/[A-Za-z_]\w*/g)) names.add(n);
  }
  return names;
}

/**
 * Whether markup that was cleaned is built now by what escapes every value, from a text that is written out, and what
 * stands in an address is asked for its scheme.
 */
export function isBuiltInstead(guard: string, { before, after, hunks }: Removal, line: number): boolean {
  if (!/^(?:bleach\.clean|html\.escape)$/.test(guard)) return false;
  const hunk = hunkThatTook(hunks, line);
  if (!hunk || hunk.newLines > 40) return false;
  const lines = after.lines.slice(hunk.newStart - 1, hunk.newStart - 1 + hunk.newLines);
  const at = lines.findIndex((l) => builder.test(l));
  if (at < 0) return false;
  const text = lines.slice(at).join('\n');
  const m =
    /\bformat_html\(\s*r?(["'])((?:(?!\1)[^\\\n])*)\1\s*,([^()]{1,400}(?:\([^()]{0,200}\)[^()]{0,200}){0,5})\)/.exec(
      text,
    );
  const format = m?.[2];
  if (m === null || format === undefined || !format.includes('{}') || unescaping.test(format)) return false;
  // What was cleaned, or was put together to be cleaned, is what it escapes; no other markup is made beside it.
  const cleanedOf = namesCleaned(before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines));
  if (![...m[3]!.matchAll(/\w+/g)].some(([n]) => cleanedOf.has(n))) return false;
  if (/["']\s{0,4}<|<\/?[a-z]+>/i.test(lines.join('\n').replace(m[0], ''))) return false;
  if (lines.some((l) => /\b(?:mark_safe|SafeString|Markup)\b|\|\s*safe\b|\b\w*(?:safe|raw|trust)\w*\(/i.test(l)))
    return false;
  return (
    !/\b(?:href|src|action|formaction|on\w+|style)\s*=/i.test(format) ||
    lines.slice(0, at).some((l) => /\bscheme\b.*\b(?:not\s+)?in\b/.test(l))
  );
}

/** What the line gives a name to by such a call, and the call's argument. */
function cleaned(line: string, call: RegExp): { name: string; of: string } | undefined {
  const m = call.exec(line);
  if (!m || /^\s*(?:\/\/|#|\*)/.test(line)) return undefined;
  const name = /(?:^|[\s,;])([\w.]{1,80})\s*:?=\s*$/.exec(line.slice(0, m.index))?.[1];
  const of = /^[\w.]{1,80}(?=\s*[,)])/.exec(line.slice(m.index + m[0].length))?.[0];
  return name === undefined ? undefined : { name, of: of ?? `of ${name}` };
}

const opensBy = ({ lines }: Source, name: string): boolean =>
  lines.some(
    (l) => l.includes(name) && /\b(?:os|ioutil|filepath|http)\.\w+\(|\bexec\.|\bOpen\w*\(|\bServeFile\(/.test(l),
  );

/**
 * Whether code runs in a visitor's browser alone, where it decides what is shown and nothing else: a part of an Angular
 * application that guards no page and touches no server.
 */
export const isOfBrowser = (source: Source): boolean =>
  source.has(/^import\b[^;'"]{0,400}from\s+["']@angular\/(?:core|common)["']/m) &&
  !/(?:guard|resolver|interceptor|middleware|server|api)\b[^/]*$|\/(?:server|api|guards?)\//i.test(source.path) &&
  !source.has(
    /\bCan(?:Activate|Match|Load|Deactivate)\w*|\bHttpInterceptor|\bResolve(?:Fn)?\b|["'](?:@nestjs|express|fastify|koa|node:|fs|http|https|@angular\/ssr|@angular\/platform-server|pg|mongoose|@prisma)[/"']|\bprocess\.env\b/,
  );

/** Whom the lines in the place of a question about the user ask for instead, if they ask. */
export function roleInstead({ before, after, changed, hunks }: Removal, line: number): string | undefined {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk) return undefined;
  const old = before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines).join('\n');
  for (let n = hunk.newStart; n < hunk.newStart + Math.min(hunk.newLines, 40); n++) {
    const text = (after.lines[n - 1] ?? '').slice(0, 400);
    if (!changed.has(n) || /^\s*(?:\/\/|\*|\/\*)/.test(text)) continue;
    const role = /\b(?:is|has|can|may)[A-Z]\w{1,40}\b/.exec(text)?.[0];
    if (role !== undefined && !old.includes(role)) return role;
  }
  return undefined;
}

/**
 * What makes the same path ready to be compared with the same name now, where it was cleaned for that alone. To compare a
 * path with what cleaning makes of it refuses the others: that is a guard.
 */
export function comparedAnew({ before, after, hunks }: Removal, line: number): string | undefined {
  const text = before.lines[line - 1] ?? '';
  const was = /(?<![\w.])(?:filepath\.ToSlash\()?filepath\.Clean\(([\w.]{1,80})\)\)? == ([\w.]{1,80})(?![\w.([])/.exec(
    text.slice(0, 400),
  );
  const named = /^\s*(\w{1,60}) :?= filepath\.Clean\(([\w.]{1,80})\)\s*$/.exec(text.slice(0, 400));
  const hunk = (was ?? named) ? hunkThatTook(hunks, line) : undefined;
  if (!hunk || was?.[1] === was?.[2]) return named && hunk ? cleanedAnew(named, before, after, hunk) : undefined;
  const lines = after.lines.slice(hunk.newStart - 1, hunk.newStart - 1 + Math.min(hunk.newLines, 40));
  for (const [i, now] of lines.entries()) {
    const made = /^\s*(\w{1,60})(, err)? :?= ((?:\w{1,60}\.)?\w{1,60})\(([\w., ]{1,200})\)\s*$/.exec(now);
    if (!made || !was || !made[4]!.split(/, ?/).includes(was[1]!)) continue;
    // By its name it makes a path plain; what can refuse one says so.
    const isPlain = made[2] === undefined ? /clean|normali[sz]e/i : /clean|normali[sz]e|resolve|canonical/i;
    if (!isPlain.test(made[3]!)) continue;
    const isCompared = new RegExp(`\\b${made[1]} == ${was[2]!.replaceAll('.', '\\.')}(?![\\w.([])`);
    if (lines.slice(i + 1).some((l) => isCompared.test(l.slice(0, 400)))) return made[3];
  }
  return undefined;
}

/** The other side of such a comparison, which has its name still and is cleaned by a function that says so. */
function cleanedAnew([, name, path]: readonly string[], before: Source, after: Source, hunk: Hunk): string | undefined {
  const isCompared = new RegExp(`[\\w)] == ${name}(?![\\w.([])`);
  const below = (lines: readonly string[], from: number): readonly string[] => lines.slice(from, from + 40);
  // Handed on, a path may be opened.
  if (!below(before.lines, hunk.oldStart - 1).some((l) => isCompared.test(l.slice(0, 400)))) return undefined;
  for (const now of below(after.lines, hunk.newStart - 1).slice(0, hunk.newLines)) {
    const made = /^\s*(\w{1,60}) :?= (?:filepath\.ToSlash\()?(\w{0,60}[cC]lean\w{0,60})\(([\w.]{1,80})\)\)?\s*$/.exec(
      now,
    );
    if (made?.[1] === name && made?.[3] === path) return made?.[2];
  }
  return undefined;
}
