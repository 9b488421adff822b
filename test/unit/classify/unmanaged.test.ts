import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type Sides = readonly [before: string | null, after: string | null];
const tiers = async (files: Readonly<Record<string, Sides>>): Promise<string> =>
  (
    await classify(
      Object.entries(files).map(([path, [before, after]]) => ({ path, before, after })),
      ctx,
    )
  ).findings
    .filter((f) => f.rule === 'infrastructure-destroyed')
    .map((f) => f.tier)
    .join(' ');

const table = 'resource "aws_dynamodb_table" "orders" {\n  name = "orders"\n}\n';
const bucket = 'resource "aws_s3_bucket" "files" {\n  bucket = "files"\n}\n';
const root = 'terraform {\n  backend "s3" {}\n}\nprovider "aws" {}\n';
const call = (folder: string): string => `module "m" {\n  source = "${folder}"\n}\n`;

test('resources stay where their configuration goes as a whole, and are destroyed where a root stays', async () => {
  const module: Readonly<Record<string, Sides>> = {
    'i/modules/a/main.tf': [table, null],
    'i/modules/b/main.tf': [bucket, null],
  };
  const calls = call('../modules/a') + call('../modules/b');
  assert.equal(await tiers({ ...module, 'i/live/main.tf': [root + calls, null] }), 'high');
  // The calls go, the root stays.
  assert.equal(await tiers({ ...module, 'i/live/main.tf': [root + calls, root] }), 'critical critical');
  // Of the module a file stays.
  assert.equal(
    await tiers({
      ...module,
      'i/live/main.tf': [root + calls, null],
      'i/modules/a/vars.tf': ['', 'variable "a" {}\n'],
    }),
    'critical high',
  );
  // Nobody who called it is seen to go.
  assert.equal(await tiers({ ...module, 'i/live/main.tf': [root, null] }), 'critical critical');
  // Another root still calls it.
  const other: Sides = [call('../modules/a'), `${call('../modules/a')}# x\n`];
  assert.equal(
    await tiers({ ...module, 'i/live/main.tf': [root + calls, null], 'i/test/main.tf': other }),
    'critical high',
  );
  // A resource out of a file that stays.
  assert.equal(await tiers({ 'i/live/a.tf': [table + bucket, bucket], 'i/old/main.tf': [root, null] }), 'critical');
});

test('what a root that stays has called until now is destroyed, and so is what may be a part of one', async () => {
  const gone = { 'i/old/main.tf': [root + call('../modules/a'), null], 'i/modules/a/main.tf': [table, null] } as const;
  assert.equal(await tiers(gone), 'high');
  const live: Sides = [root + call('../modules/a'), root];
  assert.equal(await tiers({ ...gone, 'i/live/main.tf': live }), 'critical');
  assert.equal(
    await tiers({
      ...gone,
      'i/live/main.tf': [root + call('../modules/mid'), root],
      'i/modules/mid/main.tf': [call('../a'), null],
    }),
    'critical',
    'through a module',
  );
  const part = { 'i/old/main.tf': gone['i/old/main.tf'], 'i/modules/a/tables.tf': gone['i/modules/a/main.tf'] };
  assert.equal(await tiers(part), 'critical', 'its first file is not seen to go');
  const provider: Sides = [`provider "aws" {}\n${table}`, null];
  assert.equal(await tiers({ 'i/live/tables.tf': provider, 'i/live/more.tf': ['', null] }), 'critical');
});
