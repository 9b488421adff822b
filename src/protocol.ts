/**
 * Custom requests and notifications between the extension and the language server, on top of LSP.
 * Types only plus method names; imported by `server` and `extension`.
 */
import type { Category, ChangeType, Decision, LineOrigin, Tier } from './core/model.ts';

/** LSP `initializationOptions`. All optional: another editor may send none. */
export interface InitOptions {
  /** Folder for state of what lies outside git (`ExtensionContext.storageUri`); absent: kept in memory only. */
  readonly storage?: string;
  /** False in Restricted Mode: no git process, nothing of the repository's is run. Default true. Restart to change. */
  readonly trusted?: boolean;
  /**
   * Whose lines get labels; default `ai`. May be changed later by `workspace/didChangeConfiguration` with
   * `{ settings: { countersign: { labels } } }`.
   */
  readonly labels?: 'ai' | 'ai-and-unknown' | 'all';
  /**
   * Commands that the client can run; only these are offered as code actions. Default: all of `clientCommands` when
   * `trusted` is given (our own extension always does), else none.
   */
  readonly commands?: readonly string[];
  /** The client sends `workspace/didChangeWatchedFiles` for policy files without being asked to watch them. */
  readonly watchesPolicies?: boolean;
}

/** Commands of the extension that code actions call. Each gets one `FindingRef`. */
export const clientCommands = ['countersign.justify', 'countersign.ignoreFinding'] as const;

/** A finding as a command gets it; `ignore` sends it back. */
export interface FindingRef {
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
  readonly rule: string;
  /** Opaque. */
  readonly key: string;
  readonly message: string;
}

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

/**
 * What happened to a document while no server ran (before its start, after a crash): the text that was known then, and
 * the changes since, in order. Sent before or after `didOpen`. Where they do not lead to the text that was opened, the
 * difference stays `unknown`.
 */
export const missedEdits = 'countersign/missedEdits';
export interface MissedEditsParams {
  readonly uri: string;
  readonly text: string;
  readonly edits: readonly {
    /** Document version after the change. */
    readonly version: number;
    readonly changes: readonly {
      readonly range: {
        readonly start: { readonly line: number; readonly character: number };
        readonly end: { readonly line: number; readonly character: number };
      };
      readonly text: string;
    }[];
  }[];
  /** What is known by now of how they came to be; the rest follows as `editOrigin`. */
  readonly origins: readonly EditOriginParams[];
}

/** A person marked lines (0-based, inclusive) as AI or as their own. */
export const markLines = 'countersign/markLines';
export interface MarkLinesParams {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
  readonly as: 'ai' | 'human';
  /** Id of the signed mark (`platform/marks.ts`); without one the word holds until the document is closed. */
  readonly mark?: string;
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
  /** Repository-relative. */
  readonly path: string;
  /** Absolute folder of the repository (or workspace folder outside git). */
  readonly root: string;
  readonly tier: Tier;
  readonly changeType: ChangeType;
  /** Why `decision` is what it is; one sentence each. */
  readonly reasons: readonly string[];
  /** Set when the file was judged with less than full depth. */
  readonly note?: string;
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

/** A person ignores one finding, with a reason. Request → IgnoreResult. Recorded with git's user and the date. */
export const ignore = 'countersign/ignore';
export interface IgnoreParams extends FindingRef {
  readonly reason: string;
}
export interface IgnoreResult {
  /** False: no such finding any more. */
  readonly done: boolean;
}

//#endregion

//#region From the server

/** Pushed whenever a document's marks or verdict change, and on `changes`-relevant disk state. */
export const summary = 'countersign/summary';
export interface SummaryParams {
  readonly uri: string;
  readonly version: number | null;
  readonly tier: Tier;
  readonly decision: Decision;
  /** Set when the file was judged with less than full depth, or not at all. */
  readonly note?: string;
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
