/** Infrastructure whose whole configuration goes: nothing is applied any more, so its resources stay, and nobody manages them. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { oneLine } from '../../../plainText.ts';
import { terraformDestroy } from '../../../rules/terraformDestroy.ts';
import { withOther } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

const id = terraformDestroy.id;
const isConfiguration = (path: string): boolean =>
  /\.(?:tf|tf\.json|hcl|tofu)$/.test(path) && !path.endsWith('.lock.hcl');
/** Where state is kept. A provider stands in modules and in single files of a root, too. */
const ofRoot = /^[ \t]*(?:backend[ \t]+"|cloud[ \t]*\{|remote_state[ \t]*\{)/m;
/** The file that a module begins with: with it, it goes as a whole. Of others more may stay than the change shows. */
const isFirst = (path: string): boolean => /(?:^|\/)(?:main\.(?:tf|tf\.json|tofu)|terragrunt\.hcl)$/.test(path);
const sources = /^[ \t]*source[ \t]*=[ \t]*"([^"\n]{1,300})"/gm;

/**
 * Says once, and a tier lower, that resources are left behind where a module goes as a whole with everything that calls it.
 * A root, a call or a file of it that stays would destroy them.
 */
export function asUnmanaged(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  const isGone = (f: FileChange): boolean => f.after === null && isRead(f.before);
  const all = files.filter((f) => isConfiguration(f.path));
  const gone = all.filter(isGone);
  if (gone.length < 2 || !judged.some((j) => j.classification.findings.some((f) => f.rule === id))) return;
  const staying = new Set(all.filter((f) => !isGone(f)).map((f) => folderOf(f.path)));
  const called = new Set(gone.flatMap((f) => calls(f.path, f.before!)));
  const calledStill = reached(
    all.flatMap((f) => (isGone(f) ? [] : [f.before, f.after].flatMap((t) => (isRead(t) ? calls(f.path, t) : [])))),
    gone,
  );
  const whole = new Set(gone.filter((f) => isFirst(f.path)).map((f) => folderOf(f.path)));
  const roots = new Set(gone.filter((f) => ofRoot.test(f.before!)).map((f) => folderOf(f.path)));
  // A root that stays may be handed what the change does not show.
  const hasRoot = roots.size > 0;
  let told: { readonly i: number; readonly finding: Finding; folder: string; count: number } | undefined;
  for (const [i, { path, classification }] of judged.entries()) {
    const folder = folderOf(path);
    const isLeft = hasRoot && files[i]!.after === null && !staying.has(folder) && !calledStill.has(folder);
    if (!isLeft || !(roots.has(folder) || (called.has(folder) && whole.has(folder)))) continue;
    const mine = classification.findings.filter((f) => f.rule === id);
    if (mine.length === 0) continue;
    if (told) {
      told.count += mine.length;
      told.folder = common(told.folder, folder);
    } else told = { i, finding: mine[0]!, folder, count: mine.length };
    keep(
      judged,
      i,
      classification.findings.filter((f) => f.rule !== id || f === told!.finding),
    );
  }
  if (!told) return;
  const { i, finding, folder, count } = told;
  const named = /^(?:\S+ \S+)(?= is no longer)/.exec(finding.message)?.[0] ?? 'a resource';
  const more = count > 1 ? ` and ${count - 1} more` : '';
  const message = `All of ${oneLine(folder, 120) || 'the configuration'} goes: ${named}${more} stay as they are, and nothing manages them any more. Import them elsewhere, or destroy them on purpose.`;
  const { findings } = judged[i]!.classification;
  keep(
    judged,
    i,
    findings.map((f) => (f === finding ? withOther(f, { tier: 'high', message }) : f)),
  );
}

/** Folders that are called by what stays, or was until now, and through modules that go. */
function reached(from: readonly string[], gone: readonly FileChange[]): ReadonlySet<string> {
  const found = new Set(from);
  const byFolder = new Map<string, string[]>();
  for (const f of gone)
    byFolder.set(folderOf(f.path), [...(byFolder.get(folderOf(f.path)) ?? []), ...calls(f.path, f.before!)]);
  for (const folder of found) for (const to of byFolder.get(folder) ?? []) found.add(to);
  return found;
}

/** Folders whose modules a file calls, of those in the repository. */
const calls = (path: string, text: string): string[] =>
  [...text.matchAll(sources)].flatMap((m) => {
    const to = m[1]!.replace('//', '/');
    if (!/^\.{1,2}\//.test(to)) return [];
    const parts = folderOf(path)
      .split('/')
      .filter((p) => p !== '');
    for (const part of to.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '') parts.push(part);
    }
    return [`${parts.join('/')}/`];
  });

/** The folder that both are in. */
function common(a: string, b: string): string {
  const [x, y] = [a.split('/'), b.split('/')];
  const to = x.findIndex((part, k) => part !== y[k]);
  return to < 0 ? a : x.slice(0, to).concat('').join('/');
}
