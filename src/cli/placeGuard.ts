/**
 * The places that an agent's tool call means, and what the policy and the guard say of each. Failure direction: closed; a
 * path is judged as written and where it really lands.
 */
import * as os from 'node:os';
import * as path from 'node:path';
import type { AgentEvent, AgentFileEdit } from '../core/agents/model.ts';
import type { GuardAnalysis } from '../core/guard/index.ts';
import type { Tier } from '../core/model.ts';
import { matchGlobs, toRepoPath } from '../core/paths.ts';
import { isProtectedHomePath } from '../core/policy/defaults.ts';
import type { Policy } from '../core/policy/model.ts';
import { verdictFor } from '../core/policy/verdict.ts';
import { realTarget, repositoryAt } from '../platform/agentSession.ts';
import { userDir, type Repository } from '../platform/state.ts';
import { requireCached } from './codeCache.ts';

// A sibling bundle, loaded for commands: most calls are about files, and the guard is larger than all the rest.
let guardModule: typeof import('./commands/guard.ts') | undefined;
export const loadGuard = (): typeof import('./commands/guard.ts') =>
  (guardModule ??= requireCached(
    'guard.js',
    () => require('./commands/guard.js') as unknown,
  ) as typeof import('./commands/guard.ts'));

const nocase = process.platform === 'darwin' || process.platform === 'win32';
const windows = process.platform === 'win32';

export interface Place {
  /** Absolute, links followed. */
  readonly file: string;
  readonly repository: Repository | undefined;
  /** In the repository: as written, and where it really lands. */
  readonly paths: readonly string[];
}

export interface Judged {
  readonly decision: 'allow' | 'ask' | 'deny';
  readonly reason: string;
  readonly rule: string;
  readonly tier: Tier;
}

export const fine: Judged = { decision: 'allow', reason: '', rule: '', tier: 'low' };

/** Judges what one agent would do from one folder. */
export class PlaceGuard {
  readonly #event: AgentEvent;
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;

  constructor(event: AgentEvent, env: NodeJS.ProcessEnv, cwd: string) {
    this.#event = event;
    this.#env = env;
    this.#cwd = cwd;
  }

  analyse(command: string, policy: Policy | undefined): GuardAnalysis {
    const { analyseCommand, fileReader } = loadGuard();
    return analyseCommand(
      { command, cwd: this.#cwd, ...(this.#event.shell ? { shell: this.#event.shell } : {}) },
      { agent: this.#event.agent, readText: fileReader(this.#cwd), ...(policy ? { policy } : {}) },
    );
  }

  /** The places a path may mean: as written, and with backslashes as separators. */
  placesOf(file: AgentFileEdit): Place[] {
    const out: Place[] = [];
    for (const given of [file.path, file.to]) {
      if (given === undefined || given.includes('\0')) continue;
      const forms = !windows && given.includes('\\') ? [given, given.replaceAll('\\', '/')] : [given];
      for (const form of forms) {
        const home = /^~(?=\/|$)/.test(form) ? os.homedir() + form.slice(1) : form;
        const lexical = path.resolve(this.#cwd, home);
        let real = lexical;
        try {
          real = realTarget(lexical);
        } catch {
          // A loop of links cannot be written through either.
        }
        const repository = repositoryAt(path.dirname(real)) ?? repositoryAt(path.dirname(lexical));
        const paths: string[] = [];
        if (repository)
          for (const candidate of new Set([lexical, real])) {
            const name = toRepoPath(repository.root, candidate, { windows });
            if (name !== undefined) paths.push(name);
          }
        out.push({ file: real, repository, paths });
      }
    }
    return out;
  }

  judge(place: Place, policy: Policy, action: AgentEvent['action']): Judged {
    if (action === 'read') return this.#judgeRead(place);
    const outside = this.#judgeOutside(place.file);
    if (outside.decision === 'deny') return outside;
    let worst = outside;
    const scope = Object.hasOwn(policy.agents, this.#event.agent) ? policy.agents[this.#event.agent]?.scope : undefined;
    if (
      scope &&
      !place.paths.some((p) => matchGlobs(scope, p, { nocase })) &&
      !(place.repository === undefined && inside(place.file, os.tmpdir()))
    )
      worst = {
        decision: 'deny',
        rule: 'scope',
        tier: 'high',
        reason: `${this.shown(place)} is outside what the policy lets ${this.#event.agent} change (${scope.join(', ').slice(0, 200)}). Leave it, or ask a person to change the scope.`,
      };
    for (const name of place.paths) {
      const verdict = verdictFor(policy, name, { nocase });
      const entry = verdict.entries[0];
      if (!entry) continue;
      if (verdict.ai === 'prohibit')
        return {
          decision: 'deny',
          rule: 'protected-path',
          tier: verdict.tier,
          reason: `${name} is protected ("${entry.name}"): AI agents may not change it. Leave it, and tell the person what you would change and why.`,
        };
      if (verdict.ai === 'justify')
        worst = stricter(worst, {
          decision: 'ask',
          rule: 'protected-path',
          tier: verdict.tier,
          reason: `${name} is protected ("${entry.name}"): a person must agree, and will be asked for a justification when it is committed.`,
        });
    }
    return worst;
  }

  /** Files that belong to no repository: everybody's own, except what holds the guard in place. */
  #judgeOutside(file: string): Judged {
    const home = os.homedir();
    const below = inside(file, home) ? path.relative(home, file).split(path.sep).join('/') : undefined;
    const own =
      inside(file, userDir(this.#env)) ||
      /[\\/]globalStorage[\\/]countersign\b/i.test(file) ||
      /^\/etc\/(?:countersign|claude-code)\//i.test(file) ||
      /\/Application Support\/(?:Countersign|ClaudeCode)\//i.test(file);
    if (own || (below !== undefined && isProtectedHomePath(below)))
      return {
        decision: 'deny',
        rule: 'self-protection',
        tier: 'critical',
        reason: `${file} holds an agent's hooks or settings or Countersign's own state: AI agents may not change it. Ask a person to do it.`,
      };
    return fine;
  }

  #judgeRead(place: Place): Judged {
    const { verdict } = loadGuard().analyseCommand({ command: `cat ${quote(place.file)}`, cwd: this.#cwd });
    return verdict.category === 'secrets' ? judgedOf({ verdict, writes: [], readsOnly: true }) : fine;
  }

  shown(place: Place): string {
    return place.paths.at(-1) ?? place.file;
  }
}

export function judgedOf(analysis: GuardAnalysis | undefined): Judged {
  const verdict = analysis?.verdict;
  if (!verdict || verdict.decision === 'allow') return fine;
  return { decision: verdict.decision, reason: verdict.reason, rule: verdict.rule, tier: verdict.tier };
}

const rank = { allow: 0, ask: 1, deny: 2 } as const;
export const stricter = (a: Judged, b: Judged): Judged => (rank[b.decision] > rank[a.decision] ? b : a);

function inside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
