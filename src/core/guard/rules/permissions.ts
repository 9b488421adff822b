/** Rights on files, users and groups. */
import { asksForHelp, hasAny, hasLong, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { About, Call, Context, Family, Hit } from '../model.ts';
import { locate } from '../places.ts';

const opened = (what: string, instead = 'Give the least that is needed, e.g. chmod u+rwX', more?: About): Hit =>
  hit('permissions-open', 'high', 'iam-permission', 'ask', what, instead, more);
const rights = (rule: string, what: string, more?: About): Hit =>
  hit(rule, 'critical', 'iam-permission', 'ask', what, 'Let a person do it', more);

export const permissions: Family = {
  id: 'permissions',
  programs: [
    'chmod',
    'gchmod',
    'chown',
    'chgrp',
    'setfacl',
    'chattr',
    'chflags',
    'setcap',
    'visudo',
    'usermod',
    'useradd',
    'adduser',
    'userdel',
    'deluser',
    'groupdel',
    'gpasswd',
    'passwd',
    'chpasswd',
    'vipw',
    'icacls',
    'cacls',
    'takeown',
    'set-acl',
    'net',
    'dscl',
    'dseditgroup',
    'sysadminctl',
    'add-localgroupmember',
    'new-localuser',
    'remove-localuser',
    'newusers',
    'chsh',
    'xattr',
    'tccutil',
    'dpkg-statoverride',
    'semanage',
    'umask',
    'ssh-copy-id',
  ],
  check(call, context) {
    if (asksForHelp(call)) return undefined;
    const { flags, words } = readOptions(call.args, new Set(['reference', 'from']));
    const recursive = flags.has('R') || hasLong(flags, 'recursive');
    switch (call.name) {
      case 'chmod':
      case 'gchmod':
        return checkChmod(call, context, recursive);
      case 'chown':
      case 'chgrp': {
        const owner = words[0]?.text ?? '';
        const system = systemTarget(call, words.slice(1), context);
        if (system !== undefined && recursive)
          return rights('chown-system', `This changes the owner of everything in ${system}`, {
            object: system,
            manner: 'whole-tree',
          });
        if (/^(?:root|0)(?::|$)/.test(owner) && call.name === 'chown')
          return opened(
            `This gives the files to root, so that ${recursive ? 'the project' : 'its owner'} can no longer change them`,
            'Give them to the user who works on them',
            { manner: 'to-root' },
          );
        return system !== undefined
          ? rights('chown-system', `This changes the owner of ${system}, which belongs to the system`, about(system))
          : undefined;
      }
      case 'setfacl':
        return recursive ||
          call.args.some((a) => /(?:^|,)(?:o|other|u|g)::?:?[r-]?w|:rwx/.test(a.text)) ||
          hasAny(flags, 'b', 'remove-all')
          ? opened('This changes who may read and write the files')
          : undefined;
      case 'chattr':
        return call.args.some((a) => /^-[a-zA-Z]*i|^-[a-zA-Z]*a$/.test(a.text) && a.text !== '-R')
          ? opened('This takes off the write protection', 'Ask why it is protected')
          : undefined;
      case 'chflags':
        return call.args.some((a) => /^no(?:schg|uchg|sappnd|uappnd)/.test(a.text))
          ? opened('This takes off the write protection', 'Ask why it is protected')
          : undefined;
      case 'ssh-copy-id':
        return flags.has('n')
          ? undefined
          : rights('login-granted', 'This lets the key log in on the other machine for good');
      case 'setcap':
        return rights('setcap', 'This gives a program rights of root');
      case 'visudo':
        return flags.has('c') ? undefined : rights('sudoers', 'This changes who may become root');
      case 'usermod':
      case 'gpasswd':
      case 'dseditgroup':
      case 'add-localgroupmember':
        return /\b(?:sudo|wheel|admin|administrators|docker|root|adm|lxd|disk)\b/i.test(
          call.args.map((a) => a.text).join(' '),
        ) ||
          flags.has('u') ||
          flags.has('U')
          ? rights('admin-group', 'This gives a user the rights of an administrator')
          : opened('This changes a user account', 'Let a person do it');
      case 'useradd':
      case 'adduser':
      case 'new-localuser':
      case 'newusers':
      case 'sysadminctl':
        return rights('user-create', 'This makes a user account');
      case 'userdel':
      case 'deluser':
      case 'groupdel':
      case 'remove-localuser':
        return rights('user-delete', 'This deletes a user account');
      case 'passwd':
      case 'chpasswd':
        return flags.has('S') ? undefined : rights('password-change', 'This changes a password');
      case 'net': {
        const list = words.map((w) => w.text.toLowerCase());
        return /^(?:user|localgroup|group)$/.test(list[0] ?? '') &&
          call.args.some((a) => /^\/(?:add|delete|active)/i.test(a.text))
          ? rights('user-change', 'This changes user accounts or their groups')
          : undefined;
      }
      case 'dscl':
        return words.some((w) => /^(?:create|append|delete|passwd|change)$/i.test(w.text)) ||
          hasAny(flags, 'create', 'append', 'delete', 'passwd')
          ? rights('user-change', 'This changes user accounts')
          : undefined;
      case 'icacls':
      case 'cacls':
      case 'set-acl':
        return call.args.some((a) => /^\/(?:grant|setowner|reset|remove|inheritance|e|p|g)/i.test(a.text)) ||
          call.name === 'set-acl'
          ? call.args.some((a) => /everyone|\*S-1-1-0|users:.*f|:\(?.*F\)?/i.test(a.text))
            ? rights('acl-open', 'This lets everyone read and change the files')
            : opened('This changes who may read and write the files')
          : undefined;
      case 'takeown':
        return rights('takeown', 'This takes over files that belong to somebody else');
      case 'xattr':
        return call.args.some((a) => /com\.apple\.quarantine/.test(a.text)) &&
          call.args.some((a) => /^-\w*[dc]/.test(a.text))
          ? hit(
              'quarantine-off',
              'high',
              'security-control-disabled',
              'ask',
              'This lets a downloaded program run unchecked',
              'Let a person open it',
            )
          : undefined;
      case 'tccutil':
        return hit(
          'privacy-reset',
          'critical',
          'security-control-disabled',
          'ask',
          'This resets privacy permissions',
          'Let a person do it',
        );
      case 'umask':
        return words[0]?.text === '000' || words[0]?.text === '0000' || words[0]?.text === '0'
          ? opened('New files will be writable by everyone')
          : undefined;
      default:
        return undefined;
    }
  },
};

function systemTarget(
  call: Call,
  words: readonly { readonly text: string; readonly dynamic: boolean; readonly quoted: boolean }[],
  context: Context,
): string | undefined {
  for (const word of words) {
    const { place, path } = locate(word, call, context);
    if (
      place === 'root' ||
      place === 'home' ||
      place === 'device' ||
      (place === 'system' &&
        !/^\/(?:var\/(?:www|lib\/\w+|log|tmp|cache|run|app)|srv|opt|home|mnt|media|run|volumes|users)\//i.test(
          `${path}/`,
        ))
    )
      return path;
  }
  return undefined;
}

function checkChmod(call: Call, context: Context, recursive: boolean): Hit | undefined {
  const words = call.args.filter((a) => !/^-(?:[Rfvcf]+|-.*)$/.test(a.text));
  const mode = words[0]?.text ?? '';
  const targets = words.slice(1);
  const system = systemTarget(call, targets, context);
  if (system !== undefined && (recursive || /7[0-7]?7$|[oa]?\+\w*w|000/.test(mode)))
    return rights(
      'chmod-system',
      `This changes the rights of ${recursive ? 'everything in ' : ''}${system}, which belongs to the system`,
      { object: system, ...(recursive ? { manner: 'whole-tree' } : {}) },
    );
  const digits = /^[0-7]{3,5}$/.test(mode) ? mode : '';
  if (digits !== '' && (Number(digits.at(-1)) & 2) !== 0)
    return opened(`chmod ${mode} lets every user of the machine change the files`);
  if (digits.length >= 4 && /[2-7]/.test(digits.at(-4)!))
    return (Number(digits.at(-4)) & 6) === 0
      ? undefined
      : rights('setuid', `chmod ${mode} lets anybody run the file with its owner's rights`);
  if (/(?:^|,)[ugoa]*[+=][rwxXt]*s/.test(mode))
    return rights('setuid', `chmod ${mode} lets anybody run the file with its owner's rights`);
  if (/(?:^|,)(?:[ug]*[oa][ugoa]*)?[+=][rxX]*w/.test(mode) && !/^(?:u|g|ug|gu)[+=]/.test(mode) && mode !== '+w')
    return opened(`chmod ${mode} lets every user of the machine change the files`);
  if (/^0{3,4}$/.test(mode) && recursive) return opened('chmod 000 locks everybody out of the files');
  if (targets.some((t) => /(?:^|\/)\.git\/hooks\//.test(t.text)) && /-[rw]*x|^[0-6]*[0246]{3}$/.test(mode))
    return hit(
      'self-protection',
      'critical',
      'security-control-disabled',
      'deny',
      'This switches off a git hook',
      'Leave the hooks as they are',
    );
  return undefined;
}
