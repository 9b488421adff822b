import { at, ownerOf, pathOf, scalars, type TreeNode, walk } from '../languages/treeNode.ts';
import type { Source } from '../languages/source.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Hit, Rule } from './rule.ts';

/** Images whose environment takes the login away. */
const noLogin =
  /^(?:POSTGRES_HOST_AUTH_METHOD=trust|MYSQL_ALLOW_EMPTY_PASSWORD=(?:yes|true|1)|MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=(?:yes|true|1)|ALLOW_EMPTY_PASSWORD=(?:yes|true)|xpack\.security\.enabled=false|DISABLE_SECURITY_PLUGIN=true|NEO4J_AUTH=none|GF_AUTH_ANONYMOUS_ENABLED=true)$/i;

export const composePrivileged: Rule = {
  id: 'compose-privileged',
  title: 'Service given the rights of its host',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: ['docker-compose', 'json'],
  references: ['CWE-250', 'CIS Docker 5.4'],
  why: 'Privileged mode, host namespaces, the Docker socket and switched-off confinement each hand the machine to whoever gets into the container.',
  remedy: 'drop it, or give the one capability or path that is needed',
  keywords: [
    'privileged',
    'network_mode',
    'pid',
    'ipc',
    'userns_mode',
    'docker',
    'cap_add',
    'security_opt',
    'volumes',
    'user',
    'seccomp',
    'label',
    'disable',
    'unconfined',
    'capadd',
    'securityopt',
    'runargs',
    'mounts',
    'initializecommand',
    'source',
    'read_only',
    'devices',
    'ports',
    'environment',
  ],
  check(source, report) {
    if (source.language === 'json') {
      if (/(?:^|\/)\.?devcontainer(?:\/[\w-]+)*(?:\/devcontainer)?\.json$/.test(source.path))
        devContainer(source, report);
      return;
    }
    for (const root of source.tree)
      for (const n of walk(root)) {
        const hit = { start: n.start, end: n.end, key: `${n.key}=${n.value}` };
        if (n.kind === 'scalar') {
          const owner = ownerOf(n);
          if (n.key === 'privileged' && n.value === 'true') report(hit);
          else if (/^(?:pid|ipc|userns_mode|network_mode|uts|cgroup)$/.test(n.key) && n.value === 'host')
            report(n.key === 'network_mode' ? { ...hit, tier: 'high' } : hit);
          else if (owner === 'volumes' && /(?:^|\/)(?:docker|containerd|crio|podman)\.sock(?::|$)/.test(n.value))
            report({
              ...hit,
              message:
                'The Docker socket in a container is root on the host: use a proxy that allows the calls needed.',
            });
          else if (owner === 'volumes' && /^\/(?:etc|root|proc|sys|boot|dev)?(?::|\/?:)/.test(n.value))
            report({ ...hit, tier: 'high' });
          else if (owner === 'cap_add' && /^(?:ALL|SYS_ADMIN|NET_ADMIN|SYS_PTRACE|SYS_MODULE)$/.test(n.value))
            report(n.value === 'NET_ADMIN' ? { ...hit, ...ofNetwork(n) } : hit);
          else if (
            owner === 'security_opt' &&
            /(?:unconfined|label[:=]disable|no-new-privileges[:=]false|systempaths[:=]unconfined)/.test(n.value)
          )
            report(hit);
          else if (n.key === 'source' && /\/(?:docker|containerd|crio|podman)\.sock$/.test(n.value))
            report({
              ...hit,
              message:
                'The Docker socket in a container is root on the host: use a proxy that allows the calls needed.',
            });
          else if (
            n.key === 'read_only' &&
            n.value === 'false' &&
            owner !== 'volumes' &&
            n.parent?.parent?.key === 'services'
          )
            report({
              ...hit,
              tier: 'medium',
              message: 'An intruder may change the program: mount what must be written.',
            });
          else if (
            owner === 'devices' &&
            /^\/dev\/(?:mem|kmem|port|sd[a-z]|nvme\w*|vd[a-z]|xvd[a-z]|disk)\b/.test(n.value)
          )
            report({ ...hit, message: 'A device of the host that holds its memory or disk: leave it out.' });
          else if (
            owner === 'ports' &&
            /^0\.0\.0\.0:\d{1,5}:(?:1433|1521|2375|2376|3306|5432|5984|6379|8086|9200|9300|11211|27017)(?:\/tcp)?$/.test(
              n.value,
            )
          )
            report({
              ...hit,
              tier: 'medium',
              message: 'The store can be reached from every network: bind it to 127.0.0.1.',
            });
          else if (noLogin.test(`${n.key}=${n.value}`) || (owner === 'environment' && noLogin.test(n.value)))
            report({ ...hit, tier: 'high', message: 'Whoever reaches the store is let in: ask for a password.' });
          else if (n.key === 'user' && /^(?:root|0)(?::|$)/.test(n.value)) report({ ...hit, tier: 'high' });
        }
      }
  },
  fix: switchBack('Leave the container confined'),
};

/** A right over the network alone, and of the container unless that shares its host's: lesser than others of its list. */
function ofNetwork(n: TreeNode): Partial<Hit> {
  const service = n.parent?.parent;
  const isOwn =
    service?.parent?.key === 'services' &&
    /^(?:|bridge|none|default)$/.test(at(service, 'network_mode')?.value ?? '') &&
    at(service, 'privileged')?.value !== 'true' &&
    // What comes from elsewhere is not seen.
    !at(service, 'extends') &&
    !at(service, '<<');
  const others = scalars(n.parent).filter((c) => /^(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE)$/.test(c));
  return {
    ...(isOwn
      ? {
          tier: 'medium',
          message:
            'NET_ADMIN lets the service rewrite its own network, and forge what it sends there: leave it out unless the program needs it.',
        }
      : { tier: 'high' }),
    ...(others.length > 0 && { follows: true }),
  };
}

/** Development containers say the same in other words. */
function devContainer(source: Source, report: (hit: Hit) => void): void {
  for (const root of source.tree)
    for (const n of walk(root)) {
      if (n.kind !== 'scalar') continue;
      const owner = ownerOf(n);
      const hit = { start: n.start, end: n.end, key: `${owner}=${n.value}` };
      if (n.key === 'privileged' && n.value === 'true') report(hit);
      else if (owner === 'capAdd' && /^(?:ALL|SYS_ADMIN|NET_ADMIN|SYS_MODULE)$/.test(n.value)) report(hit);
      else if (owner === 'securityOpt' && /unconfined|label[:=]disable|no-new-privileges[:=]false/.test(n.value))
        report(hit);
      else if (
        owner === 'runArgs' &&
        /^(?:--privileged(?:=true)?|--(?:pid|ipc|net|network|userns|uts)=host|--cap-add=(?:ALL|SYS_ADMIN|NET_ADMIN|SYS_MODULE)|--security-opt=\S*unconfined)$/.test(
          n.value,
        )
      )
        report(hit);
      else if (
        /^(?:mounts|workspaceMount|runArgs|source)$/.test(owner) &&
        /\/(?:docker|containerd|podman)\.sock/.test(n.value)
      )
        report(hit);
      else if (owner === 'mounts' && /source=(?:\/|\$\{localEnv:HOME\}\/?)(?:,|$)/.test(n.value)) report(hit);
      else if (pathOf(n)[0] === 'initializeCommand')
        report({
          ...hit,
          tier: 'high',
          message:
            'This command runs on the machine itself, outside the container, whenever somebody opens the folder.',
        });
    }
}
