/** The record in the commit box of the Source Control view. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { findRecords } from '../../../src/core/provenance/trailers.ts';
import { activate, folder } from './helpers.ts';

const run = promisify(execFile);
const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: folder() })).stdout;

interface Repository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  status(): Promise<void>;
}

async function until(what: string, done: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !done();) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('commit preview', () => {
  const setting = (value: boolean | undefined): Thenable<void> =>
    vscode.workspace
      .getConfiguration('countersign')
      .update('commits.preview', value, vscode.ConfigurationTarget.Global);
  const file = (name: string): string => path.join(folder(), name);
  let repository: Repository;

  before(async () => {
    await activate();
    const extension = vscode.extensions.getExtension<{
      getAPI(version: 1): { readonly repositories: readonly Repository[] };
    }>('vscode.git');
    assert.ok(extension, 'the editor has its git extension');
    const api = (await extension.activate()).getAPI(1);
    await until('git knows the folder', () => api.repositories.length > 0);
    repository = api.repositories[0] as Repository;
  });

  after(async () => {
    await setting(undefined);
    await git('reset', '-q', '--hard');
    repository.inputBox.value = '';
  });

  it('puts the record of what is staged below the person’s text, and brings it up to date while the setting is on', async () => {
    await fs.writeFile(file('preview-a.txt'), 'a\n');
    await git('add', 'preview-a.txt');
    repository.inputBox.value = 'docs: a\n\nWhy.';
    await vscode.commands.executeCommand('countersign.previewRecord', repository);
    const shown = repository.inputBox.value;
    assert.ok(shown.startsWith('docs: a\n\nWhy.\n\n'), shown);
    assert.equal(findRecords(shown).records[0]?.provenance.files, 1);
    await setting(true);
    await fs.writeFile(file('preview-b.txt'), 'b\n');
    await git('add', 'preview-b.txt');
    await repository.status();
    await until('the box follows', () => findRecords(repository.inputBox.value).records[0]?.provenance.files === 2);
    assert.equal(findRecords(repository.inputBox.value).records.length, 1);
    assert.ok(repository.inputBox.value.startsWith('docs: a\n\nWhy.\n\n'));
    // Nothing staged, no record; the text stays.
    await git('reset', '-q');
    await repository.status();
    await until('the record goes', () => repository.inputBox.value.trimEnd() === 'docs: a\n\nWhy.');
    await fs.rm(file('preview-a.txt'));
    await fs.rm(file('preview-b.txt'));
  }).timeout(240_000);
});
