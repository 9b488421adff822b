/** What the gate found, for a terminal, a program, GitHub's annotations or code scanning. */
import { gateRules, type GateProblem } from '../core/provenance/gate.ts';
import type { Io } from './command.ts';

export const gateFormats = ['text', 'json', 'github', 'sarif'] as const;
export type GateFormat = (typeof gateFormats)[number];

export interface GateResult {
  readonly commits: number;
  readonly policy: string;
  readonly problems: readonly GateProblem[];
}

/** Writes the result in the format that was asked for. */
export function printReport(
  result: GateResult,
  options: { readonly from: string | undefined; readonly to: string; readonly format: GateFormat },
  io: Pick<Io, 'out'>,
): void {
  const errors = result.problems.filter((p) => p.level === 'error');
  const refused = new Set(errors.map((p) => p.commit)).size;
  const total = `${result.commits} commit${result.commits === 1 ? '' : 's'}`;
  const range = `${options.from === undefined ? '' : `${options.from}..`}${options.to}`;
  switch (options.format) {
    case 'json':
      io.out(
        JSON.stringify(
          { range, commits: result.commits, policy: result.policy, ok: errors.length === 0, problems: result.problems },
          undefined,
          2,
        ) + '\n',
      );
      return;
    case 'github':
      for (const p of result.problems)
        io.out(
          `::${p.level} title=${escapeProperty(`Countersign: ${p.rule}`)}::${escapeData(`${p.commit.slice(0, 10)} ${p.subject}: ${p.message}. Fix: ${p.fix}`)}\n`,
        );
      return;
    case 'sarif':
      io.out(JSON.stringify(gateReportSarif(result), undefined, 2) + '\n');
      return;
    default:
      for (const p of result.problems)
        io.out(
          `${p.level === 'error' ? 'refused' : 'warning'} ${p.commit.slice(0, 10)} ${p.rule}: ${p.message}; fix: ${p.fix}\n`,
        );
      io.out(
        errors.length === 0
          ? `verified ${total} under ${result.policy}\n`
          : `refused ${refused} of ${total} under ${result.policy}\n`,
      );
  }
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** SARIF 2.1.0, for code scanning; the places are commits. */
export function gateReportSarif(result: Pick<GateResult, 'commits' | 'policy' | 'problems'>): unknown {
  const used = [...new Set(result.problems.map((p) => p.rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Countersign verify',
            informationUri: 'https://github.com/countersign-dev/countersign',
            rules: used.map((id) => ({ id, shortDescription: { text: gateRules[id] } })),
          },
        },
        results: result.problems.map((p) => ({
          ruleId: p.rule,
          level: p.level,
          message: { text: `${p.message}. Fix: ${p.fix}` },
          locations: [
            { logicalLocations: [{ name: p.commit, kind: 'commit', fullyQualifiedName: `${p.commit} ${p.subject}` }] },
          ],
          partialFingerprints: { 'commitRule/v1': `${p.commit}:${p.rule}` },
        })),
      },
    ],
  };
}
