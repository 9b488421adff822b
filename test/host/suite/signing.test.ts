/** Commits in a terminal, signed by the window that has their repository open. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { findRecords } from '../../../src/core/provenance/trailers.ts';
import { activate, folder } from './helpers.ts';

const run = promisify(execFile);
const git = async (...args: string[]): Promise<string> =>
  (
    await run('git', ['-c', 'user.name=P', '-c', 'user.email=p@example.com', ...args], {
      cwd: folder(),
      // A busy machine may take its time.
      env: { ...process.env, COUNTERSIGN_SIGN_MS: '10000' },
    })
  ).stdout;

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; ;) {
    if (await done()) return;
    assert.ok(Date.now() < end, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('signed commits', () => {
  const setting = (value: boolean | undefined): Thenable<void> =>
    vscode.workspace.getConfiguration('countersign').update('commits.sign', value, vscode.ConfigurationTarget.Global);
  const signers = async (): Promise<number> =>
    (await fs.readdir(path.join(folder(), '.git/countersign/signers')).catch(() => [])).length;
  let cli = '';

  before(async () => {
    const extension = await activate();
    cli = path.join(extension.extensionPath, 'dist/cli.js');
    await run('node', [cli, 'install', '--git'], { cwd: folder() });
  });

  after(async () => {
    await setting(undefined);
    await run('node', [cli, 'uninstall', '--git'], { cwd: folder() });
  });

  it('carry a signature that the gate takes while the setting is on, and none without it', async () => {
    const base = (await git('rev-parse', 'HEAD')).trim();
    await setting(true);
    await until('the window offers to sign', async () => (await signers()) === 1);
    const file = path.join(folder(), 'signed.txt');
    await fs.writeFile(file, 'one\n');
    await git('add', 'signed.txt');
    await git('commit', '-q', '-m', 'signed');
    const [record] = findRecords(await git('log', '-1', '--format=%B')).records;
    assert.match(record?.provenance.key ?? 'no key', /^ed:/);
    const keys = path.join(folder(), '.git/countersign/keys.json');
    const { stdout } = await run('node', [cli, 'verify', 'HEAD~1..HEAD', '--keys', keys, '--require-signed'], {
      cwd: folder(),
    });
    assert.match(stdout, /^verified 1 commit/m);
    await setting(false);
    await until('the window offers no more', async () => (await signers()) === 0);
    await fs.writeFile(file, 'two\n');
    await git('commit', '-qam', 'unsigned');
    const [unsigned] = findRecords(await git('log', '-1', '--format=%B')).records;
    assert.equal(unsigned?.provenance.key, undefined);
    await git('reset', '-q', '--hard', base);
  }).timeout(240_000);
});
