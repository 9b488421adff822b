/** Git commands that lose work or rewrite what others have. */
import { asksForHelp, hasAny, hasLong, readOptions, texts } from '../args.ts';
import { hit } from '../model.ts';
import type { About, Call, Family, Field, Hit } from '../model.ts';

const globals: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--config-env',
  '--exec-path',
  '--super-prefix',
]);
const none: ReadonlySet<string> = new Set();
const forced: Field = { text: '--force', dynamic: false, quoted: false };

export const git: Family = {
  id: 'git',
  programs: ['git', 'git.exe', 'hub', 'git-filter-repo', 'bfg', 'git-lfs', 'gitx', 'jj'],
  check(call) {
    if (call.name === 'git-filter-repo' || call.name === 'bfg') return rewrite(call.name);
    if (call.name !== 'git' && call.name !== 'hub') return undefined;
    let at = 0;
    let cleans = false;
    while (at < call.args.length && call.args[at]!.text.startsWith('-')) {
      cleans ||= /^clean\.requireforce=(?:false|no|off|0)$/i.test(call.args[at + 1]?.text ?? '');
      at += globals.has(call.args[at]!.text) ? 2 : 1;
    }
    const verb = call.args[at]?.text ?? '';
    const rest: Call = { ...call, args: call.args.slice(at + 1) };
    if (asksForHelp({ args: rest.args }) || rest.args.some((a) => a.text === '-h')) return undefined;
    if (cleans && verb === 'clean') return verbs['clean']!({ ...rest, args: [...rest.args, forced] });
    return Object.hasOwn(verbs, verb) ? verbs[verb]!(rest) : undefined;
  },
};

const lose = (rule: string, what: string, instead: string, more?: About): Hit =>
  hit(rule, 'high', 'data-deletion', 'ask', what, instead, more);
const inFiles: About = { manner: 'named-files' };
const rewrite = (tool: string): Hit =>
  hit(
    'git-rewrite-history',
    'critical',
    'data-deletion',
    'ask',
    `${tool} rewrites the whole history; every clone and open branch breaks`,
    'Make a mirror clone as a backup and let a person run it there',
  );

const verbs: Readonly<Record<string, (call: Call) => Hit | undefined>> = {
  reset(call) {
    const { flags } = readOptions(call.args);
    if (hasLong(flags, 'hard'))
      return lose(
        'git-reset-hard',
        'git reset --hard throws away all changes that are not committed',
        'Use git stash, or git reset --keep, which refuses to lose changes',
      );
    if (hasLong(flags, 'merge'))
      return lose(
        'git-reset-merge',
        'git reset --merge throws away staged changes and may lose others',
        'Use git stash first',
      );
    return undefined;
  },
  clean(call) {
    const { flags } = readOptions(call.args, new Set(['e', 'exclude']));
    if (hasAny(flags, 'n') || hasLong(flags, 'dry-run')) return undefined;
    if (flags.has('f') || hasLong(flags, 'force'))
      return lose(
        'git-clean',
        'git clean -f deletes files that git does not track; they cannot be brought back',
        'Run git clean -n first and delete by name',
      );
    return undefined;
  },
  checkout(call) {
    const args = texts(call.args);
    const { flags, words } = readOptions(call.args, new Set(['b', 'B', 'orphan', 'conflict']));
    const dashes = args.indexOf('--');
    if (flags.has('B'))
      return lose(
        'git-branch-reset',
        'git checkout -B moves an existing branch; commits only it had are lost',
        'Use git checkout -b with a new name',
      );
    if (flags.has('b') || flags.has('orphan') || hasLong(flags, 'detach') || hasLong(flags, 'track')) return undefined;
    if (flags.has('f') || hasLong(flags, 'force'))
      return lose(
        'git-checkout-force',
        'git checkout -f throws away all changes that are not committed',
        'Use git stash first',
      );
    if (dashes >= 0 && dashes < args.length - 1)
      return lose(
        'git-checkout-discard',
        'git checkout -- throws away changes in these files that are not committed',
        'Use git stash push -- FILE, or git diff > backup.patch first',
        inFiles,
      );
    if (hasLong(flags, 'pathspec-from-file', 8))
      return lose(
        'git-checkout-discard',
        'This overwrites the listed files with an older version',
        'Use git stash first',
      );
    if (flags.has('p') || hasLong(flags, 'patch')) return undefined;
    if (
      words.length === 1 &&
      (words[0]!.text === '.' ||
        words[0]!.text === './' ||
        words[0]!.text === ':/' ||
        words[0]!.text === '*' ||
        (/^\.{1,2}\/|\.\w{1,5}$/.test(words[0]!.text) &&
          !/^v?\d+(?:\.\d+)+$/.test(words[0]!.text) &&
          !/^(?:release|hotfix|feature)\//.test(words[0]!.text)))
    )
      return lose(
        'git-checkout-discard',
        'git checkout with a path throws away changes in these files that are not committed',
        'Use git stash push -- FILE first',
        inFiles,
      );
    if (words.length >= 2)
      return lose(
        'git-checkout-ref-path',
        'git checkout REF PATH overwrites these files, also changes that are not committed',
        'Use git show REF:PATH > OTHER, or git stash first',
      );
    return undefined;
  },
  restore(call) {
    const { flags } = readOptions(call.args, new Set(['s', 'source', 'conflict']));
    const staged = flags.has('S') || hasLong(flags, 'staged');
    const tree = flags.has('W') || hasLong(flags, 'worktree');
    if (flags.has('p') || hasLong(flags, 'patch')) return undefined;
    return staged && !tree
      ? undefined
      : lose(
          'git-restore',
          'git restore throws away changes in these files that are not committed',
          'Use git stash push -- FILE first, or restore --staged to unstage only',
          inFiles,
        );
  },
  switch(call) {
    const { flags } = readOptions(call.args);
    if (flags.has('f') || hasLong(flags, 'force') || hasLong(flags, 'discard-changes'))
      return lose('git-switch-force', 'This throws away all changes that are not committed', 'Use git stash first');
    if (flags.has('C') || hasLong(flags, 'force-create', 7))
      return lose(
        'git-branch-reset',
        'git switch -C moves an existing branch; commits only it had are lost',
        'Use git switch -c with a new name',
      );
    return undefined;
  },
  push(call) {
    const { flags, words } = readOptions(call.args, new Set(['o', 'push-option', 'receive-pack', 'exec', 'repo']));
    if (flags.has('n') || flags.has('dry-run')) return undefined;
    const force = hasLong(flags, 'force', 5) && flags.has('force');
    if (flags.has('mirror'))
      return hit(
        'git-push-mirror',
        'critical',
        'data-deletion',
        'ask',
        'git push --mirror deletes every remote branch and tag that is not here',
        'Push the branches you mean',
      );
    if (force || shortForce(call))
      return lose(
        'git-push-force',
        'A forced push replaces the branch on the server; commits others pushed are lost',
        'Use git push --force-with-lease',
      );
    if (flags.has('delete') || flags.has('d') || flags.has('prune'))
      return lose(
        'git-push-delete',
        'This deletes a branch or tag on the server',
        'Let a person delete it, after checking that it is merged',
      );
    for (const { text } of words.slice(1)) {
      if (text.startsWith('+'))
        return lose(
          'git-push-force',
          'A "+" refspec is a forced push; commits others pushed are lost',
          'Use git push --force-with-lease',
        );
      if (/^:./.test(text))
        return lose(
          'git-push-delete',
          'A ":branch" refspec deletes the branch on the server',
          'Let a person delete it, after checking that it is merged',
        );
    }
    return undefined;
  },
  branch(call) {
    const { flags } = readOptions(call.args);
    const deletes = flags.has('d') || hasLong(flags, 'delete');
    if (flags.has('D') || (deletes && (flags.has('f') || hasLong(flags, 'force'))))
      return lose(
        'git-branch-delete',
        'git branch -D deletes a branch even when its commits are nowhere else',
        'Use git branch -d, which refuses to lose commits',
      );
    if (flags.has('M') || flags.has('C') || (flags.has('f') && call.args.length > 1) || flags.has('force'))
      return lose(
        'git-branch-reset',
        'This overwrites an existing branch; commits only it had are lost',
        'Use another name',
      );
    return undefined;
  },
  tag(call) {
    const { flags } = readOptions(call.args, new Set(['m', 'F', 'u']));
    if (flags.has('d') || hasLong(flags, 'delete'))
      return lose('git-tag-delete', 'This deletes a tag; releases may refer to it', 'Let a person delete it');
    if (flags.has('f') || flags.has('force'))
      return lose('git-tag-move', 'This moves an existing tag; releases may refer to it', 'Make a new tag');
    return undefined;
  },
  stash(call) {
    const verb = call.args[0]?.text;
    if (verb === 'drop')
      return lose(
        'git-stash-drop',
        'git stash drop deletes stashed work',
        'Use git stash show -p first; git stash branch keeps it',
      );
    if (verb === 'clear')
      return hit(
        'git-stash-clear',
        'critical',
        'data-deletion',
        'ask',
        'git stash clear deletes all stashed work',
        'Drop single stashes after looking at them',
      );
    return undefined;
  },
  rebase(call) {
    return call.args.some((a) => a.text === '--abort' || a.text === '--skip')
      ? lose(
          'git-rebase-abort',
          'This throws away the conflicts resolved so far',
          'Commit or copy the resolved files first',
        )
      : undefined;
  },
  merge(call) {
    return call.args.some((a) => a.text === '--abort')
      ? lose(
          'git-merge-abort',
          'git merge --abort throws away the conflicts resolved so far, and may lose changes that were not committed',
          'Commit or copy the resolved files first',
        )
      : undefined;
  },
  'cherry-pick': (call) => abort(call, 'cherry-pick'),
  revert: (call) => abort(call, 'revert'),
  am: (call) => abort(call, 'am'),
  rm(call) {
    const { flags } = readOptions(call.args);
    if (hasLong(flags, 'cached') || flags.has('n') || hasLong(flags, 'dry-run')) return undefined;
    return flags.has('f') || hasLong(flags, 'force')
      ? lose(
          'git-rm-force',
          'git rm -f deletes files with changes that are not committed',
          'Use git rm, which refuses to lose changes, or git rm --cached',
        )
      : undefined;
  },
  worktree(call) {
    const { flags, words } = readOptions(call.args);
    return words[0]?.text === 'remove' && (flags.has('f') || flags.has('force'))
      ? lose(
          'git-worktree-remove',
          'This deletes a worktree with changes that are not committed',
          'Use git worktree remove without --force',
        )
      : undefined;
  },
  submodule(call) {
    const { flags, words } = readOptions(call.args, none);
    return words[0]?.text === 'deinit' && (flags.has('f') || flags.has('force') || flags.has('all'))
      ? lose(
          'git-submodule-deinit',
          "This deletes the submodule's files with all changes",
          'Use git submodule deinit without --force',
        )
      : undefined;
  },
  'filter-branch': () => rewrite('git filter-branch'),
  'filter-repo': () => rewrite('git filter-repo'),
  reflog(call) {
    const verb = call.args[0]?.text;
    return verb === 'expire' || verb === 'delete'
      ? hit(
          'git-reflog-expire',
          'critical',
          'data-deletion',
          'ask',
          "This deletes the reflog, git's only way back to lost commits",
          'Leave it to git gc',
        )
      : undefined;
  },
  gc(call) {
    const prune = call.args.some((a) => /^--prune(?:=(?:now|all|.*0.*))?$/.test(a.text) || a.text === '--aggressive');
    return prune
      ? lose(
          'git-gc-prune',
          'This deletes commits that no branch holds; they can no longer be brought back',
          'Use plain git gc',
        )
      : undefined;
  },
  prune(call) {
    return call.args.some((a) => a.text === '-n' || a.text === '--dry-run')
      ? undefined
      : lose('git-gc-prune', 'git prune deletes commits that no branch holds', 'Use plain git gc');
  },
  'update-ref'(call) {
    return call.args.some((a) => a.text === '-d' || a.text === '--stdin')
      ? lose('git-ref-delete', 'This deletes a reference without any check', 'Use git branch -d')
      : undefined;
  },
  'read-tree'(call) {
    return call.args.some((a) => a.text === '--reset')
      ? lose(
          'git-reset-hard',
          'git read-tree --reset throws away changes that are not committed',
          'Use git stash first',
        )
      : undefined;
  },
  'checkout-index'(call) {
    return call.args.some((a) => /^-\w*f|^--force$/.test(a.text))
      ? lose('git-checkout-force', 'This overwrites files with changes that are not committed', 'Use git stash first')
      : undefined;
  },
  replace(call) {
    return call.args.some((a) => a.text === '-d' || a.text === '--delete' || a.text === '-f')
      ? lose('git-ref-delete', 'This changes which commits git shows', 'Leave it to a person')
      : undefined;
  },
  notes(call) {
    return call.args.some((a) => a.text === 'remove' || a.text === 'prune')
      ? lose('git-notes-delete', 'This deletes notes on commits', 'Leave them in place')
      : undefined;
  },
  remote(call) {
    return call.args[0]?.text === 'remove' || call.args[0]?.text === 'rm'
      ? lose(
          'git-remote-remove',
          'This removes the remote with all its tracking branches and settings',
          'Use git remote set-url to change it',
        )
      : undefined;
  },
  lfs(call) {
    return call.args[0]?.text === 'prune' && call.args.some((a) => /^-\w*f|^--force$/.test(a.text))
      ? lose(
          'git-lfs-prune',
          'This deletes local copies of large files even if they were not pushed',
          'Use git lfs prune --verify-remote',
        )
      : undefined;
  },
};

const abort = (call: Call, name: string): Hit | undefined =>
  call.args.some((a) => a.text === '--abort')
    ? lose(
        `git-${name}-abort`,
        `git ${name} --abort throws away the conflicts resolved so far`,
        'Commit or copy the resolved files first',
      )
    : undefined;

/** `-f` alone or in a cluster (`-uf`), but not in `--force-with-lease`. */
const shortForce = (call: Call): boolean =>
  call.args.some((a) => /^-[a-zA-Z]*f[a-zA-Z]*$/.test(a.text) && !a.text.startsWith('--'));
