import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { minimatch } from 'minimatch';
import { compileGlob, requiredTexts } from '../../../src/core/glob.ts';
import { cpuTime } from '../cpuTime.ts';

function ours(glob: string, path: string): boolean {
  const matches = compileGlob(glob).match(path.split('/'));
  // What is asked before a glob is compiled.
  if (matches) for (const text of requiredTexts(glob)) assert.ok(path.includes(text), `${glob} needs ${text}: ${path}`);
  return matches;
}
const theirs = (glob: string, path: string): boolean =>
  minimatch(path, glob, { dot: true, nonegate: true, nocomment: true, platform: 'linux' });

test('agrees with minimatch on hand-picked globs', () => {
  const globs = [
    '**', '*', '**/*', 'a', 'a/b', 'a/**', '**/a', '**/a/**', 'a/**/b', 'a/**/b/**/c', '**/**/a', 'a/**/**', '*.tf', '**/*.tf',
    '*.{ts,tsx}', '{a,b}/**', 'a{,/**,.yml}', '**/{x,y/z}/*', '{a}', 'a{b', '{1..3}', '{08..11}', '{c..a}', 'a?c', '?', '[abc]', '[!abc]',
    '[^a]x', '[]a]', '[a-c]*', '[[:alpha:]]', '[[:digit:]]x', 'a[', '\\*', 'a\\?b', '@(a|b)', 'x@(a|b)y', '?(a)b', '!(a)', '!(a|b).ts',
    'x!(a)y', '!(*.ts)', '.*', '**/.env{,.*}', 'a**b', '**a', 'a/**b/c', '*a*a*', '{{a,b},c}', '{a,b}{c,d}', '{,a}b', 'a//b', 
  ]; // prettier-ignore
  const paths = [
    'a', 'b', 'c', 'x', 'ab', 'abc', 'a/b', 'a/b/c', 'a/c', 'b/a', 'x/a/y', 'a/x/b', 'a/x/y/b/c', 'a/x/y/b/z/c', 'm.tf', 'd/m.tf', 'a.ts', 'b.ts',
    'c.ts', 'c.tsx', 'a/x', 'b/x/y', 'a.yml', 'x/q', 'y/z/q', 'r/y/z/q', '{a}', 'a{b', '1', '2', '08', '09', '11', '4', 'a?b', 'a*c', '*', 'axc', ']',
    'ax', 'bx', '1x', 'a[', 'xay', 'xby', 'xcy', 'xy', '.env', '.env.local', 'd/.env', '.a', 'axb', 'axxb', 'za', 'ac', 'ad', 'bc', 'bd', 'aXb/c',
    'a/zb/c', 'aaa', 'é', 'a\nb', 'ü.tf',
  ]; // prettier-ignore
  for (const glob of globs)
    for (const path of paths) assert.equal(ours(glob, path), theirs(glob, path), `${glob} on ${path}`);
});

test('agrees with minimatch on random globs and paths', () => {
  const piece = fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '.', '{a,b}', '{a,*b}', '-', '@(a|bb)', 'ab');
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.array(piece, { minLength: 1, maxLength: 4 }).map((p) => p.join('')) },
    fc.constant('**'),
  );
  const glob = fc
    .array(segment, { minLength: 1, maxLength: 5 })
    .map((s) => s.join('/'))
    // minimatch resolves `.` and `..` in a glob; a policy may not contain them, and paths never do.
    .filter((g) => !/(^|[/{,|(])\.{1,2}($|[/},|)])/.test(g) && !/\.\{|\}\.|\.@|\)\.|\.\./.test(g));
  const path = fc
    .array(
      fc
        .string({ unit: fc.constantFrom('a', 'b', '.', '-', 'c'), minLength: 1, maxLength: 4 })
        .filter((s) => !/^\.+$/.test(s)),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((s) => s.join('/'));
  fc.assert(
    fc.property(glob, path, (g, p) => {
      fc.pre((g.match(/[{(]/g) ?? []).length <= 8);
      assert.equal(ours(g, p), theirs(g, p), `${g} on ${p}`);
    }),
    { seed: 7, numRuns: 5000 },
  );
});

test('`.` in a glob means nothing, where minimatch would match nothing', () => {
  assert.equal(ours('./a/./b', 'a/b'), true);
});

test('the texts that a glob needs are found without compiling it', () => {
  assert.deepEqual(requiredTexts('**/.github/workflows/**'), ['.github', 'workflows']);
  assert.deepEqual(requiredTexts('**/{docker-,}compose{,.*}.{yml,yaml}'), ['compose']);
  assert.deepEqual(requiredTexts('**/azure-pipelines*.{yml,{a,b}}'), ['azure-pipelines']);
  assert.deepEqual(requiredTexts('./src/?.ts'), ['src', '.ts']);
  for (const unclear of ['[a]b', '\\ab', '@(a|b)c', 'a{b', 'a}b', '{a,b', '**', ''])
    assert.deepEqual(requiredTexts(unclear), [], unclear);
});

test('globs that cannot be matched in bounded time, or stand for too many patterns, are refused', () => {
  assert.throws(() => compileGlob('+(a|aa)b'), /not supported/);
  assert.throws(() => compileGlob('*(a|aa)b'), /not supported/);
  assert.throws(() => compileGlob('*!(a)'), /before any/);
  assert.throws(() => compileGlob('!(a)!(b)'), /only one/);
  assert.throws(() => compileGlob('{a,b}'.repeat(12)), /more than 500/);
  assert.throws(() => compileGlob('{1..100000}'), /more than 500/);
  assert.throws(() => compileGlob(`${'{a,'.repeat(600)}b${'}'.repeat(600)}`), /more than 500/);
});

test('hostile globs and names take bounded time', () => {
  const names: [string, string][] = [
    [`${'*a'.repeat(200)}b`, 'a'.repeat(4000)],
    [`${'**/a/'.repeat(90)}b`, 'a/'.repeat(2000) + 'c'],
    [`${'**/*a*/'.repeat(60)}b`, 'aaaa/'.repeat(800) + 'c'],
    [`[${'a-z'.repeat(100)}]*x`, 'a'.repeat(4000)],
    ['{'.repeat(490), 'a'],
    ['@('.repeat(240), 'a'],
    [`!(${'*a'.repeat(200)}b)`, 'a'.repeat(4000)],
  ];
  for (const [glob, path] of names) {
    const start = cpuTime();
    ours(glob, path);
    assert.ok(cpuTime() - start < 500, `${glob.slice(0, 20)} took ${cpuTime() - start} ms`);
  }
});
