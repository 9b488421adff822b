/** Texts as the server compares them: bytes from git or disk → text, lines with their terminators, URIs. */
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Beyond this a text is not judged at all (style: say so, never hang). VS Code itself stops sending at 50 MB. */
export const maxTextBytes = 8 * 1024 * 1024;

/**
 * The text of a file's bytes as an editor shows it: by byte order mark, else UTF-8, else Latin-1 (every byte has a
 * character, so lines still compare). No byte order mark in the result. `undefined`: binary.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.subarray(0, 8000).includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}

/** Lines with their terminators; joined they are the text again. As many as `splitLines` gives. */
export function rawLines(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 10 && c !== 13) continue;
    if (c === 13 && text.charCodeAt(i + 1) === 10) i++;
    out.push(text.slice(start, i + 1));
    start = i + 1;
  }
  if (start < text.length) out.push(text.slice(start));
  return out;
}

/** Number of line breaks in a text. */
export function countBreaks(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) n++;
    else if (c === 13 && text.charCodeAt(i + 1) !== 10) n++;
  }
  return n;
}

/** The line terminator that a text uses first; `\n` when it has none. */
export function terminatorOf(text: string): string {
  const at = text.search(/[\r\n]/);
  if (at < 0) return '\n';
  return text[at] === '\n' ? '\n' : text[at + 1] === '\n' ? '\r\n' : '\r';
}

/** The path of a `file:` URI; `undefined` for other schemes and for what names no file here. */
export function pathOfUri(uri: string): string | undefined {
  if (!/^file:/i.test(uri)) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

/** The URI of a path as VS Code writes it (`:` of a drive and other reserved characters are escaped). */
export function uriOfPath(path: string): string {
  const url = pathToFileURL(path);
  const encoded = url.pathname
    .split('/')
    .map((segment) =>
      encodeURIComponent(decodeURIComponent(segment)).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/')
    // VS Code lower-cases the drive letter.
    .replace(/^\/([A-Za-z])%3A/, (_, drive: string) => `/${drive.toLowerCase()}%3A`);
  return `file://${url.host}${encoded}`;
}
