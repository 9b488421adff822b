import type { Found, Rule } from './rule.ts';

/** A download whose output is run. */
export const pipesNetworkToShell =
  /\b(?:curl|wget|fetch)\b[^\n|;&#]{0,400}?(?:\\\n[^\n|;&#]{0,200}?){0,4}\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+\S+\s+)?(?:\/(?:usr\/)?bin\/)?(?:ba|z|da|k)?sh\b(?!\w)|\b(?:ba|z)?sh\s+(?:-c\s+)?(?:<\(|["']?\$\()\s*(?:curl|wget)\b|\b(?:curl|wget)\b[^\n|;&#]{0,300}\|\s*(?:sudo\s+)?(?:python[23]?|perl|ruby|node|php)\b(?=\s*(?:-\s|$|-$|["'\\&;)\n]|- ))|\b(?:iex|Invoke-Expression)\b[^\n]{0,80}(?:DownloadString|iwr|irm|Invoke-WebRequest|Invoke-RestMethod|curl)|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^\n|]{0,200}\|\s*(?:iex|Invoke-Expression)\b/i;

const ofOtherRelease =
  'Another release of a script from the network is run, unread like the one before: read what changed, or check its hash.';

/** An address that names what it gives: a full commit hash. */
const pinned = /\bhttps:\/\/raw\.githubusercontent\.com\/[\w.-]{1,100}\/[\w.-]{1,100}\/[0-9a-f]{40}\//;

/** Where the host of a repository gives out its files as they are at a branch, a tag or a commit, or those of a release. */
const atRef =
  /(?<=\bhttps:\/\/raw\.githubusercontent\.com\/[\w.-]{1,100}\/[\w.-]{1,100}\/)(?:refs\/(?:heads|tags)\/)?[\w.-]{1,100}(?=\/)|(?<=\bhttps:\/\/github\.com\/[\w.-]{1,100}\/[\w.-]{1,100}\/releases\/download\/)[\w.-]{1,100}(?=\/)/g;
const release = /^(?:refs\/tags\/)?v?\d+(?:\.\d+){1,3}$/;

/** Whether the same script of the same repository was run before, and now is one of a release. */
function isSameScript(old: Found, now: Found): boolean {
  const [was, is] = [old.form?.text ?? '', now.form?.text ?? ''];
  // Another release is another script, that nobody read.
  return isOfRelease(is) && !isOfRelease(was) && plain(was) === plain(is);
}

function isOfRelease(line: string): boolean {
  const refs = line.match(atRef) ?? [];
  return refs.length > 0 && refs.every((r) => release.test(r));
}

/** The line without what says which version it is of. */
const plain = (line: string): string => line.replace(atRef, '*').replace(/(?<=\s)v?\d+(?:\.\d+){1,3}(?=\s|$)/g, '*');

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
  isSame: isSameScript,
  check(source, report) {
    const text = source.text;
    for (const m of text.matchAll(new RegExp(pipesNetworkToShell, 'gi'))) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      if (/^\s*(?:#|\/\/|echo\b)/.test(text.slice(lineStart, m.index))) continue;
      if (pinned.test(m[0])) continue;
      const end = text.indexOf('\n', m.index + m[0].length);
      // With what is told to the shell.
      const line = text
        .slice(lineStart, end < 0 ? undefined : end)
        .replace(/\s+/g, ' ')
        .trim();
      const form = line.length < 1000 ? { text: line, around: [], sinks: [] } : undefined;
      report({
        start: m.index,
        end: m.index + m[0].length,
        ...(form && { form }),
        ...(form &&
          isOfRelease(line) && {
            subject: `release of ${plain(line)}`,
            closer: { subject: `release of ${plain(line)}`, tier: 'medium' as const, message: ofOtherRelease },
          }),
      });
    }
  },
};
