/** One look at all files of a change: what it is given, and how it changes a verdict. */
import { detectLanguage } from '../../languages/detect.ts';
import { Source } from '../../languages/source.ts';
import type { Classification, FileChange, Finding } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { withOther } from '../background.ts';
import { maxText, normalise } from '../sides.ts';
import { floors, summed } from '../verdict.ts';

export type FileClassification = { readonly path: string; readonly classification: Classification };

/** Takes findings out of the files' classifications, or gives them another tier or sentence. */
export type Pass = (files: readonly FileChange[], judged: FileClassification[], policy: Policy) => void;

/** Whether a text is there and not too large to be read. */
export const isRead = (text: string | null | undefined): text is string =>
  text !== null && text !== undefined && text.length <= maxText;

/** Whether both sides of a file are small enough to be read together. */
export const areRead = ({ before, after }: FileChange): boolean =>
  (before ?? '').length + (after ?? '').length <= maxText;

/** A file's text on one side of the change, as the rules read it. */
export const sourceOf = (path: string, text: string): Source =>
  new Source(path, normalise(text), detectLanguage(path, text));

/** A file's verdict with fewer findings, or with others in their places. */
export function keep(judged: FileClassification[], i: number, left: readonly Finding[]): void {
  const { path, classification } = judged[i]!;
  const floor = floors.get(classification);
  const was = classification.findings;
  if (!floor || (left.length === was.length && left.every((f, k) => f === was[k]))) return;
  judged[i] = { path, classification: { ...classification, ...summed(floor, left), findings: left } };
  floors.set(judged[i].classification, floor);
}

/** Puts other findings, or none, in the places of some. */
export function replace(
  judged: FileClassification[],
  i: number,
  news: ReadonlyMap<Finding, Finding | undefined>,
): void {
  if (news.size === 0) return;
  const { findings } = judged[i]!.classification;
  keep(
    judged,
    i,
    findings.flatMap((f) => (news.has(f) ? (news.get(f) ?? []) : f)),
  );
}

/** For `replace`: of some findings the first stays, with a sentence that tells the others. */
export function fold(
  news: Map<Finding, Finding | undefined>,
  first: Finding,
  rest: readonly Finding[],
  message: string,
): void {
  news.set(first, withOther(first, { message }));
  for (const f of rest) news.set(f, undefined);
}
