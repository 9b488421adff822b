/** docker, podman, compose: deleting data, and containers that reach the host. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';

const globals: ReadonlySet<string> = new Set(
  'H host c context config l log-level f file p project-name env-file profile project-directory url connection'.split(
    ' ',
  ),
);
const nerdctlGlobals: ReadonlySet<string> = new Set([...globals, 'n', 'namespace', 'address']);
const gone = (rule: string, what: string, instead: string): Hit =>
  hit(rule, 'high', 'data-deletion', 'ask', what, instead);

const publishesImage = hit(
  'publish',
  'high',
  'supply-chain',
  'ask',
  'This publishes an image; others may pull and run it',
  'Let the release pipeline push',
);

export const containers: Family = {
  id: 'containers',
  programs: [
    'docker',
    'podman',
    'nerdctl',
    'docker-compose',
    'podman-compose',
    'buildah',
    'finch',
    'colima',
    'skopeo',
    'crane',
    'regctl',
    'reg',
    'lima',
    'orb',
    'docker-machine',
    'oras',
  ],
  check(call) {
    if (asksForHelp(call)) return undefined;
    const { words, flags, values } = readOptions(call.args, call.name === 'nerdctl' ? nerdctlGlobals : globals);
    let list = words.map((w) => w.text);
    if (call.name === 'docker-compose' || call.name === 'podman-compose') list = ['compose', ...list];
    if (
      call.name === 'skopeo' ||
      call.name === 'crane' ||
      call.name === 'regctl' ||
      call.name === 'reg' ||
      call.name === 'oras'
    )
      return list.slice(0, 2).some((w) => w === 'delete' || w === 'rm')
        ? gone('registry-delete', 'This deletes images from the registry', 'Let a person do it')
        : /^(?:push|append|mutate|copy|cp|tag)$/.test(list[0] ?? '')
          ? publishesImage
          : undefined;
    const group = list[0] ?? '';
    const verb = list[1] ?? '';
    if (flags.has('dry-run')) return undefined;
    const force = hasAny(flags, 'f', 'force');
    switch (group) {
      case 'system':
        if (verb === 'prune' || verb === 'reset')
          return gone(
            'docker-prune',
            `${call.name} system ${verb} deletes stopped containers, networks and images${flags.has('volumes') ? ', and the data volumes' : ''}`,
            'Remove by name',
          );
        return undefined;
      case 'volume':
      case 'network':
      case 'image':
      case 'container':
      case 'pod':
        if (verb === 'prune')
          return gone(
            'docker-prune',
            `${call.name} ${group} prune deletes every unused ${group}${group === 'volume' ? ' with its data' : ''}`,
            'Remove by name',
          );
        if (group === 'volume' && (verb === 'rm' || verb === 'remove'))
          return gone(
            'docker-volume-rm',
            'This deletes a volume with its data',
            'Back it up first (docker run --rm -v VOLUME:/v … tar)',
          );
        if ((verb === 'rm' || verb === 'remove') && force)
          return gone(
            'docker-rm-force',
            `This kills and deletes the ${group} at once`,
            'Stop it first, then remove it by name',
          );
        if (group === 'container' && (verb === 'stop' || verb === 'kill')) return stopAll(call, list.slice(2));
        if (group === 'container' && verb === 'run') return runsOnHost(call);
        return undefined;
      case 'rm':
        return force
          ? gone(
              'docker-rm-force',
              'This kills and deletes containers at once, with what they hold',
              'Stop them first, then remove them by name',
            )
          : flags.has('v') || flags.has('volumes')
            ? gone('docker-volume-rm', 'This deletes the container with its volumes', 'Leave out -v')
            : stopAll(call, list.slice(1));
      case 'rmi':
        return force || call.args.some((a) => a.dynamic)
          ? gone('docker-rmi-force', 'This deletes images that may still be in use', 'Remove unused images by name')
          : undefined;
      case 'stop':
      case 'kill':
        return flags.has('all') || flags.has('a') ? stopEverything(call) : stopAll(call, list.slice(1));
      case 'compose': {
        if (verb === 'down' && hasAny(flags, 'v', 'volumes'))
          return gone(
            'compose-down-volumes',
            'This deletes the volumes of the project with their data',
            'Use docker compose down without -v',
          );
        if (verb === 'down' && flags.has('rmi'))
          return gone('compose-down-images', 'This deletes the images of the project', 'Use docker compose down');
        if (verb === 'rm' && hasAny(flags, 'v', 'f', 'force', 's', 'volumes'))
          return gone(
            'compose-rm',
            'This deletes containers without asking, with what they hold',
            'Use docker compose stop',
          );
        return /^(?:down|stop|kill|rm)$/.test(verb) &&
          [...values.values(), ...list.slice(2)].some((t) => entrance.test(t))
          ? stopsEntrance
          : undefined;
      }
      case 'swarm':
        return verb === 'leave'
          ? gone('swarm-leave', 'This takes the node out of the swarm', 'Let a person do it')
          : undefined;
      case 'stack':
      case 'service':
      case 'secret':
      case 'config':
      case 'node':
      case 'context':
      case 'machine':
        return /^(?:rm|remove|down|reset|prune)$/.test(verb)
          ? gone(`docker-${group}-rm`, `This removes the ${group}`, 'Let a person do it')
          : undefined;
      case 'delete':
      case 'nuke':
        return call.name === 'colima' || call.name === 'orb' || call.name === 'lima'
          ? gone('vm-delete', 'This deletes the virtual machine with all containers and volumes', 'Use stop')
          : undefined;
      case 'run':
      case 'create':
        return runsOnHost(call);
      case 'buildx':
      case 'build':
      case 'bake':
        return call.args.some((a) => /^--push(?:=true)?$/.test(a.text)) ? publishesImage : undefined;
      case 'push':
        return publishesImage;
      default:
        return undefined;
    }
  },
};

const stopEverything = (call: Call): Hit =>
  gone('docker-stop-all', `${call.name} would stop every container on this machine`, 'Name the containers');

/** `docker stop $(docker ps -q)`. */
function stopAll(call: Call, targets: readonly string[]): Hit | undefined {
  if (targets.some((t) => t.includes('$()') || t === '{}')) return stopEverything(call);
  return targets.some((t) => entrance.test(t)) ? stopsEntrance : undefined;
}

/** Containers through which the requests for all others come in. */
const entrance = /(?:^|[-_./])(?:traefik|haproxy|envoy|nginx-proxy|ingress)(?:[-_./\d]|$)/i;
const stopsEntrance = hit(
  'service-stop',
  'high',
  'environment',
  'ask',
  'This stops the load balancer that the other containers are reached through',
  'Let a person do it',
);

/** A container that is as good as root on the host. */
function runsOnHost(call: Call): Hit | undefined {
  for (let i = 0; i < call.args.length; i++) {
    const text = call.args[i]!.text;
    const value = text.includes('=') ? text.slice(text.indexOf('=') + 1) : (call.args[i + 1]?.text ?? '');
    if (text === '--privileged' || text === '--privileged=true')
      return open('--privileged gives the container all rights on the host');
    if (/^--(?:pid|userns|ipc|uts)(?:=|$)/.test(text) && value === 'host')
      return open(`${text.split('=')[0]}=host lets the container see the host's processes`);
    if (/^--cap-add(?:=|$)/.test(text) && /^(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE)$/i.test(value))
      return open(`--cap-add ${value} gives the container rights on the host`);
    if (
      /^(?:-v|--volume|--mount)(?:=|$)/.test(text) &&
      (/^(?:\/|\/(?:etc|root|var\/run\/docker\.sock|run\/docker\.sock|home|usr|boot|proc|sys)\/?):/.test(value) ||
        /(?:source|src)=(?:\/|\/(?:etc|root|var\/run\/docker\.sock))(?:,|$)/.test(value))
    ) {
      const mounted = value.split(':')[0]!;
      return open(`Mounting ${mounted} lets the container change the host`, mounted);
    }
  }
  return undefined;
}
const open = (what: string, mounted?: string): Hit =>
  hit(
    'container-host-access',
    'high',
    'security-control-disabled',
    'ask',
    what,
    mounted === undefined ? 'Give it the one right that it needs' : 'Mount only the folder of the project',
    about(mounted),
  );
