/** Why a line counts as whose: one plain sentence, the same at every door. */
import type { Evidence, LineOrigin } from '../model.ts';

const seen: Record<Evidence, string> = {
  hook: 'the agent reported it',
  editor: 'seen in the editor, unambiguous',
  heuristic: 'it looks like it in the editor',
  none: 'no evidence',
};

/** `null`: the line stands in the baseline. */
export function explainOrigin(origin: LineOrigin | null): string {
  if (origin === null) return 'Not part of the change: the line was there before.';
  const how = `${seen[origin.evidence]}${origin.confidence === undefined ? '' : `, confidence ${Math.round(origin.confidence * 100)} %`}`;
  const when = origin.at === undefined ? '' : `, ${origin.at}`;
  switch (origin.origin) {
    case 'ai': {
      const who = [
        origin.agent ?? 'an AI',
        origin.model,
        origin.session === undefined ? undefined : `session ${origin.session}`,
      ];
      const likely = origin.evidence === 'heuristic' ? 'Likely AI' : 'AI';
      const modified = origin.modified ? ', changed by a person since' : '';
      return `${likely}${modified}: written by ${who.filter((w) => w !== undefined).join(', ')} (${how}${when}).`;
    }
    case 'human':
      return `A person's: typed, pasted or accepted by hand (${how}${when}).`;
    case 'tool':
      return `A tool's: formatter, rename, completion or git (${how}${when}).`;
    default:
      return `Unknown: the line came while nobody watched, or in a way that can't be told apart${when}. On protected paths it counts as AI.`;
  }
}

/** One word for a list. */
export const originWord = (origin: LineOrigin | null): string =>
  origin === null ? 'old' : origin.origin === 'ai' && origin.modified ? 'ai, modified' : origin.origin;
