/** What guards and watches a resource, and what is kept of it. */
import { isFalse, isTrue } from '../cloud.ts';
import { azureSite, below, is, type Setting } from './setting.ts';

export const safeguards: readonly Setting[] = [
  {
    names:
      'enablevtpm enableintegritymonitoring enablesecureboot secureboot vtpmenabled securebootenabled enableshieldednodes enablebinaryauthorization',
    bad: isFalse,
    message: 'The machine starts whatever is on its disk: keep the measured boot on.',
  },
  {
    names: 'autorepair autoupgrade surgeupgrade',
    bad: isFalse,
    message: 'Nodes keep known holes: let them be repaired and upgraded.',
  },
  {
    names: 'autominorversionupgrade',
    bad: isFalse,
    message: 'Security fixes wait for somebody to think of them: leave minor upgrades on.',
  },
  {
    names: 'mode firewallmode',
    type: /firewall_?polic|application_?gateway|front_?door|waf/i,
    bad: is(/^Detection$/i),
    message: 'Attacks are only logged: use Prevention.',
  },
  {
    names: 'enabled',
    type: /firewall_?policy|waf_?policy|ebs_encryption_by_default/i,
    bad: isFalse,
    message: 'A protection of the account is switched off: leave it on.',
    tier: 'critical',
  },
  {
    names: 'enable isenabled',
    type: /guardduty|recorder_status|security_?hub|macie|inspector|access_?analyzer|GuardDuty/i,
    bad: isFalse,
    message: 'What watches over the account is switched off: leave it on.',
    tier: 'critical',
  },
  {
    names: 'state',
    type: /alert_?polic|threat|defender/i,
    bad: is(/^Disabled$/i),
    message: 'Nobody is told of attacks: leave alerts on.',
  },
  {
    names: 'state',
    parent: /^(?:dnssecconfig|threatdetectionpolicy)$/,
    bad: is(/^(?:off|disabled)$/i),
    message: 'A protection of the resource is switched off: leave it on.',
  },
  {
    names: 'algorithm',
    bad: is(/^rsasha1$/i),
    message: 'SHA-1 signatures can be forged: use rsasha256 or ecdsap256sha256.',
  },
  {
    names: 'keysize rsabits',
    bad: below(2048),
    type: /key|certificate|cert/i,
    message: 'Short key: use 3072 bits or an elliptic curve.',
  },
  {
    names: 'tier',
    type: /security_center_subscription_pricing|Security\/pricings/i,
    bad: is(/^Free$/i),
    message: 'Defender is switched off for these resources: use Standard.',
  },
  {
    names: 'alertnotifications alertstoadmins emailaccountadmins emailaccountadminsenabled',
    bad: isFalse,
    message: 'Nobody is told of attacks: leave alerts on.',
  },
  { names: 'enabled', parent: /^retentionpolicy$/, bad: isFalse, message: 'Logs are not kept: keep them a year.' },
  {
    names: 'days',
    parent: /^retentionpolicy$/,
    type: /monitor_log_profile|flow_?log/i,
    bad: (n) => below(90)(n) && n.value !== '0',
    message: 'Logs are gone before anybody looks for them: keep them 90 days or more.',
  },
  {
    names: 'delete read write',
    parent: /^logging$/,
    bad: isFalse,
    message: 'Requests are not logged: leave logging on.',
  },
  {
    names: 'logginglevel loglevel fieldloglevel',
    bad: is(/^(?:OFF|NONE)$/),
    message: 'Nothing is logged: log errors at least.',
  },
  {
    names: 'mfadelete',
    bad: isFalse,
    message: 'Versions can be deleted for good without a second factor: ask for one.',
  },
  {
    names: 'exemptedmembers',
    parent: /^auditlogconfigs?$/,
    bad: (n) => n.children.length > 0,
    message: 'What these accounts do is not audited: exempt nobody.',
  },
  {
    names:
      'backupretentionperiod automaticbackupretentiondays backupretentiondays automatedsnapshotretentionperiod snapshotretentionlimit',
    bad: (n) => /^[1-6]$/.test(n.value),
    message: 'A mistake that is seen after a week is past all backups: keep them longer.',
    tier: 'medium',
  },
  {
    names: 'retentionindays retentiondays logretentiondays',
    type: /log|audit|flow|monitor|diagnostic|firewall|security_?alert|threat/i,
    bad: (n) => /^[1-9]\d?$/.test(n.value) && Number(n.value) < 14,
    message: 'Logs are gone before an intrusion is noticed: keep them for weeks.',
    tier: 'medium',
  },
  {
    names: 'georedundantbackupenabled georedundantbackup',
    bad: isFalse,
    message: 'Backups are lost along with the region: keep a copy elsewhere.',
  },
  {
    names: 'returnconnectionpasswordencrypted',
    bad: isFalse,
    message: 'Passwords are stored in clear: encrypt them.',
    tier: 'critical',
  },
  {
    names: 'ispvencryptionintransitenabled',
    bad: isFalse,
    message: 'Data between machine and disk is unencrypted: switch encryption on.',
  },
  {
    names: 'arelegacyimdsendpointsdisabled',
    bad: isFalse,
    message: 'The old metadata service hands credentials to any request forgery: disable it.',
  },
  { names: 'tdestatus', bad: is(/^Disabled$/i), message: 'Data is stored unencrypted: enable it.', tier: 'critical' },
  {
    names: 'sslaction',
    bad: is(/^Close$/i),
    message: 'Connections to the database are unencrypted: leave TLS on.',
    tier: 'critical',
  },
  {
    names: 'transitencryptionmode',
    bad: is(/^DISABLED$/i),
    message: 'Connections are unencrypted: use SERVER_AUTHENTICATION.',
    tier: 'critical',
  },
  {
    names: 'enforceworkgroupconfiguration',
    bad: isFalse,
    message: 'Callers can turn the encryption of results off: enforce the configuration.',
  },
  {
    names: 'automaticallyafterdays',
    bad: (n) => /^\d{1,5}$/.test(n.value) && Number(n.value) > 90,
    message: 'Secrets live too long: rotate them every 90 days.',
    tier: 'medium',
  },
  {
    names: 'rotationperiod',
    bad: (n) => /^(\d{5,10})s$/.test(n.value) && Number(n.value.slice(0, -1)) > 7_776_000,
    message: 'Keys live too long: rotate them every 90 days.',
  },
  {
    names: 'disabledalerts',
    bad: (n) => n.children.some((c) => c.value !== ''),
    message: 'Nobody is told of these attacks: leave all alerts on.',
  },
  {
    names: 'threatintelmode',
    bad: is(/^(?:Off|Disabled)$/i),
    message: 'Known bad addresses are let through: use Deny.',
  },
  {
    names: 'clusterprotectionlevel',
    bad: is(/^(?:None|Sign)$/i),
    message: 'Nodes talk to each other in clear: use EncryptAndSign.',
  },
  {
    names: 'enableautomaticupdates automaticupdatesenabled automaticupgradeenabled',
    bad: isFalse,
    message: 'Security fixes wait for somebody to think of them: leave updates on.',
    tier: 'medium',
  },
  {
    names: 'enabled',
    type: /flow_?log/i,
    parent: /^$/,
    bad: isFalse,
    message: 'Nobody sees who talked to whom: leave the flow log on.',
  },
  {
    names: 'enabled',
    parent: /^tracing$/,
    bad: isFalse,
    message: 'Nobody can follow a call through the system: leave tracing on.',
    tier: 'medium',
  },
  {
    names: 'virtualnetworktype',
    bad: is(/^None$/i),
    message: 'It stands outside of the network: use Internal, or External behind a gateway.',
    tier: 'medium',
  },
  {
    names:
      'enablebackendssl30 enablebackendtls10 enablebackendtls11 enablefrontendssl30 enablefrontendtls10 enablefrontendtls11 backendssl30enabled backendtls10enabled backendtls11enabled frontendssl30enabled frontendtls10enabled frontendtls11enabled',
    bad: isTrue,
    message: 'A withdrawn version of TLS is allowed: leave it off.',
    tier: 'critical',
  },
  {
    names: 'protocol',
    type: /^google_compute_firewall$/,
    parent: /^allow$/,
    bad: is(/^all$/i),
    message: 'All ports of the network are open to these addresses: list those that are needed.',
  },
  {
    names: 'email',
    parent: /^serviceaccounts?$/,
    bad: is(/-compute@developer\.gserviceaccount\.com$/),
    message: 'Every workload shares this account, which may edit the project: use an account of its own.',
  },
  {
    names: 'disablelegacyendpoints',
    bad: isFalse,
    message: 'The old metadata service hands credentials to any request forgery: disable it.',
  },
  {
    names: 'imagetype',
    type: /^google_container_/,
    bad: is(/^(?:UBUNTU|WINDOWS)/i),
    message: 'A general system has more to attack than one made for containers: use COS_CONTAINERD, where it will do.',
    tier: 'medium',
  },
  {
    names: 'member members',
    type: /^google_/,
    bad: (n) => [n, ...n.children].some((c) => /^user:\S+@(?:gmail|googlemail|outlook|hotmail|yahoo)\./i.test(c.value)),
    message: 'A private account keeps its rights when its owner leaves: grant them to a group of the organisation.',
    tier: 'medium',
  },
  {
    names: 'cidr',
    type: /^kubernetes_network_policy/,
    bad: is(/^(?:0\.0\.0\.0|::)\/0$/),
    message: 'The policy lets every address through: name the networks.',
  },
  {
    names: 'protocol',
    type: /^nifcloud_(?:elb|load_balancer)/,
    bad: is(/^http$/i),
    message: 'Visitors are served unencrypted: use HTTPS.',
  },
  {
    names: 'loadbalancerport',
    type: /^nifcloud_load_balancer/,
    bad: is(/^80$/),
    message: 'Visitors are served unencrypted: use 443.',
  },
  {
    names: 'networkid',
    type: /^nifcloud_/,
    bad: is(/^net-COMMON_PRIVATE$/),
    message: 'The network is shared with other customers: use a private one.',
  },
  {
    names: 'ipaddresspool',
    bad: is(/^public-ippool$/),
    message: 'The machine gets a public address: reach it through a proxy or a balancer.',
  },
  {
    names: 'plaintextvalue',
    type: /^github_actions_/,
    bad: (n) => n.value !== '',
    message: 'The secret stands in the state in clear: use encrypted_value.',
  },
  {
    names: 'type',
    type: /^(?:aws_ssm_parameter|AWS::SSM::Parameter)$/,
    parent: /^$/,
    bad: (n) =>
      n.value === 'String' &&
      (n.parent?.children ?? []).some(
        (c) => /^(?:name|value)$/i.test(c.key) && /pass(?:word|wd)|secret|token|api_?key|private_?key/i.test(c.value),
      ),
    message: 'A secret stored in clear: use SecureString.',
  },
  {
    names: 'categories',
    type: /monitor_log_profile/,
    bad: (n) => n.kind === 'seq' && n.children.length > 0 && n.children.length < 3,
    message: 'Part of what happens leaves no trace: log Action, Delete and Write.',
  },
  {
    names: 'publicipaddressid',
    type: /network_interface|networkInterfaces/,
    bad: (n) => n.value !== '',
    message: 'The machine gets a public address: reach it through a bastion or a balancer.',
    tier: 'medium',
  },
  {
    names: 'phpversion pythonversion',
    type: azureSite,
    bad: is(/^(?:[1-7](?:\.\d+)?|2\.7|3\.[0-8])$/),
    message: 'The runtime gets no security fixes any more: use a supported version.',
    tier: 'medium',
  },
  {
    names: 'action',
    type: /lambda_permission$|Lambda::Permission$/,
    bad: is(/^(?:lambda:)?\*$/),
    message: 'The caller may change the function, not only call it: allow lambda:InvokeFunction alone.',
  },
  {
    names: 'principal',
    type: /lambda_permission$|Lambda::Permission$|lambda_layer_version_permission$|LayerVersionPermission$/,
    bad: (n) =>
      n.value === '*' &&
      !(n.parent?.children ?? []).some((c) =>
        /^(?:source_?arn|source_?account|(?:principal_?)?org(?:anization)?_?id)$/i.test(c.key),
      ),
    message: 'Every account may call it: name the account or service, or the ARN it calls from.',
    tier: 'critical',
  },
  {
    names: 'users',
    type: /^AWS::IAM::(?:Managed)?Policy$|^aws_iam_policy_attachment$/,
    bad: (n) => n.children.length > 0,
    message: 'Rights of single users are lost sight of: attach the policy to a group or role.',
    tier: 'medium',
  },
];
