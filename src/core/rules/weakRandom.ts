import { code } from './kit/code.ts';
import type { Source } from '../languages/source.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const weakRandom: Rule = {
  id: 'predictable-random',
  title: 'Secret made with a predictable generator',
  tier: 'high',
  category: 'cryptography',
  languages: codeLanguages,
  references: ['CWE-330', 'CWE-338', 'OWASP A02:2021'],
  why: 'Ordinary random generators can be computed forward from a few outputs: tokens, passwords and identifiers made with them can be guessed.',
  remedy: "use the platform's cryptographic generator (crypto.randomBytes, secrets, crypto/rand, SecureRandom)",
  keywords: [
    'random',
    'rand',
    'math',
    'randint',
    'choice',
    'nextint',
    'srand',
    'mt_rand',
    'threadlocalrandom',
    'randomstringutils',
    'randomutils',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      if (
        !/^(?:Math\.random|random\.(?:random|randint|randrange|choice|choices|sample|getrandbits|uniform|triangular|shuffle)|rand\.(?:Int|Intn|Int31|Int31n|Int63|Int63n|Float64|Float32|Read|Seed)|(?:\w+\.)?nextInt|(?:\w+\.)?nextLong|(?:\w+\.)?nextBytes|rand|mt_rand|Kernel\.rand|Random\.rand|Random|java\.util\.Random|RandomStringUtils\.\w+)$/.test(
          call.callee,
        ) &&
        !ofJvm.test(call.callee)
      )
        continue;
      // These draw from the system's generator.
      if (/RandomStringUtils\.(?:secure|secureStrong)$/.test(call.callee)) continue;
      if (call.callee.startsWith('rand.') && (source.language !== 'go' || !source.has(/"math\/rand(?:\/v2)?"/)))
        continue;
      // Both packages are called rand: the import that has no other name means this one.
      if (
        source.language === 'go' &&
        source.has(/"crypto\/rand"/) &&
        c.facts.tokens[call.first]?.text !== goAlias(source.text)
      )
        continue;
      if (
        /^(?:Random|java\.util\.Random)$/.test(call.callee) &&
        !(call.isNew && /java|c-sharp|kotlin/.test(source.language))
      )
        continue;
      if (
        /next(?:Int|Long|Bytes)$/.test(call.callee) &&
        !/ThreadLocalRandom|RandomUtils|Random\(\)/.test(call.callee) &&
        (source.has(/SecureRandom/) || !/java|kotlin/.test(source.language))
      )
        continue;
      // How long to wait is no secret.
      if (
        /(?:delay|sleep|jitter|backoff|timeout)\w{0,20}\s{0,4}\(\s{0,4}$/i.test(
          source.text.slice(Math.max(0, call.start - 60), call.start),
        )
      )
        continue;
      if (isLifetime(source.text.slice(Math.max(0, call.start - 120), call.start))) continue;
      const line = source.lineAt(call.start);
      // The statement itself, and the line it goes on from.
      const own = source.lines[line - 1] ?? '';
      const near = /[=:([{+,]\s*$/.test(source.lines[line - 2] ?? '') ? `${source.lines[line - 2]} ${own}` : own;
      const name =
        /(?:function|def|func?|fn|\b(?:public|private|static)\b[^\n(]{0,400})\s+(\w+)\s*\([^)]{0,400}\)?/.exec(
          source.lines
            .slice(Math.max(0, line - 8), line)
            .reverse()
            .find((l) => /\b(?:function|def|func?|public|private|protected)\b/.test(l)) ?? '',
        )?.[1] ?? '';
      // What tells two versions of one thing apart hides nothing.
      const told = tellsVersions(source, line) ? near.replace(ofVersion, '') : near;
      if (secret.test(told.replace(/\w+\[[^\]]*random[^\]]*\]|Math\.random|random\.\w+/g, '')) || secret.test(name))
        report({ start: call.start, end: call.end, key: call.callee });
    }
  },
};

/** A number by which two states of the same version differ. */
const ofVersion = /(?<![\w$])["']?(?:version|revision)_?nonce["']?\s*:\s*(?=Math\.floor\(\s*Math\.random\(\)\s*\*)/i;
/** Where such a number would decide who may do something. */
const decides = /header|cookie|\bsign|hmac|hash|crypt|cipher|auth|token|csp\b|policy|\burl|login|session/i;

/** Whether the line sets such a number beside the version itself, and no line of the file decides anything by it. */
function tellsVersions(source: Source, line: number): boolean {
  if (!ofVersion.test(source.lines[line - 1] ?? '')) return false;
  const around = source.lines.slice(Math.max(0, line - 5), line + 4);
  return (
    around.some((l) => /^\s*["']?(?:version|revision|seed)["']?\s*:/.test(l)) &&
    !source.lines.some((l) => /(?:version|revision)_?nonce/i.test(l) && decides.test(l))
  );
}

const secret =
  /token|secret|pass(?:word|wd|code)|[a-z]_?key\b|session_?(?:id|key)|nonce|salt|\botp|csrf|verification|reset_?code|credential|auth(?!or)|captcha|invite/i;

/** Whether the name that is given the number is that of a span of time, and nothing secret is made on the way. */
function isLifetime(before: string): boolean {
  const made =
    /\b\w*(?:expires?_?in|ttl|lifetime|max_?age|duration)["']?\s{0,4}(?:=>|:|:?=)\s{0,4}([\w\s.*+(-]{0,60})$/i;
  const way = made.exec(before)?.[1];
  return way !== undefined && !/[A-Za-z]\s*\n/.test(way) && !secret.test(way);
}

/** What a file of Go calls `math/rand`. */
const goAlias = (text: string): string => /(\w+)[ \t]+"math\/rand(?:\/v2)?"/.exec(text)?.[1] ?? 'rand';

/** Generators of the JVM and its libraries that are not made for secrets. */
const ofJvm =
  /^(?:(?:\w+\.){0,6}RandomStringUtils\.random\w*|(?:\w+\.){0,6}RandomUtils\.next\w+|(?:\w+\.){0,4}ThreadLocalRandom\.current\(\)\.next\w+|(?:java\.util\.)?Random\(\)\.next\w+)$/;
