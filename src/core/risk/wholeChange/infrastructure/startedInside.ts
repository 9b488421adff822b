/** Programs that a Dockerfile of the change starts: in a container they have to listen on its address. */
import { detectLanguage } from '../../../languages/detect.ts';
import type { FileChange } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { bindAll } from '../../../rules/bindAll.ts';
import { escapeRegExp } from '../../../rules/kit/escapeRegExp.ts';
import { withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { baseOf, folderOf } from '../../../paths.ts';

const { id } = bindAll;
const message =
  'In its container the program has to listen so; started by hand, it is open to the network. See that the port is published only where it is meant to be.';

/** A program weighs less where an image beside it starts it, in a network of its own as far as the change tells. */
export function weighStarted(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  if (!judged.some(({ classification }) => classification.findings.some((f) => f.rule === id))) return;
  if (files.some(({ after }) => isRead(after) && ofHost.test(after))) return;
  for (const [i, { path, classification }] of judged.entries()) {
    if (!classification.findings.some((f) => f.rule === id)) continue;
    const [folder, name] = [folderOf(path), baseOf(path)];
    const isStarted = files.some((f) => {
      if (!isRead(f.after) || folderOf(f.path) !== folder) return false;
      if (detectLanguage(f.path, f.after) !== 'dockerfile') return false;
      const starts = sourceOf(f.path, f.after).docker.filter((d) => d.name === 'CMD' || d.name === 'ENTRYPOINT');
      return starts.some((d) => new RegExp(`(?:^|[\\s"'/])${escapeRegExp(name)}(?:$|[\\s"',\\]])`).test(d.args));
    });
    if (!isStarted) continue;
    keep(
      judged,
      i,
      classification.findings.map((f) => (f.rule === id ? withOther(f, { tier: 'low', message }) : f)),
    );
  }
}

/** The network of the machine for what runs in a container. */
const ofHost =
  /\bhostPort\b|\b(?:network_?mode|hostNetwork|--net(?:work)?)["']?\s{0,4}[:=]?\s{0,4}["']?(?:host|true)\b/i;
