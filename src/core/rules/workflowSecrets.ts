import { at, walk } from '../languages/treeNode.ts';
import { isPlaceholder } from './kit/secretText.ts';
import { expressions, jobs, runText, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowSecrets: Rule = {
  id: 'workflow-secrets-exposed',
  title: 'Workflow hands out more secrets than needed',
  tier: 'high',
  category: 'secrets',
  languages: workflowLanguages,
  references: ['CWE-200', 'CWE-522', 'GitHub: Using secrets in Actions'],
  why: 'Secrets given wholesale, printed, or turned into tokens without limits are readable by code that needs none of them.',
  remedy: 'pass single secrets by name, limit tokens to repositories and permissions',
  keywords: ['secrets', 'app', 'token', 'password', 'credentials', 'private'],
  check(source, report) {
    for (const job of jobs(source)) {
      const s = at(job.node, 'secrets');
      if (s && s.value === 'inherit')
        report({
          start: s.start,
          end: s.end,
          key: 'inherit',
          message: '`secrets: inherit` gives the called workflow all secrets: pass the ones it needs by name.',
        });
      for (const creds of [
        at(job.node, 'container', 'credentials', 'password'),
        ...(at(job.node, 'services')?.children.map((x) => at(x, 'credentials', 'password')) ?? []),
      ])
        if (creds && !isPlaceholder(creds.value) && !creds.value.includes('${{'))
          report({
            start: creds.start,
            end: creds.end,
            key: 'container-password',
            message: 'Registry password in the workflow: put it into a secret.',
          });
      for (const step of job.steps) {
        const uses = at(step, 'uses')?.value ?? '';
        if (
          /^(?:actions\/create-github-app-token|tibdex\/github-app-token|getsentry\/action-github-app-token|peter-murray\/workflow-application-token-action)(?:@|$)/.test(
            uses,
          )
        ) {
          const inputs = at(step, 'with')?.children ?? [];
          const hit = { start: step.start, end: step.end };
          const revoke = inputs.find((i) => i.key === 'skip-token-revoke' && /^(?:true|\$\{\{)/.test(i.value));
          const owner = inputs.find((i) => i.key === 'owner');
          const name = at(step, 'name')?.value ?? uses;
          if (revoke)
            report({
              start: revoke.start,
              end: revoke.end,
              key: `app-revoke:${name}`,
              message: 'App token outlives the job: let it be revoked.',
            });
          if (owner && !inputs.some((i) => i.key === 'repositories'))
            report({
              start: owner.start,
              end: owner.end,
              key: `app-owner:${name}`,
              message: 'App token is good for all repositories of the owner: name the repositories.',
            });
          if (
            !inputs.some((i) => i.key.startsWith('permission-') || i.key === 'permissions') &&
            uses.startsWith('actions/')
          )
            report({
              ...hit,
              key: `app-permissions:${name}`,
              message: 'App token has all permissions of the app: ask for the ones needed (permission-…).',
            });
        }
        const script = runText(step);
        if (script)
          for (const e of expressions(source, script.start, script.end)) {
            if (/^toJSON\(\s*secrets\s*\)|^secrets\s*$/i.test(e.text))
              report({ start: e.start, end: e.end, key: 'all-secrets', tier: 'critical' });
            else if (e.text.startsWith('secrets.')) {
              const line = source.lines[source.lineAt(e.start) - 1] ?? '';
              if (
                /\b(?:curl|wget|nc|ncat|netcat)\b/.test(line) ||
                /\becho\b(?!.*(?:::add-mask::|--password-stdin|>>\s*["']?\$?\{?GITHUB_(?:ENV|OUTPUT)|>\s*["']?[\w.~-]|\|\s*(?:base64|docker|gh|gpg)))/.test(
                  line,
                )
              )
                report({
                  start: e.start,
                  end: e.end,
                  key: `secret-out:${e.text}`,
                  message: 'Secret is printed or sent by a command: pass it through env: to the program that needs it.',
                });
            }
          }
      }
    }
    for (const root of source.tree)
      for (const n of walk(root))
        if (
          n.kind === 'scalar' &&
          n.key !== 'run' &&
          /\$\{\{\s*(?:toJSON\(\s*secrets\s*\)|secrets\[[^'"\]]+\])\s*\}\}/i.test(n.value)
        )
          report({ start: n.start, end: n.end, key: `all-secrets:${n.key}` });
  },
};
