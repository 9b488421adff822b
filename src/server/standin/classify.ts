import type { Classification, FileChange, Finding } from '../../core/model.ts';
import { diffLines, splitLines } from '../../core/hunks.ts';
export async function classify(files: readonly FileChange[], _ctx: unknown): Promise<Classification> {
  const findings: Finding[] = [];
  for (const f of files) {
    const lines = splitLines(f.after ?? '');
    for (const h of diffLines(splitLines(f.before ?? ''), lines))
      for (let i = 0; i < h.newLines; i++)
        if (/eval\(/.test(lines[h.newStart - 1 + i] ?? ''))
          findings.push({ rule: 'code-eval', category: 'injection', tier: 'high', line: h.newStart + i, endLine: h.newStart + i, message: 'eval runs text as code; parse it instead' });
  }
  return { tier: findings.length ? 'high' : 'medium', changeType: 'feature', findings };
}
