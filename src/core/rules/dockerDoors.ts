import type { Instruction } from '../languages/docker.ts';
import { lineOf, stagesOf, type Stage } from './kit/dockerStages.ts';
import type { Rule } from './rule.ts';

const steps: readonly (readonly [string, RegExp, string, 'high'?])[] = [
  [
    'EXPOSE',
    /(?:^|\s)(?:23|3389|5800|5900)(?:\/tcp)?(?:\s|$)/,
    'A port of remote administration is offered: use the orchestrator to get in.',
  ],
  [
    'RUN',
    /\binstall\b[^;&|]{0,400}\b(?:openssh-server|telnetd|vsftpd)\b|\bapk\s+add\b[^;&|]{0,400}\bopenssh-server\b/,
    'A server for logins in an image is a door nobody needs: use the orchestrator to get in.',
  ],
  [
    'VOLUME',
    /(?:docker|containerd|crio)\.sock/,
    'The Docker socket in a container is root on the host: leave it out.',
    'high',
  ],
  [
    'RUN',
    /\buseradd\s[^;&|]{0,100}(?:-u|--uid)[\s=]+0\b/,
    'A second root account: give the user a number of its own.',
    'high',
  ],
  [
    'RUN',
    /\bVerify-(?:Peer|Host)\W{1,10}false\b/i,
    'Packages are fetched without a check of the server: trust its CA instead.',
    'high',
  ],
  [
    'RUN',
    /\s--?(?:registry|source|index-url|extra-index-url|repository)[=\s]\s{0,10}http:\/\/(?!localhost|127\.)/,
    'Packages are fetched without TLS: use https.',
    'high',
  ],
  [
    'RUN',
    /\bchmod\s+(?:-R\s+)?(?:[ug]{0,2}[ao][ugoa]{0,3}[+=][rx]{0,3}w|0?666)\b/,
    'Everyone may write: give the one user that needs it the right.',
  ],
  [
    'ADD',
    /^\s*(?:--(?!checksum)\S+\s+)*https:\/\/(?!\S+\.git(?:[#\s]|$))\S+\s/,
    'File fetched without a hash: say --checksum=sha256:…, or download and check it.',
  ],
];

const intoDocker =
  /\busermod\s[^;&|]{0,100}\bdocker\b|\b(?:adduser|addgroup|gpasswd[ \t]+-a)[ \t]+[^\s-][^\s;&|]{0,80}[ \t]+docker\b/;

/** Of a stage that nothing is built from but what is copied out of it. */
const aside = {
  tier: 'low' as const,
  message: 'This stage carries a way to become root: fine as long as only files of it are used.',
};

/** Stages that, by their names, are what a build with `--target` ends with. */
const isTarget =
  /^(?:[\w.]{1,30}[-_])?(?:prod(?:uction)?|release|runtime|runner|final|app|server|service|web|api|worker|deploy|staging|live)$/;

/** Whether an instruction stands in the last stage or another that is run, or in one that such a stage is built from. */
function shipped(all: readonly Instruction[]): (d: Instruction) => boolean {
  const stages = stagesOf(all);
  const copied = new Set(
    all.flatMap((d) => [...d.args.matchAll(/--?\S{0,200}?\bfrom=([^\s,]{1,80})/g)].map((m) => m[1]!.toLowerCase())),
  );
  const ends = stages.flatMap(({ name }, i) => {
    const isRun = name !== undefined && isTarget.test(name) && !copied.has(name) && !copied.has(String(i));
    return isRun || i === stages.length - 1 ? [i] : [];
  });
  const kept = new Set<Stage>();
  for (const end of ends)
    for (const stage of lineOf(stages, end)) {
      if (kept.has(stage)) break;
      kept.add(stage);
    }
  // Which stage it is, somebody else says.
  if ([...kept].some(({ base }) => base === '' || base.includes('$'))) return () => true;
  const instructions = new Set([...kept].flatMap((stage) => [stage.from, ...stage.instructions]));
  return (d) => instructions.has(d);
}

export const dockerDoors: Rule = {
  id: 'docker-sudo-or-ssh',
  title: 'Image carries an administration door',
  tier: 'medium',
  category: 'security-control-disabled',
  languages: ['dockerfile'],
  references: ['CWE-250', 'CIS Docker 4.4'],
  why: 'sudo and an SSH server in an image are rights and doors that nobody needs at run time and every intruder looks for.',
  remedy: 'run as the right user and use the orchestrator to get in',
  keywords: ['sudo', 'expose', 'chmod', 'nopasswd', 'add', 'openssh', 'volume', 'useradd', 'verify', 'http'],
  check(source, report) {
    let calls = false;
    const isShipped = shipped(source.docker);
    // Who works in a container of their own may do there what they like; nobody else signs in.
    const own = /(?:^|\/)\.devcontainer\//.test(source.path)
      ? {
          tier: 'low' as const,
          message:
            'The user of the dev container may become root: fine at work, as long as nothing else is built from it.',
        }
      : undefined;
    for (const d of source.docker) {
      if (d.name === 'EXPOSE' && /(?:^|\s)22(?:\/tcp)?(?:\s|$)/.test(d.args))
        report({ start: d.start, end: d.end, key: 'expose22' });
      if (d.name === 'RUN' && /\bNOPASSWD\b/.test(d.args))
        report({ start: d.start, end: d.end, key: 'nopasswd', tier: isShipped(d) ? 'high' : 'medium', ...own });
      else if (
        d.name === 'RUN' &&
        /\b(?:install|add)\b[^;&|]{0,400}\ssudo(?=[\s\\]|$)|\busermod\s[^;&|]{0,100}\b(?:sudo|wheel)\b|\b(?:adduser|addgroup|gpasswd[ \t]+-a)[ \t]+[^\s-][^\s;&|]{0,80}[ \t]+(?:sudo|wheel)\b/.test(
          d.args,
        )
      )
        report({ start: d.start, end: d.end, key: 'sudo', ...(!isShipped(d) && aside), ...own });
      else if (d.name === 'RUN' && intoDocker.test(d.args)) {
        // It is of use where the socket is, and a stage that is left behind goes nowhere.
        if (isShipped(d))
          report({
            start: d.start,
            end: d.end,
            key: 'docker-group',
            message:
              'Wherever the Docker socket is mounted, who is in the group docker is root on the host: leave the user out of it.',
            ...own,
          });
      }
      // Who only calls it opens nothing that the image below does not have.
      else if (d.name === 'RUN' && /(?:^|[;&|\n])\s*sudo\s+\S/.test(d.args) && !calls) {
        calls = true;
        report({
          start: d.start,
          end: d.end,
          key: 'sudo-called',
          tier: 'low',
          message:
            'The image below has sudo, which nobody needs at run time: run such steps as root, and the rest as another user.',
        });
      }
      for (const [what, found, message, tier] of steps)
        if (d.name === what && found.test(d.args))
          report({ start: d.start, end: d.end, key: `${what}:${message}`, message, ...(tier ? { tier } : {}) });
      if (d.name === 'RUN' && /\bchmod\s+(?:-R\s+)?(?:0?777|a\+rwx|ugo\+rwx)\b/.test(d.args))
        report({
          start: d.start,
          end: d.end,
          key: 'chmod777',
          tier: 'high',
          message: 'Everyone may write: give the one user that needs it the right.',
        });
      if (d.name === 'ADD' && /^\s*(?:--\S+\s+)*http:\/\//.test(d.args))
        report({
          start: d.start,
          end: d.end,
          key: 'add-http',
          tier: 'high',
          message: 'File fetched without TLS and without a hash: use https with --checksum.',
        });
    }
  },
};
