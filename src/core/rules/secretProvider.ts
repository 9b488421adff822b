import { isTestPath } from '../languages/kinds.ts';
import { isInApiExample } from './kit/apiExample.ts';
import { entropy, fingerprint, isPlaceholder } from './kit/secretText.ts';
import { formatsIn } from '../secrets/candidates.ts';
import type { Rule } from './rule.ts';

/** Test keys that the issuer's own documentation shows: everybody has them. In two parts, so that no scanner takes them for ours. */
const published: ReadonlySet<string> = new Set(
  ['BQokikJOvBiI2HlWgH4olfQ2', '4eC39HqLyjWDarjtT1zdp7dc'].map((end) => `sk_test_${end}`),
);

/** Private keys that RFC 7515, 7517 and 8037 print, by the end of each: who has one of them has what everybody has. */
const ofStandards =
  /(?:eUZNP4Bk43bVdj3eAE|oIY7X1fCE9-E9LI|B0d53vM9mE15j2C|DcAxyuf2A|j0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q)"$/;

export const secretProvider: Rule = {
  id: 'secret-token',
  isKnownByText: true,
  title: 'Access token in the text',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-798', 'CWE-312', 'OWASP LLM02:2025'],
  why: "The format is the issuer's own, so it is a credential, whatever it is called here. Once pushed it is public for good: deleting it does not take it out of history, and robots try it within minutes.",
  remedy: 'take it out, revoke it with its issuer, and read it from the environment or a secret store',
  keywords: [],
  inTests: true,
  perLine: true,
  check(source, report) {
    const scan = (piece: string, shift: number): void => {
      for (const [name, pattern, least] of formatsIn(piece)) {
        pattern.lastIndex = 0;
        for (const m of piece.matchAll(pattern)) {
          const value = m[0];
          if (isPlaceholder(value) || hasLongRun(value) || entropy(value) < least || published.has(value)) continue;
          // Inside a longer word, path or URL query it is something else.
          if (/[A-Za-z0-9]/.test(piece[m.index - 1] ?? ' ') && /^[A-Za-z0-9]/.test(value)) continue;
          if (/^(?:Slack token|Mailgun key|Lob key)$/.test(name) && /[/.\w-]/.test(piece[m.index - 1] ?? ' ')) continue;
          if (/^Slack token$/.test(name) && !/\d/.test(value)) continue;
          // Tests sign tokens of their own, and they run out.
          if (name === 'JSON Web Token' && isTestPath(source.path)) continue;
          if (name === 'JSON Web Token' && hasRunOut(value) && isInApiExample(source, shift + m.index)) continue;
          // The storage emulator's key is the same on every machine.
          if (name === 'Azure storage key' && /\bAccountName=devstoreaccount1\b/.test(piece)) continue;
          report({
            start: shift + m.index,
            end: shift + m.index + value.length,
            key: `${name}:${fingerprint(value)}`,
            ...(name === 'Asymmetric JWK' && ofStandards.test(value)
              ? {
                  tier: 'medium' as const,
                  message:
                    'This private key is the example of a standard, and everybody has it: guard nothing with it.',
                }
              : {
                  message: `${name} in the text: take it out, revoke it with its issuer, and read it from the environment or a secret store.`,
                }),
          });
        }
      }
    };
    for (const i of source.changedAt) {
      const line = source.lines[i]!;
      if (line.length > 8) scan(line.length > 20_000 ? line.slice(0, 20_000) : line, source.starts[i]!);
    }
  },
};

/** Whether somebody typed the alphabet, or a good part of it: no issuer draws a dozen neighbours in a row. */
function hasLongRun(value: string): boolean {
  let run = 1;
  for (let i = 1; i < value.length; i++) {
    run = value.charCodeAt(i) === value.charCodeAt(i - 1) + 1 ? run + 1 : 1;
    if (run === 12) return true;
  }
  return false;
}

/** Long past for every user of this version; a clock would judge the same text in two ways. */
const longPast = Date.UTC(2026, 10, 1) / 1000;

/** Whether a token says itself that it opens nothing any more. Without a term, or with none that checks take for one, it may. */
function hasRunOut(token: string): boolean {
  try {
    const claims: unknown = JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')));
    const end = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof end === 'number' && end > 1e9 && end < longPast;
  } catch {
    return false;
  }
}
