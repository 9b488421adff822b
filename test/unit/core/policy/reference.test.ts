import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import {
  defaultPolicy,
  parsePolicy,
  policySchema,
  policyTemplate,
  verdictFor,
  type Schema,
} from '../../../../src/core/policy/index.ts';
import { decisionFor } from '../../../../src/core/policy/examples.ts';

const file = path.join(__dirname, '../../../../docs/policy.md');
const [open, close] = ['<!-- reference:', '<!-- /reference -->'];

/** One row per key, in the order of the schema. */
function rows(schema: Schema, where: string): string[] {
  const out: string[] = [];
  const row = (key: string, sub: Schema, required: boolean): void => {
    const type = sub.enum
      ? sub.enum.map((v) => `\`${v}\``).join(' ')
      : sub.const !== undefined
        ? `\`${sub.const}\``
        : (sub.format ??
          { object: 'map', array: 'list', string: 'text', integer: 'number', boolean: 'true/false' }[
            sub.type ?? 'string'
          ]);
    const notes = [
      required ? '**required**' : '',
      sub.default === undefined ? '' : `\`${JSON.stringify(sub.default).replaceAll('"', '')}\``,
    ]
      .filter(Boolean)
      .join(' ');
    out.push(`| \`${key}\` | ${type} | ${notes} | ${(sub.description ?? '').replaceAll('|', '\\|')} |`);
    out.push(...rows(sub, key));
  };
  for (const [name, sub] of Object.entries(schema.properties ?? {}))
    row(where === '' ? name : `${where}.${name}`, sub, schema.required?.includes(name) ?? false);
  if (schema.additionalProperties) out.push(...rows(schema.additionalProperties, `${where}.NAME`));
  if (schema.items) out.push(...rows(schema.items, `${where}[]`));
  return out;
}

test('the reference in docs/policy.md is that of the schema', () => {
  const text = fs.readFileSync(file, 'utf8');
  const from = text.indexOf('\n', text.indexOf(open)) + 1;
  const to = text.indexOf(close);
  const table = ['| Key | Value | Default | Meaning |', '| --- | --- | --- | --- |', ...rows(policySchema, '')].join(
    '\n',
  );
  const next = `${text.slice(0, from)}${table}\n${text.slice(to)}`;
  if (process.env['UPDATE']) fs.writeFileSync(file, next);
  assert.equal(fs.readFileSync(file, 'utf8'), next, 'run this test with UPDATE=1');
});

test('the YAML in docs/policy.md is valid, and its examples hold', () => {
  const text = fs.readFileSync(file, 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] as string);
  assert.ok(blocks.length >= 2);
  for (const block of blocks) {
    const whole = block.startsWith('version') ? block : `version: 1\n${block}`;
    const { policy, problems, tests } = parsePolicy(whole, 'countersign.yaml', { now: new Date('2026-06-01') });
    assert.deepEqual(problems, []);
    if (!block.startsWith('version')) continue;
    for (const t of tests) assert.equal(decisionFor(verdictFor(policy ?? defaultPolicy, t.path), t.by), t.expect);
  }
});

test('the template parses without a problem, and so do its commented parts', () => {
  const template = policyTemplate({ reviewBy: '2027-01-01' });
  const parse = (text: string): unknown[] => [
    ...parsePolicy(text, 'countersign.yaml', { now: new Date('2026-06-01') }).problems,
  ];
  assert.deepEqual(parse(template), []);
  const at = template.indexOf('# Review that a change needs');
  const rest = template.slice(at).replace(/^# (?=(?:review|people|rules|agents|audit|exceptions):| )/gm, '');
  const uncommented = template.slice(0, at) + rest;
  assert.match(uncommented, /^people:$/m);
  assert.deepEqual(parse(uncommented), []);
});
