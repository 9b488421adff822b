/** Limits that go from one object in several files, as in the bundles that a tool writes of one source; and what a program does without them. */
import { splitLines } from '../../../hunks.ts';
import { isProduction, isTestPath } from '../../../languages/kinds.ts';
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { hardeningRemoved } from '../../../rules/hardeningRemoved.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { areRead, isRead, keep, type FileClassification } from '../pass.ts';
import { listed } from '../../../rules/kit/listed.ts';

const id = hardeningRemoved.id;
const isManifest = /\.ya?ml$/i;
const maxNamed = 3;

/**
 * Tells a limit that the same object lost in several files once, at the shortest of them (the source, more often than not) or
 * at one of production, and names the others.
 */
export function toldOfOneObject(files: readonly FileChange[], judged: FileClassification[]): void {
  const copies = new Map<string, { at: number; findings: Finding[] }[]>();
  for (const [i, { path, classification }] of judged.entries()) {
    const { before } = files[i]!;
    if (!isManifest.test(path) || !isRead(before)) continue;
    let lines: string[] | undefined;
    for (const f of classification.findings) {
      const at = f.rule === id ? backgroundOf(f).removedAt : undefined;
      if (at === undefined) continue;
      lines ??= splitLines(before);
      const object = objectAt(lines, at);
      if (object === undefined) continue;
      const key = [object, f.tier, f.message, lines[at - 1]!.trim()].join('\n');
      const all = copies.get(key) ?? [];
      copies.set(key, all);
      const own = all.find((c) => c.at === i);
      if (own) own.findings.push(f);
      else all.push({ at: i, findings: [f] });
    }
  }
  const instead = new Map<Finding, Finding | undefined>();
  for (const all of copies.values()) {
    if (all.length < 2 || all.some((c) => c.findings.length !== all[0]!.findings.length)) continue;
    const rank = ({ at }: { at: number }): number =>
      (isProduction(files[at]!.path) ? 0 : 1e9) + (files[at]!.before?.length ?? 0);
    const [first, ...others] = all.toSorted((a, b) => rank(a) - rank(b));
    const names = others.map((c) => files[c.at]!.path);
    const told = `The same holds for ${listed(names, maxNamed)}.`;
    for (const f of first!.findings) instead.set(f, withOther(f, { message: `${f.message} ${told}` }));
    for (const f of others.flatMap((c) => c.findings)) instead.set(f, undefined);
  }
  if (instead.size === 0) return;
  for (const [i, { classification }] of judged.entries())
    keep(
      judged,
      i,
      classification.findings.flatMap((f) => (instead.has(f) ? (instead.get(f) ?? []) : [f])),
    );
}

/** Kind and name of the object of a manifest that a line (from 1) stands in. */
function objectAt(lines: readonly string[], line: number): string | undefined {
  let from = line - 1;
  while (from > 0 && !lines[from]!.startsWith('---')) from--;
  let kind: string | undefined;
  let name: string | undefined;
  let isInMetadata = false;
  for (let n = from; n < lines.length; n++) {
    const text = lines[n]!;
    if (n > from && text.startsWith('---')) break;
    if (/^\S/.test(text)) isInMetadata = text.startsWith('metadata:');
    kind ??= /^kind:\s*["']?(\w+)/.exec(text)?.[1];
    if (isInMetadata) name ??= /^ {2}name:\s*["']?([\w.-]+)["']?\s*$/.exec(text)?.[1];
  }
  return kind !== undefined && name !== undefined ? `${kind}/${name}` : undefined;
}

/**
 * Lowers that an option which limits a program is not given any more, where the change itself gives the program a default that
 * is as strict, in the code that reads the option. The image has to be one that is called after the program's folder.
 */
export function weighOwnDefaults(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  if (policy.rules.tiers[id] !== undefined) return;
  for (const [i, { classification }] of judged.entries()) {
    const { before } = files[i]!;
    if (!isRead(before) || !classification.findings.some((f) => f.rule === id && f.tier === 'high')) continue;
    const lines = splitLines(before);
    keep(
      judged,
      i,
      classification.findings.map((f) => {
        const at = f.rule === id && f.tier === 'high' ? backgroundOf(f).removedAt : undefined;
        const [, option, value] =
          /--([a-z][a-z\d-]{4,60})=([\w.-]{1,80})["']?\s*$/.exec(lines[(at ?? 0) - 1] ?? '') ?? [];
        const given = option === undefined ? undefined : defaultOf(files, option, value!, before);
        if (given === undefined) return f;
        const rest = /The same holds for .*$/.exec(f.message)?.[0];
        const message = `'--${option}' was taken out, and ${given} is the program's own default in this change: be sure that the image that runs has it.`;
        return withOther(f, { tier: 'medium', message: rest === undefined ? message : `${message} ${rest}` });
      }),
    );
  }
}

const programs = /\.(?:go|py|rs|java|kt|ts|js|rb)$/;
const versions = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'];

/** The default that code of the change gives to an option, where it is as strict as the value. */
function defaultOf(files: readonly FileChange[], option: string, value: string, manifest: string): string | undefined {
  for (const file of files) {
    const { path, before, after } = file;
    if (!programs.test(path) || isTestPath(path) || !areRead(file) || !isRead(after)) continue;
    const given = new RegExp(`^[^/#\\n]{0,200}["']${option}["'],\\s*["']([\\w.-]{0,80})["']`, 'm').exec(after);
    if (!given || !isProgramOf(path, manifest)) continue;
    const own = given[1] === '' ? whenEmpty(files, value) : given[1]!;
    if (own === undefined || !(own === value || isNoWeaker(own, value))) continue;
    // Where it was so before, it may have been without effect.
    if (given[1] === '' || !before?.includes(given[0])) return own;
  }
  return undefined;
}

const isNoWeaker = (given: string, than: string): boolean =>
  versions.includes(than) && versions.indexOf(given) >= versions.indexOf(than);

/** The TLS version that code which the change brings takes where it is given none. */
function whenEmpty(files: readonly FileChange[], value: string): string | undefined {
  for (const { path, before, after } of files) {
    if (!path.endsWith('.go') || isTestPath(path) || !isRead(after)) continue;
    const m = /^[ \t]*if \w{1,40} == "" \{\n\s*return tls\.(VersionTLS\d\d)\b/m.exec(after);
    if (m && isNoWeaker(m[1]!, value) && !before?.includes(m[0])) return m[1];
  }
  return undefined;
}

/** Whether a manifest runs an image that is called after a folder of the path. */
const isProgramOf = (path: string, manifest: string): boolean =>
  path
    .split('/')
    .slice(0, -1)
    .some(
      (folder) =>
        folder.length >= 4 &&
        new RegExp(`\\bimage:\\s*\\S{1,200}/${folder.replace(/\W/g, '\\$&')}[:@\\s]`).test(manifest),
    );
