/** `origin`: replays recorded editor sessions through the classifier that the extension uses live. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import {
  TextShadow,
  type ClipboardMatch,
  type EditorEvent,
  type TextRange,
} from '../../core/attribution/editEvents.ts';
import { EditClassifier } from '../../core/attribution/editOrigin.ts';
import type { EditVerdict } from '../../core/attribution/editVerdict.ts';
import { importRecords } from './originImport.ts';
import { UsageError, type Command, type Io } from '../command.ts';

const format = 'countersign/edit-events@1';

interface RecordedChange {
  readonly r: readonly [number, number, number, number];
  readonly del: number;
  readonly len: number;
  readonly text: string;
}

/** One event of a recording; which fields are there depends on `k`. `label` and `expect` are not even declared. */
interface RecordedEvent extends Partial<ClipboardMatch> {
  readonly k: string;
  readonly t?: number;
  readonly seq?: number;
  readonly file?: string;
  readonly scheme?: string;
  readonly version?: number;
  readonly reason?: number;
  readonly dirty?: boolean;
  readonly active?: boolean;
  readonly focused?: boolean;
  readonly sel?: readonly (readonly [number, number, number, number])[] | null;
  readonly n?: number;
  readonly changes?: readonly RecordedChange[];
  readonly kind?: number;
  readonly ref?: number;
  readonly eq?: boolean;
  readonly clen?: number;
  readonly headChanged?: boolean;
  readonly branchChanged?: boolean;
}

interface Recording {
  readonly format: string;
  readonly scenario: string;
  readonly reps: readonly {
    readonly rep: number;
    readonly targetFile?: string;
    readonly initialText?: string | null;
    readonly events: readonly RecordedEvent[];
  }[];
}

export const origin: Command = {
  name: 'origin',
  summary: "tell from recorded editor events who made each edit; import other tools' records",
  usage: `usage: countersign origin FILE-or-DIR...
       countersign origin import [--worktree] FILE... | - | --git-notes

Replays recorded editor sessions (${format}) and prints one JSON line per change event:
  {"scenario","rep","seq","origin","cause","evidence","confidence"}
origin is human, ai, tool or unknown; evidence is hook, editor, heuristic or none.
A directory stands for the *.json files in it.

import takes over what other tools recorded about an AI's lines: Agent Trace records (0.1.0; JSON, JSON Lines, - is
standard input) or, with --git-notes, the notes that git-ai keeps in refs/notes/ai. Lines are counted in the text of the
recorded commit, with --worktree in the files as they are. A record that says a person wrote lines changes nothing:
it isn't signed. What was seen here without doubt stays. Bad records are named, the others are taken; exit 1 then.

examples: countersign origin recordings/ > verdicts.jsonl
          countersign origin import traces.jsonl
          countersign origin import --git-notes
`,
  async run(args, io) {
    if (args[0] === 'import') return importRecords(args.slice(1), io);
    if (args.length === 0) throw new UsageError('name a recording or a directory of recordings');
    const unknown = args.find((a) => a.startsWith('-'));
    if (unknown !== undefined) throw new UsageError(`unknown option ${unknown}; see countersign origin --help`);
    for (const arg of args) for (const file of await recordings(path.resolve(io.cwd, arg))) await replay(file, io);
    return 0;
  },
};

async function recordings(target: string): Promise<string[]> {
  const stat = await fs.stat(target).catch(() => undefined);
  if (!stat) throw new UsageError(`${target}: no such file or directory`);
  if (!stat.isDirectory()) return [target];
  const names = (await fs.readdir(target)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw new UsageError(`${target}: no *.json in it`);
  return names.map((name) => path.join(target, name));
}

async function replay(file: string, io: Io): Promise<void> {
  let recording: Recording;
  try {
    recording = JSON.parse(await fs.readFile(file, 'utf8')) as Recording;
  } catch (error) {
    throw new UsageError(`${file}: not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (recording?.format !== format || !Array.isArray(recording.reps))
    throw new UsageError(`${file}: not a recording of the format ${format}`);
  for (const rep of recording.reps) {
    if (!Array.isArray(rep?.events)) throw new UsageError(`${file}: a recording without events`);
    const verdicts = new Map<number, EditVerdict>();
    const classifier = new EditClassifier();
    const keep = (given: readonly EditVerdict[]): void => {
      for (const v of given) verdicts.set(v.id, v);
    };
    const order: number[] = [];
    try {
      for (const event of normalise(rep, order)) keep(classifier.push(event));
      keep(classifier.flush());
    } catch (error) {
      const after = order.at(-1) ?? 'the start';
      throw new UsageError(`${file}: damaged recording after event ${after} (${(error as Error).message})`);
    }
    const lines = order.map((seq) => {
      const v = verdicts.get(seq);
      // A change without content only says that the document became dirty or clean.
      const said = v ?? { origin: 'unknown', cause: 'no-change', evidence: 'none', confidence: 0 };
      return JSON.stringify({
        scenario: recording.scenario,
        rep: rep.rep,
        seq,
        origin: said.origin,
        cause: said.cause,
        evidence: said.evidence,
        confidence: said.confidence,
      });
    });
    if (lines.length > 0) io.out(lines.join('\n') + '\n');
  }
}

const bys = ['', 'keyboard', 'mouse', 'command'] as const;

/** Recorded events in the classifier's words; `order` collects the ids of change events. */
export function* normalise(rep: Recording['reps'][number], order: number[]): Iterable<EditorEvent> {
  const shadows = new Map<string, TextShadow | null>();
  if (typeof rep.initialText === 'string' && rep.targetFile !== undefined)
    shadows.set(rep.targetFile, new TextShadow(rep.initialText));
  for (const e of rep.events) {
    const at = e.t ?? 0;
    const uri = e.file ?? '';
    switch (e.k) {
      case 'change': {
        order.push(e.seq ?? -1);
        if (!e.n) {
          yield { kind: 'dirty', at, uri, isDirty: e.dirty ?? false };
          break;
        }
        const recorded = e.changes ?? [];
        const isComplete = recorded.length === e.n && recorded.every((c) => c.len === c.text.length);
        const plain = recorded.map((c) => ({ range: toRange(c.r), text: c.text, rangeLength: c.del }));
        const shadow = isComplete ? shadows.get(uri) : null;
        if (!isComplete) shadows.set(uri, null);
        const changes = shadow ? shadow.apply(plain) : plain;
        yield {
          kind: 'change',
          id: e.seq ?? -1,
          at,
          uri,
          path: plainPath(uri),
          scheme: e.scheme ?? 'file',
          version: e.version ?? 0,
          ...(e.reason === 1 ? { reason: 'undo' } : e.reason === 2 ? { reason: 'redo' } : {}),
          isDirty: e.dirty ?? false,
          ...(e.active && e.sel ? { selections: e.sel.map(toRange) } : {}),
          isFocused: e.focused ?? true,
          changes,
          isComplete,
          ...(shadow ? { knows: (word: string) => shadow.knows(word, changes) } : {}),
        };
        break;
      }
      case 'sel': {
        const by = bys[e.kind ?? 0];
        const selections = (e.sel ?? []).map(toRange);
        yield by ? { kind: 'selection', at, uri, by, selections } : { kind: 'selection', at, uri, selections };
        break;
      }
      case 'clip':
        yield {
          kind: 'clipboard',
          at,
          id: e.ref ?? -1,
          equal: e.eq ?? false,
          contains: e.contains ?? false,
          within: e.within ?? false,
          length: e.clen ?? 0,
        };
        break;
      case 'fsw':
        if (/(^|\/)\.git\//.test(uri)) yield { kind: 'git', at };
        else yield { kind: 'disk', at, path: plainPath(uri) };
        break;
      case 'git':
        if (e.headChanged || e.branchChanged) yield { kind: 'git', at };
        break;
      case 'gitCheckout':
      case 'gitCommit':
        yield { kind: 'git', at };
        break;
      case 'willSave':
        yield { kind: 'save', at, uri };
        break;
      case 'didSave':
        yield { kind: 'save', at, uri, isOver: true };
        break;
      case 'open':
        yield { kind: 'open', at, path: plainPath(uri), scheme: e.scheme ?? 'file' };
        break;
      default:
        break;
    }
  }
}

/** A recorded file name without its scheme and the workspace folder, so that a chat document meets its file. */
const plainPath = (file: string): string => path.posix.basename(file.replace(/^[\w-]+:/, ''));

function toRange([a, b, c, d]: readonly [number, number, number, number]): TextRange {
  const first = { line: a, character: b };
  const second = { line: c, character: d };
  return a < c || (a === c && b <= d) ? { start: first, end: second } : { start: second, end: first };
}
