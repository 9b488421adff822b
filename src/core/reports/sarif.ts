import type { Finding, Tier } from '../model.ts';
import { ruleById } from '../rules/index.ts';
import { ruleLink } from '../rules/rule.ts';
import type { Report } from './report.ts';
import { fingerprint, level, uri } from './sarifParts.ts';

/** GitHub's scale for security-severity: 9 and up is critical, 7 and up high. */
const severity: Readonly<Record<Tier, string>> = { low: '2.0', medium: '5.0', high: '8.0', critical: '9.5' };

/** SARIF 2.1.0, for code scanning. Lines are of the new text; columns are UTF-16 and 1-based. */
export const sarif: Report = {
  id: 'sarif',
  render({ files, version }) {
    const ids = [...new Set(files.flatMap((f) => f.classification.findings.map((x) => x.rule)))].sort();
    const index = new Map(ids.map((id, i) => [id, i]));
    const log = {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'Countersign',
              version,
              informationUri: 'https://github.com/countersign-dev/countersign',
              rules: ids.map(describe),
            },
          },
          columnKind: 'utf16CodeUnits',
          results: files.flatMap(({ path, classification }) =>
            classification.findings.map((f) => ({
              ruleId: f.rule,
              ruleIndex: index.get(f.rule),
              level: level[f.tier],
              message: { text: f.message },
              locations: [
                {
                  physicalLocation: { artifactLocation: { uri: uri(path), uriBaseId: '%SRCROOT%' }, region: region(f) },
                },
              ],
              partialFingerprints: { 'countersign/v1': fingerprint(`${f.rule}\n${path}\n${f.message}`) },
              properties: { tier: f.tier, category: f.category },
            })),
          ),
        },
      ],
    };
    return `${JSON.stringify(log, null, 2)}\n`;
  },
};

function describe(id: string): object {
  const rule = ruleById(id);
  if (!rule) return { id };
  return {
    id,
    name: id.replace(/(?:^|-)(\w)/g, (_, c: string) => c.toUpperCase()),
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `${rule.remedy}. References: ${rule.references.join(', ')}` },
    helpUri: ruleLink(id),
    defaultConfiguration: { level: level[rule.tier] },
    properties: { tags: ['security', rule.category], 'security-severity': severity[rule.tier] },
  };
}

function region(f: Finding): object {
  const whole = f.column === undefined || f.endColumn === undefined;
  return {
    startLine: f.line,
    endLine: f.endLine,
    ...(whole
      ? {}
      : { startColumn: f.column + 1, endColumn: Math.max(f.endColumn + 1, f.line === f.endLine ? f.column + 1 : 1) }),
  };
}
