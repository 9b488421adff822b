/** An export format for audit events: one file per format, one line in `index.ts`. */
import type { AuditEvent } from '../audit/model.ts';
import type { CommitRecord } from '../provenance/model.ts';

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

interface ExporterBase {
  /** Value of `--format`. */
  readonly id: string;
  /** For a quick pick, e.g. `JSON Lines`. */
  readonly title: string;
  /** Without the dot. */
  readonly extension: string;
  readonly mime: string;
}

/** Made of the log's events. */
export interface EventExporter extends ExporterBase {
  readonly of: 'events';
  /** Pieces of the file, in order. Same input, same bytes. */
  render(events: AsyncIterable<AuditEvent> | Iterable<AuditEvent>, meta: ExportMeta): AsyncIterable<string>;
}

/** Made of commits and their provenance records: one piece, a line, per commit. */
export interface CommitExporter extends ExporterBase {
  readonly of: 'commits';
  /** Same input, same bytes; a record of its own, without newline. */
  renderCommit(commit: CommitFacts, meta: Pick<ExportMeta, 'repository' | 'version'>): string;
}

export type Exporter = EventExporter | CommitExporter;

/** What is known of a commit that carries a record. */
export interface CommitFacts {
  /** Full name. */
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** When it was committed: UTC, ISO 8601. */
  readonly committed: string;
  readonly record: CommitRecord;
  /** Whether the content is the one that the record was made for; `undefined` for a merge. */
  readonly isBound: boolean | undefined;
  /** Files with added lines, by path. */
  readonly files: readonly { readonly path: string; readonly ranges: readonly ContributedRange[] }[];
}

/** Added lines of one contributor, 1-based and inclusive, in the text of the commit. */
export interface ContributedRange {
  readonly start: number;
  readonly end: number;
  readonly by: 'human' | 'ai' | 'mixed' | 'unknown';
  readonly agent?: string;
  readonly model?: string;
}
