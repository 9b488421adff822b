import type { Rule } from './rule.ts';

export const serverConfig: Rule = {
  id: 'server-config-weak',
  title: 'Server configured without a protection',
  tier: 'high',
  category: 'configuration',
  languages: ['nginx', 'ini'],
  references: ['CWE-16', 'CWE-548', 'CWE-319', 'CWE-441'],
  why: 'Directory listings, proxies to addresses of the caller, plain back ends and switched-off checks show or hand over more than the site is meant to.',
  remedy: 'switch it off, or fix the address',
  keywords: [
    'autoindex',
    'proxy_pass',
    'ssl_verify_client',
    'proxy_ssl_verify',
    'alias',
    'server_tokens',
    'add_header',
    'rewrite',
    'resolver',
    'ssl',
    'proxy_set_header',
    'permitrootlogin',
    'passwordauthentication',
    'permitemptypasswords',
    'bind',
    'protected',
    'requirepass',
    'anonymous_enable',
    'expose_php',
    'allow_url_include',
    'options',
    'tlsv1',
    'satisfy',
    'auth_basic',
    'host',
    'ssl_ciphers',
    'verify',
    'ignore',
  ],
  check(source, report) {
    const patterns: readonly [RegExp, string][] = [
      [/^[ \t]*autoindex\s+on\s*;/gm, 'Folder contents are listed to visitors: switch autoindex off.'],
      [
        /^[ \t]*(?:proxy_ssl_verify|ssl_verify_client)\s+off\s*;/gm,
        'Certificate check of the proxy switched off: leave it on.',
      ],
      [
        /^[ \t]*proxy_pass\s+https?:\/\/\$(?:http_|arg_|host\b|uri\b|request_uri)[^;]{0,400};/gm,
        'The caller chooses the address of the back end: use a fixed upstream.',
      ],
      [
        /^[ \t]*location\s+(?:\^~\s*)?(\/[\w-]+)\s*\{[^}]{0,400}\balias\s+[^;]+\/\s*;/gm,
        'location without a trailing slash and alias with one let callers climb a folder: end both with a slash.',
      ],
      [
        /^[ \t]*(?:return\s+30\d|rewrite\s+\S+)\s+https?:\/\/\$(?:http_host|host)\b[^;]{0,400};/gm,
        'Redirect to the host the caller sent: use $server_name.',
      ],
      [
        /^[ \t]*add_header\s+\S+\s+["']?[^;\n]{0,400}\$(?:arg_|uri\b|document_uri|http_)[^;]{0,400};/gm,
        'Header made from input of the caller: it can hold line breaks.',
      ],
      [
        /^[ \t]*ssl_ciphers\s+[^;]{0,400}(?:RC4|DES|MD5|NULL|EXPORT|aNULL)(?<!!(?:RC4|DES|3DES|MD5|NULL|EXPORT|aNULL))[^;]{0,400};/gm,
        'Broken ciphers allowed: take the modern list.',
      ],
      [
        /^[ \t]*(?:PermitRootLogin|PermitEmptyPasswords)\s+yes\b/gm,
        'Login as root or without a password allowed: forbid it.',
      ],
      [/^[ \t]*PasswordAuthentication\s+yes\b/gm, 'Login by password allowed: use keys.'],
      [/^[ \t]*protected-mode\s+no\b/gm, 'Redis without protected mode answers everyone: keep it on.'],
      [/^[ \t]*anonymous_enable\s*=\s*YES\b/gim, 'Anonymous file transfer allowed: forbid it.'],
      [/^[ \t]*allow_url_include\s*=\s*(?:On|1)\b/gim, 'Code may be included from the network: switch it off.'],
      [
        /^[ \t]*(?:default-)?server\b[^\n]{0,400}\bssl\b[^\n]{0,200}\bverify[ \t]+none\b/gm,
        'The balancer takes any certificate of its back end: verify it against a CA.',
      ],
      [/^[ \t]*ignore-scripts\s*=\s*false\b/gm, 'Scripts of every installed package run again: leave them off.'],
      [/^[ \t]*Options\s+[^\n]{0,400}\+?Indexes\b/gm, 'Folder contents are listed to visitors: take Indexes out.'],
    ];
    for (const [pattern, message] of patterns)
      for (const m of source.text.matchAll(pattern))
        report({ start: m.index + (m[0].length - m[0].trimStart().length), end: m.index + m[0].length, message });
  },
};
