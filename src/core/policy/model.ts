/**
 * The policy in force for a repository: the parsed, defaulted and merged `countersign.yaml`
 * (format: docs/policy.md). Every field has a value; readers never apply defaults of their own.
 */
import type { Tier } from '../model.ts';

export type AiMode = 'allow' | 'justify' | 'prohibit';
export type HumanMode = 'allow' | 'justify';
export type TrailerMode = 'off' | 'ai-only' | 'record' | 'required';

/** What a justification note must look like. Durations are milliseconds. */
export interface JustificationRule {
  readonly minLength: number;
  /** RE2 pattern that must occur in the note, e.g. a ticket; absent = none asked. */
  readonly ticket?: string;
  readonly expiresMs: number;
}

export interface ReviewRule {
  readonly reviewers: number;
  readonly seniority?: string;
  readonly authorization?: 'required';
}

/** Where in the policy file something was said (1-based), for `relatedInformation` and error messages. */
export interface PolicyLocation {
  readonly file: string;
  readonly line: number;
}

/** One `protected:` entry. */
export interface ProtectedEntry {
  readonly name: string;
  /** minimatch globs, POSIX separators, last match wins, `!` negates. Relative to `base`. */
  readonly paths: readonly string[];
  /** Folder of the policy file that holds the entry, repository-relative, '' for the root. */
  readonly base: string;
  readonly ai: AiMode;
  readonly human: HumanMode;
  readonly tier: Tier;
  readonly justification: JustificationRule;
  readonly review?: ReviewRule;
  /** `builtin`: always there (policy file, hooks, own state); `default`: soft guard when there is no policy. */
  readonly source: 'builtin' | 'default' | 'repository' | 'managed';
  readonly location?: PolicyLocation;
}

/** A rule of the team's own; runs like a built-in one. */
export interface CustomRule {
  readonly id: string;
  readonly message: string;
  readonly tier: Tier;
  readonly languages: readonly string[];
  /** RE2 pattern, matched per added line. */
  readonly pattern?: string;
  /** tree-sitter query; the capture `@finding` (or the first) is the range. */
  readonly query?: string;
  /** 1-based line of the query in the policy file. */
  readonly queryLine?: number;
  readonly location?: PolicyLocation;
}

export interface PolicyException {
  readonly rule?: string;
  readonly path?: string;
  readonly reason: string;
  readonly by: string;
  /** ISO date, inclusive. */
  readonly until: string;
  /** Said by the managed policy; only such an exception lifts an entry of the managed policy. */
  readonly managed?: boolean;
}

export interface AgentPolicy {
  readonly scope?: readonly string[];
  readonly commands: { readonly allow: readonly string[]; readonly deny: readonly string[] };
}

export interface Policy {
  readonly version: 1;
  readonly reviewBy?: string;
  readonly protected: readonly ProtectedEntry[];
  readonly rules: {
    readonly disable: readonly string[];
    readonly tiers: Readonly<Record<string, Tier>>;
    readonly custom: readonly CustomRule[];
  };
  readonly review: {
    readonly byTier: Readonly<Partial<Record<Tier, ReviewRule>>>;
    /** author's seniority → seniority of the reviewer that AI-assisted work needs */
    readonly ai: Readonly<Record<string, string>>;
  };
  readonly people: readonly { readonly email: string; readonly seniority: string }[];
  readonly agents: Readonly<Record<string, AgentPolicy>>;
  readonly commit: { readonly trailers: TrailerMode };
  readonly audit: { readonly reasoning: 'off' | 'reference' | 'text'; readonly retentionMs?: number };
  readonly guard: { readonly strict: boolean };
  readonly exceptions: readonly PolicyException[];
  /** Where it came from; `none` = no policy file: default rules, soft guard, no trailers. */
  readonly origin: 'none' | 'repository' | 'managed' | 'merged';
}

/** A problem in a policy file. Positions are 1-based line, 0-based UTF-16 column. */
export interface PolicyProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** What a policy says about one path. */
export interface PathVerdict {
  readonly path: string;
  /** Entries that match, strictest first; empty = not protected. */
  readonly entries: readonly ProtectedEntry[];
  /** Strictest over the entries. */
  readonly ai: AiMode;
  readonly human: HumanMode;
  readonly tier: Tier;
  /** Strictest justification rule of the entries, when any asks. */
  readonly justification?: JustificationRule;
}
