/** Records signed by an editor at the hook's request, over a real socket. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { formatRecord } from '../../src/core/provenance/record.ts';
import { CommitSigner } from '../../src/platform/commitSigner.ts';
import { generateKeys, signText, type KeyPair } from '../../src/platform/crypto.ts';
import { addKey, revokeKey } from '../../src/platform/keys.ts';
import { signersDir } from '../../src/platform/signRequest.ts';
import { keysFile } from '../../src/platform/state.ts';
import { buildCli, World } from './world.ts';

interface Editor {
  readonly w: World;
  readonly signer: CommitSigner;
  readonly keys: KeyPair;
  readonly log: string[];
}

/** A repository that an editor has open which signs. */
async function withEditor(use: (e: Editor) => Promise<void>): Promise<void> {
  const w = await World.make();
  // A busy machine is slow, not wrong.
  w.env['COUNTERSIGN_SIGN_MS'] = '10000';
  const keys = generateKeys();
  const log: string[] = [];
  const signer = new CommitSigner({
    sign: (text) => Promise.resolve({ key: keys.id, sig: signText(keys.privateKey, text) }),
    log: (line) => log.push(line),
  });
  try {
    await addKey(w.repo, { publicKey: keys.publicKey });
    await signer.listen();
    await signer.add(w.repo);
    await use({ w, signer, keys, log });
  } finally {
    await signer.dispose();
    await w.remove();
  }
}

const commitAi = async (w: World, file: string, text = 'one()\ntwo()\n'): Promise<void> => {
  await w.ai(file, text);
  await w.git('add', '.');
  await w.commit(`feat: ${file}`);
};

const verify = (w: World, range: string) =>
  w.countersign('verify', range, '--keys', keysFile(w.repo), '--require-signed', '--policy-ref', 'HEAD');

describe('signed records', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('are what a commit gets while an editor has its repository open, and survive a rebase', () =>
    withEditor(async ({ w, signer, keys, log }) => {
      const base = (await w.git('rev-parse', 'HEAD')).trim();
      await commitAi(w, 'src/a.py');
      assert.equal((await w.record()).provenance.key, keys.id, log.join('\n'));
      await w.expect('HEAD', { ai: '2/2' });
      await w.git('checkout', '-q', '-b', 'other', base);
      await w.human('m.txt', 'm\n');
      await w.git('add', '.');
      await w.commit('other');
      await w.git('rebase', '-q', 'other', 'main');
      const result = await verify(w, `${base}..HEAD`);
      assert.equal(result.code, 0, result.out);
      // A linked worktree is the same repository.
      const tree = path.join(path.dirname(w.dir), 'tree');
      await w.git('worktree', 'add', '-q', '-b', 'linked', tree);
      await fs.writeFile(path.join(tree, 'x.txt'), 'x\n');
      await w.tryGit(['add', '.'], { cwd: tree });
      assert.equal((await w.tryGit(['commit', '-q', '-m', 'x'], { cwd: tree })).code, 0);
      assert.equal((await w.record('linked')).provenance.key, keys.id, log.join('\n'));
      // Revoked: what was signed stays good, nothing more is signed.
      await revokeKey(w.repo, keys.id);
      await commitAi(w, 'src/b.py');
      assert.equal((await w.record()).provenance.key, undefined);
      // No editor: no signature, no wait.
      await signer.dispose();
      assert.deepEqual(await fs.readdir(signersDir(w.repo)), []);
      await commitAi(w, 'src/c.py');
      assert.equal((await w.record()).provenance.key, undefined);
    }));

  it('are checked with keys that are published, pinned and revoked by date', () =>
    withEditor(async ({ w, keys }) => {
      await commitAi(w, 'src/a.py');
      assert.match((await w.countersign('keys')).out, new RegExp(`^${keys.id}  in force`));
      const pinned = path.join(path.dirname(w.dir), 'pinned.json');
      assert.equal((await w.countersign('keys', 'export', '-o', pinned)).code, 0);
      const check = async (): Promise<string> => {
        const { out } = await w.countersign('verify', 'HEAD~1..HEAD', '--keys', pinned, '--require-signed');
        return /^refused \S+ (\S+):/m.exec(out)?.[1] ?? 'fine';
      };
      assert.equal(await check(), 'fine');
      assert.equal((await w.countersign('keys', 'revoke', keys.id)).code, 0);
      await w.countersign('keys', 'export', '-o', pinned);
      assert.equal(await check(), 'fine', 'signed before');
      // An earlier date moves the revocation, a later one does not.
      assert.equal((await w.countersign('keys', 'revoke', keys.id, '--since', '2020-01-31')).code, 0);
      assert.equal((await w.countersign('keys', 'revoke', keys.id)).code, 0);
      await w.countersign('keys', 'export', '-o', pinned);
      assert.equal(await check(), 'key-revoked');
      assert.match((await w.countersign('keys')).out, /revoked 2020-01-31T00:00:00\.000Z/);
      assert.equal((await w.countersign('keys', 'revoke', 'ed:0000000000000000')).code, 1);
      for (const args of [['revoke'], ['revoke', keys.id, '--since', 'soon'], ['export', 'x'], ['make']])
        assert.equal((await w.countersign('keys', ...args)).code, 2, args.join(' '));
    }));

  it('come over a socket that is private to the user', { skip: process.platform === 'win32' }, () =>
    withEditor(async ({ w, signer }) => {
      const socket = signer.socket ?? '';
      assert.equal((await fs.lstat(socket)).mode & 0o777, 0o600);
      assert.equal((await fs.lstat(path.dirname(socket))).mode & 0o777, 0o700);
      const pointer = path.join(signersDir(w.repo), String(process.pid));
      assert.equal((await fs.stat(pointer)).mode & 0o777, 0o600);
      assert.equal((await fs.stat(signersDir(w.repo))).mode & 0o777, 0o700);
      // A socket that others could listen on is not asked.
      await fs.chmod(socket, 0o666);
      await commitAi(w, 'src/a.py');
      assert.equal((await w.record()).provenance.key, undefined);
      await fs.chmod(socket, 0o600);
    }),
  );

  it('are refused for what the editor cannot recompute', () =>
    withEditor(async ({ w, signer, log }) => {
      await commitAi(w, 'src/a.py');
      const [parent, tree] = (await w.git('rev-parse', 'HEAD~1', 'HEAD^{tree}')).trim().split('\n') as [string, string];
      const { key: _key, sig: _sig, ...record } = (await w.record()).provenance;
      const ask = async (change: object = {}, more: Partial<typeof record> = {}): Promise<string> => {
        const request = {
          version: 1,
          root: w.dir,
          parent,
          tree,
          record: formatRecord({ ...record, ...more }),
          ...change,
        };
        const answer = await signer.answer(`${JSON.stringify(request)}\n`);
        return 'sig' in answer ? 'signed' : answer.refused;
      };
      assert.equal(await ask(), 'signed');
      assert.match(await ask({ tree: (await w.git('rev-parse', 'HEAD~1^{tree}')).trim() }), /content is another/);
      assert.match(await ask({}, { files: 2 }), /totals are others/);
      assert.match(await ask({}, { added: 3 }), /totals are others/);
      assert.match(await ask({}, { ai: 1 }), /says ai=1; 2 lines are known/);
      await w.write('src/b.py', 'unseen()\n');
      await w.git('add', '.');
      const unseen = (await w.git('write-tree')).trim();
      const found = (await w.git('rev-parse', 'HEAD')).trim();
      await w.commit('unseen');
      const { key: _k, sig: _s, ...other } = (await w.record()).provenance;
      assert.equal(other.unk, 1);
      const lie = { parent: found, tree: unseen, record: formatRecord({ ...other, unk: 0 }) };
      assert.match(await ask(lie), /says unk=0; 1 lines were not seen/);
      assert.match(await ask({ parent: null }), /first commit/);
      assert.match(await ask({ root: os.tmpdir() }), /not open here/);
      const foreign = await World.make({ hooks: false });
      assert.match(await ask({ root: foreign.dir }), /not open here/);
      await foreign.remove();
      for (const bad of [{ version: 2 }, { root: 'x' }, { tree: '--help' }, { parent: 'HEAD' }, { record: 'anything' }])
        assert.equal(await ask(bad), 'the request is none', JSON.stringify(bad));
      for (const line of ['', 'null', '[]', '{', '1']) assert.ok('refused' in (await signer.answer(line)), line);
      assert.ok(!log.some((l) => l.includes('PRIVATE')));
    }));

  it('are signed so many in a minute and no more', () =>
    withEditor(async ({ w }) => {
      await commitAi(w, 'src/a.py');
      let now = 0;
      const keys = generateKeys();
      const signer = new CommitSigner({
        sign: (text) => Promise.resolve({ key: keys.id, sig: signText(keys.privateKey, text) }),
        log: () => undefined,
        now: () => now,
      });
      await signer.add(w.repo);
      const [parent, tree] = (await w.git('rev-parse', 'HEAD~1', 'HEAD^{tree}')).trim().split('\n');
      const { key: _key, sig: _sig, ...record } = (await w.record()).provenance;
      const line = JSON.stringify({ version: 1, root: w.dir, parent, tree, record: formatRecord(record) });
      for (let i = 0; i < 60; i++) assert.ok('sig' in (await signer.answer(line)), String(i));
      const refused = await signer.answer(line);
      assert.ok('refused' in refused && /60 records in a minute/.test(refused.refused));
      now += 60_000;
      assert.ok('sig' in (await signer.answer(line)));
      await signer.dispose();
    }));

  it('never hold a commit up: a silent, a broken and a lying editor', { skip: process.platform === 'win32' }, () =>
    withEditor(async ({ w, signer, keys }) => {
      delete w.env['COUNTERSIGN_SIGN_MS'];
      const pointer = path.join(signersDir(w.repo), String(process.pid));
      const socket = `${signer.socket}2`;
      const behave: ((c: net.Socket) => void)[] = [
        () => undefined,
        (c) => c.end('nonsense'),
        (c) => c.end('x'.repeat(100_000)),
        (c) => c.destroy(),
        (c) => c.end(`${JSON.stringify({ key: keys.id, sig: 'A'.repeat(86), repository: 'x' })}\n`),
      ];
      for (const [i, act] of behave.entries()) {
        const open = new Set<net.Socket>();
        const server = net.createServer((c) => {
          open.add(c);
          c.on('error', () => undefined).resume();
          act(c);
        });
        await new Promise<void>((resolve) => server.listen(socket, resolve));
        await fs.chmod(socket, 0o600);
        await fs.writeFile(pointer, socket);
        const started = Date.now();
        await w.human(`src/${i}.py`, `own${i}()\n`);
        await w.git('add', '.');
        await w.git('commit', '-q', '-m', `own ${i}`);
        // Far above any commit without a wait, far below a wait without end.
        assert.ok(Date.now() - started < 10_000, String(i));
        assert.equal((await w.record()).provenance.sig, undefined, String(i));
        for (const c of open) c.destroy();
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
      }
      // A file that names no socket, and one that is gone.
      for (const name of ['/etc/passwd', `${socket}-gone`, 'relative', '']) {
        await fs.writeFile(pointer, name);
        await w.append('human', 'src/0.py', `again${name.length}()`);
        await w.git('add', '.');
        await w.git('commit', '-q', '-m', 'again');
        assert.equal((await w.record()).provenance.sig, undefined, name);
      }
    }),
  );
});
