import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainOrigin } from '../../../../src/core/attribution/explain.ts';
import { LineMap } from '../../../../src/core/attribution/lineMap.ts';
import { programOf, ShellPrograms } from '../../../../src/core/attribution/shellPrograms.ts';

void test('the one program that runs or ran just now is named, several are not', () => {
  const shells = new ShellPrograms();
  const [one, two] = [{}, {}];
  assert.equal(shells.only(0), undefined);
  shells.start(one, '/usr/bin/some-agent --key=secret fix', 0);
  assert.equal(shells.only(60_000), 'some-agent');
  shells.start(two, 'npm run build', 60_000);
  assert.equal(shells.only(60_001), undefined);
  shells.end(one, 61_000);
  assert.equal(shells.only(61_500), undefined);
  assert.equal(shells.only(64_000), 'npm');
  shells.end(two, 64_000);
  assert.equal(shells.only(67_000), undefined);
});

void test('a program beside one whose name can\u2019t be told is not named', () => {
  const shells = new ShellPrograms();
  shells.start({}, '$(which thing) x', 0);
  shells.start({}, 'make', 0);
  assert.equal(shells.only(1), undefined);
});

void test('of a command line only the program is kept', () => {
  assert.equal(programOf('TOKEN=abc sudo -E node script.js'), 'node');
  assert.equal(programOf('"C:\\\\tools\\\\agent.exe" run'), 'agent.exe');
  assert.equal(programOf(''), undefined);
  assert.equal(programOf('$(curl x)'), undefined);
});

void test('a change from outside stays unknown, and says what ran', () => {
  const map = new LineMap('a\n');
  map.apply(1, [{ text: 'a\nb\n' }]);
  map.resolveEdit(1, { origin: 'unknown', evidence: 'none', writer: 'make' }, 'external');
  const origin = map.originAt(1);
  assert.equal(origin?.origin, 'unknown');
  assert.match(
    explainOrigin(origin),
    /changed outside the editor while make ran in a terminal, which may have done it/,
  );
});
