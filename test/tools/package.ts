/**
 * `npm run package`: builds and packs `countersign-<version>.vsix`, and fails on any warning of vsce.
 * vsce wants Node 22; on Node 20 it runs with the Node that came with the test editor.
 */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { version } from '../../package.json';
import { installHost, newestVersion } from '../host/install.ts';

const run = promisify(execFile);
const root = path.resolve(__dirname, '../..');

export const vsixFile = path.join(root, `countersign-${version}.vsix`);

/** Packs what `npm run build` left in dist. */
export async function packVsix(out = vsixFile): Promise<string> {
  const recent = Number(process.versions.node.split('.')[0]) >= 22;
  const node = recent ? process.execPath : (await installHost(newestVersion)).node;
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const { stdout, stderr } = await run(node, [vsce, 'package', '--no-dependencies', '--out', out], { cwd: root });
  const warnings = `${stdout}\n${stderr}`.split('\n').filter((line) => /^\s*WARNING|⚠/i.test(line));
  if (warnings.length > 0) throw new Error(`vsce warns:\n${warnings.join('\n')}`);
  return stdout;
}

if (require.main === module) {
  packVsix().then(
    (text) => process.stdout.write(text),
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      console.error(`${stdout}${stderr}${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    },
  );
}
