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
  'remove-netfirewallrule': () => off('firewall-off', 'This removes a firewall rule'),
  'set-mppreference': (call) =>
    /-(?:Disable\w+\s*:?\s*(?:\$true|1)|Exclusion\w+)/i.test(line(call))
      ? off('antivirus-off', 'This switches the virus scanner off', 'deny')
      : undefined,
  'add-mppreference': () => off('antivirus-off', 'This makes the virus scanner look away', 'deny'),
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
  npm: settingOff,
  yarn: settingOff,
  pnpm: settingOff,
  pip: settingOff,
  pip3: settingOff,
  git: (call) =>
    /\bconfig\b.*\bhttp\.(?:\S+\.)?sslverify\s*=?\s*(?:false|0|no)\b/i.test(line(call)) ||
    /-c\s+http\.(?:\S+\.)?sslverify=(?:false|0|no)\b/i.test(line(call))
      ? hit(
          'tls-off',
          'high',
          'security-control-disabled',
          'ask',
          'Without this check anybody on the way can change what git fetches',
          "Install the server's certificate instead",
        )
      : undefined,
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
  programs: Object.keys(checks),
  check(call) {
    if (asksForHelp(call)) return undefined;
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
    /\bconfig\b.*\btrusted-host\b/i.test(line(call))
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
