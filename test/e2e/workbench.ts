/** Page object of the VS Code workbench. Every wait is on something a person would see. */
import type { Locator, Page } from 'playwright-core';
import { until } from '../host/wait.ts';

const quoted = (text: string): string => text.replace(/["\\]/g, '\\$&');

export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The workbench is up, its folder listed, and Countersign's status bar item there (unless `bare`). */
  async ready(bare = false): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 180_000 });
    const files = this.page.locator('.explorer-folders-view .monaco-list-row').first();
    // The web workbench at times reads a .code-workspace before its file system is there, and shows no folder.
    await files.waitFor({ timeout: 40_000 }).catch(() => this.page.reload());
    await files.waitFor({ timeout: 180_000 });
    if (!bare) await this.status.waitFor({ timeout: 180_000 });
  }

  get status(): Locator {
    return this.page.locator('.statusbar-item[id^="countersign.countersign"]').first();
  }

  // #region Quick input

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }
  get quickInputBox(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-box input');
  }
  quickRow(label: string): Locator {
    return this.page.locator(
      `.quick-input-widget:visible .quick-input-list .monaco-list-row[aria-label*="${quoted(label)}"]`,
    );
  }

  /** Runs a command by its title, e.g. "Countersign: Verify Audit Log". */
  async command(title: string): Promise<void> {
    const row = this.quickRow(title).first();
    // A command shows once its `when` holds; the palette, once open, does not look again.
    await until(`the palette offers ${title}`, async () => {
      await this.page.keyboard.press('F1');
      await this.quickInputBox.waitFor();
      await this.quickInputBox.fill(`>${title}`);
      const there = await row.waitFor({ timeout: 1500 }).then(
        () => true,
        () => false,
      );
      if (!there) await this.page.keyboard.press('Escape');
      return there;
    });
    await row.click();
  }

  async open(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.quickInputBox.waitFor();
    await this.quickInputBox.fill(name);
    await this.quickRow(name.split('/').at(-1) ?? name)
      .first()
      .click();
    await this.editor(name).waitFor();
  }

  /** "Save As" onto a path, through the editor's own dialog. */
  async saveAs(file: string): Promise<void> {
    await this.command('File: Save As');
    // The dialog writes its own proposal into the box, some time after it has come up, and looks the path up. On a busy
    // machine it does so once more, over what was typed: the path must have stood for a second.
    let stood = 0;
    await until('the dialog takes the path', async () => {
      const before = await this.quickInputBox.inputValue();
      if (before !== '' && before !== file) await this.quickInputBox.fill(file);
      await this.page.waitForTimeout(300);
      stood = (await this.quickInputBox.inputValue()) === file ? stood + 1 : 0;
      return stood > 3;
    });
    await this.quickInput.getByRole('button', { name: 'OK' }).click();
  }

  /** Types into an input box and accepts it. */
  async answer(text: string): Promise<void> {
    await this.quickInputBox.waitFor();
    await this.quickInputBox.fill(text);
    await this.page.keyboard.press('Enter');
  }

  // #endregion

  // #region Editors

  tab(name: string): Locator {
    return this.page.locator(`.tabs-container .tab[data-resource-name="${quoted(name.split('/').at(-1) ?? name)}"]`);
  }
  async isDirty(name: string): Promise<boolean> {
    return ((await this.tab(name).first().getAttribute('class')) ?? '').split(/\s+/).includes('dirty');
  }
  editor(name: string): Locator {
    return this.page.locator(`.monaco-editor[data-uri$="/${quoted(name)}"] .view-lines`).first();
  }
  async type(name: string, text: string, where: 'Control+Home' | 'Control+End' = 'Control+End'): Promise<void> {
    await this.editor(name).click();
    await this.page.keyboard.press(where);
    await this.page.keyboard.type(text);
  }
  async waitUntilSaved(name: string): Promise<void> {
    await until(`${name} is saved`, async () => !(await this.isDirty(name)));
  }

  // #endregion

  // #region Views, notifications, dialogs

  async problems(): Promise<Locator> {
    await this.command('Problems: Focus on Problems View');
    return this.page.locator('.markers-panel .monaco-list-row');
  }
  toast(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box', { hasText: text });
  }
  async sourceControl(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+G');
    await this.page.locator('.scm-view .scm-editor .monaco-editor').first().waitFor();
  }
  change(name: string): Locator {
    return this.page.locator(`.scm-view .monaco-list-row[aria-label^="${quoted(name)}"]`).first();
  }
  /** Types a message into Source Control and commits with the keyboard. */
  async commit(message: string): Promise<void> {
    await this.page.locator('.scm-view .scm-editor .monaco-editor').first().click();
    await this.page.keyboard.type(message);
    await this.page.keyboard.press('Control+Enter');
  }

  // #endregion
}
