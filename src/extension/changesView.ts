/**
 * "AI Changes" in Source Control: by tier, then file, then finding. Its message line is the preview of the next
 * commit's provenance record: nothing of ours goes into the commit box itself (a trailer that nobody asked for has
 * cost others dearly, microsoft/vscode #314311), but the person reads right beneath it what the record will say.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { maxTier, tiers, type Tier } from '../core/model.ts';
import * as protocol from '../protocol.ts';
import type { ServerClient } from './client.ts';
import { setContext } from './contextKeys.ts';
import { Disposables } from './disposables.ts';
import type { PolicyService } from './policyService.ts';

type File = protocol.ChangedFile;
type Node =
  | { readonly kind: 'tier'; readonly tier: Tier; readonly files: readonly File[] }
  | { readonly kind: 'file'; readonly file: File; readonly resourceUri: vscode.Uri }
  | { readonly kind: 'finding'; readonly file: File; readonly finding: File['findings'][number] };

const refreshPauseMs = 200;

export class ChangesView extends Disposables implements vscode.TreeDataProvider<Node> {
  readonly #client: ServerClient;
  readonly #policies: PolicyService;
  readonly #changed = this.own(new vscode.EventEmitter<void>());
  readonly #view: vscode.TreeView<Node>;
  #files: readonly File[] = [];
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(client: ServerClient, policies: PolicyService) {
    super();
    this.#client = client;
    this.#policies = policies;
    this.#view = this.own(
      vscode.window.createTreeView<Node>('countersign.changes', { treeDataProvider: this, showCollapseAll: true }),
    );
    this.own(client.onChangesChanged(() => this.#soon()));
    this.own(policies.onDidChange(() => this.#soon()));
    this.own({ dispose: () => clearTimeout(this.#timer) });
  }

  getChildren(node?: Node): Node[] {
    if (!node) {
      return [...tiers].reverse().flatMap((tier) => {
        const files = this.#files.filter((f) => f.tier === tier);
        return files.length > 0 ? [{ kind: 'tier', tier, files }] : [];
      });
    }
    if (node.kind === 'tier')
      return node.files.map((file) => ({ kind: 'file', file, resourceUri: vscode.Uri.parse(file.uri) }));
    if (node.kind === 'file')
      return node.file.findings.map((finding) => ({ kind: 'finding', file: node.file, finding }));
    return [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'tier') return tierItem(node.tier, node.files);
    return node.kind === 'file' ? fileItem(node.file, node.resourceUri) : findingItem(node.file, node.finding);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, refreshPauseMs);
  }

  async #refresh(): Promise<void> {
    const files = await this.#client.request<File[]>(protocol.changes);
    if (!files || this.isDisposed) return;
    this.#files = files;
    setContext('countersign.hasChanges', files.length > 0);
    this.#view.message = files.length > 0 ? this.#preview() : '';
    const waiting = files.filter((f) => f.decision !== 'allow').length;
    this.#view.badge =
      waiting > 0 ? { value: waiting, tooltip: vscode.l10n.t('{0} files need a justification', waiting) } : undefined;
    this.#changed.fire();
  }

  /** What the next commit's record would say of everything pending. */
  #preview(): string {
    const files = this.#files;
    const sum = (of: (f: File) => number): number => files.reduce((n, f) => n + of(f), 0);
    const ai = sum((f) => f.ai);
    const parts = [
      ai === 1 ? vscode.l10n.t('1 AI line') : vscode.l10n.t('{0} AI lines', ai),
      ...(sum((f) => f.modified) > 0
        ? [
            vscode.l10n.t(
              '{0} of them changed by a person',
              sum((f) => f.modified),
            ),
          ]
        : []),
      ...(sum((f) => f.unknown) > 0
        ? [
            vscode.l10n.t(
              '{0} unseen',
              sum((f) => f.unknown),
            ),
          ]
        : []),
      vscode.l10n.t('risk {0}', files.map((f) => f.tier).reduce(maxTier)),
    ];
    const agents = [...new Set(files.flatMap((f) => f.agents))];
    if (agents.length > 0) parts.push(agents.join(', '));
    const isRecorded = this.#policies.places.some((p) => p.policy.policy.commit.trailers !== 'off');
    const what = parts.join(', ');
    return isRecorded
      ? vscode.l10n.t('If all is committed, the record will say: {0}.', what)
      : vscode.l10n.t('Not committed yet: {0}. No record is written (commit.trailers is off).', what);
  }
}

function tierItem(tier: Tier, files: readonly File[]): vscode.TreeItem {
  const label = {
    low: vscode.l10n.t('Low Risk'),
    medium: vscode.l10n.t('Medium Risk'),
    high: vscode.l10n.t('High Risk'),
    critical: vscode.l10n.t('Critical Risk'),
  }[tier];
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = tier;
  item.description = String(files.length);
  item.iconPath = new vscode.ThemeIcon(
    tier === 'critical' ? 'error' : tier === 'high' ? 'warning' : 'info',
    new vscode.ThemeColor(`countersign.${tier}Tier`),
  );
  item.accessibilityInformation = { label: vscode.l10n.t('{0}, {1} files', label, files.length) };
  return item;
}

function fileItem(file: File, resourceUri: vscode.Uri): vscode.TreeItem {
  const item = new vscode.TreeItem(
    resourceUri,
    file.findings.length > 0 ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  const counts = [
    ...(file.ai > 0 ? [vscode.l10n.t('{0} AI', file.ai)] : []),
    ...(file.unknown > 0 ? [vscode.l10n.t('{0} unseen', file.unknown)] : []),
    ...(file.deleted > 0 ? [vscode.l10n.t('{0} deleted by AI', file.deleted)] : []),
  ].join(', ');
  const folder = path.posix.dirname(file.path);
  item.id = file.uri;
  item.description = [folder === '.' ? '' : folder, counts].filter(Boolean).join(' · ');
  item.tooltip = [
    file.path,
    counts,
    ...(file.agents.length > 0 ? [vscode.l10n.t('Agents: {0}', file.agents.join(', '))] : []),
    ...file.reasons,
    ...(file.note === undefined ? [] : [file.note]),
  ].join('\n');
  item.contextValue = file.decision === 'allow' ? 'file' : 'file.needsJustification';
  item.iconPath = vscode.ThemeIcon.File;
  item.command = { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [resourceUri] };
  item.accessibilityInformation = {
    label: [file.path, vscode.l10n.t('{0} risk', file.tier), counts, ...file.reasons].join(', '),
  };
  return item;
}

function findingItem(file: File, finding: File['findings'][number]): vscode.TreeItem {
  const item = new vscode.TreeItem(finding.message);
  const line = Math.max(0, finding.line - 1);
  item.description = vscode.l10n.t('line {0}', finding.line);
  item.tooltip = `${finding.message}\n${finding.rule} · ${finding.tier}`;
  item.iconPath = new vscode.ThemeIcon(finding.tier === 'high' || finding.tier === 'critical' ? 'warning' : 'info');
  item.command = {
    command: 'vscode.open',
    title: vscode.l10n.t('Open'),
    arguments: [vscode.Uri.parse(file.uri), { selection: new vscode.Range(line, 0, line, 0) }],
  };
  item.accessibilityInformation = { label: `${finding.tier}, ${finding.message}, ${item.description}` };
  return item;
}
