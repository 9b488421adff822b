/** Firewalls, auditing, code signing, TLS checks: what keeps a machine and its traffic safe. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';

const off = (rule: string, what: string, decision: 'ask' | 'deny' = 'ask'): Hit =>
  hit(
    rule,
    'critical',
    'security-control-disabled',
    decision,
    what,
    'Leave it on; tell a person what it gets in the way of',
  );
const networkOff: Hit = hit(
  'network-off',
  'high',
  'environment',
  'ask',
  'This cuts the machine off from a network, perhaps from whoever could undo it',
  'Let a person do it',
);
const unlogged = (rule: string, what: string): Hit =>
  hit(rule, 'critical', 'logging-off', 'ask', what, 'Leave the logs to a person');

const checks: Readonly<
  Record<string, (call: Call, words: readonly string[], flags: ReadonlySet<string>) => Hit | undefined>
> = {
  ufw: (_, w) =>
    /^(?:disable|reset)$/.test(w[0] ?? '') || (w[0] === 'default' && w[1] === 'allow')
      ? off('firewall-off', 'This switches the firewall off')
      : /^(?:delete|allow|route)$/.test(w[0] ?? '')
        ? hit(
            'firewall-open',
            'high',
            'network-exposure',
            'ask',
            'This changes what the firewall lets through',
            'Let a person decide which ports are open',
          )
        : undefined,
  iptables,
  ip6tables: iptables,
  'iptables-legacy': iptables,
  'iptables-restore': () => off('firewall-off', 'This replaces all firewall rules'),
  nft: (_, w) =>
    /^(?:flush|delete|destroy|reset)$/.test(w[0] ?? '')
      ? off('firewall-off', 'This removes firewall rules')
      : undefined,
  'firewall-cmd': (call) =>
    call.args.some((a) =>
      /^--(?:remove-|panic-off|set-default-zone|complete-reload|add-(?:port|service|source|rich-rule))/.test(a.text),
    )
      ? off('firewall-open', 'This changes what the firewall lets through')
      : undefined,
  pfctl: (_, __, f) => (hasAny(f, 'd', 'F') ? off('firewall-off', 'This switches the packet filter off') : undefined),
  netsh: (call) =>
    /\b(?:advfirewall|firewall)\b.*\b(?:state\s+off|opmode\s+(?:mode=)?disable|reset|delete\s+rule|add\s+rule)\b/i.test(
      line(call),
    )
      ? off('firewall-off', 'This switches the firewall off or opens it')
      : undefined,
  'set-netfirewallprofile': (call) =>
    /-enabled\s*:?\s*\$?false/i.test(line(call)) ? off('firewall-off', 'This switches the firewall off') : undefined,
  'disable-netfirewallrule': () => off('firewall-off', 'This switches a firewall rule off'),
  'new-netfirewallrule': (call) =>
    /-action\s*:?\s*allow\b/i.test(line(call)) && !/-direction\s*:?\s*outbound\b/i.test(line(call))
      ? off('firewall-open', 'This lets more through the firewall')
      : undefined,
  'remove-netfirewallrule': () => off('firewall-off', 'This removes a firewall rule'),
  'set-mppreference': (call) =>
    /-(?:Disable\w+\s*:?\s*(?:\$true|1)|Exclusion\w+)/i.test(line(call))
      ? off('antivirus-off', 'This switches the virus scanner off', 'deny')
      : undefined,
  'add-mppreference': () => off('antivirus-off', 'This makes the virus scanner look away', 'deny'),
  dism: (call) =>
    /\/(?:disable-feature|remove-package|remove-capability|cleanup-image.*\/resetbase)/i.test(line(call))
      ? off('feature-removed', 'This removes a feature of the system')
      : undefined,
  'uninstall-windowsfeature': () => off('feature-removed', 'This removes a feature of the system'),
  'set-executionpolicy': (call) =>
    /\b(?:bypass|unrestricted)\b/i.test(line(call)) && !/-scope\s+process/i.test(line(call))
      ? off('execution-policy', 'This lets unsigned scripts run')
      : undefined,
  setenforce: (_, w) =>
    /^(?:0|permissive)$/i.test(w[0] ?? '') ? off('selinux-off', 'This switches SELinux off') : undefined,
  setsebool: () => off('selinux-change', 'This changes SELinux'),
  'aa-disable': () => off('apparmor-off', 'This switches AppArmor off'),
  'aa-teardown': () => off('apparmor-off', 'This switches AppArmor off'),
  'aa-complain': () => off('apparmor-off', 'This switches AppArmor off for a program'),
  csrutil: (_, w) =>
    /^(?:disable|clear|authenticated-root)$/.test(w[0] ?? '')
      ? off('sip-off', "This switches macOS's system protection off")
      : undefined,
  spctl: (call) =>
    call.args.some((a) => /^--(?:master|global)-disable$|^(?:--remove|--disable|developer-mode)$/.test(a.text))
      ? off('gatekeeper-off', 'This lets unsigned programs run')
      : undefined,
  fdesetup: (_, w) =>
    /^(?:disable|remove|removerecovery|destroy|changerecovery)$/.test(w[0] ?? '')
      ? off('encryption-off', 'This switches the encryption of the disk off')
      : undefined,
  'manage-bde': (call) =>
    /-(?:off|disable|protectors\s+-delete|forcerecovery|pause)\b/i.test(line(call))
      ? off('encryption-off', 'This switches the encryption of the disk off')
      : undefined,
  'disable-bitlocker': () => off('encryption-off', 'This switches the encryption of the disk off'),
  nvram: (call) =>
    call.args.some((a) => /boot-args|csr-active|^-[cd]$/.test(a.text))
      ? off('boot-args', 'This changes how the machine starts')
      : undefined,
  systemsetup: (call) =>
    /-set(?:remotelogin|remoteappleevents)\s+on/i.test(line(call))
      ? off('remote-on', 'This lets others log in from outside')
      : undefined,
  auditctl: (call, _, f) =>
    f.has('D') || call.args.some((a, i) => a.text === '-e' && call.args[i + 1]?.text === '0')
      ? unlogged('audit-off', 'This switches auditing off')
      : undefined,
  auditpol: (call) =>
    /\/(?:clear|remove|set\b.*disable)/i.test(line(call))
      ? unlogged('audit-off', 'This switches auditing off')
      : undefined,
  journalctl: (call) =>
    call.args.some((a) => /^--(?:vacuum-|rotate|flush)/.test(a.text) && a.text !== '--flush')
      ? unlogged('log-delete', 'This deletes logs of the system')
      : undefined,
  dmesg: (_, __, f) =>
    hasAny(f, 'C', 'clear', 'c') ? unlogged('log-delete', "This empties the kernel's log") : undefined,
  wevtutil: (_, w) =>
    /^(?:cl|clear-log|sl|set-log)$/i.test(w[0] ?? '')
      ? unlogged('log-delete', 'This empties or changes an event log')
      : undefined,
  'clear-eventlog': () => unlogged('log-delete', 'This empties an event log'),
  'remove-eventlog': () => unlogged('log-delete', 'This deletes an event log'),
  'limit-eventlog': () => unlogged('log-delete', 'This cuts an event log'),
  history: (_, __, f) =>
    hasAny(f, 'c', 'w') && f.has('c') ? unlogged('history-clear', 'This deletes the history of the shell') : undefined,
  'clear-history': () => unlogged('history-clear', 'This deletes the history of the shell'),
  sysctl: (call, _, f) =>
    f.has('w') || call.args.some((a) => a.text.includes('='))
      ? off('kernel-setting', 'This changes a setting of the running kernel')
      : undefined,
  log: (_, w) => (w[0] === 'erase' ? unlogged('log-delete', 'This deletes logs of the system') : undefined),
  reg: (call) =>
    /^(?:delete|add|import|restore)$/i.test(call.args[0]?.text ?? '')
      ? /\\(?:Policies|Windows Defender|CurrentVersion\\Run|Lsa|Services|SOFTWARE\\Microsoft)\b/i.test(line(call)) ||
        /^(?:delete|import|restore)$/i.test(call.args[0]!.text)
        ? off('registry-change', 'This changes the registry of the system')
        : undefined
      : undefined,
  modprobe: (_, __, f) =>
    hasAny(f, 'r', 'remove') ? off('kernel-module', 'This takes a module out of the kernel') : undefined,
  rmmod: () => off('kernel-module', 'This takes a module out of the kernel'),
  insmod: () => off('kernel-module', 'This puts foreign code into the kernel'),
  ip: (_, w) =>
    (w[0] === 'link' && (w.includes('down') || (w[1] ?? '').startsWith('del'))) ||
    (/^(?:r|ro|route|addr|address|rule)$/.test(w[0] ?? '') && /^(?:del|delete|flush|replace|change)$/.test(w[1] ?? ''))
      ? networkOff
      : undefined,
  ifconfig: (_, w) => (w.includes('down') ? networkOff : undefined),
  route: (_, w) => (/^(?:del|delete|flush)$/.test(w[0] ?? '') ? networkOff : undefined),
  nmcli: (_, w) =>
    /^(?:delete|del|down|off)$/.test(w[1] ?? '') || (w[0] === 'networking' && w[1] === 'off') ? networkOff : undefined,
  ifdown: () => networkOff,
  npm: settingOff,
  yarn: settingOff,
  pnpm: settingOff,
  pip: settingOff,
  pip3: settingOff,
  git: gitChecksOff,
  'update-crypto-policies': (call) =>
    /legacy/i.test(line(call)) ? off('crypto-policy', 'This allows weak cryptography') : undefined,
  security: (_, w) =>
    /^(?:authorizationdb|add-trusted-cert|delete-certificate|remove-trusted-cert|delete-identity)$/.test(w[0] ?? '')
      ? off('trust-change', 'This changes whom the system trusts')
      : undefined,
  'update-ca-certificates': (_, __, f) => (hasAny(f, 'f', 'fresh') ? undefined : undefined),
  ngrok: (_, w) => (/^(?:http|tcp|tls|start|tunnel)$/.test(w[0] ?? '') ? exposed('ngrok') : undefined),
  cloudflared: (_, w) =>
    w[0] === 'tunnel' && (w[1] === undefined || /^(?:run|--url)/.test(w[1])) ? exposed('cloudflared') : undefined,
  localtunnel: () => exposed('localtunnel'),
  lt: (call) =>
    call.args.some((a) => a.text.startsWith('--port') || a.text === '-p') ? exposed('localtunnel') : undefined,
};

/** Variables that switch a check off for everything started afterwards. */
const checksOff: readonly (readonly [RegExp, RegExp])[] = [
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, /^0$/],
  [/^PYTHONHTTPSVERIFY$/, /^0$/],
  [/^GIT_SSL_NO_VERIFY$/, /^(?!0$|false$|$)./],
  [/^(?:NPM_CONFIG|npm_config)_strict_ssl$/i, /^false$/],
  [/^(?:GONOSUMCHECK|GONOSUMDB|GOINSECURE)$|^GOFLAGS$/, /^1$|^\*$|-insecure/],
  [/^GOSUMDB$/, /^off$/],
];
const historyVariable = /^(?:HISTFILE|HISTSIZE|HISTFILESIZE|SAVEHIST|HISTCONTROL)$/;

/** `NAME=value` in front of a command, alone, and in `export`: checks and logs switched off through the environment. */
function environmentOff(call: Call): Hit | undefined {
  const pairs: [string, string][] = [...call.env];
  if (/^(?:export|declare|typeset|set|setenv|setx|local|readonly|env)$/.test(call.name))
    for (const { text } of call.args.slice(0, 64)) {
      const equals = text.indexOf('=');
      if (equals > 0) pairs.push([text.slice(0, equals), text.slice(equals + 1)]);
    }
  if (call.name === 'setx' && call.args.length >= 2) pairs.push([call.args[0]!.text, call.args[1]!.text]);
  for (const [name, value] of pairs) {
    for (const [which, what] of checksOff)
      if (which.test(name) && what.test(value))
        return hit(
          'tls-off',
          'high',
          'security-control-disabled',
          'ask',
          `${name}=${value.slice(0, 20)} lets anybody on the way read and change the traffic`,
          "Trust the server's certificate instead",
        );
    if (
      historyVariable.test(name) &&
      /^(?:|0|\/dev\/null)$/.test(value) &&
      call.env.has(name) === (call.name === ':' || call.env.has(name))
    )
      return unlogged('history-off', `${name}=${value} keeps the commands out of the shell's history`);
  }
  if (call.name === 'unset' && call.args.some((a) => historyVariable.test(a.text)))
    return unlogged('history-off', "This keeps the commands out of the shell's history");
  return call.name === 'set' && call.args[0]?.text === '+o' && call.args[1]?.text === 'history'
    ? unlogged('history-off', "This keeps the commands out of the shell's history")
    : undefined;
}

const exposed = (tool: string): Hit =>
  hit(
    'tunnel',
    'high',
    'network-exposure',
    'ask',
    `${tool} lets anybody on the internet reach this machine`,
    'Let a person open it',
  );

export const security: Family = {
  id: 'security',
  programs: [...Object.keys(checks), '*'],
  check(call) {
    if (call.env.size > 0 || /^(?:export|declare|typeset|set|setenv|setx|unset)$/.test(call.name)) {
      const found = environmentOff(call);
      if (found) return found;
    }
    if (!Object.hasOwn(checks, call.name) || asksForHelp(call)) return undefined;
    const { words, flags } = readOptions(call.args);
    return checks[call.name]?.(
      call,
      words.map((w) => w.text),
      flags,
    );
  },
};

const line = (call: Call): string =>
  call.args
    .map((a) => a.text)
    .join(' ')
    .slice(0, 4096);

function iptables(call: Call): Hit | undefined {
  const list = call.args.map((a) => a.text);
  if (list.some((t) => /^(?:-F|--flush|-X|--delete-chain|-Z|-D|--delete)$/.test(t)))
    return off('firewall-off', 'This removes firewall rules');
  if (list.some((t, i) => (t === '-P' || t === '--policy') && list[i + 2] === 'ACCEPT'))
    return off('firewall-off', 'This lets everything through the firewall');
  return list.some((t) => /^(?:-A|-I|-R|--append|--insert|--replace|-P|--policy)$/.test(t))
    ? hit(
        'firewall-change',
        'high',
        'network-exposure',
        'ask',
        'This changes what the firewall lets through',
        'Let a person do it',
      )
    : undefined;
}

function settingOff(call: Call): Hit | undefined {
  return /\bconfig\b.*\b(?:strict-ssl|enableStrictSsl)\s*[= ]\s*(?:false|0)\b/i.test(line(call)) ||
    /\bconfig\b.*\btrusted-host\b/i.test(line(call)) ||
    /\bconfig\b.*\bregistry\s*[= ]\s*http:\/\//i.test(line(call)) ||
    (/^(?:install|download|wheel)$/.test(call.args.find((a) => !a.text.startsWith('-'))?.text ?? '') &&
      /--trusted-host\b/.test(line(call)))
    ? hit(
        'tls-off',
        'high',
        'security-control-disabled',
        'ask',
        'Without this check anybody on the way can change the packages',
        "Install the server's certificate instead",
      )
    : undefined;
}

/** `git config http.sslVerify false`, `git -c http.sslVerify=false …`. */
function gitChecksOff(call: Call): Hit | undefined {
  const list = call.args.map((a) => a.text);
  const no = /^(?:false|0|no|off)$/i;
  const key = /^http\.(?:\S{1,200}\.)?sslverify$/i;
  const set = list.some((t, i) => {
    const equals = t.indexOf('=');
    return list[i - 1] === '-c' && equals > 0 && key.test(t.slice(0, equals)) && no.test(t.slice(equals + 1));
  });
  const at = list.findIndex((t) => key.test(t));
  return set || (list.includes('config') && list.indexOf('config') < at && no.test(list[at + 1] ?? ''))
    ? hit(
        'tls-off',
        'high',
        'security-control-disabled',
        'ask',
        'Without this check anybody on the way can change what git fetches',
        "Install the server's certificate instead",
      )
    : undefined;
}
