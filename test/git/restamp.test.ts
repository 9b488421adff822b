import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { findRecords } from '../../src/core/provenance/trailers.ts';
import { buildCli, World, type Run, withWorld } from './world.ts';

/** A branch of four commits: AI lines, of which a person then replaces one; a person's file; a justified protected path. */
async function topic(w: World): Promise<void> {
  await w.git('checkout', '-q', '-b', 'topic');
  await w.ai('src/a b.py', 'one()\ntwo()\nthree()\n');
  await w.git('add', '.');
  await w.commit('feat: a\n\nThe first part.');
  await w.human('src/a b.py', 'one()\nmine()\nthree()\n');
  await w.git('add', '.');
  await w.commit('fix: a');
  await w.human('src/b.py', 'own()\n');
  await w.git('add', '.');
  await w.commit('feat: b\n\nSigned-off-by: Person <person@example.com>');
  await w.ai('infra/a.tf', 'resource = 1\n');
  await w.justify('because of OPS-1 at last', ['infra/a.tf']);
  await w.git('add', '.');
  await w.commit('infra: a');
  await w.git('checkout', '-q', 'main');
}

/** A commit on main with the branch's content, as a platform's merge button makes it: no hook runs. */
async function squash(w: World, message: string): Promise<string> {
  await w.git('merge', '-q', '--squash', 'topic');
  const tree = (await w.git('write-tree')).trim();
  const made = await w.tryGit(['commit-tree', tree, '-p', 'main', '-F', '-'], { input: message });
  assert.equal(made.code, 0, made.err);
  await w.git('update-ref', 'refs/heads/main', made.out.trim());
  await w.git('reset', '-q', '--hard');
  return made.out.trim();
}

const messagesOf = async (w: World): Promise<string[]> =>
  (await w.git('log', '--reverse', '--format=%B%x00', 'main..topic'))
    .split('\0')
    .map((m) => m.trim())
    .filter((m) => m !== '');

/** How platforms put the messages of a branch together. */
const forms: Readonly<Record<string, (messages: readonly string[]) => string>> = {
  'GitHub, several commits': (messages) =>
    `Topic (#12)\n\n${messages.map((m) => `* ${m}`).join('\n\n')}\n\n---------\n\nCo-authored-by: Other <other@example.com>\n`,
  'GitLab, %{all_commits}': (messages) => `Merge branch topic\n\n${messages.map((m) => `* ${m}`).join('\n\n')}\n`,
  'GitLab, %{first_multiline_commit}': (messages) => `${messages[0]}\n`,
  'GitLab, title only': () => 'Topic\n',
  'git merge --squash': (messages) =>
    `Squashed commit of the following:\n\n${messages.map((m) => m.replace(/^/gm, '    ')).join('\n\n')}\n`,
};

const verify = async (w: World, ...args: string[]): Promise<{ code: number; rules: string[]; run: Run }> => {
  const result = await w.countersign('verify', 'main~1..main', '--format', 'json', ...args);
  const { problems } = JSON.parse(result.out) as { problems: { rule: string; level: string }[] };
  return { code: result.code, rules: problems.map((p) => `${p.level} ${p.rule}`), run: result };
};

describe('restamp', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('makes one record out of a squash, whatever a platform makes of the messages', () =>
    withWorld({}, async (w) => {
      await topic(w);
      const messages = await messagesOf(w);
      const base = (await w.git('rev-parse', 'main')).trim();
      for (const [form, message] of Object.entries(forms)) {
        await w.git('reset', '-q', '--hard', base);
        await squash(w, message(messages));
        assert.equal((await verify(w)).code, 1, form);
        const stamped = await w.countersign('restamp', 'HEAD', '--parts', 'topic', '--write');
        assert.equal(stamped.code, 0, form + stamped.err);
        assert.equal(stamped.out.trim(), (await w.git('rev-parse', 'main')).trim(), form);
        // Of three AI lines one is gone, of a person's line nothing is AI's.
        await w.expect('main', { ai: '3/5', unk: 0, conf: 'editor', agents: ['Claude:claude-test-1'] });
        const record = await w.record('main');
        assert.equal(record.justification, 'because of OPS-1 at last', form);
        assert.equal(record.provenance.risk, 'critical', form);
        const text = await w.message('main');
        assert.equal(text.split('\n')[0], message(messages).split('\n')[0], `the subject stays: ${form}`);
        if (form.startsWith('GitHub'))
          assert.ok((await w.trailers('main')).includes('Co-authored-by: Other <other@example.com>'));
      }
      // Twice is once.
      const was = (await w.git('rev-parse', 'main')).trim();
      const again = await w.countersign('restamp', 'HEAD', '--parts', 'topic', '--write');
      assert.equal(again.code, 0, again.err);
      assert.match(again.err, /has its record already/);
      assert.equal((await w.git('rev-parse', 'main')).trim(), was);
      assert.equal(again.out.trim(), was);
    }));

  it('keeps author, dates and an encoding, and drops only the signature over the old message', () =>
    withWorld({}, async (w) => {
      await topic(w);
      await w.git('merge', '-q', '--squash', 'topic');
      const tree = (await w.git('write-tree')).trim();
      const parent = (await w.git('rev-parse', 'main')).trim();
      const raw = `tree ${tree}\nparent ${parent}\nauthor J <j@example.com> 1700000000 +0100\ncommitter Bot <bot@example.com> 1700000001 -0530\nencoding ISO-8859-1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\nCaf\xe9 (#3)\n`;
      const file = path.join(path.dirname(w.dir), 'raw');
      await fs.writeFile(file, raw, 'latin1');
      await w.git('update-ref', 'refs/heads/main', (await w.git('hash-object', '-t', 'commit', '-w', file)).trim());
      await w.git('reset', '-q', '--hard');
      assert.equal((await w.countersign('restamp', 'main', '--parts', 'topic', '--write')).code, 0);
      const made = await w.git('cat-file', 'commit', 'main');
      assert.ok(made.startsWith(raw.slice(0, raw.indexOf('gpgsig'))), made);
      assert.doesNotMatch(made, /gpgsig/);
      assert.match(made, /\n\nCaf\xe9 \(#3\)\n\nAssisted-by: /);
    }));

  it('stamps the message of a squash that is still to be made', () =>
    withWorld({}, async (w) => {
      await topic(w);
      const file = path.join(path.dirname(w.dir), 'message');
      await fs.writeFile(file, forms['GitHub, several commits']?.(await messagesOf(w)) ?? '');
      const stamped = await w.countersign('restamp', '--parts', 'main..topic', '--message', file);
      assert.equal(stamped.code, 0, stamped.err);
      assert.equal(findRecords(stamped.out).records.length, 1);
      // The target moves on meanwhile: the record is about the content, not the place.
      await w.human('other.txt', 'x\n');
      await w.git('add', '.');
      await w.commit('main goes on');
      await squash(w, stamped.out);
      assert.deepEqual((await verify(w)).rules, []);
    }));

  it('refuses to make something up', () =>
    withWorld({}, async (w) => {
      await topic(w);
      const refused = async (pattern: RegExp): Promise<void> => {
        const was = await w.git('rev-parse', 'main');
        const result = await w.countersign('restamp', 'main', '--parts', 'topic', '--write');
        assert.equal(result.code, 1, result.out);
        assert.match(result.err, pattern);
        assert.equal(result.err.trim().split('\n').length, 1);
        assert.equal(await w.git('rev-parse', 'main'), was);
      };
      const base = (await w.git('rev-parse', 'main')).trim();
      // Another content than the branch has.
      await w.git('merge', '-q', '--squash', 'topic');
      await w.write('src/b.py', 'evil()\n');
      await w.git('add', '.');
      const tree = (await w.git('write-tree')).trim();
      await w.git('update-ref', 'refs/heads/main', (await w.git('commit-tree', tree, '-p', base, '-m', 'x')).trim());
      await w.git('reset', '-q', '--hard');
      await refused(/content of .* is not what topic adds up to/);
      // A part that nobody recorded, and one whose record is not true.
      await w.git('reset', '-q', '--hard', base);
      await w.git('checkout', '-q', 'topic');
      const honest = (await w.git('rev-parse', 'HEAD')).trim();
      await w.write('src/c.py', 'c()\n');
      await w.git('add', '.');
      await w.git('commit', '-q', '-m', 'by hand', '--no-verify');
      const bare = (await w.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD~1', '-m', 'no record')).trim();
      await w.git('reset', '-q', '--hard', bare);
      await w.git('checkout', '-q', 'main');
      await squash(w, 'Topic\n');
      await refused(/a part, does not pass: record-missing/);
      await w.git('reset', '-q', '--hard', base);
      await w.git('checkout', '-q', 'topic');
      await w.git('reset', '-q', '--hard', honest);
      const lie = (await w.message()).replace('risk=critical', 'risk=low');
      const made = await w.tryGit(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD~1', '-F', '-'], { input: lie });
      await w.git('reset', '-q', '--hard', made.out.trim());
      await w.git('checkout', '-q', 'main');
      await squash(w, 'Topic\n');
      await refused(/a part, does not pass: risk-understated/);
    }));

  it('counts as unseen what no record speaks for, where the policy lets commits do without', () =>
    withWorld({ policy: 'version: 1\ncommit: { trailers: ai-only }\n' }, async (w) => {
      await w.git('checkout', '-q', '-b', 'topic');
      await w.ai('src/a.py', 'one()\n');
      await w.git('add', '.');
      await w.commit('feat: a');
      await w.human('src/b.py', 'own()\nand()\n');
      await w.git('add', '.');
      await w.commit('feat: b');
      assert.deepEqual(findRecords(await w.message()).records, []);
      await w.git('checkout', '-q', 'main');
      await squash(w, 'Topic\n');
      const stamped = await w.countersign('restamp', 'main', '--parts', 'topic', '--write');
      assert.equal(stamped.code, 0, stamped.err);
      await w.expect('main', { ai: '1/3', unk: 2, conf: 'none' });
    }));

  it('works in a bare clone, and says misuse in one line', () =>
    withWorld({}, async (w) => {
      await topic(w);
      await squash(w, 'Topic\n');
      const bare = path.join(path.dirname(w.dir), 'bare.git');
      await w.git('clone', '-q', '--mirror', w.dir, bare);
      const { run } = await import('./world.ts');
      const stamped = await run(
        process.execPath,
        [w.cli, 'restamp', 'main', '--parts', 'topic', '--write', '--ref', 'refs/heads/main'],
        {
          cwd: bare,
          env: w.env,
        },
      );
      assert.equal(stamped.code, 0, stamped.err);
      assert.match((await w.tryGit(['log', '-1', '--format=%B', 'main'], { cwd: bare })).out, /ai=3\/5 /);
      for (const args of [
        [],
        ['HEAD'],
        ['HEAD', '--parts', 'nosuch'],
        ['HEAD', '--parts', 'a...b'],
        ['--parts', 'main..topic', '--message', 'nosuch'],
        ['topic', '--parts', 'topic~1', '--write'],
        ['--what'],
      ]) {
        const result = await w.countersign('restamp', ...args);
        assert.notEqual(result.code, 0, args.join(' '));
        assert.equal(result.err.trim().split('\n').length, 1, result.err);
      }
    }));
});

describe('verify with the parts of a squash', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('takes the records of the parts for a squash of theirs, and only then', () =>
    withWorld({}, async (w) => {
      await topic(w);
      const messages = await messagesOf(w);
      const base = (await w.git('rev-parse', 'main')).trim();
      await squash(w, forms['GitHub, several commits']?.(messages) ?? '');
      assert.deepEqual((await verify(w)).rules, ['error record-multiple']);
      assert.deepEqual(await verify(w, '--parts', 'topic').then((v) => [v.code, v.rules]), [
        0,
        ['warning record-multiple'],
      ]);
      // A record among them that no part has.
      const foreign = (await w.message('topic')).replace(/d1:\S+/, `d1:${'0'.repeat(32)}`);
      await w.git('reset', '-q', '--hard', base);
      await squash(w, forms['GitHub, several commits']?.([...messages, foreign]) ?? '');
      assert.deepEqual((await verify(w, '--parts', 'topic')).rules, ['error record-multiple']);
      // Content that the parts do not have.
      const tree = (await w.git('rev-parse', `${base}^{tree}`)).trim();
      const made = await w.tryGit(['commit-tree', tree, '-p', base, '-F', '-'], {
        input: forms['GitHub, several commits']?.(messages) ?? '',
      });
      await w.git('reset', '-q', '--hard', made.out.trim());
      assert.deepEqual((await verify(w, '--parts', 'topic')).rules, ['error content-changed']);
      // A part's record alone.
      await w.git('reset', '-q', '--hard', base);
      await squash(w, messages[0] ?? '');
      const one = await verify(w, '--parts', 'topic');
      assert.deepEqual(one.rules, ['error record-copied']);
      assert.match(one.run.out, /a part of this squash.*|restamp/);
      // A part that is not what it says.
      await w.git('reset', '-q', '--hard', base);
      await w.git('checkout', '-q', 'topic');
      const lie = (await w.message()).replace(/AI-Justification: .*\n/, '');
      const bad = await w.tryGit(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD~1', '-F', '-'], { input: lie });
      await w.git('reset', '-q', '--hard', bad.out.trim());
      await w.git('checkout', '-q', 'main');
      await squash(w, forms['GitHub, several commits']?.(await messagesOf(w)) ?? '');
      assert.deepEqual((await verify(w, '--parts', 'topic')).rules, [
        'error justification-missing',
        'warning record-multiple',
      ]);
    }));
});
