import { code, type Code } from './kit/code.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

const settings = 'tls.Config:';
/** What is said of Go's settings that leave the version to the language. */
export const withoutMinimum = 'TLS settings without a minimum version: set MinVersion to tls.VersionTLS12 or newer.';

export const tlsVersionWeak: Rule = {
  id: 'tls-version-weak',
  title: 'Outdated TLS version or plain transport',
  tier: 'high',
  category: 'encryption-off',
  languages: [...codeLanguages, 'nginx', 'ini', 'properties', 'yaml'],
  references: ['CWE-326', 'CWE-319', 'RFC 8996'],
  why: 'SSL 3, TLS 1.0 and 1.1 are withdrawn, and protocols without TLS show passwords and data to everyone on the way.',
  remedy: 'ask for TLS 1.2 or newer, and use the encrypted form of the protocol',
  keywords: [
    'defaulthttpclient',
    'ciphersuites',
    'tlsversion',
    'set_min_proto_version',
    'minimum_version',
    'sslversion',
    'sslprotocols',
    'newserver',
    'curlopt_sslversion',
    'curl_sslversion_tlsv1',
    'stream_crypto_method_tlsv1_0_client',
    'stream_crypto_method_any_client',
    'tls_rsa_with_rc4_128_sha',
    'tls_rsa_with_3des_ede_cbc_sha',
    'tls',
    'protocol_sslv2',
    'protocol_sslv3',
    'protocol_sslv23',
    'protocol_tlsv1',
    'protocol_tlsv1_1',
    'sslv2_method',
    'sslv3_method',
    'tlsv1_method',
    'tlsv1_1_method',
    'minversion',
    'versiontls10',
    'versiontls11',
    'versionssl30',
    'secureprotocol',
    'ssl_version',
    'sslcontext',
    'securityprotocol',
    'ssl_protocols',
    'ftp',
    'ftplib',
    'telnetlib',
    'telnet',
    'insecure',
    'insecure_channel',
    'withinsecure',
    'createinsecure',
    'add_insecure_port',
    'useplaintext',
    'tls_min',
    'grpc',
    'maxversion',
    'starttls',
    'paramiko',
    'autoaddpolicy',
    'warningpolicy',
    'insecureignorehostkey',
    'sslmode',
    'listenandserve',
    'protocolversion',
    'tlsv1',
    'sslv3',
    'wrap_socket',
    'set_missing_host_key_policy',
    'snmpdata',
    'communitydata',
    'usmuserdata',
    'ssl_enabled',
    'setenabledprotocols',
    'require_encryption',
  ],
  // Settings that were without a minimum before stay what they are with another field.
  isSame: (old, now) => old.key.startsWith(settings) && now.key.startsWith(settings),
  check(source, report) {
    const { text } = source;
    for (const m of text.matchAll(
      /\bssl\.PROTOCOL_(?:SSLv2|SSLv3|SSLv23|TLSv1|TLSv1_1)\b|\bSSL\.(?:SSLv2|SSLv3|SSLv23|TLSv1|TLSv1_1)_METHOD\b|\btls\.VersionSSL30\b|\bMinVersion\s*:\s*(?:tls\.VersionTLS1[01]\b|0x0?30[0-2]\b)|\bsecureProtocol\s*:\s*["'](?:SSLv[23]|TLSv1(?:_1)?)_(?:client_|server_)?method["']|\b(?:minVersion|maxVersion)\s*:\s*["'](?:TLSv1|TLSv1\.1|SSLv3)["']|\bSSLContext\.getInstance\(\s*["'](?:SSL|SSLv[23]|TLSv1(?:\.1)?)["']|\bSecurityProtocolType\.(?:Ssl3|Tls|Tls11)\b|\bSslProtocols\.(?:Ssl[23]|Tls|Tls11)\b|\bssl_protocols\s+[^;\n]{0,400}\b(?:SSLv[23]|TLSv1(?:\.1)?)(?=[\s;])|\bOpenSSL::SSL::(?:SSL3|TLS1|TLS1_1)_VERSION|\bssl_version\s*[:=]\s*:?["']?(?:SSLv[23]|TLSv1(?:_1)?)\b|\bgrpc\.(?:WithInsecure\(|insecure_channel\(|credentials\.createInsecure\(|ServerCredentials\.createInsecure\()|\badd_insecure_port\s*\(|\.usePlaintext\s*\(|\bssh\.InsecureIgnoreHostKey\s*\(|\bparamiko\.(?:client\.)?(?:AutoAddPolicy|WarningPolicy)\b|\bset_missing_host_key_policy\s*\(\s*(?:AutoAddPolicy|WarningPolicy)|\btelnetlib\.Telnet\s*\(|\bftplib\.FTP\s*\(|\bnew\s+FTPClient\s*\(|\bsslmode=disable\b|\bssl\.wrap_socket\s*\(\s*\)|\bnew\s+DefaultHttpClient\s*\(\s*\)|\bTLS_(?:ECDHE_)?(?:RSA|ECDSA|ECDHE_RSA)_WITH_(?:RC4_128_SHA|3DES_EDE_CBC_SHA|DES_CBC_SHA)\b|\bsslv3\b(?=['"])|\bSSLv3_METHOD\b|\bOpenSSL\.SSL\.SSLv\w+_METHOD|\bSSL_PROTOCOL_TLS1(?:_1)?\b|\bTls_?[vV]ersion\.TLS(?:V|v)?1_[01]\b|\bSslProtocols\.(?:Default|None\s*\|)|\b(?:min_protocol_version|minimum_version)\s*[=:(]\s*(?:ssl\.TLSVersion\.)?(?:TLSv1(?:_1)?|SSLv3)\b|\bTLSVersion\.(?:TLSv1|TLSv1_1|SSLv3)\b|\bset_min_proto_version\([^)\n]{0,40}TLS1(?:_1)?\b|\bSTREAM_CRYPTO_METHOD_(?:TLSv1_[01]|SSLv\d+|ANY)_CLIENT\b|\bCURL_SSLVERSION_(?:SSLv[23]|TLSv1(?:_[01])?)\b/g,
    )) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      if (/^\s*(?:#|\/\/|\*)/.test(text.slice(lineStart, m.index))) continue;
      // Suites that are named to be told apart are not offered.
      if (
        m[0].startsWith('TLS_') &&
        !/(?:[cC]ipher)?[sS]uites\s*[:=]\s*(?:\[\]uint16\s*)?[{[][^}\]]*$/.test(
          text.slice(Math.max(0, m.index - 400), m.index),
        )
      )
        continue;
      if (source.language === 'php' && /STREAM_CRYPTO|CURL_SSL/.test(m[0]) && onlyMaps(text, m.index, m[0])) continue;
      if (/createSsl|NewTLS/.test(text.slice(lineStart, m.index))) continue;
      if (
        m[0] === 'sslmode=disable' &&
        /localhost|127\.0\.0\.1|@(?:db|postgres):/.test(text.slice(lineStart, m.index + 100))
      )
        continue;
      report({ start: m.index, end: m.index + m[0].length, key: m[0] });
    }
    if (source.language === 'python') plainByOption(code(source), report);
    // The same under the names of an import.
    if (source.language === 'python')
      for (const call of code(source).facts.callsNamed('Telnet', 'FTP', 'AutoAddPolicy', 'WarningPolicy'))
        if (
          /^(?:telnetlib\.Telnet|ftplib\.FTP|paramiko\.(?:client\.)?(?:AutoAddPolicy|WarningPolicy))$/.test(
            call.callee,
          ) &&
          text[call.start - 1] !== '.' &&
          !text.startsWith(call.callee, call.start) &&
          !/set_missing_host_key_policy\s*\(\s*$/.test(text.slice(Math.max(0, call.start - 60), call.start))
        )
          report({ start: call.start, end: call.end, key: call.callee });
    for (const m of compiled.test(source.language) ? text.matchAll(ofCompiled) : [])
      report({ start: m.index, end: m.index + m[0].length, key: m[0] });
    if (source.language === 'go') {
      // Before Go 1.18 a client without a minimum takes TLS 1.0, a server before 1.22. What a function returns is a type.
      for (const m of text.matchAll(/(?:(?<![*)\]]\s?)|(?=tls\.Config\{))&?\btls\.Config\s*\{/g)) {
        const end = literalEnd(text, m.index + m[0].length);
        if (
          /\bMinVersion\b|\bInsecureSkipVerify:\s*true/.test(text.slice(m.index, end)) ||
          /^[^}]{0,600}\.MinVersion\s*=/.test(text.slice(end, end + 700))
        )
          continue;
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: `${settings}${text.slice(m.index, end).replaceAll(/\s+/g, ' ')}`,
          tier: 'medium',
          message: withoutMinimum,
        });
      }
      // A server without credentials speaks plain text.
      for (const m of text.matchAll(/\bgrpc\.NewServer\s*\(\s*\)/g))
        if (!/\bgrpc\.Creds\(/.test(text) && !staysOnMachine(text))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: 'grpc.NewServer',
            message: 'gRPC server without TLS: pass grpc.Creds(credentials.NewTLS(…)).',
          });
    }
  },
  fix(text) {
    const newText = text
      .replace(/\btls\.Version(?:TLS1[01]|SSL30)\b/, 'tls.VersionTLS12')
      .replace(/^(minVersion\s*:\s*["'])(?:TLSv1(?:\.1)?|SSLv3)(["'])$/, '$1TLSv1.2$2')
      .replace(/\bSecurityProtocolType\.(?:Ssl3|Tls|Tls11)$/, 'SecurityProtocolType.Tls12')
      .replace(/^(SSLContext\.getInstance\(\s*["'])(?:SSL|SSLv[23]|TLSv1(?:\.1)?)(["'])$/, '$1TLSv1.2$2')
      .replace(/^(ssl\.TLSVersion|TLSVersion)\.(?:TLSv1|TLSv1_1|SSLv3)$/, '$1.TLSv1_2')
      .replace(/^ssl\.PROTOCOL_(?:SSLv2|SSLv3|SSLv23|TLSv1|TLSv1_1)$/, 'ssl.PROTOCOL_TLS_CLIENT');
    return newText === text ? undefined : { title: 'Ask for TLS 1.2 or newer', newText };
  },
};

const compiled = /^(?:go|java|kotlin|scala)$/;
/** Go and the languages of the JVM. */
const ofCompiled =
  /\binsecure\.NewCredentials\(\)|\bnew\s+org\.apache\.http\.impl\.client\.DefaultHttpClient\s*\(\s*\)|\.setEnabledProtocols\s*\([^;\n]{0,200}"(?:SSLv3|TLSv1(?:\.1)?)"|\bConnectionSpec\.CLEARTEXT\b/g;

/**
 * A constant that is compared or looked for, or set in the branch that asks whether the caller's option is the one of
 * the same version: nobody who does not ask for it gets it.
 */
function onlyMaps(text: string, at: number, name: string): boolean {
  const lineStart = text.lastIndexOf('\n', at) + 1;
  const before = text.slice(Math.max(lineStart, at - 200), at);
  const after = text.slice(at + name.length, at + name.length + 120);
  if (/\bdefined\(\s*["']$|[!=]==?\s*\\?$|^\s*case\s+\\?$/.test(before) || /^\s*[!=]==?\s/.test(after)) return true;
  const version = /v1_[01]/.exec(name)?.[0];
  if (version === undefined || !/^\s*\$[\w[\]\\'"]+\s*=\s*\\?$/.test(before)) return false;
  // The nearest condition above that is no question about what the runtime knows.
  const asked = text
    .slice(Math.max(0, lineStart - 600), lineStart)
    .split('\n')
    .findLast((l) => /\b(?:else|elseif|if|case|default)\b/.test(l) && !/\bif\s*\(\s*!\s*\\?defined\(/.test(l));
  return (
    asked !== undefined &&
    new RegExp(`\\bif\\s*\\(\\s*\\\\?\\w+TLS${version}_CLIENT\\s*===?\\s*\\$[\\w[\\]'"]+\\s*\\)\\s*\\{`).test(asked)
  );
}

/** Whether all that a file of Go listens on is a socket of this machine, or a pipe in memory. */
const staysOnMachine = (text: string): boolean => {
  const listeners = text.match(/\b(?:\w+\.)?Listen\w*\s*\(\s*[^\n]{0,40}/g) ?? [];
  return (
    listeners.length > 0 &&
    listeners.every((l) => /^net\.Listen\(\s*"unix"\s*,|^bufconn\.Listen\(|^net\.ListenUnix\(\s*"unix"/.test(l)) &&
    !/\bnet\.FileListener\(/.test(text)
  );
};

/** Offset behind the brace that closes a literal, whose body starts at `from`. */
function literalEnd(text: string, from: number): number {
  let depth = 1;
  const last = Math.min(text.length, from + 4000);
  for (let i = from; i < last; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i + 1;
  }
  return last;
}

/** Clients and servers of Python that an option makes speak in clear. */
function plainByOption(c: Code, report: (hit: Hit) => void): void {
  for (const call of c.facts.callsNamed('CommunityData')) {
    const model = c.text(c.named(call, 'mpModel'));
    if (model === '0' || model === '1')
      report({
        start: call.start,
        end: call.end,
        tier: 'medium',
        message: 'SNMP before version 3 sends its password in clear: use UsmUserData with keys.',
      });
  }
  for (const call of c.facts.callsNamed('UsmUserData'))
    if (call.args.length < 2)
      report({
        start: call.start,
        end: call.end,
        tier: 'medium',
        message: 'SNMP user without keys: pass authKey and privKey.',
      });
  for (const call of c.facts.callsNamed('Security'))
    if (c.text(c.named(call, 'require_encryption')) === 'False')
      report({ start: call.start, end: call.end, message: 'Cluster may talk in clear: leave require_encryption on.' });
}
