/** Clouds, clusters, containers and data bases: what of them is the run's own. */
import type { Tier } from '../../../model.ts';
import { ofThisRun } from '../scriptPurpose.ts';
import { forTesting, type Standing, type Weight } from './standing.ts';
import { continued, gifts } from './values.ts';

/** A cluster on the machine that runs the script, gone with it. */
const localCluster =
  /\bk(?:ind|3d) (?:cluster )?create\b|\bkind-action\b|\bsetup-(?:kind|minikube|k3d)\b|\bminikube start\b|\bk3d-action\b|\bkind create cluster\b/;

export function ofContainers(rule: string, text: string, tier: Tier, { source, isThrownAway }: Standing): Weight {
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

/** Whether what is deleted in a cloud was made in the same run: found by the run's number, or named by what its build wrote. */
export function isMadeByRun(text: string, { script }: Standing): boolean {
  const ofRun = (t: string): boolean => {
    const m = ofThisRun.exec(t);
    return m !== null && /(?:[Vv]alues?=|filter|tag|name|--[\w-]+[ =])[^|;&]{0,200}$/.test(t.slice(0, m.index));
  };
  // One that is named as it stands, whatever else a variable says.
  if (/\bprod|--[\w-]*(?:identifier|names?|ids?|bucket|arn)[ =]["']?[a-z][\w-]*(?=["'\s]|$)/i.test(text)) return false;
  if (ofRun(text)) return true;
  const object = text.replace(
    /--(?:region|profile|output|query|zone|location|project|subscription|final-[\w-]+)[ =]\S+/g,
    '',
  );
  const names = [...object.matchAll(/\$\{?(\w{1,80})/g)].map((m) => m[1]!).slice(0, 6);
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

export function inCluster(rule: string, text: string, tier: Tier, { job, isThrownAway }: Standing): Weight {
  const isLocal =
    localCluster.test(job) &&
    !/\s--(?:kube-?)?context[ =](?!["']?k(?:ind|3d)-)|\s--kubeconfig\b|\bprod/i.test(text) &&
    !/\bupdate-kubeconfig\b|\bget-credentials\b|\bk8s-set-context@|\bsecrets\.\w{0,40}KUBE/i.test(job);
  if (isLocal) return isThrownAway ? undefined : 'medium';
  if (/^kubectl-(?:create|label|annotate)$/.test(rule)) return /https?:/.test(text) ? tier : undefined;
  if (/^kubectl-(?:rollout|scale|patch|set)$/.test(rule)) return 'medium';
  if (/^kubectl-rbac$/.test(rule)) return /\bcreate\s+(?:token|serviceaccount|sa)\b/.test(text) ? 'medium' : tier;
  // A pod of the very run, which a job takes away again.
  if (rule === 'kubectl-delete' && isThrownAway) {
    const pod = isSinglePod.exec(continued(text).replace(runId, '$GITHUB_RUN_ID'))?.[1];
    if (pod !== undefined && isNamedByRun(pod, job)) return undefined;
  }
  if (/^kubectl-delete$/.test(rule))
    return !/\s(?:-f|--filename|-k)[ =]/.test(text) ||
      /\s--all\b|\s-A\b|\b(?:ns|namespaces?|pvc?s?|persistentvolume\w*|crds?|customresourcedefinitions?|nodes?)\b/.test(
        text,
      )
      ? tier
      : 'medium';
  return /-(?:create|install|push|tag|resume|update|bootstrap|migrate)$/.test(rule) ? 'medium' : tier;
}

/** One pod by its name. */
const isSinglePod =
  /\bdelete\s+(?:pods?|po)(?:\s+|\/)(?!-)([\w"'${}.-]{3,120})(?:\s+-{1,2}(?:n|namespace|wait|ignore-not-found|timeout|grace-period|now)(?:[ =][\w"'${}.-]{1,80})?){0,8}(?:\s*\|\|\s*true)?\s*$/;

/** Whether a name holds the number of the very run. */
const isNamedByRun = (pod: string, job: string): boolean =>
  [...pod.matchAll(/\$\{?(\w{1,80})/g)].slice(0, 6).some(([, name]) =>
    name === 'GITHUB_RUN_ID'
      ? true
      : // A comment behind a value is no part of it.
        new RegExp(`^[ \\t]+${name}:(?:[^\\n#]|\\S#){0,80}\\$\\{\\{\\s*github\\.run_id\\b`, 'm').test(job),
  );
const runId = /\$\{\{\s*github\.run_id\s*\}\}/g;

export function inDataBase(rule: string, text: string, tier: Tier, standing: Standing, isContainer: boolean): Weight {
  const { source, isThrownAway, job } = standing;
  // A user, a table or a comment may be called so in any data base.
  const place = text
    .replace(/\s#[^\n]*/g, '')
    .replace(/\s(?:-U|-u|--user(?:name)?)[ =]?\S+/g, '')
    .replace(/\b(?:TABLE|VIEW|INDEX|FROM|UPDATE|INTO|ROLE|USER)\s+(?:IF\s+EXISTS\s+)?[\w."`\\]+/gi, '');
  const isForTests =
    !elsewhere.test(place) &&
    (/\b(?:\w+_(?:test|dev)|test_\w+)\b|(?:_ENV|--env|--database)[= ]test(?:ing)?\b/i.test(place) ||
      forTesting.test(source.path));
  const isLocal =
    isThrownAway &&
    (/^[ \t]*services:/m.test(job) || /\bdocker\b|-proot\b/.test(text)) &&
    !elsewhere.test(text) &&
    !/secrets\.\w*(?:DATABASE|DB|PG|SQL|POSTGRES|DSN|CONN|PROD|MONGO)\w*/i.test(job);
  if (rule === 'sql-grant' && isThrownAway && isOfOwnServer(text, standing)) return undefined;
  if (rule === 'sql-grant' || rule === 'sql-server-change')
    return isLocal
      ? undefined
      : isForTests || isContainer || /\bON\s+[\\`"'\w${}-]{2,80}\.\*/i.test(text)
        ? 'medium'
        : tier;
  if (/^sql-(?:update|delete)-all$/.test(rule)) return isForTests || isOfJob(text, standing) ? 'medium' : tier;
  if (isLocal || isForTests) return 'medium';
  return source.language === 'manifest' ? 'high' : tier;
}

/**
 * Whether rights are given on the machine of the job alone, in a data base that the same script set up: to accounts of that
 * machine, by a command that names no other.
 */
function isOfOwnServer(text: string, { script, job }: Standing): boolean {
  const accounts = text.match(/\bto\s+\S{1,100}/gi) ?? [];
  return (
    accounts.length > 0 &&
    accounts.every((account) => /@\\?["'`]?(?:localhost|127\.0\.0\.1)\b/.test(account)) &&
    !elsewhere.test(text.replace(/(?:mysql|mariadb)@[\d.]+\//g, '')) &&
    !/\s-[hPS][ ]?\S|--(?:host|port|socket|defaults-\S+|login-path)\b|:\/\//.test(text) &&
    !/\b(?:MYSQL|MARIADB)_(?:HOST|TCP_PORT|UNIX_PORT)\b|\bssh\b|prox(?:y|ies)\b|tunnel|port-forward|\bsocat\b/i.test(
      job,
    ) &&
    startsServer.test(script)
  );
}

/** Who installs a client alone has the server elsewhere. */
const startsServer =
  /\binstall\b[^\n]{0,200}\b(?:mysql|mariadb)(?!-\w|_)|\binstall\b[^\n]{0,200}\b(?:mysql|mariadb)-server|\bstart\b[^\n]{0,200}\b(?:mysql|mariadb)|\b(?:mysql|mariadb)\S{0,40}\s+start\b/i;

/** Another machine, or what is in use. */
const elsewhere =
  /prod(?:uction)?(?![a-z])|\$\{\{\s*secrets\.|(?:\s-h[ ]?|--host[ =]|@)["']?(?!localhost|127\.)[\w-]+\.[\w.-]+/i;

/** A data base in a container that the job started, on a machine that goes with it. */
const isOfJob = (text: string, { source, isThrownAway }: Standing): boolean =>
  isThrownAway &&
  /\bcompose\b[^\n]{0,200}\bup\b|^[ \t]*services:/m.test(source.text) &&
  /^\s*docker(?:-compose|\s+compose)?\s+exec\b/.test(text) &&
  !/(?:\s-h|--host|\s-d[ =]?["']?\w{2,20})[ =]?["']?[\w.-]{0,80}(?:prod|\$|\.\w)|\bpostgres(?:ql)?:\/\/|\bDOCKER_HOST\b/i.test(
    text,
  ) &&
  !text.split(/\n|\s-c\s/, 1)[0]!.includes('$') &&
  !/\bDOCKER_(?:HOST|CONTEXT)\b|\bcontext\s+use\b|\benvironment["']?\s*:\s*["']?[\w-]{0,40}prod/i.test(source.text);

export function inStack(rule: string, text: string, tier: Tier, { source, isThrownAway }: Standing): Weight {
  const isForTests = forTesting.test(source.path);
  if (rule === 'terraform-apply') return isForTests ? 'medium' : 'high';
  const isOwn = /\bterraform\b[^\n]{0,80}\sapply\b/.test(source.text) && (isThrownAway || isForTests);
  return isOwn && isForTests ? 'medium' : isOwn || /\s-target[= ]/.test(text) ? 'high' : tier;
}
