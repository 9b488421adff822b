import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { allRules } from '../../../src/core/rules/index.ts';
import { rulesOfConfiguration } from '../../../src/core/rules/ofConfiguration.ts';
import { codeLanguages } from '../../../src/core/rules/rule.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const root = path.join(__dirname, '../../fixtures/rules');
const grammars = createGrammars();
const rules = allRules();

/** `{{+}}` keeps sample tokens from looking real to scanners of this very repository; `{{202e}}` is a character by number. */
const expand = (text: string): string =>
  text
    .replaceAll('{{+}}', '')
    .replace(/\{\{([0-9a-f]{4})\}\}/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function readCase(dir: string): { path: string; before: string | null; after: string } {
  const files = readdirSync(dir);
  const read = (side: string): string | null => {
    const name = files.find((f) => f.startsWith(`${side}.`));
    return name === undefined ? null : expand(readFileSync(path.join(dir, name), 'utf8'));
  };
  const after = files.find((f) => f.startsWith('after.'));
  assert.ok(after, `${dir} has no after.*`);
  const given = files.includes('path')
    ? readFileSync(path.join(dir, 'path'), 'utf8').trim()
    : `src/case${after.slice('after'.length)}`;
  return { path: given, before: read('before'), after: read('after') ?? '' };
}

for (const rule of rules) {
  test(`rule ${rule.id} finds what is bad and spares what is not`, async () => {
    const dir = path.join(root, rule.id);
    const cases = readdirSync(dir);
    assert.ok(
      cases.some((c) => c.startsWith('bad.')),
      'has a bad case',
    );
    assert.ok(
      cases.some((c) => c.startsWith('ok.')),
      'has an ok case',
    );
    for (const name of cases) {
      const change = readCase(path.join(dir, name));
      const { findings } = await classifyFile(change, { grammars, policy: defaultPolicy });
      const hits = findings.filter((f) => f.rule === rule.id);
      if (name.startsWith('bad.')) {
        assert.ok(hits.length > 0, `${rule.id}/${name}: nothing found`);
        for (const f of hits)
          assert.ok(
            f.line >= 1 && f.line <= change.after.split('\n').length && f.endLine >= f.line,
            `${name}: line ${f.line}`,
          );
      } else assert.deepEqual(hits, [], `${rule.id}/${name}: found`);
    }
  });

  if (rule.on !== 'removed')
    test(`rule ${rule.id} is silent on an old risk`, async () => {
      const dir = path.join(root, rule.id);
      for (const name of readdirSync(dir).filter((c) => c.startsWith('bad.'))) {
        const change = readCase(path.join(dir, name));
        // The same risk on both sides, and an edit at the end that has nothing to do with it.
        const edited = { ...change, before: change.after, after: `${change.after}\n` };
        const { findings } = await classifyFile(edited, { grammars, policy: defaultPolicy });
        assert.deepEqual(
          findings.filter((f) => f.rule === rule.id),
          [],
          `${rule.id}/${name}`,
        );
      }
    });
}

test('a fix takes its finding away, and at least these rules have one', async () => {
  const fixed = new Set<string>();
  for (const rule of rules.filter((r) => r.fix !== undefined)) {
    const dir = path.join(root, rule.id);
    for (const name of readdirSync(dir).filter((c) => c.startsWith('bad.'))) {
      const change = readCase(path.join(dir, name));
      const { findings } = await classifyFile(change, { grammars, policy: defaultPolicy });
      const hits = findings.filter((f) => f.rule === rule.id);
      for (const hit of hits) {
        const edit = hit.fix?.edits[0];
        if (!edit) continue;
        const starts = change.after.split('\n').map((_, i, all) => all.slice(0, i).join('\n').length + (i > 0 ? 1 : 0));
        const at = (p: { line: number; character: number }): number => (starts[p.line] ?? 0) + p.character;
        const after = change.after.slice(0, at(edit.start)) + edit.newText + change.after.slice(at(edit.end));
        const again = await classifyFile({ ...change, after }, { grammars, policy: defaultPolicy });
        const left = again.findings.filter((f) => f.rule === rule.id);
        assert.equal(left.length, hits.length - 1, `${rule.id}/${name}: ${JSON.stringify(edit)}`);
        fixed.add(rule.id);
      }
    }
  }
  for (const id of [
    'tls-verify-off',
    'cookie-insecure',
    'debug-enabled',
    'cloud-protection-off',
    'unsafe-deserialization',
    'weak-cryptography',
    'tls-version-weak',
    'cross-site-scripting',
    'file-permissions-wide',
    'listen-on-all-interfaces',
    'plain-transport',
    'server-config-weak',
    'cloud-setting-weak',
    'cloud-public-access',
    'cloud-encryption-off',
    'compose-privileged',
    'k8s-host-access',
    'web-protection-off',
    'workflow-permissions',
  ])
    assert.ok(fixed.has(id), `${id} offers no fix in any of its bad cases`);
});

test('every fixture folder belongs to a rule', () => {
  const ids = new Set(rules.map((r) => r.id));
  for (const name of readdirSync(root)) assert.ok(ids.has(name), name);
});

test('what the second registry holds has nothing to say about programs', () => {
  for (const r of rulesOfConfiguration) {
    assert.ok(r.languages.length > 0, `${r.id} reads everything`);
    for (const language of r.languages) assert.ok(!codeLanguages.includes(language), `${r.id} reads ${language}`);
  }
});

test('rules are complete and told apart', () => {
  const ids = new Set<string>();
  for (const r of rules) {
    assert.match(r.id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.ok(!ids.has(r.id), r.id);
    ids.add(r.id);
    assert.ok(r.references.length > 0 && r.why.length > 40 && r.remedy.length > 10 && r.title.length > 8, r.id);
    for (const k of r.keywords) assert.match(k, /^[a-z0-9_]+$/, `${r.id}: keyword '${k}' can never match`);
  }
});
