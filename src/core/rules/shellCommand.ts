import { formOf, isSameCommand } from './kit/commandForm.ts';
import { withOwnFolders } from './kit/ownFolders.ts';
import { dockerPipeToShell, pipesNetworkToShell } from './dockerPipeToShell.ts';
import { isDeclared } from './kit/powershellText.ts';
import {
  boundedFind,
  deletesOwnKeychain,
  emulator,
  forTests,
  installer,
  isOwnComment,
  isSealing,
  knownVariables,
  makesKeychain,
  masked,
  ofSystem,
  ofThisRun,
  sealed,
  sender,
  sends,
  uninstaller,
} from './kit/scriptPurpose.ts';
import { shellChunks, logicalLines, type Chunk } from './kit/shellChunks.ts';
import { shellParts, type Part } from './kit/shellParts.ts';
import { isForImage, weigh, type Standing, type Verdict } from './kit/standing/index.ts';
import { jobAround, passesAway, thrownAway } from './kit/standing/machine.ts';
import { isCopied } from './kit/standing/secrets.ts';
import type { Source } from '../languages/source.ts';
import type { Tier } from '../model.ts';
import type { Rule } from './rule.ts';

// A third of the risk engine, for files with commands only.
const guard = (): typeof import('../guard/index.ts') =>
  require('../guard/index.ts') as typeof import('../guard/index.ts');

/**
 * What a script of an administrator, an installer or a release is written to do. An agent is asked before it runs such a
 * command; a reviewer who reads it in a script sees the script's purpose.
 */
const purpose =
  /^(?:package-remove|pip-system|kill-by-name|service-stop|user-create|(?:helm|flux)-plugin|ansible-(?:module|playbook)|publish|gh-release-(?:create|upload|edit)\S*|cdk-deploy|helm-upgrade|kubectl-apply|docker-rm-force)$/;

/** Of the files of a system, those that decide who gets in, who may do what, and what runs by itself. */
const decisive =
  /\/(?:sudoers|cron|ssh|pam\.d|security|passwd|shadow|group|ld\.so|profile|rc\.local|init\.d|systemd|selinux|apparmor|audit|hosts\.(?:allow|deny)|polkit|s?bin\/(?:sh|bash|sudo|su|ls|ps)\b|boot\b|fstab|crypttab|nsswitch|resolv\.conf|apt\/(?:trusted|sources))/;

/** `$SUDO rm …`: the program is the next word. */
const rootPrefix =
  /(^|[;&|]\s{0,4}|\b(?:if|elif|then|else|do|while|until)\s{1,4}|!\s{1,4})\$\{?_?SUDO(?:_CMD)?\}?\s+(?=[a-z])/g;

/** Images of tools that hosted build machines carry: jobs delete them for room on the disk. */
const carried = /^\/(?:opt|usr\/(?:share|local(?:\/(?:lib|share))?))\/[\w.][\w.+/-]*$/;

/** Whether it takes away what tells of the use of a machine, or what must not be the same on its copies. */
const wipesTraces = ({ rule, object = '' }: Verdict): boolean =>
  rule.startsWith('history-') || (rule !== 'system-file' && sealed.test(object));

/** What a command is about, without what may be written another way and does no more. */
function keyOf({ rule, reason }: { readonly rule: string; readonly reason: string }, text: string): string {
  // The volumes are those of the project, however its file is called.
  if (rule === 'compose-down-volumes') return rule;
  // The reason names what is changed or deleted (of accounts it does not), and how else it is called does no more.
  if (/(?<!^user)-(?:change|create|delete)$|^delete-(?:system|system-file|outside|tree)$/.test(rule))
    return `${rule}:${reason}`;
  let what = text;
  // In another order, or with another image from where this one came, it may no more.
  const plain = rule === 'container-host-access' ? plainRun.exec(text) : null;
  if (plain) return `${rule}:run ${/\s-\w*d/.test(plain[1]!) ? 'behind' : 'before'} ${plain[2]}`;
  // Another version of a script, or another release, from where it came before.
  if (rule === 'network-to-shell') what = what.replace(/\d+/g, '#');
  else if (rule === 'install-from-url') what = what.replace(/@[\w.+-]{1,80}(?=["'\s#]|$)/g, '@');
  return `${rule}:${what.replace(/\s+/g, ' ').trim().slice(0, 300)}`;
}

/** A container with all rights, and nothing of the host's or any command besides: how it runs, and whose image. */
const plainRun =
  /^\s*(?:docker|podman)\s+run((?=[^\n]{0,100}\s--privileged\s)(?:\s+(?:--privileged|--rm|-[dit]{1,3})){1,5})\s+((?:[\w-]{1,60}(?:\.[\w-]{1,60}){1,4}\/)?[\w-]{1,60}\/)[\w./:@-]{1,200}(?:\s+(?!(?:nsenter|chroot|mount|dd|insmod|modprobe|(?:ba|da|a|z)?sh|busybox|python3?|perl)\b)[\w=-]{1,40}){0,6}\s*$/;

/** Whether one of the lines that a text of the file stands on was changed. */
function isChanged(source: Source, start: number, text: string): boolean {
  const last = source.lineAt(Math.max(start, start + text.length - 1));
  for (let l = source.lineAt(start); l <= last; l++) if (source.changed?.has(l)) return true;
  return false;
}

/** The parts of a line that run by themselves what they download. */
const pipesIn = (text: string, shell: 'posix' | 'powershell' | 'cmd'): readonly Part[] =>
  shellParts(text).filter(
    (part) =>
      part.text.includes('|') && guard().guardCommand({ command: part.text, shell }).rule === 'network-to-shell',
  );

/** What decides where a download comes from and what reads it, though it stands beside it. */
const steering =
  /proxy\b\s{0,4}=|proxy\b\s{1,4}["']?\w{1,10}:|curlrc|wgetrc|CURL_HOME|\/etc\/hosts|ca-certificates|CA_BUNDLE|SSL_CERT|\balias\b|\bPATH\s{0,4}=|\b(?:ln|cp|mv|install)\s[^\n]{0,200}\/bin\/|\(\)\s{0,4}\{/i;

/** A text with something harmless in the place of some of its parts. */
function without(text: string, parts: readonly Part[]): string {
  let rest = text;
  for (const part of parts)
    rest = `${rest.slice(0, part.start)}${':'.padEnd(part.text.length)}${rest.slice(part.start + part.text.length)}`;
  return rest;
}

/**
 * What a task of Ansible runs only until it has made a file (`creates`): without the folders that the program and that file
 * stand in.
 */
function onlyOnce(text: string, source: Source, task: Chunk): string | undefined {
  const next = source.text.slice(task.start + task.text.length).slice(0, 400);
  const file =
    /(?:^|\s)creates=(\S{1,200}(?:[ \t]\w{1,80}[ \t]\}\}\S{0,200})?)/.exec(task.text.slice(0, 4000))?.[1] ??
    /^\s*args:[ \t]*\n(?:[ \t]+chdir:[^\n]{0,200}\n)?[ \t]+creates:[ \t]+([^\n]{1,200})/.exec(next)?.[1];
  const made = /((?:[\w.-]{1,80}\/)?[\w.-]{2,80})["']?\s*$/.exec(file ?? '')?.[1];
  if (made === undefined) return undefined;
  const places = task.text.slice(0, 4000).match(/[\w+]{2,20}:\/\/[^\n]{1,200}/g) ?? [];
  return [text.replace(/^(?:[\w.-]{0,80}\/){1,20}(?=[\w.-])/, ''), made, ...places].join(' ').slice(0, 600);
}

/** Each weighing looks through the script: of more than these the worst is assumed. */
const maxWeighed = 80;

/** Whether nothing but what stands in quotes could end a command, and nothing in them starts another. */
const isOneCommand = (text: string): boolean =>
  text.length < 4000 &&
  !/[;&|\n`"'()]/.test(text.replace(/"(?:[^"\\`$]|\\[^\n]|\$(?!\())*"|'[^']*'/g, 'x').replace(/\\\n/g, ' '));

/** What a reviewer says of a command that stands in a file: of what is in one line the worst. */
function weighed(verdict: Verdict, text: string, standing: Standing): Tier | undefined {
  const whole = weigh(verdict, text, standing);
  const isRead = verdict.rule === 'secret-read';
  if (whole === verdict.tier && !isRead) return whole;
  const parts = shellParts(text);
  if (parts.length === 0 && isOneCommand(text)) return whole;
  // It can't be taken apart, so there may be more to it than the worst.
  if (parts.length === 0) return whole ?? 'medium';
  // What is read in one part of a line is shown there or nowhere.
  const isPrinted = /\bread\b[^\n]*\bdo\s[^\n]*\b(?:echo|printf)\s[^;|>\n]*\$/.test(text);
  let worst = isRead && parts.length > 1 && !isPrinted && !/[|]/.test(text.replace('||', '')) ? undefined : whole;
  const pieces = parts.flatMap((p) => (p.text.includes('|') ? [p.text, ...p.text.split('|')] : [p.text]));
  for (const [, dollar, tick] of text.matchAll(/\$\(([^()]{3,400})\)|`([^`]{3,400})`/g)) pieces.push(dollar ?? tick!);
  if (pieces.length === 1) return whole;
  if (pieces.length > 40) return verdict.tier;
  for (const piece of pieces) {
    const other = standing.judge(piece);
    if (other === undefined || other.rule === 'too-complex' || purpose.test(other.rule)) continue;
    const tier = weigh(other, piece, standing);
    if (tier !== undefined && (worst === undefined || order.indexOf(tier) > order.indexOf(worst))) worst = tier;
  }
  return worst;
}

/** Whether nothing is to be said of a command once the download that it hands to a shell is left out. */
function isDownloadAlone(text: string, source: Source, judge: (text: string) => Verdict | undefined): boolean {
  if (!dockerPipeToShell.languages.includes(source.language)) return false;
  const rest = text.replace(pipesNetworkToShell, ' true ');
  return rest !== text && judge(rest) === undefined;
}

const order: readonly Tier[] = ['low', 'medium', 'high', 'critical'];

export const shellCommand: Rule = {
  id: 'destructive-command',
  title: 'Command destroys or exposes something',
  tier: 'high',
  category: 'destructive-command',
  languages: [
    'shell',
    'dockerfile',
    'github-actions',
    'gitlab-ci',
    'azure-pipelines',
    'circleci',
    'jenkinsfile',
    'makefile',
    'manifest',
    'docker-compose',
    'powershell',
    'batch',
    'ansible',
  ],
  references: ['CWE-78', 'OWASP LLM06:2025'],
  why: 'The command guard judges each command of a script as it would judge the command of an agent: what it deletes, exposes or switches off when it runs.',
  remedy: 'use the safe form the message names, or run it by hand with care',
  keywords: [],
  perLine: true,
  isSame: isSameCommand,
  check(source, report) {
    const shell = source.language === 'powershell' ? 'powershell' : source.language === 'batch' ? 'cmd' : 'posix';
    let socket = false;
    let isSealed = false;
    let seals: boolean | undefined;
    let count = 0;
    let isPassing: boolean | undefined;
    const judge = (text: string): Verdict | undefined => {
      const verdict = guard().guardCommand({ command: text, shell });
      return verdict.decision === 'allow' || verdict.tier === 'low' || verdict.tier === 'medium' ? undefined : verdict;
    };
    const sent = new Map<string, boolean>();
    // Each variable costs a walk over the script: of more than a few the worst is assumed.
    const isSent = (variable: string): boolean => {
      let answer = sent.get(variable);
      if (answer === undefined) sent.set(variable, (answer = sent.size >= 10 || sends(source, variable)));
      return answer;
    };
    for (const chunk of shellChunks(source)) {
      for (const command of logicalLines(chunk.text)) {
        const start = chunk.start + command.start;
        const end = start + command.length;
        if (source.changed !== undefined) {
          if (!isChanged(source, start, command.text)) continue;
        }
        const settled =
          shell === 'posix' ? withOwnFolders(command.text.replace(rootPrefix, '$1sudo '), start, source) : command.text;
        const whole = guard().guardCommand({ command: settled, shell });
        const verdicts = [whole];
        let pipes: readonly Part[] = [];
        if (whole.rule === 'network-to-shell' && whole.decision !== 'allow') {
          pipes = pipesIn(command.text, shell);
          const rest = without(command.text, pipes);
          const beside = guard().guardCommand({ command: rest, shell });
          // What stands beside a download that is run is judged on its own.
          if (pipes.length > 0 && !/^(?:network-to-shell|too-complex)$/.test(beside.rule)) verdicts.push(beside);
          // Variables are set elsewhere.
          if (pipes.some((p) => p.text.includes('$')) || steering.test(rest)) pipes = [];
          // Those on lines that stayed as they were are not of this change.
          const old = pipes.filter((p) => source.changed !== undefined && !isChanged(source, start + p.start, p.text));
          if (old.length > 0) {
            const now = guard().guardCommand({ command: without(command.text, old), shell });
            if (now.rule !== 'too-complex') verdicts.splice(0, now.rule === beside.rule ? 2 : 1, now);
          }
          if (beside.decision !== 'allow') pipes = [];
        }
        for (const verdict of verdicts) {
          if (
            verdict.decision === 'allow' ||
            verdict.rule === 'too-complex' ||
            verdict.tier === 'low' ||
            verdict.tier === 'medium'
          )
            continue;
          if (purpose.test(verdict.rule)) continue;
          const { object = '' } = verdict;
          // `pipe-to-shell` tells of the script that comes from the network; what it is given are words for it.
          if (verdict.rule === 'unknown-to-shell' && isDownloadAlone(command.text, source, judge)) continue;
          // Terraform shows the plan and asks, or applies the one that was made before.
          if (verdict.rule === 'terraform-apply' && verdict.manner !== 'unasked') continue;
          // The host of a job is a machine that is thrown away with it.
          if (
            thrownAway.has(source.language) &&
            verdict.rule === 'container-host-access' &&
            !/\bself-hosted\b|docker\.sock/.test(source.text)
          )
            continue;
          // A keychain that the job makes for its own certificate is thrown away with the machine.
          if (
            thrownAway.has(source.language) &&
            verdict.rule === 'keychain-change' &&
            (verdict.manner === 'deleting' ? deletesOwnKeychain(command.text, source.text) : makesKeychain(source.text))
          )
            continue;
          // To bring what was built to where it runs is what a pipeline is for.
          if (thrownAway.has(source.language) && /^(?:aws|gcloud|az)-change$/.test(verdict.rule)) continue;
          // A build machine or an image layer is thrown away: what it deletes of its own, or sets for its own logins, is its job.
          if (
            thrownAway.has(source.language) &&
            (/^(?:delete-tree|delete-unknown|find-delete)$/.test(verdict.rule) ||
              (verdict.rule === 'login-file' && /\.(?:(?:bash_|z)?profile|bashrc|zshrc|zshenv)\b/.test(object)))
          )
            continue;
          if (
            thrownAway.has(source.language) &&
            verdict.rule === 'delete-system' &&
            carried.test(object) &&
            !/\bself-hosted\b/.test(source.text)
          )
            continue;
          // The history of a clone that the job or the layer made for itself is on the server.
          if (
            thrownAway.has(source.language) &&
            (verdict.rule === 'git-branch-reset' ||
              (verdict.rule === 'delete-git-data' && /^\/(?:tmp|build|src|usr\/src|opt)\//.test(object)))
          )
            continue;
          if (uninstaller.test(source.path) && /^delete-system(?:-file)?$/.test(verdict.rule) && !ofSystem.test(object))
            continue;
          // An installer sets its own service up; who may log in, or become root, is not its own.
          if (
            verdict.rule === 'system-file' &&
            installer.test(source.path) &&
            !/sudoers|passwd|shadow|pam\.d|\/ssh|hosts\.|polkit|\/bin\//.test(object)
          )
            continue;
          if (/^(?:system-file|delete-system-file)$/.test(verdict.rule) && !decisive.test(object)) continue;
          if (/^(?:find-delete|delete-unknown)$/.test(verdict.rule) && boundedFind(command.text)) continue;
          if (verdict.rule === 'delete-unknown' && knownVariables(command.text, source.text)) continue;
          if (verdict.rule.startsWith('aws-') && emulator.test(command.text)) continue;
          if (
            thrownAway.has(source.language) &&
            (verdict.rule === 'compose-down-volumes' ||
              (verdict.rule === 'gpg-export' && />>?\s*["']?[\w$/.~{]/.test(command.text)) ||
              (verdict.rule === 'secret-read' && masked(command.text, source.text)))
          )
            continue;
          // A script that keeps it in a variable, and sends that nowhere, shows it to nobody.
          const into = /^\s*(?:(?:export|local|readonly|declare)\s+)?(\w{1,80})=["']?\$\(/.exec(command.text)?.[1];
          if (verdict.rule === 'secret-read' && into !== undefined && !isSent(into)) continue;
          if (verdict.rule === 'secret-read' && shell === 'powershell' && isDeclared(source, start, command.text))
            continue;
          // Nor does one that looks only whether it is there, or hands it to the cluster again.
          if (
            verdict.rule === 'secret-read' &&
            !sender.test(command.text) &&
            /(?:&>|>\s*)\s*\/dev\/null\b|\|\s*kubectl\b[^|\n]{0,200}\b(?:apply|create|replace)\b[^|\n]{0,80}-f\s+-/.test(
              command.text,
            )
          )
            continue;
          // What a pipeline made for this very run, and finds by the run's own number.
          if (
            thrownAway.has(source.language) &&
            verdict.manner === 'in-cloud' &&
            /^(?:-\S{1,40} )*\$/.test(object) &&
            ofThisRun.test(chunk.text)
          )
            continue;
          // What runs at each login and is taken away runs no more.
          if (verdict.rule === 'delete-system-file' && /\/etc\/profile\.d\/[\w.-]+$/.test(object)) continue;
          // A workflow that writes its comment anew takes its old one away.
          if (verdict.rule === 'gh-api-delete' && isOwnComment(command.text, chunk.text)) continue;
          // A data base that the job started for its tests.
          if (verdict.rule === 'db-reset' && thrownAway.has(source.language) && forTests.test(source.text)) continue;
          // Who mounts the socket once may do anything; every further time says the same.
          if (verdict.rule === 'container-host-access' && object.endsWith('docker.sock')) {
            if (socket) continue;
            socket = true;
          }
          // `pipe-to-shell` says it, for scripts from an address that can change.
          if (verdict.rule === 'network-to-shell' && pipesNetworkToShell.test(command.text)) continue;
          if (
            source.language === 'dockerfile' &&
            /^(?:delete-system|permissions?-|package-|service-)/.test(verdict.rule) &&
            !/\brm\s+(?:-\S+\s+)*\/(?:\s|$|\*)/.test(command.text)
          )
            continue;
          // Scripts clean up after themselves; what would be everything, were the variable empty, is told all the same.
          if (
            verdict.rule === 'delete-unknown' &&
            /\$\{?\w*(?:te?mp|build|dist|out|cache|work|download|target|stag)\w*/i.test(command.text) &&
            !/\$(?:\w+|\{\w+\})["']?\/(?:["']?\*|\s|["']|$)/.test(command.text)
          )
            continue;
          // One word about all of it: traces are wiped, which an image needs and a machine in use does not.
          if (wipesTraces(verdict) && (seals ??= isSealing(source.text))) {
            if (!isSealed)
              report({
                start,
                end,
                key: 'sealed',
                tier: isForImage(source) ? 'medium' : 'high',
                message:
                  'This script wipes history, logs and keys of a machine: run it only on one that becomes an image, never on one in use.',
              });
            isSealed = true;
            continue;
          }
          const standing: Standing = {
            source,
            at: start,
            script: chunk.text,
            isThrownAway: chunk.isElsewhere !== true && (isPassing ??= passesAway(source)),
            job: jobAround(source, start),
            judge,
          };
          const tier = ++count > maxWeighed ? verdict.tier : weighed(verdict, settled, standing);
          if (tier === undefined) continue;
          const guarded = source.language === 'ansible' ? onlyOnce(command.text, source, chunk) : undefined;
          report({
            start,
            end,
            key: guarded
              ? `${verdict.rule}:${guarded}`
              : keyOf(
                  verdict,
                  pipes.length > 0 && verdict.rule === 'network-to-shell'
                    ? pipes.map((p) => p.text).join(' ; ')
                    : command.text,
                ),
            form: formOf(source, start, command.text),
            // What it takes away, it takes away the first time.
            tier: guarded && tier === 'critical' && !/^(?:delete|disk|find)\b/.test(verdict.rule) ? 'high' : tier,
            message: shortened(told(verdict, isCopied(command.text, standing))),
          });
        }
      }
    }
  },
};

/** The guard's sentence, of a script that a reviewer reads: no agent runs it now. */
const told = ({ rule, reason, object = '' }: Verdict, isIntoFile: boolean): string =>
  rule === 'secret-read' && isIntoFile
    ? reason.replace(
        /which would end up in the agent's conversation\..*/s,
        'which the script copies into another file: be sure that nobody else can read that one.',
      )
    : rule === 'system-file' && /\/resolv(?:ed)?\.conf$/.test(object)
      ? reason.replace('who may do what on the machine or what it runs', 'whom the machine asks where a name leads')
      : reason.replace("which would end up in the agent's conversation", 'which the script shows or passes on');

/** A sentence names what a command touches, whatever its length. */
const shortened = (reason: string): string => (reason.length > 600 ? `${reason.slice(0, 599)}…` : reason);
