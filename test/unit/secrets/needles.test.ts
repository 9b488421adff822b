import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { needlesOf } from '../../../src/core/secrets/needles.ts';
import { guards, likeGuards } from '../../../src/core/rules/safeguardRemoved.ts';
import { formatsIn } from '../../../src/core/secrets/candidates.ts';
import { formats } from '../../../src/core/secrets/formats.ts';

test('reads what a match must contain', () => {
  for (const [pattern, needles] of [
    [/\bgithub_pat_\w{60,}\b/g, ['github_pat_']],
    [/\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/, ['AKIA', 'ASIA']],
    [/hooks\.slack\.com\/x/, ['hooks.slack.com/x']],
    [/\bCLOJARS_[a-z0-9]{60}\b/i, ['clojars_']],
    [/abcd|efg/, ['abcd', 'efg']],
    [/(?:a|b)c(?:de|f[gh])/, ['acde', 'acfg', 'acfh', 'bcde', 'bcfg', 'bcfh']],
    [/ab(?:cd)?ef[gh]/, ['efg', 'efh']],
    [/abcd|[x]/, undefined],
    [/abc?d/, undefined],
    [/abcc+d/, ['abcc']],
    [/ab{3}c/, ['abbbc']],
    [/(?:abcd)?e/, undefined],
    [/(?<=okta)[a-f]{40}/, undefined],
    [/(?<!x)tskey-(?!y)z/, ['tskey-z']],
    [/[abc]{3}|abcd/, undefined],
    [/\u0041bcd/, undefined],
    [/(?<name>abcd)/, undefined],
    [/^abcd$/, ['abcd']],
  ] as const)
    assert.deepEqual(needlesOf(pattern), needles, String(pattern));
});

test('every match of a token format contains one of its needles, and they lead to it', () => {
  for (const [name, pattern, , inFront] of formats) {
    if (inFront !== undefined) {
      assert.ok(pattern.source.includes(inFront), `${name} asks for ${inFront} in front`);
      continue;
    }
    const needles = needlesOf(pattern, 1) ?? [];
    // Look-arounds and word boundaries can not be generated; they take nothing away from what the rest asks for.
    const source = pattern.source.replaceAll(/\(\?<?[=!](?:\\.|[^()\\]|\([^()]*\))*\)|\\b/g, '');
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(`^(?:${source})$`)), (text) => {
        assert.ok(
          formatsIn(`${text} ${'x'.repeat(15)}`).some((format) => format[1] === pattern),
          `${name}: ${text}`,
        );
        const where = pattern.ignoreCase ? text.toLowerCase() : text;
        assert.ok(
          needles.some((n) => where.includes(n)),
          `${name}: ${text}`,
        );
      }),
      { numRuns: 20 },
    );
  }
});

test('a line that a removed safeguard stands in is looked at', () => {
  const needles = needlesOf(guards) ?? [];
  assert.ok(needles.length > 90, 'the pattern can be read');
  for (const needle of needles) assert.match(needle, likeGuards);
});
