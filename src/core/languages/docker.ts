/** Dockerfile instructions with continuation lines and here-documents joined. */

export interface Instruction {
  /** Upper case. */
  readonly name: string;
  /** Arguments with continuations replaced by blanks of the same length, so that offsets hold. */
  readonly args: string;
  readonly start: number;
  readonly argsStart: number;
  readonly end: number;
}

/** Never throws; a line that is no instruction is left out. */
export function dockerInstructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  const n = text.length;
  let i = 0;
  while (i < n) {
    let e = lineEnd(text, i);
    const m = /^[ \t]*([A-Za-z]+)[ \t]+/.exec(text.slice(i, Math.min(e, i + 200)));
    if (!m || !names.has(m[1]!.toUpperCase())) {
      i = e + 1;
      continue;
    }
    const start = i + m[0].length - m[0].trimStart().length;
    const argsStart = i + m[0].length;
    const chars: string[] = [];
    let p = argsStart;
    for (;;) {
      let line = text.slice(p, e);
      if (p !== argsStart && /^\s*#/.test(line)) line = ' '.repeat(line.length);
      const continues = /[\\`][ \t\r]*$/.test(line) || (p !== argsStart && line.trim() === '' && e < n);
      if (/[\\`][ \t\r]*$/.test(line)) line = line.replace(/[\\`][ \t\r]*$/, (x) => ' '.repeat(x.length));
      chars.push(line);
      if (!continues || e >= n) break;
      chars.push(' ');
      p = e + 1;
      e = lineEnd(text, p);
    }
    const doc = /<<-?["']?(\w+)["']?/.exec(chars.join(''));
    if (doc && (m[1]!.toUpperCase() === 'RUN' || m[1]!.toUpperCase() === 'COPY')) {
      for (p = e + 1; p < n; p = e + 1) {
        e = lineEnd(text, p);
        const line = text.slice(p, e);
        chars.push('\n', line);
        if (line.trim() === doc[1]) break;
      }
    }
    found.push({ name: m[1]!.toUpperCase(), args: chars.join(''), start, argsStart, end: Math.min(e, n) });
    i = e + 1;
  }
  return found;
}

const names = new Set([
  'FROM',
  'RUN',
  'CMD',
  'LABEL',
  'MAINTAINER',
  'EXPOSE',
  'ENV',
  'ADD',
  'COPY',
  'ENTRYPOINT',
  'VOLUME',
  'USER',
  'WORKDIR',
  'ARG',
  'ONBUILD',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'SHELL',
]);

function lineEnd(t: string, i: number): number {
  const e = t.indexOf('\n', i);
  return e < 0 ? t.length : e;
}
