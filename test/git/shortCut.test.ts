/** What the hook's script decides without Node: its pathspecs hold every path that the policy protects. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { it } from 'node:test';
import { widePathspecs } from '../../src/cli/record.ts';
import { verdictFor } from '../../src/core/policy/index.ts';
import { policyTemplate } from '../../src/core/policy/template.ts';
import { loadPolicy } from '../../src/platform/policyFile.ts';
import { withWorld } from './world.ts';

const template = policyTemplate({ reviewBy: '2099-01-01', trailers: 'ai-only' });
const odd = `version: 1
protected:
  - name: all kinds of globs
    paths:
      - "a/{b,c{d,e}}/**"
      - "/lead//double/./dot/*.ts"
      - "folder/"
      - "x[0-9]/y"
      - "q?/{1..3}.txt"
      - "@(one|two)/?(three)four"
      - "ünï/**"
      - "lit\\\\*eral"
      - "no{brace}s/z"
      - "it's; touch hacked/*"
    ai: justify
`;
const paths = `
  src/index.ts README.md docs/a.md countersign.yaml sub/countersign.yaml package.json
  .github/workflows/ci.yml .github/actions/x/action.yml .github/dependabot.yml .GitLab-CI.yml
  infra/main.tf infra/notes.md INFRA/Main.TF modules/vpc.tf x/y/terraform.tfvars Dockerfile.dev
  db/migrations/1.sql db/schema.prisma src/auth/login.ts src/Authz/x.ts src/author/x.ts .env .env.local
  .env.example config/.env.production keys/a.pem .husky/pre-commit Jenkinsfile .claude/settings.json
  .vscode/settings.json AGENTS.md .cursorrules a.code-workspace a/b/x a/cd/x a/ce/y/z a/c/x
  lead/double/dot/m.ts folder/deep/x x1/y xa/y q1/2.txt one/four two/threefour ünï/x lit*eral literal
  no{brace}s/z nobraces/z q1/4.txt
`
  .split(/\s+/)
  .filter((name) => name !== '');

for (const [name, policy] of [
  ['the template', template],
  ['odd globs', odd],
] as const)
  it(`what ${name} protects is among what git finds`, async () => {
    await withWorld({ policy, hooks: false }, async (w) => {
      for (const file of paths) if (file !== 'countersign.yaml') await w.write(file, 'x\n');
      await w.git('add', '--all', '--force');
      const state = await loadPolicy(w.dir, { commonDir: w.repo.commonDir, paths });
      const specs = widePathspecs(state.policy);
      const found = new Set((await w.git('-c', 'core.quotePath=false', 'ls-files', '-z', '--', ...specs)).split('\0'));
      const seen = (file: string): boolean => found.has(Buffer.from(file).toString('latin1'));
      const missed = paths.filter((file) => verdictFor(state.policy, file).entries.length > 0 && !seen(file));
      assert.deepEqual(missed, []);
      // A name that is not ASCII is left to Node, and with it every path.
      if (policy === template)
        for (const plain of ['src/index.ts', 'README.md', 'src/author/x.ts']) assert.ok(!seen(plain), plain);
    });
  });

for (const [name, policy, isSilent] of [
  ['without a policy', null, ['src/index.ts', 'infra/main.tf']],
  ['with the template’s policy', template, ['src/index.ts', 'README.md']],
] as const)
  it(`a commit ${name} starts no Node while nothing is pending`, async () => {
    await withWorld({ policy }, async (w) => {
      // The first commit finds out what there is to protect.
      await w.write('src/first.ts', 'first\n');
      await w.git('add', '--all');
      await w.commit('first');
      const nodes = async (file: string): Promise<number> => {
        await w.append('write', file, 'another line');
        await w.git('add', '--all');
        const trace = path.join(w.dir, '../trace');
        await fs.writeFile(trace, '');
        await w.tryGit(['commit', '--quiet', '--message', file], { env: { GIT_TRACE: trace } });
        await w.settle();
        // The script has git answer what Node would ask for.
        return /built-in: git config --list -z/.test(await fs.readFile(trace, 'utf8')) ? 1 : 0;
      };
      for (const file of isSilent) assert.equal(await nodes(file), 0, file);
      assert.equal(await nodes('sub/countersign.yaml'), 1);
      if (policy !== null) assert.equal(await nodes('infra/main.tf'), 1);
    });
  });

it('a policy’s globs are no commands for the script that reads them', async () => {
  const globs = ["x'; touch hacked; :'", '$(touch hacked)', '`touch hacked`', '"; touch hacked; "'];
  const policy = `version: 1
protected:
  - { name: hostile, paths: ${JSON.stringify(globs)}, ai: justify }
commit: { trailers: ai-only }
`;
  await withWorld({ policy }, async (w) => {
    for (const round of ['first', 'second', 'third']) {
      await w.append('write', 'src/index.ts', round);
      await w.git('add', '--all');
      await w.commit(round);
    }
    const specs = await w.read('.git/countersign/specs');
    assert.match(specs, /touch hacked/);
    assert.deepEqual((await fs.readdir(w.dir)).sort(), ['.git', 'countersign.yaml', 'src']);
  });
});
