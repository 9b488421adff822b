/** Our d1 digest beside an independent implementation in sh and awk, over random commits. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { commitDigests, gitOutput } from '../../src/platform/git.ts';
import { random } from './randomWork.ts';

/** Why the other implementation can't run here. */
export const missing = (): string | false =>
  process.platform === 'win32' || spawnSync('sh', ['-c', 'command -v awk sha256sum']).status !== 0
    ? 'it needs sh, awk and sha256sum'
    : false;

/** Compares the digests of `count` random commits. @throws AssertionError with the commit's patch. */
export async function compareDigests(seed: number, count: number): Promise<void> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-d1-'));
  try {
    const rand = random(seed);
    const pick = <T>(list: readonly T[]): T => list[rand(list.length)] as T;
    const line = (): string =>
      pick([
        '',
        'a',
        'b',
        ' b',
        '\t',
        'x\r',
        '@@ -1 +1 @@',
        '+++ b/f',
        '--- a/f',
        'diff --git a/x b/x',
        '\\ No newline',
        'é',
      ]) + pick(['', '', `${rand(5)}`]);
    const names = ['f', 'dir/g', 'a b', 'q"uote', 'é', 'tab\there'];
    const tree = new Map<string, string>();
    const out: string[] = [];
    for (let n = 0; n < count; n++) {
      for (let k = 1 + rand(3); k > 0; k--) {
        const name = pick(names);
        if (rand(8) === 0) tree.delete(name);
        else {
          const lines = (tree.get(name) ?? '').split('\n');
          lines.splice(rand(lines.length + 1), rand(3), ...Array.from({ length: rand(4) }, line));
          tree.set(name, lines.join('\n'));
        }
      }
      const message = `commit ${n}`;
      out.push(`commit refs/heads/main\nmark :${n + 1}\ncommitter A <a@b.example> ${1_700_000_000 + n} +0000\n`);
      out.push(`data ${message.length}\n${message}\n${n > 0 ? `from :${n}\n` : ''}deleteall\n`);
      for (const [name, text] of tree) {
        const mode = pick(['100644', '100644', '100644', '100755', '120000']);
        out.push(`M ${mode} inline ${JSON.stringify(name)}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
      }
    }
    await gitOutput(['init', '-q', '--bare', '.'], { cwd: dir });
    await gitOutput(['fast-import', '--quiet'], { cwd: dir, input: out.join('') });
    const ids = (await gitOutput(['rev-list', 'main'], { cwd: dir })).toString().trim().split('\n');
    assert.equal(ids.length, count);
    const ours = await commitDigests(dir, ids);
    for (const id of ids) {
      const other = spawnSync('sh', [path.join(import.meta.dirname, 'd1.sh'), id], { cwd: dir, encoding: 'utf8' });
      assert.equal(ours.get(id)?.patch, `d1:${other.stdout.trim()}`, `${id} of seed ${seed}: ${other.stderr}`);
    }
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}
