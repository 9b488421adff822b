/** Writing what the system or a login runs or trusts: accounts, sudo, cron, SSH keys, shell profiles, start-up items. */
import { readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Context, Family, Field, Hit } from '../model.ts';
import { pathOf } from '../places.ts';

const trusted =
  /^\/(?:etc|bin|sbin|lib(?:32|64)?|usr\/(?:bin|sbin|lib(?:32|64)?|libexec))\/.+|^\/etc\/(?:passwd|shadow|group|gshadow|sudoers(?:\.d\/.*)?|ssh\/.*|pam\.d\/.*|cron.*|crontab|hosts|resolv\.conf|fstab|ld\.so\..*|environment|profile(?:\.d\/.*)?|bash\.bashrc|zshenv|systemd\/.*|init\.d\/.*|rc\.local|security\/.*|selinux\/.*|sysctl.*|apt\/sources.*|yum\.repos\.d\/.*|ssl\/.*|ca-certificates.*|docker\/daemon\.json|nsswitch\.conf|hosts\.(?:allow|deny)|modprobe.*|udev\/.*|iptables.*|nftables.*|audit\/.*|rsyslog.*)$|^\/(?:boot|usr\/lib\/systemd|lib\/systemd|var\/spool\/cron|proc\/sys|sys)\/.*|^\/proc\/sysrq-trigger$|^\/Library\/Launch(?:Daemons|Agents)\/.*|^[A-Za-z]:\/Windows\/(?:System32\/drivers\/etc|Tasks).*/i;
const own =
  /^(?:~|\/(?:home|Users)\/[^/]+|\/root)\/(?:\.ssh\/(?:authorized_keys2?|config|rc|environment)|\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|kshrc|cshrc|tcshrc|inputrc|xinitrc|xprofile|gitconfig|npmrc|pypirc)|\.config\/(?:fish\/config\.fish|autostart\/.*|systemd\/user\/.*|git\/config)|Library\/LaunchAgents\/.*)$|\/Start Menu\/Programs\/Startup\//i;
const logs = /^\/var\/log\/|^\/(?:home|root)[^\s]*\/\.(?:bash|zsh)_history$|^~\/\.(?:bash|zsh)_history$/i;

const writers = new Set([
  'tee',
  'cp',
  'mv',
  'install',
  'ln',
  'sed',
  'gsed',
  'dd',
  'sponge',
  'set-content',
  'add-content',
  'out-file',
  'copy-item',
  'move-item',
  'new-item',
  'rsync',
]);

export const persistence: Family = {
  id: 'persistence',
  programs: ['*'],
  check(call, context) {
    for (const { path, append } of call.outputs) {
      const found = judge(path, call, context, append);
      if (found) return found;
    }
    if (!writers.has(call.name)) return undefined;
    if (call.name.endsWith('sed') && !call.args.some((a) => /^-\w*i|^--in-place/.test(a.text))) return undefined;
    const { words } = readOptions(call.args, new Set(['t', 'target-directory', 'm', 'o', 'g', 'e', 'f']));
    const targets =
      call.name === 'tee' || call.name.endsWith('sed')
        ? words
        : /^(?:set-content|add-content|out-file|new-item)$/.test(call.name)
          ? words.slice(0, 1)
          : words.slice(-1);
    for (const word of targets) {
      const field = word.text.startsWith('of=') ? { ...word, text: word.text.slice(3) } : word;
      const found = judge(field, call, context, call.name !== 'ln');
      if (found) return found;
    }
    return undefined;
  },
};

function judge(field: Field, call: Call, context: Context, append: boolean): Hit | undefined {
  const path = pathOf(field, call, context);
  if (path.length > 4096) return undefined;
  if (trusted.test(path))
    return hit(
      'system-file',
      'critical',
      'security-control-disabled',
      'ask',
      `This writes ${path.slice(0, 100)}, which decides who may do what on the machine or what it runs`,
      'Let a person change it',
      about(path),
    );
  if (own.test(path))
    return hit(
      'login-file',
      'high',
      'security-control-disabled',
      'ask',
      `This writes ${path.slice(0, 100)}, which decides what runs or who gets in at every login`,
      'Let a person change it',
      about(path),
    );
  if (!append && logs.test(path))
    return hit(
      'log-delete',
      'high',
      'logging-off',
      'ask',
      `This empties ${path.slice(0, 100)}`,
      'Leave the logs to a person',
      about(path),
    );
  return undefined;
}
