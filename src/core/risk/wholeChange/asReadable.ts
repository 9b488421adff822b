/** A sentence stays one that people and reports can take, whatever the names that it repeats. */
import type { FileChange } from '../../model.ts';
import { withOther } from '../background.ts';
import { keep, type FileClassification } from './pass.ts';

/** Above what any sentence with names of ordinary length comes to. */
const maxLength = 900;

/** Half of a character, where a name was cut. */
const halves = /\p{Surrogate}/gu;

/** Cuts what is longer; the lines are marked all the same. */
export function asReadable(_files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const { findings } = classification;
    const others = findings.map((f) => {
      const message = readable(f.message);
      return message === f.message ? f : withOther(f, { message });
    });
    if (others.some((f, n) => f !== findings[n])) keep(judged, i, others);
  }
}

function readable(message: string): string {
  const cut = message.length <= maxLength ? message : `${message.slice(0, maxLength).trimEnd()}…`;
  return cut.replace(halves, '…');
}
