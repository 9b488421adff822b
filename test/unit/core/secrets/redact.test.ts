/** Secrets leave the text, the rest stays readable. All values are made up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { redact, redactCommand } from '../../../../src/core/secrets/redact.ts';
import { cpuTime } from '../../cpuTime.ts';

const join = (...parts: string[]): string => parts.join('');
const samples: readonly (readonly [string, string])[] = [
  [`curl -H "Authorization: Bearer ${join('abcd', '1234efgh5678')}" https://x.example`, 'abcd1234efgh5678'],
  [`export AWS_SECRET_ACCESS_KEY=${join('wJalr', 'XUtnFEMIK7MDENG')}`, 'wJalrXUtnFEMIK7MDENG'],
  [`aws configure set aws_access_key_id ${join('AKIA', 'ABCDEFGHIJKLMNOP')}`, 'AKIAABCDEFGHIJKLMNOP'],
  [`git clone https://user:${join('hunter', '2secret')}@host.example/x.git`, 'hunter2secret'],
  [`mysql -u root -p${join('pass', 'w0rd9')} -e "select 1"`, 'passw0rd9'],
  [`gh auth login --token ${join('ghp_', 'a'.repeat(36))}`, 'a'.repeat(36)],
  [`vault login --password ${join('open', 'sesame77')}`, 'opensesame77'],
  [`curl -u ada:${join('let', 'mein99')} https://x.example`, 'letmein99'],
  [`echo '{"api_key": "${join('zzz', '12345678')}"}'`, 'zzz12345678'],
  [`sk: ${join('sk-ant-', 'abcdefghijklmnopqrstuv')}`, 'abcdefghijklmnopqrstuv'],
];

test('secrets are replaced, in each of the usual forms', () => {
  for (const [text, secret] of samples) {
    const out = redact(text);
    assert.ok(!out.includes(secret), out);
    assert.ok(out.includes('[redacted]'), out);
  }
});

test('ordinary commands stay as they are', () => {
  for (const text of [
    'git push --force origin main',
    'npm run test -- --token-less',
    'rm -rf /tmp/x',
    'curl https://x.example/a?b=c',
    'kubectl get secret my-secret -o yaml',
    'ssh -p 22 host',
    'docker run -p 80:80 x',
  ])
    assert.equal(redact(text), text);
});

test('a command is one line without control characters', () => {
  assert.equal(redactCommand('a\n b\u0007\u202e'), 'a ⏎ b??');
  assert.ok(redactCommand('x'.repeat(9000)).length < 2100);
});

test('redacting twice changes nothing more, and long hostile text is quick', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      assert.equal(redact(redact(text)), redact(text));
    }),
    { seed: 3, numRuns: 500 },
  );
  const started = cpuTime();
  for (const piece of [
    'password=',
    'secret',
    'a.',
    '://a:',
    'Bearer ',
    '-----BEGIN PRIVATE KEY-----',
    '--token ',
    'eyJ',
    'mysql ',
  ])
    redact(piece.repeat(50_000));
  assert.ok(cpuTime() - started < 20_000);
});
