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
/** An unprotected file with unsaved text: what auto-save does to it shows that auto-save was at work. */
const free = 'notes.txt';
const dirtyFree = async (w: Window): Promise<string> => {
  const text = `written by auto-save, ${Date.now()}\n`;
  await w.agent.do('edit', { file: w.file(free), text });
  return text;
};
const freeIsSaved = (w: Window, text: string): Promise<unknown> =>
  until('auto-save has saved an unprotected file', async () => (await w.disk(free)) === text);

/** The window loses the focus, as when a person goes to another program. */
async function leaveWindow(w: Window): Promise<void> {
  // Playwright makes every page believe that it has the focus.
  const cdp = await w.page.context().newCDPSession(w.page);
  await cdp.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const other = await w.page.context().newPage();
  await other.bringToFront();
  await pause(500);
  await other.close();
  await w.page.bringToFront();
  await cdp.send('Emulation.setFocusEmulationEnabled', { enabled: true });
  await cdp.detach();
}
/** Sends the prompt away, also one that comes late on a busy machine. */
const dismissPrompt = (w: Window): Promise<unknown> =>
  until('the prompt is gone', async () => {
    if ((await w.wb.quickInput.count()) === 0) return true;
    await w.page.keyboard.press('Escape');
    await pause(200);
    return false;
  });
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
      await freeIsSaved(w, await dirtyFree(w));
    },
    restore: (w) => autoSave(w, 'off'),
  },
  {
    name: 'auto-save when the focus leaves the editor',
    async save(w, name) {
      await autoSave(w, 'onFocusChange');
      await w.wb.open(free);
      await w.wb.type(free, ' typed');
      await w.wb.open(name);
      await until('the other editor was saved', async () => (await w.disk(free)).includes(' typed'));
      await w.wb.open(free);
    },
    restore: (w) => autoSave(w, 'off'),
  },
  {
    name: 'auto-save when the window loses the focus',
    async save(w) {
      await autoSave(w, 'onWindowChange');
      const text = await dirtyFree(w);
      await leaveWindow(w);
      await freeIsSaved(w, text);
    },
    restore: (w) => autoSave(w, 'off'),
  },
  {
    name: 'auto-save after a delay with a busy extension host, kept away by the error on the file',
    async save(w, name) {
      await setting(w, 'files', 'autoSaveWhenNoErrors', true);
      await w.agent.do('edit', { file: w.file(name), old: '# rules', text: '# all rules' });
      await until('the error is on the file', async () =>
        (await w.agent.do<{ severity: number }[]>('diagnostics', { file: w.file(name) })).some((d) => d.severity === 0),
      );
      const text = await dirtyFree(w);
      await setting(w, 'files', 'autoSaveDelay', 500);
      await setting(w, 'files', 'autoSave', 'afterDelay');
      await w.agent.do('busy', { ms: 4000 });
      await pause(200);
      await w.page.keyboard.type('#');
      await freeIsSaved(w, text);
      await pause(4000);
    },
    async restore(w) {
      await autoSave(w, 'off');
      await setting(w, 'files', 'autoSaveWhenNoErrors', false);
    },
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
    async save(w, name) {
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+End');
      const saves: Promise<unknown>[] = [];
      for (let i = 0; i < 12; i++) {
        saves.push(w.agent.do('save', { file: w.file(name) }));
        await w.page.keyboard.press('Control+S');
        saves.push(w.agent.do('stream', { file: w.file(name), pieces: [`# piece ${i}\n`] }));
        // Until the prompt takes the keys.
        if (i < 3) await w.page.keyboard.type(`k${i}`);
      }
      await Promise.all(saves);
      const { text } = await w.state(name);
      for (let i = 0; i < 12; i++) assert.ok(text.includes(`# piece ${i}\n`), `piece ${i} is there`);
      assert.match(text, /k0/);
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
    name: 'Overwrite, after another program changed the file',
    ownWrites: true,
    async save(w, name) {
      await w.page.keyboard.press('Control+S');
      await w.wb.quickInputBox.waitFor();
      await fs.writeFile(w.file(name), `${original}# by another program\n`);
      await pause(700);
      await w.wb.answer('Opens the API for the partner test, agreed in OPS-142');
      const overwrite = w.page.getByRole('button', { name: 'Overwrite' });
      await overwrite.waitFor();
      // What comes in before the person clicks is not what they gave the reason for.
      await w.agent.do('edit', { file: w.file(name), old: '# rules', text: '# rules\n  self = true' });
      await overwrite.click();
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
  const files = {
    [free]: 'notes\n',
    ...Object.fromEntries(rows.map((r, i) => [fileOf(i), r.content ?? original])),
  };
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
          await dismissPrompt(w);
          await row.restore?.(w);
          await dismissPrompt(w);
        }
      });
    }
    await w.shot('save-table-held');
    // All of it is still there at the end, after the rows that came later.
    for (const i of rows.keys()) assert.ok((await w.state(fileOf(i))).text.includes(marker), rows[i]?.name);
  });
});
