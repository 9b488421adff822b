/** Resources that a change brings: nothing protected them before. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { cloudProtectionOff } from '../../../rules/cloudProtectionOff.ts';
import { resources } from '../../../rules/kit/cloud.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const { id } = cloudProtectionOff;
const message =
  'Nothing keeps the new resource, and what it will hold, from being destroyed: set `prevent_destroy` before there is data in it.';

/** Says of a resource that is seen to be new that it is not protected, not that its protection was lifted. */
export function weighBornResources(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  // What is there already, or had another name, is no new one.
  let taken: boolean | undefined;
  const known = new Map<string, boolean>();
  const isKnown = (type: string): boolean => {
    const was = known.get(type) ?? files.some((f) => f.before?.includes(`"${type}"`));
    known.set(type, was);
    return was;
  };
  for (const [i, { path, classification }] of judged.entries()) {
    const { after } = files[i]!;
    const isAbout = (f: Finding): boolean =>
      f.rule === id && f.tier === 'critical' && backgroundOf(f).key?.endsWith(':lifecycle.preventdestroy') === true;
    if (!classification.findings.some(isAbout) || !isRead(after)) continue;
    taken ??= files.some((f) => adopts.test(f.after ?? ''));
    const all = taken ? [] : resources(sourceOf(path, after));
    const born = all.filter(({ type }) => !isKnown(type));
    const keys = new Set(born.map((r) => `${r.type}.${r.name}:lifecycle.preventdestroy`));
    keep(
      judged,
      i,
      classification.findings.map((f) =>
        isAbout(f) && keys.has(backgroundOf(f).key!)
          ? withOther(f, { tier: /(?:^|\/)examples?\//.test(path) ? 'medium' : 'high', message })
          : f,
      ),
    );
  }
}

/** Blocks and commands by which Terraform takes over what exists. */
const adopts =
  /^[ \t]*(?:import|moved)[ \t]*\{|\b(?:terraform|tofu|terragrunt)[ \t]{1,9}(?:-\S{1,100}[ \t]{1,9})?(?:import|state[ \t]{1,9}mv)\b/m;
