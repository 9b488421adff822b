import type { TreeNode } from '../languages/treeNode.ts';
import {
  attr,
  attributes,
  cloudLanguages,
  isLiteral,
  isShowingModule,
  resources,
  where,
  type Resource,
} from './kit/cloud.ts';
import { access } from './kit/cloudSettings/access.ts';
import { network } from './kit/cloudSettings/network.ts';
import { repositories } from './kit/cloudSettings/repositories.ts';
import { safeguards } from './kit/cloudSettings/safeguards.ts';
import type { Setting } from './kit/cloudSettings/setting.ts';
import { workloads } from './kit/cloudSettings/workloads.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';
import { addTo } from '../multimap.ts';

const byName = new Map<string, Setting[]>();
for (const s of [...access, ...network, ...safeguards, ...workloads, ...repositories])
  for (const name of s.names.split(' ')) {
    addTo(byName, name, s);
  }

/** `name`/`value` pairs: flags of databases, settings of clusters. */
const flags: readonly [RegExp, RegExp][] = [
  [
    /^(?:local_infile|contained database authentication|cross db ownership chaining|external scripts enabled|remote access|log_hostname)$/i,
    /^(?:on|1|true)$/i,
  ],
  [
    /^(?:skip_show_database|3625|log_duration|log_min_error_statement|require_ssl|rds\.force_ssl|ssl|tls|enable_user_activity_logging|containerInsights|pgaudit\.log|log_statement|audit_logs)$/i,
    /^(?:off|0|false|none|disabled)$/i,
  ],
  [
    /^(?:routing\.http\.drop_invalid_header_fields|access_logs\.s3|connection_logs\.s3|deletion_protection)\.enabled$/,
    /^false$/i,
  ],
  [/^routing\.http\.desync_mitigation_mode$/, /^monitor$/],
  [/^log_min_duration_statement$/i, /^(?!-1$)-?\d+$/],
  [/^log_temp_files$/i, /^(?!0$)-?\d+$/],
];

export const cloudSettings: Rule = {
  id: 'cloud-setting-weak',
  title: 'Resource configured without a protection',
  tier: 'high',
  category: 'security-control-disabled',
  languages: cloudLanguages,
  references: ['CWE-1188', 'CWE-16', 'CIS Benchmarks of AWS, Azure and Google Cloud', 'OWASP A05:2021'],
  why: 'The benchmarks of the providers ask for these settings: logins with identities instead of shared keys, watchers left on, nodes and machines that take updates, networks that are closed.',
  remedy: 'set it as the benchmark of the provider asks',
  keywords: [],
  check(source, tell) {
    const isShown = isShowingModule(source);
    const report: typeof tell = (hit) => tell(isShown && hit.tier === 'medium' ? { ...hit, tier: 'low' } : hit);
    for (const { r, n, name, parent } of attributes(source)) {
      const wanted = byName.get(name);
      if (
        wanted &&
        (n.kind === 'seq' || isLiteral(n) || name === 'containerdefinitions' || name === 'roledefinitionid')
      )
        for (const s of wanted)
          if ((!s.type || s.type.test(r.type)) && (!s.parent || s.parent.test(parent)) && s.bad(n)) {
            report({
              start: n.start,
              end: n.end,
              key: where(r, n),
              message: s.message,
              ...(s.tier ? { tier: s.tier } : {}),
            });
            break;
          }
      if ((name === 'name' || name === 'key') && n.kind === 'scalar') flagged(r, n, report);
      else if (name === 'count' && parent === 'overrideaction')
        report({
          start: n.start,
          end: n.end,
          key: where(r, n),
          message: 'Attacks are only counted: let the rules block.',
        });
      else if (name === 'accessconfig' && parent === 'networkinterface')
        report({
          start: n.start,
          end: n.end,
          key: where(r, n),
          message: 'The machine gets a public address: reach it through a proxy or a balancer.',
        });
    }
    for (const r of resources(source))
      if (/^aws_iam_user_policy(?:_attachment)?$/.test(r.type))
        report({
          start: r.node.start,
          end: r.node.end,
          key: `${r.type}.${r.name}`,
          tier: isOfMadeUser(source.path, r) ? 'low' : 'medium',
          message: 'Rights of single users are lost sight of: attach the policy to a group or role.',
        });
      else if (r.type === 'aws_default_vpc')
        report({
          start: r.node.start,
          end: r.node.end,
          key: `${r.type}.${r.name}`,
          message: 'The default network gives every machine a public address: make one of your own.',
        });
    if (source.language !== 'terraform') return;
    for (const root of source.tree)
      for (const block of root.children)
        if (block.key === 'provider')
          for (const n of block.children)
            if (
              /^(?:insecure|allow_unverified_ssl|skip_tls_verify|insecure_skip_verify|tls_insecure_skip_verify)$/.test(
                n.key,
              ) &&
              n.value === 'true'
            )
              report({
                start: n.start,
                end: n.end,
                key: `provider:${block.labels[0]}:${n.key}`,
                tier: 'critical',
                message: 'The provider takes any certificate: trust the private CA instead.',
              });
  },
  fix: switchBack('Set it the safe way'),
};

function flagged(r: Resource, n: TreeNode, report: Parameters<Rule['check']>[1]): void {
  const value = n.parent?.children.find((c) => /^value$/i.test(c.key));
  if (!value || value.kind !== 'scalar') return;
  const found = flags.some(([name, bad]) => name.test(n.value) && bad.test(value.value));
  if (found)
    report({
      start: value.start,
      end: value.end,
      key: `${where(r, n)}:${n.value}`,
      message: `'${n.value.slice(0, 60)}' is set to what the benchmarks warn of: set it the other way.`,
    });
}

/** Whether a module lets those who call it give rights to a user that it makes: whom they reach is said where it is called. */
const isOfMadeUser = (path: string, { props }: Resource): boolean =>
  /(?:^|\/)modules\//.test(path) &&
  /\baws_iam_user\.\w/.test(attr(props, 'user')?.value ?? '') &&
  /\b(?:local|var)\.\w/.test(attr(props, 'count')?.value ?? attr(props, 'foreach')?.value ?? '');
