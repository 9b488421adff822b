/** Versions that a pom takes from the properties of those above it. */
import type { FileChange, Finding } from '../../../model.ts';
import { folderOf } from '../../../paths.ts';
import { saysSame } from '../../../rules/kit/dependencySentences.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead } from '../pass.ts';
import { rowOf } from './row.ts';

/** Of a pom: the version is shown that the poms of the change give a property, and not told again for the property alone. */
export function asResolved(
  files: readonly FileChange[],
  poms: Properties,
  path: string,
  findings: readonly Finding[],
): Finding[] {
  const text = files.find((file) => file.path === path)?.after ?? '';
  const uses = new Map<string, number>();
  for (const [use] of text.matchAll(/\$\{[\w.-]{1,100}\}/g)) uses.set(use, (uses.get(use) ?? 0) + 1);
  const isNew = (f: Finding): boolean => backgroundOf(f).ifKnown?.message === f.message;
  const taken = new Set(
    findings.flatMap((f) => {
      const version = rowOf(f)?.version ?? '';
      return isNew(f) && version.startsWith('${') && !f.message.includes(version) ? [version] : [];
    }),
  );
  return findings.flatMap((f) => {
    const row = rowOf(f);
    if (!row) return [f];
    if (row.section === 'properties')
      return isNew(f) && taken.has(`\${${row.name}}`) && uses.get(`\${${row.name}}`) === 1 ? [] : [f];
    const message = f.message.replace(
      /\$\{([\w.-]{1,100})\}/g,
      (all, name: string) => propertyAbove(files, poms, path, name) ?? all,
    );
    if (message === f.message) return [f];
    // Another way to write the same number.
    return saysSame(message) ? [] : [withOther(f, { message })];
  });
}

/** By pom, what it gives its properties. */
export type Properties = Map<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** What the poms of the change above another give a property, if they agree. */
function propertyAbove(files: readonly FileChange[], poms: Properties, path: string, name: string): string | undefined {
  const values = new Set<string>();
  for (const { path: above, after } of files) {
    if (!above.endsWith('pom.xml') || !isRead(after) || !path.startsWith(folderOf(above))) continue;
    let own = poms.get(above);
    if (!own) poms.set(above, (own = propertiesIn(after)));
    for (const value of own.get(name) ?? []) values.add(value);
  }
  return values.size === 1 ? [...values][0] : undefined;
}

function propertiesIn(pom: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = '', value = ''] of pom.matchAll(/<([\w.-]{1,100})>\s{0,20}([\w.+-]{1,60})\s{0,20}<\/\1>/g)) {
    const others = found.get(name);
    if (others) others.add(value);
    else found.set(name, new Set([value]));
  }
  return found;
}
