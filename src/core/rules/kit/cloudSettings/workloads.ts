/** Rights of what runs. */
import { isFalse, isTrue } from '../cloud.ts';
import { holds, is, type Setting } from './setting.ts';

const kube = /^kubernetes_/;

export const workloads: readonly Setting[] = [
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
];
