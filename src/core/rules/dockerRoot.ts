import type { Instruction } from '../languages/docker.ts';
import { lineOf, stagesOf, type Stage } from './kit/dockerStages.ts';
import type { Rule } from './rule.ts';

export const dockerRoot: Rule = {
  id: 'docker-root',
  title: 'Image runs as root',
  tier: 'high',
  category: 'security-control-disabled',
  languages: ['dockerfile'],
  references: ['CWE-250', 'CIS Docker 4.1'],
  why: 'Without a USER the program runs as root, and a hole in it is a hole in the container wall.',
  remedy: 'end the last stage with a USER of its own',
  keywords: ['from'],
  check(source, report) {
    // Who works in a container of their own is told who they are by devcontainer.json.
    if (/(?:^|\/)\.devcontainer\//.test(source.path)) return;
    const stages = stagesOf(source.docker);
    const last = stages.at(-1)?.from;
    if (!last) return;
    const user = userOf(stages);
    if (user) {
      if (/^(?:root|0)(?::|\s|$)/.test(user.args.trim())) {
        const at = user.start > last.start ? user : last;
        report({ start: at.start, end: at.end, key: 'root' });
      }
      return;
    }
    // Made to run as somebody else: nothing is left to say.
    const base = imageOf(source.docker, stages);
    if (unprivileged.test(last.args) || (ofUser.test(base) && !rootOnce.test(source.text))) return;
    // Only an image that starts a program is judged, and a change that took USER away.
    const program = source.docker.find((d) => d.start > last.start && (d.name === 'CMD' || d.name === 'ENTRYPOINT'));
    const starts = source.docker.some((d) => d.name === 'CMD' || d.name === 'ENTRYPOINT');
    if (!starts && source.docker.length > 3) return;
    const stage = source.docker.filter((d) => d.start > last.start);
    const runs = startOf(stage);
    const isOne = startsOne(stage);
    // A runtime of WebAssembly has no users.
    if (base === 'scratch' && /^[\w./-]{1,200}\.wasm$/.test(runs)) return;
    if (isOne && stepsDown.test(runs)) return;
    const isCron = isOne && needsRoot.test(runs);
    const mayStepDown = source.docker.some(
      (d) => d.start > last.start && (d.name === 'RUN' || d.name === 'COPY') && tools.test(d.args),
    );
    // Where it starts is where USER is missed.
    const at = program ?? last;
    report({
      start: at.start,
      end: at.end,
      key: 'no-user',
      ...(!starts && !source.docker.some((d) => serves.test(d.name)) && isBuilt(last, base)
        ? {
            tier: 'low',
            message:
              'Nothing is started here: see that what is built on this image ends with a USER of its own before it starts.',
          }
        : isCron
          ? {
              tier: 'low',
              message: 'What is started has to be root: see that the work it starts runs as users of their own.',
            }
          : mayStepDown
            ? {
                tier: 'medium',
                message:
                  'The image starts as root, with a tool at hand to step down: see that its entrypoint does so unless told otherwise.',
              }
            : !ofRoot.test(base) && {
                tier: 'medium',
                message:
                  'Nothing here says who the program runs as, so its base image does: see that this is not root, or end the last stage with a USER of its own.',
              }),
    });
  },
};

/** What an image says that something else starts as a service. */
const serves = /^(?:EXPOSE|HEALTHCHECK|ONBUILD|STOPSIGNAL)$/;

/** An image that things are built in: with the tools for it, and by its name. */
const isBuilt = (from: Instruction, base: string): boolean =>
  /\/sdk$|^(?:golang|rust|gcc|maven|gradle|buildpack-deps)$/.test(base) && /\sas\s+build(?:er)?\s*$/i.test(from.args);

/** The image that a stage is made from in the end, without its version. */
function imageOf(all: readonly Instruction[], stages: readonly Stage[]): string {
  let { base = '' } = [...lineOf(stages, stages.length - 1)].at(-1) ?? {};
  // The value that an ARG has unless told otherwise.
  const given = /^\$\{?(\w{1,80})\}?$/.exec(base)?.[1];
  const set = given && all.find((d) => d.name === 'ARG' && d.args.toLowerCase().startsWith(`${given}=`));
  if (set)
    base = set.args
      .slice(given.length + 1)
      .replace(/["']/g, '')
      .trim()
      .toLowerCase();
  return base.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}

/** Images that start as root, of languages, distributions and plain servers: of products others decide who they run as. */
const ofRoot =
  /^(?:(?:[\w-]{1,60}\.)+[a-z]{2,20}(?::\d{1,5})?\/(?:[\w.-]{1,60}\/){0,4}|(?:library|amd64|arm64v8|arm32v7|i386)\/|docker\.io\/library\/|\$\{?\w{1,80}\}?\/)?(?:alpine|ubuntu|debian|debian-slim|busybox|fedora|centos|rockylinux|almalinux|amazonlinux|oraclelinux|archlinux|opensuse|leap|photon|scratch|ubi\d?|ubi-minimal|ubi-micro|node|python|pypy|golang|ruby|jruby|php|perl|rust|openjdk|eclipse-temurin|temurin|amazoncorretto|sapmachine|ibmjava|maven|gradle|sbt|clojure|elixir|erlang|haskell|swift|julia|r-base|gcc|dart|crystal|nim|mono|composer|buildpack-deps|nginx|httpd|caddy|tomcat|jetty|traefik|docker|bash)$|^mcr\.microsoft\.com\/(?:dotnet|vscode|openjdk|windows|playwright|powershell|cbl-mariner|azurelinux|azure-functions)|^(?:gcr|registry\.k8s)\.io\/distroless\/|^(?:nvidia|oven|denoland|rustlang|tiangolo|pytorch|tensorflow|continuumio|mambaorg|phusion|ghcr\.io\/astral-sh|public\.ecr\.aws\/lambda|public\.ecr\.aws\/docker|nvcr\.io\/nvidia|rocker|azul|bellsoft|opensuse|redhat|registry\.access\.redhat\.com)\//;

/** Products whose images, as they are made by those who make the product, start as a user of their own. */
const ofUser =
  /^(?:docker\.io\/)?(?:amazon\/dynamodb-local|apachepulsar\/pulsar(?:-all)?|grafana\/(?:grafana|loki|tempo|mimir)|prom\/(?:prometheus|alertmanager|node-exporter|blackbox-exporter|pushgateway)|jenkins\/jenkins|n8nio\/n8n|apache\/airflow)$|^public\.ecr\.aws\/aws-dynamodb-local\/aws-dynamodb-local$|^quay\.io\/(?:keycloak\/keycloak|prometheus\/(?:prometheus|alertmanager|node-exporter))$|^mcr\.microsoft\.com\/mssql\/server$|^docker\.elastic\.co\/elasticsearch\/elasticsearch$/;

/** Of these an old release starts as root. */
const rootOnce = /\/mssql\/server:2017/;

/** The last USER of the last stage, or of the nearest that it is made from. */
function userOf(stages: readonly Stage[]): Instruction | undefined {
  for (const { instructions } of lineOf(stages, stages.length - 1)) {
    const user = instructions.findLast((d) => d.name === 'USER');
    if (user) return user;
  }
  return undefined;
}

/** What a stage starts: its entrypoint with the command behind it, as words. */
function startOf(stage: readonly Instruction[]): string {
  const said = (name: string): string => stage.findLast((d) => d.name === name)?.args.trim() ?? '';
  return `${said('ENTRYPOINT')} ${said('CMD')}`
    .replace(/[[\]",']/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether no shell starts more than the one program: what follows it would be root. */
const startsOne = (stage: readonly Instruction[]): boolean =>
  !stage.some((d) => (d.name === 'ENTRYPOINT' || d.name === 'CMD') && /^[^[][^]*?[;&|\n]/.test(d.args.trim()));

/** Images of those that make them to be run as nobody in particular. */
const unprivileged =
  /^\s*(?:--\S+\s+)*(?:[\w.-]+(?:\/[\w.-]+)*\/distroless\/[\w./-]+:(?:[\w.]+-)*nonroot|nginxinc\/nginx-unprivileged(?::\S+)?)(?:@\S+)?(?:\s|$)/i;

/** The first that starts gives up root for a user with a name, for good. */
const stepsDown =
  /^(?:(?:\/\w+)*\/)?(?:(?:tini|dumb-init)(?: -\w+)*(?: --)? )?(?:(?:\/\w+)*\/)?(?:gosu|su-exec) (?!root\b|0\b)[a-z_][\w-]*(?::(?!root\b|0\b)[\w-]+)? [\w./]/;

/** Servers that sign others in or start jobs as their users. */
const needsRoot =
  /^(?:(?:\/\w+)*\/)?(?:(?:tini|dumb-init)(?: -\w+)*(?: --)? )?(?:(?:\/\w+)*\/)?(?:crond?|sshd)(?: -|$)/;

const tools = /\b(?:install|add)\b[^;&|]{0,400}\s(?:gosu|su-exec)\b|\/(?:gosu|su-exec)(?:\s|$)|\btianon\/gosu\b/;
