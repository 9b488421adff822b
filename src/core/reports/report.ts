/** What `check` hands to its reports: the verdict on a change, file by file. */
import type { Classification, Tier } from '../model.ts';

export interface CheckedFile {
  /** Repository-relative, POSIX. */
  readonly path: string;
  readonly classification: Classification;
}

export interface Checked {
  readonly files: readonly CheckedFile[];
  readonly tier: Tier;
  /** Version of the engine, for tools that keep results. */
  readonly version: string;
}

/** One report format: one file, one line in `index.ts`. Pure: the same input gives the same text. */
export interface Report {
  readonly id: string;
  render(checked: Checked): string;
}
