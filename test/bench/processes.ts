/** Whole processes that agents start hundreds of times, beside `node -e 0`. */
import * as path from 'node:path';
import { makeSample } from '../tools/sample.ts';
import { inTurn, median, ms, pairRatio, processTime, ratio, type Row } from './measure.ts';

const cli = path.resolve(__dirname, '../../dist/cli.js');

export async function processRows(scratch: string): Promise<Row[]> {
  const repo = path.join(scratch, 'shop');
  await makeSample(repo);
  const payload = (event: string, file: string): string =>
    JSON.stringify({
      session_id: '7f1c2c1e-3f0a-4f3e-9f1b-0d1d7b7b6a10',
      transcript_path: path.join(repo, 'transcript.jsonl'),
      cwd: repo,
      permission_mode: 'default',
      hook_event_name: event,
      tool_name: 'Edit',
      tool_use_id: 'toolu_01',
      tool_input: { file_path: path.join(repo, file), old_string: '0.2', new_string: '0.21', replace_all: false },
      tool_response: {},
    });
  const command = JSON.stringify({
    ...(JSON.parse(payload('PreToolUse', 'src/cart.ts')) as object),
    tool_name: 'Bash',
    tool_input: { command: 'git status --short && git log --oneline -5' },
  });
  const env = { ...process.env, HOME: scratch, XDG_STATE_HOME: path.join(scratch, 'state') };
  const node =
    (args: readonly string[], input?: string): (() => Promise<number>) =>
    () =>
      processTime(process.execPath, args, { cwd: repo, env, ...(input === undefined ? {} : { input }) });
  const [bare = [], pre = [], post = [], shell = [], guard = []] = await inTurn(21, [
    node(['-e', '0']),
    node([cli, 'hook', 'claude-code'], payload('PreToolUse', 'src/cart.ts')),
    node([cli, 'hook', 'claude-code'], payload('PostToolUse', 'src/cart.ts')),
    node([cli, 'hook', 'claude-code'], command),
    node([cli, 'guard', '--jsonl'], '{"id":1,"command":"rm -rf build && npm test"}\n'),
  ]);
  const row = (what: string, times: readonly number[], limit = 1.25): Row => {
    const against = pairRatio(times, bare);
    return {
      what,
      value: ms(median(times)),
      beside: `${ratio(against)} node -e 0 (${ms(median(bare))})`,
      budget: `≤ ${limit.toFixed(2)} ×`,
      ok: against <= limit,
    };
  };
  return [
    row('hook before an edit', pre),
    row('hook after an edit', post),
    // Loads the guard as well.
    row('hook before a command that reads', shell, 1.5),
    row('guard, one command', guard),
  ];
}
