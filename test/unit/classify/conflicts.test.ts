import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const found = async (path: string, after: string, before: string | null = null): Promise<string[]> =>
  (await classify([{ path, before, after }], ctx)).findings.map((f) => `${f.tier} ${f.rule}@${f.line}`);

/** Both sides of a place, as git writes them. */
const both = (one: string, two: string): string =>
  `${'<'.repeat(7)} HEAD\n${one}${'='.repeat(7)}\n${two}${'>'.repeat(7)} a\n`;
const head = 'on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n';

test('of what stands between the marks of a conflict nothing is told but the conflict', async () => {
  const steps = both('      - uses: acme/a@v1\n', '      - uses: acme/a@v2\n');
  assert.deepEqual(await found('.github/workflows/a.yml', head + steps), ['high merge-conflict@7']);
  assert.deepEqual(await found('.github/workflows/a.yml', `${head}${steps}      - uses: acme/b@v1\n`), [
    'high merge-conflict@7',
    'high workflow-unpinned@12',
  ]);
  const marks = steps.replace(/^={7}\n/m, '');
  assert.deepEqual(await found('.github/workflows/a.yml', head + marks), ['high workflow-unpinned@8']);
});

test('conflicts of a file are told once', async () => {
  const conflict = both('a = 1\n', 'a = 2\n');
  assert.deepEqual(await found('src/a.py', `${conflict}b = 1\n${conflict}`), ['high merge-conflict@1']);
  assert.deepEqual(await found('src/a.py', `${conflict}b = 1\n${conflict}`, conflict), ['high merge-conflict@7']);
  assert.deepEqual(await found('src/a.py', `${conflict}b = 1\n`, conflict), []);
});

test('marks hide neither secrets, nor what is critical, nor what runs in spite of them', async () => {
  const key = `AWS_SECRET_ACCESS_KEY = "${['wJalrXUtnFEMI/K7MDENG', 'bPxRfiCYzR3kQ7Lw2m'].join('/')}"\n`;
  assert.ok((await found('src/a.py', both(key, 'a = 2\n'))).some((f) => f.includes('secret')));
  const all = head.replace('permissions: {}\n', both('permissions: write-all\n', 'permissions: {}\n'));
  assert.ok((await found('.github/workflows/a.yml', all)).some((f) => f.startsWith('critical workflow-permissions')));
  const eval_ = 'eval(req.query.code);\n';
  const inComments = `/*\n${both(`*/\n${eval_}/*\n`, '*/\n/*\n')}*/\n`;
  assert.ok((await found('src/a.js', eval_)).length > 0);
  assert.equal((await found('src/a.js', inComments)).length, (await found('src/a.js', eval_)).length + 1);
  const shell = 'curl -s https://get.example.com/a.sh | bash\n';
  assert.ok((await found('run.sh', both(shell, ''))).some((f) => f.includes('pipe-to-shell')));
  const php = '<?php echo $_GET["a"]; ?>\n';
  assert.equal(
    (await found('a.php', both(php, '').replace(' HEAD', ''))).length,
    (await found('a.php', php)).length + 1,
  );
});

test('what stood between the marks is told when they go, and texts or documents around them hide nothing', async () => {
  const path = '.github/workflows/a.yml';
  const step = '      - uses: acme/a@v1\n';
  assert.deepEqual(await found(path, head + step, head + both(step, '')), ['high workflow-unpinned@7']);
  assert.deepEqual(await found(path, head, head + both(step, '')), []);
  const far = '      - run: echo\n'.repeat(20);
  assert.deepEqual(await found(path, head + far + step + far, head + both(far + step + far, '')), [
    'high workflow-unpinned@27',
  ]);
  const marks = both('', '').split('\n');
  const first = marks[0]!;
  const rest = marks.slice(1).join('\n');
  const quoted = `env:\n  A: "\n${first}\n  "\n${head}${step}env:\n  B: "\n${rest}"\n`;
  assert.deepEqual(await found(path, quoted), ['high merge-conflict@3', 'high workflow-unpinned@11']);
  const send = 'system("ping #{params[:host]}")\n';
  const ruby = `A = <<~EOF\n${first}\nEOF\n${send}B = <<~EOF\n${rest}EOF\n`;
  assert.deepEqual(await found('a.rb', ruby), ['high merge-conflict@2', 'high command-injection@4']);
  const pod = `---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  hostAliases: []\n  containers:\n    - name: a\n      image: a/b:1.0\n      securityContext:\n        capabilities:\n          add: [NET_ADMIN]\n---\n`;
  assert.ok((await found('k/a.yaml', both(pod, ''))).includes('medium k8s-host-access@14'));
});
