/** The gate against tampering: each trick is refused, and in its own words. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { before, describe, it } from 'node:test';
import { noteDigest } from '../../src/core/provenance/record.ts';
import { sha256 } from '../../src/platform/crypto.ts';
import { buildCli, defaultTestPolicy, World, type Run } from './world.ts';

/** Replaces HEAD by a commit with another tree or message, without any hook. */
async function forge(w: World, change: { message?: (text: string) => string; tree?: boolean }): Promise<void> {
  const text = await w.message();
  const tree = change.tree ? (await w.git('write-tree')).trim() : (await w.git('rev-parse', 'HEAD^{tree}')).trim();
  const made = await w.tryGit(['commit-tree', tree, '-p', 'HEAD~1', '-F', '-'], {
    input: (change.message ?? ((t) => t))(text),
  });
  assert.equal(made.code, 0, made.err);
  await w.git('update-ref', 'HEAD', made.out.trim());
}

interface Trick {
  readonly name: string;
  readonly rule: string;
  readonly setup?: (w: World) => Promise<void>;
  readonly trick: (w: World) => Promise<void>;
  readonly range?: string;
  readonly args?: readonly string[];
  readonly policy?: string;
}

const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string => {
    assert.match(text, typeof from === 'string' ? new RegExp(from.replace(/[/.]/g, '\\$&')) : from);
    return text.replace(from, to);
  };

const aiCommit = async (w: World): Promise<void> => {
  await w.ai('src/a.py', 'if x:\n    y()\n    z()\n');
  await w.git('add', '.');
  await w.commit('feat: a');
};
const protectedCommit = async (w: World): Promise<void> => {
  await w.ai('infra/a.tf', 'resource = 1\n');
  await w.justify('because of OPS-1 at last', ['infra/a.tf']);
  await w.git('add', '.');
  await w.commit('infra: a');
};

const tricks: Trick[] = [
  {
    name: 'content swapped under the record',
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      await w.write('src/a.py', 'evil()\n');
      await w.git('add', '.');
      await forge(w, { tree: true });
    },
  },
  {
    name: 'white space only',
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      await w.write('src/a.py', 'if x:\n    y()\nz()\n');
      await w.git('add', '.');
      await forge(w, { tree: true });
    },
  },
  {
    name: 'a difference after a NUL',
    rule: 'content-changed',
    async setup(w) {
      await w.write('src/b.bin', 'a\0b\n');
      await w.git('add', '.');
      await w.commit('bin');
    },
    async trick(w) {
      await w.write('src/b.bin', 'a\0c\n');
      await w.git('add', '.');
      await forge(w, { tree: true });
    },
  },
  {
    name: 'mode only',
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      await w.git('update-index', '--chmod=+x', 'src/a.py');
      await forge(w, { tree: true });
    },
  },
  {
    name: "another commit's record",
    rule: 'record-copied',
    range: 'HEAD~2..HEAD',
    async setup(w) {
      await aiCommit(w);
      await w.human('src/b.py', 'own()\n');
      await w.git('add', '.');
      await w.commit('feat: b');
    },
    async trick(w) {
      const other = (await w.message('HEAD~1')).match(/AI-Provenance: .*/)?.[0] ?? '';
      await forge(w, { message: replace(/AI-Provenance: .*/, other) });
    },
  },
  {
    name: "another repository's record",
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      const other = await World.make();
      try {
        await other.ai('src/a.py', 'other()\n');
        await other.git('add', '.');
        await other.commit('feat: a');
        const record = (await other.message()).match(/AI-Provenance: .*/)?.[0] ?? '';
        await forge(w, { message: replace(/AI-Provenance: .*/, record) });
      } finally {
        await other.remove();
      }
    },
  },
  {
    name: 'a record gone stale: amended by a program that runs no hooks',
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      await w.write('src/b.py', 'more()\n');
      await w.git('add', '.');
      await w.git('-c', 'core.hooksPath=/dev/null', 'commit', '-q', '--amend', '--no-edit');
    },
  },
  {
    name: 'line endings only',
    rule: 'content-changed',
    setup: aiCommit,
    async trick(w) {
      await w.write('src/a.py', 'if x:\r\n    y()\r\n    z()\r\n');
      await w.git('add', '.');
      await forge(w, { tree: true });
    },
  },
  {
    name: 'a second record that contradicts the first',
    rule: 'record-multiple',
    setup: aiCommit,
    trick: (w) =>
      forge(w, {
        message: (text) => `${text.trimEnd()}\n${/AI-Provenance: .*/.exec(text)?.[0].replace('ai=3/3', 'ai=0/3')}\n`,
      }),
  },
  {
    name: 'the required review taken out',
    rule: 'review-missing',
    policy: `${defaultTestPolicy}review: { critical: { reviewers: 2 } }\n`,
    setup: protectedCommit,
    trick: (w) => forge(w, { message: replace(/AI-Required-Review: .*\n/, '') }),
  },
  {
    name: 'the policy made unreadable in the same push',
    rule: 'policy-loosened',
    async trick(w) {
      await w.human('countersign.yaml', 'version: [\n');
      await w.git('add', '.');
      await w.git('-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', 'policy: broken');
    },
  },
  {
    name: 'the policy taken out in the same push',
    rule: 'policy-loosened',
    async trick(w) {
      await w.git('rm', '-q', 'countersign.yaml');
      await w.git('-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', 'policy: none');
    },
  },
  {
    name: 'totals edited',
    rule: 'totals-wrong',
    setup: aiCommit,
    trick: (w) => forge(w, { message: replace('ai=3/3', 'ai=3/9') }),
  },
  {
    name: 'the record cut off',
    rule: 'record-malformed',
    setup: aiCommit,
    trick: (w) => forge(w, { message: replace(/ policy=.*/, '') }),
  },
  {
    name: 'the record taken out',
    rule: 'record-missing',
    setup: aiCommit,
    trick: (w) => forge(w, { message: () => 'feat: a\n' }),
  },
  {
    name: 'the justification edited',
    rule: 'justification-altered',
    setup: protectedCommit,
    trick: (w) => forge(w, { message: replace('because of OPS-1 at last', 'because of OPS-2 at last') }),
  },
  {
    name: 'the justification taken out',
    rule: 'justification-missing',
    setup: protectedCommit,
    trick: (w) => forge(w, { message: replace(/AI-Justification: .*\n/, '') }),
  },
  {
    name: 'a justification that the policy would not take',
    rule: 'justification-insufficient',
    setup: protectedCommit,
    trick: (w) =>
      forge(w, {
        message: (text) =>
          text
            .replace('because of OPS-1 at last', 'no ticket here')
            .replace(/note=\S+/, `note=${noteDigest('no ticket here', sha256)}`),
      }),
  },
  {
    name: 'the justification taken out together with its hash',
    rule: 'justification-missing',
    setup: protectedCommit,
    trick: (w) =>
      forge(w, { message: (text) => text.replace(/AI-Justification: .*\n/, '').replace(/note=\S+/, 'note=-') }),
  },
  {
    name: 'the risk lowered',
    rule: 'risk-understated',
    setup: protectedCommit,
    trick: (w) => forge(w, { message: replace('risk=critical', 'risk=low') }),
  },
  {
    name: 'two records, as a squash leaves them',
    rule: 'record-multiple',
    setup: aiCommit,
    trick: (w) => forge(w, { message: (text) => `${text}\n${text}` }),
  },
  {
    name: 'the policy loosened in the same push',
    rule: 'policy-loosened',
    async trick(w) {
      await w.human('countersign.yaml', defaultTestPolicy.replace('"infra/**"', '"infra/x/**"'));
      await w.git('add', '.');
      await w.commit('policy: less');
      await w.ai('infra/a.tf', 'a\n');
      await w.git('add', '.');
      await w.commit('now allowed');
    },
    range: 'HEAD~2..HEAD',
  },
  {
    name: 'and the change it was loosened for',
    rule: 'justification-missing',
    async trick(w) {
      await w.human('countersign.yaml', defaultTestPolicy.replace('"infra/**"', '"infra/x/**"'));
      await w.git('add', '.');
      await w.commit('policy: less');
      await w.ai('infra/a.tf', 'a\n');
      await w.git('add', '.');
      await w.commit('now allowed');
    },
    range: 'HEAD~2..HEAD',
  },
  {
    name: 'AI lines in a file that AI may not change',
    rule: 'ai-prohibited',
    async trick(w) {
      await w.ai('.husky/pre-commit', 'exit 0\n');
      await w.git('add', '.');
      await w.git('commit', '-q', '--no-verify', '-m', 'x');
    },
  },
  {
    name: 'a change slipped into a merge',
    rule: 'merge-hides',
    range: 'HEAD~1..HEAD',
    async trick(w) {
      await w.git('checkout', '-q', '-b', 'topic');
      await aiCommit(w);
      await w.git('checkout', '-q', 'main');
      await w.human('m.txt', 'm\n');
      await w.git('add', '.');
      await w.commit('main');
      await w.git('merge', '-q', '--no-commit', 'topic');
      await w.write('infra/evil.tf', 'evil\n');
      await w.git('add', '.');
      const tree = (await w.git('write-tree')).trim();
      const made = (await w.git('commit-tree', tree, '-p', 'main', '-p', 'topic', '-m', 'Merge branch topic')).trim();
      await w.git('update-ref', 'HEAD', made);
    },
  },
  {
    name: 'a merge that drops what one side did to a protected path',
    rule: 'merge-hides',
    range: 'HEAD^1..HEAD',
    async trick(w) {
      await w.git('checkout', '-q', '-b', 'topic');
      await protectedCommit(w);
      await w.git('checkout', '-q', 'main');
      await w.human('m.txt', 'm\n');
      await w.git('add', '.');
      await w.commit('main');
      const made = (
        await w.git('commit-tree', 'main^{tree}', '-p', 'main', '-p', 'topic', '-m', 'Merge branch topic')
      ).trim();
      await w.git('update-ref', 'HEAD', made);
    },
  },
];

async function verify(w: World, range = 'HEAD~1..HEAD', ...args: string[]): Promise<{ run: Run; rules: string[] }> {
  const result = await w.countersign('verify', range, '--format', 'json', ...args);
  const problems =
    result.out === '' ? [] : (JSON.parse(result.out) as { problems: { rule: string; level: string }[] }).problems;
  return { run: result, rules: problems.filter((p) => p.level === 'error').map((p) => p.rule) };
}

describe('verify', { concurrency: 2 }, () => {
  before(() => buildCli());

  for (const t of tricks)
    it(`refuses: ${t.name}`, async () => {
      const w = await World.make(t.policy === undefined ? {} : { policy: t.policy });
      try {
        if (t.setup) {
          await t.setup(w);
          const honest = await verify(w, t.range);
          assert.deepEqual(honest.rules, [], honest.run.out);
        }
        await t.trick(w);
        const { run, rules } = await verify(w, t.range, ...(t.args ?? []));
        assert.equal(run.code, 1, run.out + run.err);
        assert.ok(rules.includes(t.rule), `${t.rule} in ${rules.join(', ')}`);
      } finally {
        await w.remove();
      }
    });

  it('works in a bare clone and in each format, and is not led astray by replaced objects', async () => {
    const w = await World.make();
    try {
      await aiCommit(w);
      await w.write('src/a.py', 'evil()\n');
      await w.git('add', '.');
      await forge(w, { tree: true });
      const good =
        (await w.git('rev-parse', 'ORIG_HEAD').catch(() => '')).trim() || (await w.git('rev-parse', 'HEAD@{1}')).trim();
      // A replace reference that shows the honest tree instead.
      await w.git(
        'replace',
        (await w.git('rev-parse', 'HEAD^{tree}')).trim(),
        (await w.git('rev-parse', `${good}^{tree}`)).trim(),
      );
      const bare = path.join(path.dirname(w.dir), 'bare.git');
      await w.git('clone', '-q', '--mirror', w.dir, bare);
      for (const [format, check] of [
        ['text', (out: string) => assert.match(out, /^refused [0-9a-f]{10} content-changed: .*; fix: .*$/m)],
        ['json', (out: string) => assert.equal((JSON.parse(out) as { ok: boolean }).ok, false)],
        ['github', (out: string) => assert.match(out, /^::error title=Countersign%3A content-changed::/m)],
        ['sarif', (out: string) => assert.equal((JSON.parse(out) as { version: string }).version, '2.1.0')],
      ] as const) {
        const result = await (async () => {
          const { run } = await import('./world.ts');
          return run(process.execPath, [w.cli, 'verify', 'main~1..main', '--format', format], {
            cwd: bare,
            env: w.env,
          });
        })();
        assert.equal(result.code, 1, result.out + result.err);
        check(result.out);
      }
    } finally {
      await w.remove();
    }
  });

  it('says misuse in one line and exits 2', async () => {
    const w = await World.make({ hooks: false });
    try {
      for (const args of [[], ['nosuch..HEAD'], ['HEAD~1...HEAD'], ['HEAD..HEAD', '--format', 'xml'], ['--what']]) {
        const result = await w.countersign('verify', ...args);
        assert.equal(result.code, 2, args.join(' '));
        assert.equal(result.err.trim().split('\n').length, 1);
      }
      assert.equal((await w.countersign('verify', 'HEAD..HEAD')).code, 0);
    } finally {
      await w.remove();
    }
  });
});

describe('verify without a policy', () => {
  it('asks for nothing that nobody set, and reports what it finds', async () => {
    const w = await World.make({ policy: null });
    try {
      await w.write('.github/workflows/ci.yml', 'on: push\n');
      await w.git('add', '.');
      await w.git('commit', '-q', '-m', 'first');
      await w.write('countersign.yaml', defaultTestPolicy);
      await w.human('.github/workflows/ci.yml', 'on: pull_request\n');
      await w.git('add', '.github');
      await w.git('commit', '-q', '-m', 'workflow');
      await w.record();
      assert.deepEqual((await verify(w)).rules, []);
    } finally {
      await w.remove();
    }
  });
});
