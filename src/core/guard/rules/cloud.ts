/** Command lines of cloud providers. What is not known to read is asked about. */
import { asksForHelp, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { deedOf, isDryRun, namesThing, verbOf } from '../verbs.ts';
import type { Verb } from '../verbs.ts';

const awsValued: ReadonlySet<string> = new Set(
  'profile region output endpoint-url query ca-bundle cli-read-timeout cli-connect-timeout color cli-binary-format'.split(
    ' ',
  ),
);
const gcloudValued: ReadonlySet<string> = new Set(
  'project account configuration format filter region zone impersonate-service-account verbosity billing-project access-token-file flags-file cluster location'.split(
    ' ',
  ),
);
const azValued: ReadonlySet<string> = new Set(
  'subscription resource-group g output o query n name location l vault-name template-file'.split(' '),
);
const otherValued: ReadonlySet<string> = new Set(
  'context c access-token t config output o profile region zone project-id format p r'.split(' '),
);

export const cloud: Family = {
  id: 'cloud',
  programs: [
    'aws',
    'awslocal',
    'gcloud',
    'bq',
    'az',
    'doctl',
    'linode-cli',
    'oci',
    'ibmcloud',
    'hcloud',
    'scw',
    'vultr-cli',
    'exo',
    'aliyun',
    'tccli',
    'openstack',
    'nova',
    'govc',
    'virsh',
    'proxmox',
    'qm',
    'pct',
    'vboxmanage',
    'multipass',
    'lxc',
    'incus',
    'ovhcloud',
    'civo',
    'yc',
    'upctl',
    'equinix',
    'metal',
    'esxcli',
  ],
  check(call) {
    if (asksForHelp(call) || isDryRun(call) || call.args.some((a) => a.text === 'help')) return undefined;
    switch (call.name) {
      case 'aws':
        return checkAws(call);
      case 'awslocal':
        return undefined; // an emulator on this machine
      case 'gcloud':
        return checkGcloud(call);
      case 'bq':
        return checkBq(call);
      case 'az':
        return checkAz(call);
      case 'virsh':
        return /^(?:destroy|undefine|vol-delete|vol-wipe|pool-(?:destroy|delete|undefine)|net-(?:destroy|undefine)|snapshot-delete|reset|shutdown|reboot)$/.test(
          verbText(call),
        )
          ? remove(call.name, verbText(call), 'a virtual machine or its disks', '')
          : undefined;
      default: {
        const verb = verbOf(call, otherValued);
        if (!verb || verb.deed === 'read') return undefined;
        return verb.deed === 'destroy'
          ? remove(call.name, `${verb.group} ${verb.word}`, verb.rest.join(' '))
          : change(call.name, `${verb.group} ${verb.word}`, verb.deed === 'create');
      }
    }
  },
};

const verbText = (call: Call): string => readOptions(call.args, otherValued).words[0]?.text ?? '';

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

function remove(program: string, verb: string, what: string, object = what): Hit {
  return hit(
    `${program}-delete`,
    'critical',
    'environment',
    'ask',
    `${program} ${squeeze(verb)} takes away ${squeeze(what).slice(0, 80) || 'a resource'} in the cloud; it may not come back`,
    'List it first and let a person delete it',
    { ...about(squeeze(object)), manner: 'in-cloud' },
  );
}

function change(program: string, verb: string, creates: boolean): Hit {
  return creates
    ? hit(
        `${program}-create`,
        'critical',
        'environment',
        'ask',
        `${program} ${squeeze(verb)} makes or starts resources in the cloud, which cost and are reachable`,
        'Put it into the infrastructure code, and let a person apply it',
      )
    : hit(
        `${program}-change`,
        'high',
        'infrastructure',
        'ask',
        `${program} ${squeeze(verb)} changes resources in the cloud`,
        'Put it into the infrastructure code, and let a person apply it',
      );
}

const permission = (program: string, verb: string): Hit =>
  hit(
    `${program}-iam`,
    'critical',
    'iam-permission',
    'ask',
    `${program} ${squeeze(verb)} changes who may do what in the cloud`,
    'Let a person review and grant permissions',
  );

function checkAws(call: Call): Hit | undefined {
  const { words } = readOptions(call.args, awsValued);
  const service = words[0]?.text ?? '';
  const op = words[1]?.text ?? '';
  if (service === '' || op === '' || op === 'help' || op === 'wait') return undefined;
  if (
    (service === 'configure' && !(op === 'get' && /secret|token|key/i.test(words[2]?.text ?? ''))) ||
    service === 'sso' ||
    service === 'sts' ||
    service === 'codeartifact' ||
    op === 'update-kubeconfig' ||
    (service === 'ecr' && op === 'get-login-password')
  ) {
    return undefined;
  }
  if (service === 'configure')
    return hit(
      'secret-read',
      'high',
      'secrets',
      'ask',
      `aws configure get prints ${words[2]?.text ?? 'a key'}, which would end up in the agent's conversation`,
      'Let the program read its own profile',
    );
  // s3 and s3api live in storage.ts; secretsmanager and ssm parameters in secrets.ts.
  if (service === 's3') return undefined;
  const deed = awsDeed(op);
  if (deed === 'read') return undefined;
  if (
    service === 'iam' ||
    service === 'sso-admin' ||
    service === 'identitystore' ||
    service === 'organizations' ||
    /(?:policy|permission|access-key|principal|role-to)/.test(op)
  )
    return deed === 'destroy' && !/policy|permission/.test(op)
      ? remove('aws', `${service} ${op}`, '')
      : permission('aws', `${service} ${op}`);
  if (
    service === 'cloudtrail' ||
    service === 'guardduty' ||
    service === 'securityhub' ||
    service === 'config' ||
    service === 'configservice' ||
    (service === 'logs' && deed === 'destroy')
  )
    return hit(
      'aws-audit-off',
      'critical',
      'logging-off',
      'ask',
      `aws ${service} ${op} changes or removes audit and detection`,
      'Leave security logging to a person',
    );
  if (service === 'kms' && /(?:deletion|disable)/.test(op))
    return hit(
      'aws-kms-delete',
      'critical',
      'data-deletion',
      'ask',
      'Without this key the data it encrypts is lost',
      'Let a person do it',
    );
  if (deed === 'destroy') return remove('aws', `${service} ${op}`, '');
  // Messages and calls: what they do is for the receiver.
  if (
    !(service === 'ssm' && /^(?:send-command|start-automation)/.test(op)) &&
    /^(?:send|publish|invoke|receive|post|start-query|start-session|start-execution|tag|put-metric-data|put-log-events)/.test(
      op,
    )
  )
    return op.startsWith('invoke') || op.startsWith('start-execution')
      ? change('aws', `${service} ${op}`, false)
      : undefined;
  return change('aws', `${service} ${op}`, deed === 'create');
}

function awsDeed(op: string): ReturnType<typeof deedOf> {
  if (
    /^(?:describe|list|get|head|batch-get|search|lookup|filter|validate|estimate|preview|check|test|simulate|view|detect|decode|verify|query|scan|wait|tail|generate|presign|select|poll|resolve|retrieve|discover|calculate|compare|count|select-object-content|synthesize|translate|assume)(?:-|$)/.test(
      op,
    )
  )
    return 'read';
  return deedOf(op) ?? 'change';
}

const gcloudNouns: ReadonlySet<string> = new Set([
  'run',
  'deploy',
  'builds',
  'logging',
  'test',
  'source',
  'recommender',
  'release',
  'transfer',
  'metrics',
  'events',
  'export',
  'docs',
  'topic',
  'search',
  'health-checks',
]);

function checkGcloud(call: Call): Hit | undefined {
  const { words } = readOptions(call.args, gcloudValued);
  const list = words.map((w) => w.text).filter((w) => w !== 'alpha' && w !== 'beta' && w !== 'preview');
  const top = list[0] ?? '';
  if (/^(?:auth|config|components|init|info|version|topic|help|feedback|cheat-sheet|survey|docker)$/.test(top))
    return top === 'auth' && list[1] === 'revoke' ? change('gcloud', 'auth revoke', false) : undefined;
  if (top === 'storage') return undefined; // storage.ts
  if (top === 'secrets' && list[1] === 'versions' && list[2] === 'access') return undefined;
  if (top === 'builds' && list[1] === 'submit')
    return hit(
      'publish',
      'high',
      'supply-chain',
      'ask',
      'gcloud builds submit builds what is here in the cloud and pushes the image',
      'Let the release pipeline build it',
    );
  const verb = verbIn(list, gcloudNouns);
  if (!verb) return undefined;
  if (/iam-policy|iam-binding/.test(verb.word) && verb.deed !== 'read')
    return permission('gcloud', `${verb.group} ${verb.word}`);
  if (verb.deed === 'read' || verb.word === 'ssh' || verb.word === 'get-credentials') return undefined;
  if (top === 'iam' || list.includes('service-accounts')) return permission('gcloud', `${verb.group} ${verb.word}`);
  return verb.deed === 'destroy'
    ? remove('gcloud', `${verb.group} ${verb.word}`, verb.rest.join(' '))
    : change('gcloud', `${verb.group} ${verb.word}`, verb.deed === 'create');
}

function verbIn(
  list: readonly string[],
  nouns: ReadonlySet<string>,
): Pick<Verb, 'word' | 'deed' | 'group' | 'rest'> | undefined {
  for (let i = 0; i < list.length && i < 7; i++) {
    const word = list[i]!;
    if (nouns.has(word) && i < list.length - 1 && !(i > 0 && word === 'deploy')) continue;
    if (namesThing(word, list[i + 1])) continue;
    const deed = deedOf(word);
    if (deed) return { word, deed, group: list.slice(0, i).join(' '), rest: list.slice(i + 1) };
  }
  return undefined;
}

const azNouns: ReadonlySet<string> = new Set([
  'search',
  'restore-point',
  'restore-points',
  'monitor',
  'deployment',
  'lock',
  'tag',
  'version',
  'policy',
  'network-watcher',
  'export',
  'query',
  'backup',
  'webapp',
  'config',
  'events',
  'console',
  'schema',
  'test',
  'stack',
  'connection',
  'metrics',
  'log',
  'image',
  'sync',
]);

function checkAz(call: Call): Hit | undefined {
  const { words } = readOptions(call.args, azValued);
  const list = words.map((w) => w.text);
  const top = list[0] ?? '';
  if (
    /^(?:login|logout|version|find|interactive|feedback|configure|upgrade|extension|cloud|cache|self-test|survey|rest)$/.test(
      top,
    )
  ) {
    return top === 'rest' &&
      /\b(?:delete|put|post|patch)\b/i.test(
        readOptions(call.args, new Set(['method', 'm', 'uri', 'url', 'u', 'body', 'b'])).values.get('method') ?? '',
      )
      ? change('az', 'rest', false)
      : undefined;
  }
  if (top === 'account' && !/^(?:management-group|lock|create)$/.test(list[1] ?? '')) return undefined;
  if (top === 'storage' && list[1] !== 'account') return undefined; // storage.ts
  const verb = verbIn(list, azNouns);
  if (!verb) return undefined;
  if (verb.deed === 'read') return undefined;
  if (top === 'role' || top === 'ad' || /set-policy|delete-policy/.test(verb.word) || list.includes('role'))
    return permission('az', `${verb.group} ${verb.word}`);
  if (/^(?:get-credentials|browse|ssh)$/.test(verb.word)) return undefined;
  if (verb.deed === 'destroy') {
    const small = top === 'acr' && list[1] === 'repository';
    return small
      ? hit(
          'az-delete',
          'high',
          'data-deletion',
          'ask',
          `az ${verb.group} ${verb.word} removes images from the registry`,
          'List them first and let a person delete them',
        )
      : remove('az', `${verb.group} ${verb.word}`, verb.rest.join(' '));
  }
  return change('az', `${verb.group} ${verb.word}`, verb.deed === 'create');
}

function checkBq(call: Call): Hit | undefined {
  const { words } = readOptions(call.args, new Set(['project_id', 'dataset_id', 'location', 'format']));
  const verb = words[0]?.text ?? '';
  if (verb === 'rm')
    return remove(
      'bq',
      'rm',
      words
        .slice(1)
        .map((w) => w.text)
        .join(' '),
    );
  if (
    /^(?:mk|update|load|cp|insert|cancel|add-iam-policy-binding|set-iam-policy|remove-iam-policy-binding|truncate|undelete)$/.test(
      verb,
    )
  )
    return change('bq', verb, verb === 'mk');
  return undefined;
}
