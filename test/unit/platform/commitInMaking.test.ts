import assert from 'node:assert/strict';
import { it } from 'node:test';
import { amendsOnCommandLine } from '../../../src/platform/commitInMaking.ts';

it('sees an amend on the command line of git, and nothing else as one', () => {
  for (const line of [
    'git commit --amend',
    'git commit --am -m x',
    '/usr/bin/git -c a=b -C /x commit -a --amend',
    'git commit -m x --amend',
    'git-commit --amend',
  ])
    assert.equal(amendsOnCommandLine(line.split(' ')), true, line);
  for (const line of [
    'git commit',
    'git commit -m --amend',
    'git commit -am --amend',
    'git commit --message --amend',
    'git commit -- --amend',
    'git commit --fixup amend:x',
  ])
    assert.equal(amendsOnCommandLine(line.split(' ')), false, line);
  for (const line of ['git rebase --continue', 'sh -c git', 'node commit --amend', 'git merge x'])
    assert.equal(amendsOnCommandLine(line.split(' ')), undefined, line);
});

it('follows the aliases that git expands in the same process', () => {
  const aliases = new Map([
    ['ci', 'commit'],
    ['again', 'commit --amend --no-edit'],
    ['once-more', '-c core.editor=true again -a'],
    ['quoted', `commit -m "--amend" '--author=a b'`],
    ['shell', '!git commit --amend'],
    ['loop', 'loop'],
  ]);
  const asks = (line: string): boolean | undefined => amendsOnCommandLine(line.split(' '), aliases);
  assert.equal(asks('git ci -m x'), false);
  assert.equal(asks('git ci --amend'), true);
  assert.equal(asks('git AGAIN'), true);
  assert.equal(asks('git -c a=b once-more'), true);
  assert.equal(asks('git quoted'), false);
  assert.equal(asks('git shell'), undefined);
  assert.equal(asks('git loop'), undefined);
  assert.equal(asks('git rebase'), undefined);
});
