/** What the repository promises about itself: pinned dependencies, no machine's paths, no dead or copied code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import manifest from '../../package.json';
import { projectFiles, read, root } from './sources.ts';

const run = promisify(execFile);

describe('dependencies', () => {
  /** What is bundled into the product. An addition is a decision: say why in the pull request. */
  const shipped = [
    '@tree-sitter-grammars/tree-sitter-hcl',
    '@vscode/tree-sitter-wasm',
    'jsonc-parser',
    'minimatch',
    're2js',
    'vscode-languageclient',
    'vscode-languageserver',
    'vscode-languageserver-textdocument',
    'yaml',
  ];

  it('ships only what is on the list', () => assert.deepEqual(Object.keys(manifest.dependencies).sort(), shipped));

  it('pins every version exactly', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, v]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(v),
    );
    assert.deepEqual(loose, []);
  });

  it('types the oldest VS Code it claims', () => {
    assert.equal(manifest.engines.vscode.replace('^', ''), manifest.devDependencies['@types/vscode']);
  });
});

describe('tracked files', () => {
  const texts = projectFiles.filter((f) => !/\.(png|wasm|bundle|ipynb|pack)$/.test(f) && f !== 'package-lock.json');

  it('name no path of the machine they were written on', () => {
    // The brackets keep this file from failing its own check.
    const machine = /(?<![\w.])\/wor[k]\/|\/tm[p]\/(brief|hostcache)|\.librar[y]\//;
    assert.deepEqual(
      texts.filter((f) => machine.test(read(f))),
      [],
    );
  });

  it('hold no private keys and no merge conflicts', () => {
    const wrong = texts
      .filter((f) => !f.startsWith('test/'))
      .filter((f) => /^-----BEGIN [A-Z ]*PRIVATE KEY-----$|^(<{7}|>{7}) /m.test(read(f)));
    assert.deepEqual(wrong, []);
  });

  it('link only to files that exist', () => {
    const broken: string[] = [];
    for (const file of texts.filter((f) => f.endsWith('.md') && !f.startsWith('test/fixtures/'))) {
      for (const m of read(file).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
        const target = m[1] ?? '';
        if (/^[a-z]+:/.test(target)) continue;
        if (!fs.existsSync(path.join(root, path.dirname(file), target))) broken.push(`${file} → ${target}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it('pin workflow actions by commit', () => {
    const loose: string[] = [];
    for (const file of projectFiles.filter((f) => f.startsWith('.github/workflows/'))) {
      for (const m of read(file).matchAll(/uses:\s*(\S+)/g)) {
        if (!/@[0-9a-f]{40}$/.test(m[1] ?? '')) loose.push(`${file}: ${m[1]}`);
      }
    }
    assert.deepEqual(loose, []);
  });
});

describe('code', () => {
  const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);
  const say = (error: unknown): never => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`.trim() || String(error), { cause: error });
  };

  it('is all used (knip)', async () => {
    await run(bin('knip'), ['--no-progress'], { cwd: root, maxBuffer: 16 * 1024 * 1024 }).catch(say);
  });

  it('is not copied (jscpd)', async () => {
    const args = [
      'src',
      '--threshold',
      '1',
      '--min-lines',
      '12',
      '--min-tokens',
      '90',
      '--reporters',
      'consoleFull',
      '--silent',
    ];
    await run(bin('jscpd'), args, { cwd: root, maxBuffer: 16 * 1024 * 1024 }).catch(say);
  });
});
