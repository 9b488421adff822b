/**
 * Custom requests and notifications between the extension and the language server, on top of LSP.
 * Types only plus method names; imported by `server` and `extension`.
 */
import type { Category, Decision, LineOrigin, Tier } from './core/model.ts';

//#region From the extension

/** Tells how the change that produced `version` came to be. Unannounced versions stay `unknown`. */
export const editOrigin = 'countersign/editOrigin';
export interface EditOriginParams {
  readonly uri: string;
  /** Document version after the change. */
  readonly version: number;
  readonly origin: LineOrigin;
  /** Short machine word of the heuristic that decided, e.g. `typed`, `inline`, `workspace-edit`. */
  readonly cause: string;
}

/** A person marked lines (0-based, inclusive) as AI or as their own. */
export const markLines = 'countersign/markLines';
export interface MarkLinesParams {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
  readonly as: 'ai' | 'human';
}

/** State on disk changed (justification written, hooks installed): read it again. */
export const refresh = 'countersign/refresh';

/** Why is this line marked? Request → WhyResult. */
export const why = 'countersign/why';
export interface WhyParams {
  readonly uri: string;
  readonly line: number;
}
export interface WhyResult {
  readonly origin: LineOrigin | null;
  readonly explanation: string;
}

/** The text of a document with its AI and unknown lines taken back to the baseline. Request. */
export const withoutAi = 'countersign/withoutAi';
export interface WithoutAiParams {
  readonly uri: string;
}
export interface WithoutAiResult {
  readonly text: string;
}

/** All pending AI changes for the view. Request. */
export const changes = 'countersign/changes';
export interface ChangedFile {
  readonly uri: string;
  readonly path: string;
  readonly tier: Tier;
  readonly ai: number;
  readonly modified: number;
  readonly unknown: number;
  readonly deleted: number;
  readonly agents: readonly string[];
  readonly decision: Decision;
  readonly findings: readonly {
    readonly rule: string;
    readonly category: Category;
    readonly tier: Tier;
    readonly line: number;
    readonly message: string;
  }[];
}

//#endregion

//#region From the server

/** Pushed whenever a document's marks or verdict change, and on `changes`-relevant disk state. */
export const summary = 'countersign/summary';
export interface SummaryParams {
  readonly uri: string;
  readonly version: number | null;
  readonly tier: Tier;
  /** Marks for the gutter; lines 0-based, inclusive. */
  readonly marks: readonly { readonly start: number; readonly end: number; readonly origin: LineOrigin }[];
  readonly ai: number;
  readonly modified: number;
  readonly unknown: number;
  readonly deleted: number;
  readonly findings: number;
}

/** The view's content may have changed; ask `changes` again. */
export const changesChanged = 'countersign/changesChanged';

//#endregion
