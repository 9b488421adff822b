import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { until } from '../wait.ts';
import { activate, append, diagnostics, open, revert, riskyTypeScript } from './helpers.ts';

async function hoverOf(uri: vscode.Uri, position: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, position);
  return hovers.flatMap((h) => h.contents.map((c) => (typeof c === 'string' ? c : c.value))).join('\n');
}

describe('language server', () => {
  before(activate);

  it('answers hover and quick fixes on a finding', async () => {
    const document = await open('src/payments.ts');
    await append(document, riskyTypeScript);
    const found = await diagnostics(document.uri, 'a finding', (d) => d.length > 0);
    const range = found[0]?.range;
    assert.ok(range);
    const text = await hoverOf(document.uri, range.start);
    assert.match(text, /Countersign|AI/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
    );
    assert.ok(actions.length > 0, 'each finding has a quick fix');
    await revert(document);
  });

  it('says on hover who wrote a marked line, and nothing with the marks switched off', async () => {
    const document = await open('src/payments.ts');
    await append(document, riskyTypeScript);
    await diagnostics(document.uri, 'a finding', (d) => d.length > 0);
    const said = (line: number): Promise<string> => hoverOf(document.uri, new vscode.Position(line, 0));
    const last = document.lineCount - 2;
    await until('the hover names the writer', async () => /AI|Unknown/.test(await said(last)));
    assert.doesNotMatch(await said(0), /AI|Unknown/);
    const marks = vscode.workspace.getConfiguration('countersign');
    await marks.update('marks.enabled', false, vscode.ConfigurationTarget.Global);
    try {
      await until('no hover without marks', async () => !/AI|Unknown/.test(await said(last)));
    } finally {
      await marks.update('marks.enabled', undefined, vscode.ConfigurationTarget.Global);
      await revert(document);
    }
  });

  it('misses no edit that is made while it starts', async () => {
    const document = await open('src/payments.ts');
    for (let round = 0; round < 4; round++) {
      let isUp = false;
      const up = vscode.commands.executeCommand('countersign.restartServer').then(() => (isUp = true));
      for (let i = 0, after = 0; after < 5; i++, after += isUp ? 1 : 0)
        await append(document, `\nexport function block${round}x${i}(n: number): number {\n  return n + ${i};\n}\n`);
      await up;
    }
    const lines = document.getText().split('\n');
    const wanted = lines.flatMap((text, line) => (text.startsWith('export function block') ? [line] : []));
    assert.ok(wanted.length > 20, String(wanted.length));
    const said = (line: number): Promise<string> => hoverOf(document.uri, new vscode.Position(line, 0));
    const unseen = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const line of wanted) {
        const text = await said(line);
        if (!/Likely AI|Written by AI/.test(text)) found.push(`${lines[line]} (${text})`);
      }
      return found;
    };
    try {
      await until('all of them are known', async () => {
        const left = await unseen();
        if (left.length > 0)
          throw new Error(`${left.length} of ${wanted.length} are not: ${left.slice(0, 3).join(' ')}`);
        return true;
      });
    } finally {
      await revert(document);
    }
  });

  it('comes back after a restart', async () => {
    await vscode.commands.executeCommand('countersign.restartServer');
    const document = await open('src/report.py');
    await append(
      document,
      `

def upload(name: str, content: bytes) -> int:
    # Sends a report to the archive.
    target = "https://archive.example.invalid/" + name
    session = requests.Session()
    response = session.put(target, data=content, verify=False)
    return response.status_code
`,
    );
    await diagnostics(document.uri, 'a finding after the restart', (d) => d.length > 0);
    await revert(document);
  });

  it('knows after a crash what was written while it was away', async () => {
    const document = await open('src/payments.ts');
    await diagnostics(document.uri, 'no finding to begin with', (d) => d.length === 0);
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,ppid,args']);
    const server = stdout
      .split('\n')
      .map((l) => l.trim().split(/\s+/))
      .find(([, parent, ...args]) => parent === String(process.pid) && args.join(' ').includes('dist/server.js'));
    assert.ok(server, stdout);
    process.kill(Number(server[0]), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Unless the extension tells it, the server meets a line that nobody saw: no finding.
    await append(document, '\nexport const archive = { host: archiveHost, rejectUnauthorized: false };\n');
    await diagnostics(document.uri, 'a finding on what was missed', (d) => d.length > 0);
    await revert(document);
  });
});
