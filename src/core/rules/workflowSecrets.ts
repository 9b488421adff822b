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
  keywords: ['secrets', 'app', 'token', 'password', 'credentials', 'private', 'nc', 'ncat', 'netcat'],
  check(source, report) {
    for (const job of jobs(source)) {
      const s = at(job.node, 'secrets');
      // What it does with them stands in the repository, and is looked at there.
      const isOwnCall = /^\.\/\.github\/workflows\/[\w.-]+$/.test(at(job.node, 'uses')?.value ?? '');
      const owner = /^([\w.-]{1,60})\/[\w.-]+\//.exec(at(job.node, 'uses')?.value ?? '')?.[1];
      const whose = owner === undefined || isOwnCall || owner.startsWith('.') ? '' : ` of ${owner}`;
      if (s && s.value === 'inherit')
        report({
          start: s.start,
          end: s.end,
          key: isOwnCall ? 'inherit:own' : 'inherit',
          ...(isOwnCall && { tier: 'low' as const }),
          message: isOwnCall
            ? '`secrets: inherit` lets a workflow of this repository name any secret: pass the ones it needs by name.'
            : `\`secrets: inherit\` gives the called workflow${whose} all secrets: pass the ones it needs by name.`,
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
        const inputs = at(step, 'with');
        const given = [...(at(step, 'env')?.children ?? []), ...(inputs?.children ?? [])].find(
          (n) =>
            /^(?:NODE_AUTH_TOKEN|NPM_TOKEN|TWINE_PASSWORD|UV_PUBLISH_TOKEN|CARGO_REGISTRY_TOKEN|GEM_HOST_API_KEY|password)$/.test(
              n.key,
            ) && /\$\{\{\s*secrets\.(?!GITHUB_TOKEN\b)/.test(n.value),
        );
        if (given && (/^pypa\/gh-action-pypi-publish(?:@|$)/.test(uses) || publishes.test(script?.value ?? '')))
          report({
            start: given.start,
            end: given.end,
            key: `publish:${given.key}`,
            tier: 'medium',
            message:
              'A token that never runs out publishes the package: let the registry trust the workflow instead (id-token: write).',
          });
        if (script)
          for (const line of script.value.split('\n').map((l) => l.slice(0, 1000))) {
            const sent = sends.exec(line)?.[1];
            const isSecret = [step, job.node, job.root].some((n) =>
              /\$\{\{\s*secrets\./.test(at(n, 'env', sent ?? '')?.value ?? ''),
            );
            const address = /\b(?:nc|ncat|netcat)\s(?!-\w{0,4}z)[^|;&\n]{0,100}?\b((?:\d{1,3}\.){3}\d{1,3})\b/.exec(
              line,
            )?.[1];
            if ((sent !== undefined && isSecret) || (address !== undefined && !address.startsWith('127.')))
              report({
                start: script.start,
                end: script.end,
                key: `sent:${line.trim().slice(0, 200)}`,
                message:
                  'A step of the workflow sends a secret, or what it has, to another machine: say to whom and why.',
              });
          }
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
                  ...(isAddress(line, e.text)
                    ? { tier: 'low' as const, message: calledAt }
                    : {
                        message:
                          'Secret is printed or sent by a command: pass it through env: to the program that needs it.',
                      }),
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
          /\$\{\{\s*(?:toJSON\(\s*secrets\s*\)|secrets\[(?!\s*['"][\w-]{1,100}['"]\s*\])[^\]]{1,200}\])\s*\}\}/i.test(
            n.value,
          )
        )
          report({ start: n.start, end: n.end, key: `all-secrets:${n.key}` });
        else if (n.kind === 'scalar' && /\$\{\{\s{0,4}fromJSON\(\s{0,4}secrets\.\w{1,100}\s{0,4}\)/i.test(n.value))
          report({
            start: n.start,
            end: n.end,
            key: `unmasked:${n.key}`,
            tier: 'medium',
            message:
              'A part of a secret is not masked in the log, for only the whole is known as one: keep it as a secret of its own.',
          });
  },
};

const publishes =
  /\b(?:npm|pnpm|yarn|yarn npm|bun|uv|poetry|cargo|hatch|flit)\s+publish\b|\btwine\s+upload\b|\bgem\s+push\b/;

/** The body or the address of a request that holds a variable; a header is where a token belongs. */
const sends =
  /\b(?:curl|wget)\b[^\n]{0,300}?(?:(?:\s-d|\s-F|--data(?:-\w{1,12})?|--form|--post-data)[ =]{1,2}[^\s$]{0,200}|https?:\/\/[^\s"'$]{1,200}[?&][\w-]{1,40}=)\$\{?(\w{1,80})/;

/** A hook's address is sent to nobody but who gave it out. */
function isAddress(line: string, secret: string): boolean {
  if (!/^secrets\.\w{0,80}(?:URL|URI|HOOK|ENDPOINT)\w{0,80}$/i.test(secret)) return false;
  // Nothing but the one command, with options that send no more than what is written out.
  const plain = line.replace(/\$\{\{\s{0,9}([\w.]{1,100})\s{0,9}\}\}/g, (_, name: string) => `\0${name}`);
  return new RegExp(
    `^\\s*(?:-\\s+)?(?:run:\\s*)?curl(?:\\s+(?:-[fsSLi]{1,6}|--(?:fail|silent|show-error|location)|(?:-X|--request)\\s+[A-Z]{3,6}))*\\s+(["']?)\0${secret.replaceAll('.', '\\.')}\\1(?:\\s+(?:-[fsSLi]{1,6}|--(?:fail|silent|show-error|location)|(?:-X|--request)\\s+[A-Z]{3,6}))*\\s*$`,
  ).test(plain);
}
const calledAt =
  'A secret address is pasted into a command: hand it over by env: and in quotes, so that no sign in it is read by the shell.';
