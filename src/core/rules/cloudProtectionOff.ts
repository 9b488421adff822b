import { attributes, cloudLanguages, isFalse, isLiteral, isTrue, where } from './kit/cloud.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

export const cloudProtectionOff: Rule = {
  id: 'cloud-protection-off',
  title: 'Safety net of a resource removed',
  tier: 'high',
  category: 'data-deletion',
  languages: cloudLanguages,
  references: ['AWS Well-Architected REL09', 'CWE-1188'],
  why: 'Deletion protection, final snapshots, backups, versioning and key rotation are what makes a mistake survivable; without them one `apply` loses data for good.',
  remedy: 'keep the protection on in every environment that holds data',
  keywords: [],
  check(source, report) {
    for (const { r, n, name, parent } of attributes(source)) {
      if (n.kind !== 'scalar' || !isLiteral(n)) continue;
      const hit = { start: n.start, end: n.end, key: where(r, n) };
      if (
        /^(?:deletionprotection(?:enabled)?|deleteprotection|purgeprotectionenabled|softdeleteenabled|enabletermination?protection|terminationprotection(?:enabled)?|disableapitermination|enablesoftdelete|pointintimerecoveryenabled|enablekeyrotation|keyrotationenabled|autorotationenabled|scanonpush|enableadvancedthreatprotection|automaticfailoverenabled|waitforfleetdeletion|enabledrift)$/.test(
          name,
        ) &&
        isFalse(n)
      )
        report(hit);
      else if (
        /^(?:skipfinalsnapshot|forcedestroy|skipfinalbackup|forcedelete|deleteautomatedbackups|deletecontentsondestroy|allowmajorversionupgrade)$/.test(
          name,
        ) &&
        isTrue(n)
      )
        report(hit);
      else if (
        /^(?:backupretentionperiod|snapshotretentionlimit|automatedsnapshotretentionperiod|retentionperiod)$/.test(
          name,
        ) &&
        /^0$/.test(n.value)
      )
        report(hit);
      else if (name === 'preventdestroy' && isFalse(n))
        report({
          ...hit,
          tier: 'critical',
          message: 'Protection against destruction lifted: keep `prevent_destroy` until the data has moved.',
        });
      else if (name === 'httptokens' && /^optional$/i.test(n.value))
        report({
          ...hit,
          message:
            'Instance metadata without tokens (IMDSv1) hands credentials to any request forgery: require tokens.',
        });
      else if (/^(?:imagetagmutability)$/.test(name) && /^MUTABLE$/i.test(n.value))
        report({
          ...hit,
          message: 'Mutable image tags let a pushed image replace a deployed one: make tags immutable.',
        });
      else if (/^(?:dropinvalidheaderfields)$/.test(name) && isFalse(n)) report(hit);
      else if (
        (name === 'status' || name === 'enabled') &&
        /^versioning(?:configuration)?$/.test(parent) &&
        /^(?:suspended|disabled|false)$/i.test(n.value)
      )
        report(hit);
    }
  },
  fix: switchBack('Keep the protection on'),
};
