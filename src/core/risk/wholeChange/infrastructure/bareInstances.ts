/** Machines that hold nothing yet which their metadata service could give away. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { cloudUnsafeDefault } from '../../../rules/cloudUnsafeDefault.ts';
import { attr, resources } from '../../../rules/kit/cloud.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

const { id } = cloudUnsafeDefault;
const message =
  'aws_instance without required metadata tokens (IMDSv2): it has no role and no start-up data yet, set them before it does.';
const ofMetadata = /^aws_instance\..*:required metadata tokens/;

/** What the service hands out, or what says more of it; and what is put on the machine when it is made. */
const filled = [
  'iaminstanceprofile',
  'userdata',
  'userdatabase64',
  'launchtemplate',
  'metadataoptions',
  'dynamic',
  'provisioner',
];

/** Makes less of an instance without required tokens that has neither role nor start-up data, and least of an example. */
export function weighBareInstances(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  const isAbout = (f: Finding): boolean =>
    f.rule === id && f.tier === 'high' && ofMetadata.test(backgroundOf(f).key ?? '');
  if (!judged.some((j) => j.classification.findings.some(isAbout))) return;
  // Where tokens were asked for, taking that away stays as loud as it is.
  if (files.some((f) => tokensIn(f.before) > tokensIn(f.after))) return;
  for (const [i, { path, classification }] of judged.entries()) {
    const { after } = files[i]!;
    if (!classification.findings.some(isAbout) || !isRead(after)) continue;
    const bare = resources(sourceOf(path, after)).filter(
      (r) => r.type === 'aws_instance' && !filled.some((name) => attr(r.props, name)),
    );
    const keys = new Set(bare.map((r) => `${r.type}.${r.name}`));
    const tier = isExample(path, files) ? 'low' : 'medium';
    keep(
      judged,
      i,
      classification.findings.map((f) =>
        isAbout(f) && keys.has(backgroundOf(f).key!.split(':')[0]!) ? withOther(f, { tier, message }) : f,
      ),
    );
  }
}

const tokensIn = (text: string | null | undefined): number => text?.match(/\bhttp_tokens\b/g)?.length ?? 0;

/** What keeps its state somewhere is put up for good, wherever it lies. */
const keepsState = /^[ \t]*(?:backend[ \t]+"|cloud[ \t]*\{)/m;
const isExample = (path: string, files: readonly FileChange[]): boolean =>
  /(?:^|\/)(?:examples?|fixtures|testdata)\//.test(path) &&
  !files.some((f) => folderOf(f.path) === folderOf(path) && keepsState.test(f.after ?? ''));
