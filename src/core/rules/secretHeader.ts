import { needlesOf } from '../secrets/needles.ts';
import { entropy, isHarmlessShape, isPlaceholder, isSampleWord, isWordy } from './kit/secretText.ts';
import type { Source } from '../languages/source.ts';
import type { Rule } from './rule.ts';

/** Where a credential stands in a request or on a command line; the last group is the credential. */
const places: readonly RegExp[] = [
  // `Authorization: Bearer …`, also as a property or with an escaped quote
  /\bauthorization["'\\]{0,3}\s{0,4}[:=,]\s{0,4}["'`\\]{0,3}(?:bearer|token|basic|apikey|key)\s{1,4}([\w.~+/=-]{16,500})/gi,
  /\b(?:x-(?:[a-z]{1,20}-){0,3}(?:api-?key|key|token|auth|secret)|private-token|api-?key|job-token|circle-token|dd-(?:api|application)-key)["'\\]{0,3}\s{0,4}:\s{0,4}["'`\\]{0,3}([\w.~+/=-]{16,500})/gi,
  // `curl -u user:password`
  /\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[ =]{0,2}["'\\]{0,2}[\w.@+-]{0,80}:([^\s"'\\$<{@]{8,200})/g,
  // `mysql -pPASSWORD`, `sshpass -p PASSWORD`, `redis-cli -a PASSWORD`
  /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;&]{0,200}?\s(?:-p|--password=)["']?([^\s"'\\$<{-][^\s"'\\$<{]{5,100})/g,
  /\b(?:sshpass\s{1,4}-p|redis-cli\b[^\n|;&]{0,100}?\s-a)\s{0,4}["']?([^\s"'\\$<{-][^\s"'\\$<{]{5,100})/g,
  /\b(?:docker|podman|helm registry|az|oc|cf|npm|nerdctl)\s[^\n|;&]{0,120}?\blogin\b[^\n|;&]{0,200}?\s(?:-p|--password)[ =]{1,2}["']?([^\s"'\\$<{-][^\s"'\\$<{]{7,200})/g,
  // What `docker login` writes: user and password, in base64
  /"auth"\s{0,4}:\s{0,4}"([A-Za-z0-9+/]{16,400}={0,2})"/g,
];

/** With what their matches contain, in lower case. */
let known: readonly (readonly [number, RegExp, readonly string[]])[] | undefined;

/** The places that a text may hold: looked for in one pass over all of it where many of its lines changed. */
function placesIn(source: Source): readonly (readonly [number, RegExp, readonly string[]])[] {
  known ??= places.map((pattern, n) => [
    n,
    pattern,
    (needlesOf(pattern) ?? ['']).map((needle) => needle.toLowerCase()),
  ]);
  if (source.changedAt.length < 20) return known;
  const text = source.text.toLowerCase();
  return known.filter(([, , needles]) => needles.some((needle) => text.includes(needle)));
}

/** Where among them the login of a registry stands. */
const ofRegistry = 6;

export const secretHeader: Rule = {
  id: 'secret-in-command',
  title: 'Credential in a request header or on a command line',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-798', 'CWE-214'],
  why: 'What stands in a header or behind an option is read by everyone who reads the repository, the process list or the log of the build.',
  remedy: 'take it out, revoke it, and pass it in from the environment or a file only the program can read',
  keywords: [
    'authorization',
    'curl',
    'mysql',
    'mysqldump',
    'mysqladmin',
    'mariadb',
    'sshpass',
    'redis',
    'login',
    'key',
    'token',
    'auth',
    'secret',
  ],
  perLine: true,
  check(source, report) {
    const possible = placesIn(source);
    if (possible.length === 0) return;
    for (const i of source.changedAt) {
      const line = source.lines[i]!;
      if (line.length > 4000 || line.length < 20) continue;
      for (const [n, pattern] of possible)
        for (const m of line.matchAll(pattern)) {
          const value = m[1]!;
          if (n === ofRegistry ? !isLogin(value) : !isCredential(value, n < 2)) continue;
          const at = source.starts[i]! + m.index + m[0].length - value.length;
          report({ start: at, end: at + value.length, key: `command:${n}:${value.length}` });
        }
    }
  },
};

/** A token must look random; a password must have more than letters. */
function isCredential(value: string, token: boolean): boolean {
  if (isPlaceholder(value) || isHarmlessShape(value) || isWordy(value)) return false;
  if (token)
    return (
      entropy(value) >= 3.3 &&
      /\d/.test(value) &&
      /[A-Za-z]/.test(value) &&
      !(isSampleWord(value) && entropy(value) < 4)
    );
  return /[A-Za-z]/.test(value) && /[\d!@#%^&*+=?~]/.test(value) && entropy(value) >= 2.8 && !isSampleWord(value);
}

/** `user:password` in base64. */
function isLogin(value: string): boolean {
  try {
    const m = /^[\w.@-]{1,80}:([!-~]{6,300})$/.exec(atob(value));
    return m !== null && !isPlaceholder(m[1]!) && !isSampleWord(m[1]!);
  } catch {
    return false;
  }
}
