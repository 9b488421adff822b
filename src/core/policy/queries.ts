/** What is wrong with the tree-sitter queries of a policy; grammars are loaded for it, so it stands apart from the parser. */
import { grammarFor } from '../languages/sameMeaning.ts';
import type { Grammars } from '../ports.ts';
import type { Language } from '../languages/detect.ts';
import type { Policy, PolicyProblem } from './model.ts';

/** Problems at the line of the query (of the rule, when the file does not say). Never rejects. */
export async function queryProblems(policy: Policy, grammars: Grammars): Promise<PolicyProblem[]> {
  const problems: PolicyProblem[] = [];
  for (const rule of policy.rules.custom) {
    if (rule.query === undefined || rule.location === undefined) continue;
    const line = rule.queryLine ?? rule.location.line;
    const add = (severity: PolicyProblem['severity'], message: string): void => {
      const { file } = rule.location!;
      problems.push({
        file,
        line,
        column: 0,
        endLine: line,
        endColumn: 200,
        severity,
        message: `rule ${rule.id}: ${message}`,
      });
    };
    if (rule.languages.length === 0)
      add('warning', 'a query says the names of one grammar; list its languages, or mistakes in it are not seen');
    for (const language of new Set(rule.languages)) {
      const grammar = grammarFor(language as Language);
      if (grammar === undefined) {
        add('warning', `there is no grammar for '${language.slice(0, 40)}', so the query finds nothing there`);
        continue;
      }
      try {
        await grammars.load(grammar);
        const wrong = grammars.checkQuery(grammar, rule.query);
        if (wrong !== undefined) add('error', `the query does not fit ${language}: ${wrong.slice(0, 200)}`);
      } catch {
        add('warning', `the grammar of '${language}' can not be loaded, so the query was not checked`);
      }
    }
  }
  return problems;
}
