/** What the rules of the command guard see and say. */
import type { Category, Tier } from '../model.ts';

/** One word of a command after expansion. */
export interface Field {
  /** The value; where a part is not known it stands as `$NAME` or `$()`. */
  readonly text: string;
  /** Some part of the value is not known before the command runs. */
  readonly dynamic: boolean;
  readonly quoted: boolean;
}

/** Where a command's standard input comes from. */
export interface Input {
  readonly kind: 'none' | 'known' | 'network' | 'decoded' | 'secret' | 'unknown';
  /** The text itself, for `known`. */
  readonly text?: string;
}

export interface FileTarget {
  readonly path: Field;
  readonly append: boolean;
}

/** One program call, seen through every wrapper around it. */
export interface Call {
  /** Base name, lower case, without `.exe`. `''` when the program itself is not known. */
  readonly name: string;
  /** The program as written. */
  readonly program: Field;
  readonly args: readonly Field[];
  readonly input: Input;
  /** Files it writes through redirections. */
  readonly outputs: readonly FileTarget[];
  /** Assignments in front of the command, by name. */
  readonly env: ReadonlyMap<string, string>;
  /** Runs with raised rights (sudo, doas, su). */
  readonly raised: boolean;
  /** Runs on another machine or in a container: local paths say nothing about this one. */
  readonly remote: boolean;
  /** Directory it runs in as far as `cd` tells: '' = where the command line started. */
  readonly dir: string;
  readonly shell: 'posix' | 'powershell' | 'cmd';
  /** Its output goes to the terminal, and so to the agent: no pipe, no redirection, no `$(…)` takes it. */
  readonly printed: boolean;
}

/** What a verdict is about, for whoever weighs it further: a reviewer of scripts, say. No output tells it. */
export interface About {
  /**
   * The path or resource, whole: what is deleted, emptied, written, moved or mounted, what changes its owner or its
   * rights, the file that holds secrets, what is taken away in a cloud or a cluster. Absent where none is known.
   */
  readonly object?: string;
  readonly manner?: Manner;
}

/**
 * What decides beside the object, where one rule has hits of several kinds: `unasked` = changed without asking,
 * `deleting` = deleted rather than changed, `whole-tree` = everything in the object, `to-root` = root becomes the owner,
 * `named-files` = only changes in the files that are named, `in-cloud` = the object is taken away in a cloud.
 */
export type Manner = 'unasked' | 'deleting' | 'whole-tree' | 'to-root' | 'named-files' | 'in-cloud';

export interface Hit extends About {
  readonly rule: string;
  readonly category: Category;
  readonly tier: Tier;
  /** `deny`: not even with a person's consent through the agent. `ask`: a person decides. */
  readonly decision: 'ask' | 'deny';
  /** One sentence what would happen, one what to do instead. */
  readonly reason: string;
}

/** What the whole command line looks like to a rule that judges more than one program call. */
export interface Context {
  /** Absolute, as the caller gave it; undefined when not known. */
  readonly cwd: string | undefined;
}

/** One family of rules: one file here, one line in `index.ts`. */
export interface Family {
  readonly id: string;
  /** Program names it wants to see; `*` = every call. */
  readonly programs: readonly string[];
  check(call: Call, context: Context): Hit | undefined;
}

/** A decision with everything a door needs. */
export interface GuardVerdict extends About {
  readonly decision: 'allow' | 'ask' | 'deny';
  readonly tier: Tier;
  readonly category: Category | 'none';
  /** `''` when nothing was found. */
  readonly rule: string;
  readonly reason: string;
}

/** Builds a hit. */
export function hit(
  rule: string,
  tier: Tier,
  category: Category,
  decision: 'ask' | 'deny',
  what: string,
  instead: string,
  more: About = {},
): Hit {
  return { rule, tier, category, decision, reason: instead === '' ? `${what}.` : `${what}. ${instead}.`, ...more };
}

/** About a path or resource, if there is one. */
export const about = (object: string | undefined): About => (object === undefined || object === '' ? {} : { object });

export const noInput: Input = { kind: 'none' };
export const unknownInput: Input = { kind: 'unknown' };
/** A word nothing is known about. */
export const unknownField: Field = { text: '$()', dynamic: true, quoted: true };
