/** What `verify` may be given beside the commits: reviews, keys, a log, an evidence floor. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { formatRecord, parseRecord, signedText } from '../../src/core/provenance/record.ts';
import { generateKeys, sha256, signText, type KeyPair } from '../../src/platform/crypto.ts';
import { buildCli, defaultTestPolicy, World, withWorld } from './world.ts';

/** A file beside the repository. */
async function beside(w: World, name: string, value: unknown): Promise<string> {
  const file = path.join(path.dirname(w.dir), name);
  await fs.writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

const rules = async (w: World, range: string, ...args: string[]): Promise<string[]> => {
  const result = await w.countersign('verify', range, '--format', 'json', ...args);
  assert.notEqual(result.out, '', result.err);
  const { problems } = JSON.parse(result.out) as { problems: { rule: string; level: string }[] };
  const errors = problems.filter((p) => p.level === 'error').map((p) => p.rule);
  assert.equal(result.code, errors.length > 0 ? 1 : 0);
  return errors;
};

/** Replaces HEAD by a commit with another message, without any hook. */
async function rewrite(w: World, message: string, committed?: string): Promise<void> {
  const made = await w.tryGit(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD~1', '-F', '-'], {
    input: message,
    ...(committed !== undefined && { env: { GIT_COMMITTER_DATE: committed } }),
  });
  assert.equal(made.code, 0, made.err);
  await w.git('update-ref', 'HEAD', made.out.trim());
}

const aiCommit = async (w: World, file = 'src/a.py'): Promise<void> => {
  await w.ai(file, 'one()\ntwo()\n');
  await w.git('add', '.');
  await w.commit(`feat: ${file}`);
};

describe('verify with files at hand', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('asks that the demanded review was given, by who may, after the last change', () =>
    withWorld(
      {
        policy: `${defaultTestPolicy}review: { ai: { junior: senior } }\npeople: [{ email: person@example.com, seniority: junior }, { email: senior@example.com, seniority: senior }]\n`,
      },
      async (w) => {
        await aiCommit(w);
        const first = (await w.git('rev-parse', 'HEAD')).trim();
        await aiCommit(w, 'src/b.py');
        assert.deepEqual(await rules(w, 'HEAD~2..HEAD'), [], 'only asked for');
        const senior = { email: 'senior@example.com', state: 'approved' };
        const file = await beside(w, 'approvals.json', [senior]);
        assert.deepEqual(await rules(w, 'HEAD~2..HEAD', '--approvals', file), []);
        await beside(w, 'approvals.json', [{ ...senior, commit: first }]);
        assert.deepEqual(await rules(w, 'HEAD~2..HEAD', '--approvals', file), ['review-unmet'], 'stale');
        await beside(w, 'approvals.json', [{ ...senior, commit: (await w.git('rev-parse', 'HEAD')).trim() }]);
        assert.deepEqual(await rules(w, 'HEAD~2..HEAD', '--approvals', file), []);
        await beside(w, 'approvals.json', [{ email: 'person@example.com', state: 'approved' }]);
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--approvals', file), ['review-unmet'], 'the author');
        await beside(w, 'approvals.json', '{"approvals": oops');
        assert.equal((await w.countersign('verify', 'HEAD~1..HEAD', '--approvals', file)).code, 2);
        // In the message, where that is believed.
        const text = await w.message();
        await rewrite(w, text.replace('\nAssisted-by', '\nReviewed-by: S <senior@example.com>\nAssisted-by'));
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--reviewed-by'), []);
        await rewrite(w, text);
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--reviewed-by'), ['review-unmet']);
        // The record may not ask for less than the policy.
        await rewrite(w, text.replace('reviewers=1', 'reviewers=0'));
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD'), ['review-missing']);
      },
    ));

  it('compares counts with an audit log, which a signature or a digest cannot do', () =>
    withWorld({}, async (w) => {
      await aiCommit(w, 'src/b.py');
      await aiCommit(w);
      const log = path.join(path.dirname(w.dir), 'log.jsonl');
      assert.equal((await w.countersign('audit', 'export', '-o', log)).code, 0);
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--log', log), []);
      const text = await w.message();
      for (const [from, to] of [
        ['ai=2/2', 'ai=1/2'],
        ['conf=hook', 'conf=editor'],
      ] as const) {
        await rewrite(w, text.replace(from, to));
        const expected = to.startsWith('ai') ? ['counts-understated'] : [];
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD'), [], 'not to be seen without');
        assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--log', log), expected);
      }
      // A log that somebody made fit.
      await fs.writeFile(log, (await fs.readFile(log, 'utf8')).replace('ai=2/2', 'ai=1/2'));
      // (Its last line has no next one that would tell; `audit verify` has the commits for that.)
      await rewrite(w, text);
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--log', log), ['log-broken']);
      assert.equal((await w.countersign('verify', 'HEAD~1..HEAD', '--log', 'nosuch')).code, 2);
    }));

  it('holds records to an evidence floor', () =>
    withWorld({}, async (w) => {
      await aiCommit(w);
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--min-conf', 'hook'), []);
      await w.human('src/b.py', 'own()\n');
      await w.git('add', '.');
      await w.commit('own');
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--min-conf', 'editor'), []);
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--min-conf', 'hook'), ['evidence-weak']);
      await w.write('src/c.py', 'unseen()\n');
      await w.git('add', '.');
      await w.commit('unseen');
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--min-conf=heuristic'), ['evidence-weak']);
      // Lines that are only taken away rest on nothing, and need nothing.
      await w.git('rm', '-q', 'src/c.py');
      await w.commit('gone');
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--min-conf', 'hook'), []);
      assert.equal((await w.countersign('verify', 'HEAD~1..HEAD', '--min-conf', 'sure')).code, 2);
    }));

  it('checks signatures against pinned keys, their revocation, and that there are any', () =>
    withWorld({}, async (w) => {
      await aiCommit(w);
      const root = sha256((await w.git('rev-list', '--max-parents=0', 'HEAD')).trim());
      const keys = generateKeys();
      const text = await w.message();
      const value = /AI-Provenance: (.*)/.exec(text)?.[1] ?? '';
      const record = parseRecord(value);
      assert.ok(record);
      const signed = (id = root, pair: KeyPair = keys): string =>
        text.replace(
          value,
          formatRecord({ ...record, key: pair.id, sig: signText(pair.privateKey, signedText(record, id)) }),
        );
      const list = (entry: object = {}): Promise<string> =>
        beside(w, 'keys.json', { version: 1, keys: [{ id: keys.id, publicKey: keys.publicKey, ...entry }] });
      const file = await list();
      const check = (...args: string[]): Promise<string[]> => rules(w, 'HEAD~1..HEAD', '--keys', file, ...args);
      assert.deepEqual(await check(), [], 'a signature is optional');
      assert.deepEqual(await check('--require-signed'), ['signature-missing']);
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--require-signed'), ['signature-missing']);
      await rewrite(w, signed(), '2026-03-01T12:00:00Z');
      assert.deepEqual(await check('--require-signed'), []);
      // Revoked later: what was made before stays good; revoked before: not.
      await list({ revoked: '2026-04-01T00:00:00.000Z' });
      assert.deepEqual(await check(), []);
      await list({ revoked: '2026-02-01T00:00:00.000Z' });
      assert.deepEqual(await check(), ['key-revoked']);
      await list({ revoked: 'some day' });
      assert.deepEqual(await check(), ['key-revoked']);
      // Signed for another repository, and with a key nobody listed.
      await list();
      await rewrite(w, signed(sha256('another')));
      assert.deepEqual(await check(), ['signature-invalid']);
      await rewrite(w, signed(root, generateKeys()));
      assert.deepEqual(await check(), ['key-unlisted']);
      // Pinned in the target branch.
      await rewrite(w, signed());
      await w.git('branch', 'pinned', 'HEAD~1');
      const tree = (await w.git('hash-object', '-w', file)).trim();
      const made = await w.tryGit(['mktree'], { input: `100644 blob ${tree}\tkeys.json\n` });
      const commit = await w.git('commit-tree', made.out.trim(), '-m', 'keys');
      await w.git('branch', '-f', 'pinned', commit.trim());
      assert.deepEqual(await rules(w, 'HEAD~1..HEAD', '--keys', 'pinned:keys.json'), []);
      const missing = await w.countersign('verify', 'HEAD~1..HEAD', '--keys', 'nosuch.json');
      assert.equal(missing.code, 2);
      assert.match(missing.err, /cannot be read/);
    }));
});
