import type { Source } from '../languages/source.ts';
import { switchBack } from './kit/switchBack.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

const asked =
  /^\s*(?:el)?(?:se\s+)?if\s*\(?\s*[\w.]{0,60}verif\w{0,40}\s*={2,3}\s*["'](?:none|off|disabled?|insecure)["']\s*\)?\s*(?:\{|:)\s*$|^\s*(?:\}\s*else\s+)?if\s*\(?\s*(?:[\w.]{0,80}\.)?\w{0,40}(?:insecure|skip_?(?:tls_?)?verif)\w{0,40}\s*\)?\s*(?:\{|:)\s*$/i;

const onSocketFile = {
  key: 'unix',
  tier: 'medium',
  message: 'TLS certificate check goes off for a Unix socket: be sure that nobody else may open its folder.',
} as const;

/**
 * Whether a setting stands in a branch for Unix sockets, which no network is behind, of Go code whose other branch keeps the
 * check or makes one of its own.
 */
function isOnSocketFile(source: Source, start: number): boolean {
  if (source.language !== 'go') return false;
  const { lines } = source;
  const at = source.lineAt(start) - 1;
  const indent = (line: string): number => line.length - line.trimStart().length;
  /** The lines that open the blocks around it, from the inside. */
  let depth = indent(lines[at] ?? '');
  let head = -1;
  for (let i = at - 1; i >= Math.max(0, at - 12) && head < 0; i--) {
    const line = lines[i] ?? '';
    if (line.trim() === '' || indent(line) >= depth) continue;
    depth = indent(line);
    if (/^\s*(?:case|default|if|\}\s*else)\b/.test(line)) head = i;
  }
  const asked =
    /^\s*case\s+("unix"|\w{1,40})\s*:\s*$|^\s*if\s+[\w.]{1,60}\s*==\s*("unix"|\w{1,40})\s*\{\s*$|^\s*if\s+strings\.HasPrefix\(\s*[\w.]{1,60}\s*,\s*("unix:(?:\/\/)?")\s*\)\s*\{\s*$/.exec(
      lines[head] ?? '',
    );
  const name = asked?.[1] ?? asked?.[2] ?? asked?.[3] ?? '';
  if (
    name === '' ||
    (!name.startsWith('"') &&
      !source.has(new RegExp(`^\\s*(?:const\\s+)?${name}\\s*(?:string\\s*)?=\\s*"unix"\\s*$`, 'm')))
  )
    return false;
  // What is asked is named like a network: `unix` is a family of systems, too.
  const subject =
    asked?.[1] === undefined
      ? /^\s*if\s+([\w.]{1,60})\s*==/.exec(lines[head] ?? '')?.[1]
      : lines
          .slice(Math.max(0, head - 60), head)
          .findLast((line) => indent(line) <= depth && /^\s*switch\b/.test(line))
          ?.replace(/^\s*switch\s+([\w.]{1,60})\s*\{\s*$/, '$1');
  if (asked?.[3] === undefined && !/^(?:[\w.]*\.)?(?:net|\w*(?:network|proto|protocol|scheme))$/i.test(subject ?? ''))
    return false;
  // A configuration of this branch alone, not one that others share.
  const opened = lines.slice(head + 1, at + 1).findLast((line) => line.includes('tls.Config{'));
  if (!/^\s*(?:return\s|\w{1,60}\s*:=)\s*(?:[\w.]{1,60}\()?&?tls\.Config\{/.test(opened ?? '')) return false;
  if (/\.InsecureSkipVerify\s*=/.test(lines[at] ?? '')) return false;
  // The other way: up to the end of the block that the branches stand in.
  const others: string[] = [];
  let isOther = false;
  for (let i = head + 1; i < Math.min(lines.length, head + 120); i++) {
    const line = lines[i] ?? '';
    if (line.trim() !== '' && indent(line) < depth) break;
    if (indent(line) === depth && /^\s*(?:case|default|\}\s*else|\})/.test(line)) isOther = true;
    if (isOther) others.push(line);
  }
  const other = others.join('\n');
  return (
    isOther &&
    (!/\bInsecureSkipVerify\s*:?=?\s*true\b/.test(other) ||
      (/\bVerify(?:PeerCertificate|Connection)\s*:\s*func\b/.test(other) &&
        /\.Verify\(\s*x509\.VerifyOptions\b/.test(other)))
  );
}

export const tlsVerifyOff: Rule = {
  id: 'tls-verify-off',
  title: 'TLS certificate check switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: codeLanguages,
  references: ['CWE-295', 'OWASP A02:2021'],
  why: 'Without the certificate check anyone on the network can read and change the traffic. There is no harmless use in shipped code: a private CA is trusted by adding it, not by trusting everyone.',
  remedy: 'keep verification on and add the private CA to the trust store',
  keywords: [
    'x509trustmanager',
    'x509extendedtrustmanager',
    'hostnameverifier',
    'sethostnameverifier',
    'setdefaulthostnameverifier',
    'insecuretrustmanagerfactory',
    'trustallstrategy',
    'allow_all',
    'settrustall',
    'checkserveridentity',
    'sslverifymode',
    'simpleemail',
    'trustall',
    'ssl',
    'aiohttp',
    'sslhandshake',
    'checkservertrusted',
    'hostnameverification',
    'verify',
    'rejectunauthorized',
    'insecureskipverify',
    'check_hostname',
    '_create_unverified_context',
    'cert_none',
    'node_tls_reject_unauthorized',
    'verify_none',
    'curlopt_ssl_verifypeer',
    'curlopt_ssl_verifyhost',
    'noophostnameverifier',
    'allowallhostnameverifier',
    'allow_all_hostname_verifier',
    'danger_accept_invalid_certs',
    'danger_accept_invalid_hostnames',
    'servercertificatevalidationcallback',
    'servercertificatecustomvalidationcallback',
    'dangerousacceptanyservercertificatevalidator',
    'disable_ssl_certificate_validation',
    'verify_ssl',
    'ssl_verify',
    'verify_certs',
    'strictssl',
    'cert_reqs',
    'verify_peer',
    'assert_hostname',
    'verify_mode',
    'verify_signature',
    'disableevaluation',
    'urlcredential',
    'donotevaluate',
    'disabledtrustevaluator',
    'hostkeycallback',
    'verify_host',
    'verifyname',
    'sslverify',
    'sslverifypeer',
    'sslverifypeername',
    'allow_self_signed',
    'sslallowselfsigned',
    'withoutverifying',
    'verifypeer',
    'verifyhost',
    'openssl_verify_mode',
    'onreceivedsslerror',
    'setsslonconnect',
    'setstarttlsrequired',
    'setstarttlsenabled',
    'setdisablecncheck',
    'smtp',
  ],
  check(source, report) {
    const { code } = source;
    // Who uses the program asks for it, by an option that says what it does.
    const ifAsked = ({ start }: { start: number }): Pick<Hit, 'tier' | 'message'> =>
      source.lines
        .slice(Math.max(0, source.lineAt(start) - 4), source.lineAt(start) - 1)
        .some((line) => asked.test(line))
        ? {
            tier: 'medium',
            message:
              'TLS certificate check goes off with an option: keep that off by default, and let a private CA be named instead.',
          }
        : {};
    for (const a of code.assignments) {
      const value = code.textOf(a);
      if (
        /^(?:verify|verify_ssl|ssl_verify|verify_certs|verify_peer|verify_peer_name|check_hostname|rejectUnauthorized|strictSSL|strictSsl|assert_hostname|CURLOPT_SSL_VERIFYPEER|CURLOPT_SSL_VERIFYHOST)$/.test(
          a.name,
        ) &&
        /^(?:false|False|0|:?none|nil|None)$/.test(value) &&
        !(a.name === 'verify' && value === 'None')
      )
        report({ ...a, key: a.name, ...ifAsked(a) });
      else if (
        /^(?:InsecureSkipVerify|disable_ssl_certificate_validation|trustAllCerts)$/.test(a.name) &&
        /^(?:true|True)$/.test(value)
      ) {
        report({ ...a, key: a.name, ...ifAsked(a), ...(isOnSocketFile(source, a.start) && onSocketFile) });
      } else if (a.target.endsWith('NODE_TLS_REJECT_UNAUTHORIZED') && /^['"]?0['"]?$/.test(value))
        report({ ...a, key: a.name });
      else if (/(?:^|\.)(?:verify_mode|cert_reqs)$/.test(a.target) && /CERT_NONE|VERIFY_NONE/.test(value))
        report({ ...a, key: a.name, ...ifAsked(a) });
      else if (a.name.endsWith('_create_default_https_context') && /unverified/.test(value))
        report({ ...a, key: a.name });
      else if (
        /ServerCertificate(?:Custom)?ValidationCallback$/.test(a.name) &&
        /=>\s*true\b|(?:=>|delegate[^{]{0,200})\s*\{\s*return\s+true|DangerousAcceptAny/.test(value)
      )
        report({ ...a, key: a.name });
    }
    for (const call of code.calls) {
      for (const arg of call.args) {
        if (arg.name === undefined) continue;
        const value = code.textOf(arg);
        if (
          /^(?:verify|verify_ssl|ssl_verify|verify_certs|check_hostname|validate_certs|disable_ssl_certificate_validation)$/.test(
            arg.name,
          ) &&
          (arg.name.startsWith('disable') ? value === 'True' : /^(?:False|false)$/.test(value)) &&
          !/^(?:decode|jwt\.decode|verify)$/.test(call.callee)
        )
          report({ ...code.offsets(arg), start: call.start, key: arg.name });
        else if (
          arg.name === 'ssl' &&
          value === 'False' &&
          source.language === 'python' &&
          source.has(/\baiohttp\b/) &&
          /(?:^|\.)(?:TCPConnector|get|post|put|patch|delete|head|options|request|ws_connect)$/.test(call.callee)
        )
          report({ ...code.offsets(arg), start: call.start, key: 'ssl' });
        else if (arg.name === 'cert_reqs' && /CERT_NONE|^["']NONE["']$/.test(value))
          report({ start: call.start, end: code.offsets(arg).end, key: 'cert_reqs' });
      }
      if (
        (call.name === '_create_unverified_context' || /^danger_accept_invalid_(?:certs|hostnames)$/.test(call.name)) &&
        (call.name.startsWith('_') || /^(?:true|)$/.test(code.textOf(call.args[0] ?? { from: 0, to: 0 })))
      )
        report({ start: call.start, end: call.end, key: call.name });
      else if (/(?:Noop|AllowAll|NullHostname)\w*Verifier$/.test(call.name))
        report({ start: call.start, end: call.end, key: call.name });
      else if (
        call.name === 'curl_setopt' &&
        /SSL_VERIFY(?:PEER|HOST)/.test(code.textOf(call.args[1] ?? { from: 0, to: 0 })) &&
        /^(?:false|0)$/i.test(code.textOf(call.args[2] ?? { from: 0, to: 0 }))
      )
        report({ start: call.start, end: call.end, key: code.textOf(call.args[1]!) });
    }
    const { text } = source;
    if (/^(?:java|kotlin|scala|groovy)$/.test(source.language)) {
      for (const m of text.matchAll(
        /\b(?:NoopHostnameVerifier|AllowAllHostnameVerifier|NullHostnameVerifier)\.INSTANCE\b|\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bInsecureTrustManagerFactory\.INSTANCE\b|\bTrustAllStrategy\.INSTANCE\b|\bnew\s+TrustAllStrategy\s*\(|\bhostnameVerifier\s*\{\s*\w+\s*,\s*\w+\s*->\s*true\s*\}|\.hostnameVerifier\s*\(\s*\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*(?:true|\{\s*return\s+true)|\bHostnameVerifier\s+\w+\s*=\s*\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*(?:true|\{\s*return\s+true)|\.setDisableCNCheck\s*\(\s*true|"mail\.smtps?\.ssl\.checkserveridentity"\s*,\s*(?:"false"|false)|"mail\.smtps?\.ssl\.trust"\s*,\s*"\*"|\.setTrustAll\s*\(\s*true|\bsetHostname[vV]erif(?:ier|ication)\s*\(\s*\(?\s*\w+\s*(?:,\s*\w+\s*)?\)?\s*->\s*true|\bset(?:Default)?HostnameVerifier\s*\(\s*\(?\s*\w+\s*,\s*\w+\s*\)?\s*->\s*(?:true|\{\s*return\s+true)|\bboolean\s+verify\s*\(\s*(?:final\s+)?String\s+\w+\s*,\s*(?:final\s+)?SSLSession\s+\w+\s*\)\s*\{\s*return\s+true\s*;|\bfun\s+verify\s*\([^)\n]{0,80}SSLSession[^)\n]{0,20}\)[^{=\n]{0,20}(?:=\s*true|\{\s*return\s+true)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, ' ').slice(0, 60) });
      // A page in the app whose certificate does not hold, shown all the same.
      for (const m of text.matchAll(
        /\bonReceivedSslError\s*\(\s*[^(){}]{0,200}\b(?:SslErrorHandler\??\s+(\w+)|(\w+)\s*:\s*SslErrorHandler\??)[^(){}]{0,100}\)\s*\{\s*(?:(?:super\.\w+\([^()\n]{0,80}\)|Log\.\w\([^()\n]{0,120}\));?\s*){0,3}(\w+)(?:\?|!!)?\.proceed\(\)/g,
      ))
        if (m[3] === (m[1] ?? m[2])) report({ start: m.index, end: m.index + m[0].length, key: 'onReceivedSslError' });
      // Commons Email takes any server's certificate unless it is told to compare.
      if (source.has(/commons\.mail/) && !source.has(/setSSLCheckServerIdentity\(\s*true/))
        for (const m of text.matchAll(
          /\.setSSLOnConnect\(\s*true\s*\)|\.setStartTLS(?:Required|Enabled)\(\s*true\s*\)/g,
        ))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: 'commons-email',
            tier: 'high',
            message:
              'Any server with a certificate is taken for the mail server: call setSSLCheckServerIdentity(true).',
          });
      // A trust manager that checks nothing.
      for (const m of text.matchAll(
        /\b(?:void|fun)\s+checkServerTrusted\s*\([^){}]{0,200}\)\s*(?:throws\s+[\w.,\s]{1,120})?(?::\s*Unit\s*)?\{\s*(?:(?:\/\/[^\n]{0,200}\n|\/\*[^*]{0,200}\*\/|(?:log(?:ger)?|LOG(?:GER)?|Log|Timber|System\.out)\.\w+\([^;\n]{0,200}\);)\s*){0,3}(?:return\s*;\s*)?\}/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: 'checkServerTrusted',
          message:
            'Trust manager accepts every certificate: use the default one, and add a private CA to its trust store.',
        });
    } else if (/^(?:javascript|typescript|tsx)$/.test(source.language)) {
      for (const m of text.matchAll(
        /\bcheckServerIdentity\s*:\s*(?:\([^)\n]{0,40}\)|\w+)\s*=>\s*(?:undefined|null|true|\{\s*\}|\{\s*return(?:\s+(?:undefined|null|true))?\s*;?\s*\})/g,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: 'checkServerIdentity' });
    } else if (source.language === 'php') {
      for (const m of text.matchAll(ofPhp))
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
      for (const m of text.matchAll(
        /\bCURLOPT_SSL_VERIFY(?:PEER|HOST)\s*=>\s*(?:false|0)\b|['"](?:verify|verify_peer|verify_peer_name)['"]\s*=>\s*false\b/gi,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
    } else if (source.language === 'ruby') {
      for (const m of text.matchAll(
        /\bopenssl_verify_mode['"]?\s*(?::|=>)\s*(?:['"]none['"]|:none\b|OpenSSL::SSL::VERIFY_NONE)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length, key: 'openssl_verify_mode' });
    } else if (source.language === 'swift') {
      for (const m of text.matchAll(
        /\.disableEvaluation\b|\bDisabledTrustEvaluator\s*\(|\bURLCredential\s*\(\s*trust\s*:|\bvalidatesDomainName\s*=\s*false|\ballowInvalidCertificates\s*=\s*true/g,
      )) {
        // Whoever evaluates the trust first may accept it.
        if (m[0].startsWith('URLCredential') && source.has(/SecTrustEvaluate|SecTrustSetAnchor|pinned/i)) continue;
        report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
      }
    } else if (source.language === 'go') {
      // Whoever answers is taken for the server.
      for (const m of text.matchAll(
        /\b(?:HostKeyCallback\s*[:=]\s*|HostKeyCallback\(\s*)func\s*\([^(){}]{0,200}\)\s*(?:\(\s*\w{0,20}\s*error\s*\)|error)\s*\{\s*return nil\s*\}/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: 'HostKeyCallback',
          message: 'Every SSH host key is accepted: use knownhosts.New or ssh.FixedHostKey.',
        });
    } else if (source.language === 'rust') {
      for (const m of text.matchAll(/\bSslVerifyMode::NONE\b/g))
        report({ start: m.index, end: m.index + m[0].length, key: m[0] });
    }
  },
  fix: switchBack('Keep the certificate check on'),
};

/** Clients of PHP: Symfony, WordPress, Laminas, Laravel, Unirest, streams. */
const ofPhp =
  /['"](?:verify_host|verifyname|sslverify|sslverifypeer|sslverifypeername|ssl_verify_peer)['"]\s*=>\s*(?:false|0)\b|['"](?:allow_self_signed|sslallowselfsigned)['"]\s*=>\s*true\b|(?:->|::)withoutVerifying\s*\(\s*\)|\bRequest::verify(?:Peer|Host)\s*\(\s*false\s*\)/gi;
