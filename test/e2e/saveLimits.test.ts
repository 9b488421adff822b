/**
 * The limits that the README names: ways to the disk that no extension can close. Each is tried for what really
 * happens: no text is lost, the write is found out and recorded, the commit is refused, and strict mode holds where it
 * is said to hold.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { pause, until } from '../host/wait.ts';
import { settle, watchFile } from './disk.ts';
import { editor, type Window } from './harness.ts';

const sessions = editor();
const opened = 'cidr_blocks = ["0.0.0.0/0"]';
const edit = { old: 'cidr_blocks = ["10.20.0.0/16"]', text: opened, show: true };
const name = 'infra/main.tf';

const setting = (w: Window, section: string, key: string, value: unknown): Promise<unknown> =>
  w.agent.do('setting', { section, key, value });

/** VS Code keeps unsaved text in its data folder, a second or so after it was written. */
async function isBackedUp(w: Window, text: string): Promise<boolean> {
  const dir = path.join(w.host.dataDir, 'data', 'User', 'Backups');
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
  const texts = await Promise.all(files.map((file) => fs.readFile(file, 'utf8')));
  return texts.some((t) => t.includes(text));
}

/** A save that came past us: shown, recorded, and stopped at the commit. */
async function isFoundOut(w: Window, reason: RegExp): Promise<void> {
  await until('the status says so', async () => /1 unjustified/.test(await w.wb.status.innerText()), 30_000);
  const { stdout } = await w.cli(['audit', 'tail']);
  const line = stdout.split('\n').find((l) => l.includes('save.bypassed')) ?? '';
  assert.match(line, /infra\/main\.tf/);
  assert.match(line, reason);
  const found = await w.agent.do<{ severity: number; message: string }[]>('diagnostics', { file: w.file(name) });
  assert.ok(
    found.some((d) => d.severity === 0),
    JSON.stringify(found),
  );
  await w.page.keyboard.press('Control+S');
  await pause(300);
  assert.match(await w.wb.status.innerText(), /1 unjustified/, 'saving once more does not justify it');
  await commitIsRefused(w, name);
}

async function commitIsRefused(w: Window, file: string): Promise<void> {
  assert.equal((await w.cli(['install', '--git'])).code, 0);
  await w.git('add', file);
  const refused = await w.git('commit', '--message', 'Open the API').then(
    () => 'it was made',
    (error: { stderr: string }) => error.stderr,
  );
  assert.match(refused, new RegExp(`commit refused: .*${file}`));
  assert.equal((await w.git('log', '-1', '--format=%s')).trim(), 'Open the shop');
}

describe('a save that cannot be held', () => {
  it('by auto-save while the extension host is busy: found out at once', async () => {
    await sessions.window('busy', {}, async (w) => {
      await setting(w, 'files', 'autoSaveDelay', 1000);
      await setting(w, 'files', 'autoSave', 'afterDelay');
      await w.agent.do('edit', { file: w.file(name), ...edit });
      await w.agent.do('busy', { ms: 6000 });
      await until('it is on disk', async () => (await w.disk(name)).includes(opened));
      await isFoundOut(w, /without asking save participants|although/);
      await w.shot('bypassed-busy');
      assert.equal((await w.state(name)).text, await w.disk(name));
      // The user's settings are those of the next window, too.
      await setting(w, 'files', 'autoSave', 'off');
    });
  });

  it('while the extension host is dead: found out when it is back; strict mode holds', async () => {
    await sessions.window('killed', {}, async (w) => {
      // Locked by the editor itself.
      const locked = 'infra/database.tf';
      const before = await w.disk(locked);
      await setting(w, 'countersign', 'saveGuard.strict', true);
      await w.wb.open(locked);
      await until('it is locked', async () => /Justify to edit/.test(await w.wb.status.innerText()));
      await w.shot('strict-locked');
      w.killHost();
      const watch = watchFile(w.file(locked));
      await w.wb.type(locked, 'typed');
      await w.page.keyboard.press('Control+S');
      await w.agent.connect();
      await settle();
      assert.deepEqual(watch.events(), []);
      watch.stop();
      assert.equal(await w.disk(locked), before);
      // The same without it.
      await setting(w, 'countersign', 'saveGuard.strict', false);
      await w.agent.do('edit', { file: w.file(name), ...edit });
      await until('the edit is known', async () => /AI|unseen/.test(await w.wb.status.innerText()));
      const { text } = await w.state(name);
      await w.wb.editor(name).click();
      await w.slowStart(6000);
      w.killHost();
      // A save that is under way while VS Code learns of the host's death is given up. The next one waits for nobody.
      let pressed = 0;
      await until('it is on disk', async () => {
        if ((await w.disk(name)) === text) return true;
        if (Date.now() - pressed > 1000) {
          pressed = Date.now();
          await w.page.keyboard.press('Control+S');
        }
        return false;
      });
      await w.slowStart(0);
      await w.agent.connect();
      await isFoundOut(w, /not running/);
      await w.shot('bypassed-killed');
      assert.equal((await w.state(name)).text, text);
    });
  });

  it('before Countersign has started: found out when it has', async () => {
    await sessions.window('reload', {}, async (w) => {
      await w.agent.do('edit', { file: w.file(name), ...edit, text: `${opened} # kept` });
      await until('the edit is known', async () => /AI|unseen/.test(await w.wb.status.innerText()));
      const { text } = await w.state(name);
      await until('VS Code has put the text aside', () => isBackedUp(w, '# kept'));
      await pause(500);
      await w.slowStart(8000);
      // The web workbench at times looks for backups before its file system is there; the next look finds them.
      // And now and then it saves what it has just restored.
      const isSaved = async (): Promise<boolean> => (await w.disk(name)) === text;
      const isBack = (): Promise<boolean> =>
        until('the unsaved text is back', async () => (await w.wb.isDirty(name)) || (await isSaved()), 6000).then(
          () => true,
          () => false,
        );
      let back = false;
      for (let i = 0; i < 3 && !back; i++) {
        await w.page.reload();
        await w.wb.editor(name).waitFor({ timeout: 180_000 });
        back = await isBack();
      }
      assert.ok(back, 'the unsaved text is back');
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+S');
      await until('it is on disk', isSaved, 30_000);
      await w.slowStart(0);
      await w.agent.connect();
      await w.wb.status.waitFor({ timeout: 180_000 });
      // On a slow machine it has started by then, but is not asked yet.
      await isFoundOut(w, /not running|without asking save participants/);
      assert.equal((await w.state(name)).text, text);
    });
  });

  it('of more than 50 MiB, which no extension sees: refused at commit, and strict mode holds', async () => {
    const big = 'infra/big.tf';
    const content = '# a line of nothing in particular\n'.repeat(Math.ceil((51 * 1024 * 1024) / 34));
    const settings = { 'workbench.editorLargeFileConfirmation': 200 };
    await sessions.window('large', { files: { [big]: content }, settings }, async (w) => {
      await w.wb.open(big);
      await w.wb.type(big, '# by hand', 'Control+Home');
      await w.page.keyboard.press('Control+S');
      await until('it is on disk', async () => (await fs.stat(w.file(big))).size > content.length, 60_000);
      await w.wb.waitUntilSaved(big);
      await commitIsRefused(w, big);
      await w.git('checkout', '--quiet', 'HEAD', '--', big);
      await setting(w, 'countersign', 'saveGuard.strict', true);
      await until('it is locked', async () => /Justify to edit/.test(await w.wb.status.innerText()));
      const watch = watchFile(w.file(big));
      await w.wb.type(big, '# by hand again', 'Control+Home');
      await w.page.keyboard.press('Control+S');
      await settle();
      await w.shot('strict-large');
      assert.deepEqual(watch.events(), []);
      watch.stop();
    });
  });
});
