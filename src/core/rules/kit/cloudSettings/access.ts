/** Who may log in, and how. */
import { isFalse, isTrue } from '../cloud.ts';
import { azureSite, below, is, type Setting } from './setting.ts';

const passwordPolicy = /password_?policy/i;

export const access: readonly Setting[] = [
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
];
