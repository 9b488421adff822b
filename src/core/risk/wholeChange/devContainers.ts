/** Sudo in the container of a developer who was root in it until now: less than before, not a new door. */
import { dockerInstructions } from '../../languages/docker.ts';
import type { FileChange, Finding } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { backgroundOf, withOther } from '../background.ts';
import { areRead, keep, type FileClassification } from './pass.ts';

const id = 'docker-sudo-or-ssh';
const isRoot = (user: string | undefined): boolean => user !== undefined && /^(?:root|0)(?::\S*)?$/.test(user);
const isPerson = (user: string | undefined): boolean =>
  user !== undefined && !isRoot(user) && /^[a-z_][\w-]*(?::[\w-]+)?$/.test(user);

/** Who the last stage of an image runs as, when it says so. */
function userOf(dockerfile: string): string | undefined {
  const all = dockerInstructions(dockerfile);
  const last = all.slice(all.findLastIndex((d) => d.name === 'FROM'));
  return last.findLast((d) => d.name === 'USER')?.args.trim();
}

/** The user that `devcontainer.json` signs in. */
const remoteUser = (json: string | null | undefined): string | undefined =>
  /^[^/\n]*"remoteUser"\s*:\s*"([^"\n]*)"/m.exec(json ?? '')?.[1];

/** A tier lower where a dev container steps down from root; its image or its `devcontainer.json` must have said root. */
export function weighDevContainers(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  const isSudo = (f: Finding): boolean => f.rule === id && f.tier === 'high' && backgroundOf(f).key === 'nopasswd';
  for (const [i, { path, classification }] of judged.entries()) {
    const folder = /^(?:.*\/)?\.devcontainer\/(?:[^/]+\/)?(?=[^/]+$)/.exec(path)?.[0];
    const { before, after } = files[i]!;
    if (folder === undefined || !before || !after || !classification.findings.some(isSudo)) continue;
    if (!areRead(files[i]!)) continue;
    const settings = files.find((f) => f.path === `${folder}devcontainer.json`);
    const old = userOf(before) ?? remoteUser(settings?.before);
    if (!isRoot(old) || !isPerson(userOf(after)) || isRoot(remoteUser(settings?.after))) continue;
    const message =
      'The user of the dev container, no longer root, may become it without a password: give the rights that are needed.';
    const left = classification.findings.map((f) => (isSudo(f) ? withOther(f, { tier: 'medium', message }) : f));
    keep(judged, i, left);
  }
}
