import type { Source } from '../languages/source.ts';
import { walk, type TreeNode } from '../languages/treeNode.ts';
import { answersAbsence } from './cloudUnsafeDefault.ts';
import { cloudLanguages, isFalse, isTrue, plain, resources, where, type Resource } from './kit/cloud.ts';
import type { Rule } from './rule.ts';
import { addTo } from '../multimap.ts';

interface Safeguard {
  /** What is lost, as the end of "'x' was taken out: …". */
  readonly loss: string;
  readonly tier?: 'critical' | 'medium';
  /** Plain names (`kit/cloud.ts`) of attributes and blocks. */
  readonly names: string;
  readonly type?: RegExp;
  /** Attributes that protect only with such a value; without: with any that does not say "off". */
  readonly good?: (n: TreeNode) => boolean;
  /** It protects by being switched off. */
  readonly off?: true;
}

/** Attributes and blocks that protect by being there, where what the provider does without them protects less. */
const safeguards: readonly Safeguard[] = [
  {
    loss: 'data is stored or sent in clear where the default is no encryption',
    names:
      'encrypted storageencrypted encryption encryptionconfig encryptionconfiguration encryptioninfo encryptionintransit encryptionoptions serversideencryption serversideencryptionconfiguration bucketencryption ssespecification encryptatrest encryptionatrestoptions nodetonodeencryption nodetonodeencryptionoptions streamencryption atrestencryptionenabled transitencryptionenabled transitencryption encryptionathostenabled infrastructureencryptionenabled securityconfiguration securityconfigurationid cachedataencrypted cachingencrypted rootvolumeencryptionenabled uservolumeencryptionenabled databaseencryption encryptionsettings enforcehttps httpsonly requiressl requiretls sslmode enableintercontainertrafficencryption encryptintercontainertraffic doubleencryptionenabled diskencryptionenabled kmsencrypted sqsmanagedsseenabled kmsencryptionconfig serversideencryptionrule sseconfiguration resultconfiguration',
  },
  {
    loss: 'clients may talk the connection down to withdrawn versions of TLS',
    names: 'minimumprotocolversion sslpolicy securitypolicy tlssecuritypolicy',
    good: (n) => !/TLS-?1-?[01]-|2016-08|TLSv1$|TLSv1_2016|TLSv1\.1|TLS_1_[01]/.test(n.value),
  },
  {
    loss: 'the key is no longer one that you control, whose use you see and which you can take back',
    tier: 'medium',
    names:
      'kmskeyid kmsmasterkeyid kmskeyarn kmskey kmskeyname kmskeyselflink kmskeyidentifier customermanagedkey customermanagedkeyid customermanagedkeyname defaultkmskeyname diskencryptionsetid diskencryptionkey keyvaultkeyid performanceinsightskmskeyid encryptionkey encryptionatrestkmskeyarn workspaceencryptionkey cmkkeyvaultkeyid bootdiskkmskey kmskeyversionname targetkmskeyid',
  },
  {
    loss: 'what happens to it leaves no trace',
    names:
      'loggingconfig logging loggingconfiguration loggingconfigurations logginginfo accesslogs accesslogsetting accesslogsettings accessloggingpolicy logpublishingoptions enabledcloudwatchlogsexports enablecloudwatchlogsexports enabledclusterlogtypes clusterlogging cloudwatchlogsgrouparn cloudwatchloggrouparn cloudwatchlogsloggrouparn logconfig logs omsagent extendedauditingpolicy auditlogconfig auditlogconfigs enablelogfilevalidation enableflowlogs flowlogsenabled flowlogss3bucket loggingservice httplogs detailederrormessages detailederrormessagesenabled failedrequesttracing failedrequesttracingenabled logdestinationconfigs executionlogs queryloggroup ismultiregiontrail includeglobalserviceevents allregions allawsregions audit loganalytics diagnosticsettings',
    good: (n) => !/^none$/i.test(n.value),
  },
  {
    loss: 'nobody can follow a call through the system',
    tier: 'medium',
    names:
      'tracingconfig tracingconfiguration xrayenabled xraytracingenabled tracingenabled performanceinsightsenabled',
  },
  {
    loss: 'nothing stands before it that stops known attacks, or tells of them',
    names:
      'webaclid webaclarn wafconfiguration webapplicationfirewallpolicylinkid firewallpolicyid threatdetectionpolicy threatintelmode imagescanningconfiguration dropinvalidheaderfields desyncmitigationmode binaryauthorization securitypostureconfig enablebinaryauthorization azurepolicyenabled quarantinepolicyenabled trustpolicy trustpolicyenabled emailaddresses surgeupgrade automaticupdatesenabled enableautomaticupdates azurepolicy microsoftdefender alertnotifications alertstoadmins emailaccountadmins notificationsbyrole vulnerabilityalerts scanonpush',
  },
  {
    loss: 'more of the network reaches it',
    names:
      'vpcoptions networkacls networkrules networkruleset ipsecurityrestrictions iprestriction scmiprestriction masterauthorizednetworksconfig privateclusterconfig authorizedipranges apiserverauthorizedipranges apiserveraccessprofile networkpolicy publicaccesscidrs publicaccessblockconfiguration blockpublicacls blockpublicpolicy ignorepublicacls restrictpublicbuckets publicaccessprevention uniformbucketlevelaccess sourcearn sourceaccount sourceiplist iprangefilter isvirtualnetworkfilterenabled enableprivatenodes privateipgoogleaccess enableprivateendpoint privateclusterenabled endpointprivateaccess clustersubnetgroupname managedvirtualnetworkenabled dataexfiltrationprotectionenabled',
  },
  {
    loss: 'it can be reached from the internet where that is the default',
    names:
      'publicnetworkaccessenabled publicnetworkaccess ishttpallowed allowinsecureconnections autocreatenetwork accesskeymetadatawritesenabled endpointpublicaccess allownesteditemstobepublic allowblobpublicaccess internetingestionenabled internetqueryenabled publicnetworkenabled directinternetaccess ipv4enabled',
    off: true,
  },
  {
    loss: 'the balancer is open to the internet',
    names: 'internal',
    type: /^aws_(?:lb|alb|elb)$/,
    good: isTrue,
  },
  {
    loss: 'it may be reached from the internet',
    tier: 'medium',
    names: 'associatepublicipaddress publiclyaccessible mappubliciponlaunch',
    off: true,
  },
  {
    loss: 'callers are asked for less than before',
    names:
      'authsettings authsettingsv2 clientcertificateenabled clientcertenabled mfaconfiguration softwaretokenmfaconfiguration mfadelete iamdatabaseauthenticationenabled enableiamdatabaseauthentication authorizerid apikeyrequired authorization authorizationtype authtoken authenabled disablelocalauth localauthenticationdisabled disablepasswordauthentication localaccountdisabled rolebasedaccesscontrolenabled rolebasedaccesscontrol azureactivedirectoryrolebasedaccesscontrol enablerbacauthorization rbacauthorizationenabled workloadidentityconfig workloadmetadataconfig metadataoptions httptokens authenticatorgroupsconfig enforceadmins requiresignedcommits requiredpullrequestreviews requiredstatuschecks advancedsecurityoptions userpooladdons disableapitermination oauthscopes minimumpasswordlength requiresymbols requirenumbers requirelowercasecharacters requireuppercasecharacters requirelowercase requireuppercase maxpasswordage passwordreuseprevention passwordpolicy hardexpiry passwordlifetime passwordhistory minimumlength servicesecurity',
    good: (n) => !/^(?:NONE|optional|OPEN)$/i.test(n.value),
  },
  {
    loss: 'the default keeps less of a mistake undone, or nothing',
    tier: 'medium',
    names:
      'backupretentionperiod snapshotretentionlimit automatedsnapshotretentionperiod backupretentiondays backuppolicy backupconfiguration backup pointintimerecovery pointintimerecoveryspecification pointintimerecoveryenabled versioning versioningconfiguration deleteretentionpolicy containerdeleteretentionpolicy deletionprotection deletionprotectionenabled enabledeletionprotection terminationprotection enableterminationprotection purgeprotectionenabled enablepurgeprotection softdeleteenabled enablesoftdelete enablekeyrotation rotationperiod rotationrules rotationpolicy expirationdate imagetagmutability retentionpolicy retentionindays finalsnapshotidentifier georedundantbackupenabled autorepair autoupgrade secretrotationenabled automaticfailoverenabled automaticosupgradepolicy patchmode',
    good: (n) => !/^(?:0|mutable|suspended)$/i.test(n.value),
  },
  {
    loss: 'the machine or container may do more than it needs',
    names:
      'shieldedinstanceconfig shieldednodes enableshieldednodes enablesecureboot enableintegritymonitoring enablevtpm securebootenabled vtpmenabled confidentialinstanceconfig enableoslogin blockprojectsshkeys disablelegacyendpoints readonlyrootfilesystem runasnonroot securitycontext permissionsboundary enablenetworkisolation codesigningconfigarn',
  },
  {
    loss: 'answers of the name server can be forged on the way',
    names: 'dnssecconfig',
  },
  {
    loss: 'the machine is reached by password, or stands in a network with others',
    names: 'sshkeys securitygroup ipallocationpolicy',
    type: /^(?:digitalocean_droplet|nifcloud_\w+|google_container_cluster)$/,
    tier: 'medium',
  },
  {
    loss: 'nobody is called when something happens',
    names: 'phone',
    type: /security_center_contact/,
    tier: 'medium',
  },
  {
    loss: 'nobody can follow a call through the system',
    names: 'tracing',
    type: /^AWS::Serverless::/,
    tier: 'medium',
  },
  {
    loss: 'identities from outside are taken whatever they say of themselves',
    tier: 'critical',
    names: 'attributecondition',
  },
  {
    loss: 'it may run under an identity that others share, or needs passwords of its own',
    tier: 'medium',
    names: 'identity serviceaccount serviceaccountemail',
    type: /azurerm_|^Microsoft\.|container_(?:cluster|node_pool)|compute_instance/,
  },
  {
    loss: 'an image that somebody else called the same may be taken',
    names: 'owners',
    type: /^data\.aws_ami(?:_ids)?$/,
  },
];

const byName = new Map<string, Safeguard[]>();
for (const s of safeguards)
  for (const name of s.names.split(' ')) {
    addTo(byName, name, s);
  }

/** Resources that are nothing but a safeguard of another one. */
const guards =
  /^(?:aws_(?:s3_(?:bucket|account)_public_access_block|s3_bucket_(?:server_side_encryption_configuration|logging|versioning|ownership_controls)|flow_log|wafv2_web_acl_association|wafregional_web_acl_association|guardduty_detector|securityhub_account|config_configuration_recorder(?:_status)?|ebs_encryption_by_default|iam_account_password_policy|accessanalyzer_analyzer|macie2_account|shield_protection|secretsmanager_secret_rotation|ec2_instance_metadata_defaults)|azurerm_(?:network_watcher_flow_log|monitor_diagnostic_setting|storage_account_network_rules|mssql_server_(?:extended_auditing_policy|security_alert_policy|vulnerability_assessment)|advanced_threat_protection|security_center_\w+|management_lock|subnet_network_security_group_association|network_interface_security_group_association)|google_(?:logging_project_sink|project_iam_audit_config|binary_authorization_policy)|github_branch_protection(?:_v3)?|kubernetes_(?:network_policy|pod_security_policy|limit_range|resource_quota)|AWS::EC2::FlowLog|AWS::WAFv2::WebACLAssociation|AWS::GuardDuty::Detector|AWS::Config::ConfigurationRecorder)$/;

/** Safeguards that are written as pairs: what the name, or key, of the pair is. */
const pairs: readonly (readonly [RegExp, RegExp, Safeguard])[] = [
  [
    /^containerInsights$/,
    /^(?:enabled|enhanced)$/,
    { loss: 'nobody sees what runs in the cluster', tier: 'medium', names: '' },
  ],
  [
    /^(?:routing\.http\.drop_invalid_header_fields|access_logs\.s3|connection_logs\.s3|deletion_protection)\.enabled$/,
    /^true$/i,
    { loss: 'the balancer does without it', names: '' },
  ],
  [
    /^(?:log_(?:connections|disconnections|checkpoints|lock_waits)|cloudsql\.enable_pgaudit|audit_logs|require_secure_transport|rds\.force_ssl|require_ssl|connection_throttling|tls)$/i,
    /^(?:on|1|true|enabled)$/i,
    { loss: 'the default of the database decides', names: '' },
  ],
  [/^local_infile$/i, /^(?:off|0)$/i, { loss: 'the default of the database decides', names: '' }],
];

const isPairName = (n: TreeNode): boolean => n.kind === 'scalar' && /^(?:name|key)$/i.test(n.key);

function pairOf(n: TreeNode): Safeguard | undefined {
  if (!isPairName(n)) return undefined;
  const value = n.parent?.children.find((c) => /^value$/i.test(c.key));
  return value && pairs.find(([name, good]) => name.test(n.value) && good.test(value.value))?.[2];
}

/** `where`, and of a pair which one it is. */
const pathOf = (r: Resource, n: TreeNode): string => where(r, n) + (isPairName(n) ? `=${n.value}` : '');

function find(r: Resource, n: TreeNode): Safeguard | undefined {
  const name = plain(n.key);
  const pair = pairOf(n);
  if (pair) return pair;
  for (const s of byName.get(name) ?? []) {
    if (s.type && !s.type.test(r.type)) continue;
    if (n.kind === 'scalar' && (n.value === '' || n.value === 'null')) continue;
    if (
      n.kind === 'scalar' &&
      (s.off ? !isFalse(n) : isFalse(n) || /^suspended$/i.test(n.value) || s.good?.(n) === false)
    )
      continue;
    if (n.kind !== 'scalar' && says(n) === 'off') continue;
    return s;
  }
  return undefined;
}

/** What a block says of itself. */
function says(n: TreeNode): 'off' | undefined {
  if (n.kind === 'seq' && n.children.length === 0) return 'off';
  const items = n.children.some((c) => c.key === '') ? n.children.flatMap((c) => c.children) : n.children;
  return items.some(
    (c) => /^(?:enabled|status|state)$/.test(plain(c.key)) && /^(?:false|disabled|off|suspended)$/i.test(c.value),
  )
    ? 'off'
    : undefined;
}

/** The safeguards of a resource, also those that stand in others. */
function* protections(r: Resource): Generator<{ n: TreeNode; s: Safeguard }> {
  if (!r.props) return;
  const stack = [r.props];
  while (stack.length > 0) {
    const here = stack.pop()!;
    const s = here === r.props || here.key === '' ? undefined : find(r, here);
    if (s) yield { n: here, s };
    stack.push(...here.children);
  }
}

/** Many safeguards of one resource may go at once. */
const kept = new WeakMap<Resource, ReadonlyMap<string, number>>();

/** How often each path of attributes and blocks is there in a resource; a `dynamic` block is one of its kind. */
function paths(r: Resource): ReadonlyMap<string, number> {
  const known = kept.get(r);
  if (known) return known;
  const counts = new Map<string, number>();
  kept.set(r, counts);
  for (const n of walk(r.node)) {
    if (n === r.node || n.key === '') continue;
    let path = pathOf(r, n);
    if (n.key === 'dynamic' && n.labels.length > 0)
      path = path.replace(/\.?dynamic$/, (d) => (d.startsWith('.') ? '.' : '') + plain(n.labels[0]!));
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

const same = (r: Resource, source: Source): Resource | undefined =>
  resources(source).find((x) => x.type === r.type && x.name === r.name);

export const cloudSafeguardRemoved: Rule = {
  id: 'cloud-safeguard-removed',
  title: 'A protection of a cloud resource was taken out',
  tier: 'high',
  category: 'removed-safeguard',
  languages: cloudLanguages,
  references: ['CWE-693', 'CWE-1188', 'CIS Benchmarks of AWS, Azure and Google Cloud'],
  why: 'A line that is gone is seen by nobody, and the resource works as before: encryption, logs, limits of the network and of logins are what its template had decided, and now the default of the provider decides.',
  remedy: 'put it back, or say what protects the resource now',
  keywords: [],
  on: 'removed',
  check(source, report) {
    for (const r of resources(source)) {
      if (guards.test(r.type))
        report({
          start: r.node.start,
          end: r.node.end,
          key: `guard:${r.type}`,
          message: `${r.type} '${r.name.slice(0, 40)}' was taken out, which protects another resource: put it back, or say what does so now.`,
        });
      for (const { n, s } of protections(r))
        report({
          start: n.start,
          end: n.end,
          key: pathOf(r, n),
          ...(s.tier ? { tier: s.tier } : {}),
          message: `'${(isPairName(n) ? n.value : n.key).slice(0, 60)}' was taken out, so ${s.loss}: put it back, or say what protects the resource now.`,
        });
    }
  },
  goneAlone(found, { before, after }) {
    const r = resources(before).findLast((x) => x.node.start <= found.start && found.start < x.node.end);
    if (!r) return false;
    if (found.key.startsWith('guard:')) {
      // What it guarded may have gone with it.
      const text = before.text.slice(r.node.start, r.node.end);
      // It went into the resource itself.
      const own = plain(r.type);
      for (const x of resources(after)) {
        if (!own.startsWith(plain(x.type)) || x.type === r.type) continue;
        const was = new Set(
          resources(before)
            .filter((y) => y.type === x.type && y.name === x.name)
            .flatMap((y) => [...paths(y).keys()]),
        );
        for (const path of paths(x).keys())
          if (!was.has(path) && own.endsWith(path.slice(path.indexOf(':') + 1))) return false;
      }
      return resources(before).every(
        (x) =>
          x === r || !(text.includes(`${x.type}.${x.name}`) || (!r.hcl && mentions(text, x.name))) || same(x, after),
      );
    }
    const left = same(r, after);
    if (!left) return false;
    const was = paths(r);
    const is = paths(left);
    const fewer = (path: string): boolean => (is.get(path) ?? 0) < (was.get(path) ?? 0);
    // Still there with another value: that is for other rules.
    if (!fewer(found.key)) return false;
    const all = [...protections(r)];
    const n = all.find((x) => x.n.start === found.start);
    if (!n) return false;
    // It went with what it protected, unless that was there for nothing but its safeguards.
    const guarding = new Set(all.map((x) => x.n));
    if (!isPairName(n.n))
      for (let up = n.n.parent; up && up !== r.props; up = up.parent) {
        if (up.key === '' || !fewer(pathOf(r, up))) continue;
        if (guarding.has(up) || up.children.some((c) => !guarding.has(c))) return false;
        guarding.add(up);
      }
    const name = plain(n.n.key);
    if (answersAbsence(left, name)) return false;
    // The same said in other words: with a new name of the attribute, or in a resource of its own.
    for (const path of is.keys()) {
      const last = path.slice(Math.max(path.lastIndexOf('.'), path.indexOf(':')) + 1);
      if (!was.has(path) && byName.get(last)?.some((s) => s.loss === n.s.loss)) return false;
    }
    return !resources(after).some(
      (x) =>
        x.type !== r.type &&
        x.type.startsWith(`${r.type}_`) &&
        plain(x.type.slice(r.type.length)).includes(name) &&
        !resources(before).some((y) => y.type === x.type && y.name === x.name),
    );
  },
};

const mentions = (text: string, name: string): boolean =>
  text.includes(`Ref ${name}`) ||
  text.includes(`GetAtt ${name}`) ||
  text.includes(`"${name}"`) ||
  text.includes(`'${name}'`);
