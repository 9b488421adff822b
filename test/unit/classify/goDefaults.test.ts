import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const told = async (...files: File[]): Promise<string> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'tls-version-weak')
    .map((f) => `${f.tier} ${f.line}`)
    .join(', ');
const settings = (body: string): string =>
  `package a\n\nimport "crypto/tls"\n\nfunc config(name string) *tls.Config {\n${body}}\n`;
const go = (after: string, before: string | null = null): File => ({ path: 'net/tls.go', before, after });
const bare = settings('\treturn &tls.Config{ServerName: name}\n');
const mod = (version: string, path = 'go.mod'): File => ({ path, before: null, after: `module a\n\ngo ${version}\n` });

test('settings of Go without a minimum weigh by what the language does then', async () => {
  assert.equal(await told(go(bare)), 'low 6', 'nobody knows');
  assert.equal(await told(go(bare), mod('1.22')), '', 'safe everywhere');
  assert.equal(await told(go(bare), mod('1.25.1')), '');
  assert.equal(await told(go(bare), mod('1.20')), 'low 6', 'safe for clients');
  assert.equal(await told(go(bare), mod('1.17')), 'medium 6', 'not safe yet');
  assert.equal(await told(go(bare), mod('1.25'), mod('1.16', 'net/go.mod')), 'medium 6', 'the nearest');
  assert.equal(await told(go(bare), mod('1.25', 'other/go.mod')), 'low 6', 'of another module');
  assert.equal(await told(go(bare), mod('1.25\n\ngodebug tls10server=1')), 'medium 6', 'switched back');
  const main: File = { path: 'cmd/main.go', before: null, after: '//go:debug tls10server=1\npackage main\n' };
  assert.equal(await told(go(bare), mod('1.25'), main), 'medium 6', 'switched back by the program');
});

test('a minimum that is taken out, or too low, stays told', async () => {
  const was = settings('\treturn &tls.Config{ServerName: name, MinVersion: tls.VersionTLS13}\n');
  assert.equal(await told(go(bare, was)), 'medium 6');
  assert.equal(
    await told(go(bare.replace('\treturn', '\t// MinVersion: 1.2 is the default\n\treturn'), was)),
    'medium 7',
  );
  assert.equal(await told(go(bare, was), mod('1.25')), 'medium 6');
  const other = bare + bare.replace('config', 'newest').replace('name}', 'x, MinVersion: tls.VersionTLS13}');
  assert.equal(await told(go(other, was), mod('1.25')), 'medium 6', 'another has one now');
  assert.equal(await told(go(was.replace('13', '10')), mod('1.25')), 'high 6');
});

test('settings that only moved are not the new ones', async () => {
  const now = settings(
    '\tif name != "" {\n\t\treturn &tls.Config{ServerName: name}\n\t}\n\treturn &tls.Config{InsecureSkipVerify: skip}\n',
  );
  assert.equal(await told(go(now, bare)), 'low 9');
  assert.equal(await told(go(bare.replace('name}', 'name, RootCAs: pool}'), bare)), '', 'one more field');
});
