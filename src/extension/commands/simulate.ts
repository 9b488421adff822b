import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { copyCli, cliFile } from '../cliCopy.ts';
import type { Located } from '../policyService.ts';
import { runCli } from '../runCli.ts';
import type { Services } from '../services.ts';
import type { Command } from './command.ts';

/** The editor looks at its files this often at least, when it is busy. */
const loadMs = 5000;

/**
 * A pretended agent, so that a newcomer sees what Countersign does without one: an edit on disk with the very hook
 * calls Claude Code makes around it (`hook claude-code`), then an edit in the editor as another extension makes it.
 * `{ protected: true }`: only the second, in a protected file, left unsaved for the person to try to save.
 */
export const simulate: Command = {
  id: 'simulate',
  async run(services, options) {
    const wantsProtected = (options as { protected?: unknown } | undefined)?.protected === true;
    const found = await findTarget(services, wantsProtected);
    if (!found) {
      void vscode.window.showInformationMessage(
        wantsProtected
          ? vscode.l10n.t('No protected file is at hand here. Open one, then try again.')
          : vscode.l10n.t('Open a source file in a folder first, then try again.'),
      );
      return;
    }
    const { uri, located } = found;
    const document = await vscode.workspace.openTextDocument(uri);
    const isProtected = located.verdict.entries.length > 0;
    if (document.getText().includes(label)) {
      await vscode.window.showTextDocument(document, { preview: false });
      void offerUndo(services, vscode.l10n.t('The simulated edit is still in {0}.', located.path), document);
      return;
    }
    const isOnDisk = !isProtected && !document.isDirty;
    if (isOnDisk && !(await onDisk(services, uri, located))) return;
    await vscode.window.showTextDocument(document, { preview: false });
    if (isOnDisk) await loaded(document);
    if (!(await inEditor(document))) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t('{0} changed all the time, so the simulated edit in the editor was not made.', located.path),
      );
      return;
    }
    const message = isProtected
      ? vscode.l10n.t('Simulated: a pretended agent changed {0}. Save it to see what happens.', located.path)
      : vscode.l10n.t('Simulated: a pretended agent changed {0}, once on disk and once in the editor.', located.path);
    // Not awaited by whoever ran the command: the notice may stay for as long as it likes.
    void offerUndo(services, message, document);
  },
};

async function offerUndo(services: Services, message: string, document: vscode.TextDocument): Promise<void> {
  const takeBack = vscode.l10n.t('Take It Back');
  if ((await vscode.window.showInformationMessage(message, takeBack)) === takeBack) await undo(services, document);
}

/** Until the editor has taken over what lies on disk. */
async function loaded(document: vscode.TextDocument): Promise<void> {
  if (document.getText().includes(label)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      watch.dispose();
      resolve();
    };
    const timer = setTimeout(done, loadMs);
    const watch = vscode.workspace.onDidChangeTextDocument((e) => {
      if (e.document === document && document.getText().includes(label)) done();
    });
  });
}

/** VS Code drops an edit when the text moves between asking and making it. */
async function inEditor(document: vscode.TextDocument): Promise<boolean> {
  for (let tries = 0; tries < 5; tries++) {
    const edit = new vscode.WorkspaceEdit();
    const end = document.lineAt(document.lineCount - 1).range.end;
    const eol = end.character === 0 ? '' : '\n';
    edit.insert(document.uri, end, eol + snippet(document.uri, 'editor'));
    if (await vscode.workspace.applyEdit(edit)) return true;
  }
  return false;
}

/** Before and after the write, as the agent does; false when the hook said no. */
async function onDisk({ context, log }: Services, uri: vscode.Uri, located: Located): Promise<boolean> {
  await copyCli(context, log);
  const file = uri.fsPath;
  const before = await fs.readFile(file, 'utf8');
  const firstLine = /^.*(?:\r?\n|$)/.exec(before)?.[0] ?? '';
  const eol = firstLine.endsWith('\r\n') ? '\r\n' : '\n';
  const added = snippet(uri, 'disk').replaceAll('\n', eol);
  // At the end, where it breaks nothing.
  const after = before.endsWith('\n') || before === '' ? before + added : before + eol + added;
  const common = {
    session_id: crypto.randomUUID(),
    transcript_path: '',
    cwd: located.place.root,
    permission_mode: 'default',
    tool_name: 'Write',
    tool_use_id: `simulated-${crypto.randomUUID().slice(0, 8)}`,
    tool_input: { file_path: file, content: after },
  };
  const hook = async (payload: object): Promise<{ code: number; stdout: string; stderr: string }> =>
    runCli(cliFile(context), ['hook', 'claude-code'], { cwd: located.place.root, input: JSON.stringify(payload) });
  const asked = await hook({ ...common, hook_event_name: 'PreToolUse' });
  log.info(`simulated agent: PreToolUse on ${located.path}: exit ${asked.code} ${asked.stdout.trim()}`);
  if (asked.code === 2 || /"permissionDecision"\s*:\s*"deny"/.test(asked.stdout)) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Simulated: the pretended agent was refused. {0}', asked.stderr.trim() || reasonOf(asked.stdout)),
    );
    return false;
  }
  await fs.writeFile(file, after);
  const told = await hook({
    ...common,
    hook_event_name: 'PostToolUse',
    tool_response: { type: 'update', filePath: file, content: after, originalFile: before },
  });
  log.info(`simulated agent: PostToolUse: exit ${told.code}`);
  return true;
}

function reasonOf(stdout: string): string {
  try {
    const answer = JSON.parse(stdout) as { hookSpecificOutput?: { permissionDecisionReason?: unknown } };
    const reason = answer.hookSpecificOutput?.permissionDecisionReason;
    return typeof reason === 'string' ? reason : '';
  } catch {
    return '';
  }
}

/** Both edits are whole blocks with our label; what a person did in between stays. */
async function undo({ announcer }: Services, document: vscode.TextDocument): Promise<void> {
  const text = document.getText();
  const eol = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  let without = text;
  for (const kind of ['disk', 'editor'] as const)
    without = without.replace(snippet(document.uri, kind).replaceAll('\n', eol), '');
  if (without === text) return;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), without);
  announcer.expectOwn(document);
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

async function findTarget(
  { policies }: Services,
  wantsProtected: boolean,
): Promise<{ readonly uri: vscode.Uri; readonly located: Located } | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const candidates = [
    ...(active?.scheme === 'file' ? [active] : []),
    ...(await vscode.workspace.findFiles(
      '**/*.{ts,js,py,go,java,rb,tf,sql,sh}',
      '**/{node_modules,dist,out,.git}/**',
      200,
    )),
  ];
  for (const uri of candidates) {
    const located = await policies.locate(uri);
    if (!located) continue;
    const isProtected = located.verdict.entries.length > 0;
    const isForbidden = located.verdict.ai === 'prohibit';
    // The file in front of the person is taken as it is; of the others, one that shows what is wanted.
    const fits = isProtected === wantsProtected || (uri === active && !wantsProtected);
    if (fits && !isForbidden) return { uri, located };
  }
  return undefined;
}

const label = 'Simulated agent edit by Countersign';

/** Something an agent might write, risky enough to be labelled, harmless where it stands, and marked as ours. */
function snippet(uri: vscode.Uri, where: 'disk' | 'editor'): string {
  const name = where === 'disk' ? 'simulatedOnDisk' : 'simulatedInEditor';
  switch (path.extname(uri.fsPath)) {
    case '.ts':
    case '.js':
      return `\n// ${label}\nexport function ${name}(input) {\n  return eval(input);\n}\n`;
    case '.py':
      return `\n# ${label}\ndef ${name}(command):\n    return __import__("subprocess").run(command, shell=True)\n`;
    case '.tf':
      return `\n# ${label}\nresource "aws_security_group_rule" "${name}" {\n  type        = "ingress"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n`;
    case '.sql':
      return `\n-- ${label}: ${name}\nDROP TABLE IF EXISTS simulated_by_countersign;\n`;
    case '.go':
    case '.java':
      return `\n// ${label}: ${name}\n`;
    default:
      return `\n# ${label}: ${name}\n`;
  }
}
