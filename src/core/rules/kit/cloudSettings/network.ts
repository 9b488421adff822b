/** Who may reach a resource. */
import { isFalse, isTrue } from '../cloud.ts';
import { azureSite, holds, is, type Setting } from './setting.ts';

export const network: readonly Setting[] = [
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
];
