/** Tests of a file: their titles, what their bodies ask, and how many cases each one runs. */
import type { Token } from '../../languages/lexer.ts';
import type { Source } from '../../languages/source.ts';

export interface TestCase {
  readonly start: number;
  readonly end: number;
  readonly title: string;
  /** 1-based lines, with the decorators above. */
  readonly from: number;
  readonly to: number;
  /** Declared through a helper: `it_id('x')(it)('title', …)`. */
  readonly isWrapped: boolean;
  /** Nothing is called in its body. */
  readonly isEmpty: boolean;
  readonly asserts: number;
  /** Nothing in it may stop it, in whatever form. */
  readonly asksNothing: boolean;
  /** It asserts what holds whatever the product does. */
  readonly saysTheObvious: boolean;
  /** What it calls, without what asserts. */
  readonly calls: ReadonlySet<string>;
  /** Each row of its literal table is one, and each subtest with a name. */
  readonly cases: number;
  /** It does not run, whatever it asks. */
  readonly isOff: boolean;
}

const declared =
  /^[ \t]*(?:(?:(?:await|return|void)\s+)?(?:(?:t|ctx|context|suite)\.)?(?:it|test|specify)(?:\.each\([^\n]{0,400}\)|\.concurrent|\.only|\.serial|\.sequential|\.failing)?\s*\(\s*['"`]|(?:async\s+)?def\s+test\w*\s*\(|func\s+Test\w+\s*\(|@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|ArchTest)\b|\[(?:Fact|Theory|TestMethod|DataTestMethod|Test|TestCase|TestCaseSource)\b|public\s+function\s+test\w+|(?:it|scenario)\s+['"][^'"\n]+['"](?:\s*,[^\n]{0,200}?)?\s+do\b|(?:it|scenario)\s+['"][^'"\n]+['"]\s*\\$)/gm;

const called = /^[ \t]*(?:(?:await|return|void)\s+)?([A-Za-z_$][\w$]*(?:\.[\w$]+){0,4})(?=[(`])/gm;
/** `it`, `test.extend`, `it_id`, `itIf`: by its name it declares a test. */
const ofTests = /(?<![\w$."'])(?:it|test|specify)(?![a-z0-9$])/;
/** … but one that runs only somewhere, or never. */
const heldBack =
  /skip|(?<![\w$])x(?:it|test)|todo|fixme|pending|exclude|only_|[a-z_]only|disable|ignore|never|off(?![a-z])|unless|when|if/i;
const script = /^(?:javascript|typescript|tsx)$/;
const assertion =
  /\b(?:expect|assert|should|verify|require|refute|must|Error|Fatal)\w*(?=\s*[.!(]|\s+[\w:'"(])|\bt\.(?:Error|Fatal)f?\(|\.should\b|\.to\b/gi;
/** What asks something in any form, or may do so in a helper: by such a name, or by what stops the test. */
const ofAsserts =
  /expect|assert|should|must|verif|check|ensure|raise|throw|reject|match|snapshot|require|refute|fail|error|fatal|panic|unwrap|compare|equal|valid|\btest/i;
const callee = /\b([A-Za-z_]\w{0,60})!?\s{0,2}\(/g;

/** What holds whatever the product does. */
const always =
  /\bexpect\(\s*(?:true|\d+|(["'`])[^"'`\n]{0,80}\1)\s*\)\.\w+\([^()\n]{0,80}\)|\bassert\s+(?:True|1 == 1)(?=\s*$)|\bassert!\(\s*true\b[^)\n]{0,80}\)|\b(?:assertTrue|assertThat|assert|assert\.ok|Assert\.(?:IsTrue|True))\(\s*[Tt]rue\s*\)|\b(?:Assert\.|self\.)?(?:assertEquals?|AreEqual|Equal|assertSame)\(\s*(\d+|[Tt]rue)\s*,\s*\2\s*\)/gm;

/** Whether nothing is left in a body that may stop its test. */
function asksNothing(body: string, language: string): boolean {
  const opens = script.test(language) ? /=>|\bfunction\b[^{]{0,200}\{/ : /[{:]\s*\n|\n/;
  const m = opens.exec(body);
  if (!m) return false;
  const code = body.slice(m.index + m[0].length).replace(/\/\/.*|\/\*[^*]*\*\/|^[ \t]*#(?!\[).*/gm, '');
  return !ofAsserts.test(code) && !/\?\s*(?:[;)]|$)/m.test(code);
}
/** What leaves a test, or one row of its table, out. */
export const leftOut =
  /\b(?:t|b|pytest|unittest|self|this|test|it|mark)\.(?:mark\.)?(?:skip|xfail|fixme|todo|pending)|\bskip\w*["']?\s*[:=]\s*(?:true|True|["'])|@(?:Disabled|Ignore)\b|#\[ignore|\bSkip\s*=/i;

/** An attribute that makes a function a test, by the end of its path (`#[nu_test_support::test]`), and the function. */
const rustHeads =
  /^[ \t]*(?:#\[(?:\w+::){0,4}(\w*test|test_case|quickcheck)(?=\s*[\](])|(?:pub(?:\([^)\n]{0,40}\))?\s+)?(?:async\s+)?(?:unsafe\s+)?fn\s+(\w+))/gm;

/** By what stands above a test, on its line, or first in it. */
const off =
  /^[ \t]*(?:#\[ignore\b|@(?:Disabled|Ignore)\b|@(?:pytest\.mark\.skip|unittest\.skip)\b(?!\s*if)|\[(?:Ignore\b|Fact\(Skip\s*=)|(?:it|test)\.skip\s*\(|t\.Skip\w*\(|pytest\.skip\(|self\.skipTest\()/m;

const kept = new WeakMap<Source, readonly TestCase[]>();

/** The tests that a file declares and runs, in order. */
export function testCases(source: Source): readonly TestCase[] {
  let found = kept.get(source);
  if (!found) kept.set(source, (found = read(source)));
  return found;
}

function read(source: Source): TestCase[] {
  let heads: { start: number; end: number; isWrapped: boolean; table?: number }[] = [];
  for (const m of source.text.matchAll(declared)) {
    // The rows of one test are one test.
    const above = source.lines[source.lineAt(m.index) - 2] ?? '';
    if (/^\s*\[/.test(m[0]) && /^\s*\[(?:Test|TestCase|TestCaseSource)\b/.test(above)) continue;
    const each = m[0].indexOf('.each(');
    heads.push({
      start: m.index,
      end: m.index + m[0].length,
      isWrapped: false,
      ...(each >= 0 && { table: m.index + each + 5 }),
    });
  }
  if (source.language === 'rust') heads.push(...rustTests(source.text));
  if (script.test(source.language)) heads.push(...wrapped(source, new Set(heads.map((h) => h.start))));
  // What a comment or a text holds does not run.
  const inert = heads.length === 0 ? [] : source.tokens.filter((t) => t.kind === 'comment' || t.kind === 'str');
  if (inert.length > 0) heads = heads.filter((h) => !isWithin(inert, h.start));
  heads.sort((a, b) => a.start - b.start);
  const lines = heads.map((h) => source.lineAt(h.start));
  return heads.map((h, i) => {
    const from = firstLine(source, lines[i]!);
    const to = lastLine(source, inert, lines[i]!, source.lineAt(h.end), (lines[i + 1] ?? Infinity) - 1);
    const text = source.lines.slice(lines[i]! - 1, to).join('\n');
    const first = source.starts[lines[i]! - 1]!;
    const body = text.slice(h.end - first);
    const title = titleOf(source, h.end, text);
    // What a test is called asks nothing.
    const said = withoutComments(source, inert, first + text.length - body.length, body);
    const own = said.startsWith(title) ? said.slice(title.length) : withoutName(said, text);
    const asking = own.replace(always, '');
    // Below an annotation, the name is what tells one test from the next.
    const name = /^\s*[@[]/.test(text) ? named.exec(text)?.index : undefined;
    return {
      start: name === undefined ? h.start : first + name,
      end: name === undefined ? h.end : first + name + 1,
      title,
      from,
      to,
      isWrapped: h.isWrapped,
      isEmpty: isEmpty(body, source.language),
      asserts:
        [...asking.matchAll(assertion)].length || (source.language === 'rust' && /\?\s*[;)]/.test(asking) ? 1 : 0),
      asksNothing: asksNothing(asking, source.language),
      saysTheObvious: asking !== own,
      get calls() {
        return new Set([...own.matchAll(callee)].flatMap((c) => (ofAsserts.test(c[0]) ? [] : c[1]!)));
      },
      cases: casesOf(source, h.table, from, lines[i]!, to, text),
      isOff: off.test(
        [...source.lines.slice(Math.max(0, from - 1), lines[i]), ...text.split('\n').slice(0, 2)].join('\n'),
      ),
    };
  });
}

/** With blanks for what is commented out, which asks nothing. */
function withoutComments(source: Source, inert: readonly Token[], offset: number, body: string): string {
  let out = '';
  let done = 0;
  for (let i = tokenAt(inert, offset); i < inert.length && inert[i]!.start < offset + body.length; i++) {
    const { kind, start, end } = inert[i]!;
    // In Rust, what looks like a comment may be an attribute.
    if (kind !== 'comment' || source.text.startsWith('#[', start)) continue;
    out += body.slice(done, start - offset) + source.text.slice(start, end).replace(/[^\n]/g, ' ');
    done = end - offset;
  }
  return out + body.slice(done);
}

/** The functions with such an attribute, however many other ones they have. */
function rustTests(text: string): { start: number; end: number; isWrapped: boolean }[] {
  const out: { start: number; end: number; isWrapped: boolean }[] = [];
  let isTest = false;
  for (const m of text.matchAll(rustHeads)) {
    if (m[1] !== undefined) isTest = true;
    else {
      if (isTest) out.push({ start: m.index, end: m.index + m[0].length, isWrapped: false });
      isTest = false;
    }
  }
  return out;
}

/** Whether one of the tokens, which are in order, begins before the offset and ends behind it. */
function isWithin(tokens: readonly Token[], offset: number): boolean {
  const before = tokens[tokenAt(tokens, offset) - 1];
  return before !== undefined && before.end > offset;
}

/** Whether nothing is called behind what opens the body; of languages whose bodies are not told apart from heads, never. */
function isEmpty(body: string, language: string): boolean {
  const opens = script.test(language)
    ? /=>|\bfunction\b[^{]{0,200}\{/
    : language === 'python'
      ? /:[ \t]*(?=\n|$)/
      : undefined;
  const m = opens?.exec(body);
  if (!m) return false;
  const inner = body.slice(m.index + m[0].length).replace(/\/\/.*|\/\*[^*]*\*\/|^[ \t]*#.*/gm, '');
  return !/[\w$\])][ \t]*[(`]|\bassert\b|\braise\b|\bthrow\b/.test(inner);
}

/** Tests declared by a call of what another call made: `helper(id)(it)('title', fn)`, `it.each(rows)('title', fn)`. */
function wrapped(
  source: Source,
  known: ReadonlySet<number>,
): { start: number; end: number; isWrapped: boolean; table?: number }[] {
  const { tokens, text } = source;
  const out: { start: number; end: number; isWrapped: boolean; table?: number }[] = [];
  for (const m of text.matchAll(called)) {
    if (known.has(m.index)) continue;
    const open = m.index + m[0].length;
    const isTestsOwn = ofTests.test(m[1]!);
    // A helper's own arguments are short; a table may be long.
    if (!isTestsOwn && !/^\([^\n]{0,120}\)\(/.test(text.slice(open, open + 240))) continue;
    if (
      isTestsOwn &&
      text[open] === '(' &&
      /^\(\s*['"`]/.test(text.slice(open, open + 80)) &&
      !/^\([^\n]{0,120}\)\(/.test(text.slice(open, open + 240))
    )
      continue;
    let i = tokenAt(tokens, open);
    const first = i;
    let chain = m[1]!;
    let groups = 0;
    for (;;) {
      const token = tokens[i];
      if (token?.kind === 'str' && groups === 0 && text[token.start] === '`') {
        groups++;
        i++;
        continue;
      }
      if (!token || token.kind !== 'op' || text[token.start] !== '(') break;
      const title = tokens[i + 1];
      if (groups > 0 && title?.kind === 'str') {
        if (!ofTests.test(chain) || heldBack.test(chain) || !isPassedOn(source, m[1]!)) break;
        if (
          !/^\s*,\s*(?:async\b|function\b|\(|[\w$]+\s*=>|\{|[\w$.]+\s*[,)])/.test(text.slice(title.end, title.end + 80))
        )
          break;
        out.push({
          start: m.index,
          end: title.start + 1,
          isWrapped: !isTestsOwn || !/^(?:it|test|specify)\b(?!_)/.test(m[1]!),
          ...(m[1]!.endsWith('.each') && { table: tokens[first]!.start }),
        });
        break;
      }
      const close = closing(source, i, 4000);
      if (close < 0) break;
      if (!m[1]!.endsWith('.each'))
        for (let k = i + 1; k < close; k++)
          if (tokens[k]!.kind === 'op') chain += ' ';
          else chain += text.slice(tokens[k]!.start, tokens[k]!.end).replace(/^['"`]/, '"');
      groups++;
      i = close + 1;
      if (groups > 4) break;
    }
  }
  return out;
}

/** A helper that the file itself defines must name what runs the test. */
function isPassedOn(source: Source, name: string): boolean {
  if (/\W/.test(name) || /^(?:it|test|specify)$/.test(name)) return true;
  const at = source.text.search(new RegExp(`\\b(?:const|let|var|function)\\s+${name}\\b`));
  if (at < 0) return true;
  const body = source.text.slice(at + name.length + 6, at + 400).split(/\n(?=\S)(?![)}])/)[0]!;
  return /(?<![\w$])(?:it|test|specify)(?![\w$])/.test(body) && !heldBack.test(body.replace(/\bif\b/g, ''));
}

function tokenAt(tokens: readonly Token[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (tokens[mid]!.start < offset) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The token that closes what the token opens, or -1 where it is too far. */
function closing({ tokens, text }: Source, open: number, most: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length && i < open + most; i++) {
    if (tokens[i]!.kind !== 'op') continue;
    const c = text[tokens[i]!.start]!;
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && --depth === 0) return i;
  }
  return -1;
}

/** How many elements a literal list has that opens at the token. */
function elements(source: Source, open: number): number {
  const { tokens, text } = source;
  const close = closing(source, open, 40_000);
  let depth = 0;
  let n = 0;
  let isFilled = false;
  for (let i = open; i < close; i++) {
    const { kind, start } = tokens[i]!;
    if (kind === 'comment') continue;
    const c = text[start]!;
    if (kind === 'op' && c === ',' && depth === 1) {
      if (isFilled) n++;
      isFilled = false;
      continue;
    }
    if (i > open) isFilled = true;
    if (kind !== 'op') continue;
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
  }
  return isFilled ? n + 1 : n;
}

/** With its decorators, or attributes. */
function firstLine(source: Source, line: number): number {
  if (source.language === 'rust') {
    let first = line;
    // A function, a closing brace or an empty line ends what stands above.
    for (let l = line - 1; l > 0 && l > line - 400; l--) {
      const text = source.lines[l - 1]!;
      if (/^\s*(?:$|\}\s*$|(?:pub\s+)?(?:async\s+)?(?:fn|mod|use|impl|struct|enum)\b)/.test(text)) break;
      if (/^\s*#\[/.test(text)) first = l;
    }
    return first;
  }
  if (source.language !== 'python') return line;
  let first = line;
  for (let l = line - 1; l > 0 && l > line - 60; l--) {
    const text = source.lines[l - 1]!;
    if (text.trim() === '' || /^\s*(?:async\s+)?(?:def|class)\b/.test(text)) break;
    if (/^\s*@/.test(text)) first = l;
  }
  return first;
}

const byBrackets = /^(?:java|kotlin|c-sharp)$/;
const indent = (line: string): number => line.length - line.trimStart().length;

/** What ends the head of a test; in Kotlin one may be an expression: `fun works() = runTest()`. */
const opensBody = /[{=]\s*$|^\s*(?:[a-z]{1,20}\s+){0,4}fun\s[^\n=]{1,300}\)\s{0,4}(?::[^\n=]{1,80})?=\s{0,4}\S/;

/** The last line of the block that a test opens, by indentation; it ends before the next test. */
function lastLine(source: Source, inert: readonly Token[], line: number, headEnd: number, most: number): number {
  const { lines } = source;
  const depth = indent(lines[line - 1]!);
  const isMarked = /^\s*(?:@|\[|#\[)/.test(lines[line - 1]!);
  let l = headEnd;
  if (isMarked) while (l < lines.length && l < line + 20 && !opensBody.test(lines[l - 1]!)) l++;
  // What closes a list of parameters opens the body.
  const isOpen = (text: string): boolean => /[{:(]\s*$/.test(text) && /^\s*[)\]}]/.test(text);
  // Where brackets tell, a line that is not indented ends no body.
  let read = line - 1;
  let braces = 0;
  const isInBody = (until: number): boolean => {
    if (!isMarked || !byBrackets.test(source.language)) return false;
    for (; read < until; read++)
      for (const m of lines[read]!.matchAll(/[{}]/g))
        if (!isWithin(inert, source.starts[read]! + m.index + 1)) braces += m[0] === '{' ? 1 : -1;
    return braces > 0;
  };
  while (l < lines.length && l < most) {
    const next = lines[l]!;
    if (
      next.trim() !== '' &&
      indent(next) <= depth &&
      !isOpen(next) &&
      !(/^\s*\{\s*$/.test(next) && l < headEnd + 4) &&
      // A text, or a comment, may begin anywhere.
      !isWithin(inert, source.starts[l]!) &&
      !isInBody(l)
    )
      return /^\s*(?:[)\]}]|end\b)/.test(next) ? l + 1 : l;
    l++;
  }
  return Math.min(l, lines.length);
}

const named = /\b(?:def|func|function|fn|void|Task|fun|ArchRule)\s+(?:`([^`\n]{3,200})`|(\w{3,200}))/;

/** Behind an annotation, what names the test asks nothing; what the annotation expects does. */
function withoutName(body: string, text: string): string {
  const m = /^\s*[@[]/.test(text) ? named.exec(body) : null;
  if (!m) return body;
  const above = body.slice(0, m.index);
  return `\n${/expect|throw/i.test(above) ? 'expect()' : ''}${body.slice(m.index + m[0].length)}`;
}

function titleOf(source: Source, end: number, text: string): string {
  const quote = source.text[end - 1]!;
  if ('\'"`'.includes(quote)) {
    const { tokens } = source;
    const token = tokens[tokenAt(tokens, end - 1)];
    if (token?.start === end - 1) return source.text.slice(token.start + 1, token.end - 1);
    return source.text.slice(end, source.text.indexOf(quote, end));
  }
  const told = /^\s*(?:it|scenario)\s+(['"])([^'"\n]{1,300})\1/.exec(text)?.[2];
  if (told !== undefined) return told;
  const name = named.exec(text);
  return name?.[1] ?? name?.[2] ?? /(['"])([^'"\n]{3,300})\1/.exec(text)?.[2] ?? text.slice(0, 200);
}

function casesOf(
  source: Source,
  table: number | undefined,
  from: number,
  line: number,
  to: number,
  text: string,
): number {
  const { tokens } = source;
  const at = (offset: number): number => tokenAt(tokens, offset);
  if (table !== undefined) {
    if (source.text[table] === '`') {
      const t = tokens[at(table)];
      return t
        ? Math.max(
            1,
            source.text
              .slice(t.start, t.end)
              .split('\n')
              .filter((l) => l.includes('${')).length,
          )
        : 1;
    }
    const inside = tokens[at(table) + 1];
    if (inside && source.text[inside.start] === '[') return Math.max(1, elements(source, at(table) + 1));
    const name = inside?.kind === 'id' ? source.text.slice(inside.start, inside.end) : undefined;
    if (name === undefined || !/^[\w$]+$/.test(name)) return 1;
    const list = new RegExp(`\\b(?:const|let|var)\\s+${name.replaceAll('$', '\\$')}\\b[^=\\n]{0,120}=\\s*\\[`).exec(
      source.text,
    );
    return list ? Math.max(1, elements(source, at(list.index + list[0].length - 1))) : 1;
  }
  if (source.language === 'python') {
    let n = 1;
    const start = source.starts[from - 1]!;
    const head = source.text.slice(start, source.starts[line - 1]);
    for (const m of head.matchAll(/\bparametrize\s*\(/g)) {
      const open = at(start + m.index + m[0].length - 1);
      for (let i = open + 1, depth = 0; i < tokens.length && i < open + 400; i++) {
        const c = tokens[i]!.kind === 'op' ? source.text[tokens[i]!.start]! : '';
        if (c === ',' && depth === 0) {
          if (/[[(]/.test(source.text[tokens[i + 1]?.start ?? 0] ?? '')) n *= Math.max(1, elements(source, i + 1));
          break;
        }
        if ('([{'.includes(c) && c !== '') depth++;
        else if (')]}'.includes(c) && c !== '') depth--;
        if (depth < 0) break;
      }
    }
    return n;
  }
  if (source.language === 'go') {
    const start = source.starts[line - 1]!;
    let n = [...text.matchAll(/\bt\.Run\(\s*["`]/g)].length;
    // A table that the test loops over, each row a subtest.
    for (const m of text.matchAll(/\brange\s+(\w{1,40})\s*\{/g)) {
      if (!/\.Run\(\s*\w/.test(text.slice(m.index, m.index + 400))) continue;
      const list = new RegExp(`\\b${m[1]}\\s*:?=\\s*(?:\\[\\]|map\\[)`).exec(text);
      if (!list) continue;
      let open = at(start + list.index + list[0].length);
      // Behind the type of the rows comes the list.
      const isStruct = /^\s*(?:\w+\])?\s*struct\s*\{/.test(text.slice(list.index + list[0].length));
      const brace = (k: number): number => {
        while (k < tokens.length && source.text[tokens[k]!.start] !== '{') k++;
        return k;
      };
      open = brace(open);
      if (isStruct) {
        const close = closing(source, open, 400);
        if (close < 0) continue;
        open = brace(close + 1);
      }
      n += elements(source, open);
    }
    return Math.max(1, n);
  }
  if (source.language === 'rust') {
    const head = source.lines.slice(from - 1, line - 1).join('\n');
    const rows = [...head.matchAll(/^[ \t]*#\[(?:\w+::)?(?:case\b|test_case\s*\()/gm)].length;
    const values = [...text.matchAll(/#\[values\(([^\]\n]{0,400})\)\]/g)];
    return values.reduce((n, m) => n * m[1]!.split(',').length, Math.max(1, rows));
  }
  if (/^(?:java|kotlin|c-sharp)$/.test(source.language)) {
    const above = source.lines.slice(Math.max(0, line - 20), to).join('\n');
    const rows = [...above.matchAll(/^[ \t]*\[(?:TestCase|InlineData|DataRow)\b/gm)].length;
    const values = /@(?:ValueSource|CsvSource)\s*\(([^)]{0,2000})\)/.exec(text)?.[1];
    return Math.max(1, rows, values ? [...values.matchAll(/"(?:[^"\\\n]|\\.)*"|\b\d+\b/g)].length : 0);
  }
  return 1;
}
