/** `countersign doctor`: what is active here, and what would bypass it. */
import { agentInstalls, inspectAgent } from '../../platform/agentConfig.ts';
import { configHookName } from '../../platform/configHooks.ts';
import { inspectHooks } from '../../platform/gitHooks.ts';
import { readKeys } from '../../platform/keys.ts';
import { loadPolicy } from '../../platform/policyFile.ts';
import { UsageError, type Command } from '../command.ts';
import { repositoryAt } from './install.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'say what is active in this repository, and what would bypass it',
  usage: `usage: countersign doctor

Checks the policy, the git hooks (also beside husky, lefthook, pre-commit, simple-git-hooks and core.hooksPath), the
hooks of agents and the runtime that hooks will find. One line per check; exit code 1 when something is wrong.
`,
  async run(args, io) {
    if (args.length > 0) throw new UsageError(`unknown option '${args[0]}'; doctor takes none`);
    const repo = await repositoryAt(io);
    let wrong = 0;
    const fine = (text: string): void => io.out(`ok    ${text}\n`);
    const note = (text: string): void => io.out(`note  ${text}\n`);
    const bad = (text: string): void => {
      wrong++;
      io.out(`WRONG ${text}\n`);
    };
    const state = await loadPolicy(repo.root, { commonDir: repo.commonDir });
    if (state.broken)
      bad(
        `policy: ${state.problems.find((p) => p.severity === 'error')?.message ?? 'unreadable'}; 'countersign policy validate' shows where`,
      );
    else if (state.policy.origin === 'none')
      note("policy: none; the built-in rules apply, commits get no record ('countersign policy init')");
    else fine(`policy: ${state.digest}, commit.trailers: ${state.policy.commit.trailers}`);

    const hooks = await inspectHooks(repo);
    for (const h of hooks.hooks) {
      const chained = h.chained ? ', after the hook that was here before' : '';
      const where = h.places.includes('config')
        ? `, from git's configuration (hook.${configHookName(h.name)})${h.places.includes('folder') ? ' and once more from the hooks folder' : ''}`
        : '';
      if (h.state === 'active') fine(`git hook ${h.name}: active${chained}${where}`);
      else if (h.state === 'ignored')
        bad(
          `git hook ${h.name}: ignored, because it is in git's configuration and git ${hooks.version} takes none from there; 'countersign install --git' finds another place`,
        );
      else if (h.state === 'disabled')
        bad(
          `git hook ${h.name}: switched off by hook.${configHookName(h.name)}.enabled or hook.${h.name}.enabled in git's configuration`,
        );
      else if (h.state === 'missing') {
        if (state.policy.commit.trailers === 'off' && state.policy.origin === 'none')
          note(`git hook ${h.name}: not installed`);
        else bad(`git hook ${h.name}: not installed; 'countersign install --git'`);
      } else if (h.state === 'replaced')
        bad(`git hook ${h.name}: something else took its place; 'countersign install --git' puts ours beside it`);
      else bad(`git hook ${h.name}: not executable, git skips it; 'countersign install --git'`);
    }
    for (const text of hooks.remarks) note(text);
    if (hooks.cli !== undefined && !hooks.cliExists)
      bad(`the hooks call ${hooks.cli}, which is not there; 'countersign install --git' names the current one`);
    note(`git version ${hooks.version}`);
    for (const agent of agentInstalls) {
      if ((await inspectAgent(repo, agent)) === 'active') fine(`agent ${agent.agent}: hook active in ${agent.file}`);
      else note(`agent ${agent.agent}: no hook of ours in ${agent.file}; 'countersign install --agent ${agent.agent}'`);
    }
    const keys = Object.keys(await readKeys(repo));
    note(
      keys.length > 0
        ? `signing keys: ${keys.join(', ')}`
        : 'signing keys: none, so notes made in the editor do not count here yet',
    );
    note(
      "not covered by hooks: 'git commit --no-verify' (skips the refusal, not the record), git am, git commit-tree; 'countersign verify' in CI sees them",
    );
    return wrong > 0 ? 1 : 0;
  },
};
