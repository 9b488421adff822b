/** Restricted Mode: workspace trust is on and the folder is not trusted. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { it } from 'node:test';
import { editor } from './harness.ts';

const sessions = editor({ trust: true, settings: { 'security.workspace.trust.startupPrompt': 'never' } });

void it('labels and guards in Restricted Mode, and installs nothing', async () => {
  await sessions.window('restricted', {}, async (w) => {
    await w.page
      .getByText(/Restricted Mode/)
      .first()
      .waitFor();
    const hooks = await fs.readdir(w.file('.git/hooks'));
    await w.agent.do('edit', { file: w.file('infra/main.tf'), old: '10.20.0.0/16', text: '0.0.0.0/0', show: true });
    assert.equal(await w.agent.do('save', { file: w.file('infra/main.tf') }), false, 'the save is held');
    await w.page.keyboard.press('Escape');
    await w.shot('restricted');
    // The commands that write into the repository are not offered.
    await w.page.keyboard.press('F1');
    await w.wb.quickInputBox.fill('>Countersign: Set Up This Repository');
    await w.page.waitForTimeout(500);
    assert.equal(await w.wb.quickRow('Countersign: Set Up This Repository').count(), 0);
    await w.page.keyboard.press('Escape');
    assert.deepEqual(await fs.readdir(w.file('.git/hooks')), hooks);
  });
});
