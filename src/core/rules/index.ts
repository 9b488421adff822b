/** The registry: one import and one line per rule. */
import type { Rule } from './rule.ts';
import { tlsVerifyOff } from './tlsVerifyOff.ts';

export const rules: readonly Rule[] = [tlsVerifyOff];

const byId = new Map(rules.map((r) => [r.id, r]));

/** A built-in rule, or `undefined` (custom rules live in the policy). */
export const ruleById = (id: string): Rule | undefined => byId.get(id);
