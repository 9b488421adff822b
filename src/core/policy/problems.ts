/** Problems of a policy's text, each at its place; at most so many, errors before warnings. */
import type { LineCounter } from 'yaml';
import { printable } from '../plainText.ts';
import type { PolicyProblem } from './model.ts';

const maxProblems = 100;

export class Problems {
  readonly problems: PolicyProblem[] = [];
  private readonly file: string;
  private readonly lines: LineCounter;
  private readonly text: string;
  private dropped = 0;

  constructor(file: string, lines: LineCounter, text: string) {
    this.file = file;
    this.lines = lines;
    this.text = text;
  }

  add(severity: 'error' | 'warning', start: number, end: number, message: string): void {
    if (this.problems.length >= maxProblems) {
      this.dropped++;
      if (severity === 'warning') return;
      const last = this.problems.findIndex((p) => p.severity === 'warning');
      if (last < 0) return;
      this.problems.splice(last, 1);
    }
    const from = this.at(start);
    const to = this.at(Math.max(start, this.trimEnd(start, end)));
    this.problems.push({
      file: this.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      severity,
      message: printable(message, 500),
    });
  }

  at(offset: number): { line: number; column: number } {
    if (this.lines.lineStarts.length === 0) return { line: 1, column: 0 };
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(0, col - 1) };
  }

  private trimEnd(start: number, end: number): number {
    let e = Math.min(end, this.text.length);
    while (e > start && /\s/.test(this.text[e - 1] as string)) e--;
    return e;
  }

  done(): readonly PolicyProblem[] {
    return this.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
