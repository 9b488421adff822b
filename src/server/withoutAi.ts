/** A document's text with its AI and unseen lines taken back to the baseline; a person's and a tool's lines stay. */
import { diffLines } from '../core/hunks.ts';
import { countsAsAi } from '../core/model.ts';
import type { LiveState } from './openDocument.ts';
import { rawLines, terminatorOf } from './text.ts';

const unseen = { origin: 'unknown', evidence: 'none' } as const;

export function withoutAi(text: string, live: LiveState): string {
  const { baseline, map, deletedBefore } = live;
  const lines = rawLines(text);
  const eol = terminatorOf(text === '' ? (baseline.text ?? '') : text);
  const deletions = map.deletions();
  const out: string[] = [];
  let at = 0;
  for (const hunk of diffLines(baseline.lines, map.lines())) {
    const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    while (at < start) out.push(lines[at++] as string);
    for (let i = 0; i < hunk.oldLines; i++) {
      const old = baseline.lines[hunk.oldStart - 1 + i] as string;
      if (countsAsAi(deletions.get(old) ?? deletedBefore.get(old) ?? unseen)) out.push(old + eol);
    }
    for (let i = 0; i < hunk.newLines; i++, at++) {
      const origin = map.originAt(at);
      if (!countsAsAi(origin ?? unseen)) out.push(lines[at] as string);
    }
  }
  while (at < lines.length) out.push(lines[at++] as string);
  // Pieces from the middle need their terminator; the end keeps what the text or the baseline had there.
  const joined = out.map((l, i) => (i < out.length - 1 && !/[\r\n]$/.test(l) ? l + eol : l)).join('');
  const ends = (t: string): boolean => /[\r\n]$/.test(t);
  const last = out.at(-1);
  if (last === undefined) return '';
  const isOwnEnd = last === lines.at(-1);
  const wantsEnd = isOwnEnd ? ends(text) : ends(baseline.text ?? text);
  return wantsEnd ? (ends(joined) ? joined : joined + eol) : joined.replace(/(?:\r\n|\n|\r)$/, '');
}
