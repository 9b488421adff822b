import { weighedByPlace } from './kit/besideTests.ts';
import type { Language } from '../languages/detect.ts';
import { ownerOf, pathOf, walk } from '../languages/treeNode.ts';
import type { Source } from '../languages/source.ts';
import type { Hit, Rule } from './rule.ts';

interface Setting {
  readonly languages: readonly Language[];
  /** Of the file, where names alone would be said of other things, too. */
  readonly path?: RegExp;
  readonly pattern: RegExp;
  readonly message: string;
  readonly tier?: 'critical' | 'medium';
  /** What it is there, where that weighs less. */
  readonly weigh?: (source: Source, line: number) => Weight | undefined;
  /** In YAML the parts of the name stand below each other: the pattern is asked about `a.b.c=value` there. */
  readonly isDotted?: true;
}

interface Weight {
  readonly tier: 'high' | 'medium';
  readonly message: string;
}

const conf: readonly Language[] = ['nginx', 'ini'];
const ini: readonly Language[] = ['ini'];
const props: readonly Language[] = ['properties', 'yaml', 'ini'];
const ssh = /sshd?[_/.]?config|\.ssh\/config|ssh/i;
const postgres = /postgres|pgsql|pg_/i;
const mysql = /my[^/]*\.cnf$|mysql|mariadb|\.cnf$/i;
const redis = /redis|valkey|keydb/i;

const settings: readonly Setting[] = [
  // nginx
  {
    languages: conf,
    pattern: /^[ \t]*autoindex\s+on\s*;/gm,
    message: 'Folder contents are listed to visitors: switch autoindex off.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*(?:(?:proxy|grpc|uwsgi)_ssl_verify\s+off|ssl_verify_client\s+(?:off|optional_no_ca))\s*;/gm,
    message: 'Certificate check switched off or made optional: leave it on.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*proxy_pass\s+https?:\/\/\$(?:http_|arg_|host\b|uri\b|request_uri)[^;]{0,400};/gm,
    message: 'The caller chooses the address of the back end: use a fixed upstream.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*location\s+(?:\^~\s*)?(\/[\w-]+)\s*\{[^}]{0,400}\balias\s+[^;]+\/\s*;/gm,
    message: 'location without a trailing slash and alias with one let callers climb a folder: end both with a slash.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*(?:return\s+30\d|rewrite\s+\S+)\s+(?:https?:\/\/\$http_host|http:\/\/\$host)\b[^;]{0,400};/gm,
    message: 'Redirect to the host the caller sent: use $server_name.',
  },
  {
    // The usual way to https.
    languages: conf,
    pattern: /^[ \t]*(?:return\s+30\d|rewrite\s+\S+)\s+https:\/\/\$host\b[^;]{0,400};/gm,
    message: 'Redirect to the host the caller sent: use $server_name, where the server answers to any name.',
    tier: 'medium',
  },
  {
    languages: conf,
    pattern: /^[ \t]*proxy_pass\s+(?:\$scheme:|https?:\/\/\$[1-9]\b)[^;]{0,400};/gm,
    message: 'The caller chooses the address or scheme of the back end: use a fixed upstream.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*proxy_set_header\s+Host\s+["']?\$http_host\b[^;]{0,100};/gim,
    message: 'The back end is told whatever name the caller sent: use $host.',
    tier: 'medium',
  },
  {
    languages: conf,
    pattern: /^[ \t]*rewrite\s+\S{1,400}\s+http:\/\/(?!localhost|127\.)[^;]{1,400};/gm,
    message: 'Visitors are sent to an unencrypted page: use https.',
    tier: 'medium',
  },
  {
    languages: conf,
    pattern: /^[ \t]*server_tokens\s+on\s*;/gm,
    message: 'Every answer tells the version of the server: switch server_tokens off.',
    tier: 'medium',
  },
  {
    languages: conf,
    pattern: /^[ \t]*add_header\s+\S+\s+["']?[^;\n]{0,400}\$(?:arg_|uri\b|document_uri|http_)[^;]{0,400};/gm,
    message: 'Header made from input of the caller: it can hold line breaks.',
  },
  {
    languages: conf,
    pattern:
      /^[ \t]*ssl_ciphers\s+[^;]{0,400}(?:RC4|DES|MD5|NULL|EXPORT|aNULL)(?<!!(?:RC4|DES|3DES|MD5|NULL|EXPORT|aNULL))[^;]{0,400};/gm,
    message: 'Broken ciphers allowed: take the modern list.',
  },
  {
    languages: conf,
    pattern:
      /^[ \t]*(?:ssl|proxy_ssl|grpc_ssl)_protocols\s+[^;\n]{0,80}?\b(?:SSLv[23]|TLSv1(?:\.1)?)(?![.\d])[^;\n]{0,80};/gm,
    message: 'Withdrawn TLS versions allowed: keep TLSv1.2 and TLSv1.3.',
  },
  {
    languages: conf,
    pattern:
      /^[ \t]*location[^{\n]{0,120}\{\s*auth_(?:basic|request|jwt)\s+off\s*;|^[ \t]*auth_(?:basic|request|jwt)\s+off\s*;/gm,
    message: 'This place answers without a login: keep it behind one, or serve nothing there that needs it.',
  },
  {
    languages: conf,
    pattern: /^[^\n#]{0,120}\ballow\s+all\s*;/gm,
    message: 'Everybody may come in here: list the networks, and deny all others.',
  },
  {
    languages: conf,
    pattern: /^[ \t]*(?:merge_slashes|server_name_in_redirect|chunked_transfer_encoding_check|modsecurity)\s+off\s*;/gm,
    message: 'A protection of the web server is switched off: leave it on.',
  },
  // Apache
  {
    languages: ini,
    pattern: /^[ \t]*Options\s+[^\n]{0,400}\+?(?<!-)Indexes\b/gm,
    message: 'Folder contents are listed to visitors: take Indexes out.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*SSL(?:Proxy)?Protocol\s+(?:all\s*$|[^\n]{0,120}(?<!-)(?:SSLv[23]|TLSv1(?:\.1)?)(?![.\d]))/gm,
    message: 'Withdrawn TLS versions allowed: write `-all +TLSv1.2 +TLSv1.3`.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?:SSLVerifyClient\s+(?:none|optional_no_ca)|SSLProxyVerify\s+none|SSLProxyCheckPeer(?:CN|Name|Expire)\s+off|SSLInsecureRenegotiation\s+on|SSLHonorCipherOrder\s+off)\b/gm,
    message: 'A check of the TLS connection is switched off: leave it on.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?:TraceEnable\s+(?:on|extended)|ProxyRequests\s+on|Satisfy\s+any|SecRuleEngine\s+(?:Off|DetectionOnly))\s*$/gim,
    message: 'The web server answers more than it is meant to: name who may, and leave the protection on.',
  },
  // SSH
  {
    languages: ini,
    pattern: /^[ \t]*(?:PermitRootLogin|PermitEmptyPasswords)\s+yes\b/gm,
    message: 'Login as root or without a password allowed: forbid it.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*PasswordAuthentication\s+yes\b/gm,
    message: 'Login by password allowed: use keys.',
  },
  {
    languages: ini,
    path: ssh,
    pattern:
      /^[ \t]*(?:StrictModes\s+no|HostbasedAuthentication\s+yes|IgnoreRhosts\s+no|PermitUserEnvironment\s+yes|UsePAM\s+no|PubkeyAuthentication\s+no|UsePrivilegeSeparation\s+no|PermitTunnel\s+yes|GatewayPorts\s+yes|Protocol\s+1)\b/gim,
    message: 'A protection of the remote login is switched off: leave it at its default.',
  },
  {
    languages: ini,
    path: ssh,
    pattern:
      /^[ \t]*(?:Ciphers|MACs|KexAlgorithms|HostKeyAlgorithms)\s+(?![-^])[^\n]{0,400}(?:-cbc\b|arcfour|blowfish|3des|hmac-md5|hmac-sha1-96|diffie-hellman-group1-sha1|ssh-dss)/gim,
    message: 'Broken ciphers allowed for remote logins: take them out of the list.',
  },
  {
    languages: ini,
    path: ssh,
    pattern: /^[ \t]*(?:StrictHostKeyChecking\s+(?:no|off)|UserKnownHostsFile\s+\/dev\/null|ForwardAgent\s+yes)\b/gim,
    message: 'The other end is not checked, or gets the use of your keys: check host keys, and forward no agent.',
  },
  // Databases
  {
    languages: ini,
    pattern: /^[ \t]*(?:local|host(?:no)?(?:ssl|gssenc)?)[ \t]+\S+[ \t]+\S+[ \t]+(?:\S+[ \t]+){0,2}trust\b/gm,
    message: 'Everybody who reaches the port is let in without a password: use scram-sha-256.',
    tier: 'critical',
  },
  {
    languages: ini,
    pattern: /^[ \t]*host(?:no)?(?:ssl|gssenc)?[ \t]+\S+[ \t]+\S+[ \t]+(?:\S+[ \t]+){1,2}(?:password|md5|ident)\b/gm,
    message: 'Passwords are sent in clear or as a weak hash: use scram-sha-256.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*host(?:no)?(?:ssl|gssenc)?[ \t]+\S+[ \t]+\S+[ \t]+(?:0\.0\.0\.0\/0|::\/0|all)[ \t]+(?!reject)\w/gm,
    message: 'Every address may log in to the database: name the networks.',
    tier: 'critical',
  },
  {
    languages: ini,
    path: postgres,
    pattern:
      /^[ \t]*(?:ssl[ \t]*=[ \t]*'?(?:off|false|no|0)'?|password_encryption[ \t]*=[ \t]*'?md5'?|listen_addresses[ \t]*=[ \t]*'(?:\*|0\.0\.0\.0)'|(?:fsync|full_page_writes|log_connections|row_security|data_checksums)[ \t]*=[ \t]*'?(?:off|false|no|0)'?|ssl_min_protocol_version[ \t]*=[ \t]*'?TLSv1(?:\.1)?'?)(?![\w.])/gim,
    message: 'The database runs without a protection of connections or data: leave it on.',
  },
  {
    languages: ini,
    path: mysql,
    pattern:
      /^[ \t]*(?:skip[-_](?:grant[-_]tables|ssl|networking[ \t]*=[ \t]*(?:0|off))|bind[-_]address[ \t]*=[ \t]*(?:0\.0\.0\.0|\*|::)|require_secure_transport[ \t]*=[ \t]*(?:off|0|false)|local[-_]infile[ \t]*=[ \t]*(?:1|on|true)|secure[-_]file[-_]priv[ \t]*=[ \t]*(?:""|'')?[ \t]*$|old_passwords[ \t]*=[ \t]*1|(?:innodb_checksum_algorithm[ \t]*=[ \t]*none|sync_binlog[ \t]*=[ \t]*0))/gim,
    message: 'The database runs without a protection of logins or files: leave it on.',
    tier: 'critical',
  },
  {
    languages: ini,
    pattern: /^[ \t]*protected-mode\s+no\b/gm,
    message: 'Redis without protected mode answers everyone: keep it on.',
  },
  {
    languages: ini,
    path: redis,
    pattern:
      /^[ \t]*(?:bind\s+(?:\S+\s+)?(?:0\.0\.0\.0|\*|::\*?)(?=\s|$)|enable-(?:debug-command|module-command|protected-configs)\s+yes|tls-auth-clients\s+no|requirepass\s+(?:""|'')|user\s+default\s+on\s+nopass)/gim,
    message: 'The store answers more callers or commands than it should: bind to inner addresses and keep the limits.',
  },
  {
    languages: [...ini, 'yaml'],
    pattern:
      /^[ \t]*(?:authorization:[ \t]*["']?disabled|(?:allowInvalid(?:Certificates|Hostnames)|weakCertificateValidation|allowConnectionsWithoutCertificates):[ \t]*true|mode:[ \t]*(?:disabled|allowTLS|allowSSL))\b/gm,
    path: /mongo/i,
    message: 'The database lets callers in without a login or a certificate: switch the check on.',
    tier: 'critical',
  },
  {
    languages: [...ini, 'yaml'],
    path: /mongo/i,
    pattern: /^[ \t]*(?:bindIp:[ \t]*["']?(?:0\.0\.0\.0|::,0\.0\.0\.0)|bindIpAll:[ \t]*true)/gm,
    message: 'The database listens on every interface: bind it to inner addresses.',
  },
  {
    languages: ['yaml', 'kubernetes', 'helm', 'docker-compose', 'properties', 'dotenv'],
    pattern:
      /(?:xpack\.security(?:\.(?:http|transport)\.ssl)?\.enabled|plugins\.security\.ssl\.http\.enabled|searchguard\.ssl\.http\.enabled)["']?[ \t]*[:=][ \t]*["']?false\b|(?:plugins\.security\.disabled|DISABLE_SECURITY_PLUGIN)["']?[ \t]*[:=][ \t]*["']?true\b/g,
    message: 'The search engine answers without login or encryption: leave its security on.',
    tier: 'critical',
  },
  // Brokers
  {
    languages: props,
    pattern:
      /^[ \t]*(?:security\.inter\.broker\.protocol[ \t]*=[ \t]*(?:PLAINTEXT|SASL_PLAINTEXT)|ssl\.client\.auth[ \t]*=[ \t]*(?:none|requested)|allow\.everyone\.if\.no\.acl\.found[ \t]*=[ \t]*true|ssl\.endpoint\.identification\.algorithm[ \t]*=[ \t]*$|security\.protocol[ \t]*=[ \t]*(?:PLAINTEXT|SASL_PLAINTEXT)\b|loopback_users(?:\.guest)?[ \t]*=[ \t]*(?:none|false)|allow_anonymous[ \t]+true)/gm,
    message: 'The broker takes callers without encryption, certificate or rights: leave the check on.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*allow_anonymous[ \t]+true\b/gm,
    message: 'The broker lets anybody in: ask for a login.',
  },
  // Files and rights of a machine
  {
    languages: ini,
    pattern: /^[ \t]*anonymous_enable\s*=\s*YES\b/gim,
    message: 'Anonymous file transfer allowed: forbid it.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?!#)[^\n#=]{1,120}=[^\n#]{0,80}\bNOPASSWD[ \t]*:[ \t]*(?:ALL|\/bin\/(?:ba)?sh|\/usr\/bin\/(?:vim?|less|find|python\d?|env))\b|^[ \t]*Defaults[ \t]+(?:[^\n]{0,80},[ \t]*)?!(?:authenticate|env_reset|use_pty|requiretty)\b/gm,
    path: /sudoers/,
    message: 'Everything may be done as root without a password: list the commands.',
    tier: 'critical',
  },
  {
    languages: ini,
    path: /exports/,
    pattern: /^[ \t]*\/[^\n#]{0,200}(?:\bno_root_squash\b|[ \t]\*\()/gm,
    message: 'The folder is offered to every machine, or to root there: name the machines and squash root.',
  },
  {
    languages: ini,
    path: /smb|samba/i,
    pattern:
      /^[ \t]*(?:guest ok|public|null passwords)[ \t]*=[ \t]*yes\b|^[ \t]*map to guest[ \t]*=[ \t]*bad (?:user|password)\b|^[ \t]*(?:server|client) min protocol[ \t]*=[ \t]*(?:NT1|LANMAN\d?|CORE)\b|^[ \t]*smb encrypt[ \t]*=[ \t]*(?:off|disabled)\b/gim,
    message: 'Guests or withdrawn protocols may read the share: ask for a login and SMB 3.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?:kernel\.randomize_va_space[ \t]*=[ \t]*[01]|kernel\.(?:kptr_restrict|dmesg_restrict|yama\.ptrace_scope)[ \t]*=[ \t]*0|net\.ipv4\.(?:tcp_syncookies|conf\.\w+\.rp_filter)[ \t]*=[ \t]*0|net\.ipv[46]\.conf\.\w+\.accept_(?:redirects|source_route)[ \t]*=[ \t]*1|fs\.(?:suid_dumpable[ \t]*=[ \t]*[12]|protected_(?:hardlinks|symlinks)[ \t]*=[ \t]*0))\s*$/gm,
    message: 'A protection of the kernel is switched off: leave it on.',
  },
  {
    languages: ini,
    path: /\.(?:service|socket)$/,
    pattern:
      /^[ \t]*(?:User[ \t]*=[ \t]*(?:root|0)|(?:NoNewPrivileges|PrivateTmp|PrivateDevices|ProtectHome|ProtectSystem|ProtectKernel\w+|ProtectControlGroups|RestrictSUIDSGID|MemoryDenyWriteExecute|LockPersonality|DynamicUser)[ \t]*=[ \t]*(?:false|no|off|0)|(?:AmbientCapabilities|CapabilityBoundingSet)[ \t]*=[^\n]{0,200}CAP_(?:SYS_ADMIN|SYS_MODULE|SYS_PTRACE|DAC_OVERRIDE|SYS_RAWIO)|ListenStream[ \t]*=[ \t]*0\.0\.0\.0:)\b/gm,
    message: 'The service runs with more rights than it needs: give it a user of its own and keep its limits.',
  },
  // PHP, ASP.NET, Java
  {
    languages: ini,
    pattern: /^[ \t]*allow_url_include\s*=\s*(?:On|1)\b/gim,
    message: 'Code may be included from the network: switch it off.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?:(?:session\.cookie_(?:httponly|secure)|session\.use_strict_mode|session\.use_only_cookies)[ \t]*=[ \t]*(?:0|Off|false)\b|(?:register_globals|enable_dl)[ \t]*=[ \t]*(?:On|1)\b|(?:disable_functions|open_basedir)[ \t]*=[ \t]*(?:""|none)?[ \t]*$)/gim,
    path: /php|\.user\.ini$|fpm/i,
    message: 'A protection of PHP is switched off: leave it on.',
  },
  {
    languages: ['xml'],
    pattern:
      /<directoryBrowse\b[^>]{0,200}\benabled\s*=\s*"true"|<httpCookies\b[^>]{0,200}\b(?:requireSSL|httpOnlyCookies)\s*=\s*"false"|<trace\b[^>]{0,200}\benabled\s*=\s*"true"|<pages\b[^>]{0,200}\b(?:validateRequest|enableEventValidation)\s*=\s*"false"|<forms\b[^>]{0,300}\brequireSSL\s*=\s*"false"|<httpRuntime\b[^>]{0,300}\benableHeaderChecking\s*=\s*"false"|<param-name>\s*listings\s*<\/param-name>\s*<param-value>\s*true/g,
    message: 'A protection of the web application is switched off: leave it on.',
  },
  {
    languages: ['xml'],
    pattern: /<user\b[^>\n]{0,200}\bpassword="(?![{$@])[^"\n]{1,100}"[^>\n]{0,200}\broles="[^"\n]{0,200}manager/g,
    message: 'A login for the administration of the server with its password in the file: keep users elsewhere.',
    tier: 'critical',
  },
  {
    languages: props,
    pattern:
      /^[ \t]*(?:server\.ssl\.enabled|spring\.security\.enabled|security\.basic\.enabled|management\.security\.enabled|server\.servlet\.session\.cookie\.(?:secure|http-only))[ \t]*[=:][ \t]*false\b|^[ \t]*(?:spring\.h2\.console\.(?:enabled|settings\.web-allow-others)|management\.endpoint\.shutdown\.enabled|spring\.devtools\.remote\.secret|quarkus\.swagger-ui\.always-include|spring\.jackson\.default-typing)[ \t]*[=:][ \t]*true\b|^[ \t]*server\.error\.include-(?:stacktrace|exception)[ \t]*[=:][ \t]*(?:always|on_trace_param|true)\b/gm,
    isDotted: true,
    message: 'Visitors get at consoles, stack traces or unencrypted pages: leave the default.',
  },
  {
    languages: props,
    pattern:
      /^[ \t]*spring\.jpa\.hibernate\.ddl-auto[ \t]*[=:][ \t]*(?:create|create-drop)\b|^[ \t]*hibernate\.hbm2ddl\.auto[ \t]*[=:][ \t]*(?:create|create-drop)\b|^[ \t]*spring\.flyway\.clean-disabled[ \t]*[=:][ \t]*false\b/gm,
    isDotted: true,
    message: 'The tables are dropped and made anew at every start: use migrations, and `validate` here.',
    tier: 'critical',
  },
  // Proxies and tools
  {
    languages: ['yaml', 'toml'],
    path: /traefik/i,
    isDotted: true,
    pattern: /^api\.(?:insecure|debug)[ \t]*[=:][ \t]*true\b/gm,
    message: 'The panel of the proxy is open to everybody who reaches it: put a login before it.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*(?:default-)?server\b[^\n]{0,400}\bssl\b[^\n]{0,200}\bverify[ \t]+none\b/gm,
    message: 'The balancer takes any certificate of its back end: verify it against a CA.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*(?:bind|server|ssl-default-(?:bind|server)-options)\b[^\n]{0,300}\b(?:ssl-min-ver[ \t]+(?:SSLv3|TLSv1\.[01])|force-(?:sslv3|tlsv1[01]))\b/gm,
    message: 'Withdrawn TLS versions allowed: ask for TLSv1.2.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*stats[ \t]+admin[ \t]+if[ \t]+TRUE\b/gm,
    message: 'Everybody who sees the statistics may switch servers off: ask for a login.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*tls_insecure_skip_verify\b/gm,
    message: 'The proxy takes any certificate of its back end: trust its CA.',
  },
  {
    languages: ini,
    pattern:
      /^[ \t]*\[auth\.anonymous\][ \t]*\n(?:[ \t]*(?:[;#][^\n]{0,300}|(?!enabled)[^\n[]{0,300})?\n){0,20}[ \t]*enabled[ \t]*=[ \t]*true\b/gm,
    message: 'Everybody may look in without a login: switch anonymous access off.',
  },
  {
    languages: ini,
    pattern: /^[ \t]*ignore-scripts\s*=\s*false\b/gm,
    message: 'Scripts of every installed package run again: leave them off.',
  },
  {
    languages: ['yaml', 'ini', 'kubernetes', 'helm', 'toml', 'docker-compose'],
    pattern:
      /^[ \t-]*(?:insecure_?skip_?verify|tls_?insecure|insecureSkipTLSVerify|insecure_skip_tls_verify|tls_skip_verify|skip_tls_verify|sslVerifyDisabled)["']?[ \t]*[:=][ \t]*["']?true\b|\btrust_chain_verification[ \t]*:[ \t]*ACCEPT_UNTRUSTED\b/gim,
    message: 'Any certificate is taken: trust the private CA instead.',
    tier: 'critical',
    weigh: ofScrape,
  },
  {
    languages: ['terraform'],
    path: /vault|consul|nomad/i,
    pattern:
      /^[ \t]*(?:tls_disable|disable_mlock|enable_unauthenticated_metrics|raw_storage_endpoint)[ \t]*=[ \t]*"?(?:1|true)"?/gm,
    message: 'The secret store runs without a protection: leave it on.',
    tier: 'critical',
  },
];

/** What reads measurements, by the key or the kind of what it stands in. */
const scrapes =
  /^[ \t-]*["']?(?:pod_?monitors?|service_?monitors?|scrape_?configs?|additional_?scrape_?configs?|additionalPodMonitors|additionalServiceMonitors|podMetricsEndpoints)["']?[ \t]*:[ \t]*(?:#.*|\|[-+]?)?$/i;
/** What is sent along that is good for more than measurements. */
const credential =
  /^[ \t-]*["']?(?:basic_?auth|oauth2|username|password\w*|credentials\w*|authorization|bearer_?token\w*|token|client_?secret|secret_?(?:key|access_?key)|access_?key|api_?key|(?:http_)?headers)["']?[ \t]*:[ \t]*(?!\{\}|null|""|''|#)/i;
const maxLines = 300;

/** A certificate that is not checked where measurements are read: nothing is handed over, unless a login stands beside it. */
function ofScrape({ lines, language }: Source, line: number): Weight | undefined {
  if (!/^(?:yaml|kubernetes|helm)$/.test(language)) return undefined;
  let indent = indentOf(lines[line - 1]!);
  for (let l = line - 1; l > 0 && l > line - maxLines && indent > 0; l--) {
    const text = lines[l - 1]!;
    if (/^\s*(?:#|$)/.test(text)) continue;
    const own = indentOf(text);
    if (own >= indent) continue;
    // What writes elsewhere, or tells others, may stand below a monitor's own key.
    if (/remote|alert|hook|oauth|oidc|ldap/i.test(text)) return undefined;
    if (scrapes.test(text) || (/^\s*endpoints:\s*$/.test(text) && isMonitor(lines, l)))
      return { tier: hasLogin(lines, l, own) ? 'high' : 'medium', message: ofMetrics };
    indent = own;
  }
  return undefined;
}
const ofMetrics =
  'Whoever answers for what is measured is believed, as its certificate is not checked: give the scrape the CA.';
const indentOf = (text: string): number => /^\s*(?:- *)?/.exec(text)![0].length;

/** Whether the document around a line is one of a monitor. */
function isMonitor(lines: readonly string[], line: number): boolean {
  for (const step of [-1, 1])
    for (let l = line; lines[l - 1] !== undefined && Math.abs(l - line) < maxLines; l += step) {
      if (lines[l - 1]!.startsWith('---')) break;
      if (/^kind:\s*ServiceMonitor\s*$/.test(lines[l - 1]!)) return true;
    }
  return false;
}

/** Whether a block holds a login. */
function hasLogin(lines: readonly string[], head: number, indent: number): boolean {
  for (let l = head; l < lines.length && l < head + maxLines; l++) {
    const text = lines[l]!;
    if (/^\s*(?:#|$)/.test(text)) continue;
    if (indentOf(text) <= indent) return false;
    if (credential.test(text)) return true;
  }
  return lines.length >= head + maxLines;
}

/** Settings of Docker's own service, in JSON. */
function dockerDaemon(source: Source, report: (hit: Hit) => void): void {
  for (const root of source.tree)
    for (const n of walk(root)) {
      if (n.kind !== 'scalar') continue;
      const owner = ownerOf(n);
      const hit = { start: n.start, end: n.end, key: `${owner}=${n.value}` };
      if (owner === 'hosts' && n.value.startsWith('tcp://') && !/^tcp:\/\/(?:127\.|localhost)/.test(n.value))
        report({
          ...hit,
          tier: 'critical',
          message:
            'Whoever reaches the port of the Docker service is root on the machine: use ssh or TLS with client certificates.',
        });
      else if (owner === 'insecure-registries')
        report({ ...hit, message: 'Images come over an unchecked connection: give the registry a certificate.' });
      else if (
        (/^(?:no-new-privileges|tls|tlsverify|selinux-enabled|icc-disabled)$/.test(owner) && n.value === 'false') ||
        (owner === 'seccomp-profile' && n.value === 'unconfined')
      )
        report({ ...hit, message: 'A limit of all containers is lifted: leave it on.' });
    }
}

const dottedNames = new WeakMap<Source, readonly { text: string; start: number; end: number }[]>();

/** `a: { b: c }` as `a.b=c`. */
function dotted(source: Source): readonly { text: string; start: number; end: number }[] {
  let found = dottedNames.get(source);
  if (found) return found;
  found = source.tree.flatMap((root) =>
    [...walk(root)].flatMap((n) =>
      n.kind === 'scalar' && n.key !== ''
        ? [{ text: `${pathOf(n).join('.')}=${n.value}`, start: n.start, end: n.end }]
        : [],
    ),
  );
  dottedNames.set(source, found);
  return found;
}

export const serverConfig: Rule = {
  id: 'server-config-weak',
  title: 'Server configured without a protection',
  tier: 'high',
  category: 'configuration',
  languages: [
    'nginx',
    'ini',
    'xml',
    'properties',
    'yaml',
    'json',
    'toml',
    'terraform',
    'kubernetes',
    'helm',
    'docker-compose',
    'dotenv',
  ],
  references: ['CWE-16', 'CWE-548', 'CWE-319', 'CWE-441'],
  why: 'Directory listings, logins without a password, proxies to addresses of the caller, plain back ends and switched-off checks show or hand over more than the machine is meant to.',
  remedy: 'switch it off, or fix the address',
  keywords: [],
  check(source, tell) {
    const report = weighedByPlace(source, tell);
    if (source.language === 'json') {
      if (/(?:^|\/)daemon\.json$/.test(source.path)) dockerDaemon(source, report);
      return;
    }
    for (const { languages, path, pattern, message, tier, isDotted, weigh } of settings) {
      if (!languages.includes(source.language) || (path && !path.test(source.path))) continue;
      if (isDotted && source.language === 'yaml') {
        for (const n of dotted(source))
          if (n.text.search(pattern) === 0)
            report({ start: n.start, end: n.end, key: n.text, message, ...(tier ? { tier } : {}) });
        continue;
      }
      for (const m of source.text.matchAll(pattern)) {
        const start = m.index + (m[0].length - m[0].trimStart().length);
        if (/^(?:#|\/\/|;)/.test(m[0].trimStart())) continue;
        report({
          start,
          end: m.index + m[0].length,
          message,
          ...(tier ? { tier } : {}),
          ...weigh?.(source, source.lineAt(start)),
        });
      }
    }
  },
  fix(text) {
    const newText = text
      .replace(/^(autoindex\s+)on(?=\s*;)/, '$1off')
      .replace(/^(StrictHostKeyChecking\s+)(?:no|off)$/i, '$1yes')
      .replace(/^(protected-mode\s+)no$/, '$1yes')
      .replace(/^(TraceEnable\s+)(?:on|extended)$/i, '$1off')
      .replace(
        /^((?:NoNewPrivileges|PrivateTmp|ProtectHome|ProtectKernel\w+|RestrictSUIDSGID)\s*=\s*)(?:false|no|off|0)$/,
        '$1true',
      );
    return newText === text ? undefined : { title: 'Keep the protection', newText };
  },
};
