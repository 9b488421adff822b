/** What a command prints, as far as its text tells: what the next one in the pipe, or a substitution, gets. */
import type { Evaluator } from './evaluate.ts';
import { unknownInput } from './model.ts';
import type { Call, Field, Input } from './model.ts';
import { unescapeAnsi } from './posix.ts';
import { secretName } from './secretNames.ts';

/** The output of a call for the next command in the pipe. */
export function outputOf(call: Call, ev: Evaluator): Input {
  const args = call.args;
  switch (call.name) {
    case 'echo':
    case 'write-output':
    case 'write-host':
      return staticOutput(args, echoText);
    case 'printf':
      return staticOutput(args, printfText);
    case 'cat':
    case 'tac':
    case 'get-content':
    case 'type':
    case 'gc': {
      if (args.every((a) => a.text === '-')) return call.input;
      const secret = args.find((a) => ev.options.judge({ ...call, args: [a] })?.category === 'secrets');
      if (secret) return { kind: 'secret' };
      const from = args.filter((a) => !a.text.startsWith('-'));
      const scope = { ...ev.root(call.shell), dir: call.dir, remote: call.remote };
      const text = from.length === 1 && !from[0]!.dynamic ? ev.readFile(from[0]!.text, scope) : undefined;
      return text === undefined ? unknownInput : { kind: 'known', text };
    }
    case 'base64':
    case 'gbase64':
    case 'base32':
    case 'openssl':
    case 'xxd':
    case 'uudecode':
    case 'gunzip':
    case 'zcat':
    case 'gzip':
    case 'xz':
    case 'xzcat':
    case 'bzip2':
    case 'bunzip2':
    case 'bzcat':
    case 'zstd':
    case 'zstdcat':
    case 'gpg':
      return decodeOutput(call);
    case 'rev':
      return call.input.kind === 'known'
        ? {
            kind: 'known',
            text: (call.input.text ?? '')
              .split('\n')
              .map((l) => Array.from(l).reverse().join(''))
              .join('\n'),
          }
        : call.input;
    case 'tr':
      return translate(call);
    case 'tee':
    case 'sed':
    case 'head':
    case 'tail':
    case 'grep':
    case 'awk':
    case 'cut':
    case 'sort':
    case 'jq':
    case 'iconv':
    case 'dos2unix':
    case 'envsubst':
    case 'tar':
      if (call.name === 'tee') return call.input;
      return call.input.kind === 'known' || call.input.kind === 'none' ? unknownInput : call.input;
    case 'curl':
    case 'wget':
    case 'fetch':
    case 'aria2c':
    case 'http':
    case 'https':
    case 'xh':
    case 'lwp-request':
    case 'invoke-webrequest':
    case 'invoke-restmethod':
    case 'iwr':
    case 'irm':
    case 'nc':
    case 'ncat':
      ev.noteDownload(call);
      return { kind: 'network' };
    case 'certutil':
    case 'bitsadmin':
    case 'start-bitstransfer':
      ev.noteDownload(call);
      return unknownInput;
    case 'printenv':
    case 'env':
      return { kind: 'secret' };
    case 'new-object':
      return args.some((a) => /webclient|httpclient|xmlhttp|winhttp/i.test(a.text))
        ? { kind: 'network' }
        : unknownInput;
    case 'mktemp':
      return { kind: 'known', text: '/tmp/tmp.made' };
    case 'pwd':
    case 'get-location':
      return { kind: 'known', text: call.dir === '' ? '.' : call.dir };
    case 'which':
    case 'command':
    case 'type -p':
      return args.length > 0 ? { kind: 'known', text: args.at(-1)!.text } : unknownInput;
    case 'true':
    case ':':
    case 'cd':
    case 'export':
    case 'set':
      if (call.name === 'set' && args.length === 0) return { kind: 'secret' };
      return { kind: 'known', text: '' };
    case 'mkdir':
    case 'rm':
    case 'sleep':
    case 'test':
    case '[':
    case '[[':
    case 'read':
      return { kind: 'known', text: '' };
    default:
      return unknownInput;
  }
}

function staticOutput(args: readonly Field[], render: (args: readonly string[]) => string): Input {
  // Unknown parts stay visible as `$NAME`, which is how the text would be judged anyway.
  if (args.some((a) => a.dynamic && secretName.test(a.text))) return { kind: 'secret' };
  for (const kind of ['network', 'secret', 'decoded'] as const)
    if (args.some((a) => a.dynamic && a.text.includes(`$(${kind})`))) return { kind };
  return { kind: 'known', text: render(args.map((a) => a.text)) };
}

function echoText(args: readonly string[]): string {
  let i = 0;
  let escapes = false;
  let newline = true;
  for (; i < args.length && /^-[neE]+$/.test(args[i]!); i++) {
    if (args[i]!.includes('e')) escapes = true;
    if (args[i]!.includes('n')) newline = false;
  }
  const text = args.slice(i).join(' ');
  return (escapes ? unescapeAnsi(text) : text) + (newline ? '\n' : '');
}

function printfText(args: readonly string[]): string {
  const from = args[0] === '--' ? 1 : args[0] === '-v' ? 2 : 0;
  const format = unescapeAnsi(args[from] ?? '');
  const values = args.slice(from + 1);
  let out = '';
  let next = 0;
  do {
    out += format.replace(/%(?:[-+ #0]*\d*(?:\.\d+)?)([a-zA-Z%])/g, (_, kind: string) => {
      if (kind === '%') return '%';
      const value = values[next++] ?? '';
      return kind === 'b' ? unescapeAnsi(value) : value;
    });
  } while (next > 0 && next < values.length && out.length < 65536);
  return out;
}

function decodeOutput(call: Call): Input {
  const words = call.args.map((a) => a.text);
  const decodes =
    call.name === 'xxd'
      ? words.some((w) => /^-\w*r/.test(w))
      : call.name === 'openssl'
        ? words.includes('-d') || words.includes('-decrypt')
        : call.name === 'gzip' ||
            call.name === 'xz' ||
            call.name === 'bzip2' ||
            call.name === 'zstd' ||
            call.name === 'gpg'
          ? words.some((w) => /^-\w*[dc]|^--(?:decompress|decrypt|uncompress)/.test(w))
          : call.name.startsWith('base') || call.name === 'gbase64'
            ? words.some((w) => /^-\w*[dD]/.test(w) || (w.startsWith('--') && '--decode'.startsWith(w)))
            : true;
  const { input } = call;
  if (!decodes) return input.kind === 'known' || input.kind === 'none' ? unknownInput : input;
  if (
    input.kind === 'known' &&
    (call.name === 'base64' ||
      call.name === 'gbase64' ||
      (call.name === 'openssl' && words[0] !== 'enc') ||
      (call.name === 'openssl' && (words.includes('-base64') || words.includes('-a'))))
  ) {
    const text = decodeBase64(input.text ?? '');
    if (text !== undefined) return { kind: 'known', text };
  }
  if (input.kind === 'known' && call.name === 'xxd') return { kind: 'known', text: decodeHex(input.text ?? '') };
  return input.kind === 'network' ? input : { kind: 'decoded' };
}

/** Base64 to text; undefined when it is none. */
export function decodeBase64(text: string): string | undefined {
  const clean = text.replace(/[\s]/g, '').replace(/-/g, '+').replace(/_/g, '/');
  if (clean === '' || clean.length > 1_000_000 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(clean.replace(/=+$/, '')), (c) => c.charCodeAt(0));
    if (bytes.length > 1 && bytes.length % 2 === 0 && bytes[1] === 0) return new TextDecoder('utf-16le').decode(bytes);
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

/** Hexadecimal digits to text; everything else is skipped. */
export function decodeHex(text: string): string {
  const clean = text.replace(/[^0-9a-fA-F]/g, '');
  const bytes = new Uint8Array(clean.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(clean.slice(i * 2, i * 2 + 2), 16);
  return new TextDecoder().decode(bytes);
}

/** `tr` with plain sets and ranges, as used to hide words (rot13). */
function translate(call: Call): Input {
  const { input } = call;
  if (input.kind !== 'known') return input;
  const words = call.args.map((a) => a.text);
  const text = input.text ?? '';
  if (words[0] === '-d') {
    const set = new Set(spread(words[1] ?? ''));
    return {
      kind: 'known',
      text: Array.from(text)
        .filter((c) => !set.has(c))
        .join(''),
    };
  }
  if (words.length !== 2 || words[0]!.startsWith('-')) return unknownInput;
  const from = spread(words[0]!);
  const to = spread(words[1]!);
  const map = new Map(from.map((c, i) => [c, to[Math.min(i, to.length - 1)] ?? c] as const).reverse());
  return {
    kind: 'known',
    text: Array.from(text)
      .map((c) => map.get(c) ?? c)
      .join(''),
  };
}

function spread(set: string): string[] {
  const plain = unescapeAnsi(set).replace('[:upper:]', 'A-Z').replace('[:lower:]', 'a-z');
  const out: string[] = [];
  for (let i = 0; i < plain.length && out.length < 512; i++) {
    if (plain[i + 1] === '-' && i + 2 < plain.length) {
      for (let c = plain.charCodeAt(i); c <= plain.charCodeAt(i + 2) && out.length < 512; c++)
        out.push(String.fromCharCode(c));
      i += 2;
    } else out.push(plain[i]!);
  }
  return out;
}
