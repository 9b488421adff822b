/** A unified diff as text → changes. What the diff does not show is blank, so that line numbers are the file's own. */
import type { FileChange } from './model.ts';

/** Blank lines are made up to here; beyond, a hunk follows the one before it. */
const maxLine = 500_000;

/** Files of a git or plain unified diff. Never throws; what is no diff is skipped. */
export function readPatch(patch: string): FileChange[] {
  const files: FileChange[] = [];
  const lines = patch.split('\n');
  let oldPath: string | null | undefined;
  let newPath: string | null | undefined;
  let before: string[] = [];
  let after: string[] = [];
  const flush = (): void => {
    const path = newPath ?? oldPath;
    if (path && (before.length > 0 || after.length > 0))
      files.push({
        path,
        before: oldPath === null ? null : join(before),
        after: newPath === null ? null : join(after),
      });
    before = [];
    after = [];
  };
  let i = 0;
  while (i < lines.length) {
    const line = lines[i]!;
    if (line.startsWith('diff --git ')) {
      flush();
      oldPath = newPath = undefined;
      i++;
    } else if (line.startsWith('--- ') && lines[i + 1]?.startsWith('+++ ')) {
      flush();
      oldPath = name(line.slice(4), 'a/');
      newPath = name(lines[i + 1]!.slice(4), 'b/');
      i += 2;
    } else {
      const m = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
      if (!m || newPath === undefined) {
        i++;
        continue;
      }
      let oldLeft = m[2] === undefined ? 1 : Number(m[2]);
      let newLeft = m[4] === undefined ? 1 : Number(m[4]);
      pad(before, Number(m[1]) - (oldLeft === 0 ? 0 : 1));
      pad(after, Number(m[3]) - (newLeft === 0 ? 0 : 1));
      i++;
      while (i < lines.length && (oldLeft > 0 || newLeft > 0)) {
        const l = lines[i]!;
        if (l.startsWith('\\')) {
          i++;
          continue;
        }
        if (l.startsWith('-')) {
          before.push(l.slice(1));
          oldLeft--;
        } else if (l.startsWith('+')) {
          after.push(l.slice(1));
          newLeft--;
        } else if (l.startsWith(' ') || l === '') {
          before.push(l.slice(1));
          after.push(l.slice(1));
          oldLeft--;
          newLeft--;
        } else break;
        i++;
      }
    }
  }
  flush();
  return files;
}

const join = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}\n`);

function pad(lines: string[], to: number): void {
  if (to > maxLine) return;
  while (lines.length < to) lines.push('');
}

/** `a/path`, `"a/p\303\244th"` or `/dev/null`; a tab ends the name in plain diffs. */
function name(text: string, prefix: string): string | null {
  let path = text.replace(/\r$/, '');
  if (path.startsWith('"')) {
    const end = path.lastIndexOf('"');
    const bytes: number[] = [];
    const body = path.slice(1, end);
    for (let i = 0; i < body.length; i++) {
      if (body[i] !== '\\') {
        for (const b of new TextEncoder().encode(body[i])) bytes.push(b);
        continue;
      }
      const octal = /^[0-7]{3}/.exec(body.slice(i + 1, i + 4));
      if (octal) {
        bytes.push(parseInt(octal[0], 8));
        i += 3;
      } else {
        const c = body[++i] ?? '';
        bytes.push(({ n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 } as Record<string, number>)[c] ?? c.charCodeAt(0));
      }
    }
    path = new TextDecoder().decode(Uint8Array.from(bytes));
  } else path = path.split('\t')[0]!;
  if (path === '/dev/null') return null;
  return path.startsWith(prefix) ? path.slice(2) : path;
}
