/** The shape of a rule. One rule per file, one line in `ofCode.ts` or `ofConfiguration.ts`, fixtures in `test/fixtures/rules/<id>/`. */
import type { Category, Hunk, Tier } from '../model.ts';
import type { Language } from '../languages/detect.ts';
import type { Source } from '../languages/source.ts';

/** Where a rule sees its risk. Offsets are UTF-16 positions in the source it was given. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  /**
   * What the risk *is*, without what an edit may change around it: two hits with one key are the same risk, and a key that
   * was there before the change is no finding. Default: the hit's text, white space collapsed.
   */
  readonly key?: string;
  /** Replaces the rule's own sentence. Never contains a secret. */
  readonly message?: string;
  readonly tier?: Tier;
  /** What the hit is about, where that was there before in another form: then `known` is the sentence, not `message`. */
  readonly subject?: string;
  readonly known?: string;
  /** How the subject stands here (its version), and the sentence when that is known of the text before, too. */
  readonly state?: string;
  changed?(was: string): string;
  /** The same for what it is about more closely; then this is the sentence, and the tier. */
  readonly closer?: { readonly subject: string; readonly message: string; readonly tier: Tier };
  /** Of a migration: the tables that it waits for, '' for one that cannot be told. New and empty ones keep nobody waiting. */
  readonly tables?: readonly string[];
  /**
   * Follows from another hit of the rule (what a tool writes along): no finding when the change has one that does not;
   * `known`: unless its subject is new.
   */
  readonly follows?: boolean | 'known';
  /** Whether a change to a line near it may have made it, where not each may. */
  mayFollow?(line: number): boolean;
  /** How it stands there, for `Rule.isSame`. */
  readonly form?: Form;
}

/** A hit as it is written, what decides whether it happens, and where its output goes. */
export interface Form {
  readonly text: string;
  readonly around: readonly string[];
  readonly sinks: readonly string[];
}

/** A hit as it was found: with what it is about, and its lines (1-based). */
export interface Found extends Hit {
  readonly key: string;
  readonly line: number;
  readonly endLine: number;
}

/** The change that took away what a `removed` rule had found. */
export interface Removal {
  readonly before: Source;
  readonly after: Source;
  readonly hunks: readonly Hunk[];
  /** Lines of `after` that the change brought. */
  readonly changed: ReadonlySet<number>;
  /** From lines of `before` to lines of the file: of a large one it is an excerpt. */
  readonly original: (line: number) => number;
  readonly isExcerpt: boolean;
}

export interface Rule {
  readonly id: string;
  /** What is wrong, as the first half of the message: "Shell command built from variables". */
  readonly title: string;
  readonly tier: Tier;
  readonly category: Category;
  readonly languages: readonly Language[];
  /** CWE, OWASP Top 10 for LLM Applications, vendor guidance. */
  readonly references: readonly string[];
  /** Why it holds in general; goes to the rule page and the hover. */
  readonly why: string;
  /** What to do instead, as the second half of the message, imperative. */
  readonly remedy: string;
  /** Lower-case words ([a-z0-9_]+), one of which must occur in the text for the rule to run; empty = always. */
  readonly keywords: readonly string[];
  /**
   * `added` (default): a hit that is new on changed lines is a finding.
   * `removed`: `check` finds safeguards; one that was there before and is gone is a finding on the nearest line.
   */
  readonly on?: 'added' | 'removed';
  /**
   * Whether a hit that is gone by its key and one that is new are the same risk, which the change only touched. Each that is
   * gone stands for one.
   */
  readonly isSame?: (old: Found, now: Found) => boolean;
  /** Runs in tests and fixtures, too. Off by default: test code does risky things on purpose. */
  readonly inTests?: boolean;
  /**
   * For `removed` rules: whether a hit is gone for itself, and not along with what it stood in; or the hit in other words,
   * which are said once. Not asked about a file that is gone: then nothing of it is a finding.
   */
  goneAlone?(found: Found, change: Removal): boolean | Found;
  /**
   * For `removed` rules, of a file that stays: whether a hit that is gone is there in another form; or the hit in other
   * words, where that form may be less.
   */
  isStill?(found: Found, change: Removal): boolean | Found;
  /** For `removed` rules, where counting hits of one key does not tell which are gone. `went`: its line did. */
  missing?(
    old: readonly Found[],
    now: readonly Found[],
    change: Removal,
    went: (found: Found) => boolean,
  ): readonly Found[];
  /** For `removed` rules: a line that takes away what stands below it, without a change to that. */
  readonly hiddenBy?: RegExp;
  /** Who has the file has what the hit is about: in it twice is no news. */
  readonly isKnownByText?: boolean;
  /** `check` looks at `source.changed` lines alone, each for itself: lines that are the same on both sides cancel out. */
  readonly perLine?: boolean;
  /** What it finds runs once for each file it stands in: it has moved only when the file that had it is gone. */
  readonly movesWithFile?: boolean;
  /** Of what one change brings to a file, the same sentence is said once: it was decided once. */
  readonly once?: boolean;
  /** The rule that says the same more exactly: where it has a finding, this one has none at the same place. */
  readonly yieldsTo?: string;
  check(source: Source, report: (hit: Hit) => void): void;
  /** A safe replacement for the hit's text, when there is one. */
  fix?(text: string): { readonly title: string; readonly newText: string } | undefined;
}

export const codeLanguages: readonly Language[] = [
  'typescript',
  'tsx',
  'javascript',
  'python',
  'go',
  'java',
  'kotlin',
  'scala',
  'groovy',
  'c-sharp',
  'ruby',
  'php',
  'rust',
  'c',
  'swift',
];
/** Where a rule is documented; the diagnostic's code links here. */
export const ruleLink = (id: string): string =>
  `https://github.com/countersign-dev/countersign/blob/main/docs/rules.md#${id}`;
