/**
 * `npm run corpus -- DIR`: runs a labelled corpus of changes and commands (its README tells the format) through the
 * engine in one process and prints the tables of the scorer that lies beside it. The corpus stays where it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { classify } from '../../src/core/classify.ts';
import { guardCommand } from '../../src/core/guard/index.ts';
import type { Category, FileChange } from '../../src/core/model.ts';
import type { Grammars } from '../../src/core/ports.ts';
import { defaultPolicy } from '../../src/core/policy/index.ts';
import { createGrammars } from '../../src/platform/grammars.ts';

interface Row extends FileChange {
  readonly id: string;
  readonly files?: readonly FileChange[];
  readonly command?: string;
}

/** The corpus's categories in our words: any of these counts as named right. */
const categories: Readonly<Record<string, readonly Category[]>> = {
  authentication: ['authentication', 'security-control-disabled'],
  'ci-cd': ['ci-cd', 'supply-chain', 'security-control-disabled'],
  'cicd-injection': ['ci-cd'],
  'cicd-supply-chain': ['supply-chain', 'ci-cd'],
  command: ['destructive-command', 'command-execution'],
  'data-deletion': ['data-deletion', 'destructive-command'],
  'data-exfiltration': ['data-exposure', 'secrets'],
  'data-migration': ['data-migration', 'database-schema'],
  'database-schema': ['database-schema', 'data-deletion'],
  'dependency-manifest': ['dependency', 'supply-chain'],
  'destructive-command': ['destructive-command', 'data-deletion', 'environment'],
  'encryption-off': ['encryption-off', 'security-control-disabled', 'infrastructure'],
  'environment-creation': ['environment', 'destructive-command'],
  'environment-destruction': ['environment', 'destructive-command'],
  'iam-permission': ['iam-permission', 'authorization'],
  'injection-code-command': ['injection', 'data-exposure'],
  'injection-sql': ['injection'],
  'logging-off': ['logging-off', 'security-control-disabled'],
  'network-exposure': ['network-exposure', 'security-control-disabled'],
  'open-redirect': ['injection'],
  'path-traversal': ['injection'],
  permissions: ['authorization', 'security-control-disabled', 'destructive-command'],
  secrets: ['secrets', 'destructive-command'],
  'security-control-disabled': ['security-control-disabled', 'encryption-off', 'destructive-command'],
  'session-cookie': ['security-control-disabled'],
  ssrf: ['injection'],
  'unsafe-deserialization': ['injection'],
  'weak-crypto': ['cryptography', 'encryption-off'],
  xss: ['injection'],
  xxe: ['injection'],
};

/** Passes after which the compiler has seen what there is to see. */
const warmPasses = 6;

/** Megabytes of text, before and after, that a second of processor time judges when the process has run for a while. */
async function warmSpeed(rows: readonly Row[], bytes: number, grammars: Grammars): Promise<number> {
  let seconds = 0;
  for (let pass = 0; pass < warmPasses; pass++) {
    const cpu = process.cpuUsage();
    for (const row of rows) await classify(row.files ?? [row], { grammars, policy: defaultPolicy });
    const used = process.cpuUsage(cpu);
    seconds = (used.user + used.system) / 1e6;
  }
  return bytes / 1e6 / seconds;
}

async function main(dir: string | undefined, extra: readonly string[]): Promise<number> {
  if (dir === undefined || !existsSync(path.join(dir, 'score.mjs'))) {
    process.stderr.write('usage: npm run corpus -- DIR [options of score.mjs]; DIR holds score.mjs and *.jsonl.gz\n');
    return 2;
  }
  const work = mkdtempSync(path.join(tmpdir(), 'countersign-corpus-'));
  try {
    const grammars = createGrammars();
    const map = path.join(work, 'map.json');
    writeFileSync(map, JSON.stringify(categories));
    for (const name of ['code', 'realworld', 'commands']) {
      const packed = path.join(dir, `${name}.jsonl.gz`);
      if (!existsSync(packed)) continue;
      const text = gunzipSync(readFileSync(packed)).toString('utf8');
      const rows = text
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l) as Row);
      const predictions: string[] = [];
      let bytes = 0;
      const cpu = process.cpuUsage();
      for (const row of rows) {
        const started = performance.now();
        if (row.command !== undefined) {
          bytes += row.command.length;
          const verdict = guardCommand({ command: row.command });
          predictions.push(
            JSON.stringify({
              id: row.id,
              decision: verdict.decision === 'allow' ? 'allow' : 'block',
              tier: verdict.tier,
              ms: performance.now() - started,
            }),
          );
          continue;
        }
        const files = row.files ?? [row];
        for (const f of files) bytes += (f.before?.length ?? 0) + (f.after?.length ?? 0);
        const verdict = await classify(files, { grammars, policy: defaultPolicy });
        predictions.push(
          JSON.stringify({
            id: row.id,
            tier: verdict.tier,
            findings: verdict.findings.map(({ line, category, tier }) => ({ line, category, tier })),
            ms: performance.now() - started,
          }),
        );
      }
      const used = process.cpuUsage(cpu);
      const seconds = (used.user + used.system) / 1e6;
      const corpus = path.join(work, `${name}.jsonl`);
      const answers = path.join(work, `${name}.pred.jsonl`);
      writeFileSync(corpus, text);
      writeFileSync(answers, `${predictions.join('\n')}\n`);
      process.stdout.write(
        `\n== ${name}: ${(bytes / 1e6).toFixed(2)} MB in ${seconds.toFixed(2)} s of processor time, ${(bytes / 1e6 / seconds).toFixed(2)} MB/s\n`,
      );
      if (name !== 'commands')
        process.stdout.write(
          `warm, pass ${warmPasses + 1}: ${(await warmSpeed(rows, bytes, grammars)).toFixed(2)} MB/s\n`,
        );
      const scored = spawnSync(
        process.execPath,
        [path.join(dir, 'score.mjs'), corpus, answers, ...(name === 'code' ? ['--map', map] : []), ...extra],
        { stdio: ['ignore', 'inherit', 'inherit'] },
      );
      if (scored.status !== 0) return 1;
    }
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

void main(process.argv[2], process.argv.slice(3)).then((code) => {
  process.exitCode = code;
});
