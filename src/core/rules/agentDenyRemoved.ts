import { walk } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

export const agentDenyRemoved: Rule = {
  id: 'agent-limit-removed',
  title: "A limit of the agent's rights is gone",
  tier: 'critical',
  category: 'removed-safeguard',
  languages: ['agent-config', 'json'],
  references: ['OWASP LLM06:2025', 'CWE-250'],
  why: 'What was denied or had to be asked is allowed from now on, in every session.',
  remedy: 'have a person decide it',
  keywords: [
    'deny',
    'ask',
    'hooks',
    'disallowedtools',
    'excludetools',
    'denylist',
    'disablebypasspermissionsmode',
    'autoapprove',
    'disableyolomode',
  ],
  on: 'removed',
  check(source, report) {
    if (source.language !== 'agent-config') {
      // Commands an editor's settings always ask about.
      for (const root of source.tree)
        for (const n of walk(root))
          if (n.value === 'false' && /^chat\.tools\.(?:edits|terminal|urls)\.autoApprove$/.test(n.parent?.key ?? ''))
            report({ start: n.start, end: n.end, key: `deny:${n.key}` });
      return;
    }
    for (const root of source.tree)
      for (const n of walk(root)) {
        if (
          n.kind === 'scalar' &&
          n.key === '' &&
          /^(?:deny|ask|disallowedTools|excludeTools|denylist|deniedCommands)$/.test(n.parent?.key ?? '')
        )
          report({ start: n.start, end: n.end, key: `deny:${n.value}` });
        else if (/^disable(?:BypassPermissionsMode|YoloMode)$/.test(n.key) && /^(?:disable|true)$/.test(n.value))
          report({ start: n.start, end: n.end, key: `deny:${n.key}` });
        else if (
          n.kind === 'scalar' &&
          n.key === 'command' &&
          /PreToolUse|beforeShellExecution|preToolUse|BeforeTool/.test(chain(n))
        )
          report({ start: n.start, end: n.end, key: `hook:${n.value}` });
      }
  },
};

function chain(n: { key: string; parent: unknown }): string {
  let text = '';
  for (
    let here = n as { key: string; parent: unknown } | undefined;
    here;
    here = here.parent as { key: string; parent: unknown } | undefined
  )
    text += `${here.key}.`;
  return text;
}
