import { shellWords } from './kit/shellText.ts';
import type { Rule } from './rule.ts';

const variables: readonly [string, RegExp][] = [
  ['NODE_TLS_REJECT_UNAUTHORIZED', /^0$/],
  ['NPM_CONFIG_STRICT_SSL', /^(?:false|0|no)$/i],
  ['npm_config_strict_ssl', /^(?:false|0|no)$/i],
  ['YARN_STRICT_SSL', /^(?:false|0)$/i],
  ['YARN_ENABLE_STRICT_SSL', /^(?:false|0)$/i],
  ['PIP_TRUSTED_HOST', /./],
  ['GIT_SSL_NO_VERIFY', /./],
  ['PYTHONHTTPSVERIFY', /^0$/],
  ['GONOSUMDB', /./],
  ['GONOSUMCHECK', /./],
  ['GOINSECURE', /./],
  ['GOFLAGS', /-insecure/],
  ['GOSUMDB', /^off$/],
  ['CURL_INSECURE', /^(?:1|true)$/],
  ['CONDA_SSL_VERIFY', /^(?:false|0)$/i],
  ['SSL_VERIFY', /^(?:false|0|no)$/i],
  ['ANSIBLE_HOST_KEY_CHECKING', /^(?:false|0|no)$/i],
  ['BUNDLE_SSL_VERIFY_MODE', /^0$/],
  ['AWS_CA_BUNDLE', /^$/],
  ['CARGO_HTTP_CHECK_REVOKE', /^false$/],
  ['HELM_KUBEINSECURE_SKIP_TLS_VERIFY', /^true$/],
  ['VAULT_SKIP_VERIFY', /^(?:1|true)$/i],
  ['DOCKER_CONTENT_TRUST', /^0$/],
  ['REQUESTS_CA_BUNDLE', /^$/],
  ['DEBIAN_SSL_VERIFY', /^false$/],
];

/** An address of this very machine. */
const here = /^\w{2,10}:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/;

export const buildVerificationOff: Rule = {
  id: 'build-verification-off',
  title: 'Verification of downloads switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: [
    'dockerfile',
    'shell',
    'github-actions',
    'gitlab-ci',
    'docker-compose',
    'azure-pipelines',
    'circleci',
    'dotenv',
    'jenkinsfile',
    'makefile',
    'kubernetes',
    'ini',
    'yaml',
    'ansible',
  ],
  references: ['CWE-295', 'CWE-494', 'CWE-347'],
  why: 'Packages, sources and images fetched without certificate or signature check can be replaced on the way; what is built from them then runs with all the rights of the build.',
  remedy: 'trust the private CA or key explicitly and keep the check on',
  keywords: [
    'node_tls_reject_unauthorized',
    'npm_config_strict_ssl',
    'yarn_strict_ssl',
    'yarn_enable_strict_ssl',
    'pip_trusted_host',
    'git_ssl_no_verify',
    'pythonhttpsverify',
    'strict',
    'insecure',
    'curl',
    'trusted',
    'sslverify',
    'allow',
    'allowunauthenticated',
    'allowinsecurerepositories',
    'force',
    'nogpgcheck',
    'no',
    'check',
    'gpgcheck',
    'k',
    'goinsecure',
    'gonosumcheck',
    'gonosumdb',
    'gosumdb',
    'verify',
    'untrusted',
    'sslno',
    'skip',
    'vault_skip_verify',
    'docker_content_trust',
    'ansible_host_key_checking',
    'stricthostkeychecking',
    'conda_ssl_verify',
    'ssl_verify',
    'validate_certs',
    'disable_gpg_check',
    'trustmodel',
    'cafile',
    'host_key_checking',
  ],
  check(source, report) {
    const docker = source.language === 'dockerfile';
    const add = (start: number, end: number, key: string, tier?: 'high'): void =>
      report({ start, end, key, ...(tier ? { tier } : {}) });
    const chunks: { text: string; start: number; env: boolean }[] = [];
    if (docker)
      for (const d of source.docker) {
        if (d.name === 'RUN' || d.name === 'ENV' || d.name === 'ARG')
          chunks.push({ text: d.args, start: d.argsStart, env: d.name !== 'RUN' });
      }
    else
      chunks.push({
        text: source.text,
        start: 0,
        env: /^(?:dotenv|ini|yaml|kubernetes|docker-compose|github-actions|gitlab-ci|azure-pipelines|circleci|ansible)$/.test(
          source.language,
        ),
      });
    for (const chunk of chunks) {
      for (const [name, bad] of variables) {
        for (let i = chunk.text.indexOf(name); i >= 0; i = chunk.text.indexOf(name, i + 1)) {
          if (/[\w-]/.test(chunk.text[i - 1] ?? ' ') || /[\w-]/.test(chunk.text[i + name.length] ?? ' ')) continue;
          const lineStart = chunk.text.lastIndexOf('\n', i) + 1;
          if (!docker && /^\s*(?:#|\/\/)/.test(chunk.text.slice(lineStart, i))) continue;
          const m =
            /^\s*[=:]\s*(?:'([^'\n]{0,400})'|"([^"\n]{0,400})"|([^\s;&|,}\n]{0,400}))/.exec(
              chunk.text.slice(i + name.length, i + name.length + 200),
            ) ??
            (chunk.env && docker
              ? /^\s+(?:'([^'\n]{0,400})'|"([^"\n]{0,400})"|([^\s;&|]{0,400}))/.exec(
                  chunk.text.slice(i + name.length, i + name.length + 200),
                )
              : null);
          if (!m) continue;
          const value = (m[1] ?? m[2] ?? m[3] ?? '').trim();
          if (value !== '' && bad.test(value)) add(chunk.start + i, chunk.start + i + name.length + m[0].length, name);
        }
      }
      if (!docker && /^(?:dotenv|ini)$/.test(source.language)) {
        for (const m of chunk.text.matchAll(
          /^[ \t]*(strict-ssl[ \t]*=[ \t]*false|sslVerify[ \t]*=[ \t]*false|trusted-host[ \t]*=[ \t]*\S+|sslverify[ \t]*=[ \t]*(?:0|false|no)|gpgcheck[ \t]*=[ \t]*0|repo_gpgcheck[ \t]*=[ \t]*0|ssl_verify[ \t]*:[ \t]*false|host_key_checking[ \t]*=[ \t]*false|validate_certs[ \t]*=[ \t]*(?:no|false))/gim,
        ))
          add(
            m.index + m[0].length - m[1]!.length,
            m.index + m[0].length,
            m[1]!.split(/[=:]/)[0]!.trim().toLowerCase(),
          );
        continue;
      }
      if (source.language === 'ansible' || source.language === 'yaml') {
        for (const m of chunk.text.matchAll(
          /^[ \t-]*(validate_certs|disable_gpg_check|allow_unauthenticated|insecure_registry|tls_verify|ssl_verify|gpgcheck|host_key_checking|verify_ssl)[ \t]*:[ \t]*["']?(yes|no|true|false)\b/gim,
        )) {
          const wantsTrue = /disable|allow|insecure/.test(m[1]!);
          if (wantsTrue === /yes|true/i.test(m[2]!)) add(m.index, m.index + m[0].length, m[1]!);
        }
      }
      for (const w of shellWords(chunk.text, chunk.start)) {
        const argv = w.argv;
        const head = argv[0];
        if (!head) continue;
        const has = (p: RegExp): (typeof argv)[number] | undefined => argv.find((a) => p.test(a.text));
        let flag: { start: number; end: number; text: string } | undefined;
        if (/^(?:npm|yarn|pnpm)$/.test(head.text)) {
          const at = argv.findIndex((a) => /^['"]?(?:strict-ssl|strictSsl|enableStrictSsl)\b/.test(a.text));
          const joined =
            at >= 0
              ? argv
                  .slice(at, at + 3)
                  .map((a) => a.text)
                  .join(' ')
                  .replace(/["']/g, '')
              : '';
          if (/^(?:strict-ssl|strictSsl|enableStrictSsl)(?:=|\s*=?\s+)(?:false|0)\b/.test(joined))
            add(argv[at]!.start, argv.at(-1)!.end, 'npm strict-ssl');
          flag = has(/^--(?:strict-ssl=false|no-strict-ssl|unsafe-perm(?:=true)?)$/);
          if (flag && /unsafe-perm/.test(flag.text)) {
            add(flag.start, flag.end, 'unsafe-perm', 'high');
            continue;
          }
        } else if (/^(?:pip3?|pip\d.*|uv|python3?)$/.test(head.text))
          flag = has(/^--(?:trusted-host|allow-insecure-host)/);
        else if (/^(?:curl)$/.test(head.text)) flag = has(/^(?:--insecure|-[a-zA-Z]*k[a-zA-Z]*|--proxy-insecure)$/);
        else if (head.text === 'wget') flag = has(/^--no-(?:check-certificate|hsts)$/);
        else if (/^(?:apt-get|apt|aptitude)$/.test(head.text)) {
          // Which version is taken is another question than from whom (`--allow-downgrades`).
          flag = has(
            /^--(?:allow-unauthenticated|allow-insecure-repositories|force-yes|no-allow-insecure)$|^-o?Acquire::AllowInsecure|^(?:-o)?["']?(?:Acquire::AllowInsecureRepositories|APT::Get::AllowUnauthenticated)["']?=["']?(?:1|true|yes)\b/i,
          );
          if (flag?.text === '--force-yes') {
            add(flag.start, flag.end, flag.text, 'high');
            continue;
          }
        } else if (/^(?:yum|dnf|microdnf|zypper|tdnf)$/.test(head.text))
          flag = has(/^--(?:nogpgcheck|no-gpg-checks|no-gpgcheck)$/);
        else if (head.text === 'apk') flag = has(/^--(?:allow-untrusted)$/);
        else if (head.text === 'rpm') flag = has(/^--(?:nosignature|nodigest|noverify)$/);
        else if (head.text === 'git') {
          const c = argv.findIndex((a) => /^["']?http(?:\.\S*)?\.sslVerify/i.test(a.text));
          if (c >= 0 && /false|\b0\b/i.test(`${argv[c]!.text} ${argv[c + 1]?.text ?? ''}`)) flag = argv[c];
        } else if (head.text === 'gem') flag = has(/^--(?:no-verify|trust-policy=NoSecurity)$/);
        else if (/^(?:helm|kubectl|argocd|oc)$/.test(head.text))
          flag = has(/^--insecure-skip-tls-verify(?:=true)?$/) ?? has(/^--(?:insecure)$/);
        else if (/^(?:docker|podman|skopeo|buildah)$/.test(head.text))
          flag = has(
            /^--(?:tls-verify=false|src-tls-verify=false|dest-tls-verify=false|disable-content-trust(?:=true)?)$/,
          );
        else if (/^(?:ssh|scp|sftp)$/.test(head.text)) {
          flag = has(/StrictHostKeyChecking=no/i);
          if (flag) {
            add(flag.start, flag.end, 'StrictHostKeyChecking', 'high');
            continue;
          }
        } else if (head.text === 'composer')
          flag =
            argv.some((a) => a.text === 'disable-tls') && argv.some((a) => a.text === 'true')
              ? argv.at(-1)
              : has(/^--no-secure-http$/);
        else if (head.text === 'go') flag = has(/^-insecure$/);
        else if (head.text === 'conda')
          flag =
            argv.some((a) => a.text === 'ssl_verify') && argv.some((a) => /false/i.test(a.text))
              ? argv.at(-1)
              : undefined;
        if (flag) {
          const isInsecure = head.text === 'curl' && flag.text !== '--proxy-insecure';
          // However it is written; from the machine itself to another one is a step.
          const hosts = argv.filter((a) => a.text.includes('://'));
          const isHere = hosts.length > 0 && hosts.every((a) => here.test(a.text));
          const what = isInsecure ? '-k' : flag.text.split('=')[0];
          add(flag.start, flag.end, `${head.text} ${what}${isHere ? ' here' : ''}`);
        }
      }
    }
  },
};
