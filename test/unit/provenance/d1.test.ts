import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { patchDigest, PatchReader } from '../../../src/core/provenance/digest.ts';
import { patchArguments } from '../../../src/core/provenance/digest.ts';
import * as fc from 'fast-check';
import { commitDigests, diffDigest, git, gitOutput, indexChange, writeTree } from '../../../src/platform/git.ts';
import { newHash } from '../../../src/platform/crypto.ts';

interface Vector {
  readonly commit: string;
  readonly subject: string;
  readonly patch: string;
  readonly added?: number;
  readonly deleted?: number;
  readonly files?: number;
}

const fixtures = path.join(import.meta.dirname, '../../fixtures/d1');

describe('d1 against the published vectors', () => {
  let repo: string;
  let vectors: Vector[];

  before(async () => {
    repo = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-d1-'));
    vectors = JSON.parse(await fs.readFile(path.join(fixtures, 'vectors.json'), 'utf8')) as Vector[];
    const result = await git(['clone', '--quiet', '--bare', path.join(fixtures, 'repo.bundle'), repo], {
      cwd: os.tmpdir(),
    });
    assert.equal(result.code, 0, result.stderr);
  });
  after(() => fs.rm(repo, { recursive: true, force: true }));

  it('gives the published digest and totals, commit by commit', async () => {
    for (const v of vectors) {
      if (v.patch === '-') continue;
      const parent = (await gitOutput(['rev-list', '--parents', '-n1', v.commit], { cwd: repo }))
        .toString()
        .trim()
        .split(' ')[1];
      const d = await diffDigest(repo, parent ?? null, v.commit);
      assert.deepEqual(d, { patch: v.patch, added: v.added, deleted: v.deleted, files: v.files }, v.subject);
    }
  });

  it('gives the same for all commits in one pass, and nothing for a merge', async () => {
    const digests = await commitDigests(
      repo,
      vectors.map((v) => v.commit),
    );
    for (const v of vectors) {
      if (v.patch === '-') assert.ok(!digests.has(v.commit) || digests.get(v.commit)?.files === 0);
      else
        assert.deepEqual(
          digests.get(v.commit),
          { patch: v.patch, added: v.added, deleted: v.deleted, files: v.files },
          v.subject,
        );
    }
  });

  it('does not depend on how the bytes are cut into chunks', async () => {
    for (const v of vectors.filter((x) => x.patch !== '-' && (x.added ?? 0) < 100)) {
      const bytes = await gitOutput([...patchArguments, '--root', '--no-commit-id', v.commit], { cwd: repo });
      assert.equal(patchDigest(bytes, newHash).patch, v.patch);
      for (const size of [1, 2, 3, 7, 64]) {
        let got = '';
        const reader = new PatchReader(newHash, (d) => {
          got = d.patch;
        });
        for (let i = 0; i < bytes.length; i += size) reader.push(bytes.subarray(i, i + size));
        reader.end();
        assert.equal(got, v.patch, `${v.subject}, chunks of ${size}`);
      }
    }
  });

  it('refuses a patch that stops in the middle', () => {
    const text = 'diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n';
    assert.throws(() => patchDigest(Buffer.from(text), newHash), /middle/);
  });
});

describe('the change of an index', () => {
  let repo: string;
  before(async () => {
    repo = await fs.mkdtemp(path.join(os.tmpdir(), 'countersign-index-'));
    await gitOutput(['init', '-q'], { cwd: repo });
  });
  after(() => fs.rm(repo, { recursive: true, force: true }));

  const tree = async (files: Readonly<Record<string, string>>): Promise<string> => {
    await gitOutput(['rm', '-rqf', '--cached', '--ignore-unmatch', '.'], { cwd: repo });
    for (const [name, text] of Object.entries(files)) {
      const id = (await gitOutput(['hash-object', '-w', '--stdin'], { cwd: repo, input: text })).toString().trim();
      await gitOutput(['update-index', '--add', '--cacheinfo', `100644,${id},${name}`], { cwd: repo });
    }
    return writeTree(repo);
  };

  it('has the texts as they are, the digest of the commit, and hunks that turn one into the other', async () => {
    const line = fc.constantFrom(
      'a',
      'b',
      'b ',
      '',
      '\r',
      'x\ry',
      'é',
      '\ufeffbom',
      '+plus',
      '-minus',
      '\\ No newline',
    );
    const content = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', '\n', '\r\n'))
      .map(([list, end]) => (list.length === 0 ? '' : list.join(end === '\r\n' ? '\r\n' : '\n') + end));
    const files = fc.record({ 'a.txt': content, 'dir/b \u00e9.txt': content, 'c.bin': content }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(files, files, async (old, now) => {
        const base = await tree(old);
        const to = await tree(now);
        const change = await indexChange(repo, base);
        assert.deepEqual(change.digest, await diffDigest(repo, base, to));
        const plain = (text: string | undefined): string | null =>
          text === undefined ? null : text.replace(/^\ufeff/, '');
        for (const f of change.files) {
          const name = f.path as keyof typeof old;
          assert.equal(f.before, plain(old[name]));
          assert.equal(f.after, plain(now[name]));
          // A text is given without the mark at its start, which git's lines have: a line that moves there loses it.
          const lines = (t: string | null): string[] =>
            t === null || t === '' ? [] : t.replaceAll('\ufeff', '').replace(/\n$/, '').split('\n');
          const [before, after] = [lines(f.before), lines(f.after)];
          const out: string[] = [];
          let o = 0;
          for (const h of f.hunks) {
            const start = h.oldLines === 0 ? h.oldStart : h.oldStart - 1;
            out.push(...before.slice(o, start));
            const from = h.newLines === 0 ? h.newStart : h.newStart - 1;
            out.push(...after.slice(from, from + h.newLines));
            o = start + h.oldLines;
          }
          assert.deepEqual([...out, ...before.slice(o)], after);
        }
        assert.deepEqual(
          change.files.map((f) => f.path).sort(),
          [...new Set([...Object.keys(old), ...Object.keys(now)])]
            .filter((n) => old[n as keyof typeof old] !== now[n as keyof typeof now])
            .sort(),
        );
      }),
      { numRuns: 25, examples: [[{ 'a.txt': '\ufeffbom\na' }, { 'a.txt': 'a\n\ufeffbom\n' }]] },
    );
  });
});
