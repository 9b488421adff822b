/** What a person is asked when a save is held: an input box for the reason, or the choices where no reason helps. */
import * as vscode from 'vscode';
import type { Tier } from '../core/model.ts';
import type { JustificationRule } from '../core/policy/model.ts';
import { checkNote } from '../core/justification.ts';
import { linearRegex } from '../core/regex.ts';
import { Disposables } from './disposables.ts';
import { settings } from './settings.ts';

export type Answer =
  | { readonly kind: 'justify'; readonly text: string }
  | { readonly kind: 'without-ai' | 'discard' | 'later' };

/** What the prompt is about; one prompt for all files of a Save All. */
export interface Question {
  readonly paths: readonly string[];
  /** Names of the policy entries, strictest first. */
  readonly entries: readonly string[];
  readonly tier: Tier;
  readonly aiLines: number;
  readonly rule: JustificationRule;
  /** Some of it is not on disk yet, so that it can be discarded. */
  readonly isUnsaved: boolean;
  /** Text to begin with, e.g. after the file changed while the person wrote. */
  readonly value?: string;
  readonly warning?: string;
}

const matches = (pattern: string, text: string): boolean => linearRegex(pattern).test(text);

/** One sentence on all that is missing, `undefined` when the text will do. */
export function problemOf(text: string, rule: JustificationRule): string | undefined {
  const problem = checkNote(text, rule, matches);
  if (!problem) return undefined;
  const ticket = rule.ticket;
  if (problem.kind === 'no-ticket') return vscode.l10n.t('Name a ticket, please (matching {0})', problem.pattern);
  const missing = problem.need - problem.have;
  return ticket === undefined || matches(ticket, text)
    ? vscode.l10n.t('{0} more characters, please (at least {1})', missing, problem.need)
    : vscode.l10n.t('{0} more characters, please, and a ticket (matching {1})', missing, ticket);
}

/** The strictest of several rules, for one note that serves all of them. */
export function combine(rules: readonly JustificationRule[]): JustificationRule {
  return rules.reduce((a, b) => {
    const ticket = a.ticket ?? b.ticket;
    return {
      minLength: Math.max(a.minLength, b.minLength),
      expiresMs: Math.min(a.expiresMs, b.expiresMs),
      ...(ticket !== undefined && { ticket }),
    };
  });
}

export function titleOf(paths: readonly string[]): string {
  return paths.length === 1
    ? vscode.l10n.t('Justify Changes to {0}', paths[0] ?? '')
    : vscode.l10n.t('Justify Changes to {0} Protected Files', paths.length);
}

/** Reasons given before in this workspace, newest first. */
export class Reasons {
  readonly #state: vscode.Memento;

  constructor(state: vscode.Memento) {
    this.#state = state;
  }

  get all(): readonly string[] {
    return this.#state.get<string[]>('countersign.reasons', []).slice(0, settings.rememberReasons());
  }

  async remember(text: string): Promise<void> {
    const kept = [text, ...this.all.filter((r) => r !== text)].slice(0, settings.rememberReasons());
    await this.#state.update('countersign.reasons', kept);
  }
}

/** Asks for the reason. Escape is "Later": nothing is saved, nothing is lost. */
export async function askReason(question: Question, reasons: Reasons): Promise<Answer> {
  const store = new Disposables();
  const box = store.own(vscode.window.createInputBox());
  const button = (icon: string, tooltip: string): vscode.QuickInputButton => ({
    iconPath: new vscode.ThemeIcon(icon),
    tooltip,
  });
  const recent = button('history', vscode.l10n.t('Recent Reasons'));
  const withoutAi = button('person', vscode.l10n.t('Save Without AI Lines'));
  const discard = button('discard', vscode.l10n.t('Discard Changes'));
  const later = button(
    'close',
    question.isUnsaved ? vscode.l10n.t('Later (the text stays, unsaved)') : vscode.l10n.t('Later'),
  );
  box.title = titleOf(question.paths);
  box.prompt = describeQuestion(question);
  box.placeholder = vscode.l10n.t('Why is this change right, and how was it checked?');
  box.ignoreFocusOut = true;
  box.value = question.value ?? '';
  box.buttons = [
    ...(reasons.all.length > 0 ? [recent] : []),
    ...(question.aiLines > 0 ? [withoutAi] : []),
    ...(question.isUnsaved ? [discard] : []),
    later,
  ];
  const show = (severity: vscode.InputBoxValidationSeverity, message: string): void => {
    box.validationMessage = { severity, message };
  };
  if (question.warning !== undefined) show(vscode.InputBoxValidationSeverity.Warning, question.warning);
  try {
    return await new Promise<Answer>((resolve) => {
      store.own(
        box.onDidChangeValue((text) => {
          const problem = problemOf(text, question.rule);
          if (problem !== undefined) show(vscode.InputBoxValidationSeverity.Info, problem);
          else box.validationMessage = undefined;
        }),
      );
      store.own(
        box.onDidAccept(() => {
          const text = box.value.trim();
          const problem = problemOf(text, question.rule);
          if (problem !== undefined) show(vscode.InputBoxValidationSeverity.Error, problem);
          else resolve({ kind: 'justify', text });
        }),
      );
      store.own(
        box.onDidTriggerButton(async (pressed) => {
          if (pressed === withoutAi) resolve({ kind: 'without-ai' });
          else if (pressed === discard) resolve({ kind: 'discard' });
          else if (pressed === later) resolve({ kind: 'later' });
          else {
            const typed = box.value;
            // The pick takes the box's place; whatever is chosen comes back into the box to be read and changed.
            picking = true;
            const chosen = await vscode.window.showQuickPick([...reasons.all], {
              title: vscode.l10n.t('Recent Reasons'),
              ignoreFocusOut: true,
            });
            picking = false;
            box.value = chosen ?? typed;
            box.show();
          }
        }),
      );
      let picking = false;
      store.own(
        box.onDidHide(() => {
          if (!picking) resolve({ kind: 'later' });
        }),
      );
      box.show();
    });
  } finally {
    store.dispose();
  }
}

/** AI may not change these paths: no reason helps. */
export async function askProhibited(question: Question): Promise<Answer> {
  const items: (vscode.QuickPickItem & { answer: Answer })[] = [
    {
      label: `$(person) ${vscode.l10n.t('Save Without AI Lines')}`,
      detail: vscode.l10n.t('Takes the AI lines back and saves what you wrote yourself'),
      answer: { kind: 'without-ai' },
    },
    ...(question.isUnsaved
      ? [
          {
            label: `$(discard) ${vscode.l10n.t('Discard Changes')}`,
            detail: vscode.l10n.t('Goes back to the text on disk; Undo brings the changes back'),
            answer: { kind: 'discard' } as const,
          },
        ]
      : []),
    {
      label: `$(close) ${vscode.l10n.t('Later')}`,
      detail: question.isUnsaved
        ? vscode.l10n.t('Keeps the text in the editor, unsaved')
        : vscode.l10n.t('Leaves the file as it is; the commit will ask'),
      answer: { kind: 'later' },
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('AI May Not Change {0}', question.paths.join(', ')),
    placeHolder: describeQuestion(question),
    ignoreFocusOut: true,
  });
  return picked?.answer ?? { kind: 'later' };
}

function describeQuestion(question: Question): string {
  const files = question.paths.length > 1 ? ` ${question.paths.join(', ')}.` : '';
  return describePolicy(question) + files;
}

function describePolicy(question: Question): string {
  const what = `${question.entries.slice(0, 3).join(', ')} (${question.tier})`;
  if (question.aiLines === 0) return vscode.l10n.t('Protected: {0}.', what);
  return question.aiLines === 1
    ? vscode.l10n.t('Protected: {0}; 1 AI or unseen line.', what)
    : vscode.l10n.t('Protected: {0}; {1} AI or unseen lines.', what, question.aiLines);
}
