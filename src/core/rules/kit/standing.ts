/**
 * How a command is weighed that stands in a file. It does not run now, and a reviewer reads it with its object (what of it
 * is somebody's, what the script made itself) and its place (a person's machine, a machine that is thrown away, a container).
 */
import { ofThisRun } from './scriptPurpose.ts';
import type { Tier } from '../../model.ts';
import type { Source } from '../../languages/source.ts';

export interface Verdict {
  readonly rule: string;
  readonly tier: Tier;
  readonly reason: string;
}

export interface Standing {
  readonly source: Source;
  /** Where the command starts in the text. */
  readonly at: number;
  /** The script it stands in: of a workflow the step's alone. */
  readonly script: string;
  /** A layer of an image, or a job on a hosted machine. */
  readonly isThrownAway: boolean;
  /** The command guard's verdict on another reading of the command. */
  judge(text: string): Verdict | undefined;
}

/** `undefined`: a reviewer has nothing to say about it. */
type Weight = Tier | undefined;

const imageBuild =
  /(?:^|\/)[\w.-]{0,80}(?:packer|marketplace|provisioner|image-?build|kickstart|cloud-?init|devcontainer)[\w.-]{0,80}\//i;
const container = /entry-?point[\w.-]{0,40}$|(?:^|\/)(?:docker|containers?)\/(?:[\w.-]{1,80}\/){0,6}[\w.-]{1,80}\.sh$/i;
const forTesting = /(?:^|[/_.-])(?:tests?|testing|e2e|integration|acceptance|kind|minikube|sandbox|smoke)(?=[/_.-]|$)/i;

/** A cluster on the machine that runs the script, gone with it. */
const localCluster =
  /\bk(?:ind|3d) (?:cluster )?create\b|\bkind-action\b|\bsetup-(?:kind|minikube|k3d)\b|\bminikube start\b|\bk3d-action\b|\bkind create cluster\b/;

export function isForImage({ path, language }: Source): boolean {
  return language === 'shell' && imageBuild.test(path);
}

/** The verdict of a reviewer, given the command guard's. */
export function weigh(verdict: Verdict, text: string, standing: Standing, depth = 0): Weight {
  const { rule, tier, reason } = verdict;
  const { source, isThrownAway } = standing;
  const isImage = isForImage(source);
  const isContainer = source.language === 'docker-compose' || container.test(source.path);
  const isConfined = isThrownAway || isImage || isContainer;
  // What goes to other machines is not confined by where the script stands.
  if (/(?:^|[\s;&|])(?:ssh|pdsh|ansible)\s/.test(text)) return tier;
  switch (family(rule)) {
    case 'abort':
      return aborted(rule, tier, standing);
    case 'working-copy':
      // A fresh clone goes to another state; without one it throws away what the job itself changed.
      if (isThrownAway)
        return /\bgit\s[^;&|\n]{0,80}(?:(?:reset\s+--hard|checkout\s+[^;&|\n]{0,40}(?:-\w*f|--force)\w*)\s+(?!HEAD\b)["']?[$\w]|branch\s+-D\s+["']?\$|reset\s+--hard\s+["']?\$)/.test(
          text,
        )
          ? undefined
          : tier;
      return /throws away (?:the )?changes in these files/.test(reason) &&
        !/(?:--|HEAD|checkout|restore)\s+\.(?=\s|$)/.test(text)
        ? 'medium'
        : tier;
    case 'push':
      return isOwnBranch(text, standing) ? 'medium' : tier;
    case 'delete-tree':
      return deletedTree(text, tier, standing);
    case 'delete-unknown':
      return deletedUnknown(text, tier, standing, depth);
    case 'delete-everything-here': {
      const rest = text.replace(/(?<=\s)"\$\{\w{1,80}:?-\}"(?=[\s;)'"]|$)/g, '"./build"');
      if (rest === text || depth > 0) return tier;
      const other = standing.judge(rest);
      return other && weigh(other, rest, standing, depth + 1);
    }
    case 'delete-outside':
      return deletedOutside(text, verdict, standing, isContainer);
    case 'delete-system':
      if (/^This deletes \/var\/(?:lib\/apt\/lists|cache\/(?:apt|apk|yum|dnf))\b/.test(reason)) return undefined;
      return isConfined &&
        /^This deletes \/(?:usr\/(?:src|lib|share|bin|local\/\w{1,20})\/|(?:opt|mnt|srv)\/[\w.-]+\/|var\/(?:www|run)\/|var\/lib\/[\w.-]+\/)[\w.-]/.test(
          reason,
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
      return text.includes('$') && !/prod/i.test(text) ? 'medium' : tier;
    case 'cloud-change':
      return /attribute|polic|acl|public|permission|password|disabl|stop|logging|key|secret/i.test(text)
        ? tier
        : 'medium';
    case 'local-cluster':
      return undefined;
    case 'cluster':
      return inCluster(rule, text, tier, standing);
    case 'disk-undone':
      return isConfined ? undefined : 'medium';
    case 'kernel':
      return isThrownAway ? undefined : isConfined || /\b(?:fs|vm)\.\w|net\.core\./.test(text) ? 'medium' : 'high';
    case 'owner':
      return owned(verdict, text, standing, isConfined);
    case 'open':
      if (/^This gives the files to root\b/.test(reason)) return givenToRoot(text, tier, standing, isConfined);
      if (/\bchmod\s+(?:-\w+\s+)*1777\s+(?:\/var)?\/tmp\/?(?=\s|$|;)/.test(text)) return undefined;
      if (isThrownAway) return undefined;
      return /\s-\w*R/.test(text) && /\s["']?[/~]/.test(text) && !isConfined ? tier : 'medium';
    case 'setuid':
      return isConfined ? 'medium' : tier;
    case 'system-file':
      return written(text, tier, standing, isImage, isContainer);
    case 'delete-system-file':
      return (isImage && /\/etc\/(?:ssh\/ssh_host|ssh\/\*|machine-id)/.test(reason)) ||
        (isThrownAway && !/passwd|shadow|sudoers|pam\.d|\/ssh/.test(reason))
        ? 'medium'
        : tier;
    case 'traces':
      return isImage ? 'medium' : tier;
    case 'admin':
      // No group that is named in the command gives more than the daemon of containers.
      return isConfined || !/[\s,:](?:sudo|wheel|admin|root|adm|0)(?=[\s,;"']|$)/.test(text) ? 'medium' : 'high';
    case 'login-file':
      return /\.(?:(?:bash_|z)?profile|bashrc|zshrc|zshenv)\b/.test(reason) &&
        !/\b(?:curl|wget|nc|base64|LD_PRELOAD|sudo|ssh)\b|\/dev\/tcp/.test(text)
        ? 'medium'
        : tier;
    case 'containers':
      return ofContainers(rule, text, tier, standing);
    case 'data-base':
      return inDataBase(rule, text, tier, standing, isContainer);
    case 'secret-read':
      return shown(text, reason, tier, standing);
    case 'hooks':
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
  ['setuid', /^(?:setuid|setcap)$/],
  ['traces', /^(?:history-(?:off|clear|delete)|log-delete)$/],
  ['admin', /^admin-group$/],
  ['containers', /^(?:docker-(?:prune|rmi-force|stop-all|volume-rm)|compose-(?:rm|down-volumes))$/],
  ['data-base', /^(?:db-(?:reset|drop|rollback)|sql-(?:drop|grant|server-change|truncate))$/],
  ['hooks', /^self-protection$/],
  ['rsync', /^rsync-delete$/],
  ['stack', /^terraform-(?:destroy|apply)$/],
  ['http', /^http-delete$/],
  ['runs-job', /^gh-(?:workflow-run\b|actions-cache-delete)/],
];

const family = (rule: string): string => families.find(([, rules]) => rules.test(rule))?.[0] ?? rule;

/** Whether the script itself gives a value to every variable of the command, and there are some. */
function isGiven(text: string, { source }: Standing): boolean {
  const names = [...text.matchAll(/\$[({]?(\w{1,80})/g)].slice(0, 6).map((m) => m[1]!);
  return names.length > 0 && names.every((n) => gifts(source.text, n).some((g) => g.replace(/["']/g, '') !== ''));
}

function ofContainers(rule: string, text: string, tier: Tier, { source, isThrownAway }: Standing): Weight {
  const isOfProject = /^(?:makefile|manifest)$/.test(source.language) || forTesting.test(source.path);
  switch (rule) {
    case 'docker-prune':
      if (/\bvolumes?\b/.test(text)) return isThrownAway ? 'medium' : tier;
      if (isThrownAway) return undefined;
      return isOfProject || /\bprune\b[^;&|]*--filter|\b(?:image|builder|container|buildx)\s+prune\b/.test(text)
        ? 'medium'
        : tier;
    case 'compose-down-volumes':
    case 'compose-rm':
      // What the same run started.
      if (!isOfProject && !/\bcompose\b[^\n]{0,200}\bup\b/.test(source.text)) return tier;
      return isThrownAway || forTesting.test(source.path) ? undefined : 'medium';
    default:
      return isOfProject || isThrownAway ? 'medium' : tier;
  }
}

/** What gives up an attempt of the very script: its own work, if any. */
function aborted(rule: string, tier: Tier, { script, at, source, isThrownAway }: Standing): Weight {
  const attempt = /^git-([\w-]+)-abort$/.exec(rule)?.[1] ?? '';
  const before = source.language === 'shell' ? source.text.slice(0, at) : script;
  const started = new RegExp(
    `\\bgit\\b[^\\n;&|]{0,80}\\s${attempt}\\s+(?!--(?:abort|continue|skip|quit)\\b)["'$\\w-]`,
  ).test(before);
  return !started ? tier : isThrownAway ? undefined : 'medium';
}

/** A branch that the script made itself, under a name that it put together. */
function isOwnBranch(text: string, { script }: Standing): boolean {
  const refs = text.match(/\bpush\b([^;&|\n]*)/)?.[1]?.match(/\s(?!-)\S+/g) ?? [];
  const ref =
    refs
      .at(-1)
      ?.trim()
      .replace(/["']/g, '')
      .replace(/^(?:HEAD|\S*):(?=\S)/, '') ?? '';
  if (refs.length === 0 || refs.length > 2 || /--(?:all|mirror|tags)\b/.test(text)) return false;
  if (/^(?:refs\/heads\/)?(?:main|master|trunk|dev(?:elop)?|stable|prod(?:uction)?|release\S*)$/.test(ref))
    return false;
  if (/^gh-pages$/.test(ref)) return true;
  const name = /^\$\{?(\w{1,80})\}?$/.exec(ref)?.[1];
  const made = new RegExp(
    `\\bgit\\b[^\\n]{0,80}\\s(?:checkout\\s+-[bB]|switch\\s+-[cC])\\s+["']?${escaped(ref)}["']?(?=\\s|;|$)`,
    'm',
  );
  if (!made.test(script)) return false;
  if (name === undefined) return /^[\w/.-]*(?:\$\{?|bot|update|auto|preview|cherry)/i.test(ref) && !ref.startsWith('$');
  const given = gifts(script, name);
  return (
    given.length > 0 &&
    given.every(
      (g) => /^["']?[\w/.-]{3,}/.test(g) && !/^["']?(?:main|master|trunk|release|develop|prod|stable)(?![\w-])/.test(g),
    )
  );
}

/** Every value that a script gives to a variable by an assignment. */
function gifts(script: string, name: string): string[] {
  return [...script.matchAll(new RegExp(`(?<![\\w$-])${name}[ \\t]*(?::|\\?|\\+)?=[ \\t]*([^\\n]{0,300})`, 'g'))].map(
    (m) => m[1]!.replace(/\s+#[^\n]*$/, ''),
  );
}

const precious =
  /(?:^|\/)(?:data|databases?|db|backups?|uploads?|storage|volumes?|media|secrets?|\.?certs?|letsencrypt|\.ssh|\.aws|\.kube|state)(?:\/|\*|$)/i;
const sources =
  /^(?:\.\/)?(?:src|app|apps|lib|libs|source|packages|cmd|internal|docs?|tests?|config|migrations|\.github)\/?\*?$/i;
const output =
  /(?:^|[/_.-])(?:te?mp|caches?|builds?|dist|out(?:put)?|target|gen(?:erated)?|coverage|\.terraform|node_modules|reports?|logs?|bin|obj|artifacts?|release|vendor|venv|\.venv|site|public|typings|types|tsbuildinfo|egg-info|tool(?:s|bin)?)(?=[/_.*-]|$)|\.tfstate|\.json$|\.tgz$/i;

/** What `rm` is told to delete. */
const targets = (text: string): string[] =>
  [...text.matchAll(/(?<![\w-])(?:g?rm|rimraf|del-cli|rmdir)\s([^;&|\n>)]{1,600})/g)].flatMap(([, words]) =>
    words!
      .split(/\s+/)
      .filter((w) => w !== '' && !w.startsWith('-'))
      .map((w) => w.replace(/["']/g, '')),
  );

function deletedTree(text: string, tier: Tier, standing: Standing): Weight {
  const all = targets(text);
  // A script of a package makes anew what it deletes, and the rest of the package is in git.
  const isPackage = standing.source.language === 'manifest';
  if (all.length === 0 || all.some((t) => /^(?:\.\/)?[*.]+\/?$/.test(t))) return tier;
  let weight: Weight;
  for (const written of all) {
    if (written.includes('..')) return tier;
    // Where the variable is empty, all that stands before it goes.
    const target = written.replace(/\$.*$/, '');
    if (precious.test(written)) return tier;
    if (sources.test(target) && !(isPackage && /^(?:\.\/)?libs?\/?$/.test(target))) weight = 'medium';
    else if (!isPackage && !output.test(target) && !isMade(target, standing) && !isCleaning(standing))
      weight = 'medium';
  }
  return weight;
}

/** Whether the file makes the folder itself. */
function isMade(target: string, { source }: Standing): boolean {
  const path = target.replace(/^\.\//, '').replace(/\/?\*?$/, '');
  if (path.length < 2 || path.includes('*')) return false;
  return new RegExp(
    `^[^#\\n]{0,200}(?:\\bmkdir\\b[^\\n;&|]{0,120}|\\bclone\\b[^\\n;&|]{0,200}|\\s-(?:o|d|C|-out\\w*|-output[\\w-]*|-dir|-directory|-target)[ =]?|>\\s?)["']?(?:\\./)?${escaped(path)}(?=["'/\\s]|$)`,
    'm',
  ).test(source.text);
}

/** In what cleans up by its name: a target, a script of a manifest. */
function isCleaning({ source, at }: Standing): boolean {
  if (source.language === 'makefile') {
    const head = source.text
      .slice(Math.max(0, at - 4000), at)
      .split('\n')
      .slice(0, -1);
    const target = head.findLast((line) => /^[\w.%/-][^\n:=]*:(?!=)/.test(line)) ?? '';
    return /^[^:]*(?:clean|purge|teardown)/i.test(target);
  }
  if (source.language === 'manifest')
    return /clean/i.test(
      /"([\w:.-]{1,80})"\s*:\s*"?[^"\n]*$/.exec(source.text.slice(Math.max(0, at - 500), at))?.[1] ?? '',
    );
  return false;
}

/** Always set, to a folder that is the run's own. */
const ownPlace = (text: string, { source, isThrownAway }: Standing): string =>
  source.language === 'makefile'
    ? text.replaceAll('${CURDIR}', '.')
    : isThrownAway
      ? text.replace(/\$(?:\{GITHUB_WORKSPACE\}|GITHUB_WORKSPACE\b)/g, '.').replace(/\$\{?RUNNER_TEMP\b\}?/g, './build')
      : text;

/** A path with a variable: read with what the file gives to it, and with nothing in the place of the others. */
function deletedUnknown(text: string, tier: Tier, standing: Standing, depth: number): Weight {
  if (depth > 0) return tier;
  const { text: script } = standing.source;
  let left = 0;
  let asked = 0;
  const read = (known: boolean): string =>
    ownPlace(text, standing)
      // The script stops where it is empty.
      .replace(/\$\{\w{1,80}:\?[^}$]{0,100}\}/g, () => (left++, './build'))
      .replace(/\$(?:\{(\w{1,80})(?::?-([^}$]{0,100}))?\}|(\w{1,80}))/g, (all, braced, otherwise, bare) => {
        const name = String(braced ?? bare);
        if (asked++ > 8 || /^\d$/.test(name)) return (left++, known ? all : '');
        const given = gifts(script, name).map((g) => /^(["']?)([\w./~@:+-]{1,200})\1;?\s*\\?$/.exec(g)?.[2]);
        if (given.length > 0 && given.every((g) => g !== undefined && g === given[0]) && isSettled(name, standing))
          return given[0]!;
        return (left++, known ? all : String(otherwise ?? ''));
      });
  const emptied = read(false).replace(/(?<=\s)(?:""|'')(?=[\s;)]|$)/g, '');
  const other = standing.judge(emptied);
  if (left === 0) return other && weigh(other, emptied, standing, depth + 1);
  if (isGuarded(text, standing)) return 'medium';
  if (other === undefined) return 'medium';
  return /^(?:delete-outside|delete-tree)$/.test(other.rule) && !/ deletes (?:~|\.\.)/.test(other.reason)
    ? 'medium'
    : tier;
}

/** Whether it has got its value for sure, and by nothing but assignments. */
function isSettled(name: string, { source, at }: Standing): boolean {
  if (
    new RegExp(`\\b(?:read|mapfile|readarray|getopts|unset|for|printf\\s+-v)\\b[^\\n;|&]{0,100}\\b${name}\\b`).test(
      source.text,
    )
  )
    return false;
  const set = new RegExp(`(?:^|\\n)(?:export |readonly |declare )?${name}[ \\t]*[:?]?=`);
  return set.test(source.language === 'makefile' ? source.text : source.text.slice(0, at));
}

/** Whether the lines before make sure that the variable names something. */
function isGuarded(text: string, { source, at }: Standing): boolean {
  const names = [...text.matchAll(/\$\{?(\w{1,80})/g)].slice(0, 6).map((m) => m[1]!);
  const before = source.text.slice(Math.max(0, at - 300), at) + text;
  return names.length > 0 && names.every((n) => new RegExp(`\\[\\s+-[nd]\\s+["']?\\$\\{?${n}\\b`).test(before));
}

function deletedOutside(text: string, { tier, reason }: Verdict, standing: Standing, isContainer: boolean): Weight {
  const path = /^This deletes (\S+) with /.exec(reason)?.[1] ?? '';
  if (path === '' || /^(?:~|\/home|\/Users|\/root)\/?\*?$/.test(path)) return tier;
  if (standing.source.language === 'dockerfile') return undefined;
  if (standing.isThrownAway && path.startsWith('~/.')) return undefined;
  if (/^~\/\.(?:cache|npm|cargo\/registry|gradle|m2|local\/share\/[\w.-]+)(?:\/|$)/.test(path)) return 'medium';
  if (/^(?:\.\.\/)+[\w.-]+/.test(path)) return precious.test(path) ? tier : 'medium';
  if (isContainer && /^\/[\w.-]+\/[\w.-]/.test(path) && !precious.test(path)) return 'medium';
  const place = path.replace(/\/?\*?$/, '');
  // A mount of the same service.
  if (standing.source.language === 'docker-compose') return isMount(place, standing) ? 'medium' : tier;
  // It is filled again at once.
  const next = standing.source.text.slice(standing.at + text.length, standing.at + text.length + 300);
  return place.length > 2 &&
    new RegExp(`\\b(?:cp|rsync|mv|tar|unzip)\\b[^\\n]{1,200}\\s${escaped(place)}(?=[/\\s]|$)`, 'm').test(next)
    ? 'medium'
    : tier;
}

const isMount = (path: string, { source }: Standing): boolean =>
  path.length > 2 &&
  new RegExp(`^[ \\t]*-[ \\t]*["']?(?:\\./|[\\w.])[\\w./-]*:${escaped(path)}(?=["':\\s]|$)`, 'm').test(source.text);

function owned({ rule, tier, reason }: Verdict, text: string, standing: Standing, isConfined: boolean): Weight {
  if (standing.source.language === 'dockerfile') return rule === 'password-change' ? 'medium' : undefined;
  if (standing.source.language === 'docker-compose') {
    const paths = text.match(/\s\/[\w./-]+/g) ?? [];
    return paths.length > 0 && paths.every((p) => isMount(p.trim(), standing)) ? 'medium' : tier;
  }
  if (standing.isThrownAway) return undefined;
  if (isConfined) return 'medium';
  if (!/everything in/.test(reason)) return 'medium';
  const path = /everything in (\S+?)[,.]?(?:\s|$)/.exec(reason)?.[1] ?? '/';
  return /^\/(?:var|opt|srv|usr\/local|mnt)\/[\w.-]+\/?[\w.-]/.test(path) ? 'medium' : tier;
}

/** Root is the owner of what is the system's. */
function givenToRoot(text: string, tier: Tier, { source }: Standing, isConfined: boolean): Weight {
  const recursive = /\bchown\s[^;&|\n]{0,80}(?:-\w*R|--recursive)/.test(text);
  const paths =
    text
      .match(/\bchown\s+(?:-\S+\s+)*\S+\s+([^;&|\n>]{1,300})/)?.[1]
      ?.trim()
      .replace(/["']/g, '')
      .split(/\s+/) ?? [];
  const isOfSystem = (path: string): boolean => /^\/(?:etc|usr|opt|var|lib|srv|root|s?bin)\/\w/.test(path);
  const known = (path: string): boolean => {
    const name = /^\$\{?(\w{1,80})\}?(?=\/|$)/.exec(path)?.[1];
    if (name === undefined) return isOfSystem(path);
    const given = gifts(source.text, name);
    return given.length > 0 && given.every((g) => isOfSystem(g.replace(/["']/g, '')));
  };
  if (!recursive && paths.length > 0 && paths.every(known)) return undefined;
  return recursive && !isConfined ? tier : 'medium';
}

function written(text: string, tier: Tier, standing: Standing, isImage: boolean, isContainer: boolean): Weight {
  const isEntry =
    /NOPASSWD|\bsudoers\b|authorized_keys|PermitRootLogin\s+yes|PasswordAuthentication\s+yes|pam\.d|\/etc\/(?:passwd|shadow)/.test(
      text,
    );
  if (
    /\/etc\/fstab/.test(text) &&
    /\bsed\b/.test(text) &&
    /swap/.test(text) &&
    !/\b(?:mount|bind|exec|suid)\b/.test(text)
  )
    return isImage || standing.isThrownAway ? undefined : 'medium';
  if (standing.isThrownAway) return isEntry ? 'medium' : undefined;
  if (isEntry) return tier;
  if (isContainer) return 'medium';
  if (/\/etc\/(?:cron|systemd|init\.d|rc\.local|hosts\.|ld\.so\.preload)/.test(text))
    return tier === 'critical' ? 'high' : tier;
  return 'medium';
}

/** Whether what is deleted in a cloud was made in the same run: found by the run's number, or named by what its build wrote. */
function isMadeByRun(text: string, { script }: Standing): boolean {
  const ofRun = (t: string): boolean => {
    const m = ofThisRun.exec(t);
    return m !== null && /(?:[Vv]alues?=|filter|tag|name|--[\w-]+[ =])[^|;&]{0,200}$/.test(t.slice(0, m.index));
  };
  if (ofRun(text)) return true;
  const names = [...text.matchAll(/\$\{?(\w{1,80})/g)].map((m) => m[1]!).slice(0, 6);
  if (names.length === 0) return false;
  const comesFromRun = (name: string, depth: number): boolean => {
    const values = gifts(continued(script), name);
    for (const m of script.matchAll(new RegExp(`\\bfor\\s+${name}\\s+in\\s+([^\\n;]{1,200})`, 'g'))) values.push(m[1]!);
    return (
      values.length > 0 &&
      values.length < 6 &&
      values.every((value) => {
        if (ofRun(value)) return true;
        if (/\bmanifest[\w.-]*\.json\b|\bterraform output\b|\bpacker\b/.test(value)) return true;
        if (/\b(?:aws|az|gcloud|doctl)\b[^|;]{0,200}\s(?:create-|run-|import-|create\b)/.test(value)) return true;
        const others = [...value.matchAll(/\$\{?(\w{1,80})/g)].map((m) => m[1]!).filter((n) => n !== name);
        return depth < 4 && others.length > 0 && others.length < 5 && others.some((n) => comesFromRun(n, depth + 1));
      })
    );
  };
  return names.some((n) => comesFromRun(n, 0));
}

const escaped = (text: string): string => text.replace(/[^\w\s/-]/g, '\\$&');

const continued = (script: string): string => script.replace(/\\\n\s*/g, ' ').replace(/"\s*\n\s+"/g, '" "');

function inCluster(rule: string, text: string, tier: Tier, { source, isThrownAway }: Standing): Weight {
  if (localCluster.test(source.text)) return isThrownAway ? undefined : 'medium';
  if (/^kubectl-(?:create|label|annotate)$/.test(rule)) return /https?:/.test(text) ? tier : undefined;
  if (/^kubectl-(?:rollout|scale|patch|set)$/.test(rule)) return 'medium';
  if (/^kubectl-rbac$/.test(rule)) return /\bcreate\s+(?:token|serviceaccount|sa)\b/.test(text) ? 'medium' : tier;
  if (/^kubectl-delete$/.test(rule))
    return !/\s(?:-f|--filename|-k)[ =]/.test(text) ||
      /\s--all\b|\s-A\b|\b(?:ns|namespaces?|pvc?s?|persistentvolume\w*|crds?|customresourcedefinitions?|nodes?)\b/.test(
        text,
      )
      ? tier
      : 'medium';
  return /-(?:create|install|push|tag|resume|update|bootstrap|migrate)$/.test(rule) ? 'medium' : tier;
}

function inDataBase(rule: string, text: string, tier: Tier, standing: Standing, isContainer: boolean): Weight {
  const { source, isThrownAway } = standing;
  const isForTests =
    /\b(?:\w+_(?:test|dev)|test_\w+)\b|(?:_ENV|--env|--database)[= ]test(?:ing)?\b/i.test(text) ||
    forTesting.test(source.path);
  const isLocal =
    isThrownAway &&
    (/^[ \t]*services:/m.test(source.text) || /\bdocker\b|-proot\b/.test(text)) &&
    !/secrets\.\w*(?:DATABASE|DB|POSTGRES|MYSQL)\w*/i.test(source.text);
  if (rule === 'sql-grant' || rule === 'sql-server-change')
    return isLocal
      ? undefined
      : isForTests || isContainer || /\bON\s+[\\`"'\w${}-]{2,80}\.\*/i.test(text)
        ? 'medium'
        : tier;
  if (isLocal || isForTests) return 'medium';
  return source.language === 'manifest' ? 'high' : tier;
}

const goesOut =
  /\b(?:curl|wget|nc|ncat|socat|scp|sftp|rsync|ssh|mail|sendmail|aws|gsutil|gh|base64|tee)\b|\/dev\/(?:tcp|udp)\//;
const toPublic = /(?:^|[\s/"'])(?:public|static|www|htdocs|html|dist|assets)\//;
const loads = /^(?:\w{1,80}=\S*\s+)*(?:(?:npx|pnpm(?: exec)?|yarn)\s+)?(?:dotenvx?|env-cmd)\s/;
const handsOn =
  /^(?:sudo\s+)?(?:cp|ln|mv|source|\.|(?:if\s+)?(?:!\s+)?grep\s+-\w*q|(?:IFS=\S*\s+)?read)\s[^;&|]{0,300}(?:\|\|\s*\w{1,40})?$/;

/** Secrets that are only handed on to where they belong are not shown. */
function shown(text: string, reason: string, tier: Tier, standing: Standing): Weight {
  const what = /^(\S+) holds secrets/.exec(reason)?.[1] ?? '';
  if (/\.(?:example|sample|template|tmpl|dist|tpl)$/.test(what)) return undefined;
  // A person's own are nobody's to hand on.
  if (goesOut.test(text) || /~|\.ssh|\.aws|\.kube|\.gnupg|shadow|\/root\/|\/home\/|HOME/.test(what)) return tier;
  if (loads.test(text))
    return /\bnode\s+-[ep]\b|\bpython3?\s+-c\b|(?<![\w./-])(?:echo|printf|env|printenv|cat|set)(?![\w./-])|\s(?:-p|--debug)\s/.test(
      text,
    )
      ? tier
      : undefined;
  if (handsOn.test(text)) return toPublic.test(text) ? tier : undefined;
  if (/^export\s+\$\((?:grep|cat)\s[^)]{1,200}\)["']?$/.test(text)) return undefined;
  if (/^openssl\s+\w+\s[^;&|]{0,600}\s-out\s/.test(text)) return undefined;
  if (/^(?:env|printenv)(?:\s*\|\s*sort)?$/.test(text)) return standing.isThrownAway ? 'medium' : undefined;
  if (/^(?:cat|echo|printf)\s[^;&|]{0,400}\s>>?\s*["']?[\w$/.~{][^;&|]{0,200}$/.test(text)) return 'medium';
  return tier;
}

const installsHooks = (text: string): boolean =>
  /\bcore\.hooksPath\s+["']?(?:\.\/)?[\w.-]*(?:hooks|husky)[\w./-]*["']?\s*$/.test(text) ||
  /\bhusky\s+install\b/.test(text) ||
  (/\.git\/hooks\/[\w$-]/.test(text) &&
    /^\s*(?:chmod\s+(?:u?\+x|0?[57]\d\d)|ln\s|cp\s|install\s|echo\s[^;&|]{0,200}>>)/.test(text));

function inStack(rule: string, text: string, tier: Tier, { source, isThrownAway }: Standing): Weight {
  const isForTests = forTesting.test(source.path);
  if (rule === 'terraform-apply') return isForTests ? 'medium' : 'high';
  const isOwn = /\bterraform\b[^\n]{0,80}\sapply\b/.test(source.text) && (isThrownAway || isForTests);
  return isOwn && isForTests ? 'medium' : isOwn || /\s-target[= ]/.test(text) ? 'high' : tier;
}
