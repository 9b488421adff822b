import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { parsePolicy, policySchema, type Schema } from '../../../../src/core/policy/index.ts';

const file = path.join(__dirname, '../../../../media/policy.schema.json');

test('media/policy.schema.json is a copy of the schema', () => {
  const text = `${JSON.stringify(policySchema, null, 2)}\n`;
  if (process.env['UPDATE']) fs.writeFileSync(file, text);
  assert.equal(fs.readFileSync(file, 'utf8'), text, 'run this test with UPDATE=1');
});

test('every property is described', () => {
  const visit = (schema: Schema, where: string): void => {
    assert.ok(schema.description, where);
    for (const [key, sub] of Object.entries(schema.properties ?? {})) visit(sub, `${where}.${key}`);
    if (schema.items) visit(schema.items, `${where}[]`);
    if (schema.additionalProperties) visit(schema.additionalProperties, `${where}.*`);
  };
  visit(policySchema, 'policy');
});

test('a standard validator and ours agree', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  // Ours alone know these formats; texts below do not depend on them.
  for (const format of ['glob', 're2', 'duration', 'date']) ajv.addFormat(format, true);
  const validate = ajv.compile(policySchema);
  const texts = [
    'version: 1',
    'version: 2',
    'version: 1.5',
    'version: "1"',
    '{}',
    '[]',
    'x',
    'version: 1\nx: 1',
    'version: 1\nprotected: []',
    'version: 1\nprotected: [{}]',
    'version: 1\nprotected: [{ paths: [] }]',
    'version: 1\nprotected: [{ paths: [a] }]',
    'version: 1\nprotected: [{ paths: [1] }]',
    'version: 1\nprotected: [{ paths: [a], ai: x }]',
    'version: 1\nprotected: [{ paths: [a], justification: { minLength: 0 } }]',
    'version: 1\nprotected: [{ paths: [a], justification: { minLength: 400 } }]',
    'version: 1\nprotected: [{ paths: [a], review: { reviewers: 21 } }]',
    'version: 1\nrules: { tiers: { a: low } }',
    'version: 1\nrules: { tiers: { a: 1 } }',
    'version: 1\nrules: { custom: [{ id: a-b, message: m, pattern: p }] }',
    'version: 1\nrules: { custom: [{ id: A, message: m, pattern: p }] }',
    'version: 1\nrules: { custom: [{ id: a, message: m }] }',
    'version: 1\nrules: { custom: [{ id: a, message: m, query: q }] }',
    'version: 1\nguard: { strict: 1 }',
    'version: 1\nagents: { a: { scope: [x] } }',
    'version: 1\nagents: { a: { x: 1 } }',
    'version: 1\nexceptions: [{ reason: r, by: b, until: 2027-01-01 }]',
    'version: 1\nexceptions: [{ rule: x, reason: r, by: b, until: 2027-01-01 }]',
    'version: 1\npeople: [{ email: "", seniority: s }]',
    'version: 1\ntests: [{ path: a, expect: deny }]',
    'version: 1\ntests: [{ path: a, expect: prohibit }]',
  ];
  for (const text of texts) {
    const ours = parsePolicy(text, 'f').policy !== undefined;
    assert.equal(ours, validate(parseYaml(text)), text);
  }
});
