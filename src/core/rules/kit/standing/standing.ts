/** A command that stands in a file, and what a reviewer has to say about it. */
import type { GuardVerdict } from '../../../guard/index.ts';
import type { Source } from '../../../languages/source.ts';
import type { Tier } from '../../../model.ts';

export type Verdict = Pick<GuardVerdict, 'rule' | 'tier' | 'reason' | 'object' | 'manner'>;

export interface Standing {
  readonly source: Source;
  /** Where the command starts in the text. */
  readonly at: number;
  /** The script it stands in: of a workflow the step's alone. */
  readonly script: string;
  /** A layer of an image, or a job on a hosted machine. */
  readonly isThrownAway: boolean;
  /** The job it stands in, of a workflow; else the whole text. */
  readonly job: string;
  /** The command guard's verdict on another reading of the command. */
  judge(text: string): Verdict | undefined;
}

/** `undefined`: a reviewer has nothing to say about it. */
export type Weight = Tier | undefined;

/** Files for tests, by their path. */
export const forTesting =
  /^(?!.*prod(?:uction)?(?:[/_.-]|$)).*?(?:^|[/_.-])(?:tests?|testing|e2e|integration|acceptance|kind|minikube|sandbox|smoke)(?=[/_.-]|$)/i;

/** One less where the command does not reach the machine of a person, but what is started from an image. */
export const lowered = (tier: Tier): Tier => (tier === 'critical' ? 'high' : 'medium');
