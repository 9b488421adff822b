import { markSelection } from '../markSelection.ts';
import type { Command } from './command.ts';

export const markAsAi: Command = {
  id: 'markAsAi',
  run: (services) => markSelection(services, 'ai'),
};
