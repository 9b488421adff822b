/** The GitHub Action, the GitLab template, the pre-receive hook and the push rule, run as those services run them. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { buildCli, defaultTestPolicy, run, World, type Run } from './world.ts';

const root = path.join(import.meta.dirname, '../..');

/** A project on a server (`origin`), its checkout with a policy on main, and programs that stand for npm, gh and curl. */
interface Server {
  readonly w: World;
  readonly bare: string;
  readonly temp: string;
  readonly env: NodeJS.ProcessEnv;
}

async function withServer(use: (s: Server) => Promise<void>, policy = defaultTestPolicy): Promise<void> {
  const w = await World.make({ policy });
  try {
    const base = path.dirname(w.dir);
    const bare = path.join(base, 'origin.git');
    const temp = path.join(base, 'temp');
    const bin = path.join(base, 'bin');
    await fs.mkdir(temp);
    await fs.mkdir(bin);
    await w.git('clone', '-q', '--bare', w.dir, bare);
    await w.git('remote', 'add', 'origin', bare);
    await w.git('fetch', '-q', 'origin');
    const program = (name: string, script: string): Promise<void> =>
      fs.writeFile(path.join(bin, name), `#!/bin/bash\nset -eu\n${script}`, { mode: 0o755 });
    // Installs the CLI under test, and only away from the checkout, whose .npmrc belongs to the change.
    await program(
      'npm',
      `[ "$1" = install ] && [ "$2" = --prefix ] && [ "$4" = --ignore-scripts ]\n` +
        `case $PWD/ in '${w.dir}'/*) echo 'npm in the checkout' >&2; exit 9 ;; esac\n` +
        `[[ "\${@: -1}" == countersign@[0-9]* ]]\n` +
        `mkdir -p "$3/node_modules/countersign" && ln -sfn '${path.dirname(w.cli)}' "$3/node_modules/countersign/dist"\n`,
    );
    await program('gh', `[ "$*" = "api --paginate --slurp repos/o/shop/pulls/7/reviews" ] && cat '${temp}/reviews'\n`);
    await program('curl', `while [ "$1" != --output ]; do shift; done; cp '${temp}/reviews' "$2"\n`);
    await use({ w, bare, temp, env: { ...w.env, PATH: `${bin}:${w.env['PATH']}`, TMPDIR: temp } });
  } finally {
    await w.remove();
  }
}

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** What GitHub makes of `a.b.c` in an expression: '' where there is nothing. */
function lookUp(context: unknown, name: string): string {
  let at: unknown = context;
  for (const part of name.trim().split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
  return typeof at === 'string' || typeof at === 'number' ? String(at) : '';
}

/** Runs the action's steps as a runner does: expressions filled in, the environment file carried on, stop at a failure. */
async function runAction(
  s: Server,
  event: object,
  inputs: Record<string, string> = {},
): Promise<Run & { summary: string; env: Record<string, string> }> {
  const action = parse(await fs.readFile(path.join(root, '.github/actions/verify/action.yml'), 'utf8')) as Action;
  assert.equal(action.runs.using, 'composite');
  for (const name of Object.keys(inputs)) assert.ok(action.inputs[name], `the action has an input ${name}`);
  const context = {
    inputs: { ...Object.fromEntries(Object.entries(action.inputs).map(([k, v]) => [k, v.default ?? ''])), ...inputs },
    github: { event, repository: 'o/shop', token: 'x' },
    runner: { temp: s.temp },
  };
  const envFile = path.join(s.temp, 'env');
  const summary = path.join(s.temp, 'summary');
  await fs.writeFile(envFile, '');
  await fs.writeFile(summary, '');
  const carried: Record<string, string> = {};
  let out = '';
  let err = '';
  for (const step of action.runs.steps) {
    assert.equal(step.shell, 'bash');
    assert.doesNotMatch(step.run, /\$\{\{/, `${step.name}: nothing of an event is put into a script`);
    if (step.if !== undefined) {
      const holds = step.if.split('&&').every((term) => {
        const [, name, wanted] = /^\s*([\w.]+)(?:\s*==\s*'([^']*)')?\s*$/.exec(term) ?? assert.fail(term);
        const value = lookUp(context, name ?? '');
        return wanted === undefined ? value !== '' : value === wanted;
      });
      if (!holds) continue;
    }
    const filled = Object.fromEntries(
      Object.entries(step.env).map(([k, v]) => [
        k,
        v.replace(/\$\{\{([^}]*)\}\}/g, (_, name: string) => lookUp(context, name)),
      ]),
    );
    const result = await run('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run], {
      cwd: s.w.dir,
      env: { ...s.env, ...carried, ...filled, GITHUB_ENV: envFile, GITHUB_STEP_SUMMARY: summary },
    });
    out += result.out;
    err += result.err;
    for (const line of (await fs.readFile(envFile, 'utf8')).split('\n')) {
      const at = line.indexOf('=');
      if (at > 0) carried[line.slice(0, at)] = line.slice(at + 1);
    }
    if (result.code !== 0)
      return { code: result.code, out, err, summary: await fs.readFile(summary, 'utf8'), env: carried };
  }
  return { code: 0, out, err, summary: await fs.readFile(summary, 'utf8'), env: carried };
}

const sha = async (w: World, rev: string): Promise<string> => (await w.git('rev-parse', rev)).trim();

const honest = async (w: World, file = 'src/a.py'): Promise<void> => {
  await w.ai(file, 'one()\n');
  await w.git('add', '.');
  await w.commit(`feat: ${file}`);
};
const bypass = async (w: World): Promise<void> => {
  await w.write('infra/b.tf', 'x\n');
  await w.git('add', '.');
  await w.git('commit', '-q', '--no-verify', '-m', 'bypass');
};

describe('the GitHub Action', { concurrency: 2 }, () => {
  before(() => buildCli());

  it('judges pull requests, merge queues and pushes by the policy they are based on', () =>
    withServer(async (s) => {
      const { w } = s;
      const base = await sha(w, 'HEAD');
      await w.git('checkout', '-q', '-b', 'topic');
      await honest(w);
      // The change brings an .npmrc and a policy that would let it pass.
      await w.write('.npmrc', 'registry=http://evil.example\n');
      await w.git('add', '.');
      await w.commit('npmrc');
      const pull = async (): Promise<object> => ({
        pull_request: { number: 7, base: { sha: base }, head: { sha: await sha(w, 'topic') } },
      });
      const good = await runAction(s, await pull());
      assert.equal(good.code, 0, good.out + good.err);
      assert.match(good.summary, /^```\nverified 2 commits under p1:[0-9a-f]{16}\n```\n$/);
      await bypass(w);
      const bad = await runAction(s, await pull(), { sarif: path.join(s.temp, 'out.sarif') });
      assert.equal(bad.code, 1);
      assert.match(bad.out, /^::error title=Countersign%3A justification-missing::/m);
      assert.match(bad.summary, /refused .* justification-missing: infra\/b\.tf/);
      const sarif = JSON.parse(await fs.readFile(path.join(s.temp, 'out.sarif'), 'utf8')) as {
        runs: { results: unknown[] }[];
      };
      assert.equal(sarif.runs[0]?.results.length, 1);
      const queue = { merge_group: { base_sha: base, head_sha: await sha(w, 'topic') } };
      assert.equal((await runAction(s, queue)).code, 1);
      const push = {
        before: base,
        after: await sha(w, 'topic~1'),
        repository: { default_branch: 'main' },
      };
      assert.equal((await runAction(s, push)).code, 0);
      assert.equal((await runAction(s, { ...push, after: await sha(w, 'topic') })).code, 1);
      const fresh = await runAction(s, { ...push, before: '0'.repeat(40) });
      assert.equal(fresh.code, 0, fresh.out);
      assert.equal(fresh.env['COUNTERSIGN_RANGE'], `refs/remotes/origin/main..${await sha(w, 'topic~1')}`);
      assert.equal((await runAction(s, {}, { range: 'main..topic~1' })).code, 0);
      // What it cannot judge does not pass.
      assert.equal((await runAction(s, {})).code, 2);
      assert.equal((await runAction(s, await pull(), { cli: '/nosuch/cli.js' })).code, 2);
      assert.equal((await runAction(s, {}, { range: 'main..nosuch' })).code, 2);
      const shallow = path.join(s.temp, 'shallow');
      await w.git('clone', '-q', '--depth=1', `file://${s.bare}`, shallow);
      await fs.rm(w.dir, { recursive: true });
      await fs.rename(shallow, w.dir);
      const cut = await runAction(s, { pull_request: { number: 7, base: { sha: base }, head: { sha: base } } });
      assert.equal(cut.code, 2);
      assert.match(cut.out, /fetch-depth: 0/);
    }));

  it('asks GitHub for the reviews, and takes keys from the target branch', () =>
    withServer(async (s) => {
      const { w } = s;
      const base = await sha(w, 'HEAD');
      await honest(w);
      const head = await sha(w, 'HEAD');
      const event = { pull_request: { number: 7, base: { sha: base }, head: { sha: head } } };
      const review = (state: string, commit: string): object => ({
        user: { login: 'boss', id: 3 },
        state,
        commit_id: commit,
      });
      const reviews = (...pages: object[][]): Promise<void> =>
        fs.writeFile(path.join(s.temp, 'reviews'), JSON.stringify(pages));
      await reviews([review('COMMENTED', head)], []);
      const without = await runAction(s, event, { reviews: 'true' });
      assert.equal(without.code, 1, without.err);
      assert.match(without.out, /review-unmet/);
      await reviews([review('CHANGES_REQUESTED', head)], [review('APPROVED', head)]);
      const given = await runAction(s, event, { reviews: 'true' });
      assert.equal(given.code, 0, given.out + given.err);
      await reviews([review('APPROVED', base)]);
      assert.equal((await runAction(s, event, { reviews: 'true' })).code, 1, 'reviewed before the last change');
      assert.equal((await runAction(s, event)).code, 0);
      const unsigned = await runAction(s, event, { 'require-signed': 'true', 'min-conf': 'hook' });
      assert.equal(unsigned.code, 1);
      assert.match(unsigned.out, /signature-missing/);
      assert.equal((await runAction(s, event, { keys: 'main:nosuch.json' })).code, 2);
    }, `${defaultTestPolicy}review: { medium: { reviewers: 1, seniority: senior } }\npeople: [{ email: 3+boss@users.noreply.github.com, seniority: senior }]\n`));
});

describe('the GitLab template', () => {
  before(() => buildCli());

  it('judges a merge request by the target branch, with the approvals where it has a token', () =>
    withServer(async (s) => {
      const { w } = s;
      const template = parse(await fs.readFile(path.join(root, 'docs/ci/gitlab.yml'), 'utf8')) as {
        countersign: { script: string[]; variables: Record<string, string>; rules: { if: string }[] };
      };
      const { script, variables } = template.countersign;
      const job = async (more: NodeJS.ProcessEnv = {}): Promise<Run> =>
        run('sh', ['-c', script.join('\n')], {
          cwd: w.dir,
          env: {
            ...s.env,
            ...variables,
            CI_PIPELINE_SOURCE: 'merge_request_event',
            CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
            CI_COMMIT_SHA: await sha(w, 'HEAD'),
            CI_API_V4_URL: 'https://gitlab.example/api/v4',
            CI_PROJECT_ID: '1',
            CI_MERGE_REQUEST_IID: '7',
            ...more,
          },
        });
      await w.git('checkout', '-q', '-b', 'topic');
      await honest(w);
      const good = await job();
      assert.equal(good.code, 0, good.out + good.err);
      assert.match(good.out, /^verified 1 commit /m);
      // The target went on: its commits are not the change's, its policy holds.
      await w.git('checkout', '-q', 'main');
      await w.human('m.txt', 'm\n');
      await w.git('add', '.');
      await w.commit('main');
      await w.git('push', '-q', 'origin', 'main');
      await w.git('checkout', '-q', 'topic');
      // A pipeline of merged results stands on a merge that GitLab made.
      const source = await sha(w, 'HEAD');
      await w.git('-c', 'core.hooksPath=/dev/null', 'merge', '-q', '--no-edit', 'main');
      const merged = await job({ CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: source });
      assert.equal(merged.code, 0, merged.out + merged.err);
      assert.match(merged.out, /^verified 1 commit /m);
      await fs.writeFile(path.join(s.temp, 'reviews'), JSON.stringify({ approved_by: [] }));
      const needed = await job({ COUNTERSIGN_TOKEN: 'x' });
      assert.equal(needed.code, 1, needed.err);
      assert.match(needed.out, /review-unmet/);
      await fs.writeFile(
        path.join(s.temp, 'reviews'),
        JSON.stringify({ approved_by: [{ user: { id: 3, username: 'boss' } }] }),
      );
      assert.equal((await job({ COUNTERSIGN_TOKEN: 'x' })).code, 0);
      assert.equal((await job({ COUNTERSIGN_ARGS: '--require-signed --min-conf hook' })).code, 1);
      await bypass(w);
      const bad = await job();
      assert.equal(bad.code, 1);
      assert.match(bad.out, /justification-missing: infra\/b\.tf/);
      assert.equal((await job({ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'nosuch' })).code !== 0, true);
    }, `${defaultTestPolicy}review: { medium: { reviewers: 1, seniority: senior } }\npeople: [{ email: 3-boss@users.noreply.gitlab.com, seniority: senior }]\n`));
});

describe('a bare repository', () => {
  before(() => buildCli());

  it('takes honest pushes and refuses others by its pre-receive hook, branch by branch', () =>
    withServer(async ({ w, bare }) => {
      const hook = path.join(bare, 'hooks/pre-receive');
      await fs.copyFile(path.join(root, 'docs/ci/pre-receive'), hook);
      await fs.chmod(hook, 0o755);
      const push = (...refs: string[]): Promise<Run> =>
        w.tryGit(['push', 'origin', ...refs], {
          env: { COUNTERSIGN: `'${process.execPath}' '${w.cli}'`.replaceAll("'", '') },
        });
      await honest(w);
      assert.equal((await push('main')).code, 0);
      await w.git('tag', 'v1');
      assert.equal((await push('v1')).code, 0);
      await w.git('checkout', '-q', '-b', 'topic');
      await honest(w, 'src/b.py');
      assert.equal((await push('topic')).code, 0);
      await bypass(w);
      const refused = await push('topic');
      assert.notEqual(refused.code, 0);
      assert.match(refused.err, /justification-missing: infra\/b\.tf/);
      assert.match(refused.err, /refs\/heads\/topic is refused/);
      // A new branch is judged by what main does not have.
      assert.notEqual((await push('topic:refs/heads/other')).code, 0);
      await w.git('reset', '-q', '--hard', 'HEAD~1');
      // The branch's own policy does not count, not even on the way into main.
      await w.human('countersign.yaml', defaultTestPolicy.replace('"infra/**"', '"nothing/**"'));
      await w.git('add', '.');
      await w.commit('policy: less');
      await bypass(w);
      const loosened = await push('topic:main');
      assert.notEqual(loosened.code, 0);
      assert.match(loosened.err, /policy-loosened/);
      assert.match(loosened.err, /justification-missing: infra\/b\.tf/);
      assert.equal((await push('--delete', 'topic')).code, 0);
    }));

  it('has a push rule that fits its limit, takes every record of ours and no other line', async () => {
    const rule = (await fs.readFile(path.join(root, 'docs/ci/push-rule.txt'), 'utf8')).trimEnd();
    assert.ok(rule.length <= 511, String(rule.length));
    assert.ok(rule.startsWith('(?m)'), 'RE2 says multi-line in the pattern');
    const pattern = new RegExp(rule.slice('(?m)'.length), 'm');
    const docs = await fs.readFile(path.join(root, 'docs/gate.md'), 'utf8');
    assert.ok(docs.includes(rule), 'docs/gate.md shows the same rule');
    const { linearRegex } = await import('../../src/core/regex.ts');
    const re2 = linearRegex(rule);
    const w = await World.make();
    try {
      await honest(w);
      const message = await w.message();
      const squashed = `Topic (#1)\n\n* ${message}\n\n---------\n\nCo-authored-by: A <a@b>\n`;
      const signed = message.replace(/^(AI-Provenance: .*)$/m, `$1 key=ed:${'0'.repeat(16)} sig=${'A'.repeat(86)}`);
      for (const good of [message, squashed, signed]) {
        assert.match(good, pattern);
        assert.ok(re2.test(good));
      }
      for (const bad of [
        'feat: a\n',
        message.replace('v1 ai', 'v2 ai'),
        message.replace(/ log=.*/, ''),
        message.replace(/^AI-/m, '> AI-'),
      ]) {
        assert.doesNotMatch(bad, pattern);
        assert.ok(!re2.test(bad));
      }
    } finally {
      await w.remove();
    }
  });
});
