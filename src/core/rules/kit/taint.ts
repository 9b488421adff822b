/** Where values come from: what a caller of this service sent, followed through variables, appends and simple wrappers. */
import type { Language } from '../../languages/detect.ts';
import type { Assignment, Call, CodeFacts } from '../../languages/facts.ts';
import type { Code } from './code.ts';
import { addTo } from '../../multimap.ts';

type Range = { readonly from: number; readonly to: number };

/** What a request carries, as the web frameworks of each language spell it. */
const request = new RegExp(
  [
    // Express, Koa, Hapi, Fastify, Next, Nest
    String.raw`\b(?:req|request|ctx\.req|ctx\.request)\.(?:body|query|params?|headers|cookies|signedCookies|originalUrl|url|path|hostname|payload|files?|nextUrl|rawBody|host)\b`,
    String.raw`\breq\.(?:get|header|param)\(`,
    String.raw`\bctx\.(?:query|params|request|body|querystring|cookies|headers|Query|Params|Param|PostForm|FormValue|QueryParam|QueryArgs|UserValue)\b`,
    // Django, Flask, Pyramid, aiohttp, Tornado, Starlette
    String.raw`\brequest\.(?:args|form|values|json|data|files|GET|POST|META|FILES|COOKIES|REQUEST|query_params|path_params|query_string|matchdict|full_path|get_json|get_data|rel_url|match_info|post|stream|environ|referrer|view_args|json_body|swagger_data|base_url|path_info|url_root|input|all|only|env|referer|user_agent|query_parameters|request_parameters|fullpath|subdomain)\b`,
    String.raw`\bself\.(?:get_(?:query_|body_)?arguments?\(|request\.)`,
    String.raw`\brequest\s*\[`,
    // Servlets
    String.raw`\.?\bget(?:Parameter(?:Values|Map|Names)?|Headers?|QueryString|Cookies|PathInfo|RequestURI|RequestURL|Part|HeaderNames)\s*\(`,
    // net/http, gin, echo, chi, fiber, gorilla
    String.raw`\b(?:r|req|request)\.(?:URL\b|FormValue|PostFormValue|Form\b|PostForm\b|Header\b|Body\b|Cookie\(|Host\b|RequestURI\b|PathValue\(|FormFile\(|MultipartForm\b|Referer\(|UserAgent\()`,
    String.raw`\bc\.(?:Query|Param|PostForm|FormValue|DefaultQuery|QueryParam|GetHeader|Params|FormFile|GetRawData|QueryParams)\(`,
    String.raw`\bmux\.Vars\b|\bchi\.URLParam|\bevent\.(?:Body|QueryStringParameters|PathParameters|Headers)\b`,
    // PHP
    String.raw`\$_(?:GET|POST|REQUEST|COOKIE|FILES(?!\s*\[[^\]\n]{0,100}\]\s*\[\s*['"](?:tmp_name|size|error)['"]))\b|\$_SERVER\s*\[\s*['"](?:HTTP_|REQUEST_URI|QUERY_STRING|PHP_SELF|PATH_INFO)`,
    String.raw`\$request->(?:get|input|query|post|all|request|cookies?|headers?|getParam|getQueryParams|getParsedBody|file|route|only|getContent|attributes)\b|php:\/\/input`,
    // ASP.NET
    String.raw`\bRequest\s*(?:\.(?:Query|QueryString|Form|Params|Cookies|Headers|Path|Body|RawUrl|Url|Files|RouteValues|UserAgent|UrlReferrer|InputStream)\b|\[)`,
  ].join('|'),
);
/** Rails, Sinatra, Grails; route parameters. */
const routeParams = /\bparams\s*(?:\[|\.(?:require|permit|fetch|to_unsafe_h|dig|slice|values|each)\b)|\bcookies\s*\[/;
/** And the page's own address. */
const ofPage = new RegExp(
  String.raw`${routeParams.source}|\blocation\.(?:search|hash|href)\b|\bdocument\.(?:URL|referrer|documentURI|baseURI|location)\b|\bwindow\.name\b|\bsearchParams\b`,
);
/** What means this in one family of languages, and something else elsewhere: `Path(…)` of Python is no part of a request. */
const requestOf: Partial<Record<Language, RegExp>> = {
  // actix, axum, rocket
  rust: /\b(?:web::|extract::)?(?:Query|Path|Form|Json)\s*\(/,
  ruby: routeParams,
  groovy: routeParams,
  php: routeParams,
  kotlin: routeParams,
  scala: routeParams,
  swift: routeParams,
  c: routeParams,
  javascript: ofPage,
  typescript: ofPage,
  tsx: ofPage,
  html: ofPage,
};

/** The event of a serverless function. */
const event =
  /\bevent\s*(?:\[|\.(?:get\(|body|query\w*|pathParameters|multiValue\w*|headers|rawPath|rawQueryString|Records|arguments|detail|params)\b)/;
/** Makes a number, an enum or the like of the value, or looks something else up by it: what comes out is not the caller's text. */
const narrowing =
  /^(?:parseInt|parseFloat|Number|BigInt|Boolean|int|float|bool|len|isinstance|Integer\.(?:parseInt|valueOf)|Long\.(?:parseLong|valueOf)|Double\.parseDouble|UUID\.fromString|uuid\.(?:UUID|Parse|parse)|strconv\.(?:Atoi|ParseInt|ParseUint|ParseFloat|ParseBool)|intval|floatval|boolval|int\.Parse|Int32\.Parse|Guid\.Parse|Convert\.To(?:Int\w*|Boolean)|to_i|hash|sha256|hashlib\.\w+|crypto\.\w+|count|sizeof|abs|round|math\.\w+|Math\.\w+|(?:\w+\.)*(?:ReadFile|readFile|readFileSync|ReadDir|Open|open|Stat|stat|QueryRow|QueryRowContext|Query|query|find(?:One|All|By\w*|Unique|First\w*|Many)|Find|First|FindOne|get_object_or_404|objects\.get|executeQuery|getOne|includes|has|exists|indexOf|contains|startsWith|equals|test|match))$/;

/** What hands its arguments on in what it gives back. Other functions make something of their own of them. */
const passing =
  /(?:^|\.)(?:\w*[fF]ormat\w*|[sS]printf|[cC]oncat|[jJ]oin|implode|array_merge|resolve|normalize|Clean|FromSlash|replace\w*|Replace\w*|gsub!?|sub|[tT]rim\w*|l?r?strip|chomp|lower|upper|to(?:Lower|Upper)Case|To(?:Lower|Upper)|downcase|upcase|toString|to_s|String|string|str|bytes?|byte|encode|decode\w*|unquote\w*|unescape\w*|[bB]64\w*|atob|slice|substr\w*|Substring|[sS]plit\w*|get\w*|Get\w*|fetch|pop|shift|at|first|last|from|URL|URLSearchParams|URI|Uri|[cC]reate|parse\w*|Parse\w*|loads?|json|text|body|read|[aA]ppend|valueOf|of|File|Path|Paths|params|permit|require|dict|list|Array|array|asList|tuple|template|HTML|JS|Vars|cgi\w*|Value|value|Query|Param|FormValue|PostForm|header|Header|input|query|post|all|only|argument\w*|dig|to_unsafe_h|StringBuilder|StringBuffer|or|and|if|return|await|print\w*|Markup|Some|Ok|unwrap\w*|expect|as_str|into_inner|into|clone|to_owned|to_string|ReadAll|isinstance|function)$/;

/** How a rule's own sanitizers are called: by the whole callee. */
export type Sanitizers = RegExp | undefined;

/** Whether the file's functions are entry points of a serverless platform. */
const isServerless = (c: Code): boolean =>
  c.source.has(/\b(?:lambda_handler|handler)\b[^\n]{0,80}\bevent\b|exports\.\w+\s*=\s*(?:async\s*)?\(?\s*event\b/);

/** The source text of a range without what stands inside a sanitizing call. */
function live(c: Code, range: Range, sanitizers: Sanitizers): string {
  const { tokens, match } = c.facts;
  const end = Math.min(range.to, range.from + 4000);
  let text = '';
  let from = tokens[range.from]?.start ?? 0;
  for (let i = range.from; i < end; i++) {
    const t = tokens[i]!;
    if (t.text !== '(' || t.kind !== 'op' || match[i]! <= i || tokens[i - 1]?.kind !== 'id') continue;
    const callee = calleeBefore(c, i);
    if (callee !== '' && !narrowing.test(callee) && !sanitizers?.test(callee))
      // What reads the request is live itself: `r.PathValue("name")`.
      if (passing.test(callee) || request.test(`${callee}(`)) continue;
    text += `${c.source.text.slice(from, t.start)} `;
    i = Math.min(match[i]!, end - 1);
    from = tokens[i]!.end;
  }
  const last = tokens[end - 1];
  return last && last.end > from ? text + c.source.text.slice(from, last.end) : text;
}

function calleeBefore(c: Code, open: number): string {
  const { tokens } = c.facts;
  let text = tokens[open - 1]!.text;
  for (let k = open - 2; k > 0 && open - k < 10; k -= 2) {
    const dot = tokens[k]!.text;
    if ((dot !== '.' && dot !== '::' && dot !== '->') || tokens[k - 1]?.kind !== 'id') break;
    text = `${tokens[k - 1]!.text}.${text}`;
  }
  return text;
}

const builders = new WeakMap<CodeFacts, Map<string, Call[]>>();

/** Calls that put something into a builder or list, by its name. */
function fillingCalls(facts: CodeFacts): ReadonlyMap<string, readonly Call[]> {
  let known = builders.get(facts);
  if (known) return known;
  builders.set(facts, (known = new Map()));
  for (const call of facts.callsNamed('append', 'push', 'add', 'WriteString', 'push_str', 'Append', 'extend', 'put')) {
    const name = call.callee.split('.').at(-2);
    if (name === undefined) continue;
    addTo(known, name, call);
  }
  return known;
}

/** Values put into a builder or list of that name: `sb.append(x)`, `parts.push(x)`. */
function appended({ facts }: Code, name: string, at: number): Range[] {
  const found: Range[] = [];
  for (const call of fillingCalls(facts).get(name) ?? [])
    if (facts.scopeAt(call.open) === facts.scopeAt(at)) for (const a of call.args) found.push(a);
  return found.length > 20 ? found.slice(0, 20) : found;
}

/** Whether a value that a caller of this service sent reaches the range, unless a sanitizer stands between. */
export function fromRequest(c: Code, range: Range | undefined, sanitizers?: RegExp): boolean {
  return c.facts.effort.ask(() => follow(c, range, sanitizers, 0));
}

function follow(c: Code, range: Range | undefined, sanitizers: Sanitizers, depth: number): boolean {
  if (!range || range.to <= range.from || !c.facts.effort.spend(range.to - range.from + 20)) return false;
  const text = live(c, range, sanitizers);
  return isRequest(c, text) || (depth <= 4 && followNames(c, text, c.names(range), range, sanitizers, depth));
}

const isRequest = (c: Code, text: string): boolean =>
  request.test(text) || requestOf[c.source.language]?.test(text) === true || (event.test(text) && isServerless(c));

function followNames(
  c: Code,
  text: string,
  names: readonly string[],
  range: Range,
  sanitizers: Sanitizers,
  depth: number,
): boolean {
  for (const name of new Set(names)) {
    if (!hasWord(text, name)) continue;
    if (c.isEntry(name, range.from)) return true;
    const seen: Assignment[] = c.facts.valuesOf(name, range.from).slice(0, 8);
    for (const a of seen)
      if (!(a.from <= range.from && range.to <= a.to) && follow(c, a, sanitizers, depth + 1)) return true;
    for (const a of appended(c, name, range.from))
      if (!(a.from <= range.from && range.to <= a.to) && follow(c, a, sanitizers, depth + 1)) return true;
  }
  return false;
}

/** The same for an expression that stands inside of a string at a token: `${next}`. */
export function textFromRequest(c: Code, text: string, at: number): boolean {
  return c.facts.effort.ask(() => {
    if (!c.facts.effort.spend(text.length + 20)) return false;
    const names = [...text.matchAll(/(?<![\w.$])\$?[A-Za-z_]\w*(?!\s*\()/g)].map((m) => m[0]).slice(0, 40);
    return isRequest(c, text) || followNames(c, text, names, { from: at, to: at + 1 }, undefined, 0);
  });
}

function hasWord(text: string, word: string): boolean {
  const part = /[\w$]/;
  for (let i = text.indexOf(word); i >= 0; i = text.indexOf(word, i + 1))
    if (!part.test(text[i - 1] ?? ' ') && !part.test(text[i + word.length] ?? ' ')) return true;
  return false;
}

/** The range's text with the texts of the variables in it, three levels deep and bounded. */
export function wholeText(c: Code, range: Range | undefined): string {
  return c.facts.effort.ask(() => textWith(c, range, 0));
}

function textWith(c: Code, range: Range | undefined, depth: number): string {
  if (!range || !c.facts.effort.spend(range.to - range.from + 20)) return '';
  let text = c.text(range);
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 5))
        if (a.from !== range.from) text += `\n${textWith(c, a, depth + 1)}`;
  return text.length > 12_000 ? text.slice(0, 12_000) : text;
}
