import { walk } from '../languages/tree.ts';
import type { Rule } from './rule.ts';

export const agentPermissions: Rule = {
  id: 'agent-permissions-widened',
  title: 'An agent gets more rights',
  tier: 'critical',
  category: 'authorization',
  languages: ['agent-config', 'json'],
  references: ['OWASP LLM06:2025', 'CWE-250'],
  why: 'The file decides what an agent may do without asking; widened, every later prompt injection has these rights. An agent must not be able to grant them to itself.',
  remedy: 'have a person widen it, and name the exact commands or tools',
  keywords: [],
  check(source, report) {
    if (source.language !== 'agent-config') {
      // An editor's settings are no agent's file, but some of them switch its questions off.
      if (!source.text.includes('utoAppro')) return;
      for (const root of source.tree)
        for (const n of walk(root))
          if (
            n.kind === 'scalar' &&
            n.value === 'true' &&
            /^(?:chat\.tools\.(?:global\.|edits\.|terminal\.)?autoApprove|chat\.agent\.autoApprove|(?:cline|roo-cline|kilo-code)\.autoApprov\w*)$/.test(
              n.key,
            )
          )
            report({ start: n.start, end: n.end, key: `${n.key}:${n.value}` });
      return;
    }
    // Codex's file is TOML.
    for (const m of source.text.matchAll(
      /^[ \t]*(?:approval_policy[ \t]*=[ \t]*"never"|sandbox_mode[ \t]*=[ \t]*"danger-full-access"|network_access[ \t]*=[ \t]*true)/gm,
    ))
      report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
    for (const root of source.tree)
      for (const n of walk(root)) {
        const owner = n.key === '' ? (n.parent?.key ?? '') : n.key;
        const hit = { start: n.start, end: n.end, key: `${owner}:${n.value}` };
        if (
          n.kind === 'scalar' &&
          n.key === '' &&
          /^(?:allow|allowedTools|autoApprove|alwaysAllow|allowedCommands|trusted|coreTools|includeTools|allowlist|terminalAllowlist|mcpAllowlist|allowed)$/i.test(
            owner,
          )
        ) {
          const wide =
            /^(?:\*|Bash|Bash\(\*\)|Bash\(:\*\)|Bash\((?:sudo|rm|curl|wget|sh|bash|python|node|npx|git push|kubectl|terraform|aws|gcloud|ssh)\b.*\)|Write|Edit|Write\(\*\*?\)|Edit\(\*\*?\)|WebFetch|mcp__.*\*|shell|run_shell_command|\.\*)$/i.test(
              n.value,
            );
          report(wide ? hit : { ...hit, tier: 'high' });
        } else if (
          n.kind === 'scalar' &&
          ((/^(?:defaultMode|permissionMode|permission_mode|approvalMode|approval_policy|approvalPolicy|sandbox_mode|sandboxMode|sandbox|mode)$/.test(
            n.key,
          ) &&
            /bypass|danger|yolo|never|full[-_]?access|acceptEdits|auto|off|none/i.test(n.value)) ||
            (/^(?:dangerouslySkipPermissions|skipPermissions|enableAllProjectMcpServers|autoApproveAll|yolo|trust|autoRun|auto_approve|alwaysAllowExecute|alwaysAllowWrite|autoApprovalEnabled|autoAccept)$/i.test(
              n.key,
            ) &&
              n.value === 'true') ||
            // OpenCode: `"permission": { "bash": "allow" }`
            (n.value === 'allow' && /(?:^|\.)permission(?:\.|$)/.test(`${n.key}.${parents(n)}`)) ||
            (/^(?:sandbox|enabled)$/.test(n.key) && n.value === 'false' && /sandbox/i.test(n.parent?.key ?? n.key)))
        )
          report(hit);
        else if (
          n.kind === 'map' &&
          n.parent &&
          /^(?:mcpServers|mcp_servers|servers|context_servers)$/.test(n.parent.key)
        )
          report({
            start: n.start,
            end: n.end,
            key: `mcp:${n.key}`,
            tier: 'high',
            message:
              'A tool server is added or changed: check who publishes it, pin its version, and what it can reach.',
          });
        else if (n.key === 'command' && n.kind === 'scalar' && /hooks/.test(parents(n)))
          report({
            start: n.start,
            end: n.end,
            key: `hook:${n.value}`,
            tier: 'high',
            message: 'A command runs on every event of the agent: check what it does.',
          });
      }
  },
};

function parents(n: { parent: unknown }): string {
  const keys: string[] = [];
  for (
    let here = n.parent as { key: string; parent: unknown } | undefined;
    here;
    here = here.parent as { key: string; parent: unknown } | undefined
  )
    keys.push(here.key);
  return keys.join('.');
}
