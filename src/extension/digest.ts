import type * as vscode from 'vscode';
import { sha256 } from '../platform/crypto.ts';

const known = new WeakMap<vscode.TextDocument, { readonly version: number; readonly digest: string }>();

/** Names a document's text; equal texts, equal digests. One save asks several times: a version is read once. */
export function digestOf(document: vscode.TextDocument): string {
  const { version } = document;
  const last = known.get(document);
  if (last?.version === version) return last.digest;
  const text = document.getText();
  const digest = `${text.length}:${sha256(text)}`;
  known.set(document, { version, digest });
  return digest;
}
