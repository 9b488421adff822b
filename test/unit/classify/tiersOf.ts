import { classify } from '../../../src/core/classify.ts';
import type { Finding } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

/** Texts by path. */
export type Texts = Readonly<Record<string, string>>;

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** What a rule says of a change that ends in `files`, which were `old` or not there before. */
export async function findingsOf(rule: string, files: Texts, old: Texts = {}): Promise<readonly Finding[]> {
  const change = Object.entries(files).map(([path, after]) => ({ path, before: old[path] ?? null, after }));
  return (await classify(change, ctx)).findings.filter((f) => f.rule === rule);
}

/** The tiers of it, in their order. */
export const tiersOf = async (rule: string, files: Texts, old: Texts = {}): Promise<string> =>
  (await findingsOf(rule, files, old)).map((f) => f.tier).join(' ');
