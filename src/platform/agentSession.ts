/**
 * What an agent hook needs from the machine, without starting git: the repository around a path, the policy in force,
 * and what is remembered between the calls of one session. Everything here is on the hot path of every tool call.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Policy } from '../core/policy/model.ts';
import type { Repository } from './state.ts';

/** The git work tree around `start`, found by its `.git`; no process is started. `undefined`: none. */
export function repositoryAt(start: string): Repository | undefined {
  let folder = path.resolve(start);
  for (let i = 0; i < 256; i++) {
    const found = repositoryIn(folder);
    if (found) return found;
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  return undefined;
}

function repositoryIn(root: string): Repository | undefined {
  const dotGit = path.join(root, '.git');
  let gitDir = dotGit;
  try {
    const stat = fs.statSync(dotGit);
    if (stat.isFile()) {
      // A linked worktree or a submodule: `gitdir: PATH`.
      const named = /^gitdir: (.+?)\r?\n?$/s.exec(readSmall(dotGit) ?? '')?.[1];
      if (named === undefined) return undefined;
      gitDir = path.resolve(root, named);
    } else if (!stat.isDirectory()) return undefined;
    fs.statSync(path.join(gitDir, 'HEAD'));
  } catch {
    return undefined;
  }
  const common = readSmall(path.join(gitDir, 'commondir'))?.trim();
  return { root, gitDir, commonDir: common === undefined || common === '' ? gitDir : path.resolve(gitDir, common) };
}

function readSmall(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The policy of the repository around `cwd`; without a repository `undefined`. */
export async function loadPolicyNear(cwd: string): Promise<Policy | undefined> {
  const repository = repositoryAt(cwd);
  if (!repository) return undefined;
  const { loadPolicy } = await import('./policyFile.ts');
  return (await loadPolicy(repository.root, { commonDir: repository.commonDir })).policy;
}
