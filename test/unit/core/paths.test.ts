import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { foldCase, globProblem, isOwnState, matchGlobs, toRepoPath } from '../../../src/core/paths.ts';

const windows = { windows: true };

test('POSIX paths: absolute, relative, dots, outside', () => {
  const cases: [string, string | undefined][] = [
    ['/r/a/b.ts', 'a/b.ts'],
    ['a/b.ts', 'a/b.ts'],
    ['./a//b.ts', 'a/b.ts'],
    ['/r/a/../b.ts', 'b.ts'],
    ['a/../../r/b.ts', undefined],
    ['/r/../r/b.ts', 'b.ts'],
    ['/r2/a', undefined],
    ['/r', ''],
    ['/', undefined],
    ['..', undefined],
    ['/R/a', undefined],
    ['a\\b.ts', 'a\\b.ts'],
    ['a\nb', 'a\nb'],
    ['a\0b', undefined],
    ['', ''],
  ];
  for (const [given, expected] of cases) assert.equal(toRepoPath('/r', given), expected, given);
});

test('Windows paths: separators, drives, device prefixes, streams, trailing dots and spaces', () => {
  const cases: [string, string | undefined][] = [
    ['C:\\repo\\a\\b.ts', 'a/b.ts'],
    ['c:/REPO/a/b.ts', 'a/b.ts'],
    ['D:\\repo\\a', undefined],
    ['a\\b.ts', 'a/b.ts'],
    ['..\\x', undefined],
    ['\\\\?\\C:\\repo\\a.tf', 'a.tf'],
    ['\\\\.\\C:\\repo\\a.tf', 'a.tf'],
    ['C:\\repo\\main.tf.', 'main.tf'],
    ['C:\\repo\\main.tf . .', 'main.tf'],
    ['C:\\repo\\main.tf::$DATA', 'main.tf'],
    ['C:\\repo\\infra. \\main.tf:x', 'infra/main.tf'],
    ['C:repo\\a', undefined],
    ['\\repo\\a', undefined],
    ['\\\\server\\share\\a', undefined],
    ['C:\\repo\\...\\a', 'a'],
  ];
  for (const [given, expected] of cases) assert.equal(toRepoPath('C:\\repo', given, windows), expected, given);
  assert.equal(toRepoPath('\\\\server\\share\\repo', '\\\\?\\UNC\\server\\share\\repo\\a', windows), 'a');
});

test('a result never leaves the root and never holds a dot segment', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', 'b', 'r'), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('/', '', '/r/'), (parts, start) => {
      const given = start + parts.join('/');
      const got = toRepoPath('/r', given);
      const there = path.posix.resolve('/r', given);
      const inside = there === '/r' || there.startsWith('/r/');
      if (got === undefined) {
        assert.ok(given.includes('\0') || !inside || leaves(given), given);
        return;
      }
      assert.ok(!got.startsWith('/') && !got.split('/').some((s) => s === '..' || s === '.'));
      assert.equal(path.posix.join('/r', got), there);
    }),
    { seed: 11, numRuns: 2000 },
  );
});

/** Climbs above the root on its way, which the file system root would swallow. */
function leaves(given: string): boolean {
  let depth = given.startsWith('/') ? 0 : 1;
  for (const s of given.split('/')) {
    if (s === '..' && --depth < (given.startsWith('/') ? 0 : 1)) return true;
    if (s !== '' && s !== '.' && s !== '..') depth++;
  }
  return false;
}

test('the last matching glob decides, ! takes out, dot files count', () => {
  const globs = ['infra/**', '**/*.tf', '!**/examples/**', 'infra/examples/secret.tf'];
  assert.equal(matchGlobs(globs, 'infra/x/.hidden'), true);
  assert.equal(matchGlobs(globs, 'a/b.tf'), true);
  assert.equal(matchGlobs(globs, 'infra/examples/x.tf'), false);
  assert.equal(matchGlobs(globs, 'infra/examples/secret.tf'), true);
  assert.equal(matchGlobs(globs, 'src/a.ts'), false);
  assert.equal(matchGlobs(['/x/', './y'], 'x/a/b'), true);
  assert.equal(matchGlobs(['/x/', './y'], 'y'), true);
  assert.equal(matchGlobs(['**'], ''), false);
  assert.equal(matchGlobs([], 'x'), false);
  assert.equal(matchGlobs(['!(a).ts'], 'b.ts'), true);
});

test('names that a file system folds into a protected one match it', () => {
  const globs = ['.git/hooks/**', 'straße/k.tf', 'café.tf'];
  const yes = [
    '.GIT/hooks/pre-commit',
    '.g\u200cit/hooks/x',
    '.git/\u212aooks'.replace('\u212aooks', 'hoo\u212as/x'),
    'STRASSE/K.tf',
    'cafe\u0301.tf',
    'CAFE\u0301.TF',
  ];
  for (const p of yes) assert.equal(matchGlobs(globs, p, { nocase: true }), true, JSON.stringify(p));
  assert.equal(matchGlobs(globs, 'cafe\u0301.tf'), true, 'NFD is the same name on macOS');
  assert.equal(matchGlobs(globs, '.GIT/hooks/x'), false);
});

test('folding twice is folding once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (s) => assert.equal(foldCase(foldCase(s)), foldCase(s))),
    { seed: 5, numRuns: 3000 },
  );
});

test('own state is recognised wherever git keeps it', () => {
  for (const p of [
    '.git/countersign/audit/audit-000001.jsonl',
    '.git/worktrees/w/countersign/x',
    '.GIT/Countersign/keys.json',
    'sub/.git/countersign/x',
  ])
    assert.equal(isOwnState(p), true, p);
  for (const p of ['countersign/x', '.git/config', 'src/.git.ts']) assert.equal(isOwnState(p), false, p);
});

test('glob problems', () => {
  const bad: [string, RegExp][] = [
    ['', /empty/],
    ['!', /empty/],
    [' a', /space/],
    ['a\nb', /control/],
    ['C:\\x', /relative/],
    ['~/x', /relative/],
    ['infra\\main.tf', /backslash/],
    ['../x', /leave/],
    ['+(a)b', /not supported/],
    ['{a,b}'.repeat(10), /more than/],
    ['x'.repeat(501), /longer/],
  ];
  for (const [glob, message] of bad) assert.match(globProblem(glob) ?? '', message, glob);
  for (const glob of ['**/*.tf', '!**/x', '[a-z]*', 'a\\*b', '.github/**', '/x', 'x/', '!(a)', 'a b'])
    assert.equal(globProblem(glob), undefined, glob);
});
