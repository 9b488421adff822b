import { ownerOf, walk } from '../languages/treeNode.ts';
import type { Source } from '../languages/source.ts';
import type { Hit, Rule } from './rule.ts';

const serverAdded =
  'A tool server is added or changed: check who publishes it, pin its version, and what it can reach.';

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
      editorSettings(source, report);
      return;
    }
    // Codex's file is TOML.
    if (source.path.endsWith('.toml')) {
      for (const m of source.text.matchAll(
        /^[ \t]*(?:approval_policy[ \t]*=[ \t]*"never"|sandbox_mode[ \t]*=[ \t]*"danger-full-access"|network_access[ \t]*=[ \t]*true|ignore_default_excludes[ \t]*=[ \t]*true)/gm,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
      for (const m of source.text.matchAll(
        /^[ \t]*(?:\[mcp_servers\.([\w."-]{1,100})\]|trust_level[ \t]*=[ \t]*"trusted"|notify[ \t]*=[ \t]*\[[^\n]{0,300})/gm,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: m[0].replace(/\s+/g, ''),
          tier: 'high',
          ...(m[1] === undefined ? {} : { message: serverAdded }),
        });
      return;
    }
    for (const root of source.tree)
      for (const n of walk(root)) {
        const owner = lastPart(ownerOf(n));
        const hit = { start: n.start, end: n.end, key: `${owner}:${n.value}` };
        if (
          n.kind === 'scalar' &&
          n.key === '' &&
          /^(?:allow|allowedTools|autoApprove|alwaysAllow|allowedCommands|trusted|coreTools|includeTools|allowlist|terminalAllowlist|mcpAllowlist|allowed|cascadeCommandsAllowList|excludedCommands|enabledMcpjsonServers|allowedDomains)$/i.test(
            owner,
          )
        ) {
          const wide =
            /^(?:\*|Bash|Bash\(\*\)|Bash\(:\*\)|Bash\((?:sudo|rm|curl|wget|sh|bash|python|node|npx|git push|kubectl|terraform|aws|gcloud|ssh)\b.*\)|Write|Edit|Write\(\*\*?\)|Edit\(\*\*?\)|WebFetch|mcp__.*\*|shell|run_shell_command|\.\*|Shell\(\*\)|(?:rm|curl|wget|sudo|sh|bash|eval))$/i.test(
              n.value,
            );
          report(
            wide
              ? hit
              : onlyReads.test(n.value)
                ? {
                    ...hit,
                    tier: 'low',
                    follows: true,
                    message: 'The agent may run this command unasked: it only reads.',
                  }
                : { ...hit, tier: 'high' },
          );
        } else if (n.kind === 'scalar' && n.key === '' && owner === 'additionalDirectories')
          report(
            /^(?:\/|~\/?|\$HOME|\.\.|[A-Za-z]:[\\/]*|\/(?:home|root|etc|Users))$/.test(n.value)
              ? hit
              : { ...hit, tier: 'high' },
          );
        else if (
          n.kind === 'scalar' &&
          ((/^(?:defaultMode|permissionMode|permission_mode|approvalMode|defaultApprovalMode|approval_policy|approvalPolicy|sandbox_mode|sandboxMode|sandbox|mode)$/.test(
            n.key,
          ) &&
            /bypass|danger|yolo|never|full[-_]?access|acceptEdits|auto|off|none/i.test(n.value)) ||
            (/^(?:dangerouslySkipPermissions|skipPermissions|enableAllProjectMcpServers|autoApproveAll|yolo|trust|autoRun|auto_approve|alwaysAllowExecute|alwaysAllowWrite|autoApprovalEnabled|autoAccept|allowUnsandboxedCommands|enableWeakerNestedSandbox|skipDangerousModePermissionPrompt|yes-always|yes|always_allow_tool_actions)$/i.test(
              n.key,
            ) &&
              n.value === 'true') ||
            // OpenCode: `"permission": { "bash": "allow" }`
            (n.value === 'allow' && /(?:^|\.)permission(?:\.|$)/.test(`${n.key}.${parents(n)}`)) ||
            // Cursor's sandbox
            n.value === 'insecure_none' ||
            (n.key === 'default' && n.value === 'allow' && /network/i.test(n.parent?.key ?? '')) ||
            (n.value === 'false' &&
              (/^(?:sandbox|disableYoloMode|git-commit-verify)$/.test(n.key) ||
                (n.key === 'enabled' && /sandbox|folderTrust/i.test(n.parent?.key ?? '')))))
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
            message: serverAdded,
          });
        else if (n.key === 'command' && n.kind === 'scalar' && /hooks/.test(parents(n)))
          report({
            start: n.start,
            end: n.end,
            key: `hook:${n.value}`,
            tier: 'high',
            message: 'A command runs on every event of the agent: check what it does.',
          });
        else if (
          n.kind === 'scalar' &&
          /^(?:apiKeyHelper|awsAuthRefresh|awsCredentialExport|otelHeadersHelper)$/.test(n.key)
        )
          report({ ...hit, tier: 'high', message: 'The agent runs this program to get its keys: check what it does.' });
        else if (
          n.kind === 'scalar' &&
          /^(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE_GEMINI|AZURE_OPENAI)_(?:BASE_URL|API_BASE|API_URL|ENDPOINT)$/.test(n.key)
        )
          report({
            ...hit,
            tier: 'high',
            message: 'All that the agent reads goes to this address from now on: check who runs it.',
          });
      }
  },
};

/** Commands that, whatever they are told, write, run and send nothing, and show no file's text. */
const onlyReads = /^Bash\((?:git (?:rev-parse|check-ignore|ls-files)|ls|wc|pwd)(?::\*| \*| [\w./-]{1,100})?\)$/;

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

/** `github.copilot.chat.x` → `x`: editors write whole paths as one key. */
const lastPart = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/** Commands that do harm or run what they are given. */
const wideCommand =
  /^(?:\/(?:\^?\.[*+]\$?)\/[a-z]*|\*\*?|\*\*\/\*|\.\*|rm|sudo|curl|wget|sh|bash|zsh|pwsh|powershell|eval|python\d?|node|npx|ssh|chmod|dd|kubectl|terraform|docker)$/;

/** An editor's settings are no agent's file, but some of them switch its questions off. */
function editorSettings(source: Source, report: (hit: Hit) => void): void {
  if (
    !/utoAppro|workspace\.trust|allowAutomaticTasks|autostart|AllowList|always_allow_tool|folderOpen/.test(source.text)
  )
    return;
  const isSettings = /(?:^|\/)settings\.json$|\.code-workspace$/.test(source.path);
  for (const root of source.tree)
    for (const n of walk(root)) {
      if (n.kind !== 'scalar') continue;
      const owner = n.parent?.key ?? '';
      const hit = { start: n.start, end: n.end, key: `${n.key || owner}:${n.value}` };
      if (
        n.value === 'true' &&
        /^(?:chat\.tools\.(?:global\.|edits\.|terminal\.)?autoApprove|chat\.agent\.autoApprove|(?:cline|roo-cline|kilo-code)\.autoApprov\w*)$/.test(
          n.key,
        )
      )
        report(hit);
      else if (/^chat\.tools\.(?:edits|terminal|urls)\.autoApprove$/.test(owner) && n.value === 'true')
        report(wideCommand.test(n.key) ? hit : { ...hit, tier: 'high' });
      else if (n.key === 'approve' && n.value === 'true' && (n.parent?.parent?.key ?? '').endsWith('autoApprove'))
        report({ ...hit, key: `approve:${owner}`, tier: 'high' });
      else if (/(?:allowedCommands|AllowList)$/.test(owner) && n.key === '')
        report(wideCommand.test(n.value) ? hit : { ...hit, tier: 'high' });
      else if (isSettings && n.key === 'always_allow_tool_actions' && n.value === 'true') report(hit);
      else if (isSettings && n.key === 'chat.mcp.autostart' && /^(?:always|newAndOutdated)$/.test(n.value))
        report({
          ...hit,
          tier: 'high',
          message: 'Tool servers start without being asked about: leave it at its default.',
        });
      else if (isSettings && /^security\.workspace\.trust\.enabled$/.test(n.key) && n.value === 'false')
        report({
          ...hit,
          message: 'Folders are trusted unseen: what a repository brings along runs when it is opened.',
        });
      else if (
        (isSettings && n.key === 'task.allowAutomaticTasks' && n.value === 'on') ||
        (n.key === 'runOn' && n.value === 'folderOpen')
      )
        report({
          ...hit,
          tier: 'high',
          message: 'A command runs as soon as somebody opens the folder: let people start it themselves.',
        });
    }
}
