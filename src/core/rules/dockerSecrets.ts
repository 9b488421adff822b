import type { Rule } from './rule.ts';

export const dockerSecrets: Rule = {
  id: 'docker-sudo-or-ssh',
  title: 'Image carries an administration door',
  tier: 'medium',
  category: 'security-control-disabled',
  languages: ['dockerfile'],
  references: ['CWE-250', 'CIS Docker 4.4'],
  why: 'sudo and an SSH server in an image are rights and doors that nobody needs at run time and every intruder looks for.',
  remedy: 'run as the right user and use the orchestrator to get in',
  keywords: ['sudo', 'expose', 'chmod', 'nopasswd', 'add'],
  check(source, report) {
    for (const d of source.docker) {
      if (d.name === 'EXPOSE' && /(?:^|\s)22(?:\/tcp)?(?:\s|$)/.test(d.args))
        report({ start: d.start, end: d.end, key: 'expose22' });
      if (d.name === 'RUN' && /\bNOPASSWD\b/.test(d.args))
        report({ start: d.start, end: d.end, key: 'nopasswd', tier: 'high' });
      if (d.name === 'RUN' && /\bchmod\s+(?:-R\s+)?(?:0?777|a\+rwx|ugo\+rwx)\b/.test(d.args))
        report({
          start: d.start,
          end: d.end,
          key: 'chmod777',
          tier: 'high',
          message: 'Everyone may write: give the one user that needs it the right.',
        });
      if (d.name === 'ADD' && /^\s*(?:--\S+\s+)*http:\/\//.test(d.args))
        report({
          start: d.start,
          end: d.end,
          key: 'add-http',
          tier: 'high',
          message: 'File fetched without TLS and without a hash: use https with --checksum.',
        });
    }
  },
};
