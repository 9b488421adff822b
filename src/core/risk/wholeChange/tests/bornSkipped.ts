/** Tests that never ran: switched off in the change that writes them, nothing is guarded less than before. */
import { isTestPath } from '../../../languages/kinds.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { testCases } from '../../../rules/kit/testCases.ts';
import { withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const rule = 'tests-skipped';
const born = 'A new test is switched off from the start: say in the change when it is to run.';
/** More files with tests are not read. */
const maxFiles = 60;

/** Makes little of a test that is new and skipped, beside others that run, where the change takes no running test out. */
export function weighBornSkipped(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[rule] !== undefined) return;
  if (!judged.some((j) => j.classification.findings.some((f) => f.rule === rule))) return;
  const tests = files.filter((f) => isTestPath(f.path));
  if (tests.length > maxFiles || tests.some(losesTests)) return;
  for (const [i, { path, classification }] of judged.entries()) {
    const { after } = files[i]!;
    if (!isRead(after) || !classification.findings.some((f) => f.rule === rule)) continue;
    const now = sourceOf(path, after);
    // Where most of what is new is off, the file only looks tested.
    const running = testCases(now).filter((t) => !t.isOff && t.asserts + t.calls.size > 0).length;
    if (classification.findings.filter((f) => f.rule === rule).length > running) continue;
    const left = classification.findings.map((f) => {
      const name = f.rule === rule && f.tier === 'high' ? skippedAt(now, f.line) : undefined;
      if (name === undefined || files.some(({ before }) => before?.includes(name))) return f;
      return withOther(f, { tier: 'low', message: born });
    });
    keep(judged, i, left);
  }
}

/** Whether a file has fewer tests that run, or another one in the place of one that ran. */
function losesTests({ path, before, after }: FileChange): boolean {
  if (before === null || before === undefined) return false;
  if (!isRead(before) || (after !== null && !isRead(after))) return true;
  const running = new Map<string, number>();
  const count = (text: string, n: number): void => {
    for (const { title, isOff } of testCases(sourceOf(path, text)))
      if (!isOff) running.set(title, (running.get(title) ?? 0) + n);
  };
  count(before, -1);
  count(after ?? '', 1);
  return [...running.values()].some((n) => n < 0);
}

/** The name of the one test that is skipped in a line; none of a class, a group of tests or a file. */
function skippedAt(source: Source, line: number): string | undefined {
  const text = source.lines[line - 1] ?? '';
  const script = /^\s*(?:(?:it|test)\.(?:skip|fixme)|xit|xtest)\s*\(\s*(["'`])([^"'`\n]{3,200})\1/.exec(text)?.[2];
  if (script !== undefined) return script;
  if (!/^\s*(?:@|\[|#\[|t\.Skip|pytest\.skip\(|self\.skipTest\()/.test(text)) return undefined;
  if (/^\s*[@#[]/.test(text)) {
    const head = source.lines.slice(line, line + 8).find((l) => l.trim() !== '' && !/^\s*(?:[@#[]|\/\/)/.test(l)) ?? '';
    if (/(?<!:)\b(?:class|object|interface|struct|mod|module|namespace)\s+\w/.test(head) || /\bclass\b/.test(text))
      return undefined;
  }
  const found = testCases(source).filter((t) => t.from <= line && line <= t.to);
  return found.length === 1 && found[0]!.title.length >= 3 ? found[0]!.title : undefined;
}
