/** What the file system does not let us do is said in a word, and nothing is lost. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { buildCli, World } from './world.ts';

describe('without the right to', { skip: process.platform === 'win32' }, () => {
  before(() => buildCli());

  it('write the hooks folder, the installation says so and leaves it alone', async () => {
    const w = await World.make({ hooks: false });
    await fs.chmod(w.path('.git/hooks'), 0o555);
    const { code, err } = await w.countersignBound('install', '--git');
    await fs.chmod(w.path('.git/hooks'), 0o755);
    assert.equal(code, 1, err);
    assert.match(err, /cannot be written \(EACCES\); make it writable/);
    assert.deepEqual(
      (await fs.readdir(w.path('.git/hooks'))).filter((n) => !n.endsWith('.sample')),
      [],
    );
    await w.remove();
  });

  it('read the policy, it counts as broken, not as absent', async () => {
    const w = await World.make({ hooks: false });
    await w.write('countersign.yaml', 'version: 1\n');
    await fs.chmod(w.path('countersign.yaml'), 0);
    const { code, err, out } = await w.countersignBound('policy', 'validate');
    assert.equal(code, 1, err);
    assert.match(`${out}${err}`, /countersign\.yaml.*EACCES/);
    await w.remove();
  });
});
