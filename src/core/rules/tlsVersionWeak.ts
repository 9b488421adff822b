import { codeLanguages, type Rule } from './rule.ts';

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
  ],
  check(source, report) {
    const { text } = source;
    for (const m of text.matchAll(
      /\bssl\.PROTOCOL_(?:SSLv2|SSLv3|SSLv23|TLSv1|TLSv1_1)\b|\bSSL\.(?:SSLv2|SSLv3|SSLv23|TLSv1|TLSv1_1)_METHOD\b|\btls\.VersionSSL30\b|\bMinVersion\s*:\s*(?:tls\.VersionTLS1[01]\b|0x0?30[0-2]\b)|\bsecureProtocol\s*:\s*["'](?:SSLv[23]|TLSv1(?:_1)?)_(?:client_|server_)?method["']|\b(?:minVersion|maxVersion)\s*:\s*["'](?:TLSv1|TLSv1\.1|SSLv3)["']|\bSSLContext\.getInstance\(\s*["'](?:SSL|SSLv[23]|TLSv1(?:\.1)?)["']|\bSecurityProtocolType\.(?:Ssl3|Tls|Tls11)\b|\bSslProtocols\.(?:Ssl[23]|Tls|Tls11)\b|\bssl_protocols\s+[^;\n]{0,400}\b(?:SSLv[23]|TLSv1(?:\.1)?)(?=[\s;])|\bOpenSSL::SSL::(?:SSL3|TLS1|TLS1_1)_VERSION|\bssl_version\s*[:=]\s*:?["']?(?:SSLv[23]|TLSv1(?:_1)?)\b|\bgrpc\.(?:WithInsecure\(|insecure_channel\(|credentials\.createInsecure\(|ServerCredentials\.createInsecure\()|\badd_insecure_port\s*\(|\.usePlaintext\s*\(|\bssh\.InsecureIgnoreHostKey\s*\(|\bparamiko\.(?:client\.)?(?:AutoAddPolicy|WarningPolicy)\b|\bset_missing_host_key_policy\s*\(\s*(?:AutoAddPolicy|WarningPolicy)|\btelnetlib\.Telnet\s*\(|\bftplib\.FTP\s*\(|\bnew\s+FTPClient\s*\(|\bsslmode=disable\b|\bssl\.wrap_socket\s*\(\s*\)|\bNewClientTLSFromCert_insecure/g,
    )) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      if (/^\s*(?:#|\/\/|\*)/.test(text.slice(lineStart, m.index))) continue;
      if (
        m[0] === 'sslmode=disable' &&
        /localhost|127\.0\.0\.1|@(?:db|postgres):/.test(text.slice(lineStart, m.index + 100))
      )
        continue;
      report({ start: m.index, end: m.index + m[0].length, key: m[0] });
    }
    if (source.language === 'go') {
      for (const m of text.matchAll(/&?tls\.Config\s*\{\s*\}/g))
        report({ start: m.index, end: m.index + m[0].length, key: 'tls.Config', tier: 'medium' });
    }
  },
};
