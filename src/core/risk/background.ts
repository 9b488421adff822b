/** What is known of a finding beyond what is told of it. It lies beside the finding, so that no report shows it. */
import type { Finding, Tier } from '../model.ts';
import type { Found } from '../rules/rule.ts';

export interface Background {
  /** What the finding is about (`Hit.key`). */
  readonly key?: string;
  /** The old line (from 1) of what the finding says is gone. */
  readonly removedAt?: number;
  /** It stands for itself only where nothing is found that it follows (`Hit.follows`). */
  readonly follows?: boolean;
  /** Of a finding about something new: the hit, which says it in other words where that was there before (`Hit.known`). */
  readonly ifKnown?: Found;
  /** The hit, of a rule that tells whether two are the same (`Rule.isSame`). */
  readonly found?: Found;
  /** The tables that a migration's finding is about (`Hit.tables`). */
  readonly tables?: readonly string[];
  /** How many findings it stands for that said the same of one place; absent: itself. */
  readonly standsFor?: number;
}

const backgrounds = new WeakMap<Finding, Background>();
const unknown: Background = {};

export const backgroundOf = (finding: Finding): Background => backgrounds.get(finding) ?? unknown;

/** Gives a finding its background, with what it had of it already. Returns the finding. */
export function withBackground(finding: Finding, background: Background): Finding {
  backgrounds.set(finding, { ...backgroundOf(finding), ...background });
  return finding;
}

/** The second finding, known to be about what the first is about. */
export const about = (finding: Finding, changed: Finding): Finding => withBackground(changed, backgroundOf(finding));

/** A finding with another tier or sentence is about the same. */
export const withOther = (finding: Finding, other: { readonly tier?: Tier; readonly message?: string }): Finding =>
  about(finding, { ...finding, ...other });
