/** Gutter and overview marks: which lines an AI wrote, which of those a person changed since, which nobody saw. */
import * as vscode from 'vscode';
import { explainOrigin } from '../core/attribution/explain.ts';
import type { LineOrigin } from '../core/model.ts';
import { escapeMarkdown } from '../core/plainText.ts';
import type { SummaryParams } from '../protocol.ts';
import type { AiKnowledge } from './aiKnowledge.ts';
import type { ServerClient } from './client.ts';
import { Disposables } from './disposables.ts';
import { settings } from './settings.ts';

const kinds = ['ai', 'modified', 'unknown'] as const;
type Kind = (typeof kinds)[number];

/** Of each kind. */
const maxRanges = 5000;

export class Marks extends Disposables {
  readonly #knowledge: AiKnowledge;
  #types: Readonly<Record<Kind, vscode.TextEditorDecorationType>> | undefined;

  constructor(client: ServerClient, knowledge: AiKnowledge) {
    super();
    this.#knowledge = knowledge;
    this.own(client.onSummary((summary) => this.#onSummary(summary)));
    this.own(vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((e) => this.#draw(e))));
    this.own(
      settings.onDidChange((affects) => {
        if (!affects('marks')) return;
        this.#clear();
        vscode.window.visibleTextEditors.forEach((e) => this.#draw(e));
      }),
    );
    // Asked for when somebody looks: VS Code reads the Markdown of every hover that a decoration brings, at each drawing.
    this.own(
      vscode.languages.registerHoverProvider(
        { scheme: 'file' },
        { provideHover: (document, { line }) => this.#hover(document, line) },
      ),
    );
    this.own({ dispose: () => this.#clear() });
  }

  #hover(document: vscode.TextDocument, line: number): vscode.Hover | undefined {
    const summary = this.#knowledge.summary(document.uri);
    if (!summary || (summary.version !== null && summary.version !== document.version)) return undefined;
    const mark = summary.marks.find((m) => m.start <= line && line <= m.end);
    if (!mark || !kindOf(mark.origin) || !settings.marksEnabled(document.uri)) return undefined;
    const text = new vscode.MarkdownString(escapeMarkdown(explainOrigin(mark.origin)));
    return new vscode.Hover(text, document.lineAt(line).range);
  }

  #onSummary(summary: SummaryParams): void {
    const key = vscode.Uri.parse(summary.uri).toString();
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document.uri.toString() === key) this.#draw(editor);
  }

  #draw(editor: vscode.TextEditor): void {
    const summary = this.#knowledge.summary(editor.document.uri);
    if (!summary && !this.#types) return;
    // Marks of an older text would sit on wrong lines; VS Code has moved the drawn ones along.
    if (summary && summary.version !== null && summary.version !== editor.document.version) return;
    const isOn = settings.marksEnabled(editor.document.uri);
    const ranges: Record<Kind, vscode.Range[]> = { ai: [], modified: [], unknown: [] };
    for (const mark of (isOn && summary?.marks) || []) {
      const kind = kindOf(mark.origin);
      if (kind && ranges[kind].length < maxRanges) ranges[kind].push(new vscode.Range(mark.start, 0, mark.end, 0));
    }
    this.#types ??= createTypes();
    for (const kind of kinds) editor.setDecorations(this.#types[kind], ranges[kind]);
  }

  #clear(): void {
    for (const type of Object.values(this.#types ?? {})) type.dispose();
    this.#types = undefined;
  }
}

function kindOf(origin: LineOrigin): Kind | undefined {
  if (origin.origin === 'ai') return origin.modified ? 'modified' : 'ai';
  return origin.origin === 'unknown' ? 'unknown' : undefined;
}

const colors: Readonly<Record<Kind, { readonly theme: string; readonly dark: string; readonly light: string }>> = {
  ai: { theme: 'countersign.aiLine', dark: '#b180d7', light: '#8a3ffc' },
  modified: { theme: 'countersign.modifiedLine', dark: '#7f9fd9', light: '#3b6fd4' },
  unknown: { theme: 'countersign.unseenLine', dark: '#8c8c8c', light: '#8c8c8c' },
};

/** Shape, not only colour: a full bar, a dashed and a dotted one. */
const bars: Readonly<Record<Kind, string>> = { ai: '', modified: '8 3', unknown: '2 2' };

/** A bar for the gutter as a data URI: the API has no theme colours for gutter icons. */
function bar(color: string, dashes: string): vscode.Uri {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="22" viewBox="0 0 16 22" preserveAspectRatio="none">` +
    `<path d="M12 0v22" stroke="${color}" stroke-width="4" stroke-dasharray="${dashes}"/></svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`);
}

function createTypes(): Readonly<Record<Kind, vscode.TextEditorDecorationType>> {
  const make = (kind: Kind): vscode.TextEditorDecorationType =>
    vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
      gutterIconSize: '100% 100%',
      light: { gutterIconPath: bar(colors[kind].light, bars[kind]) },
      dark: { gutterIconPath: bar(colors[kind].dark, bars[kind]) },
      ...(settings.marksInOverviewRuler() && {
        overviewRulerColor: new vscode.ThemeColor(colors[kind].theme),
        overviewRulerLane: vscode.OverviewRulerLane.Left,
      }),
    });
  return { ai: make('ai'), modified: make('modified'), unknown: make('unknown') };
}
