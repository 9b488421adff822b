import type * as vscode from 'vscode';
import { sha256 } from '../platform/crypto.ts';

/** Names a document's text; equal texts, equal digests. */
export function digestOf(document: vscode.TextDocument): string {
  const text = document.getText();
  return `${text.length}:${sha256(text)}`;
}
