/**
 * How a command is weighed that stands in a file. It does not run now, and a reviewer reads it with its object (what of it
 * is somebody's, what the script made itself) and its place (a person's machine, a machine that is thrown away, a container).
 */
import type { Source } from '../../../languages/source.ts';
import { deletedOutside, deletedTree, deletedUnknown } from './deletions.ts';
import { inCluster, inDataBase, inStack, isMadeByRun, ofContainers } from './platforms.ts';
import { isHosted } from '../scriptPurpose.ts';
import { aborted, installsHooks, isAskedBefore, isOwnBranch, makesEmptyFolder } from './repository.ts';
import { shown } from './secrets.ts';
import { forTesting, lowered, type Standing, type Verdict, type Weight } from './standing.ts';
import { filtered, givenToRoot, keystone, owned, written } from './system.ts';
import { isGiven } from './values.ts';

export type { Standing, Verdict } from './standing.ts';

const imageBuild =
  /(?:^|\/)[\w.-]{0,80}(?:packer|marketplace|provisioner|image-?build|kickstart|cloud-?init|devcontainer)[\w.-]{0,80}\//i;
const entrypoint = /entry-?point[\w.-]{0,40}$/i;
const besideImage = /(?:^|\/)(?:docker|containers?)\/(?:[\w.-]{1,80}\/){0,6}[\w.-]{1,80}\.sh$/i;
/** What is there on a machine that runs containers, and not within them. */
const ofHost = /^[ \t]*(?:if[ \t]+!?[ \t]*)?(?:sudo|docker|docker-compose|podman|systemctl|service|ufw|crontab)[ \t]/m;

const runsWithin = ({ path, language, text }: Source): boolean =>
  language === 'docker-compose' ||
  entrypoint.test(path) ||
  (besideImage.test(path) && !ofHost.test(text) && !/(?:^|[/_.-])(?:host|server|deploy|vps|vm)(?=[/_.-])/i.test(path));

export function isForImage({ path, language }: Source): boolean {
  return language === 'shell' && imageBuild.test(path);
}

/** The verdict of a reviewer, given the command guard's. */
export function weigh(verdict: Verdict, text: string, standing: Standing, depth = 0): Weight {
  const { rule, tier, object = '', manner } = verdict;
  const { source, isThrownAway } = standing;
  const isImage = isForImage(source);
  const isContainer = runsWithin(source);
  const isConfined = isThrownAway || isImage || isContainer;
  // What goes to other machines is not confined by where the script stands.
  if (/(?:^|[\s;&|])(?:ssh|pdsh|ansible|kubectl\s[^\n;&|]{0,200}\bexec)\s/.test(text)) return tier;
  switch (family(rule)) {
    case 'abort':
      return aborted(rule, tier, standing);
    case 'working-copy':
      // Nobody works in the clone of a job: what goes there is what its own steps made of a file.
      if (isThrownAway && restoresFiles(rule, text) && isHosted(source.text)) return undefined;
      // A fresh clone goes to another state; without one it throws away what the job itself changed.
      if (isThrownAway)
        return /\bgit\s[^;&|\n]{0,80}(?:(?:reset\s+--hard|checkout\s+[^;&|\n]{0,40}(?:-\w*f|--force)\w*)\s+(?!HEAD\b)["']?[$\w]|branch\s+-D\s+["']?\$|reset\s+--hard\s+["']?\$)/.test(
          text,
        )
          ? undefined
          : tier;
      if (isAskedBefore(text, standing)) return lowered(tier);
      return manner === 'named-files' && !/(?:--|HEAD|checkout|restore)\s+["']?(?:\.\/?|:\/|\*)["']?(?=\s|$)/.test(text)
        ? 'medium'
        : tier;
    case 'push':
      return isOwnBranch(text, standing) ? 'medium' : tier;
    case 'delete-tree':
      return deletedTree(text, tier, standing);
    case 'delete-unknown':
      return deletedUnknown(text, tier, standing, depth, weigh);
    case 'delete-everything-here': {
      // A layer of an image holds no working copy.
      if (isThrownAway && source.language === 'dockerfile') return undefined;
      const rest = text.replace(/(?<=\s)"\$\{\w{1,80}:?-\}"(?=[\s;)'"]|$)/g, '"./build"');
      if (rest === text || depth > 0) return tier;
      const other = standing.judge(rest);
      return other && weigh(other, rest, standing, depth + 1);
    }
    case 'delete-outside':
      return deletedOutside(text, verdict, standing, isContainer);
    case 'delete-system':
      if (/^\/var\/(?:lib\/apt\/lists|cache\/(?:apt|apk|yum|dnf))\b/.test(object)) return undefined;
      // There may be a volume.
      if (isContainer && !isThrownAway && /^\/(?:srv|mnt)\//.test(object)) return lowered(tier);
      return isConfined &&
        /^\/(?:usr\/(?:src|lib|share|bin|local\/\w{1,20})\/|(?:opt|mnt|srv)\/[\w.-]+\/|var\/(?:www|run)\/|var\/lib\/[\w.-]+\/)[\w.-]/.test(
          object,
        )
        ? 'medium'
        : tier;
    case 'find-delete':
      if (/\s-maxdepth 1\b/.test(text) && /\s-name\s+(?:'[\w.+-]+'|"[\w.+-]+"|[\w.+-]+)(?=\s)/.test(text))
        return undefined;
      return /\s-i?(?:name|path|regex)\s/.test(text) ? 'medium' : tier;
    case 'cloud-delete':
      return isMadeByRun(text, standing) ? 'medium' : tier;
    case 'cloud-create':
      // Made for whoever runs the script, not for an environment that it names.
      return text.includes('$') && !/prod/i.test(text) && !opensCloud.test(text) ? 'medium' : tier;
    case 's3-public':
      // What a pipeline publishes is meant for everybody, if nothing else lies there.
      return isThrownAway && publishes.test(text) ? lowered(tier) : tier;
    case 'cloud-change':
      return opensCloud.test(text) ||
        /attribute|polic|acl|public|permission|password|disabl|stop|logging|key|secret/i.test(text)
        ? tier
        : 'medium';
    case 'local-cluster':
      return undefined;
    case 'cluster':
      return inCluster(rule, text, tier, standing);
    case 'disk-undone':
      return isConfined ? undefined : 'medium';
    case 'kernel':
      return isThrownAway
        ? undefined
        : isConfined ||
            (/\b(?:fs|vm)\.\w|net\.core\./.test(text) && !/protected_|suid_dumpable|mmap_min_addr/.test(text))
          ? 'medium'
          : 'high';
    case 'owner':
      return owned(verdict, text, standing, isConfined);
    case 'open':
      if (manner === 'to-root') return givenToRoot(text, tier, standing, isConfined);
      if (/\bchmod\s+(?:-\w+\s+)*1777\s+(?:\/var)?\/tmp\/?(?=\s|$|;)/.test(text)) return undefined;
      if (isThrownAway) return undefined;
      if (keystone.test(text) && !isConfined) return tier;
      return /\s-\w*R/.test(text) && /\s["']?[/~]/.test(text) && !isConfined ? tier : 'medium';
    case 'firewall':
      return filtered(text, tier, isThrownAway);
    case 'setuid':
      // A copy of root's shell for everybody stays in the image.
      if (shells.test(text) && !(isThrownAway && source.language !== 'dockerfile'))
        return isConfined ? lowered(tier) : tier;
      return isConfined ? 'medium' : tier;
    case 'system-file':
      return written(text, tier, standing, isImage, isContainer);
    case 'delete-system-file':
      return (isImage && /\/etc\/(?:ssh\/ssh_host|ssh\/\*|machine-id)/.test(object)) ||
        (isThrownAway && !/passwd|shadow|sudoers|pam\.d|\/ssh/.test(object))
        ? 'medium'
        : tier;
    case 'traces':
      return isImage ? 'medium' : tier;
    case 'admin':
      // No group that is named in the command gives more than the daemon of containers.
      return isConfined ||
        !/[\s,:"'](?:sudo|wheel|(?:domain |enterprise )?admin\w*|root|adm|0)(?=[\s,;"']|$)/i.test(text)
        ? 'medium'
        : 'high';
    case 'login-file':
      return /\.(?:(?:bash_|z)?profile|bashrc|zshrc|zshenv)\b/.test(object) &&
        !/\b(?:curl|wget|nc|base64|LD_PRELOAD|sudo|ssh)\b|\/dev\/tcp/.test(text)
        ? 'medium'
        : tier;
    case 'containers':
      return ofContainers(rule, text, tier, standing);
    case 'data-base':
      return inDataBase(rule, text, tier, standing, isContainer);
    case 'secret-read':
      return shown(text, object, tier, standing);
    case 'hooks':
      if (makesEmptyFolder(text)) return undefined;
      return installsHooks(text) ? 'medium' : tier;
    case 'hook-bypass':
      return isThrownAway ? undefined : 'high';
    case 'rsync':
      return isGiven(text, standing) && !/\s["']?[\w.@$:{}-]{1,80}:[/~\w$]/.test(text) ? 'medium' : tier;
    case 'stack':
      return inStack(rule, text, tier, standing);
    case 'http':
      return /https?:\/\/(?:localhost|127\.0\.0\.1)\b/.test(text) && forTesting.test(source.path) ? 'medium' : tier;
    case 'runs-job':
      return isThrownAway ? undefined : 'medium';
    default:
      return tier;
  }
}

/** Files that are put into a folder of a bucket, each with its own rights. */
const publishes =
  /^\s*aws\s+s3\s+(?:cp|sync)\s(?=[^;&|]{0,400}--acl[ =]public-read(?![\w-]))[^;&|]{0,400}s3:\/\/[^\s/]{1,100}\/[\w$]/;

/** Doors and rights in a cloud, whoever runs the script. */
const opensCloud =
  /\b0\.0\.0\.0\/0|::\/0|\bauthorize-|\bfirewall-rules?\b|\brole\s+assignment\b|\bnsg\s+rule\b|\ballUsers\b|\biam\s+(?:add-|attach-|put-|update-assume)/;

const shells =
  /\s["']?(?:\/(?:usr\/)?(?:local\/)?s?bin\/|\$\((?:which|command -v)\s+)(?:(?:ba|da|z|k)?sh|python[\d.]*|perl|ruby|node|php|find|vim?|nano|cp|env|awk|tar|less|tee)(?=[\s"');]|$)/;

/** Files that are named, as they are in the commit that was checked out. */
const restoresFiles = (rule: string, text: string): boolean =>
  /^git-(?:restore|checkout-discard)$/.test(rule) &&
  /^\s*git\s+(?:restore(?:\s+--worktree)?|checkout)(?:\s+--)?(?:\s+["']?\w[\w./-]{0,200}["']?){1,20}\s*$/.test(text);

const families: readonly (readonly [name: string, rules: RegExp])[] = [
  ['abort', /^git-[\w-]{1,20}-abort$/],
  [
    'working-copy',
    /^git-(?:reset-hard|checkout-(?:force|discard|ref-path)|restore|clean|stash-drop|branch-delete|branch-reset)$/,
  ],
  ['push', /^git-push-(?:force|delete)$/],
  [
    'cloud-create',
    /^(?:aws|az|gcloud|doctl|linode-cli|lxc|multipass|kops|oci|hcloud|openstack|terraform-workspace-new)-?(?:create|new)?$/,
  ],
  ['cloud-delete', /^(?:aws|az|gcloud|doctl|linode-cli|oci|hcloud|openstack)-delete$/],
  ['cloud-change', /^(?:aws|az|gcloud|lxc)-change$/],
  ['local-cluster', /^(?:kind|k3d|minikube|tilt)-(?:delete|down)$/],
  ['cluster', /^(?:kubectl|flux|helm|kops)-/],
  ['disk-undone', /^swapoff$/],
  ['kernel', /^kernel-setting$/],
  ['owner', /^(?:chown-system|chmod-system|permissions?-root|user-delete|password-change)$/],
  ['open', /^permissions-open$/],
  ['firewall', /^firewall-(?:open|off)$/],
  ['setuid', /^(?:setuid|setcap)$/],
  ['traces', /^(?:history-(?:off|clear|delete)|log-delete)$/],
  ['admin', /^admin-group$/],
  ['containers', /^(?:docker-(?:prune|rmi-force|stop-all|volume-rm)|compose-(?:rm|down-volumes))$/],
  ['data-base', /^(?:db-(?:reset|drop|rollback)|sql-(?:drop|grant|server-change|truncate|update-all|delete-all))$/],
  ['hooks', /^self-protection$/],
  ['rsync', /^rsync-delete$/],
  ['stack', /^terraform-(?:destroy|apply)$/],
  ['http', /^http-delete$/],
  ['runs-job', /^gh-(?:workflow-run\b|actions-cache-delete)/],
];

const family = (rule: string): string => families.find(([, rules]) => rules.test(rule))?.[0] ?? rule;
