import type { Rule } from './rule.ts';

export const checkSuppressed: Rule = {
  id: 'check-suppressed',
  title: 'A security scanner is told to look away',
  tier: 'medium',
  category: 'removed-safeguard',
  languages: [],
  references: ['CWE-693', 'OWASP LLM06:2025'],
  why: 'The comment silences a tool for this line from now on; it is right only when a person has judged the finding.',
  remedy: 'fix the finding, or have a person add the reason',
  once: true,
  keywords: ['nosec', 'nosemgrep', 'nosonar', 'skip', 'ignore', 'allow', 'lgtm', 'nolint'],
  check(source, report) {
    // Prose tells how it is done.
    if (source.language === 'markdown') return;
    let last = { line: -1, key: '' };
    for (const m of source.text.matchAll(
      /(?:#|\/\/|--|\/\*|<!--|;)\s*(?:nosec\b|#nosec\b|nosemgrep\b|NOSONAR\b|checkov:skip|tfsec:ignore|trivy:ignore|kics-scan ignore|gitleaks:allow|nolint:\s*gosec|lgtm\s*\[|zizmor:\s*ignore|secretlint-disable|pragma:\s*allowlist secret|squawk-ignore|hadolint ignore=[^\n]{0,200}\bDL300[24]\b|cfn_nag|codeql\[)[^\n]{0,400}/g,
    )) {
      // What is silenced, not how it is explained.
      const key = m[0]
        .replace(/(?:\s+(?:\/\/|--|#|-|because|:)\s.*|\s*\*\/.*|\s*-->.*)$/s, '')
        .slice(0, 60)
        .trim();
      const line = source.lineAt(m.index);
      // The same on each line of a list was decided once.
      const isRepeat = line - last.line <= 1 && key === last.key;
      last = { line, key };
      if (isRepeat) continue;
      const who = m[0].includes('squawk-ignore') ? 'The linter of migrations' : 'A security scanner';
      const isExplained =
        m[0].trim().length > key.length + 8 || /^\s*(?:\/\/|#|--|\*)\s*\S/.test(source.lines[line - 2] ?? '');
      report({
        start: m.index,
        end: m.index + m[0].length,
        message: isExplained
          ? `${who} is told to look away: have a person confirm the reason that is given.`
          : `${who} is told to look away: fix what it found, or have a person add the reason.`,
        key,
      });
    }
  },
};
