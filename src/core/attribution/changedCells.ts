/** The cells of lines that a change puts in the place of others: which text is the old one's, and which the edit's. */
import { diffLines } from '../hunks.ts';
import {
  addCut,
  type Cell,
  commonEnds,
  cutOf,
  cutOut,
  cutsOf,
  cutSpans,
  Edit,
  flatten,
  looseCell,
  Mixed,
  simplify,
  spansOf,
  toCells,
  widen,
} from './lineCells.ts';
import { looseText } from './origins.ts';

/** Beyond this a single line is not compared by characters. */
const maxBlockPairs = 2500;

/** The cells of the lines that replace `oldLines`. */
export function blockCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
  exact: boolean,
): Cell[] {
  const n = oldLines.length;
  const m = newLines.length;
  if (n === 0) return Array.from({ length: m }, () => edit);
  if (m === 0) return [];
  if (n === 1 && m === 1) return [lineCell(oldLines[0]!, oldCells[0]!, newLines[0]!, edit, exact)];
  if (looseText(oldLines.join('')) === looseText(newLines.join(''))) return reflow(oldLines, oldCells, newLines, edit);
  if (exact) return edgeCells(oldLines, oldCells, newLines, edit);
  const cells: Cell[] = [];
  let at = 0;
  for (const hunk of diffLines(oldLines, newLines)) {
    const oldStart = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    const newStart = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    while (at < oldStart) cells.push(oldCells[at++]!);
    const o = oldLines.slice(oldStart, oldStart + hunk.oldLines);
    const c = oldCells.slice(oldStart, oldStart + hunk.oldLines);
    cells.push(...hunkCells(o, c, newLines.slice(newStart, newStart + hunk.newLines), edit));
    at = oldStart + hunk.oldLines;
  }
  while (at < n) cells.push(oldCells[at++]!);
  return cells;
}

/** A hunk of a diff: new lines are paired, in order, with the old lines they resemble; the rest is new. */
function hunkCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  const n = oldLines.length;
  const m = newLines.length;
  if (n === 0) return Array.from({ length: m }, () => edit);
  if (m === 0) return [];
  if (looseText(oldLines.join('')) === looseText(newLines.join(''))) return reflow(oldLines, oldCells, newLines, edit);
  if (n === m) return newLines.map((line, i) => lineCell(oldLines[i]!, oldCells[i]!, line, edit, false));
  if (n * m > maxBlockPairs) return Array.from({ length: m }, () => edit);
  // Longest common subsequence, weighted by likeness: few lines, so quadratic is cheap.
  const score = Array.from({ length: n + 1 }, () => new Float64Array(m + 1));
  const alike = oldLines.map((o) => newLines.map((l) => likeness(o, l)));
  const best = (i: number, j: number): number => score[i]?.[j] ?? 0;
  const pair = (i: number, j: number): number => alike[i]?.[j] ?? 0;
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      score[i]![j] = Math.max(best(i + 1, j), best(i, j + 1), best(i + 1, j + 1) + pair(i, j));
  const cells: Cell[] = [];
  let i = 0;
  for (let j = 0; j < m; j++) {
    // Old lines without a partner are gone.
    while (i < n && best(i, j) === best(i + 1, j) && best(i, j) > best(i, j + 1)) i++;
    const paired = i < n && pair(i, j) > 0 && best(i, j) === best(i + 1, j + 1) + pair(i, j);
    cells.push(paired ? lineCell(oldLines[i]!, oldCells[i]!, newLines[j]!, edit, false) : edit);
    if (paired) i++;
  }
  return cells;
}

/** How much of two lines is the same at their ends, 0 (too little to be the same line) to 1. */
function likeness(a: string, b: string): number {
  const { head, tail } = commonEnds(a, b);
  const kept = looseText(a.slice(0, head)).length + looseText(tail === 0 ? '' : a.slice(-tail)).length;
  const whole = Math.max(looseText(a).length, looseText(b).length);
  return whole > 0 && kept * 2 >= whole ? kept / whole : 0;
}

/** Several lines whose outer ends stay: the middle is the edit's. */
function edgeCells(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  const oldText = oldLines.join('\n');
  const newText = newLines.join('\n');
  const { head, tail } = commonEnds(oldText, newText);
  const flatOld = flatten(oldLines, oldCells);
  const kept = newText.length - head - tail;
  const spans = [
    ...cutSpans(flatOld, 0, head),
    { length: kept, source: edit },
    ...cutSpans(flatOld, oldText.length - tail, oldText.length),
  ];
  // Only the first and the last line hold old text; what they lost inside the cut is the edit's doing.
  return toCells(newLines, spans, oldCells, cutOut(flatOld, oldText, head, tail, edit), edit);
}

/** White space was moved, lines were broken or joined: every visible character keeps its origin. */
function reflow(
  oldLines: readonly string[],
  oldCells: readonly Cell[],
  newLines: readonly string[],
  edit: Edit,
): Cell[] {
  if (oldLines.length === newLines.length && oldLines.every((o, i) => looseText(o) === looseText(newLines[i]!)))
    return newLines.map((line, i) => lineCell(oldLines[i]!, oldCells[i]!, line, edit, true));
  const visible = flatten(
    oldLines.map((line) => looseText(line)),
    oldLines.map((line, i) => looseCell(line, oldCells[i]!)),
    '',
  );
  const cells: Cell[] = [];
  let at = 0;
  for (const line of newLines) {
    const size = looseText(line).length;
    if (size === 0) {
      cells.push(edit);
      continue;
    }
    const part = cutSpans(visible, at, at + size);
    at += size;
    cells.push(widen(line, part, cutsOf(oldCells)));
  }
  return cells;
}

/** The cell of a line that was changed in place. */
function lineCell(oldText: string, oldCell: Cell, newText: string, edit: Edit, exact: boolean): Cell {
  if (oldText === newText) return oldCell;
  const oldLoose = looseText(oldText);
  const newLoose = looseText(newText);
  if (oldLoose === newLoose) {
    if (!(oldCell instanceof Mixed)) return oldCell;
    return widen(newText, cutSpans((looseCell(oldText, oldCell) as Mixed).spans, 0, newLoose.length), oldCell.cut);
  }
  if (oldLoose === '' || newLoose === '') return edit;
  const { head, tail } = commonEnds(oldText, newText);
  const kept = looseText(newText.slice(0, head)).length + looseText(newText.slice(newText.length - tail)).length;
  if (kept === 0) return edit;
  // In a diff without positions, a few equal characters at the ends (`}`, `;`) are no sign of the same line.
  if (!exact && kept * 3 < Math.max(oldLoose.length, newLoose.length)) return edit;
  const spans = spansOf(oldText, oldCell);
  const cut = cutOut(spans, oldText, head, tail, edit);
  return simplify(
    [
      ...cutSpans(spans, 0, head),
      { length: newText.length - head - tail, source: edit },
      ...cutSpans(spans, oldText.length - tail, oldText.length),
    ],
    cut ? addCut(cutOf(oldCell), cut) : cutOf(oldCell),
  );
}
