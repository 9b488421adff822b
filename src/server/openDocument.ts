/** One open document: its text, what is known of its lines, and what was judged last. */
import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from 'vscode-languageserver';
import type { LineMap } from '../core/attribution/lineMap.ts';
import type { LineOrigins, LineState } from '../core/attribution/model.ts';
import { compressLines, expandLines, expandOrigins } from '../core/attribution/origins.ts';
import { diffLines, splitLines } from '../core/hunks.ts';
import { evidences, type LineOrigin } from '../core/model.ts';
import type { EditOriginParams, MissedEditsParams } from '../protocol.ts';
import { nothing, type Baseline, type Judgement } from './judge.ts';
import type { Root } from './workspace.ts';

/** One version's changes wait here until the document's origins are loaded. */
export interface Queued {
  readonly version: number;
  readonly changes: readonly TextDocumentContentChangeEvent[];
}

/** An open document. */
export class OpenDocument {
  readonly uri: string;
  readonly file: string;
  readonly text: TextDocument;
  /** Set once loaded; until then edits queue up. */
  live: LiveState | undefined;
  /** Judged last; lines are moved along with edits. */
  judgement: Judgement = nothing;
  /** Of the text last judged, when the document is a policy. */
  policyProblems: readonly Diagnostic[] = [];
  /** Lines of the text that `judgement` was published for. */
  publishedVersion: number | undefined;
  publishedKey = '[]';
  isClosed = false;
  /** Why the document is not judged, for the summary. */
  note: string | undefined;
  readonly queued: Queued[] = [];
  /** Origins that arrived before their version. */
  readonly told = new Map<number, EditOriginParams>();
  judgedVersion = -1;
  /** Changes after `judgedVersion`. */
  sinceJudged: Queued[] = [];
  /** When the oldest change came that no published judgement knows. */
  firstUnshown: number | undefined;
  editedAt = 0;
  showAt = 0;
  judgeTimer: NodeJS.Timeout | undefined;
  showTimer: NodeJS.Timeout | undefined;
  persistTimer: NodeJS.Timeout | undefined;
  /** Milliseconds; since then the journal does not have all. */
  unwrittenSince: number | undefined;
  ready: Promise<void> = Promise.resolve();

  constructor(uri: string, file: string, text: TextDocument) {
    this.uri = uri;
    this.file = file;
    this.text = text;
  }
}

/** What a loaded document knows. */
export interface LiveState {
  readonly root: Root;
  readonly repoPath: string;
  baseline: Baseline;
  map: LineMap;
  /** Who took out baseline lines before the document was opened. */
  deletedBefore: ReadonlyMap<string, LineOrigin>;
  /** Text for which the journal was asked last. */
  askedVersion: number;
}

/** What is known of a text: what it is judged against, and who wrote its lines. */
export async function known(
  root: Root,
  repoPath: string,
  text: string | null,
): Promise<{
  baseline: Baseline;
  origins: LineOrigins;
  deletedBefore: ReadonlyMap<string, LineOrigin>;
}> {
  const none: ReadonlyMap<string, LineOrigin> = new Map();
  const baseline = await root.baseline(repoPath);
  if (baseline) {
    if (!root.store || baseline.text === text) return { baseline, origins: [], deletedBefore: none };
    const resolved = await root.store.resolve(repoPath, text ?? '', { baseline: baseline.text });
    return { baseline, origins: resolved.origins, deletedBefore: resolved.deletions };
  }
  // No git: judged against the text as first seen. After a restart that is what the journal does not know as new.
  const lines = splitLines(text ?? '');
  const isKnown = text !== null && root.store !== undefined && (await root.store.knows(repoPath));
  const origins = isKnown && root.store ? (await root.store.resolve(repoPath, text)).origins : [];
  const all = expandOrigins(origins);
  const old = lines.filter((_, i) => (all[i] ?? null) === null);
  return {
    baseline: old.length === lines.length ? { text, lines } : { text: old.map((l) => `${l}\n`).join(''), lines: old },
    origins,
    deletedBefore: none,
  };
}

/** Origins for the journal: a line that is as it was at HEAD waits for no commit. */
export function pendingOrigins(live: LiveState): LineOrigins {
  const origins = live.map.toOrigins();
  if (!live.root.repo) return origins;
  const all = expandLines(origins);
  const old: LineState = { origin: null };
  const lines = all.map(() => old);
  for (const h of diffLines(live.baseline.lines, live.map.lines()))
    for (let at = h.newStart - 1; at < h.newStart - 1 + h.newLines; at++) lines[at] = all[at] ?? old;
  return compressLines(lines);
}

/**
 * Queues the missed edits of a document that was just opened. Gives the text before them, `undefined` when they do not
 * lead to the text that was opened.
 */
export function replay(document: OpenDocument, { text, edits, origins }: MissedEditsParams): string | undefined {
  const { uri, version, languageId } = document.text;
  const queued = edits.filter((e) => e.version <= version).map((e) => ({ ...e, changes: [...e.changes] }));
  const before = TextDocument.create(uri, languageId, 0, text);
  for (const e of queued) TextDocument.update(before, e.changes, e.version);
  if (before.getText() !== document.text.getText()) return undefined;
  document.queued.push(...queued);
  for (const told of origins) if (told.version <= version) document.told.set(told.version, told);
  return text;
}

/** Whether the journal's answer replaces what the editor knows about a line. A person's own typing always stands. */
export function isBetter(told: LineOrigin, known: LineOrigin | null): boolean {
  if (known === null || known.origin === 'unknown') return true;
  if (known.origin === 'human') return false;
  return evidences.indexOf(told.evidence) < evidences.indexOf(known.evidence);
}
