/** Object stores, backups, mirrors and copies to other machines. */
import { asksForHelp, hasAny, readOptions, texts } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Context, Family, Hit } from '../model.ts';
import { locate } from '../places.ts';
import { deedOf, isDryRun, subcommand, verbOf, wordsOf } from '../verbs.ts';

const awsValued: ReadonlySet<string> = new Set('profile region output endpoint-url query'.split(' '));
const rcloneValued: ReadonlySet<string> = new Set(
  'config include exclude filter transfers checkers bwlimit log-file max-age min-age max-size min-size'.split(' '),
);

const borgValued: ReadonlySet<string> = new Set('rsh remote-path lock-wait r repo'.split(' '));

const listed = 'List what would go first, and let a person delete it';
const gone = (rule: string, what: string, instead = listed, object?: string): Hit =>
  hit(rule, 'critical', 'data-deletion', 'ask', what, instead, about(object));
const risky = (rule: string, what: string, instead = 'Try it with --dry-run first'): Hit =>
  hit(rule, 'high', 'data-deletion', 'ask', what, instead);

export const storage: Family = {
  id: 'storage',
  programs: [
    'aws',
    's3cmd',
    's5cmd',
    's4cmd',
    'gsutil',
    'gcloud',
    'az',
    'azcopy',
    'mc',
    'mcli',
    'rclone',
    'rsync',
    'restic',
    'borg',
    'borgmatic',
    'velero',
    'kopia',
    'duplicity',
    'duplicacy',
    'tmutil',
    'zfs',
    'rdiff-backup',
    'wbadmin',
    'b2',
    'scp',
    'sftp',
    'ssh-keygen',
    'ssh-add',
    'swift',
    'gcsfuse',
    'backblaze-b2',
    'bareos',
    'pgbackrest',
    'wal-g',
    'barman',
    'unison',
    'lftp',
    'snapper',
    'timeshift',
    'vssadmin',
    'wmic',
    'bacula',
    'robocopy',
    'ossutil',
  ],
  check(call, context) {
    if (asksForHelp(call)) return undefined;
    if (
      isDryRun(call) ||
      (shortDryRun.has(call.name) && call.args.some((a) => a.text.includes('n') && /^-[a-zA-Z]+$/.test(a.text)))
    )
      return undefined;
    return Object.hasOwn(tools, call.name) ? tools[call.name]!(call, context) : undefined;
  },
};

/** Tools whose `-n` means --dry-run. */
const shortDryRun: ReadonlySet<string> = new Set(['rsync', 'rclone', 'borg', 'restic', 'pgbackrest']);

type Check = (call: Call, context: Context) => Hit | undefined;

const byVerb =
  (what: string): Check =>
  (call) => {
    const verb = verbOf(call, rcloneValued);
    return verb?.deed === 'destroy'
      ? gone(
          `${call.name}-${verb.word}`,
          `${call.name} ${verb.group} ${verb.word} removes ${what}`.replace(/ {2,}/g, ' '),
        )
      : undefined;
  };

const mirrors: Check = (call) => {
  const verb = wordsOf(call, rcloneValued)[0] ?? '';
  switch (verb) {
    case 'delete':
    case 'purge':
    case 'deletefile':
    case 'rmdir':
    case 'rmdirs':
    case 'cleanup':
    case 'dedupe':
      return gone(`rclone-${verb}`, `rclone ${verb} deletes files at the remote`);
    case 'sync':
    case 'bisync':
      return risky(
        `rclone-${verb}`,
        `rclone ${verb} deletes at the target what the source does not have`,
        'Use rclone copy, or --dry-run first',
      );
    case 'move':
    case 'moveto':
      return risky(`rclone-${verb}`, `rclone ${verb} deletes the source after copying`, 'Use rclone copy');
    case 'backend':
      return call.args.some((a) => /^(?:cleanup|delete|drop|purge|untrash-delete)/.test(a.text))
        ? gone('rclone-backend', 'This deletes what the remote keeps')
        : undefined;
    default:
      return undefined;
  }
};

const tools: Readonly<Record<string, Check>> = {
  aws(call) {
    const { words, flags } = readOptions(call.args, awsValued);
    const [service, op = '', ...rest] = texts(words);
    if (service === 's3') {
      const acl = call.args[call.args.findIndex((a) => a.text === '--acl') + 1]?.text ?? '';
      if (call.args.some((a) => a.text === '--acl') && /^(?:public-|authenticated-)/.test(acl))
        return hit(
          's3-public',
          'critical',
          'network-exposure',
          'ask',
          'This lets anybody on the internet read the objects',
          'Leave the ACL private, and share with a presigned URL',
        );
      if (op === 'rm')
        return gone(
          's3-rm',
          `This deletes ${flags.has('recursive') ? 'everything below ' : ''}${rest[0]?.slice(0, 80) ?? 'objects'} in S3`,
          listed,
          rest[0],
        );
      if (op === 'rb')
        return gone(
          's3-rb',
          `This deletes the bucket ${rest[0]?.slice(0, 80) ?? ''}${flags.has('force') ? ' with everything in it' : ''}`,
          listed,
          rest[0],
        );
      if (op === 'mv') return risky('s3-mv', 'aws s3 mv deletes the source after copying', 'Use aws s3 cp');
      if (op === 'sync' && flags.has('delete'))
        return risky(
          's3-sync-delete',
          'aws s3 sync --delete deletes at the target what the source does not have',
          'Leave out --delete, or use --dryrun first',
        );
      if (op === 'mb')
        return hit(
          's3-create',
          'high',
          'environment',
          'ask',
          'This makes a bucket',
          'Put it into the infrastructure code',
        );
      return undefined;
    }
    // The rest of aws is judged in cloud.ts.
    return undefined;
  },
  s3cmd: (call) =>
    /^(?:del|rm|rb|expire|delpolicy|dellifecycle)$/.test(subcommand(call)) ||
    (subcommand(call) === 'sync' && call.args.some((a) => a.text === '--delete-removed'))
      ? gone('s3cmd-delete', 'This deletes objects or buckets')
      : undefined,
  s4cmd: (call) => (subcommand(call).startsWith('del') ? gone('s4cmd-delete', 'This deletes objects') : undefined),
  s5cmd: (call) =>
    /^(?:rm|rb|mv)$/.test(subcommand(call)) ||
    (subcommand(call) === 'sync' && call.args.some((a) => a.text === '--delete'))
      ? gone('s5cmd-delete', 'This deletes objects or buckets')
      : undefined,
  gsutil(call) {
    const { words, flags } = readOptions(call.args, new Set(['o', 'h', 'u']));
    const verb = texts(words)[0] ?? '';
    if (verb === 'rm' || verb === 'rb')
      return gone(`gsutil-${verb}`, `gsutil ${verb} deletes objects or buckets in Cloud Storage`);
    if (verb === 'rsync' && !flags.has('n') && hasAny(flags, 'd', 'delete-unmatched-destination-objects'))
      return risky(
        'gsutil-rsync-delete',
        'gsutil rsync -d deletes at the target what the source does not have',
        'Leave out -d, or use -n first',
      );
    if (verb === 'mv') return risky('gsutil-mv', 'gsutil mv deletes the source after copying', 'Use gsutil cp');
    if (/^(?:iam|acl|defacl|bucketpolicyonly|ubla|pap)$/.test(verb) && !/^(?:get)$/.test(texts(words)[1] ?? ''))
      return hit(
        'gsutil-acl',
        'critical',
        'iam-permission',
        'ask',
        'This changes who can reach the bucket',
        'Let a person do it',
      );
    if (
      /^(?:mb|lifecycle|retention|versioning|kms|setmeta|rewrite)$/.test(verb) &&
      !/^(?:get|list)$/.test(texts(words)[1] ?? '')
    )
      return hit(
        'gsutil-change',
        'high',
        'infrastructure',
        'ask',
        `gsutil ${verb} changes the bucket`,
        'Put it into the infrastructure code',
      );
    return undefined;
  },
  gcloud(call) {
    const { words, flags } = readOptions(
      call.args,
      new Set('project account configuration format filter location'.split(' ')),
    );
    const list = texts(words).filter((w) => w !== 'alpha' && w !== 'beta');
    if (list[0] !== 'storage') return undefined;
    const verb = list.find((w, i) => i > 0 && deedOf(w) !== undefined) ?? '';
    if (verb === 'rsync' || list[1] === 'rsync')
      return flags.has('delete-unmatched-destination-objects')
        ? risky('gcloud-rsync-delete', 'This deletes at the target what the source does not have')
        : undefined;
    if (/iam-policy/.test(verb) && deedOf(verb) !== 'read')
      return hit(
        'gcloud-storage-acl',
        'critical',
        'iam-permission',
        'ask',
        'This changes who can reach the bucket',
        'Let a person do it',
      );
    if (deedOf(verb) === 'destroy' || list[1] === 'rm')
      return gone('gcloud-storage-delete', 'This deletes objects or buckets in Cloud Storage');
    if (verb === 'mv')
      return risky('gcloud-storage-mv', 'This deletes the source after copying', 'Use gcloud storage cp');
    if (verb === 'create' || verb === 'update')
      return hit(
        'gcloud-storage-change',
        'high',
        'infrastructure',
        'ask',
        'This makes or changes a bucket',
        'Put it into the infrastructure code',
      );
    return undefined;
  },
  az(call) {
    const list = wordsOf(
      call,
      new Set('subscription resource-group g output o account-name container-name name n'.split(' ')),
    );
    if (list[0] !== 'storage' || list[1] === 'account') return undefined;
    const verb = list.find((w, i) => i > 0 && deedOf(w) !== undefined && !/^(?:copy|share)$/.test(w)) ?? '';
    if (deedOf(verb) === 'destroy')
      return gone('az-storage-delete', `This deletes data in Azure storage (${list.slice(1, 4).join(' ')})`);
    if (verb === 'sync')
      return call.args.some((a) => a.text.startsWith('--delete-destination'))
        ? risky('az-sync-delete', 'This deletes at the target what the source does not have')
        : undefined;
    return deedOf(verb) === 'create' || deedOf(verb) === 'change'
      ? hit(
          'az-storage-change',
          'high',
          'infrastructure',
          'ask',
          `az storage ${list.slice(1, 4).join(' ')} changes data or access in Azure storage`,
          'Let a person do it',
        )
      : undefined;
  },
  azcopy(call) {
    const verb = subcommand(call);
    if (verb === 'remove' || verb === 'rm') return gone('azcopy-remove', 'azcopy remove deletes data in Azure storage');
    return verb === 'sync' && call.args.some((a) => /^--delete-destination(?:=true|=prompt)?$/.test(a.text))
      ? risky('azcopy-sync-delete', 'This deletes at the target what the source does not have')
      : undefined;
  },
  mc: minio,
  mcli: minio,
  rclone: mirrors,
  rsync(call, context) {
    const flags = texts(call.args).filter((t) => t.startsWith('-'));
    const found = flags.find((t) => /^--(?:del|delete(?:-.*)?|remove-source-files)$/.test(t));
    if (found)
      return risky(
        'rsync-delete',
        `rsync ${found} deletes files ${found === '--remove-source-files' ? 'at the source' : 'at the target that the source does not have'}`,
        'Run it with -n first',
      );
    return copiesTo(call, context);
  },
  restic(call) {
    const list = wordsOf(call, new Set('r repo p password-file password-command'.split(' ')));
    const verb = list[0] ?? '';
    if (verb === 'forget' || verb === 'prune' || verb === 'rewrite' || verb === 'migrate')
      return gone(`restic-${verb}`, `restic ${verb} deletes backups`);
    if (verb === 'key' && /^(?:remove|passwd)$/.test(list[1] ?? ''))
      return gone('restic-key', 'Without this key the backups cannot be read');
    if (verb === 'unlock')
      return call.args.some((a) => a.text === '--remove-all')
        ? risky('restic-unlock', 'This breaks the locks of backups that are still running', 'Use restic unlock')
        : undefined;
    return verb === 'cache' && call.args.some((a) => a.text === '--cleanup')
      ? risky('restic-cache', 'This deletes the local cache')
      : undefined;
  },
  borg(call) {
    const verb = subcommand(call, borgValued);
    return /^(?:delete|prune|compact|recreate|break-lock|rdelete|repo-delete)$/.test(verb)
      ? gone(`borg-${verb}`, `borg ${verb} deletes or rewrites backups`)
      : verb === 'check' && call.args.some((a) => a.text === '--repair')
        ? gone('borg-repair', 'borg check --repair may delete damaged backups')
        : undefined;
  },
  velero(call) {
    const list = wordsOf(call, new Set('n namespace kubeconfig kubecontext'.split(' ')));
    return list.slice(0, 2).some((w) => w === 'delete' || w === 'uninstall')
      ? gone('velero-delete', `velero ${list.slice(0, 2).join(' ')} removes backups or their schedule`)
      : list[0] === 'restore' && list[1] === 'create'
        ? risky('velero-restore', 'A restore overwrites what is there', 'Let a person do it')
        : undefined;
  },
  kopia: byVerb('backups'),
  duplicity: (call) =>
    /^(?:remove-|cleanup$)/.test(wordsOf(call)[0] ?? '') ? gone('duplicity-remove', 'This deletes backups') : undefined,
  duplicacy: byVerb('backups'),
  pgbackrest: (call) =>
    /^(?:expire|stanza-delete|stop)$/.test(wordsOf(call)[0] ?? '')
      ? gone('pgbackrest-delete', 'This deletes backups')
      : undefined,
  'wal-g': (call) => (subcommand(call) === 'delete' ? gone('wal-g-delete', 'This deletes backups') : undefined),
  barman: (call) =>
    /^(?:delete|cron)$/.test(wordsOf(call)[0] ?? '') ? gone('barman-delete', 'This deletes backups') : undefined,
  tmutil: (call) =>
    /^(?:delete|deletelocalsnapshots|disable|disablelocal|thinlocalsnapshots|removedestination|deleteinprogress)$/.test(
      wordsOf(call)[0] ?? '',
    )
      ? gone('tmutil-delete', 'This deletes Time Machine backups or switches them off')
      : undefined,
  zfs: (call) =>
    /^(?:destroy|rollback)$/.test(wordsOf(call)[0] ?? '')
      ? gone('zfs-destroy', `zfs ${wordsOf(call)[0]} deletes data sets or everything since the snapshot`)
      : undefined,
  'rdiff-backup': (call) =>
    call.args.some((a) => /^--remove-older-than|^remove$/.test(a.text))
      ? gone('rdiff-remove', 'This deletes backups')
      : undefined,
  wmic: (call) =>
    /\bshadowcopy\b.*\bdelete\b/i.test(texts(call.args).join(' '))
      ? gone('shadow-delete', 'This deletes the shadow copies, the last way back after a loss')
      : /\b(?:product|process|os|useraccount|service)\b.*\b(?:uninstall|delete|terminate|shutdown|reboot|stopservice)\b/i.test(
            texts(call.args).join(' '),
          )
        ? risky('wmic-change', 'This ends or removes something of the system', 'Let a person do it')
        : undefined,
  wbadmin: (call) =>
    /^delete$/i.test(wordsOf(call)[0] ?? '')
      ? hit(
          'backup-delete',
          'critical',
          'data-deletion',
          'deny',
          'This deletes the backups of the system',
          'Leave backups alone',
        )
      : undefined,
  vssadmin: (call) =>
    /^(?:delete|resize)$/i.test(wordsOf(call)[0] ?? '')
      ? hit(
          'backup-delete',
          'critical',
          'data-deletion',
          'deny',
          'This deletes the shadow copies, which is how files can be brought back',
          'Leave backups alone',
        )
      : undefined,
  snapper: byVerb('snapshots'),
  timeshift: (call) =>
    call.args.some((a) => /^--(?:delete|delete-all|restore)$/.test(a.text))
      ? gone('timeshift-delete', 'This deletes or restores snapshots of the system')
      : undefined,
  b2: byVerb('files'),
  'backblaze-b2': byVerb('files'),
  swift: (call) => (subcommand(call) === 'delete' ? gone('swift-delete', 'This deletes objects') : undefined),
  ossutil: (call) => (subcommand(call) === 'rm' ? gone('ossutil-rm', 'This deletes objects') : undefined),
  lftp: (call) =>
    call.args.some((a) => /\b(?:rm|mrm|rmdir)\b|mirror\b.*--(?:delete|Remove)/.test(a.text))
      ? risky('lftp-delete', 'This deletes files on the server')
      : undefined,
  robocopy: (call) =>
    call.args.some((a) => /^\/(?:mir|purge|move|mov)$/i.test(a.text)) && !call.args.some((a) => /^\/l$/i.test(a.text))
      ? risky(
          'robocopy-mirror',
          'robocopy /MIR or /PURGE deletes at the target what the source does not have',
          'Use /L first to see what would go',
        )
      : undefined,
  scp: (call, context) => copiesTo(call, context),
  'ssh-keygen': (call) =>
    call.args.some((a) => a.text === '-R')
      ? hit(
          'ssh-known-host',
          'high',
          'security-control-disabled',
          'ask',
          'This forgets a known host key, so that another machine could pose as it',
          'Check with its owner that the key changed',
        )
      : undefined,
  'ssh-add': (call) =>
    call.args.some((a) => a.text === '-D')
      ? hit('ssh-add-delete', 'high', 'secrets', 'ask', 'This removes all keys from the agent', 'Use ssh-add -d KEY')
      : undefined,
};

function minio(call: Call): Hit | undefined {
  const list = wordsOf(call, new Set(['C', 'config-dir']));
  const verb = list[0] ?? '';
  if (verb === 'rb' || verb === 'rm' || verb === 'undo')
    return gone(`mc-${verb}`, `mc ${verb} deletes objects or buckets`);
  if (verb === 'mirror' && call.args.some((a) => /^--(?:remove|overwrite)$/.test(a.text)))
    return risky('mc-mirror-remove', 'mc mirror --remove deletes at the target what the source does not have');
  if (verb === 'mv') return risky('mc-mv', 'mc mv deletes the source after copying');
  if (/^(?:admin|ilm|policy|anonymous|event|encrypt|retention|legalhold|version|replicate|tag|batch)$/.test(verb)) {
    const bad = list.slice(1, 4).find((w) => deedOf(w) === 'destroy' || w === 'rm');
    if (bad !== undefined)
      return gone(`mc-${verb}-${bad}`, `mc ${list.slice(0, 3).join(' ')} removes something of the store`);
    if ((verb === 'anonymous' || verb === 'policy') && list[1] === 'set')
      return hit(
        'mc-public',
        'critical',
        'network-exposure',
        'ask',
        'This changes who can read the bucket',
        'Let a person do it',
      );
  }
  return undefined;
}

/** scp or rsync whose target is a folder of the system, here or there. */
function copiesTo(call: Call, context: Context): Hit | undefined {
  const { words } = readOptions(
    call.args,
    new Set(
      'P i F o c l S J D X e rsh exclude include filter files-from bwlimit port password-file log-file chmod chown'.split(
        ' ',
      ),
    ),
  );
  const target = words.at(-1);
  if (!target || words.length < 2) return undefined;
  const colon = /^[^/:]+(?:@[^/:]+)?:(?!:)/.exec(target.text)?.[0] ?? '';
  const where = { ...target, text: target.text.slice(colon.length) };
  if (!where.text.startsWith('/')) return undefined;
  const { place, path } = locate(where, call, { cwd: colon === '' ? context.cwd : undefined });
  if (
    place === 'root' ||
    (place === 'system' &&
      /^\/(?:etc|boot|usr|bin|sbin|lib\w*|dev|proc|sys|root|system|library|var(?!\/(?:www|tmp|log)(?:\/|$)))(?:\/|$)/i.test(
        path,
      ))
  )
    return hit(
      'copy-to-system',
      'critical',
      'environment',
      'ask',
      `This writes into ${path}${colon === '' ? '' : ' of another machine'}, which belongs to the system`,
      'Copy to a folder of the application',
      about(path),
    );
  return undefined;
}
