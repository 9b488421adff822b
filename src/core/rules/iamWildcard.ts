import { walk } from '../languages/treeNode.ts';
import { attr, attributes, where, type Resource } from './kit/cloud.ts';
import { policyStatements } from './kit/policyStatements.ts';
import type { Rule } from './rule.ts';

const risky =
  /^(?:\*|[a-z0-9-]+:\*|iam:(?:PassRole|CreateAccessKey|(?:Create|Update)LoginProfile|AddUserToGroup|(?:Attach|Put)(?:User|Role|Group)Policy|CreatePolicyVersion|SetDefaultPolicyVersion|UpdateAssumeRolePolicy|\w*\*)|sts:AssumeRole\*?)$/i;
/** With one of these an identity gives itself any right it wants, on whatever user, role or policy it may touch. */
const selfGrant =
  /^iam:(?:(?:Create|Update)LoginProfile|AddUserToGroup|(?:Attach|Put)(?:User|Role|Group)Policy|CreatePolicyVersion|SetDefaultPolicyVersion|UpdateAssumeRolePolicy)$/i;
/** Every user, role, group or policy of an account. */
const allOfAKind = /^arn:aws[\w-]*:iam::[^:]*:(?:user|role|group|policy)\/\*$/;

/** With one of these on everything somebody hands resources to others, or runs code under the rights of others. */
const exposing =
  /^(?:s3:Put(?:BucketPolicy|BucketAcl|ObjectAcl|BucketPublicAccessBlock|AccountPublicAccessBlock|AccessPointPolicy)|ecr:SetRepositoryPolicy|kms:(?:PutKeyPolicy|CreateGrant)|lambda:(?:AddPermission|UpdateFunctionCode|UpdateFunctionConfiguration)|(?:sns|sqs):AddPermission|secretsmanager:PutResourcePolicy|iam:(?:CreatePolicy|PutRolePermissionsBoundary|DeleteRolePermissionsBoundary)|ec2:Modify(?:Snapshot|Image)Attribute|rds:ModifyDB(?:Cluster)?SnapshotAttribute|organizations:\w+)$/i;
/** What a single resource can be named for: with `*` all the data of the account is meant. */
const nameable =
  /^(?:(?:s3:(?:Get|Put|Delete)Object|ssm:(?:Get|Put)Parameters?(?:ByPath)?|secretsmanager:(?:Get|Put|Update|Delete)\w*Secret\w*|kms:(?:Decrypt|Encrypt|ScheduleKeyDeletion|GenerateDataKey)|dynamodb:(?:Put|Update|Delete|BatchWrite)\w*|sqs:(?:Send|Delete|Receive|Purge)\w*|sns:Publish|kinesis:PutRecords?|lambda:(?:Create|Delete|Invoke)Function|rds:Delete\w*|ecr:(?:PutImage|BatchDeleteImage)|rds-db:connect))$/i;

/** The role of the file that holds a policy, attached to it or in its own list: it holds the same, wherever that stands. */
function holderOf(r: Resource, attribute: string): string | undefined {
  // That may be none.
  if (r.node.children.some((c) => /^(?:count|for_each)$/.test(c.key))) return undefined;
  if (r.type === 'aws_iam_role') return attribute === 'managedpolicyarns' ? `aws_iam_role.${r.name}` : undefined;
  if (r.type !== 'aws_iam_role_policy_attachment') return undefined;
  return /^(?:\$\{)?(aws_iam_role\.[\w-]{1,100})\.(?:name|id)\}?$/.exec(attr(r.props, 'role')?.value ?? '')?.[1];
}

export const iamWildcard: Rule = {
  id: 'iam-wildcard',
  title: 'Permission granted with a wildcard',
  tier: 'critical',
  category: 'iam-permission',
  languages: ['terraform', 'cloudformation', 'iam-policy', 'json', 'yaml'],
  references: ['CWE-732', 'CWE-269', 'OWASP LLM06:2025'],
  why: 'A wildcard in the action gives every right a service has or will get; in the principal it gives them to every account. Least privilege can only be reviewed when actions and principals are listed.',
  remedy: 'list the actions, resources and principals that are needed',
  keywords: [
    'effect',
    'statement',
    'actions',
    'managedpolicyarns',
    'policy_arn',
    'managed_policy_arn',
    'role',
    'member',
    'members',
    'principal',
    'role_definition_name',
    'permissions',
    'includedpermissions',
    'azuread_directory_role',
  ],
  check(source, report) {
    for (const s of policyStatements(source)) {
      if (!s.allow) continue;
      const at = s.shift;
      const anyResource =
        s.resources.length === 0 ||
        s.resources.some(
          (x) =>
            x.value === '*' ||
            /^arn:aws[\w-]*:[\w-]+:::?\*$/.test(x.value) ||
            (x.value.endsWith(':*') && x.value.length < 20),
        );
      for (const a of s.actions) {
        if (a.value === '*') report({ start: a.start + at, end: a.end + at, key: 'action:*' });
        // What AWS writes into the policy of every key: without it nobody can change the policy again.
        else if (a.value === 'kms:*' && s.principals.length > 0 && s.principals.every((p) => p.value.endsWith(':root')))
          continue;
        else if (
          (risky.test(a.value) && anyResource && !s.isTrust) ||
          (selfGrant.test(a.value) && s.resources.some((x) => allOfAKind.test(x.value)))
        )
          report({
            start: a.start + at,
            end: a.end + at,
            key: `action:${a.value}`,
          });
        else if (
          /^Microsoft\.Authorization\/(?:\*|roleDefinitions\/write|roleAssignments\/write|roleDefinitions\/\*|roleAssignments\/\*)$|^\*\/write$/i.test(
            a.value,
          )
        )
          report({ start: a.start + at, end: a.end + at, key: `action:${a.value}` });
      }
      const everything = s.resources.find((x) => x.value === '*');
      if (everything && !s.conditioned && !s.isTrust) {
        for (const [pattern, tier, message] of [
          [
            exposing,
            'high',
            'On everything: somebody may open resources to others with it, or run code under their rights.',
          ],
          [nameable, 'medium', 'All the data of the account is meant: name the resources.'],
        ] as const) {
          const a = s.actions.find((x) => pattern.test(x.value));
          if (!a || risky.test(a.value)) continue;
          report({
            start: Math.min(a.start, everything.start) + at,
            end: Math.max(a.end, everything.end) + at,
            key: `everything:${a.value}`,
            tier,
            message: `'${a.value}' on '*': ${message[0]!.toLowerCase()}${message.slice(1)}`,
          });
        }
      } else if (!anyResource && !s.isTrust && s.principals.length === 0) {
        const all = s.actions.find((x) => /^(?!logs|cloudwatch|xray)[a-z0-9-]+:\*$/i.test(x.value));
        if (all)
          report({
            start: all.start + at,
            end: all.end + at,
            key: `service:${all.value}`,
            tier: 'medium',
            message: `'${all.value.slice(0, 40)}' holds whatever the service can do, its policies and deletion too: list the actions.`,
          });
      }
      if (s.isTrust)
        for (const x of walk(s.node))
          if (x.kind === 'scalar' && /^repo:(?:\*|[\w.-]{0,100}\*[/:]|[\w.-]{1,100}\*$)/.test(x.value))
            report({
              start: x.start + at,
              end: x.end + at,
              key: `subject:${x.value}`,
              message: 'Repositories of others may take this role: name the owner, the repository and the branch.',
            });
      if (s.notActions.length > 0 && anyResource)
        report({
          start: s.notActions[0]!.start + at,
          end: s.notActions[0]!.end + at,
          key: 'notaction',
          message: 'Allow with NotAction grants everything that is not listed: list what is needed instead.',
        });
      for (const p of s.principals) {
        if (p.value !== '*' || s.conditioned) continue;
        report({
          start: p.start + at,
          end: p.end + at,
          key: 'principal:*',
          message: 'Policy grants access to every account and to anonymous callers: name the principals.',
        });
      }
      if (s.notPrincipals.length > 0)
        report({
          start: s.notPrincipals[0]!.start + at,
          end: s.notPrincipals[0]!.end + at,
          key: 'notprincipal',
          message: 'Allow with NotPrincipal grants access to everyone else: name the principals.',
        });
    }
    if (source.language !== 'terraform' && source.language !== 'cloudformation') return;
    for (const { r, n, name, parent } of attributes(source)) {
      const values = n.kind === 'seq' ? n.children : [n];
      for (const v of values) {
        const found = { start: v.start, end: v.end, key: `${where(r, n)}=${v.value}` };
        if (
          /^(?:policyarns?|managedpolicyarns?|policies|permissionsboundary)$/.test(name) &&
          /(?:policy\/|^)(?:AdministratorAccess|PowerUserAccess|IAMFullAccess|AmazonS3FullAccess)$/.test(v.value)
        )
          report({
            ...found,
            key: `${holderOf(r, name) ?? where(r, n)}=${v.value.replace(/^arn:(?:[\w-]{1,40}|\$\{[^{}]{1,100}\}):iam::aws:(?=policy\/)/, '')}`,
            message: 'Administrator rights attached: attach a policy with the rights that are needed.',
          });
        else if (
          name === 'role' &&
          /^roles\/(?:owner|editor|iam\.(?:securityAdmin|serviceAccountTokenCreator|serviceAccountUser|serviceAccountAdmin|roleAdmin)|resourcemanager\.\w+Admin)$/.test(
            v.value,
          ) &&
          /iam/.test(r.type)
        )
          report({
            ...found,
            message: 'Primitive or impersonation role granted: grant the narrow role that is needed.',
          });
        else if (
          name === 'role' &&
          /^(?:organizations\/[^/]+\/|projects\/[^/]+\/)?roles\/(?:[\w.]+\.)?\w*(?:admin|superuser)(?:\.?v\d+)?$/i.test(
            v.value,
          ) &&
          /iam/.test(r.type)
        )
          report({
            ...found,
            tier: 'high',
            message: 'Administrator role granted: grant the role of those who only use it, or one of your own.',
          });
        else if (
          /^(?:permissions|includedpermissions)$/.test(name) &&
          /custom_?role|iam\.v1\.(?:projects|organizations)\.roles/i.test(r.type) &&
          /\.setIamPolicy$|^iam\.serviceAccounts\.(?:actAs|getAccessToken|getOpenIdToken|implicitDelegation|signBlob|signJwt)$|^iam\.serviceAccountKeys\.create$|^iam\.roles\.update$/i.test(
            v.value,
          )
        )
          report({
            ...found,
            message: 'The role may give itself other rights, or act as another account: leave this permission out.',
          });
        else if (
          name === 'displayname' &&
          r.type === 'azuread_directory_role' &&
          /^(?:Global|Privileged Role|Privileged Authentication|Application|Cloud Application|Hybrid Identity) Administrator$/.test(
            v.value,
          )
        )
          report({ ...found, message: 'A role that may give itself every other: assign a narrower one.' });
        else if (
          /^(?:member|members)$/.test(name) &&
          /(?:-compute@developer|@appspot)\.gserviceaccount\.com$|\.default_service_account/.test(v.value)
        )
          report({
            ...found,
            message:
              'Rights granted to a default service account, which every workload shares: use an account of its own.',
          });
        else if (
          name === 'actions' &&
          parent === 'permissions' &&
          /^(?:\*|Microsoft\.Authorization\/(?:\*|role(?:Definitions|Assignments)\/(?:write|\*)))$/i.test(v.value)
        )
          report(found);
        else if (name === 'roledefinitionname' && /^(?:Owner|Contributor|User Access Administrator)$/.test(v.value))
          report({
            ...found,
            message: 'Broad built-in role assigned: assign the narrow role that is needed.',
            tier: v.value === 'Contributor' ? 'high' : 'critical',
          });
        else if (name === 'actions' && r.type === 'azurerm_role_definition' && v.value === '*') report(found);
      }
    }
  },
};
