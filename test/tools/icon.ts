/** Draws media/icon.png from icon.svg with headless Chromium. Run once after a change: `npx tsx test/tools/icon.ts`. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { startBrowser } from '../host/vscode.ts';

async function main(): Promise<void> {
  const svg = await fs.readFile(path.join(__dirname, 'icon.svg'), 'utf8');
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
    await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`);
    await page.screenshot({ path: path.resolve(__dirname, '../../media/icon.png'), omitBackground: true });
  } finally {
    await browser.close();
  }
}

void main();
