/** `agents.<id>.commands.deny/allow` of the policy: globs over the command line as the agent wrote it. */
import type { Policy } from '../policy/model.ts';
import { hit } from './model.ts';
import type { Hit } from './model.ts';

/**
 * Whether the policy speaks about this command for this agent. `deny` wins over `allow`; `allow` waives an ask of the
 * built-in rules, never a deny, and only for a command line without any shell syntax, so that `npm *` does not allow
 * `npm test; rm -rf ~`.
 */
export function commandPolicy(command: string, policy: Policy, agent: string | undefined): Hit | 'allow' | undefined {
  const rules = agent !== undefined && Object.hasOwn(policy.agents, agent) ? policy.agents[agent]?.commands : undefined;
  if (!rules) return undefined;
  const pieces = command.split(/\n|&&|\|\||[;|&()`]/).map((p) => p.trim().replace(/^(?:sudo\s+|env\s+)+/, ''));
  for (const glob of rules.deny)
    for (const piece of [command.trim(), ...pieces.slice(0, 256)])
      if (commandMatches(glob, piece))
        return hit(
          'policy-command',
          'high',
          'destructive-command',
          'deny',
          `The policy denies this agent "${glob}"`,
          'Ask a person to run it',
        );
  if (/[\n;&|<>`$(){}\\]/.test(command)) return undefined;
  return rules.allow.some((glob) => commandMatches(glob, command.trim())) ? 'allow' : undefined;
}

/** `*` stands for any characters, `?` for one; a pattern without either also matches with further words after it. */
function commandMatches(glob: string, command: string): boolean {
  const pattern = glob.trim().replace(/\s+/g, ' ');
  const text = command.replace(/\s+/g, ' ');
  if (!/[*?]/.test(pattern)) return text === pattern || text.startsWith(`${pattern} `);
  // `terraform *` also means a bare `terraform`.
  if (pattern.endsWith(' *') && text === pattern.slice(0, -2)) return true;
  let star = -1;
  let mark = 0;
  let i = 0;
  let j = 0;
  while (j < text.length) {
    if (i < pattern.length && (pattern[i] === '?' || pattern[i] === text[j]) && pattern[i] !== '*') {
      i++;
      j++;
    } else if (pattern[i] === '*') {
      star = i++;
      mark = j;
    } else if (star >= 0) {
      i = star + 1;
      j = ++mark;
    } else return false;
  }
  while (pattern[i] === '*') i++;
  return i === pattern.length;
}
