import type { Command } from './command.ts';

export const showLog: Command = {
  id: 'showLog',
  run: ({ log }) => log.show(true),
};
