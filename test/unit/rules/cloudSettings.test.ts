import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { parseBicep } from '../../../src/core/languages/bicepTree.ts';
import { walk } from '../../../src/core/languages/treeNode.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const file = path.join(__dirname, '../../fixtures/rules/cloud-setting-weak/bad.benchmark/after.tf');

test('each weak setting of the benchmark is found in its own resource', async () => {
  const after = readFileSync(file, 'utf8');
  const context = { grammars: createGrammars(), policy: defaultPolicy };
  const { findings } = await classifyFile({ path: 'infra/main.tf', before: null, after }, context);
  const lines = after.split('\n');
  const starts = lines.flatMap((l, i) => (/^(?:resource|provider) /.test(l) ? [i + 1] : []));
  assert.ok(starts.length > 50);
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? lines.length + 1;
    assert.ok(
      findings.some((f) => f.rule === 'cloud-setting-weak' && f.line >= start && f.line < end),
      lines[start - 1],
    );
  }
});

test('Bicep is read with conditions, loops, comments and texts over several lines', () => {
  const text = [
    "resource one 'Microsoft.Web/sites@2022-09-01' = if (isProd && name != 'x') {",
    "  name: 'a' // { not a brace",
    '  /* : { */',
    '  properties: {',
    "    list: [ 'x', 'y' ]",
    "    'quoted-key': true",
    "    text: '''",
    '    } { not: read',
    "    '''",
    '    call: toLower(concat(a, b))',
    '    last: false',
    '  }',
    '}',
    "resource many 'Microsoft.Storage/storageAccounts@2023-01-01' = [for n in names: {",
    '  name: n',
    '}]',
    '',
  ].join('\n');
  const found = [...walk(parseBicep(text))].filter((n) => n.key !== '').map((n) => `${n.key}=${n.value.trim()}`);
  for (const wanted of ['name=a', 'quoted-key=true', 'call=toLower(concat(a, b))', 'last=false', 'name=n'])
    assert.ok(found.includes(wanted), `${wanted} in ${found.join('; ')}`);
  assert.ok(!found.some((x) => x.startsWith('not=')));
  // Cut anywhere it still ends, and quickly.
  for (let i = 0; i < text.length; i++) parseBicep(text.slice(0, i));
  parseBicep(`resource a 'b@1' = ${'{ a: [ '.repeat(20_000)}`);
});
