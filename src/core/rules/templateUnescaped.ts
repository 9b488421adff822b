import type { Source } from '../languages/source.ts';
import { sanitised } from './kit/markup.ts';
import type { Hit, Rule } from './rule.ts';

export const templateUnescaped: Rule = {
  id: 'template-unescaped',
  title: 'Template puts a value into the page as it is',
  tier: 'high',
  category: 'injection',
  languages: ['html'],
  references: ['CWE-79', 'CWE-116', 'OWASP A03:2021'],
  why: "Markup in the value becomes markup of the page, and a script in it runs with the visitor's session. Escaping for text does not hold inside of a script or of an attribute without quotes.",
  remedy: 'let the engine escape it, quote attributes, and hand values to scripts as JSON',
  // A template may be as small as one tag.
  keywords: [],
  check(source, report) {
    const { text } = source;
    if (/\.(?:pug|jade)$/i.test(source.path)) {
      for (const m of text.matchAll(
        /^[ \t]*(?:[\w.#-]{1,80}(?:\([^()\n]{0,200}\))?)?!=[ \t]*(?!["'`][^"'`$\n]{0,300}["'`][ \t]*$)\S[^\n]*|!\{(?!\s*(?:JSON\.stringify|["']))[^{}\n]{1,200}\}/gm,
      ))
        report({ start: m.index, end: m.index + m[0].length });
      return;
    }
    if (!/\{\{|\{%|<%|\{!!|v-html|\[innerHTML\]|ng-bind-html-unsafe/.test(text)) return;
    if (otherText.test(source.path) && !/<[a-z!/]/i.test(text)) return;
    const isUnderscore = underscore(source, report);
    const scripts = scriptsOf(text);
    for (const m of text.matchAll(
      /\{\{[^{}\n]{0,400}\|\s*(?:safe|safeseq)\b[^{}\n]{0,400}\}\}|\{%-?\s*autoescape\s+(?:off|false)|<%==[^%\n]{0,400}%>|<%=\s*(?:raw\s|[^%\n]{0,400}\.html_safe)|<%-\s*(?!include\b)[^%\n]+%>|\{\{\{[^{}\n]+\}\}\}|\{!![^{}\n]+!!\}|\sv-html\s*=\s*["'](?!\$?t\()|\[innerHTML\]\s*=(?!\s*"\s*(?:t\('[^'"\n]{0,200}'\)\s*(?:\|\s*\w{1,40}\s*)?|'[^'"\n]{0,200}'\s*\|\s*(?:translate|transloco|i18next)\s*)")|ng-bind-html-unsafe/g,
    ))
      if (
        // No output in Ruby, and escaped by Underscore.
        !(m[0].startsWith('<%-') && (source.path.endsWith('.erb') || isUnderscore)) &&
        !sanitised(text.slice(m.index, m.index + 700)) &&
        !railsJson.test(text.slice(m.index, m.index + 700)) &&
        !literalTag.test(m[0].startsWith('<%') ? text.slice(m.index, m.index + 700) : '')
      )
        for (const raw of rawIn(text.slice(m.index, m.index + 700), m[0]))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: `${placeOf(text, m.index, scripts)} ${raw}`,
            ...(m[0].startsWith('[') && !switchesOff.test(raw) && angular),
          });
    if (!text.includes('{{')) return;
    inScripts(source, report);
    for (const m of text.matchAll(/\s[\w:-]{1,40}=\{\{(?!\{)[^{}\n]{1,200}\}\}/g))
      if (placeOf(text, m.index, scripts) === 'tag')
        report({
          start: m.index + 1,
          end: m.index + m[0].length,
          tier: 'medium',
          message:
            'Attribute without quotes: a blank in the value starts another one, onload for one; put quotes around it.',
        });
  },
};

/** Scripts are taken out by Angular itself, unless a pipe or a property of the component says that the value is safe. */
const angular = {
  tier: 'medium',
  message:
    'Markup in the value becomes markup of the page, though Angular takes the scripts out: show it as text if none is meant.',
} as const;
const switchesOff = /safe|trust|bypass|raw|(?:keep|no)\w*html|\|\s*\w*html|sanit/i;

/** Templates of what is no page, by the ending before their own. */
const otherText =
  /(?:\.|\/)(?:env|conf|cfg|cnf|ini|ya?ml|json|toml|properties|sh|sql|service|dockerfile|tf)\.(?:j2|jinja2?|hbs|mustache|ejs|erb)$/i;

/** A text of the template's own that is said to be markup, perhaps one of two, or under a condition. */
const literalTag =
  /^<%=\s*(?:raw[\s(]+)?(?!raw\b)\(?\s*(?:[^%"'?\n]{1,120}\?\s*)?(?:'[^'%\n]*'|"[^"#%\n]*")(?:\.html_safe)?(?:\s*:\s*(?:'[^'%\n]*'|"[^"#%\n]*")(?:\.html_safe)?)?\s*\)?(?:\.html_safe)?(?:\s+(?:if|unless)\s+(?:(?!html_safe|raw\b)[^%;\n]){1,200})?\s*-?%>/;

/** What is put in as it is, so that the same value put in so before is known again, however it is written there. */
function rawIn(text: string, found: string): string[] {
  if (/^\s(?:v-html)|^\[innerHTML\]/.test(found))
    return [/^[^"'=]{1,20}=\s*(?:"[^"]{0,300}"|'[^']{0,300}')/.exec(text)?.[0].trim() ?? found];
  if (found.startsWith('<%'))
    return [
      `raw ${bare((/^<%[-=]{1,2}([^]*?)-?%>/.exec(text)?.[1] ?? found).replace(/\.html_safe\b|^\s*raw\b/g, ''))}`,
    ];
  if (found.startsWith('{{{') || found.startsWith('{!!')) return [`raw ${bare(found.slice(3, -3))}`];
  if (!found.startsWith('{{')) return [found];
  const raws: string[] = [];
  for (const m of found.matchAll(/\|\s*safe(?:seq)?\b/g)) {
    const value = bare(operandBefore(found, m.index));
    if (!/^(?:"[^"\\]*"|'[^'\\]*')$/.test(value)) raws.push(`raw ${value}`);
  }
  return raws;
}

/** The expression that a filter stands behind. */
function operandBefore(text: string, end: number): string {
  let depth = 0;
  let i = end - 1;
  for (; i >= 0; i--) {
    const ch = text[i]!;
    if (ch === '"' || ch === "'") i = Math.max(0, text.lastIndexOf(ch, i - 1));
    else if (ch === ')' || ch === ']') depth++;
    else if (ch === '(' || ch === '[') {
      if (--depth < 0) break;
    } else if (depth === 0 && /[{~+,]/.test(ch)) break;
  }
  return text.slice(i + 1, end);
}

/** Without brackets around it and blanks. */
const bare = (text: string): string =>
  text
    .trim()
    .replace(/^\(([^()]*)\)$/, '$1')
    .replace(/\s+/g, ' ')
    .trim();

interface ScriptTag {
  readonly at: number;
  readonly opens: boolean;
}

const scriptsOf = (text: string): ScriptTag[] =>
  [...text.matchAll(/<\/?script\b/gi)].map((m) => ({ at: m.index, opens: m[0][1] !== '/' }));

/** In what part of a page an offset lies: what is text in one is code in another. */
function placeOf(text: string, offset: number, scripts: readonly ScriptTag[]): 'script' | 'tag' | 'text' {
  const last = scripts.findLast((s) => s.at < offset);
  const end = last?.opens ? text.indexOf('>', last.at) : -1;
  if (end >= 0 && end < offset) return 'script';
  const before = text.slice(Math.max(0, offset - 800), offset).replace(/\{\{[^{}]*\}\}|\{%[^{}]*%\}|<%[^%]*%>/g, '');
  const open = Math.max(before.lastIndexOf('<'), -1);
  return open >= 0 &&
    /^<[a-zA-Z]/.test(before.slice(open)) &&
    !before
      .slice(open)
      .replace(/"[^"]*"|'[^']*'/g, '')
      .includes('>')
    ? 'tag'
    : 'text';
}

/**
 * Whether `<% … %>` in a page is for Underscore or Lodash in the browser, where `<%-` escapes and `<%=` does not: all of
 * it stands in scripts that are templates, so the page itself is made by something else. Reports what is not escaped.
 */
function underscore(source: Source, report: (hit: Hit) => void): boolean {
  const { text } = source;
  let at = text.indexOf('<%');
  if (at < 0 || /\.(?:ejs|erb)$|(?:^|\/)views\//i.test(source.path)) return false;
  const found: { readonly start: number; readonly text: string }[] = [];
  for (const tag of text.matchAll(templateScript)) {
    const from = tag.index + tag[0].length;
    if (at < from && at >= 0) return false;
    const end = text.indexOf('</script', from);
    if (end < 0) return false;
    for (const m of text.slice(from, end).matchAll(/<%=[^%]{0,400}%>/g))
      found.push({ start: from + m.index, text: m[0] });
    at = text.indexOf('<%', end);
  }
  if (at >= 0) return false;
  for (const m of found)
    if (!harmless.test(m.text))
      report({
        start: m.start,
        end: m.start + m.text.length,
        message: "Underscore's '<%=' does not escape: write '<%-', which does.",
      });
  return true;
}
const templateScript =
  /<script\b[^<>]{0,300}\btype\s*=\s*["']?(?:text\/(?:template|(?:x-)?(?:html|tmpl|underscore|lodash|underscore-template|lodash-template|html-template)))\b["']?[^<>]{0,300}>/gi;
/** What has no markup: a text, a number, what escapes, what is translated. */
const harmless =
  /^<%=\s*(?:(?:_\.escape|escape\w*|encodeURIComponent|Number|parseInt|i18n\w*|gettext|__?|\$?t|translate)\s*\(|["'`][^"'`%]*["'`]\s*%>|\d|[\w.$]{1,80}\.length\s*%>)/;

/** `<script> … '{{ value }}' … </script>`: escaped for text, which a script does not undo. */
function inScripts(source: Source, report: (hit: Hit) => void): void {
  const { text } = source;
  let behind = 0;
  for (const tag of text.matchAll(/<script\b[^<>]{0,400}>/gi)) {
    if (tag.index < behind) continue;
    const from = tag.index + tag[0].length;
    const end = text.indexOf('</script', from);
    if (end < 0) return;
    behind = end;
    if (/\btype\s*=\s*["'](?!text\/javascript|module|application\/javascript)[^"']{0,80}["']/i.test(tag[0])) continue;
    for (const m of text
      .slice(from, Math.min(end, from + 20_000))
      .matchAll(/(["'`])\{\{(?!\{)\s*[^{}\n]{1,200}\}\}\1/g))
      if (!/json|escapejs|\|\s*e(?:scape)?\(?\s*['"]js|\burl(?:_for)?\b|\bstatic\b|csrf_token|nonce/i.test(m[0]))
        report({
          start: from + m.index,
          end: from + m.index + m[0].length,
          tier: 'medium',
          message: 'Value inside of a script is escaped for text only: write it as JSON (tojson, json_script).',
        });
  }
}

/** JSON as Rails writes it: `<`, `>` and `&` are escaped in it. */
const railsJson =
  /^<%=\s*(?:raw\b[\s(]*(?:json_escape\b|[\w@.[\]:]{1,200}\.to_json\s*\)?\s*%>)|[\w@.[\]:]{1,200}\.to_json\.html_safe\b)/;
