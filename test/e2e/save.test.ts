/** The main job: an agent edits, the label appears, the save is held, a person says why, the same text is saved. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { describe, it } from 'node:test';
import { pause, until } from '../host/wait.ts';
import { settle, watchFile } from './disk.ts';
import { editor } from './harness.ts';

const sessions = editor();
const reason = 'Opens the API for the partner test, agreed in OPS-142';
/** What an agent might add: several lines, away from the cursor. */
const partnerAccess = `"10.20.0.0/16"]
  }

  ingress {
    description = "Partner test"
    from_port   = 0
    to_port     = 65535
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
`;
const opened = 'cidr_blocks = ["0.0.0.0/0"]';

describe('saving a protected file', () => {
  it('is held until a person justifies it, then saves the same text', async () => {
    await sessions.window('justify', {}, async (w) => {
      const name = 'infra/main.tf';
      const before = await w.disk(name);
      await w.wb.open(name);
      await w.agent.do('edit', { file: w.file(name), old: '"10.20.0.0/16"]\n  }\n', text: partnerAccess, show: true });
      await until('the status counts the lines', async () => /AI|unseen/.test(await w.wb.status.innerText()));
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+Home');
      await until('the cursor is at the top', async () => (await w.state(name)).selections?.[0]?.[2] === 0);
      const held = await w.state(name);
      const watch = watchFile(w.file(name));

      await w.page.keyboard.press('Control+S');
      await w.wb.quickInputBox.waitFor();
      await w.shot('save-held', 'justify');
      await settle();
      assert.deepEqual(watch.events(), []);
      assert.equal(await w.disk(name), before);
      const meanwhile = await w.state(name);
      assert.equal(meanwhile.text, held.text);
      assert.deepEqual(meanwhile.selections, held.selections, 'the cursor did not move');

      // Too short, no ticket: the box says what is missing and nothing is saved.
      await w.wb.quickInputBox.fill('because');
      await w.page.keyboard.press('Enter');
      await w.wb.quickInput.getByText(/more characters|ticket/).waitFor();
      assert.deepEqual(watch.events(), []);

      await w.wb.answer(reason);
      await until('the text is on disk', async () => (await w.disk(name)) === held.text);
      watch.stop();
      await w.wb.waitUntilSaved(name);
      await w.shot('save-justified');

      // Undo still knows the edit.
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+Z');
      await until('undo takes the edit back', async () => (await w.state(name)).text === before);
      const log = await w.cli(['audit', 'tail']);
      assert.match(log.stdout, /save\.blocked/);
      assert.match(log.stdout, /justification/);
    });
  });

  it('keeps the text when the person decides later, also over a reload', async () => {
    await sessions.window('later', {}, async (w) => {
      const name = 'infra/main.tf';
      const before = await w.disk(name);
      await w.agent.do('edit', { file: w.file(name), old: 'cidr_blocks = ["10.20.0.0/16"]', text: opened, show: true });
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+S');
      await w.wb.quickInputBox.waitFor();
      await w.page.keyboard.press('Escape');
      await settle();
      assert.equal(await w.disk(name), before);
      assert.ok(await w.wb.isDirty(name));
      await until('the status says that a save waits', async () => /waiting/.test(await w.wb.status.innerText()));
      await w.shot('save-later');
      await w.page.reload();
      await w.wb.ready();
      await w.wb.editor(name).waitFor();
      assert.ok(await w.wb.isDirty(name), 'the unsaved text came back');
      assert.equal(await w.disk(name), before);
    });
  });

  it('gives back the old text on Discard, and Undo brings the change back', async () => {
    await sessions.window('discard', {}, async (w) => {
      const name = 'infra/database.tf';
      const before = await w.disk(name);
      await w.agent.do('edit', {
        file: w.file(name),
        old: 'deletion_protection     = true',
        text: 'deletion_protection     = false',
        show: true,
      });
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+S');
      await w.wb.quickInput.waitFor();
      await w.page
        .getByRole('button', { name: /Discard Changes/ })
        .first()
        .click();
      await until('the old text is back', async () => (await w.state(name)).text === before);
      assert.equal(await w.disk(name), before);
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+Z');
      await until('undo brings it back', async () => (await w.state(name)).text.includes('= false'));
    });
  });

  it('never holds an unprotected file', async () => {
    await sessions.window('unprotected', {}, async (w) => {
      const name = 'src/items.ts';
      await w.agent.do('edit', {
        file: w.file(name),
        old: '/** In cents. */',
        text: '/** In cents, net. */',
        show: true,
      });
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+S');
      await until('it is saved', async () => (await w.disk(name)).includes('net.'));
    });
  });

  it('auto-save does not nag: one marker, no prompt over the text', async () => {
    await sessions.window(
      'auto-save',
      { settings: { 'files.autoSave': 'afterDelay', 'files.autoSaveDelay': 200 } },
      async (w) => {
        const name = 'infra/main.tf';
        await w.wb.open(name);
        const watch = watchFile(w.file(name));
        await w.wb.type(name, '# by hand, and another line');
        await settle();
        await w.page.keyboard.type(' and more');
        await settle();
        assert.deepEqual(watch.events(), [], 'auto-save wrote nothing');
        watch.stop();
        assert.equal(await w.wb.quickInput.count(), 0, 'no prompt while the person types');
        assert.match((await w.state(name)).text, /another line and more/, 'every key arrived');
        await w.shot('auto-save-held');
        await until('one quiet marker', async () => /waiting/.test(await w.wb.status.innerText()));
      },
    );
  });

  it('lets VS Code write its own workspace settings', async () => {
    await sessions.window('workspace settings', {}, async (w) => {
      await w.agent.do('setting', { section: 'editor', key: 'tabSize', value: 3, workspace: true });
      await until('the setting is on disk', async () =>
        /"editor.tabSize": 3/.test(await w.disk('.vscode/settings.json')),
      );
      await w.agent.do('setting', { section: 'editor', key: 'tabSize', value: 5, workspace: true });
      await until('the next one, too', async () => /"editor.tabSize": 5/.test(await w.disk('.vscode/settings.json')));
    });
  });

  it('holds Save As onto a protected file', async () => {
    await sessions.window('save as', {}, async (w) => {
      const [from, to] = ['src/items.ts', 'infra/main.tf'];
      const before = await w.disk(to);
      await w.agent.do('edit', {
        file: w.file(from),
        old: '/** In cents. */',
        text: '/** In cents, net. */',
        show: true,
      });
      await w.wb.editor(from).click();
      await w.wb.saveAs(w.file(to));
      await w.wb.quickInput.getByText(/already exists/).waitFor();
      await w.wb.quickInput.getByRole('button', { name: 'OK' }).click();
      await settle();
      await w.shot('save-as');
      assert.equal(await w.disk(to), before);
    });
  });

  it('holds Save As onto a new protected file, and leaves no empty file behind', async () => {
    await sessions.window('save as new', {}, async (w) => {
      const name = 'infra/new.tf';
      await w.wb.command('File: New Untitled Text File');
      await w.page.locator('.monaco-editor[data-uri^="untitled:"] .view-lines').first().click();
      await w.page.keyboard.type('# by hand');
      await w.wb.saveAs(w.file(name));
      await until('it is held', async () => /waiting/.test(await w.wb.status.innerText()));
      await until('the reason is asked for', async () =>
        /Justify Changes to infra\/new\.tf/.test(await w.wb.quickInput.innerText()),
      );
      await until('nothing is left on disk', () =>
        w.disk(name).then(
          () => false,
          (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
        ),
      );
      await settle();
      await w.shot('save-as-new');
      assert.match((await w.state(name)).text, /# by hand/, 'the text is in the editor');
      await w.wb.answer(reason);
      await until('it is saved', async () => /# by hand/.test(await w.disk(name)));

      // One that somebody made on purpose stays.
      const made = 'infra/made.tf';
      await w.agent.do('create', { file: w.file(made) });
      await pause(2100);
      await w.agent.do('edit', { file: w.file(made), text: '# later\n', show: true });
      assert.equal(await w.agent.do('save', { file: w.file(made) }), false);
      await settle();
      assert.equal(await w.disk(made), '');
    });
  });

  it('holds notebooks as well', async () => {
    const policy = (await fs.readFile('test/fixtures/sample/countersign.yaml', 'utf8')).replace(
      '"Dockerfile"]',
      '"Dockerfile", "notebooks/**"]',
    );
    await sessions.window('notebook', { policy }, async (w) => {
      const name = 'notebooks/sales.ipynb';
      const before = await w.disk(name);
      await w.agent.do('notebookEdit', { file: w.file(name), text: "import os; os.system('true')" });
      const watch = watchFile(w.file(name));
      await w.page.keyboard.press('Control+S');
      await settle();
      if (await w.wb.quickInput.count()) await w.page.keyboard.press('Escape');
      assert.equal(await w.agent.do('notebookSave', { file: w.file(name) }), false);
      await settle();
      assert.deepEqual(watch.events(), []);
      watch.stop();
      assert.equal(await w.disk(name), before);
      await w.shot('notebook-held');
      const state = await w.agent.do<{ dirty: boolean; cells: string[] }>('notebookState', { file: w.file(name) });
      assert.ok(state.dirty && state.cells.some((c) => c.includes('os.system')));
    });
  });
});
