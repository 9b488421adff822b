/** Which repository a command is about: the active file's, else the only one, else the person's choice. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Place, PolicyService } from './policyService.ts';

export async function pickPlace(policies: PolicyService, title: string): Promise<Place | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const located = active && (await policies.locate(active));
  if (located) return located.place;
  await policies.open();
  const { places } = policies;
  if (places.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a folder first.'));
    return undefined;
  }
  if (places.length === 1) return places[0];
  const picked = await vscode.window.showQuickPick(
    places.map((place) => ({ label: path.basename(place.root), description: place.root, place })),
    { title },
  );
  return picked?.place;
}
