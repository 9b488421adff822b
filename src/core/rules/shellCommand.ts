import { guardCommand } from '../guard/index.ts';
import { shellChunks, logicalLines } from './kit/shellChunks.ts';
import type { Language } from '../languages/detect.ts';
import type { Rule } from './rule.ts';

const thrownAway: ReadonlySet<Language> = new Set([
  'dockerfile',
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'jenkinsfile',
]);

export const shellCommand: Rule = {
  id: 'destructive-command',
  title: 'Command destroys or exposes something',
  tier: 'high',
  category: 'destructive-command',
  languages: [
    'shell',
    'dockerfile',
    'github-actions',
    'gitlab-ci',
    'azure-pipelines',
    'circleci',
    'jenkinsfile',
    'makefile',
    'manifest',
    'docker-compose',
    'powershell',
    'batch',
    'ansible',
  ],
  references: ['CWE-78', 'OWASP LLM06:2025'],
  why: 'The command guard judges each command of a script as it would judge the command of an agent: what it deletes, exposes or switches off when it runs.',
  remedy: 'use the safe form the message names, or run it by hand with care',
  keywords: [],
  perLine: true,
  check(source, report) {
    const shell = source.language === 'powershell' ? 'powershell' : source.language === 'batch' ? 'cmd' : 'posix';
    for (const chunk of shellChunks(source)) {
      for (const command of logicalLines(chunk.text)) {
        const start = chunk.start + command.start;
        const end = start + command.length;
        if (source.changed !== undefined) {
          const last = source.lineAt(Math.max(start, end - 1));
          let touched = false;
          for (let l = source.lineAt(start); l <= last && !touched; l++) touched = source.changed.has(l);
          if (!touched) continue;
        }
        const verdict = guardCommand({ command: command.text, shell });
        if (
          verdict.decision === 'allow' ||
          verdict.rule === 'too-complex' ||
          verdict.tier === 'low' ||
          verdict.tier === 'medium'
        )
          continue;
        // A build machine or an image layer is thrown away: what it deletes of its own, or publishes on purpose, is its job.
        if (
          thrownAway.has(source.language) &&
          /^(?:package-remove|delete-tree|delete-unknown|publish)$/.test(verdict.rule)
        )
          continue;
        if (
          source.language === 'dockerfile' &&
          /^(?:delete-system|permissions?-|package-|service-)/.test(verdict.rule) &&
          !/\brm\s+(?:-\S+\s+)*\/(?:\s|$|\*)/.test(command.text)
        )
          continue;
        // Scripts clean up after themselves.
        if (
          verdict.rule === 'delete-unknown' &&
          /\$\{?\w*(?:te?mp|build|dist|out|cache|work|download|target|stag)\w*/i.test(command.text)
        )
          continue;
        report({
          start,
          end,
          key: `${verdict.rule}:${command.text.replace(/\s+/g, ' ').trim().slice(0, 300)}`,
          tier: verdict.tier,
          message: verdict.reason,
        });
      }
    }
  },
};
