/** kubectl, oc, helm, argocd, flux and other programs that change a cluster. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { isDryRun, subcommand, verbOf, wordsOf } from '../verbs.ts';

const kubeValued: ReadonlySet<string> = new Set(
  'n namespace context cluster kubeconfig user s server token as as-group request-timeout l selector f filename o output c container k kustomize field-selector p patch type replicas timeout grace-period v image port to from-literal from-file'.split(
    ' ',
  ),
);
const helmValued: ReadonlySet<string> = new Set(
  'n namespace kube-context kubeconfig kube-token kube-apiserver f values set set-string set-file version repo timeout o output registry-config repository-config repository-cache'.split(
    ' ',
  ),
);
const helmfileValued: ReadonlySet<string> = new Set('e environment f file l selector n namespace'.split(' '));
const argoValued: ReadonlySet<string> = new Set(
  'server auth-token config grpc-web-root-path header H argocd-context kube-context core-namespace controller-name app-namespace N project resource revision'.split(
    ' ',
  ),
);

const clusterReads: ReadonlySet<string> = new Set(
  'get describe logs log top explain version api-resources api-versions cluster-info diff wait events port-forward proxy completion options plugin kustomize help exec cp attach debug whoami status projects project login logout ctx ns tree neat convert krew stern'.split(
    ' ',
  ),
);
const wholes =
  /^(?:namespaces?|ns|nodes?|no|pv|persistentvolumes?|pvc|persistentvolumeclaims?|crds?|customresourcedefinitions?(?:\..*)?|clusterroles?|clusterrolebindings?|storageclass(?:es)?|sc|projects?|statefulsets?|sts)(?:\/|$)/i;

export const kubernetes: Family = {
  id: 'kubernetes',
  programs: [
    'kubectl',
    'oc',
    'k',
    'kubectl.exe',
    'helm',
    'helm3',
    'helmfile',
    'argocd',
    'flux',
    'istioctl',
    'linkerd',
    'minikube',
    'kind',
    'k3d',
    'eksctl',
    'kops',
    'kubeadm',
    'k3s',
    'rancher',
    'kustomize',
    'skaffold',
    'tilt',
    'nomad',
    'consul',
    'crictl',
    'ctr',
    'etcdctl',
    'talosctl',
    'kubeseal',
    'crossplane',
  ],
  check(call) {
    if (asksForHelp(call)) return undefined;
    switch (call.name) {
      case 'kubectl':
      case 'oc':
      case 'k':
        return checkKubectl(call);
      case 'helm':
      case 'helm3':
      case 'helmfile':
        return checkHelm(call);
      case 'argocd':
        return checkArgo(call);
      case 'kubeadm':
        return wordsOf(call)[0] === 'reset'
          ? destroy('kubeadm-reset', 'kubeadm reset takes the node out of the cluster and deletes its state')
          : undefined;
      case 'etcdctl':
        return /^(?:del|rm|rmdir|defrag|member|snapshot|put|set|compaction)$/.test(wordsOf(call)[0] ?? '') &&
          !/^(?:list|save|status)$/.test(wordsOf(call)[1] ?? '')
          ? destroy('etcd-change', 'This changes the data of the cluster itself')
          : undefined;
      default: {
        const verb = verbOf(call, kubeValued);
        if (!verb || verb.deed === 'read' || isDryRun(call)) return undefined;
        if (call.name === 'flux') {
          // It prints what it would apply.
          if (readOptions(call.args, kubeValued).flags.has('export')) return undefined;
          if (wordsOf(call)[0] === 'plugin')
            return change('flux-plugin', 'A flux plugin is a program that runs with your rights');
        }
        if (
          call.name === 'kustomize' ||
          call.name === 'kubeseal' ||
          ((call.name === 'minikube' ||
            call.name === 'kind' ||
            call.name === 'k3d' ||
            call.name === 'skaffold' ||
            call.name === 'tilt') &&
            verb.deed !== 'destroy')
        )
          return undefined;
        return verb.deed === 'destroy'
          ? destroy(
              `${call.name}-${verb.word}`,
              `${call.name} ${verb.group} ${verb.word} takes something away from the cluster`.replace(/ {2,}/g, ' '),
            )
          : change(
              `${call.name}-${verb.word}`,
              `${call.name} ${verb.group} ${verb.word} changes the cluster`.replace(/ {2,}/g, ' '),
            );
      }
    }
  },
};

const destroy = (rule: string, what: string, object?: string): Hit =>
  hit(
    rule,
    'critical',
    'environment',
    'ask',
    what,
    'Show the command to a person, with the context it runs against',
    about(object),
  );
const change = (rule: string, what: string): Hit =>
  hit(
    rule,
    'high',
    'infrastructure',
    'ask',
    what,
    'Show the change first (diff, --dry-run=server), or let the pipeline apply it',
  );

function checkKubectl(call: Call): Hit | undefined {
  const { flags, words, values } = readOptions(call.args, kubeValued);
  const verb = words[0]?.text ?? '';
  const rest = words.slice(1).map((w) => w.text);
  if (verb === '' || clusterReads.has(verb)) return undefined;
  if (flags.has('dry-run') && !/^(?:none|false)$/.test(values.get('dry-run') ?? '')) return undefined;
  const first = rest[0] ?? '';
  switch (verb) {
    case 'delete': {
      const whole =
        flags.has('all') ||
        flags.has('A') ||
        flags.has('all-namespaces') ||
        rest.some((r) => r.split(',').some((x) => wholes.test(x)));
      const forced = flags.has('force') || values.get('grace-period') === '0';
      return hit(
        'kubectl-delete',
        whole || forced ? 'critical' : 'high',
        'environment',
        'ask',
        `kubectl delete removes ${rest.join(' ').slice(0, 80) || 'what the file lists'} from the cluster${whole ? ', with everything in it' : ''}`,
        'List it first (kubectl get) and let a person delete it',
        about(rest.join(' ')),
      );
    }
    case 'drain':
    case 'cordon':
      return hit(
        `kubectl-${verb}`,
        'high',
        'environment',
        'ask',
        `kubectl ${verb} takes a node out of service`,
        'Let a person do it in a maintenance window',
      );
    case 'auth':
      return first === 'reconcile'
        ? hit(
            'kubectl-rbac',
            'critical',
            'iam-permission',
            'ask',
            'This changes permissions in the cluster',
            'Let a person review the roles',
          )
        : undefined;
    case 'config':
      return /^(?:delete|unset)/.test(first)
        ? change('kubectl-config-delete', `kubectl config ${first} removes access data from the kubeconfig`)
        : undefined;
    case 'rollout':
      return /^(?:status|history)$/.test(first)
        ? undefined
        : change('kubectl-rollout', `kubectl rollout ${first} restarts or replaces running pods`);
    case 'certificate':
    case 'adm':
      return hit(
        `kubectl-${verb}`,
        'critical',
        'iam-permission',
        'ask',
        `kubectl ${verb} ${first} changes who may do what in the cluster`,
        'Let a person do it',
      );
    case 'scale':
      return change(
        'kubectl-scale',
        values.get('replicas') === '0' ? 'Scaling to zero takes the service down' : 'This changes how many pods run',
      );
    case 'apply':
    case 'replace':
      return /^(?:view-last-applied|set-last-applied)$/.test(first)
        ? undefined
        : change(
            `kubectl-${verb}`,
            `kubectl ${verb} changes the running cluster${flags.has('force') ? ', deleting and making objects anew' : ''}${flags.has('prune') ? ', and deletes what the files no longer list' : ''}`,
          );
    case 'create':
    case 'run':
    case 'expose':
    case 'new-project':
    case 'new-app':
      return /^(?:role|clusterrole|rolebinding|clusterrolebinding|token|serviceaccount|sa)/.test(first)
        ? hit(
            'kubectl-rbac',
            'critical',
            'iam-permission',
            'ask',
            'This gives permissions in the cluster',
            'Let a person review the roles',
          )
        : change(`kubectl-${verb}`, `kubectl ${verb} makes new objects in the running cluster`);
    case 'patch':
    case 'edit':
    case 'set':
    case 'label':
    case 'annotate':
    case 'taint':
    case 'uncordon':
    case 'autoscale':
    case 'import-image':
    case 'policy':
      return change(`kubectl-${verb}`, `kubectl ${verb} changes objects in the running cluster`);
    default:
      return undefined;
  }
}

function checkHelm(call: Call): Hit | undefined {
  const { flags, words } = readOptions(call.args, helmValued);
  const verb = call.name === 'helmfile' ? subcommand(call, helmfileValued) : (words[0]?.text ?? '');
  if (flags.has('dry-run')) return undefined;
  switch (verb) {
    case 'uninstall':
    case 'delete':
    case 'del':
    case 'un':
    case 'destroy':
      return hit(
        'helm-uninstall',
        'critical',
        'environment',
        'ask',
        `helm ${verb} removes the release with all its objects, volumes included`,
        'Look at helm get manifest first and let a person do it',
      );
    case 'install':
    case 'upgrade':
    case 'apply':
    case 'sync':
      return change(
        `helm-${verb}`,
        `helm ${verb} changes the running cluster${hasAny(flags, 'force', 'reset-values') ? ' and replaces what is there' : ''}`,
      );
    case 'rollback':
      return change('helm-rollback', 'helm rollback replaces the running release with an older one');
    case 'push':
      return hit(
        'publish',
        'high',
        'supply-chain',
        'ask',
        'helm push publishes a chart',
        'Let the release pipeline publish',
      );
    case 'plugin':
      return /^(?:install|uninstall|update)$/.test(words[1]?.text ?? '')
        ? change('helm-plugin', 'A helm plugin is a program that runs with your rights')
        : undefined;
    default:
      return undefined;
  }
}

function checkArgo(call: Call): Hit | undefined {
  const verb = verbOf(call, argoValued);
  if (!verb || verb.deed === 'read' || isDryRun(call))
    return verb?.word === 'login' ? undefined : verb ? undefined : unknownArgo(call);
  if (verb.deed === 'destroy')
    return destroy(
      `argocd-${verb.word}`,
      `argocd ${verb.group} ${verb.word} removes ${verb.rest.join(' ').slice(0, 60) || 'it'} from the deployment, and with it what runs`,
      verb.rest.join(' '),
    );
  return change(`argocd-${verb.word}`, `argocd ${verb.group} ${verb.word} changes what is deployed`);
}

const unknownArgo = (call: Call): Hit | undefined =>
  /^(?:terminate-op|edit|patch-resource|gen|run|bcrypt)/.test(wordsOf(call, argoValued)[1] ?? '')
    ? change('argocd-change', 'This changes what is deployed')
    : undefined;
