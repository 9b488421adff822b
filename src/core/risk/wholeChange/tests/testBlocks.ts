/** Tests that were taken out of one file are one finding, which tells how many and names one. */
import { isTestPath } from '../../../languages/kinds.ts';
import type { FileChange, Finding } from '../../../model.ts';
import { testCases } from '../../../rules/kit/testCases.ts';
import { backgroundOf, withBackground, withOther } from '../../background.ts';
import { areRead, isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { addTo } from '../../../multimap.ts';

/** Makes one finding, at its first test, of those that say the same of one file. */
export function asBlocks(files: readonly FileChange[], judged: FileClassification[]): void {
  let gone: ReadonlySet<string> | undefined;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before } = files[i]!;
    const removed = classification.findings.filter((f) => f.rule === 'tests-removed' && /^Tests\b/.test(f.message));
    if (removed.length === 0 || before === null || !areRead(files[i]!)) continue;
    const cases = testCases(sourceOf(path, before));
    const titleAt = (f: Finding): string | undefined => {
      const at = backgroundOf(f).removedAt!;
      return cases.find((t) => t.from <= at && at <= t.to)?.title;
    };
    const same = new Map<string, Finding[]>();
    for (const f of removed) {
      // What went with several parts of one thing is one remark.
      const id = `${f.tier}:${f.message.replace(partThatWent, '')}`;
      addTo(same, id, f);
    }
    const merged = new Map<Finding, Finding | undefined>();
    for (const group of same.values()) {
      const n = group.reduce((sum, f) => sum + (backgroundOf(f).standsFor ?? 1), 0);
      group.sort((a, b) => backgroundOf(a).removedAt! - backgroundOf(b).removedAt!);
      // One that is not called after what went says more.
      const telling =
        group.length > 1 ? group.find((f) => !isCalledAfter(titleAt(f), (gone ??= typesGone(files)))) : undefined;
      const first = telling ?? group[0]!;
      const others = group.filter((f) => f !== first);
      const title = titleAt(first);
      const said = others.every((f) => f.message === first.message)
        ? first.message
        : first.message.replace(nameThatWent, (name) => `${name} and others`);
      merged.set(first, withBackground(withOther(first, { message: told(said, n, title) }), { standsFor: n }));
      for (const f of others) merged.set(f, undefined);
    }
    keep(
      judged,
      i,
      classification.findings.flatMap((f) => (merged.has(f) ? (merged.get(f) ?? []) : [f])),
    );
  }
}

const nameThatWent = /(?<=^Tests (?:went with|were taken out, and(?: by its words)?) )'[^']{0,60}'/;

const partThatWent = /(?<=^Tests (?:went with|were taken out, and) )[^:]{0,120}/;

/** Types whose definition a file of the product lost. */
function typesGone(files: readonly FileChange[]): ReadonlySet<string> {
  const typesIn = (text: string | null): string[] =>
    isRead(text)
      ? [...text.matchAll(/^[ \t]*(?:export\s+)?(?:class|struct|interface|type)\s+([A-Z]\w{3,80})/gm)].map((m) => m[1]!)
      : [];
  const gone = new Set<string>();
  for (const { path, before, after } of files) {
    if (isTestPath(path)) continue;
    const left = new Set(typesIn(after));
    for (const name of typesIn(before)) if (!left.has(name)) gone.add(name.toLowerCase());
  }
  return gone;
}

const isCalledAfter = (title: string | undefined, gone: ReadonlySet<string>): boolean =>
  title !== undefined &&
  title
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((w) => gone.has(w.replace(/^test/, '')) || gone.has(w));

function told(message: string, n: number, title: string | undefined): string {
  const counted = n > 1 ? message.replace(/^Tests\b/, `${n} tests`) : message;
  const name = title?.split('\n')[0]!.slice(0, 60);
  if (name === undefined || name === '') return counted;
  const plain = name.replaceAll('$', '$$$$');
  if (n === 1) return counted.replace(/^Tests were (taken out|written anew)/, `The test '${plain}' was $1`);
  return counted.replace(/^(\d+ tests were (?:taken out|written anew))/, `$1, '${plain}' first`);
}
