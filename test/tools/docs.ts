/**
 * Writes the tables of the README between their markers (`<!-- settings -->` … `<!-- /settings -->`) from what the code
 * says: settings and commands from the manifest, CLI commands and rules from their registries.
 * `npm run docs` writes; the contract test fails when the README is not what this gives.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import manifest from '../../package.json';
import { classifyCommand } from '../../src/cli/commands/classify.ts';
import { guard } from '../../src/cli/commands/guard.ts';
import { hook } from '../../src/cli/commands/hook.ts';
import { fullCommands } from '../../src/cli/full.ts';
import { allRules } from '../../src/core/rules/index.ts';

const readme = path.resolve(__dirname, '../../README.md');

interface Setting {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly markdownDescription?: string;
  readonly description?: string;
  readonly order?: number;
}

interface Contributes {
  readonly configuration?:
    | { readonly properties: Readonly<Record<string, Setting>> }
    | readonly { readonly properties: Readonly<Record<string, Setting>> }[];
  readonly commands?: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
}

const contributes = manifest.contributes as unknown as Contributes;

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function settings(): string {
  const groups = contributes.configuration ?? [];
  const all = [groups].flat().flatMap((g) => Object.entries(g.properties));
  return table(
    ['Setting', 'Default', 'What it does'],
    // `#other#` is how the settings editor links; a README has no such links.
    all.map(([id, s]) => [
      `\`${id}\``,
      `\`${JSON.stringify(s.default)}\``,
      (s.markdownDescription ?? s.description ?? '').replace(/`#([^#`]+)#`/g, '`$1`'),
    ]),
  );
}

const commands = (): string =>
  table(
    ['Command', 'Identifier'],
    (contributes.commands ?? []).map((c) => [
      `**${c.category ? `${c.category}: ` : ''}${c.title}**`,
      `\`${c.command}\``,
    ]),
  );

const cli = (): string =>
  table(
    ['Command', 'What it does'],
    [...fullCommands, classifyCommand, guard, hook]
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((c) => [`\`countersign ${c.name}\``, c.summary]),
  );

/** By category; titles and tiers are on the rules' own page. */
function riskRules(): string {
  const categories = [...new Set(allRules().map((r) => r.category))].sort();
  const link = (id: string): string => `[${id}](docs/rules.md#${id})`;
  return table(
    ['Category', 'Rules'],
    categories.map((category) => [
      category,
      allRules()
        .filter((r) => r.category === category)
        .map((r) => link(r.id))
        .sort()
        .join(', '),
    ]),
  );
}

const tables: Readonly<Record<string, () => string>> = { settings, commands, cli, rules: riskRules };

/** The text with every table as the code has it now. Error: a marker is missing. */
export function withTables(text: string): string {
  let result = text;
  for (const [name, make] of Object.entries(tables)) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
    result = `${result.slice(0, from + begin.length)}\n\n${make()}\n\n${result.slice(to)}`;
  }
  return result;
}

if (require.main === module) {
  void (async () => {
    await fs.writeFile(readme, withTables(await fs.readFile(readme, 'utf8')));
  })();
}
