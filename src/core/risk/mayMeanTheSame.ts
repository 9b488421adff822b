/** A cheap look at an edit before the costly question whether it changes what the code does. */
import { hasLexer } from '../languages/lexer.ts';
import type { Side, Sides } from './sides.ts';

/** The same for texts of the same characters, white space and what formatters add or drop aside. */
function letters(text: string): string {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 34 || c === 39 || c === 40 || c === 41 || c === 44 || c === 59) continue;
    sum += c;
    squares += c * c;
  }
  return `${sum}:${squares}`;
}

/**
 * A cheap no before the costly question whether an edit is layout or comments alone: other letters than before, and
 * nothing near that could be a comment.
 */
export function mayMeanTheSame({ before, after }: Sides): boolean {
  if (!hasLexer(after.source.language)) return true;
  const text = ({ source, changed }: Side): string => {
    const lines: string[] = [];
    for (const n of changed) lines.push(source.lines[n - 1] ?? '');
    return lines.join('\n');
  };
  const a = text(before);
  const b = text(after);
  // The lines between may have been told apart differently on each side, so the order says nothing.
  if (letters(a) === letters(b)) return true;
  // Python's docstrings count as comments and can be long.
  if (after.source.language === 'python' && after.source.text.includes('"""')) return true;
  const mark = /\/\/|#|\/\*|\*\/|--|=begin|=end|<#|#>/;
  if (mark.test(a) || mark.test(b)) return true;
  // Inside a block comment there need not be a mark on the line.
  return [before, after].some(({ source, changed }) => {
    const first = Math.min(...[...changed].slice(0, 1));
    if (!Number.isFinite(first)) return false;
    const offset = source.starts[first - 1] ?? 0;
    const open = Math.max(
      source.text.lastIndexOf('/*', offset),
      source.text.lastIndexOf('=begin', offset),
      source.text.lastIndexOf('<#', offset),
    );
    return open >= 0 && source.text.lastIndexOf('*/', offset) < open;
  });
}
