/**
 * Random sessions (typing, AI edits, undo, redo, save, reload, crash, torn journal, external writes, hooks, format,
 * rename, checkout, reset, stash, moves, line endings, commits, compaction, a second window) against a model. A failure prints its seed;
 * `MODEL_SEED=… MODEL_RUNS=1` plays it again, `MODEL_RUNS=100000` is the campaign.
 */
import { test } from 'node:test';
import { play } from './attributionModel.ts';
import { syncFiles } from './syncFiles.ts';

syncFiles();

const first = Number(process.env['MODEL_SEED'] ?? 1);
const runs = Number(process.env['MODEL_RUNS'] ?? 2000);

void test(`${runs} sessions from seed ${first} on: no AI line is called human, no human line AI, a hook is believed`, async () => {
  for (let seed = first; seed < first + runs; seed++) await play(seed);
});
