import type { Command } from './command.ts';

/** Works when the server is dead, too. */
export const restartServer: Command = {
  id: 'restartServer',
  run: async ({ client }) => client.restart(),
};
