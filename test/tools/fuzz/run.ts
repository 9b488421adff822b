/** One input through the engine, and what must hold of the answer whatever the input was. */
import assert from 'node:assert/strict';
import { classify } from '../../../src/core/classify.ts';
import { guardCommand } from '../../../src/core/guard/index.ts';
import { tiers, type Classification, type FileChange } from '../../../src/core/model.ts';
import { readPatch } from '../../../src/core/patch.ts';
import { defaultPolicy, parsePolicy } from '../../../src/core/policy/index.ts';
import type { Grammars } from '../../../src/core/ports.ts';
import { sizeOf, type Input } from './inputs.ts';

/** Processor milliseconds that an input may take: a floor for compilation and collection, and so much per character. */
export const limitOf = (input: Input): number => 250 + sizeOf(input) / 20;

/** Resolves when the answer is sane; rejects with what is wrong. */
export async function tryInput(input: Input, grammars: Grammars, twice: boolean): Promise<void> {
  if (input.kind === 'command') {
    const verdict = guardCommand({ command: input.command, shell: input.shell });
    assert.ok(['allow', 'ask', 'deny'].includes(verdict.decision), `decision ${verdict.decision}`);
    assert.ok(
      typeof verdict.reason === 'string' && !/undefined|\[object/.test(verdict.reason.replace(input.command, '')),
    );
    if (twice) assert.deepEqual(guardCommand({ command: input.command, shell: input.shell }), verdict);
    return;
  }
  if (input.kind === 'policy') {
    const parsed = parsePolicy(input.text, 'countersign.yaml');
    const lines = input.text.split(/\r\n|\r|\n/).length;
    for (const p of parsed.problems)
      assert.ok(p.line >= 1 && p.line <= lines + 1, `problem at line ${p.line} of ${lines}`);
    return;
  }
  const files = input.kind === 'patch' ? readPatch(input.text) : input.files;
  const verdict = await classify(files, { grammars, policy: defaultPolicy });
  sane(
    files,
    verdict.files.map((f) => f.classification),
  );
  if (twice)
    assert.deepEqual(
      await classify(files, { grammars, policy: defaultPolicy }),
      verdict,
      'another verdict on second asking',
    );
}

function sane(files: readonly FileChange[], verdicts: readonly Classification[]): void {
  for (const [i, verdict] of verdicts.entries()) {
    assert.ok(tiers.includes(verdict.tier));
    const lines = Math.max(1, (files[i]!.after ?? '').split(/\r\n|\n|\r/).length);
    for (const f of verdict.findings) {
      assert.ok(
        f.line >= 1 && f.endLine >= f.line && f.line <= lines,
        `${f.rule} at ${f.line}-${f.endLine} of ${lines}`,
      );
      assert.ok(
        f.message.length > 0 && f.message.length < 1000,
        `${f.rule}: a message of ${f.message.length} characters`,
      );
      assert.ok(tiers.indexOf(verdict.tier) >= tiers.indexOf(f.tier), `${f.rule} is above its file`);
    }
  }
}

/** Processor time of one input in ms. Rejects as `tryInput` does. */
export async function costOf(input: Input, grammars: Grammars, twice = false): Promise<number> {
  const start = process.cpuUsage();
  await tryInput(input, grammars, twice);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1000;
}
