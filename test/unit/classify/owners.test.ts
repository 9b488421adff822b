import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const text = (rows: readonly string[]): string => rows.map((r) => `${r}\n`).join('');

/** `tier line owners` of what is said of a CODEOWNERS file. */
async function said(before: readonly string[], after: readonly string[] | null): Promise<string[]> {
  const { findings } = await classify(
    [{ path: '.github/CODEOWNERS', before: text(before), after: after && text(after) }],
    ctx,
  );
  return findings
    .filter((f) => f.rule === 'owners-removed')
    .map((f) => `${f.tier} ${f.line} ${(f.message.match(/@[\w/-]+|line \d+/g) ?? []).join(' ')}`);
}

test('an owner who leaves rules that keep another is told once, a tier lower', async () => {
  const rules = (...more: string[]) => [
    '# all',
    '',
    '* @org/all',
    ...['/docs/', '/hack/'].map((p) => `${p} @org/all ${more.join(' ')}`),
  ];
  assert.deepEqual(await said(rules('@ann'), rules()), ['medium 4 @ann line 4']);
  assert.deepEqual(await said(rules('@ann', '@bob'), rules()), ['medium 4 @ann @bob line 4']);
});

test('who is asked about the paths all the same lost nothing', async () => {
  assert.deepEqual(await said(['* @org/all', '/docs/ @org/all'], ['* @org/all']), []);
  assert.deepEqual(await said(['docs/*.md @org/all'], ['/docs/*.md @org/all']), []);
  assert.deepEqual(await said(['/docs/api/ @org/docs'], ['/docs/** @org/docs']), []);
});

test('paths that fall to others, or to nobody, are told once at the tier of the rule', async () => {
  assert.deepEqual(await said(['* @org/all', '/auth/ @sec', '/crypto/ @sec'], ['* @org/all']), ['high 1 @sec line 2']);
  assert.deepEqual(await said(['# the owners', '', '/auth/ @sec', '/pay/ @ann'], ['# one team', '#', '* @me']), [
    'high 3 @sec @ann line 3',
  ]);
  assert.deepEqual(await said(['/auth/ @sec'], ['/auth/ @me']), ['high 1 @me @sec line 1']);
  assert.deepEqual(await said(['* @org/all', '/auth/ @sec'], ['* @org/all', '/auth/']), ['high 2 @sec line 2']);
  assert.deepEqual(await said(['* @org/all', '/auth/ @sec'], null), ['high 1 @org/all @sec line 1']);
});

test('an owner who stays on the line, but not on its paths, is no reason to tell it lower', async () => {
  const old = ['* @org/all', '/auth/ @sec @lead'];
  assert.deepEqual(await said(old, ['* @org/all', '/auth/ @lead', '* @me']), ['high 3 @org/all @sec @lead line 1']);
  for (const more of ['@me', '@org/all'])
    assert.deepEqual(await said(old, ['* @org/all', `/auth/ @lead ${more}`]), ['high 2 @sec line 2']);
  assert.deepEqual(await said(['/auth/ @sec'], ['* @sec @me']), ['high 1 @sec line 1']);
  assert.deepEqual(await said(old, ['* @org/all', '/auth/ @lead', '/auth/login/ @me']), ['high 2 @sec line 2']);
  assert.deepEqual(await said(old, ['* @org/all', '/auth/ @lead', '*.ts @me']), ['high 2 @sec line 2']);
  // The rule kept others off its paths.
  assert.deepEqual(await said(['* @sec', '*.ts @web', '/auth/ @sec'], ['* @sec', '*.ts @web']), ['high 2 @sec line 3']);
});

test('the sections of GitLab ask each for themselves', async () => {
  const old = ['[Security][2] @sec @lead', '/auth/', '[Docs]', '* @sec'];
  assert.deepEqual(await said(old, ['[Security][2] @lead', '/auth/', '[Docs]', '* @sec']), ['high 1 @sec line 1']);
  assert.deepEqual(await said(['[Security]', '/auth/ @sec', '[Docs]', '* @sec'], ['[Docs]', '* @sec']), [
    'high 1 @sec line 2',
  ]);
});

test('what goes beside a file that is gone with its rule is told all the same', async () => {
  const { findings } = await classify(
    [
      { path: 'CODEOWNERS', before: '/src/old.ts @sec\n/auth/ @sec\n', after: '' },
      { path: 'src/old.ts', before: 'a\n', after: null },
    ],
    ctx,
  );
  assert.match(findings.find((f) => f.rule === 'owners-removed')?.message ?? '', /'\/auth\/'.*@sec/);
});

test('a wide rule behind others takes their paths, though they stand as before', async () => {
  const old = ['/auth/ @sec', '/docs/ @docs'];
  assert.deepEqual(await said(old, [...old, '* @me']), ['high 3 @sec @docs line 1']);
  assert.deepEqual(await said(old, [...old, '/auth/**']), ['high 3 @sec line 1']);
  assert.deepEqual(await said(old, [...old, '/web/ @web']), []);
  assert.deepEqual(await said(['* @org/all'], ['* @org/all', '/auth/ @sec']), []);
  const late = [...old, '* @me'];
  assert.deepEqual(await said(late, [...late, '# end']), []);
});

test('owners who gave their places to others are told as an exchange', async () => {
  const sentence = async (before: string, after: string): Promise<string | undefined> =>
    (await classify([{ path: 'CODEOWNERS', before: `${before}\n`, after: `${after}\n` }], ctx)).findings.find(
      (f) => f.rule === 'owners-removed',
    )?.message;
  assert.match(
    (await sentence('* @org/core @ann', '* @org/all @ann'))!,
    /^'\*' asks @org\/all in place of @org\/core \(/,
  );
  assert.match((await sentence('/a/ @ann @bob', '/a/ @cleo @dan'))!, /asks @cleo, @dan in place of @ann, @bob/);
  assert.match((await sentence('* @org/core @ann', '* @ann'))!, /^No longer asked about/, 'one fewer');
  assert.match((await sentence('* @org/core @ann', '* @ann @org/all'))!, /^No longer asked about/, 'another place');
  assert.match((await sentence('* @org/core\n/a/ @ann', '* @me\n/a/ @bob'))!, /^No longer asked about/, 'two patterns');
  assert.deepEqual(await said(['/auth/ @sec'], ['/auth/ @me']), ['high 1 @me @sec line 1']);
});
