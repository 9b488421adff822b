/**
 * The merged policy as the last full load left it, when no source has changed since (by content, not by time). For the
 * hooks of agents, started on every tool call, and of commits: parsing YAML and checking regular expressions cost more
 * than the start of Node. Synchronous and small on purpose; the editor and the server use `policyFile.ts`.
 *
 * A process that can write the cache could replace the hook itself; hence the folder is protected (`isOwnState`), every
 * full load (editor, server) writes the cache anew, and gates never read it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { version } from '../../package.json';
import type { Policy, PolicyProblem } from '../core/policy/model.ts';
import { sha256 } from './crypto.ts';
import { managedPolicyFile } from './state.ts';

export const policyFileName = 'countersign.yaml';

export interface PolicyState {
  readonly policy: Policy;
  /** `p1:<16 hex>` */
  readonly digest: string;
  readonly problems: readonly PolicyProblem[];
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
  /** A broken file stands in for itself with its last good version. */
  readonly usingLastGood: boolean;
  /** Some policy file is broken: gates fail closed. */
  readonly broken: boolean;
}

export interface PolicySource {
  readonly file: string;
  /** What `contentOf` gives of its text, `absent`, or `bad` (never equal to anything). */
  readonly content: string;
}

export interface CachedPolicy {
  /** The managed file first. */
  readonly sources: readonly PolicySource[];
  readonly state: PolicyState;
}

export const absent = 'absent';
/** A longer text is known by its hash. */
const maxWholeText = 16_384;
/** What tells a source's text from every other: itself, since hashing a kilobyte takes a hook longer than all its reading. */
export const contentOf = (text: string): string => (text.length > maxWholeText ? sha256(text) : `=${text}`);
export const keepDir = (commonDir: string): string => path.join(commonDir, 'countersign', 'policy');
/** Work trees of one repository may be on different branches, so each has its own. */
export const cacheFile = (commonDir: string, root: string): string =>
  path.join(keepDir(commonDir), `${sha256(root).slice(0, 16)}.json`);
const head = `countersign-policy-cache ${version} `;

/** One line with the length of the rest, so that a torn file counts as none. */
export function formatCache(cached: CachedPolicy): string {
  const body = JSON.stringify(cached);
  return `${head}${body.length}\n${body}`;
}

/**
 * The policy in force for `paths` (repository paths) in the work tree at `root`; `undefined`: it must be loaded in full
 * (never loaded, a file changed, broken, or a policy file that the last load did not know above one of the paths).
 */
export function cachedPolicy(
  root: string,
  commonDir: string,
  paths: readonly string[],
  managedFile = managedPolicyFile(),
): PolicyState | undefined {
  try {
    const text = fs.readFileSync(cacheFile(commonDir, root), 'utf8');
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== `${head}${body.length}`) return undefined;
    const { sources, state } = JSON.parse(body) as CachedPolicy;
    if (state.broken || sources[0]?.file !== managedFile) return undefined;
    if (!sources.every((s) => s.content === contentNow(s.file))) return undefined;
    const known = new Set(sources.map((s) => s.file));
    for (const folder of ancestors(paths)) {
      const file = path.join(root, folder, policyFileName);
      if (!known.has(file) && fs.lstatSync(file, { throwIfNoEntry: false })) return undefined;
    }
    return state;
  } catch {
    return undefined;
  }
}

/** A link is never taken from the cache: where it leads is for the full load to judge. */
function contentNow(file: string): string {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return absent;
  return stat.isFile() ? contentOf(fs.readFileSync(file, 'utf8')) : 'not a file';
}

/** Deeper folders of paths than this hold no policies of ours. */
const maxDepth = 40;

/** All folders above repository paths, without the root. */
export function ancestors(paths: readonly string[]): string[] {
  const out = new Set<string>();
  for (const p of paths) {
    const parts = p.split('/').slice(0, maxDepth);
    for (let i = 1; i < parts.length; i++) out.add(parts.slice(0, i).join('/'));
  }
  return [...out];
}
