/** The way out to everywhere that a module's variable gave by default, and that the module itself gives now. */
import type { FileChange, Finding } from '../../../model.ts';
import { backgroundOf } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

const rule = 'cloud-open-network';
/** Who was not given a group before was given no way out. */
const offByDefault =
  /^variable "(?:enabled?|create|(?=\w{0,60}(?:enable|create))\w{0,60}(?:group|egress|sg)\w*)" \{[^}]{0,2000}?\bdefault\s*=\s*false\b/m;

/** Takes out the remark on a way out where the default of a variable that this file used, and uses no more, held the same. */
export function withoutMovedEgress(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const isAbout = (f: Finding): boolean =>
      f.rule === rule && f.tier === 'medium' && f.message.startsWith('Everything');
    if (!path.endsWith('.tf') || !isRead(before) || !isRead(after) || !classification.findings.some(isAbout)) continue;
    const module = files.filter((f) => folderOf(f.path) === folderOf(path) && f.path.endsWith('.tf'));
    if (!module.every((f) => isRead(f.before ?? '') && isRead(f.after ?? ''))) continue;
    if (module.some((f) => offByDefault.test(f.before ?? ''))) continue;
    const open = module.flatMap((f) => openDefaults(f.before ?? ''));
    const still = new Set(module.flatMap((f) => openDefaults(f.after ?? '')).map((d) => d.name));
    const gone = open.filter(({ name }) => !still.has(name) && uses(before, name) && !uses(after, name));
    const left = classification.findings.filter((f) => {
      const network = isAbout(f) ? /(?:^|:)(0\.0\.0\.0\/0|::\/0)$/.exec(backgroundOf(f).key ?? '')?.[1] : undefined;
      const at = network === undefined ? -1 : gone.findIndex((d) => d.rule.includes(`"${network}"`));
      if (at >= 0) gone.splice(at, 1);
      return at < 0;
    });
    keep(judged, i, left);
  }
}

const uses = (text: string, name: string): boolean => new RegExp(`\\bvar\\.${name}\\b`).test(text);

/** Rules in the defaults of variables that let everything out. */
function openDefaults(text: string): { readonly name: string; readonly rule: string }[] {
  if (!text.includes('egress')) return [];
  return text.split(/^(?=variable ")/m).flatMap((block) => {
    const name = /^variable "(\w{1,80})"/.exec(block)?.[1];
    if (name === undefined) return [];
    const [variable = ''] = block.split(/^\}/m);
    const rules = variable.slice(1 + variable.search(/\bdefault\s*=/)).match(/\{[^{}]*\}/g) ?? [];
    return rules
      .filter((r) => /^[ \t]*type\s*=\s*"egress"/m.test(r) && /^[ \t]*protocol\s*=\s*"?(?:-1|all)"?\s*$/m.test(r))
      .map((r) => ({ name, rule: r }));
  });
}
