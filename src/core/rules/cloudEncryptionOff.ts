import { attributes, cloudLanguages, isFalse, isLiteral, isTrue, where } from './kit/cloud.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

const off =
  /^(?:(?:storage|volume|rootvolume|uservolume|disk|root|atrest|data|cachedata|cluster|snapshot|intransit|transit|backup|cloudwatch|s3bucket|jobbookmarks|kinesis|localdisk|inter(?:node|container)traffic|rootvolumeencryption|infrastructure)?encrypt(?:ed|ion|ionenabled|ionatrestenabled|atrestenabled)?|encryptionathostenabled|(?:at)?restencryptionenabled|transitencryptionenabled|intransitencryptionenabled|serversideencryption(?:enabled)?|enableencryption|encryptatrest|encryptintransit|sslenforcementenabled|sslenforcement|enforcessl|requiressl|requiretls|httpsonly|enablehttpstrafficonly|httpstrafficonlyenabled|supportshttpstrafficonly|enforcehttps|inclusterencryption|incluster|uservolumeencryptionenabled|rootvolumeencryptionenabled|nodetonodeencryption|enableatrestencryption|enableintransitencryption|enablelocaldiskencryption|requiresecuretransport|encryptionconfigurationenabled|kmsencryptionenabled|enablekmsencryption|sqsmanagedsseenabled|kmsmanagedsse|sseenabled|encryptionstate)$/;
const inverted =
  /^(?:encryptiondisabled|disableencryption|disablessl|sslenforcementdisabled|nonsslportenabled|enablenonsslport|allowunencrypted|plaintextenabled|skipencryption|ishttpallowed)$/;

export const cloudEncryptionOff: Rule = {
  id: 'cloud-encryption-off',
  title: 'Encryption switched off',
  tier: 'critical',
  category: 'encryption-off',
  languages: cloudLanguages,
  references: ['CWE-311', 'CWE-319', 'AWS Well-Architected SEC08/SEC09'],
  why: 'An attribute that says in so many words that data at rest or in transit is not encrypted. Turning encryption on later often means to build the store anew and copy the data.',
  remedy: 'switch encryption on (a managed key is enough)',
  keywords: [],
  check(source, report) {
    for (const { r, n, name, parent } of attributes(source)) {
      if (n.kind !== 'scalar' || !isLiteral(n)) continue;
      const key = where(r, n);
      const hit = { start: n.start, end: n.end, key };
      if (off.test(name) && isFalse(n)) report(hit);
      else if (inverted.test(name) && isTrue(n)) report(hit);
      else if (
        name === 'enabled' &&
        isFalse(n) &&
        /encrypt|ssespecification|sse$|tls|https/.test(parent) &&
        !/^(?:sslpolicy)$/.test(parent)
      )
        report(hit);
      else if (name === 'clientbroker' && /PLAINTEXT/i.test(n.value)) report(hit);
      else if (name === 'viewerprotocolpolicy' && /^allow-all$/i.test(n.value)) report(hit);
      else if (name === 'transitencryption' && isFalse(n)) report(hit);
      else if (/^(?:originprotocolpolicy)$/.test(name) && /^http-only$/i.test(n.value)) report(hit);
      else if (
        /^(?:sslmode|connectionencryption)$/.test(name) &&
        /^(?:ALLOW_UNENCRYPTED\w*|disable|allow|prefer|NONE)$/i.test(n.value)
      )
        report(hit);
      else if (
        /^(?:encryptiontype|ssetype|encryptionoption|catalogencryptionmode|cloudwatchencryptionmode|s3encryptionmode|jobbookmarksencryptionmode|encryptionmode)$/.test(
          name,
        ) &&
        /^(?:NONE|DISABLED)$/i.test(n.value)
      )
        report(hit);
      else if (/^(?:transportencryption|ingresstransport|transport)$/.test(name) && /^http$/i.test(n.value))
        report(hit);
      else if (
        name === 'protocol' &&
        /^(?:HTTP)$/.test(n.value) &&
        /listener/i.test(r.type) &&
        /^(?:|listeners)$/.test(parent) &&
        !/redirect/i.test(source.text.slice(r.node.start, r.node.end))
      )
        report(hit);
      else if (
        name === 'name' &&
        /^(?:require_secure_transport|rds\.force_ssl|tls|ssl)$/i.test(n.value) &&
        /parameter|configuration|flag/i.test(parent + r.type)
      ) {
        const value = n.parent?.children.find((c) => /^value$/i.test(c.key));
        if (value && /^(?:off|0|disabled|false)$/i.test(value.value))
          report({ start: value.start, end: value.end, key });
      } else if (/^(?:requiresecuretransport|tls)$/.test(name) && /parameters/.test(parent) && isFalse(n)) report(hit);
    }
  },
  fix: switchBack('Switch encryption on'),
};
