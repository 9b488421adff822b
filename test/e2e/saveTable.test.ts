/**
 * The save guard, way by way: every way in which VS Code can save a file, against a protected file with an unjustified
 * AI edit. In each row the kernel watches the file: not one write may reach it, and no text may be lost.
 * All rows share one window, each with a file of its own.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { it } from 'node:test';
import { pause, until } from '../host/wait.ts';
import { settle, watchFile } from './disk.ts';
import { editor, type Window } from './harness.ts';

const marker = 'cidr_blocks = ["0.0.0.0/0"]';
const original = 'resource "aws_security_group" "api" {\n  # rules\n}\n';

interface Row {
  readonly name: string;
  /** What is on disk before; the edit is applied to it. */
  readonly content?: Buffer;
  readonly file?: string;
  /** Tries to save. The AI's edit is in the (visible, dirty) editor. */
  readonly save: (w: Window, name: string) => Promise<void>;
  /** Undoes what `save` set up. */
  readonly restore?: (w: Window) => Promise<void>;
  /** Events on the file that the row itself causes, e.g. a change on disk by another program. */
  readonly ownWrites?: boolean;
}

const setting = (w: Window, section: string, key: string, value: unknown): Promise<unknown> =>
  w.agent.do('setting', { section, key, value });
const autoSave = async (w: Window, mode: string): Promise<void> => {
  await setting(w, 'files', 'autoSaveDelay', 200);
  await setting(w, 'files', 'autoSave', mode);
};
const repeated = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length));

const rows: readonly Row[] = [
  { name: 'Ctrl+S', save: (w) => w.page.keyboard.press('Control+S') },
  { name: 'File: Save from the palette', save: (w) => w.wb.command('File: Save') },
  { name: 'Save All', save: (w) => w.wb.command('File: Save All Files') },
  { name: 'Save without Formatting', save: (w) => w.wb.command('File: Save without Formatting') },
  {
    name: 'auto-save after a delay',
    async save(w, name) {
      await autoSave(w, 'afterDelay');
      await w.agent.do('edit', { file: w.file(name), old: '# rules', text: '# rules!' });
      await pause(1500);
    },
    restore: (w) => autoSave(w, 'off'),
  },
  {
    name: 'auto-save when the focus leaves the editor',
    async save(w) {
      await autoSave(w, 'onFocusChange');
      await w.wb.open('src/items.ts');
    },
    restore: (w) => autoSave(w, 'off'),
  },
  {
    name: 'document.save() by another extension',
    async save(w, name) {
      assert.equal(await w.agent.do('save', { file: w.file(name) }), false);
    },
  },
  { name: 'workspace.saveAll() by another extension', save: (w) => w.agent.do('saveAll') },
  {
    name: 'workspace.save() by another extension',
    async save(w, name) {
      await w.agent.do('workspaceSave', { file: w.file(name) });
    },
  },
  {
    name: 'closing the editor and answering Save',
    async save(w) {
      await w.wb.command('View: Close Editor');
      const dialog = w.wb.dialog(/Do you want to save/);
      await dialog.getByRole('button', { name: 'Save', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    },
  },
  {
    name: 'format on save by another extension',
    content: Buffer.from('resource "x" "y" {   \n  # rules\n}\n'),
    async save(w) {
      await w.agent.do('formatter', { language: 'terraform' });
      await w.agent.do('formatter', { language: 'plaintext' });
      await setting(w, 'editor', 'formatOnSave', true);
      await w.page.keyboard.press('Control+S');
    },
    restore: async (w) => void (await setting(w, 'editor', 'formatOnSave', false)),
  },
  {
    name: 'Replace All in files',
    async save(w, name) {
      const args = { query: '# rules', replace: '# all the rules', filesToInclude: name, triggerSearch: true };
      await w.agent.do('command', { id: 'workbench.action.findInFiles', args: [args] });
      await w.page.locator('.search-view .monaco-list-row', { hasText: '# ' }).first().waitFor();
      await w.agent.do('command', { id: 'search.action.replaceAll' }).catch(() => {});
      const dialog = w.wb.dialog(/Replace/);
      await dialog.getByRole('button', { name: 'Replace', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    },
    restore: (w) => w.wb.command('View: Show Explorer'),
  },
  {
    name: 'a file of 5 MB',
    content: Buffer.from(original + repeated('# a line of nothing in particular\n', 5_000_000)),
    save: (w) => w.page.keyboard.press('Control+S'),
  },
  {
    name: 'CRLF line ends and a byte order mark',
    content: Buffer.from(`\uFEFF${original.replaceAll('\n', '\r\n')}`),
    save: (w) => w.page.keyboard.press('Control+S'),
  },
  {
    name: 'UTF-16',
    content: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(original, 'utf16le')]),
    save: (w) => w.page.keyboard.press('Control+S'),
  },
  {
    name: 'typing while saving, twelve saves in a row',
    async save(w) {
      for (let i = 0; i < 12; i++) {
        await w.page.keyboard.press('Control+S');
        await pause(30);
      }
    },
  },
  {
    name: 'a file that another program changed meanwhile',
    ownWrites: true,
    async save(w, name) {
      await fs.writeFile(w.file(name), `${original}# by another program\n`);
      await pause(700);
      await w.page.keyboard.press('Control+S');
    },
  },
  {
    name: 'an extension host that is busy for four seconds',
    async save(w) {
      await w.agent.do('busy', { ms: 4000 });
      await pause(300);
      await w.page.keyboard.press('Control+S');
      await pause(4500);
    },
  },
];

const sessions = editor();

void it('no way of saving gets an unjustified change to the disk, and none loses text', async (t) => {
  const fileOf = (i: number): string => `infra/row${String(i).padStart(2, '0')}.tf`;
  const files = Object.fromEntries(rows.map((r, i) => [fileOf(i), r.content ?? original]));
  await sessions.window('save table', { files }, async (w) => {
    for (const [i, row] of rows.entries()) {
      await t.test(row.name, async () => {
        const name = fileOf(i);
        const before = await fs.readFile(w.file(name));
        await w.agent.do('edit', { file: w.file(name), old: '# rules', text: `# rules\n  ${marker}`, show: true });
        await w.wb.editor(name).waitFor();
        const watch = watchFile(w.file(name));
        try {
          await row.save(w, name);
          await settle();
          if (!row.ownWrites) {
            assert.deepEqual(watch.events(), [], 'nothing touched the file');
            assert.ok((await fs.readFile(w.file(name))).equals(before), 'the bytes on disk are the same');
          }
          assert.ok(!(await fs.readFile(w.file(name))).includes(marker), 'the change is not on disk');
          const state = await w.state(name);
          assert.ok(state.text.includes(marker), 'the text is still in the editor');
          assert.ok(state.dirty, 'and shown as unsaved');
        } catch (error) {
          await w.page.screenshot({ path: `test-results/FAILED-row-${row.name.replace(/\W+/g, '-')}.png` });
          throw error;
        } finally {
          watch.stop();
          // Later, not now: the prompt goes, the text stays.
          if (await w.wb.quickInput.count()) await w.page.keyboard.press('Escape');
          await row.restore?.(w);
          await until('the prompt is gone', async () => (await w.wb.quickInput.count()) === 0);
        }
      });
    }
    await w.shot('save-table-held');
    // All of it is still there at the end, after the rows that came later.
    for (const i of rows.keys()) assert.ok((await w.state(fileOf(i))).text.includes(marker), rows[i]?.name);
  });
});
