/**
 * A justification: a person's note that covers changes to protected paths, for a time.
 * Made in the editor and signed by the extension; hooks and gates only verify (design: "Where state lives").
 */
import type { Tier } from './model.ts';
import type { JustificationRule } from './policy/model.ts';

/** What a note covers at one path. */
export interface Coverage {
  readonly path: string;
  /** SHA-256 (64 hex) of the covered text, line endings normalised to LF, or '-' for a deletion. */
  readonly digest: string;
  /** Line hashes (`core/attribution/lineHash.ts`) of the added lines against HEAD, so that a part of the change is covered too. */
  readonly added: readonly string[];
  /** Line hashes of the deleted lines against HEAD. */
  readonly deleted: readonly string[];
  /** How many of the added lines counted as AI. */
  readonly aiLines: number;
}

export interface Justification {
  readonly version: 1;
  readonly id: string;
  readonly text: string;
  readonly ticket?: string;
  /** Git user e-mail, or '' where git has none. */
  readonly by: string;
  readonly at: string;
  readonly expires: string;
  readonly tier: Tier;
  /** Digest of the policy in force, `p1:<16 hex>`. */
  readonly policy: string;
  readonly covers: readonly Coverage[];
  /** `editor`: typed in VS Code and signed; `terminal`: typed at the prompt of `git commit`, unsigned. */
  readonly via: 'editor' | 'terminal';
  /** Id of the note this one extends (a later save by the same person inside the note's time, no new AI lines). */
  readonly extends?: string;
  /** Key id (`ed:<16 hex>`) and Ed25519 signature (base64url) over `canonicalNote`; absent for `terminal`. */
  readonly key?: string;
  readonly sig?: string;
}

/** The bytes that are signed: version tag, then the note's fields in a fixed order, without `key` and `sig`. */
export function canonicalNote(note: Justification): string {
  return `countersign-note1\n${JSON.stringify([
    note.version,
    note.id,
    note.text,
    note.ticket ?? null,
    note.by,
    note.at,
    note.expires,
    note.tier,
    note.policy,
    note.covers.map((c) => [c.path, c.digest, c.added, c.deleted, c.aiLines]),
    note.via,
    note.extends ?? null,
  ])}`;
}

export type NoteProblem =
  | { readonly kind: 'too-short'; readonly have: number; readonly need: number }
  | { readonly kind: 'no-ticket'; readonly pattern: string };

/** Checks a note's text against the rule while it is typed. `matches` is a linear-time regex test (`core/regex.ts`). */
export function checkNote(
  text: string,
  rule: JustificationRule,
  matches: (pattern: string, text: string) => boolean,
): NoteProblem | undefined {
  const have = Array.from(text.trim()).length;
  if (have < rule.minLength) return { kind: 'too-short', have, need: rule.minLength };
  if (rule.ticket !== undefined && !matches(rule.ticket, text)) return { kind: 'no-ticket', pattern: rule.ticket };
  return undefined;
}
