import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from './tiersOf.ts';

const hash = 'sha1-/W9eAKFDCG4HTf/kySS4+yk7BYk=';
const feed = 'https://feed-2.pkgs.example.com/acme/_packaging/npm/registry';
const entry = (name: string, version: string, url: string, integrity = hash): string =>
  `    "node_modules/${name}": {\n      "version": "${version}",\n      "resolved": "${url}",\n${
    integrity && `      "integrity": "${integrity}",\n`
  }      "license": "MIT"\n    }`;
const lock = (...entries: string[]): string => `{\n  "packages": {\n${entries.join(',\n')}\n  }\n}\n`;
const of = (registry: string, name: string, version = '1.0.0'): string =>
  entry(name, version, `${registry}/${name}/-/${name.replace(/^@\w+\//, '')}-${version}.tgz`);
const had = [of(feed, 'left'), of(feed.replace('2', '17'), '@acme/right'), of(feed, 'up')];
const told = async (before: string, after: string, path = 'package-lock.json'): Promise<number> =>
  (await findingsOf('dependency-foreign-source', { [path]: after }, { [path]: before })).length;

test('a package from the feed that serves a lock file is not foreign, and one from elsewhere is', async () => {
  const add = (one: string): Promise<number> => told(lock(...had), lock(...had, one));
  assert.equal(await add(of(feed, 'down')), 0);
  assert.equal(await add(of(feed.replace('2', '17'), '@acme/down')), 0);
  assert.equal(await told(lock(...had), lock(...had.slice(0, 2), of(feed.replace('2', '17'), 'up', '1.0.1'))), 0);
  const url = `${feed}/down/-/down-1.0.0.tgz`;
  for (const [what, loud] of [
    ['a host of that form that served nothing', of(feed.replace('2', '99'), 'down')],
    ['another host', of('https://evil.example.net/npm', 'down')],
    ['another feed of the host', of(feed.replace('acme', 'other'), 'down')],
    ['a folder above', of(`${feed}/../../evil`, 'down')],
    ['another package', entry('down', '1.0.0', url.replace(/down/g, 'dawn'))],
    ['another version', entry('down', '1.0.1', url)],
    ['no hash', entry('down', '1.0.0', url, '')],
    ['no longer encrypted', of(feed.replace('https', 'http'), 'down')],
    ['a repository', entry('down', '1.0.0', 'git+https://github.com/a/down.git#main')],
  ] as const)
    assert.ok((await add(loud)) > 0, what);
});

test('one package that came from elsewhere does not make that place the feed of a lock file', async () => {
  const plain = 'https://registry.npmjs.org';
  const mixed = [of(plain, 'left'), of(plain, 'right'), of(feed, 'up')];
  assert.equal(await told(lock(...mixed), lock(...mixed, of(feed, 'down'))), 1);
  assert.equal((await told(lock(of(plain, 'left')), lock(of(feed, 'left'), of(feed, 'up')))) > 0, true);
});

test('the same holds for the lock file of Yarn', async () => {
  const of = (name: string, from: string, tail = `\n  integrity ${hash}`): string =>
    `"${name}@^1.0.0":\n  version "1.0.0"\n  resolved "${from}/${name}/-/${name.replace(/^@\w+\//, '')}-1.0.0.tgz#abc"${tail}\n`;
  const had = `# yarn lockfile v1\n\n${of('left', feed)}\n${of('right', feed)}`;
  assert.equal(await told(had, `${had}\n${of('@acme/down', feed)}`, 'yarn.lock'), 0);
  assert.equal(await told(had, `${had}\n${of('down', feed, '')}`, 'yarn.lock'), 1);
  assert.equal(await told(had, `${had}\n${of('down', 'https://evil.example.net')}`, 'yarn.lock'), 1);
});
