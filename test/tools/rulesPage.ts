/** Writes docs/rules.md from the registry. `npx tsx test/tools/rulesPage.ts`; a unit test fails when the page is stale. */
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { allRules } from '../../src/core/rules/index.ts';
import type { Rule } from '../../src/core/rules/rule.ts';
import { tiers } from '../../src/core/model.ts';

export const rulesPage = path.resolve(__dirname, '../../docs/rules.md');

/** The whole page: a table by tier, then one section per rule with the anchor that diagnostics link to. */
export function renderRules(list: readonly Rule[]): string {
  const sorted = [...list].sort((a, b) => tiers.indexOf(b.tier) - tiers.indexOf(a.tier) || a.id.localeCompare(b.id));
  const lines = [
    '# Rules',
    '',
    `Generated from \`src/core/rules\` by \`test/tools/rulesPage.ts\`; do not edit. ${list.length} rules.`,
    '',
    'A rule judges the *change*: a risk that was there before the edit is silent, a safeguard that the edit takes away is a finding.',
    'Switch a rule off or change its tier in `countersign.yaml` (`rules.disable`, `rules.tiers`); add your own under `rules.custom` ([policy](policy.md)).',
    '',
    '| Rule | Tier | Category | Finds |',
    '| --- | --- | --- | --- |',
    ...sorted.map((r) => `| [${r.id}](#${r.id}) | ${r.tier} | ${r.category} | ${r.title} |`),
    '',
  ];
  for (const r of sorted)
    lines.push(
      `## ${r.id}`,
      '',
      `**${r.title}.** Tier \`${r.tier}\`, category \`${r.category}\`${r.on === 'removed' ? ', judges what a change takes away' : ''}${r.inTests ? ', also in tests' : ''}.`,
      '',
      r.why,
      '',
      `What to do: ${r.remedy}.`,
      '',
      `Languages: ${r.languages.length === 0 ? 'all' : r.languages.join(', ')}. References: ${r.references.join(', ')}.`,
      '',
    );
  return lines.join('\n');
}

if (require.main === module) writeFileSync(rulesPage, renderRules(allRules()));
