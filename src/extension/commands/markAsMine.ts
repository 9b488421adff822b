import { markSelection } from '../markSelection.ts';
import type { Command } from './command.ts';

export const markAsMine: Command = {
  id: 'markAsMine',
  run: (services) => markSelection(services, 'human'),
};
