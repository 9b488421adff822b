import { walk, type TreeNode } from '../languages/treeNode.ts';
import { askedBy, isOutside, triggers, workflowLanguages } from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { Tier } from '../model.ts';
import type { Rule } from './rule.ts';

export const workflowConditions: Rule = {
  id: 'workflow-condition-spoofable',
  title: 'Condition does not check what it seems to',
  tier: 'high',
  category: 'security-control-disabled',
  languages: workflowLanguages,
  references: ['CWE-290', 'CWE-697', 'zizmor: bot-conditions, unsound-condition'],
  why: '`github.actor` is whoever acted last, not the author; `contains` on a string matches parts; a block scalar with `${{ }}` is never empty and so always true.',
  remedy:
    'compare `github.event.pull_request.user.login`, use a JSON list with `contains`, and write `if:` on one line',
  keywords: ['if', 'env', 'with', 'run'],
  check(source, report) {
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (n.kind !== 'scalar') continue;
        const v = n.value;
        if (/\$\{\{[^}]{0,400}&&\s{0,4}(?:''|0|false|null)\s{0,4}\|\|/.test(v))
          report({
            start: n.start,
            end: n.end,
            key: `ternary:${v.trim()}`,
            tier: 'medium',
            message:
              'The value behind && counts as false, so the one behind || is always taken: turn the condition round.',
          });
        if (n.key !== 'if') continue;
        // Who opened the request is asked as well, and whoever acted last must be the same.
        const asksAuthor = /\bevent\.pull_request\.user\.login\s*==\s*['"]/.test(v) && !v.includes('||');
        if (
          !asksAuthor &&
          /\bgithub\.(?:actor|triggering_actor|event\.sender\.login|actor_id)\s*==\s*['"][^'"]{0,400}(?:\[bot\]|bot)['"]|['"][^'"]{0,400}\[bot\]['"]\s*==\s*github\.(?:actor|triggering_actor)|contains\(\s*github\.actor\s*,|startsWith\(\s*github\.actor|endsWith\(\s*github\.actor|github\.actor_id\s*==\s*['"]?\d/.test(
            v,
          )
        ) {
          const tier = reach(n, source);
          if (tier) report({ start: n.start, end: n.end, key: `actor:${v.trim()}`, ...actor, tier });
        } else if (
          /contains\(\s*['"][^'"]{0,400}['"]\s*,\s*(?:github\.(?:ref|ref_name|head_ref|base_ref|actor|event)|env\.|inputs\.)/.test(
            v,
          )
        )
          report({ start: n.start, end: n.end, key: `contains:${v.trim()}`, ...parts });
        // Two expressions side by side are a text, and no text is empty here.
        else if (/^\s*\$\{\{[^}]{0,400}\}\}\s*[^\s][\s\S]{0,400}\$\{\{/.test(v))
          report({ start: n.start, end: n.end, key: `always:${v.trim()}`, ...always });
        else if (
          /^[|>][+-]?\s*\n|[^\s]\s*\$\{\{|\}\}\s*[^\s]/.test(source.text.slice(n.start + 3, n.end).trim()) &&
          /\$\{\{/.test(v) &&
          !/^\s*\$\{\{[\s\S]*\}\}$/.test(v.replace(/\n$/, ''))
        )
          report({ start: n.start, end: n.end, key: `always:${v.trim()}`, ...always });
        else if (
          /^[|>](?:\+|\s*\n)/.test(source.text.slice(n.start, n.end).replace(/^if\s*:\s*/, '')) &&
          /\$\{\{/.test(v) &&
          /\n\s*$/.test(`${v}\n`) &&
          !/^[|>]-/.test(source.text.slice(n.start, n.end).replace(/^if\s*:\s*/, ''))
        )
          report({ start: n.start, end: n.end, key: `always:${v.trim()}`, ...always });
      }
  },
};

const actor = {
  message:
    '`github.actor` is whoever acted last, not who opened the request: compare `github.event.pull_request.user.login`.',
};
const parts = {
  message: '`contains` on a string is true of any part of it: compare with `==`, or give it a JSON list.',
};
const always = {
  message: 'The condition is a text, no text is empty here, and so it is always true: write `if:` on one line.',
};

/**
 * By who can make the condition true that should not: the author of a fork alone is a stranger. Who may push brings the
 * workflow of a plain request along, condition and all.
 */
function reach(condition: TreeNode, source: Source): Tier | undefined {
  const asked = askedBy(source, condition) ?? '';
  const isEach = !/\|\||!\s*\(/.test(asked);
  const starts = triggers(source).map((t) => t.name);
  if (isEach && asked.split('&&').some((one) => sameRepository.test(one.trim())))
    return starts.length > 0 && starts.every((t) => t === 'pull_request') ? undefined : 'low';
  return starts.length > 0 && starts.every((t) => !isOutside(t) && t !== 'workflow_call') ? 'medium' : 'high';
}

/** The branch is of this repository: who pushed it may push. */
const sameRepository =
  /^(?:github\.event\.pull_request\.head\.repo\.(?:full_name\s*==\s*github\.repository|fork\s*==\s*false)|github\.repository\s*==\s*github\.event\.pull_request\.head\.repo\.full_name|!\s*github\.event\.pull_request\.head\.repo\.fork)$/;
