/** What a group may reach is told louder where it was limited before. */
import { splitLines } from '../../../hunks.ts';
import type { FileChange } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { withOther } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

const rule = 'cloud-open-network';
/** A network that is not the whole world, a list of them, or a group; or one that is named elsewhere. */
const narrow =
  /\b\d{1,3}(?:\.\d{1,3}){3}\/[1-9]\d?\b|prefix_?list|(?:source|destination|referenced)\w{0,10}security_?group|\bsecurity_groups\b|cidr\w{0,12}\s{0,20}[=:]\s{0,4}\[?\s{0,4}(?:var|local|data|module)\.|cidr\w{0,12}\s{0,4}:\s{0,4}!(?:Ref|GetAtt|ImportValue|Sub)\b/i;
/** How far above a line it may say which way it is for. */
const reach = 12;

/** Whether the nearest word about a direction above the line, or on it, is about the way out; or else below it in its block. */
function isOut(lines: readonly string[], at: number): boolean {
  for (const step of [-1, 1])
    for (let i = at; Math.abs(i - at) < reach && lines[i] !== undefined && !lines[i]!.startsWith('}'); i += step) {
      const m = /(?:in|e)gress/i.exec(lines[i]!);
      if (m) return /^e/i.test(m[0]);
    }
  return false;
}

/** Raises the remark on a way out to everywhere where the file loses a narrower one. */
export function weighOpenedEgress(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[rule] !== undefined) return;
  for (const [i, { classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!isRead(before) || !isRead(after) || !/egress/i.test(before)) continue;
    if (!classification.findings.some((f) => f.rule === rule && f.tier === 'medium')) continue;
    const kept = new Set(splitLines(after).map((l) => l.trim()));
    const old = splitLines(before);
    if (!old.some((l, n) => narrow.test(l) && !kept.has(l.trim()) && isOut(old, n))) continue;
    keep(
      judged,
      i,
      classification.findings.map((f) => (f.rule === rule && f.tier === 'medium' ? withOther(f, { tier: 'high' }) : f)),
    );
  }
}
