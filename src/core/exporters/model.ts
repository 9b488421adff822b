/** An export format for audit events: one file per format, one line in `index.ts`. */
import type { AuditEvent } from '../audit/model.ts';

export interface ExportMeta {
  /** Name of the repository's folder. */
  readonly repository: string;
  /** UTC, ISO 8601; handed in, so that the same input gives the same file. */
  readonly generated: string;
  /** Version of Countersign. */
  readonly version: string;
  /** The filter in words, e.g. `2026-01-01..2026-02-01, agent claude-code`; '' = everything. */
  readonly selection: string;
  /** SHA-256 of the log's last line. */
  readonly head: string;
}

export interface Exporter {
  /** Value of `--format`. */
  readonly id: string;
  /** For a quick pick, e.g. `JSON Lines`. */
  readonly title: string;
  /** Without the dot. */
  readonly extension: string;
  readonly mime: string;
  /** Pieces of the file, in order. Same input, same bytes. */
  render(events: AsyncIterable<AuditEvent> | Iterable<AuditEvent>, meta: ExportMeta): AsyncIterable<string>;
}
