/** `classify` over the rules' own fixtures, repeated; and that twice the text costs about twice the time. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { processTime, ratio, type Row } from './measure.ts';

const root = path.resolve(__dirname, '../..');
const cli = path.join(root, 'dist/cli.js');

/** Texts of all fixture files with what a path says about their language. */
async function corpus(): Promise<{ path: string; text: string }[]> {
  const base = path.join(root, 'test/fixtures');
  const entries = await fs.readdir(base, { recursive: true, withFileTypes: true });
  const found: { path: string; text: string }[] = [];
  for (const e of entries) {
    if (!e.isFile() || !/\.(ts|js|py|tf|sql|ya?ml|json|sh|go|java|rb|cs|php|rs)$|^Dockerfile$/.test(e.name)) continue;
    const file = path.join(e.parentPath, e.name);
    found.push({ path: path.relative(base, file), text: await fs.readFile(file, 'utf8') });
  }
  return found.sort((a, b) => a.path.localeCompare(b.path));
}

async function classifyTime(input: string): Promise<number> {
  return processTime(process.execPath, [cli, 'classify', '--jsonl'], { input });
}

export async function engineRows(): Promise<Row[]> {
  const files = await corpus();
  const lines = (bytes: number): string => {
    const out: string[] = [];
    for (let size = 0, i = 0; size < bytes; i++) {
      const file = files[i % files.length];
      if (!file) break;
      size += Buffer.byteLength(file.text);
      out.push(JSON.stringify({ id: i, path: file.path, before: null, after: `${file.text}\n# ${i}\n` }));
    }
    return `${out.join('\n')}\n`;
  };
  const start = await classifyTime('');
  const one = (await classifyTime(lines(4e6))) - start;
  const two = (await classifyTime(lines(8e6))) - start;
  const speed = 8 / (two / 1000);
  return [
    {
      what: `classify, ${files.length} kinds of files`,
      value: `${speed.toFixed(1)} MB/s`,
      beside: `start-up ${start.toFixed(0)} ms left out`,
      budget: '≥ 5 MB/s',
      ok: speed >= 5,
    },
    {
      what: 'classify, twice the text',
      value: ratio(two / one),
      beside: '4 MB',
      budget: '≤ 2.40 ×',
      ok: two / one <= 2.4,
    },
  ];
}
