import * as vscode from 'vscode';
import type { Command } from './command.ts';

export const showChanges: Command = {
  id: 'showChanges',
  run: async () => vscode.commands.executeCommand('countersign.changes.focus'),
};
