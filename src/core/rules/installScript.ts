import { at } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

export const installScript: Rule = {
  id: 'install-script',
  title: 'Code that runs on install',
  tier: 'high',
  category: 'supply-chain',
  languages: ['manifest', 'python'],
  references: ['CWE-506', 'CWE-829', 'OWASP LLM03:2025'],
  why: 'Install hooks run unasked on every developer machine and in every build that installs the package; they are how packages are turned into malware.',
  remedy: 'do it in a step that people start, or say in the change what it does',
  keywords: [
    'preinstall',
    'install',
    'postinstall',
    'prepare',
    'prepublish',
    'preprepare',
    'postprepare',
    'cmdclass',
    'scripts',
  ],
  check(source, report) {
    if (/(?:^|\/)setup\.py$/.test(source.path)) {
      for (const m of source.text.matchAll(
        /\bcmdclass\s{0,4}=\s{0,4}\{[^}]{0,400}?["'](install|develop|egg_info|post_install)["']\s{0,4}:\s{0,4}(\w{1,80})/g,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: `${m[1]}:${m[2]}` });
      return;
    }
    if (!source.path.endsWith('package.json') && !source.path.endsWith('composer.json')) return;
    for (const root of source.tree)
      for (const s of at(root, 'scripts')?.children ?? []) {
        if (
          /^(?:pre|post)?install$|^(?:pre|post)-(?:install|update|autoload-dump)(?:-cmd)?$|^(?:pre|post)?prepare$|^prepublish$/.test(
            s.key,
          )
        ) {
          const usual =
            /^(?:husky(?: install)?|lefthook install|patch-package|simple-git-hooks|is-ci \|\| husky(?: install)?|npm run build|tsc|pnpm build|yarn build)(?:\s*\|\|\s*true)?$/.test(
              s.value.trim(),
            );
          report({
            start: s.start,
            end: s.end,
            // Another package manager runs the same.
            key: `${s.key}:${s.value.replace(/\b(?:pnpm|yarn|bun)\b/g, 'npm')}`,
            ...(usual ? { tier: 'medium' as const } : {}),
          });
        }
      }
  },
};
