/** A command of a script with what stands around it: by that two of them are told to be the same risk. */
import type { Form, Found } from '../rule.ts';
import type { Source } from '../../languages/source.ts';

/** Lines above and below that are looked through. */
const reach = 150;

const opens = /^(?:if|elif|for|while|until|case|select)\b/;
const closes = /^(?:fi|done|esac|\}|\))(?![\w-])/;
/** What may keep the lines below from running, or asks first. */
const stops = /\b(?:exit|return|die|abort|confirm)\b|\bread\s+-\w*p|^set\s+-\w*[eu]|^\[{1,2}\s|^test\s/;
/** What decides in a pipeline whether a step runs. */
const ifOfStep = /^(?:- )?["']?(?:if|when|only|rules|except|unless|environment|runs-on|tags|on|hosts|become)["']?\s*:/;

const isOneLine = (line: string): boolean => /(?:^|[\s;])(?:fi|done|esac|\})\s*(?:[|>&].*)?;?$/.test(line);

/** The conditions that a command stands under, and where the output of its block goes. */
export function formOf(source: Source, start: number, text: string): Form {
  const { lines, language } = source;
  const at = source.lineAt(start) - 1;
  const form = formAt(lines, at, text);
  if (/^(?:shell|powershell|batch)$/.test(language)) return form;
  const conditions = lines
    .slice(Math.max(0, at - 40), at)
    .map((l) => l.trim())
    .filter((l) => ifOfStep.test(l));
  if (!/\bself-hosted\b/.test(source.text)) conditions.push('on a machine of the host');
  return { ...form, around: [...form.around, ...conditions] };
}

/** The same of a command that stands on one of these lines. */
export function formAt(lines: readonly string[], at: number, text: string): Form {
  const around: string[] = [];
  let depth = 0;
  let hasLabel = false;
  for (let i = at - 1; i >= Math.max(0, at - reach); i--) {
    const line = (lines[i] ?? '').trim();
    if (at - i <= 3 && stops.test(line)) around.push(line);
    if (closes.test(line)) depth++;
    else if (opens.test(line) || /[{(]$/.test(line)) {
      if (isOneLine(line)) continue;
      if (line.startsWith('elif')) {
        if (depth === 0) around.push(line, 'else');
      } else if (depth > 0) depth--;
      else {
        hasLabel = false;
        if (opens.test(line)) around.push(line);
      }
    } else if (depth === 0 && /^else\b/.test(line)) around.push('else');
    else if (depth === 0 && !hasLabel && /^[^()\s][^()]*\)$/.test(line)) {
      hasLabel = true;
      around.push(line);
    }
  }
  return { text, around, sinks: sinksBelow(lines, at) };
}

/** What is written behind the ends of the blocks that a line stands in: `} >> "$file"`. */
function sinksBelow(lines: readonly string[], at: number): string[] {
  const indent = (line: string): number => line.length - line.trimStart().length;
  const sinks: string[] = [];
  let least = indent(lines[at] ?? '');
  for (let i = at + 1; i < Math.min(lines.length, at + reach) && least > 0; i++) {
    const line = lines[i]!;
    if (line.trim() === '' || indent(line) >= least) continue;
    const rest = /^\s*(?:fi|done|esac|\}|\))(?![\w-])\s*;?(.*)$/.exec(line)?.[1]?.trim();
    if (rest === undefined) continue;
    least = indent(line);
    if (rest !== '' && !rest.startsWith('#')) sinks.push(rest);
  }
  return sinks;
}

const asRoot = /^(?:\$\{?_?SUDO(?:_CMD)?\}?|sudo)$/;
const wordsOf = (text: string): string[] =>
  text
    .replace(/\\\n/g, ' ')
    .replace(/(\d?&?>>?&?)\s+/g, '$1')
    .split(/\s+/)
    .filter((w) => w !== '');
const bare = (word: string): string => word.replace(/["']/g, '');
const quotes = (word: string): string => word.replace(/[^"']/g, '');
const special = (word: string): string => (word.match(/[*?]|\$\{?[\w@*#!-]{1,80}|\$\(|[`{}[\],~]/g) ?? []).join(' ');

/** The same file deeper in the same folder, or the same with more in its name; never another one, and nothing wider. */
function isSamePath(old: string, now: string): boolean {
  const was = old.split('/');
  const is = now.split('/');
  if (was.length < 2 || /:\/\/|[<>|&;=]|(?:^|\/)\.\.?(?:\/|$)/.test(old + now) || special(old) !== special(now))
    return false;
  // An absolute path has '' in front.
  const root = was[0] === '' ? 3 : 1;
  if (was.length <= root || is.length < was.length) return false;
  for (let i = 0; i < root; i++) if (was[i] !== is[i]) return false;
  const [last, name] = [was.at(-1)!, is.at(-1)!];
  if (last.length < 3 || !name.endsWith(last) || !/^(?:[\w.]{1,40}[-_.])?$/.test(name.slice(0, -last.length)))
    return false;
  // What the same place is called in use is another one.
  if (
    /\b(?:prod\w*|live|backups?)\b/i.test(now.replace(/_/g, '-')) &&
    !/\b(?:prod\w*|live|backups?)\b/i.test(old.replace(/_/g, '-'))
  )
    return false;
  let found = 0;
  for (const part of is) if (part === was[found]) found++;
  return found >= was.length - 1;
}

function isSameWord(old: string, now: string): boolean {
  if (old === now) return true;
  const [was, is] = [bare(old), bare(now)];
  // Without its quotes a variable may become several words.
  if (special(is) !== '' && quotes(old) !== quotes(now) && !(quotes(old) === '' && !quotes(now).includes("'")))
    return false;
  return was === is || isSamePath(was, is);
}

/** Word for word the same but for `sudo` that went and paths that lead deeper. */
function isSameText(old: string, now: string): boolean {
  const was = wordsOf(old);
  const is = wordsOf(now);
  let i = 0;
  for (const word of is) {
    while (i < was.length && asRoot.test(was[i]!) && !asRoot.test(word)) i++;
    if (i >= was.length || !isSameWord(was[i]!, word)) return false;
    i++;
  }
  return i === was.length;
}

/** Whether two texts write the same source of packages, in whatever form: from the same addresses, by the same key. */
function isSamePackageSource(old: string, now: string): boolean {
  const named = (text: string): string | undefined => {
    if (text.length > 2000 || /trusted\s*[=:]\s*yes|allow-/i.test(text)) return undefined;
    const file = />\s*["']?\/etc\/apt\/sources\.list\.d\/([\w.-]{1,80})\.(?:list|sources)\b/.exec(text)?.[1];
    const places = [...text.matchAll(/\bhttps:\/\/[^\s"']{1,200}/g)].map((m) => m[0].replace(/\/$/, ''));
    const key = /signed-by\s*[=:]\s*([\w/.-]{1,200})/i.exec(text)?.[1];
    return file === undefined || key === undefined || places.length === 0 || /\bhttp:/.test(text)
      ? undefined
      : [file, key, ...new Set(places.toSorted())].join(' ');
  };
  const is = now.includes('sources.list.d') ? named(now) : undefined;
  return is !== undefined && is === named(old);
}

/** How often the other branch of a condition is taken. */
const turns = ({ around }: Form): number => around.filter((a) => a === 'else').length;

const tiers = ['low', 'medium', 'high', 'critical'];

/** Whether the command that is gone is the one that came: under all its conditions, with its output where it went. */
export function isSameCommand(old: Found, now: Found): boolean {
  const was = old.form;
  const is = now.form;
  if (!was || !is || tiers.indexOf(now.tier ?? 'high') > tiers.indexOf(old.tier ?? 'high')) return false;
  if (old.key.split(':')[0] !== now.key.split(':')[0]) return false;
  return (
    (isSameText(was.text, is.text) || isSamePackageSource(was.text, is.text)) &&
    turns(was) === turns(is) &&
    was.around.every((a) => is.around.some((b) => isSameText(a, b))) &&
    was.sinks.length === is.sinks.length &&
    was.sinks.every((s, i) => bare(s) === bare(is.sinks[i]!))
  );
}
