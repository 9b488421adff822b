/** What imported names stand for: rules know functions by their modules, code calls them by whatever it imported them as. */
import type { Token } from './lexer.ts';

interface Reader {
  readonly language: string;
  readonly tokens: readonly Token[];
  readonly stringOf: (token: Token) => string;
}

/** Modules whose functions rules know by the module's name, however they were imported. */
const pythonModules = new Set(
  [
    'os subprocess commands popen2 pty asyncio importlib shutil tempfile random code',
    'hashlib ssl telnetlib ftplib smtplib paramiko jwt crypt bcrypt',
    'pickle cPickle _pickle marshal shelve dill cloudpickle jsonpickle joblib torch pandas numpy yaml ruamel.yaml',
    'requests httpx aiohttp urllib urllib2 urllib.request urllib3 grequests',
    'xml.etree.ElementTree xml.etree.cElementTree xml.dom.minidom xml.dom.pulldom xml.sax lxml.etree',
    'cryptography.hazmat.primitives.hashes cryptography.hazmat.primitives.ciphers.algorithms',
    'cryptography.hazmat.primitives.ciphers.modes cryptography.hazmat.primitives.asymmetric.rsa',
    'cryptography.hazmat.primitives.asymmetric.dsa cryptography.hazmat.primitives.asymmetric.ec',
  ]
    .join(' ')
    .split(' '),
);
/** Aliases that everybody uses and rules know, or that another module of the same interface takes over. */
const pythonKept = new Set(['np', 'pd', 'tf', 'ET', 'etree', 'json', 're', 'pickle', 'requests', 'subprocess']);

/** Packages of npm and Node by the names rules know them by. */
const nodeModules: ReadonlyMap<string, string> = new Map([
  ['child_process', 'child_process'],
  ['crypto', 'crypto'],
  ['fs', 'fs'],
  ['fs/promises', 'fs'],
  ['fs-extra', 'fs'],
  ['graceful-fs', 'fs'],
  ['vm', 'vm'],
  ['path', 'path'],
  ['http', 'http'],
  ['https', 'https'],
  ['axios', 'axios'],
  ['got', 'got'],
  ['needle', 'needle'],
  ['request', 'request'],
  ['superagent', 'superagent'],
  ['undici', 'undici'],
  ['ejs', 'ejs'],
  ['pug', 'pug'],
  ['nunjucks', 'nunjucks'],
  ['mustache', 'mustache'],
  ['handlebars', 'Handlebars'],
  ['lodash', '_'],
  ['underscore', '_'],
  ['jsonwebtoken', 'jwt'],
  ['argon2', 'argon2'],
  ['bcrypt', 'bcrypt'],
  ['bcryptjs', 'bcrypt'],
  ['crypto-js', 'CryptoJS'],
  ['node-serialize', 'serialize'],
  ['js-yaml', 'yaml'],
  ['shelljs', 'shell'],
  ['libxmljs', 'libxmljs'],
  ['libxmljs2', 'libxmljs'],
]);
/** Packages that are one function. */
const nodeFunctions: ReadonlyMap<string, string> = new Map([
  ['execa', 'execa'],
  ['jose', 'jose'],
  ['node-fetch', 'fetch'],
  ['cross-fetch', 'fetch'],
  ['cors', 'cors'],
  ['express-session', 'session'],
  ['cookie-session', 'cookieSession'],
  ['cookie-parser', 'cookieParser'],
  ['express-jwt', 'expressjwt'],
  ['md5', 'md5'],
  ['sha1', 'sha1'],
  ['serve-index', 'serveIndex'],
]);

/** The name rules know a package of npm by, and whether that is a function. */
function nodeName(module: string): { readonly name: string; readonly isFunction: boolean } | undefined {
  const plain = module.startsWith('node:') ? module.slice(5) : module;
  const name = nodeModules.get(plain);
  if (name !== undefined) return { name, isFunction: false };
  const called = nodeFunctions.get(plain);
  if (called !== undefined) return { name: called, isFunction: true };
  const part = /^(?:lodash|underscore)[/.](\w+)$/.exec(plain)?.[1];
  return part === undefined ? undefined : { name: `_.${part}`, isFunction: true };
}

/** What a member of a package is known as; of packages nobody listed, only a renaming is undone. */
function nodeMember(module: string, member: string): string {
  const known = nodeName(module);
  if (member === 'default') return known?.name ?? member;
  return known && !known.isFunction ? `${known.name}.${member}` : member;
}

/** Local names and what they stand for, dotted; only those that differ. */
export function readImports(reader: Reader): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (reader.language === 'python') python(reader.tokens, found);
  else if (/^(?:javascript|typescript|tsx)$/.test(reader.language)) node(reader, found);
  else if (reader.language === 'go') go(reader, found);
  for (const [local, name] of found) if (local === name) found.delete(local);
  return found;
}

/** A module that is named in place: `require('child_process')`, `__import__('os')`. */
export function inlineModule(language: string, callee: string, module: string): string | undefined {
  if (language === 'python') return /^(?:__import__|import_module)$/.test(callee) ? module : undefined;
  return callee === 'require' ? nodeName(module)?.name : undefined;
}

function python(tokens: readonly Token[], found: Map<string, string>): void {
  const dotted = (at: number): [string, number] => {
    let text = tokens[at]!.text;
    let i = at + 1;
    while (tokens[i]?.text === '.' && tokens[i + 1]?.kind === 'id' && i - at < 20) {
      text += `.${tokens[i + 1]!.text}`;
      i += 2;
    }
    return [text, i];
  };
  for (let i = 0; i < tokens.length; i++) {
    const word = tokens[i]!;
    if (word.kind !== 'id' || tokens[i + 1]?.kind !== 'id') continue;
    if (word.text === 'import') {
      for (let k = i + 1; tokens[k]?.kind === 'id'; k++) {
        const [module, next] = dotted(k);
        k = next;
        if (tokens[k]?.text === 'as' && tokens[k + 1]?.kind === 'id') {
          const local = tokens[k + 1]!.text;
          if (!pythonKept.has(local)) found.set(local, module);
          k += 2;
        }
        i = k - 1;
        if (tokens[k]?.text !== ',') break;
      }
    } else if (word.text === 'from') {
      const [module, next] = dotted(i + 1);
      if (tokens[next]?.text !== 'import') continue;
      let k = next + 1;
      if (tokens[k]?.text === '(') k++;
      for (; tokens[k]?.kind === 'id'; k++) {
        const name = tokens[k]!.text;
        let local = name;
        if (tokens[k + 1]?.text === 'as' && tokens[k + 2]?.kind === 'id') {
          local = tokens[k + 2]!.text;
          k += 2;
        }
        const whole = `${module}.${name}`;
        if (!pythonKept.has(local))
          found.set(local, pythonModules.has(module) || pythonModules.has(whole) ? whole : name);
        i = k;
        if (tokens[k + 1]?.text !== ',') break;
        k++;
      }
    }
  }
}

/** Packages that the imports call otherwise: `mrand "math/rand"`. */
function go({ tokens, stringOf }: Reader, found: Map<string, string>): void {
  // Imports stand before everything else but the package clause.
  for (let i = 0; i + 1 < tokens.length; i++) {
    const t = tokens[i]!;
    if (t.kind !== 'id') continue;
    if (/^(?:func|var|const|type)$/.test(t.text)) break;
    const path = tokens[i + 1]!;
    if (path.kind !== 'str' || t.text === 'import' || t.text === '_') continue;
    const own = /([\w-]{1,100})(?:\/v\d{1,4})?$/.exec(stringOf(path).slice(-200))?.[1];
    if (own !== undefined && found.size < 200) found.set(t.text, own);
  }
}

function node({ tokens, stringOf }: Reader, found: Map<string, string>): void {
  const literal = (at: number): string | undefined => {
    const t = tokens[at];
    return t?.kind === 'str' && !t.dynamic ? stringOf(t) : undefined;
  };
  /** `{ a, b as c }` or `{ a, b: c }` from an opening brace: pairs of member and local name, and the index behind it. */
  const members = (open: number): [[string, string][], number] => {
    const pairs: [string, string][] = [];
    let i = open + 1;
    for (; i < tokens.length && i - open < 200 && tokens[i]!.text !== '}'; i++) {
      const t = tokens[i]!;
      if (t.kind !== 'id' || (t.text === 'type' && tokens[i + 1]?.kind === 'id')) continue;
      const renamed = tokens[i + 1]?.text === 'as' || tokens[i + 1]?.text === ':';
      if (renamed && tokens[i + 2]?.kind === 'id') {
        pairs.push([t.text, tokens[i + 2]!.text]);
        i += 2;
      } else if (renamed) return [[], i + 1];
      else pairs.push([t.text, t.text]);
    }
    return [pairs, i + 1];
  };
  const take = (module: string, whole: string | undefined, pairs: readonly [string, string][]): void => {
    // What a file of the same project exports under a name is its own.
    if (/^[./~@#]/.test(module) && !module.startsWith('@')) return;
    const known = nodeName(module);
    if (whole !== undefined && known) found.set(whole, known.name);
    for (const [member, local] of pairs) found.set(local, nodeMember(module, member));
  };
  for (let i = 0; i < tokens.length; i++) {
    const word = tokens[i]!;
    if (word.kind !== 'id') continue;
    if (word.text === 'import') {
      let k = i + 1;
      if (tokens[k]?.text === 'type' && tokens[k + 1]?.text !== 'from') continue;
      let whole: string | undefined;
      let pairs: [string, string][] = [];
      if (tokens[k]?.kind === 'id') {
        whole = tokens[k]!.text;
        k++;
        if (tokens[k]?.text === ',') k++;
      }
      if (tokens[k]?.text === '*' && tokens[k + 1]?.text === 'as' && tokens[k + 2]?.kind === 'id') {
        whole = tokens[k + 2]!.text;
        k += 3;
      } else if (tokens[k]?.text === '{') [pairs, k] = members(k);
      const module = tokens[k]?.text === 'from' ? literal(k + 1) : undefined;
      if (module !== undefined) take(module, whole, pairs);
      // TypeScript: import x = require('m')
      else if (tokens[k]?.text === '=' && tokens[k + 1]?.text === 'require' && tokens[k + 2]?.text === '(') {
        const required = literal(k + 3);
        if (required !== undefined) take(required, whole, []);
      }
    } else if (word.text === 'const' || word.text === 'let' || word.text === 'var') {
      let k = i + 1;
      let whole: string | undefined;
      let pairs: [string, string][] = [];
      if (tokens[k]?.kind === 'id') whole = tokens[k++]!.text;
      else if (tokens[k]?.text === '{') [pairs, k] = members(k);
      if (tokens[k]?.text !== '=') continue;
      k++;
      if (tokens[k]?.text === 'await') k++;
      const maker = tokens[k];
      if (maker?.kind !== 'id') continue;
      if ((maker.text === 'require' || maker.text === 'import') && tokens[k + 1]?.text === '(') {
        const module = literal(k + 2);
        if (module === undefined || tokens[k + 3]?.text !== ')') continue;
        const member = tokens[k + 4]?.text === '.' && tokens[k + 5]?.kind === 'id' ? tokens[k + 5]!.text : undefined;
        if (member === undefined) take(module, whole, pairs);
        else if (whole !== undefined && tokens[k + 6]?.text !== '(') take(module, undefined, [[member, whole]]);
      } else if (whole !== undefined) {
        // The same function with promises: const run = promisify(exec)
        let open = k + 1;
        if (tokens[open]?.text === '.' && tokens[open + 1]?.text === 'promisify') open += 2;
        else if (maker.text !== 'promisify') continue;
        if (tokens[open]?.text !== '(' || tokens[open + 1]?.kind !== 'id') continue;
        const head = tokens[open + 1]!.text;
        const known = found.get(head) ?? head;
        if (tokens[open + 2]?.text === ')') found.set(whole, known);
        else if (tokens[open + 2]?.text === '.' && tokens[open + 3]?.kind === 'id' && tokens[open + 4]?.text === ')')
          found.set(whole, `${known}.${tokens[open + 3]!.text}`);
      }
    }
  }
}
