/** Runs our own bundled CLI with the editor's own binary as Node. Always resolves or rejects; never through a shell. */
import { spawn } from 'node:child_process';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const limitMs = 20_000;
const limitBytes = 1024 * 1024;

export async function runCli(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: 'pipe',
      timeout: limitMs,
      windowsHide: true,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (d: string) => (stdout = (stdout + d).slice(0, limitBytes)));
    child.stderr.setEncoding('utf8').on('data', (d: string) => (stderr = (stderr + d).slice(0, limitBytes)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 2, stdout, stderr }));
    // A CLI that ends without reading its input closes the pipe; that is no error of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
