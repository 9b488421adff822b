/**
 * The nouns of Countersign. Pure data: every door (language server, extension, agent hook, git hook, CLI)
 * speaks these types, and `core` computes over them without I/O or a clock.
 */

/** Risk by *type of change*, lowest first. */
export const tiers = ['low', 'medium', 'high', 'critical'] as const;
export type Tier = (typeof tiers)[number];

/** Who made an edit. "Not seen" is `unknown`, never `human`; `tool` = formatter, rename, git. */
export type Origin = 'human' | 'ai' | 'tool' | 'unknown';

/** How the origin is known, strongest first: the agent said so, the editor saw it, it looks like it, nothing. */
export const evidences = ['hook', 'editor', 'heuristic', 'none'] as const;
export type Evidence = (typeof evidences)[number];

/** What a door does with a change. */
export type Decision = 'allow' | 'justify' | 'deny';

/** Where a line came from. One value is shared by many lines; treat it as immutable. */
export interface LineOrigin {
  readonly origin: Origin;
  readonly evidence: Evidence;
  /** An AI line that a person changed afterwards ("AI, modified"). */
  readonly modified?: boolean;
  /** Agent id as in `core/agents` (`claude-code`), or the extension id that made the edit. */
  readonly agent?: string;
  readonly model?: string;
  readonly session?: string;
  /** A person said so afterwards: id of the signed mark. Such a line never counts as unguarded on a protected path. */
  readonly mark?: string;
  /** For a change outside the editor: the program that ran in a terminal just then, its name only. No proof. */
  readonly writer?: string;
  /** When the edit was seen: UTC, ISO 8601 with milliseconds. */
  readonly at?: string;
  /** 0..1, for evidence `heuristic`: how sure; said to the user as "likely". */
  readonly confidence?: number;
}

/** A repository-relative path: POSIX separators, no `.`/`..` segments, no leading slash. Made by `paths.ts` only. */
export type RepoPath = string & { readonly __brand: 'RepoPath' };

/** One file of a change. `null` = the file does not exist on that side. Text may have any line ending. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * A run of changed lines, as in a unified diff with no context. Line numbers are 1-based.
 * For a pure insertion `oldLines` is 0 and `oldStart` is the line *after which* the text goes (0 = at the top);
 * for a pure deletion `newLines` is 0 and `newStart` likewise.
 */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
}

/** What a change is about. The keys of `core/rules/categories.ts` carry title and description. */
export type Category =
  | 'authentication'
  | 'authorization'
  | 'ci-cd'
  | 'command-execution'
  | 'configuration'
  | 'cryptography'
  | 'data-deletion'
  | 'data-exposure'
  | 'data-migration'
  | 'database-schema'
  | 'dependency'
  | 'destructive-command'
  | 'documentation'
  | 'encryption-off'
  | 'environment'
  | 'feature'
  | 'formatting'
  | 'iam-permission'
  | 'infrastructure'
  | 'injection'
  | 'logging-off'
  | 'network-exposure'
  | 'protected-path'
  | 'removed-safeguard'
  | 'secrets'
  | 'security-control-disabled'
  | 'supply-chain'
  | 'tests';

/** Type of a whole change: decides the base tier when no rule fires. */
export type ChangeType =
  | 'none'
  | 'formatting'
  | 'comments'
  | 'docs'
  | 'tests'
  | 'feature'
  | 'refactoring'
  | 'dependency'
  | 'configuration'
  | 'infrastructure'
  | 'ci-cd'
  | 'schema'
  | 'data'
  | 'security'
  | 'permissions'
  | 'secrets'
  | 'environment';

/** A safe edit that resolves a finding; offsets are 0-based UTF-16 positions in the *new* text. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly start: Position; readonly end: Position; readonly newText: string }[];
}

/** 0-based line, 0-based UTF-16 column (as in LSP). */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A rule's hit on changed lines. `line`/`endLine` are 1-based, inclusive, in the new text. */
export interface Finding {
  readonly rule: string;
  readonly category: Category;
  readonly tier: Tier;
  readonly line: number;
  readonly endLine: number;
  /** 0-based UTF-16 columns when the rule knows the smallest range; else the whole lines. */
  readonly column?: number;
  readonly endColumn?: number;
  /** One sentence: what, and what to do. Never contains a secret. */
  readonly message: string;
  /** True when the finding stands for something the change *removed*; the line is the nearest one left. */
  readonly removed?: boolean;
  readonly fix?: Fix;
}

/** The verdict on one file or on a whole change. */
export interface Classification {
  readonly tier: Tier;
  readonly changeType: ChangeType;
  readonly findings: readonly Finding[];
  /** Set when the input was judged with less than full depth, e.g. "too large to parse, judged by lines". */
  readonly note?: string;
}

/** The higher of two tiers. */
export function maxTier(a: Tier, b: Tier): Tier {
  return tiers.indexOf(a) >= tiers.indexOf(b) ? a : b;
}

/** The weaker of two evidences (`none` is weakest). */
export function weakestEvidence(a: Evidence, b: Evidence): Evidence {
  return evidences.indexOf(a) >= evidences.indexOf(b) ? a : b;
}

/**
 * Whether a protected-path rule counts this line as AI: `unknown` lines do, a person's and a tool's don't. A person's word
 * alone doesn't lift the rule: what asks for a justification gets one.
 */
export function countsAsAi(o: LineOrigin): boolean {
  return o.origin === 'ai' || o.origin === 'unknown' || o.mark !== undefined;
}
