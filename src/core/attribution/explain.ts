/** Why a line counts as whose: one plain sentence, the same at every door. */
import type { Evidence, LineOrigin } from '../model.ts';

const seen: Record<Evidence, string> = {
  hook: 'the agent itself reported the edit',
  editor: 'seen in the editor',
  heuristic: 'it looks like it, nobody confirmed it',
  none: 'no evidence',
};

/** Plain text; whoever shows it in markup escapes it. `null`: the line stands in the baseline. */
export function explainOrigin(origin: LineOrigin | null): string {
  if (origin === null) return 'Not part of the change: the line was there before.';
  const sure = origin.confidence === undefined ? '' : `, ${Math.round(origin.confidence * 100)} % sure`;
  const when = origin.at === undefined ? '' : `, ${origin.at.slice(0, 16).replace('T', ' ')} UTC`;
  const how =
    origin.mark === undefined
      ? `${seen[origin.evidence]}${sure}${when}`
      : `a person said so${when}; on protected paths it still counts as AI`;
  switch (origin.origin) {
    case 'ai': {
      const session = origin.session === undefined ? undefined : `session ${origin.session}`;
      const who = [origin.agent, origin.model, session].filter((w) => w !== undefined).join(', ');
      const likely = origin.evidence === 'heuristic' ? 'Likely AI' : 'Written by AI';
      return `${likely}${who === '' ? '' : ` (${who})`}: ${how}${origin.modified ? '; changed by a person since' : ''}.`;
    }
    case 'human':
      return `Written by a person: ${how}.`;
    case 'tool':
      return `Written by a tool (formatter, rename, completion or git): ${how}.`;
    default:
      return origin.writer === undefined
        ? `Unknown: nobody saw how this line came to be${when}. On protected paths it counts as AI.`
        : `Unknown: changed outside the editor${when} while ${origin.writer} ran in a terminal, which may have done it. On protected paths it counts as AI.`;
  }
}

/** One word for a list. */
export const originWord = (origin: LineOrigin | null): string =>
  origin === null ? 'old' : origin.origin === 'ai' && origin.modified ? 'ai, modified' : origin.origin;
