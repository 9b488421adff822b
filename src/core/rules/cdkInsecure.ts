import { code } from './kit/code.ts';
import type { Source } from '../languages/source.ts';
import type { Rule } from './rule.ts';

export const cdkInsecure: Rule = {
  id: 'cdk-insecure',
  title: 'Infrastructure code builds something open or unprotected',
  tier: 'critical',
  category: 'infrastructure',
  languages: ['typescript', 'javascript', 'python', 'java', 'c-sharp', 'go'],
  references: ['CWE-1188', 'CWE-284', 'AWS Well-Architected SEC'],
  why: 'CDK and Pulumi programs create real resources: public buckets, open security groups, wildcard rights and missing encryption are as real as when written in a template.',
  remedy: 'keep it private and encrypted, and name rights and networks',
  keywords: ['aws_cdk', 'cdk', 'pulumi', 'aws', 'constructs', 'awscdk'],
  check(source, report) {
    if (
      !source.has(
        /aws-cdk-lib|@aws-cdk\/|aws_cdk|@pulumi\/|pulumi_aws|import pulumi|software\.amazon\.awscdk|Amazon\.CDK/,
      )
    )
      return;
    const c = code(source);
    for (const call of c.facts.calls) {
      const hit = { start: call.start, end: call.end };
      const body = c.text({ from: call.open, to: call.close + 1 });
      // What else is said about the same construct does not make it another.
      const named = (what: string): string => `${what}:${c.text(call.args[1])}`;
      if (/(?:^|\.)(?:anyIpv4|anyIpv6|any_ipv4|any_ipv6)$/.test(call.callee)) {
        const line = source.lines[source.lineAt(call.start) - 1] ?? '';
        if (!/egress|tcp\(\s*(?:443|80)\s*\)/i.test(line)) report({ ...hit, key: `anyip:${line.trim()}` });
      } else if (/(?:^|\.)(?:grantPublicAccess|grant_public_access)$/.test(call.callee)) report(hit);
      else if (call.isNew || source.language === 'python') {
        if (/(?:^|\.)Queue$/.test(call.callee) && source.has(/sqs/i) && !/encryption/i.test(body))
          report({
            ...hit,
            key: named('queue'),
            tier: 'high',
            message: 'Queue without encryption: pass encryption: QueueEncryption.KMS_MANAGED.',
          });
        else if (
          /(?:^|\.)Topic$/.test(call.callee) &&
          source.has(/\bsns\b/i) &&
          !/masterKey|master_key|kmsMasterKeyId/.test(body)
        )
          report({ ...hit, key: named('topic'), tier: 'high', message: 'Topic without encryption: pass masterKey.' });
        else if (
          /(?:^|\.)Bucket$/.test(call.callee) &&
          source.has(/s3/i) &&
          source.has(/aws-cdk|aws_cdk/) &&
          !/enforceSSL|enforce_ssl/.test(body)
        )
          report({
            ...hit,
            key: named('bucket'),
            tier: 'high',
            message: 'Bucket accepts plain HTTP: pass enforceSSL: true.',
          });
        else if (/(?:^|\.)Bucket$/.test(call.callee) && /encryption\s*[:=][^,}]{0,400}UNENCRYPTED/.test(body))
          report(hit);
      }
    }
    for (const m of source.text.matchAll(
      /\b(?:publicReadAccess|public_read_access|publiclyAccessible|publicly_accessible|allowAllOutbound_)\s*[:=]\s*(?:true|True)|\b(?:QueueEncryption|BucketEncryption|StreamEncryption|TableEncryption)\.UNENCRYPTED|\b(?:encrypted|storageEncrypted|storage_encrypted|atRestEncryptionEnabled|transitEncryptionEnabled)\s*[:=]\s*(?:false|False)|\b(?:acl)\s*[:=]\s*["']public-read(?:-write)?["']|\bactions\s*[:=]\s*\[\s*["']\*["']|\b(?:cidrBlocks|cidr_blocks)\s*[:=]\s*\[\s*["']0\.0\.0\.0\/0["']|\bnew\s+(?:iam\.)?AnyPrincipal\(\)|\bfromAwsManagedPolicyName\(\s*["'](?:AdministratorAccess|PowerUserAccess|IAMFullAccess)["']|\bauthType\s*:\s*[\w.]*NONE\b/g,
    ))
      report({ start: m.index, end: m.index + m[0].length, key: m[0].replace(/\s+/g, '') });
    for (const m of source.text.matchAll(
      /\bremovalPolicy\s*:\s*[\w.]*DESTROY\b|\bremoval_policy\s*=\s*[\w.]*DESTROY\b|\b(?:deletionProtection|deletion_protection)\s*[:=]\s*(?:false|False)|\bautoDeleteObjects\s*:\s*true|\bauto_delete_objects\s*=\s*True|\bforceDestroy\s*:\s*true/g,
    )) {
      // Logs, images and code are made again.
      const owner = c.facts.calls.filter((x) => x.start < m.index && m.index < x.end).at(-1);
      if (owner && /(?:^|\.)(?:LogGroup|Repository|Function|Alarm|Dashboard|Role|SecurityGroup)$/.test(owner.callee))
        continue;
      const isGuardOff = m[0].startsWith('deletion');
      const kind = /\w+$/.exec(owner?.callee ?? '')?.[0] ?? 'resource';
      report({
        start: m.index,
        end: m.index + m[0].length,
        key: m[0].replace(/\s+/g, ''),
        tier: deletionTier(source, m.index, owner),
        message: isGuardOff
          ? `Nothing stops the deletion of this ${kind.slice(0, 40)} and all that it holds: leave the protection on.`
          : `What this ${kind.slice(0, 40)} holds is deleted with the stack: retain it, or take a snapshot.`,
      });
    }
  },
};

/** How much it matters that data goes with its stack: less where a comment or what fills it says that it can be had again. */
function deletionTier(
  source: Source,
  at: number,
  owner: { readonly start: number; readonly callee: string } | undefined,
): 'high' | 'medium' | 'low' {
  const { text, lines } = source;
  const comment = /(?:#|\/\/)(.*)/.exec(lines[source.lineAt(at) - 1] ?? '')?.[1] ?? '';
  const isSample = /\b(?:remove|change|not|never|don'?t)\b.{0,60}\bprod(?:uction)?\b/i.test(comment);
  const otherwise = isSample ? 'medium' : 'high';
  if (!owner || !/(?:^|\.)Bucket$/.test(owner.callee)) return otherwise;
  const name = /(?:^|[\s.])(\w{1,60})\s*(?::\s*[\w.]{1,60}\s*)?=\s*(?:new\s*)?$/.exec(
    text.slice(Math.max(0, owner.start - 160), owner.start),
  )?.[1];
  if (name === undefined || !/\bBucketDeployment\(/.test(text)) return otherwise;
  const isFilled = new RegExp(`\\bdestination_?[bB]ucket\\s*[:=]\\s*(?:this\\.|self\\.)?${name}\\b`).test(text);
  // What else may put something in has no copy in the repository.
  const isWritten = new RegExp(
    `\\b${name}\\.grant_?(?:[pP]ut|[wW]rite|[rR]ead_?[wW]rite|[dD]elete)|\\.addObjectCreated`,
  ).test(text);
  return isFilled && !isWritten ? 'low' : otherwise;
}
