import { type Report } from './report.ts';

/** Workflow commands: annotations on the lines of a pull request. Data is escaped as GitHub's own toolkit does. */
export const github: Report = {
  id: 'github',
  render({ files }) {
    const lines: string[] = [];
    for (const { path, classification: c } of files)
      for (const f of c.findings) {
        const level = f.tier === 'critical' ? 'error' : f.tier === 'high' ? 'warning' : 'notice';
        lines.push(
          `::${level} file=${property(path)},line=${f.line},endLine=${f.endLine},title=${property(`Countersign: ${f.rule} (${f.tier})`)}::${data(f.message)}`,
        );
      }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  },
};

const data = (s: string): string => s.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (s: string): string => data(s).replaceAll(':', '%3A').replaceAll(',', '%2C');
