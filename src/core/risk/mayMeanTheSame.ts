/** A cheap look at an edit before the costly question whether it changes what the code does. */
import { hasLexer } from '../languages/lexer.ts';
import type { Source } from '../languages/source.ts';
import type { Side, Sides } from './sides.ts';

/**
 * A cheap no before the costly question whether an edit is layout or comments alone: other letters than before, and
 * other ones, too, where what could be comments is left out.
 */
export function mayMeanTheSame({ before, after }: Sides): boolean {
  if (!hasLexer(after.source.language)) return true;
  const [a, b] = [changedText(before), changedText(after)];
  // The lines between may have been told apart differently on each side, so the order says nothing.
  if (letters(a) === letters(b)) return true;
  const block = after.source.language === 'python' ? pythonBlock : blockComment;
  if (block.test(a) || block.test(b)) return true;
  if ((lineComment.test(a) || lineComment.test(b)) && letters(withoutComments(a)) === letters(withoutComments(b)))
    return true;
  // Inside a block there need not be a mark on the line.
  return (
    isInBlock(
      before.source,
      before.hunks.map((h) => h.oldStart),
      block,
    ) ||
    isInBlock(
      after.source,
      after.hunks.map((h) => h.newStart),
      block,
    )
  );
}

function changedText({ source, changed }: Side): string {
  const lines: string[] = [];
  for (const n of changed) lines.push(source.lines[n - 1] ?? '');
  return lines.join('\n');
}

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

const lineComment = /\/\/|#|--/;
/** What stands before the first mark of a comment is code, whether the mark begins a comment or stands in a string. */
const withoutComments = (text: string): string => text.replace(/(?:\/\/|#|--).*/g, '');

const blockComment = /\/\*|\*\/|=begin|=end|<#|#>/;
/** Docstrings count as comments and can be long. */
const pythonBlock = /"""|'''/;
const closing: Readonly<Record<string, string>> = {
  '/*': '*/',
  '=begin': '=end',
  '<#': '#>',
  '"""': '"""',
  "'''": "'''",
};

/** Whether one of the lines (from 1, in order) may lie in a block that began above it. */
function isInBlock({ text, starts }: Source, lines: readonly number[], block: RegExp): boolean {
  if (!block.test(text)) return false;
  const marks = new RegExp(block.source, 'g');
  let mark = marks.exec(text);
  let closer: string | undefined;
  for (const line of lines) {
    const offset = starts[line - 1] ?? 0;
    for (; mark && mark.index < offset; mark = marks.exec(text)) {
      if (closer === undefined) closer = closing[mark[0]];
      else if (mark[0] === closer) closer = undefined;
    }
    if (closer !== undefined) return true;
  }
  return false;
}
