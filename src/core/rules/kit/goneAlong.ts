/** Whether a safeguard is gone because what it guarded is gone: then nothing is left open. */
import { hunkThatTook } from '../../hunks.ts';
import type { Removal } from '../rule.ts';

const heading =
  /^\s*(?:export\s+|default\s+|public\s+|private\s+|protected\s+|internal\s+|static\s+|final\s+|abstract\s+|async\s+|override\s+|sealed\s+|partial\s+)*(?:def|class|function|func|fn|fun|interface|module|[\w<>[\],.?]+\s+\w+\s*\()/;
const decorator = /^\s*(?:@|\[\w|#\[)/;
const route = /\.(?:get|post|put|patch|delete|all|route)\s*\(\s*["'`/]/;

/**
 * True when the lines of a pure deletion hold both the safeguard (1-based line of the text before) and the head of what it
 * stood for: the function or class around it, the declaration under a decorator, or the route that names it. An edit that
 * puts something in their place may keep the code under another name, so it never counts.
 */
export function wentWithItsCode({ before, hunks }: Removal, line: number): boolean {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk || hunk.newLines > 0) return false;
  const last = hunk.oldStart + hunk.oldLines - 1;
  const text = (n: number): string => before.lines[n - 1] ?? '';
  if (route.test(text(line))) return true;
  if (decorator.test(text(line))) {
    for (let n = line + 1; n <= last; n++) {
      if (decorator.test(text(n)) || /^\s*(?:$|\/\/|#|\*|\/\*)/.test(text(n))) continue;
      return heading.test(text(n));
    }
    return false;
  }
  const indent = (s: string): number => s.length - s.trimStart().length;
  const own = indent(text(line));
  for (let n = line - 1; n >= hunk.oldStart; n--) {
    const s = text(n);
    if (s.trim() !== '' && indent(s) < own && heading.test(s)) return true;
  }
  return false;
}

const method =
  /^\s*(?:(?:static|async|public|private|protected|readonly)\s+){0,3}(#?[A-Za-z_$][\w$]*)\s*\([^()]{0,300}\)\s*(?::[^{}]{1,80})?\{\s*$/;
const controls = /^(?:if|for|while|switch|catch|with|function|constructor)$/;
/** What puts markup into a page. */
const page = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(/;
const sink =
  /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|v-html|srcdoc|createContextualFragment|document\.write|\.(?:html|append|prepend|before|after)\(|<\/?[a-zA-Z]/;

/**
 * Whether a pure deletion took what escaped a value (1-based line of the text before) with the whole method of a script
 * around it, whose name the file does not say any more, and no new line puts one of the values that it escaped into markup.
 */
export function wentWithItsMethod(name: string, { before, after, changed, hunks }: Removal, line: number): boolean {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk || hunk.newLines > 0) return false;
  const indent = (s: string): number => s.length - s.trimStart().length;
  const text = (n: number): string => before.lines[n - 1] ?? '';
  let depth = indent(text(line));
  let head: number | undefined;
  for (let n = line - 1; n >= hunk.oldStart && head === undefined; n--) {
    if (text(n).trim() === '' || indent(text(n)) >= depth) continue;
    depth = indent(text(n));
    const called = method.exec(text(n))?.[1];
    if (called !== undefined && !controls.test(called)) head = n;
  }
  if (head === undefined) return false;
  const own = method.exec(text(head))![1]!;
  if (new RegExp(`(?<![\\w$])${own.replaceAll('$', '\\$')}(?![\\w$])`).test(after.text)) return false;
  let to = head + 1;
  const last = hunk.oldStart + hunk.oldLines - 1;
  while (to <= last && !(indent(text(to)) <= depth && /^\s*\}/.test(text(to)))) to++;
  // What only returns markup has its sink elsewhere.
  if (to > last || !before.lines.slice(head, to).some((l) => page.test(l))) return false;
  const values = new Set<string>();
  for (let n = head; n <= to; n++)
    for (const m of text(n).matchAll(/([\w$.]{1,80})\s?\(([^()]{1,200})\)/g))
      if (m[1]!.toLowerCase() === name)
        for (const v of m[2]!.matchAll(/[A-Za-z_$][\w$]*(?![\w$]*\s?[.[])/g)) values.add(v[0]);
  if (values.size === 0) return false;
  for (const n of changed) {
    const now = after.lines[n - 1] ?? '';
    if (sink.test(now) && (now.match(/[A-Za-z_$][\w$]*/g) ?? []).some((w) => values.has(w))) return false;
  }
  return true;
}

/** What stands for a whole service, container or place in configuration. */
const block =
  /^\s*(?:-\s+)?(?:name|image|kind|ExecStart|type)["']?\s*[:=]|^\s*(?:server|location|upstream|frontend|backend|listen|resource|Host|Match)\b|^\s*<(?:Directory|Location|VirtualHost)\b/;

/** The same for configuration: true when what the setting protected is taken out together with it, or something took its place. */
export function wentWithItsBlock({ before, hunks }: Removal, line: number): boolean {
  const hunk = hunkThatTook(hunks, line);
  if (!hunk) return false;
  // What took its place may limit as much in other words; what does not, other rules see.
  if (hunk.newLines > 0) return true;
  // A policy that is a limit by itself is not gone along with something else.
  if (/^kind\s*:/.test(before.lines[line - 1] ?? '')) return false;
  for (let n = hunk.oldStart; n < hunk.oldStart + hunk.oldLines; n++)
    if (block.test(before.lines[n - 1] ?? '')) return true;
  return false;
}
