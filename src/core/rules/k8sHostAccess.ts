import { at, pathOf, scalars, type TreeNode, walk } from '../languages/treeNode.ts';
import { isConcourse, isKube, isPipeline, kubernetes, settings } from './kit/kube.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Hit, Rule } from './rule.ts';

export const k8sHostAccess: Rule = {
  id: 'k8s-host-access',
  title: 'Container given the rights of its host',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: kubernetes,
  references: ['CWE-250', 'Kubernetes Pod Security Standards', 'CIS Kubernetes 5.2'],
  why: 'Privileged mode, host namespaces, privilege escalation, added capabilities and root take away the wall between container and node: who gets into the container owns the machine. The Pod Security Standards forbid each of them.',
  remedy: 'drop it, or give the one capability that is needed',
  keywords: [
    'privileged',
    'allowprivilegeescalation',
    'hostpid',
    'hostipc',
    'hostnetwork',
    'runasnonroot',
    'runasuser',
    'capabilities',
    'seccompprofile',
    'seccomp',
    'apparmor',
    'unconfined',
    'procmount',
    'hostpath',
    'sysctls',
    'privileges',
    'windowsoptions',
    'hostprocess',
    'hostport',
    'shareprocessnamespace',
    'automountserviceaccounttoken',
    'readonlyrootfilesystem',
    'allowhostnetwork',
    'allowhostpid',
    'allowhostipc',
    'allowprivilegedcontainer',
  ],
  check(source, report) {
    for (const root of source.tree) {
      const known = isKube(source, root);
      const isJob = !known && (isConcourse(root) || isPipeline(root));
      const told = new Set<string>();
      for (const n of settings(root)) {
        if (n.kind !== 'scalar') {
          // Who is privileged has them all.
          if (
            n.key === 'add' &&
            n.parent?.key === 'capabilities' &&
            at(n.parent.parent, 'privileged')?.value !== 'true'
          ) {
            for (const c of n.children)
              if (capability.test(c.value))
                report({
                  start: c.start,
                  end: c.end,
                  key: `cap:${c.value}`,
                  ...weightOf(c.value, hasOwnNetwork(n)),
                });
          }
          continue;
        }
        const yes = /^(?:true|yes|on)$/i.test(n.value);
        const no = /^(?:false|no|off)$/i.test(n.value);
        const hit = {
          start: n.start,
          end: n.end,
          key: `${n.key}=${n.value}`,
          message: `'${n.key}: ${n.value.slice(0, 40)}' gives the container rights of its host: drop it, or give the one capability that is needed.`,
        };
        switch (n.key) {
          case 'privileged':
            if (!yes) break;
            if (known || ofContainer(n)) report(hit);
            else if (!isJob && ofCluster.test(source.path)) report({ ...hit, tier: 'high' });
            else if (isJob) {
              // The same task once more may do no more than before.
              const key = `job:${['file', 'task', 'name'].map((k) => at(n.parent, k)?.value).find((v) => v) ?? ''}`;
              if (told.size === told.add(key).size) break;
              report({
                ...hit,
                key,
                // Where steps run for requests, what they are given is given to whoever asks.
                tier: isConcourse(root) ? 'medium' : 'high',
                message:
                  'This step of the pipeline has all rights of the machine it runs on: leave them to steps that start containers themselves.',
              });
            }
            break;
          case 'allowPrivilegeEscalation':
          case 'hostPID':
          case 'hostIPC':
          case 'hostNetwork':
          case 'hostProcess':
          case 'allowPrivilegedContainer':
          case 'allowHostNetwork':
          case 'allowHostPID':
          case 'allowHostIPC':
          case 'allowHostDirVolumePlugin':
            if (yes) report(hit);
            break;
          case 'runAsNonRoot':
            if (no) report({ ...hit, ...asRoot(n.parent) });
            break;
          case 'readOnlyRootFilesystem':
            // So it is when nothing is said, too.
            if (no)
              report({
                ...hit,
                tier: 'medium',
                message:
                  'A writable root file system lets an intruder change the program: mount the folders that must be written.',
              });
            break;
          case 'runAsUser':
            if (n.value === '0') report({ ...hit, ...asRoot(n.parent) });
            break;
          case 'procMount':
            if (/^Unmasked$/i.test(n.value)) report(hit);
            break;
          case 'type':
            if (n.value === 'Unconfined' && /seccomp|appArmor/i.test(pathOf(n).join('.'))) report(hit);
            break;
          case 'path': {
            if (n.parent?.key !== 'hostPath') break;
            const sensitive =
              /^\/?$|^\/(?:etc|root|proc|sys|dev|boot|var\/run|run|var\/lib\/kubelet|var\/lib\/docker|var\/lib\/containerd|usr|home)(?:\/|$)|\.sock$/.test(
                n.value,
              );
            const isOptIn = n.value.includes('{{');
            if (aboutNode.test(n.value)) {
              if (!isOnlyRead(root, n.parent.parent))
                report({
                  ...hit,
                  key: `hostPath:${n.value}`,
                  tier: 'medium',
                  message: 'The container may write a file of the node: mount it with readOnly.',
                });
              break;
            }
            report(
              isOptIn
                ? {
                    ...hit,
                    key: 'hostPath:value',
                    tier: 'medium',
                    message:
                      'A value of the chart mounts a folder of the node into the container: keep it empty by default.',
                  }
                : sensitive
                  ? {
                      ...hit,
                      key: `hostPath:${n.value}`,
                      message:
                        'A sensitive folder of the node is mounted into the container: use a volume made for the data.',
                    }
                  : {
                      ...hit,
                      key: `hostPath:${n.value}`,
                      tier: 'high',
                      message: 'A folder of the node is mounted into the container: use a volume made for the data.',
                    },
            );
            break;
          }
          default:
            if (/seccomp|apparmor/i.test(n.key) && /unconfined/i.test(n.value)) report(hit);
        }
      }
    }
  },
  fix: switchBack('Leave the container confined'),
};

/** By its place it may be the values of something that is deployed. */
const ofCluster =
  /(?:^|\/)(?:k8s|kube(?:rnetes)?|manifests?|deploy(?:ments?|ed)?|overlays|clusters?|gitops|argo(?:cd)?|flux(?:cd)?|environments?|envs?)\/|(?:^|[/._-])overrides?[\w.-]{0,80}\.ya?ml$/i;

/** Whether it is said of a container, whatever tool starts that. */
const ofContainer = ({ parent }: TreeNode): boolean =>
  /securityContext$/i.test(parent?.key ?? '') ||
  /^(?:initC|c)ontainers$/.test(parent?.parent?.key ?? '') ||
  (at(parent, 'image') !== undefined && at(parent, 'task') === undefined && at(parent, 'commands') === undefined);

const capability =
  /^(?:ALL|SYS_ADMIN|NET_ADMIN|SYS_PTRACE|SYS_MODULE|DAC_READ_SEARCH|DAC_OVERRIDE|SYS_RAWIO|SYS_BOOT|BPF|NET_RAW|MKNOD|SETUID|SETGID|CAP_\w+)$/i;
/** What containers have when nothing is said: to give it back adds nothing to that. */
const usual =
  /^(?:CAP_)?(?:AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|NET_RAW|SETFCAP|SETGID|SETPCAP|SETUID|SYS_CHROOT)$/i;
/** They reach the network and the processes of the container, not the node. */
const inside = /^(?:CAP_)?(?:NET_ADMIN|IPC_LOCK|SYS_NICE|SYS_RESOURCE|SYS_TIME)$/i;

function weightOf(name: string, isOfOwnNetwork: boolean): Pick<Hit, 'message' | 'tier'> {
  const said = name.slice(0, 40);
  if (isOfOwnNetwork && /^(?:CAP_)?NET_ADMIN$/i.test(name))
    return {
      tier: 'medium',
      message: `${said} lets the container rewrite its own network, and forge what it sends there: leave it out unless the program needs it.`,
    };
  if (usual.test(name))
    return {
      tier: 'medium',
      message: `${said} is what a container goes without easily: leave it out unless the program needs it.`,
    };
  return {
    message: `${said} is a right of the host, given to the container: leave it out, or say in the change what needs it.`,
    ...(inside.test(name) ? { tier: 'high' } : {}),
  };
}

/** Whether root in the container has none of its rights but those that are told for themselves. */
const isLimited = (context: TreeNode | undefined): boolean =>
  at(context, 'allowPrivilegeEscalation')?.value === 'false' &&
  at(context, 'privileged')?.value !== 'true' &&
  scalars(at(context, 'capabilities', 'drop')).some((c) => /^(?:CAP_)?ALL$/i.test(c));

const isHardened = (context: TreeNode | undefined): boolean =>
  at(context, 'allowPrivilegeEscalation')?.value === 'false' ||
  at(context, 'readOnlyRootFilesystem')?.value === 'true' ||
  scalars(at(context, 'capabilities', 'drop')).some((c) => /^(?:CAP_)?ALL$/i.test(c));

/** What root in a container is, beside the other settings of the same block: who is privileged is told so once. */
const asRoot = (context: TreeNode | undefined): Pick<Hit, 'message' | 'tier' | 'follows'> => ({
  ...(isLimited(context) && (at(context, 'capabilities', 'add')?.children.length ?? 0) === 0
    ? {
        tier: 'medium',
        message: 'The container may run as root, if without its rights: give it a user of its own.',
      }
    : {
        // All that root has by default, unless something of it is taken away.
        ...(isHardened(context) && { tier: 'high' }),
        message: 'Container runs as root: give it a user of its own.',
      }),
  ...(at(context, 'privileged')?.value === 'true' && { follows: true }),
});

/** Whether the container that a list of capabilities is given to is seen to have a network of its own. */
function hasOwnNetwork(added: TreeNode): boolean {
  const list = added.parent?.parent?.parent?.parent;
  const pod = list?.parent;
  return (
    /^(?:initC|c)ontainers$/.test(list?.key ?? '') &&
    pod?.key === 'spec' &&
    /^(?:|false|no|off)$/i.test(at(pod, 'hostNetwork')?.value ?? '')
  );
}

/** Single files that say which system and machine this is, to everybody on it. */
const aboutNode = /^\/etc\/(?:os-release|localtime|timezone|hostname|machine-id)$/;

/** Whether each mount of a volume is there to be read. */
function isOnlyRead(root: TreeNode, volume: TreeNode | undefined): boolean {
  const name = at(volume, 'name')?.value;
  if (!name) return false;
  let mounts = mountsOf.get(root);
  if (!mounts) {
    mountsOf.set(root, (mounts = new Map()));
    for (const n of walk(root))
      if (n.key === 'volumeMounts')
        for (const mount of n.children) {
          const of = at(mount, 'name')?.value ?? '';
          mounts.set(of, mounts.get(of) !== false && at(mount, 'readOnly')?.value === 'true');
        }
  }
  return mounts.get(name) === true;
}
/** By document: the volumes that are mounted, and whether that is to be read alone. */
const mountsOf = new WeakMap<TreeNode, Map<string, boolean>>();
