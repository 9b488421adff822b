import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allRules } from '../../../src/core/rules/index.ts';
import { ruleLink } from '../../../src/core/rules/rule.ts';
import { renderRules, rulesPage } from '../../tools/rulesPage.ts';

test('docs/rules.md is what the rules say', () => {
  assert.equal(readFileSync(rulesPage, 'utf8'), renderRules(allRules()), 'run: npx tsx test/tools/rulesPage.ts');
});

test('the link of a diagnostic leads to a heading of the page', () => {
  const page = readFileSync(rulesPage, 'utf8');
  for (const r of allRules()) assert.ok(page.includes(`\n## ${ruleLink(r.id).split('#')[1]}\n`), r.id);
});
