import type { Command } from './command.ts';

/**
 * Accepts the inline suggestion and announces the change as accepted from one: the stable API does not tell it from
 * other edits. No default key: bind it to Tab with `when: inlineSuggestionVisible`.
 */
export const acceptInlineSuggestion: Command = {
  id: 'acceptInlineSuggestion',
  run: async ({ watcher }) => watcher.acceptInline(),
};
