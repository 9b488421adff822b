/** Packages of a lock file that come from the private feed which served it before. */
import type { FileChange } from '../../../model.ts';
import { dependencySource } from '../../../rules/dependencySource.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';

/** What a lock file says where a package comes from: the registry, and the package and version in the address. */
interface Address {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Takes out packages that a lock file gets from the feed which served most of it before: as a package of that registry, by
 * the name and version of the entry, and with a hash of what is in it.
 */
export function withoutOwnFeeds(files: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    if (!classification.findings.some((f) => f.rule === dependencySource.id)) continue;
    const { before, after } = files[i]!;
    if (!isRead(before) || !isRead(after) || !/^[ \t]*"?resolved"?:?\s+"/m.test(before)) continue;
    const feeds = feedsOf(before);
    if (feeds.size === 0) continue;
    const lines = after.split('\n');
    keep(
      judged,
      i,
      classification.findings.filter((f) => f.rule !== dependencySource.id || !isOfFeed(lines, f.line - 1, feeds)),
    );
  }
}

const resolved = /^\s*"?resolved"?:?\s+"([^"\s]{1,400})"/;

/** Registries, with their hosts as they stand there, of the feed that most packages of a lock file come from. */
function feedsOf(text: string): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const hosts = new Map<string, string>();
  let all = 0;
  for (const line of text.split('\n')) {
    const url = line.length < 600 ? resolved.exec(line)?.[1] : undefined;
    if (url === undefined) continue;
    all++;
    const from = addressIn(url);
    if (!from) continue;
    const feed = `${shardless(from.host)}/${from.path}`;
    counts.set(feed, (counts.get(feed) ?? 0) + 1);
    hosts.set(`${from.host}/${from.path}`, feed);
  }
  return new Set([...hosts].flatMap(([host, feed]) => (counts.get(feed)! * 2 > all ? [host] : [])));
}

/** One feed may answer from several hosts that differ in a number. */
const shardless = (host: string): string => host.replace(/^([a-z-]{1,60})\d{1,3}(?=\.)/, '$1');

/** An address in the form of a registry: `<registry>/<name>/-/<name>-<version>.tgz`. */
function addressIn(url: string): Address | undefined {
  const [, host, path = '', scope = '', base, file] =
    /^https:\/\/([\w.:-]{1,200})\/((?:[\w.~-]{1,100}\/){0,12}?)(@[\w.~-]{1,100}(?:\/|%2[fF]))?([\w.~-]{1,200})\/-\/(?:@[\w.~-]{1,100}\/)?([\w.~+-]{1,300})\.tgz(?:[?#][^"\s]{0,200})?$/.exec(
      url,
    ) ?? [];
  if (host === undefined || base === undefined || file?.startsWith(`${base}-`) !== true) return undefined;
  if (path.split('/').some((part) => /^\.{1,2}$/.test(part))) return undefined;
  return { host, path, name: scope.replace(/%2f/i, '/') + base, version: file.slice(base.length + 1) };
}

/** Lines of an entry that are looked through. */
const maxLines = 12;

function isOfFeed(lines: readonly string[], at: number, feeds: ReadonlySet<string>): boolean {
  const from = addressIn(resolved.exec(lines[at] ?? '')?.[1] ?? '');
  if (!from || !feeds.has(`${from.host}/${from.path}`)) return false;
  let head = at - 1;
  while (head >= 0 && at - head < maxLines && !isHead(lines[head]!)) head--;
  if (!namesIn(lines[head] ?? '').includes(from.name)) return false;
  let end = at + 1;
  while (end < lines.length && end - at < maxLines && !/^\s*$|^\s*\}|[{[]\s*$/.test(lines[end]!)) end++;
  const entry = lines.slice(head + 1, end);
  const version = entry.flatMap((l) => /^\s*"?version"?:?\s+"([^"]{1,200})"/.exec(l)?.[1] ?? []);
  return (
    version.length === 1 &&
    version[0] === from.version &&
    entry.some((l) => /^\s*"?integrity"?:?\s+"?sha(?:1|256|384|512)-[\w+/=]{20,}/.test(l))
  );
}

/** `"node_modules/a/node_modules/@b/c": {`, or `"@b/c@^1.0.0", "@b/c@^1.2.0":` */
const isHead = (line: string): boolean => /^\s*"[^"]{1,300}":\s*\{\s*$|^\S[^\n]{0,2000}:\s*$/.test(line);
const namesIn = (head: string): string[] => {
  const entry = /^\s*"([^"]{1,300})":\s*\{/.exec(head)?.[1];
  if (entry !== undefined) return [entry.replace(/^(?:.*\/)?node_modules\//, '')];
  return head
    .replace(/:\s*$/, '')
    .split(/,\s*/)
    .flatMap((one) => /^"?((?:@[^@/"\s]+\/)?[^@/"\s]+)@(?!npm:)/.exec(one)?.[1] ?? []);
};
