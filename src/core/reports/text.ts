import { printable } from '../plainText.ts';
import type { Report } from './report.ts';

/** For people: one line per finding, sorted by file, and a last line with the verdict. */
export const text: Report = {
  id: 'text',
  render({ files, tier }) {
    const lines: string[] = [];
    let count = 0;
    for (const { path, classification: c } of files) {
      for (const f of c.findings) {
        count++;
        lines.push(`${printable(path)}:${f.line}: ${f.tier}: ${printable(f.message)} [${f.rule}]`);
      }
      if (c.note) lines.push(`${printable(path)}: note: ${c.note}`);
    }
    lines.push(
      `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${count} ${count === 1 ? 'finding' : 'findings'}, risk ${tier}`,
    );
    return `${lines.join('\n')}\n`;
  },
};
