/** `classify --jsonl`: a change per line in, a verdict per line out, in order. */
import { classify } from '../../core/classify.ts';
import type { FileChange, Finding } from '../../core/model.ts';
import { defaultPolicy } from '../../core/policy/index.ts';
import type { Policy } from '../../core/policy/model.ts';
import type { Grammars } from '../../core/ports.ts';
import { createGrammars } from '../../platform/grammars.ts';
import { loadPolicy } from '../../platform/policyFile.ts';
import { UsageError, type Command } from '../command.ts';

export const classifyCommand: Command = {
  name: 'classify',
  summary: 'type and risk of changes, as JSON Lines',
  usage: `usage: countersign classify --jsonl [--policy DIR] < changes.jsonl

Reads one change per line and writes one verdict per line, in the same order:
  {"id":1,"path":"a.ts","before":"…","after":"…"}        null = the file does not exist on that side
  {"id":2,"files":[{"path":"a.ts","before":null,"after":"…"}]}
  → {"id":1,"tier":"high","changeType":"feature","findings":[{"rule","category","tier","line","endLine","message"}],"ms":0.8}
A line that can't be read is answered with {"id":…,"error":"…"}; the rest goes on.

options:
  --policy DIR   rules of the repository at DIR (its countersign.yaml); default: built-in policy
`,
  async run(args, io) {
    let policy: Policy = defaultPolicy;
    let jsonl = false;
    for (let i = 0; i < args.length; i++) {
      if (args[i] === '--jsonl') jsonl = true;
      else if (args[i] === '--policy' && args[i + 1] !== undefined) policy = (await loadPolicy(args[++i]!)).policy;
      else throw new UsageError(`unknown option '${args[i]}'; see 'countersign classify --help'`);
    }
    if (!jsonl) throw new UsageError("give --jsonl and changes on standard input; see 'countersign classify --help'");
    const grammars = createGrammars();
    let isMany = false;
    for await (const lines of linesOf(io.pieces?.() ?? io.stdin)) {
      let out = '';
      if (!isMany && lines.length >= many) {
        isMany = true;
        optimiseLater();
      }
      for (const line of lines) {
        if (line.trim() === '') continue;
        out += `${JSON.stringify(await answer(line, policy, grammars))}\n`;
      }
      if (out !== '') io.out(out);
    }
    return 0;
  },
};

/** Lines at once that make a batch. */
const many = 8;

/**
 * A batch is over before most of what V8 optimises at its usual pace pays: on some hundred changes that took a third of
 * the time. What runs for seconds is optimised all the same.
 */
function optimiseLater(): void {
  // Loaded here: with all that it brings along it would cost each start a tenth of its time.
  (require('node:v8') as typeof import('node:v8')).setFlagsFromString('--interrupt-budget=600000');
}

/**
 * Lines as they come, those of one piece of input together: what asks one by one is answered one by one, and a file does
 * not cost a turn of the event loop and a write for every line.
 */
async function* linesOf(input: AsyncIterable<string | Buffer>): AsyncGenerator<readonly string[]> {
  /** Pieces of a line that has not ended. */
  let open: Buffer[] = [];
  for await (const piece of input) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    const end = bytes.lastIndexOf(0x0a);
    if (end < 0) {
      open.push(bytes);
      continue;
    }
    const whole = Buffer.concat([...open, bytes.subarray(0, end)]);
    open = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
    yield whole.toString('utf8').split('\n');
  }
  if (open.length > 0) yield [Buffer.concat(open).toString('utf8')];
}

/** The output object for one input line. Never rejects. */
export async function answer(line: string, policy: Policy, grammars: Grammars): Promise<Record<string, unknown>> {
  let id: unknown = null;
  try {
    const input = JSON.parse(line) as Record<string, unknown>;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Error('not an object');
    id = input['id'] ?? null;
    const started = performance.now();
    const listed = input['files'];
    if (listed !== undefined && !Array.isArray(listed)) throw new Error('"files" is not a list');
    const files = (listed ?? [input]).map(readChange);
    const verdict = await classify(files, { grammars, policy });
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    return {
      id,
      tier: verdict.tier,
      changeType: verdict.changeType,
      findings: verdict.findings.map(brief),
      ...(listed === undefined
        ? {}
        : {
            files: verdict.files.map((f) => ({
              path: f.path,
              tier: f.classification.tier,
              changeType: f.classification.changeType,
              findings: f.classification.findings.map(brief),
            })),
          }),
      ...(verdict.note === undefined ? {} : { note: verdict.note }),
      ms,
    };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.message.split('\n')[0] ?? 'error') : String(error) };
  }
}

function readChange(value: unknown): FileChange {
  if (typeof value !== 'object' || value === null) throw new Error('a file is not an object');
  const { path, before, after } = value as Record<string, unknown>;
  if (typeof path !== 'string' || path === '') throw new Error('"path" is missing');
  const side = (name: string, x: unknown): string | null => {
    if (x === null || x === undefined) return null;
    if (typeof x !== 'string') throw new Error(`"${name}" is neither text nor null`);
    return x;
  };
  return { path, before: side('before', before), after: side('after', after) };
}

const brief = (f: Finding): Record<string, unknown> => ({
  rule: f.rule,
  category: f.category,
  tier: f.tier,
  line: f.line,
  endLine: f.endLine,
  message: f.message,
  ...(f.removed ? { removed: true } : {}),
});
