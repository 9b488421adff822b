import type { TreeNode } from '../languages/treeNode.ts';
import {
  attributes,
  cloudLanguages,
  isFalse,
  isLiteral,
  isTrue,
  resources,
  where,
  type Resource,
} from './kit/cloud.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

interface Setting {
  /** Plain names of the attribute (`kit/cloud.ts`). */
  readonly names: string;
  readonly bad: (n: TreeNode) => boolean;
  readonly type?: RegExp;
  /** Plain name of what the attribute stands in. */
  readonly parent?: RegExp;
  readonly message: string;
  readonly tier?: 'critical' | 'medium';
}

const is =
  (pattern: RegExp) =>
  (n: TreeNode): boolean =>
    pattern.test(n.value);
const below =
  (limit: number) =>
  (n: TreeNode): boolean =>
    /^\d{1,6}$/.test(n.value) && Number(n.value) < limit;
/** A list that holds such a value. */
const holds =
  (pattern: RegExp) =>
  (n: TreeNode): boolean =>
    n.children.some((c) => pattern.test(c.value));

const azureSite = /app_?service|function_?app|web_?app|\/sites/i;
const kube = /^kubernetes_/;
const passwordPolicy = /password_?policy/i;

const settings: readonly Setting[] = [
  // Who may log in
  {
    names:
      'localaccountdisabled localauthenticationdisabled disablelocalauth localuserdisabled disablelocalaccounts disablekeybasedmetadatawriteaccess',
    bad: isFalse,
    message: 'Keys and local accounts stay valid beside the identities of the directory: disable them.',
  },
  {
    names: 'rolebasedaccesscontrolenabled enablerbac enablerbacauthorization',
    bad: isFalse,
    message: 'Without roles every identity may do everything: leave them on.',
    tier: 'critical',
  },
  {
    names: 'enabled',
    parent:
      /^(?:rolebasedaccesscontrol|authsettings(?:v2)?|podsecuritypolicyconfig|networkpolicy|dnssecconfig|binaryauthorization|shieldednodes|threatdetectionpolicy|wafconfiguration|azurepolicy|backupconfiguration|pointintimerecovery|backuppolicy|loganalytics|omsagent|softdeleteretentionpolicy)$/,
    bad: isFalse,
    message: 'A protection of the resource is switched off: leave it on.',
  },
  {
    names: 'authenabled authenticationenabled',
    type: /app_?service|web_?app|function_?app|redis|sites/i,
    bad: isFalse,
    message: 'It answers without a login: leave authentication on.',
    tier: 'critical',
  },
  {
    names: 'disablepasswordauthentication',
    bad: isFalse,
    message: 'Login by password allowed: use keys.',
  },
  {
    names: 'enableoslogin blockprojectsshkeys',
    bad: isFalse,
    message: 'Keys of the whole project open this machine: use OS Login.',
  },
  { names: 'serialportenable', bad: isTrue, message: 'The serial console can be reached from outside: leave it off.' },
  {
    names: 'issueclientcertificate',
    bad: isTrue,
    message: 'Certificates for the control plane can not be taken back: use identities.',
  },
  {
    names: 'adminenabled adminuserenabled',
    type: /container_?registr|registries/i,
    bad: isTrue,
    message: 'One shared account with all rights on the registry: use identities.',
  },
  {
    names: 'iamdatabaseauthenticationenabled enableiamdatabaseauthentication',
    bad: isFalse,
    message: 'Database passwords live on where short-lived identities would do: switch IAM authentication on.',
  },
  { names: 'mfaconfiguration', bad: is(/^OFF$/i), message: 'Login with a password alone: ask for a second factor.' },
  {
    names: 'minimumpasswordlength minpasswordlength passwordminimumlength minimumlength',
    bad: below(14),
    type: passwordPolicy,
    message: 'Short passwords allowed: ask for 14 characters or more.',
  },
  {
    names: 'minimumlength',
    parent: /^passwordpolicy$/,
    bad: below(8),
    message: 'Short passwords allowed: ask for 14 characters or more.',
  },
  {
    names:
      'requiresymbols requirenumbers requirelowercasecharacters requireuppercasecharacters requirelowercase requireuppercase',
    bad: isFalse,
    message: 'Simple passwords allowed: ask for mixed characters, or for long ones.',
  },
  {
    names: 'maxpasswordage',
    type: passwordPolicy,
    bad: (n) => /^\d{1,6}$/.test(n.value) && (Number(n.value) > 90 || Number(n.value) === 0),
    message: 'A password that got out stays valid for long: let it expire, or ask for a second factor.',
    tier: 'medium',
  },
  {
    names: 'passwordreuseprevention',
    bad: below(5),
    type: passwordPolicy,
    message: 'Old passwords can come back soon: remember 24 of them.',
  },
  {
    names: 'unauthenticated',
    bad: isTrue,
    message: 'Callers without an identity are let in: ask for one.',
    tier: 'critical',
  },
  {
    names: 'clientcertificateenabled clientcertenabled',
    type: azureSite,
    bad: isFalse,
    message: 'Callers need no certificate any more: keep mutual TLS on.',
  },
  {
    names: 'specialgroup',
    bad: is(/^all(?:Authenticated)?Users$/),
    message: 'Access granted to everyone on the internet: name the identities that need it.',
    tier: 'critical',
  },
  {
    names: 'group',
    type: /launch_?permission/i,
    bad: is(/^all$/),
    message: 'The image is offered to every account: name the accounts.',
    tier: 'critical',
  },
  {
    names: 'roledefinitionid',
    bad: is(
      /8e3af657-a8ff-443c-a75c-2fe8c4bcb635|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9|b24988ac-6180-42a0-ab88-20f7382dd24c/i,
    ),
    message: 'Owner, Contributor or User Access Administrator assigned: assign the narrow role that is needed.',
    tier: 'critical',
  },
  {
    names: 'acceptancerequired',
    bad: isFalse,
    message: 'Every account can connect to the service unasked: accept connections one by one.',
  },
  {
    names: 'unauthenticatedclientaction',
    bad: is(/^AllowAnonymous$/i),
    message: 'Callers without a login are let in: send them to the login page.',
    tier: 'critical',
  },
  {
    names: 'authenticationtype',
    bad: is(/^Anonymous$/i),
    message: 'It connects without a login: use an identity or a key.',
  },
  {
    names: 'elevationlevel',
    bad: is(/^Admin$/i),
    message: 'Tasks run with the rights of an administrator: NonAdmin is enough for most.',
  },
  {
    names: 'securitylevel',
    type: /app_?engine|appengine/i,
    bad: is(/^SECURE_(?:NEVER|OPTIONAL|DEFAULT)$/),
    message: 'Visitors may be served unencrypted: use SECURE_ALWAYS.',
  },
  {
    names: 'sshkeys',
    parent: /^metadata$/,
    bad: (n) => n.value !== '',
    message: 'Keys in the metadata open the machine for as long as it lives: use OS Login.',
  },
  // Who may reach it
  { names: 'ftpsstate', bad: is(/^AllAllowed$/i), message: 'Unencrypted FTP allowed: use FtpsOnly or Disabled.' },
  {
    names: 'protocols',
    type: /transfer/i,
    bad: holds(/^FTP$/),
    message: 'Unencrypted FTP allowed: use SFTP.',
    tier: 'critical',
  },
  {
    names: 'protocols',
    type: /api_management/,
    bad: holds(/^(?:http|ws)$/),
    message: 'The API answers unencrypted, too: leave https alone.',
    tier: 'critical',
  },
  {
    names: 'clientprotocol',
    bad: is(/^Plaintext$/i),
    message: 'Connections to the store are unencrypted: use Encrypted.',
    tier: 'critical',
  },
  { names: 'remotedebuggingenabled', bad: isTrue, message: 'A debugger can attach from outside: leave it off.' },
  {
    names: 'allowedorigins',
    type: azureSite,
    bad: holds(/^\*$/),
    message: 'Any site may read the answers: list the origins.',
  },
  {
    names: 'accesstype',
    bad: is(/^ObjectRead(?:WithoutList)?$/),
    message: 'Everybody can read the objects: use NoPublicAccess.',
    tier: 'critical',
  },
  {
    names: 'publicaccessprevention',
    bad: is(/^inherited$/i),
    message: 'The bucket can be opened to the public: enforce the prevention.',
  },
  {
    names: 'uniformbucketlevelaccess enableuniformbucketlevelaccess',
    bad: isFalse,
    message: 'Single objects can be opened past the policy of the bucket: keep access uniform.',
  },
  {
    names: 'objectownership',
    bad: is(/^ObjectWriter$/),
    message: 'Who writes an object owns it and can open it: use BucketOwnerEnforced.',
  },
  {
    names: 'autocreatenetwork',
    bad: isTrue,
    message: 'The default network lets all its machines reach each other: make one of your own.',
  },
  {
    names: 'privateipgoogleaccess',
    bad: isFalse,
    message: 'Machines need public addresses to reach the APIs: switch private access on.',
  },
  {
    names: 'managedvirtualnetworkenabled dataexfiltrationprotectionenabled',
    bad: isFalse,
    message: 'Data can leave for any network: leave the protection on.',
  },
  { names: 'publicnetworkenabled', bad: isTrue, message: 'Reachable from the internet: use private endpoints.' },
  {
    names: 'internal',
    type: /^aws_(?:lb|alb|elb)$/,
    bad: isFalse,
    message: 'The balancer is open to the internet: make it internal, unless it is the front door.',
    tier: 'medium',
  },
  {
    names: 'scheme',
    type: /^AWS::ElasticLoadBalancing/,
    bad: is(/^internet-facing$/),
    message: 'The balancer is open to the internet: make it internal, unless it is the front door.',
    tier: 'medium',
  },
  {
    names: 'mode tracing',
    parent: /^(?:tracingconfig|)$/,
    type: /lambda_function|Lambda::Function|Serverless::Function/,
    bad: is(/^PassThrough$/),
    message: 'Nobody can follow a call through the system: use Active.',
    tier: 'medium',
  },
  {
    names: 'kmsmasterkeyid kmskeyid',
    bad: is(/^alias\/aws\//),
    message:
      'The key of the provider can not be limited or taken back: use one of your own where the data asks for it.',
    tier: 'medium',
  },
  { names: 'entryprotocol', bad: is(/^http$/), message: 'Visitors are served unencrypted: use https.' },
  {
    names: 'lbprotocol instanceprotocol',
    bad: is(/^http$/i),
    type: /elb|LoadBalanc/i,
    message: 'Traffic of the balancer is unencrypted: use HTTPS.',
  },
  {
    names: 'desyncmitigationmode',
    bad: is(/^monitor$/i),
    message: 'Smuggled requests are only counted: use defensive or strictest.',
  },
  {
    names: 'insecuressl',
    bad: is(/^(?:true|1)$/),
    message: 'Any certificate is taken: keep the check on.',
    tier: 'critical',
  },
  {
    names: 'cloudfrontdefaultcertificate',
    bad: isTrue,
    message: 'The default certificate allows withdrawn TLS versions: use one of your own with TLSv1.2.',
  },
  // What guards and watches it
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
  // Rights of what runs
  {
    names: 'privilegedmode',
    type: /codebuild/i,
    bad: isTrue,
    message: 'The build is root on its host: leave privileged mode off unless it builds images.',
  },
  { names: 'rootaccess', type: /sagemaker|notebook/i, bad: isTrue, message: 'Notebooks run as root: switch it off.' },
  {
    names: 'allowextensionoperations',
    bad: isTrue,
    message: 'Extensions run as the system on the machine: leave them off.',
  },
  {
    names: 'containerdefinitions',
    bad: is(/"?readonlyRootFilesystem"?\s*[=:]\s*false/i),
    message: 'A writable root file system lets an intruder change the program: mount what must be written.',
    tier: 'medium',
  },
  {
    names: 'readonlyrootfilesystem',
    type: /ECS::TaskDefinition/,
    bad: isFalse,
    message: 'A writable root file system lets an intruder change the program: mount what must be written.',
    tier: 'medium',
  },
  {
    names: 'pidmode ipcmode',
    bad: is(/^host$/),
    message: 'The container sees the processes of its host: leave it out.',
    tier: 'critical',
  },
  {
    names: 'httpputresponsehoplimit',
    bad: (n) => /^\d{1,3}$/.test(n.value) && Number(n.value) > 2,
    message: 'The metadata service answers from far behind the machine: 1 is enough, 2 for containers.',
    tier: 'medium',
  },
  {
    names: 'autoacceptsharedattachments',
    bad: isTrue,
    message: 'Networks of other accounts join unasked: accept them one by one.',
  },
  {
    names: 'accountids',
    type: /ssm_document|ami_launch_permission|snapshot/,
    bad: (n) => [n, ...n.children].some((c) => /^all$/i.test(c.value)),
    message: 'It is shared with every account: name the accounts.',
    tier: 'critical',
  },
  {
    names: 'blockpublicsecuritygrouprules',
    bad: isFalse,
    message: 'Clusters may be started open to the internet: leave the block on.',
  },
  {
    names: 'tlspolicy',
    bad: is(/^optional$/i),
    message: 'Mail is sent unencrypted where the other side asks for it: use Require.',
  },
  {
    names: 'securitypolicyname',
    type: /transfer/i,
    bad: is(/-(?:2018-11|2020-06)$/),
    message: 'Broken ciphers are allowed: use a newer policy.',
  },
  {
    names: 'uri',
    bad: is(/acs\.amazonaws\.com\/groups\/global\/(?:AllUsers|AuthenticatedUsers)$/),
    message: 'Access granted to everyone on the internet: name the identities that need it.',
    tier: 'critical',
  },
  {
    names: 'permissionsmode',
    bad: is(/^ALLOW_ALL$/),
    message: 'Whoever may reach the ledger may do anything: use STANDARD.',
  },
  {
    names: 'internaliponly privateinstance',
    bad: isFalse,
    message: 'The machines get public addresses: keep them private.',
  },
  {
    names: 'enablestackdriverlogging enablestackdrivermonitoring',
    bad: isFalse,
    message: 'What happens there leaves no trace: leave it on.',
  },
  {
    names: 'ipconfiguration',
    type: /dataflow/,
    bad: is(/^WORKER_IP_PUBLIC$/),
    message: 'The machines get public addresses: keep them private.',
  },
  {
    names: 'user',
    type: /iam_access_key$|IAM::AccessKey$/,
    bad: is(/^root$/),
    message: 'A key of the root account has all rights and can not be limited: use a role.',
    tier: 'critical',
  },
  {
    names: 'containerdefinitions',
    bad: is(/"?[pP]rivileged"?\s*[=:]\s*true/),
    message: 'A container with the rights of its host: leave privileged mode off.',
    tier: 'critical',
  },
  {
    names: 'privileged',
    type: /ecs|TaskDefinition|batch|^kubernetes_/i,
    bad: isTrue,
    message: 'A container with the rights of its host: leave privileged mode off.',
    tier: 'critical',
  },
  {
    names: 'hostnetwork hostpid hostipc allowprivilegeescalation',
    type: kube,
    bad: isTrue,
    message: 'A container with rights of its host: drop them.',
    tier: 'critical',
  },
  {
    names: 'runasnonroot readonlyrootfilesystem',
    type: kube,
    bad: isFalse,
    message: 'The container may change itself, or runs as root: leave the limit on.',
  },
  {
    names: 'verbs resources apigroups',
    type: /^kubernetes_(?:cluster_)?role/,
    bad: holds(/^\*$/),
    message: 'The role is granted with a wildcard: name the verbs, resources and groups it needs.',
    tier: 'critical',
  },
  {
    names: 'insecurekubeletreadonlyportenabled enablekubernetesalpha',
    bad: isTrue,
    message: 'The nodes answer without a login, or run what is not ready: leave it off.',
  },
  {
    names: 'nodemetadata',
    bad: is(/^(?:EXPOSE|UNSPECIFIED)$/),
    message: 'Workloads get at the credentials of their node: use workload identity.',
  },
  // Where the code is
  {
    names: 'visibility visibilitylevel',
    type: /^git(?:hub|lab)_/,
    bad: is(/^public$/),
    message: 'The code can be read by everyone: keep it private.',
  },
  {
    names: 'private',
    type: /^github_repository$/,
    bad: isFalse,
    message: 'The code can be read by everyone: keep it private.',
  },
  {
    names:
      'requiresignedcommits enforceadmins vulnerabilityalerts rejectunsignedcommits preventsecrets requireconversationresolution',
    type: /^git(?:hub|lab)_/,
    bad: isFalse,
    message: 'A rule of the repository is switched off: leave it on.',
  },
  {
    names: 'allowsforcepushes allowsdeletions allowforcepush',
    type: /^git(?:hub|lab)_/,
    bad: isTrue,
    message: 'History can be rewritten: forbid it.',
  },
  {
    names: 'allowedactions',
    type: /^github_/,
    bad: is(/^all$/),
    message: 'Any action of the marketplace may run: list those that may.',
  },
];

const byName = new Map<string, Setting[]>();
for (const s of settings)
  for (const name of s.names.split(' ')) {
    const own = byName.get(name);
    if (own) own.push(s);
    else byName.set(name, [s]);
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
  check(source, report) {
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
          tier: 'medium',
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
