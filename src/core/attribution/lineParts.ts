/** A line of several origins as the journal keeps it, there and back. */
import type { LineOrigin } from '../model.ts';
import {
  type Cell,
  Edit,
  isSame,
  looseCell,
  Mixed,
  originOf,
  seqOf,
  type Source,
  type Span,
  widen,
} from './lineCells.ts';
import type { LineParts, LineState } from './model.ts';
import { looseText } from './origins.ts';

/** The hands in a line in order of time; `undefined` where there is but one. */
export function partsOf(cell: Mixed, text: string): LineParts | undefined {
  const visible = (looseCell(text, cell) as Mixed).spans;
  const sources = [...new Set([...visible.map((s) => s.source), ...cell.cut.flatMap((c) => [c.by, ...c.of])])];
  // What was there before comes first.
  const seq = (source: Source): number => (source === null ? Number.MIN_SAFE_INTEGER : seqOf(source));
  const hands: (LineOrigin | null)[] = [];
  const handOf = new Map<Source, number>();
  let last: Source | undefined;
  for (const source of sources.toSorted((a, b) => seq(a) - seq(b))) {
    if (last === undefined || !isSame(last, source)) hands.push(originOf(source));
    handOf.set(source, hands.length - 1);
    last = source;
  }
  if (hands.length < 2) return undefined;
  const spans: number[] = [];
  for (const { length, source } of visible) {
    const hand = handOf.get(source) as number;
    if (spans.at(-1) === hand) spans[spans.length - 2]! += length;
    else spans.push(length, hand);
  }
  const cuts = cell.cut.map(({ by, of }) => ({
    by: handOf.get(by) as number,
    of: [...new Set(of.map((o) => handOf.get(o) as number))],
  }));
  return { hands, cuts, spans };
}

/** A line as the journal knows it. Parts that don't fit the text are not used: the verdict on the whole line is. */
export function cellOf(text: string, state: LineState | undefined): Cell {
  const { parts } = state ?? {};
  if (!state || !parts) return state?.origin ?? null;
  // Before all edits that are still to come, and each in its turn.
  const sources = parts.hands.map((origin, i): Source => {
    if (origin === null) return null;
    const edit = new Edit(0, i - parts.hands.length);
    edit.origin = origin;
    return edit;
  });
  const source = (hand: number): Source => sources[hand] ?? null;
  const visible: Span[] = [];
  for (let i = 0; i + 1 < parts.spans.length; i += 2)
    visible.push({ length: parts.spans[i]!, source: source(parts.spans[i + 1]!) });
  if (visible.reduce((n, s) => n + s.length, 0) !== looseText(text).length) return state.origin;
  const cell = widen(
    text,
    visible,
    parts.cuts.map(({ by, of }) => ({ by: source(by), of: of.map(source) })),
  );
  if (!(cell instanceof Mixed)) return state.origin;
  cell.state = state;
  return cell;
}
