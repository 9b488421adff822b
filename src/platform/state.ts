/** Where state lives on disk (design §2). Paths only; nothing here touches the disk. */
import * as os from 'node:os';
import * as path from 'node:path';

/** A git work tree as git itself sees it; all paths absolute. */
export interface Repository {
  readonly root: string;
  /** `git rev-parse --absolute-git-dir`: per worktree. */
  readonly gitDir: string;
  /** `git rev-parse --git-common-dir`: shared by worktrees. */
  readonly commonDir: string;
}

/** Pending attribution of this worktree. Directories 0700, files 0600. */
export const pendingDir = (r: Repository): string => path.join(r.gitDir, 'countersign');

/** Audit log, justifications and public keys, shared by worktrees. */
export const sharedDir = (r: Repository): string => path.join(r.commonDir, 'countersign');
export const auditDir = (r: Repository): string => path.join(sharedDir(r), 'audit');
export const notesFile = (r: Repository): string => path.join(sharedDir(r), 'justifications.jsonl');
export const keysFile = (r: Repository): string => path.join(sharedDir(r), 'keys.json');

/** This user's own state: the stop switch. */
export const userDir = (env: NodeJS.ProcessEnv = process.env): string =>
  process.platform === 'win32'
    ? path.join(env['LOCALAPPDATA'] ?? os.homedir(), 'Countersign')
    : process.platform === 'darwin'
      ? path.join(os.homedir(), 'Library', 'Application Support', 'Countersign')
      : path.join(env['XDG_STATE_HOME'] ?? path.join(os.homedir(), '.local', 'state'), 'countersign');

/** The managed policy of this machine, which wins over any repository's. */
export const managedPolicyFile = (env: NodeJS.ProcessEnv = process.env): string =>
  process.platform === 'win32'
    ? path.join(env['ProgramData'] ?? 'C:\\ProgramData', 'Countersign', 'policy.yaml')
    : process.platform === 'darwin'
      ? '/Library/Application Support/Countersign/policy.yaml'
      : '/etc/countersign/policy.yaml';
