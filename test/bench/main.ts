/**
 * `npm run bench`: what Countersign costs, each figure beside something simple that runs in the same minute (design
 * budgets as ratios, so that they hold on slow machines too). `npm run bench -- NAME…` picks sections: processes,
 * commits, verify, server, engine, audit, editor, load. Exits 1 when a budget is exceeded.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { printTable, type Row } from './measure.ts';
import { auditRows } from './audit.ts';
import { commitRows } from './commits.ts';
import { editorRows } from './editor.ts';
import { engineRows } from './engine.ts';
import { loadRows } from './load.ts';
import { processRows } from './processes.ts';
import { serverRows } from './server.ts';
import { verifyRows } from './verify.ts';

const sections: Readonly<Record<string, (scratch: string) => Promise<Row[]>>> = {
  processes: processRows,
  commits: commitRows,
  verify: verifyRows,
  server: serverRows,
  engine: engineRows,
  audit: auditRows,
  editor: editorRows,
  load: loadRows,
};

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const rows: Row[] = [];
  let broken = false;
  const cpu = os.cpus()[0]?.model ?? 'unknown CPU';
  console.log(
    `Node ${process.versions.node}, ${os.availableParallelism()} × ${cpu}, ${os.platform()} ${os.release()}\n`,
  );
  for (const [name, measure] of Object.entries(sections)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const scratch = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-bench-')));
    try {
      process.stderr.write(`${name} …\n`);
      rows.push(...(await measure(scratch)));
    } catch (error) {
      broken = true;
      console.error(`bench ${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await fs.rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  printTable(rows);
  return broken || rows.some((r) => !r.ok) ? 1 : 0;
}

void main().then((code) => process.exit(code));
