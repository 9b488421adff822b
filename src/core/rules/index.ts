/** All built-in rules. Each is registered in `ofCode.ts` or, where it reads no program, in `ofConfiguration.ts`. */
import type { Language } from '../languages/detect.ts';
import { rulesOfCode } from './ofCode.ts';
import { codeLanguages, type Rule } from './rule.ts';

// More than half of the risk engine, for files that are no programs.
const configuration = (): typeof import('./ofConfiguration.ts') =>
  require('./ofConfiguration.ts') as typeof import('./ofConfiguration.ts');

let all: readonly Rule[] | undefined;
let byId: ReadonlyMap<string, Rule> | undefined;

/** Every built-in rule, by file name. Loads all of them. */
export const allRules = (): readonly Rule[] => (all ??= [...rulesOfCode, ...configuration().rulesOfConfiguration]);

const programs: ReadonlySet<Language> = new Set(codeLanguages);

/** The rules that may have something to say about a language: of programs those for programs, else all. */
export const rulesFor = (language: Language): readonly Rule[] => (programs.has(language) ? rulesOfCode : allRules());

/** A built-in rule, or `undefined` (custom rules live in the policy). */
export const ruleById = (id: string): Rule | undefined =>
  rulesOfCode.find((r) => r.id === id) ?? (byId ??= new Map(allRules().map((r) => [r.id, r]))).get(id);
