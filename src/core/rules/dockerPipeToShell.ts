import type { Rule } from './rule.ts';

/** A download whose output is run. */
export const pipesNetworkToShell =
  /\b(?:curl|wget|fetch)\b[^\n|;&#]{0,400}?(?:\\\n[^\n|;&#]{0,200}?){0,4}\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+\S+\s+)?(?:\/(?:usr\/)?bin\/)?(?:ba|z|da|k)?sh\b(?!\w)|\b(?:ba|z)?sh\s+(?:-c\s+)?(?:<\(|["']?\$\()\s*(?:curl|wget)\b|\b(?:curl|wget)\b[^\n|;&#]{0,300}\|\s*(?:sudo\s+)?(?:python[23]?|perl|ruby|node|php)\b(?=\s*(?:-\s|$|-$|["'\\&;)\n]|- ))|\b(?:iex|Invoke-Expression)\b[^\n]{0,80}(?:DownloadString|iwr|irm|Invoke-WebRequest|Invoke-RestMethod|curl)|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^\n|]{0,200}\|\s*(?:iex|Invoke-Expression)\b/i;

/** An address that names what it gives: a full commit hash. */
const pinned = /\bhttps:\/\/raw\.githubusercontent\.com\/[\w.-]{1,100}\/[\w.-]{1,100}\/[0-9a-f]{40}\//;

export const dockerPipeToShell: Rule = {
  id: 'pipe-to-shell',
  title: 'Script from the network is run unread',
  tier: 'high',
  category: 'supply-chain',
  languages: [
    'dockerfile',
    'shell',
    'github-actions',
    'gitlab-ci',
    'azure-pipelines',
    'circleci',
    'jenkinsfile',
    'makefile',
    'ansible',
    'powershell',
  ],
  references: ['CWE-494', 'CWE-829', 'SLSA'],
  why: 'Whoever controls the server, or the way to it, runs code here; what ran can not even be looked up afterwards.',
  remedy: 'download it, check its hash or signature, then run it',
  keywords: ['curl', 'wget', 'iwr', 'iex', 'invoke', 'downloadstring', 'fetch'],
  inTests: false,
  check(source, report) {
    const text = source.text;
    for (const m of text.matchAll(new RegExp(pipesNetworkToShell, 'gi'))) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      if (/^\s*(?:#|\/\/|echo\b)/.test(text.slice(lineStart, m.index))) continue;
      if (pinned.test(m[0])) continue;
      report({ start: m.index, end: m.index + m[0].length });
    }
  },
};
