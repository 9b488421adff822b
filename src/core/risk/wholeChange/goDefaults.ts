/** What Go does where its settings say nothing: by the version in go.mod, where the change has it. */
import type { FileChange } from '../../model.ts';
import type { Policy } from '../../policy/model.ts';
import { tlsVersionWeak, withoutMinimum } from '../../rules/tlsVersionWeak.ts';
import { withOther } from '../background.ts';
import { isRead, keep, type FileClassification } from './pass.ts';

const byDefault =
  'TLS settings without a minimum version: Go takes TLS 1.2 since 1.18 for clients and 1.22 for servers, so set MinVersion where an older one builds this.';

/** Lowers that TLS settings of Go name no minimum: for years the language has had a safe one. Who takes one out stays told. */
export function weighGoDefaults(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[tlsVersionWeak.id] !== undefined) return;
  for (const [i, { path, classification }] of judged.entries()) {
    if (!classification.findings.some((f) => f.message === withoutMinimum)) continue;
    const { before, after } = files[i]!;
    if (lostMinimum(before, after)) continue;
    const since = sinceWhen(files, path);
    if (since === 'old') continue;
    keep(
      judged,
      i,
      classification.findings.flatMap((f) =>
        f.message !== withoutMinimum ? [f] : since === 'new' ? [] : [withOther(f, { tier: 'low', message: byDefault })],
      ),
    );
  }
}

/** Whether a minimum went: there are fewer now, or another version is asked for in its place. */
function lostMinimum(before: string | null, after: string | null): boolean {
  const left = minimaIn(after);
  return minimaIn(before).some((m) => {
    const at = left.indexOf(m);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
/** What each minimum stands behind and is. */
const minimaIn = (text: string | null): string[] =>
  isRead(text)
    ? [...text.matchAll(/^(?!\s*\/\/)([^\n"]*?)\bMinVersion\s*[:=]\s*([\w.]*)/gm)].map(
        (m) => `${m[1]!.replace(/\s+/g, '')} ${m[2]!}`,
      )
    : [];

/** Whether the nearest go.mod of the change is of a Go that takes TLS 1.2 everywhere, or of one that does not yet. */
function sinceWhen(files: readonly FileChange[], path: string): 'new' | 'old' | 'unknown' {
  const [nearest] = files
    .filter(
      (f) => /(?:^|\/)go\.mod$/.test(f.path) && isRead(f.after) && path.startsWith(f.path.slice(0, -'go.mod'.length)),
    )
    .sort((a, b) => b.path.length - a.path.length);
  // Wherever Go is told to be as it was.
  if (files.some((f) => isRead(f.after) && /\btls10(?:server|default)\s*=\s*1/.test(f.after))) return 'old';
  const text = nearest?.after ?? '';
  const minor = /^go\s+1\.(\d{1,3})\b/m.exec(text)?.[1];
  if (minor === undefined) return 'unknown';
  if (Number(minor) < 18) return 'old';
  return Number(minor) >= 22 ? 'new' : 'unknown';
}
