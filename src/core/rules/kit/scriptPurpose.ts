/** What a script is there for, as far as it tells itself: that decides whether one of its commands is news to a reviewer. */
import type { Source } from '../../languages/source.ts';

/** An uninstaller takes away what its installer put there; what the system itself put there is not its own. */
export const uninstaller = /(?:^|\/)uninstall[\w.-]*$/i;
/** By its name, a script that a person runs to set something up. */
export const installer =
  /(?:^|\/)(?:[\w.-]{0,80}[-_.])?(?:install(?:er)?|setup|bootstrap|provision)(?:[-_.][\w.-]{0,80})?$/i;
export const ofSystem =
  /\/(?:etc|usr|var|lib(?:32|64)?|opt|s?bin|boot|dev|home|root|systemd|system|init\.d|cron(?:\.\w{1,20}|tab)?|ssh|sudoers(?:\.d)?|pam\.d|passwd|shadow|group|fstab|profile(?:\.d)?|hosts|ld\.so\S{0,40}|log|spool|cache|www|html|share|local|include|\S{0,80}[*?]\S{0,80})$/;

/** `find` with a start or a filter of its own says what it deletes. */
export function boundedFind(text: string): boolean {
  const start = /\bfind\s+(?:-[HLP]\s+)*["']?([^\s"'-]\S{0,400})/.exec(text)?.[1] ?? '';
  if (/[$*`]/.test(start)) return false;
  return /^~?\/?[\w.-]+(?:\/[\w.-]+){2,}/.test(start) || /\s-(?:i?name|i?path|i?regex)\s/.test(text);
}

/** Whether every variable is set in the script, and none of them is the front part of a path: empty, it would be `/`. */
export function knownVariables(text: string, script: string): boolean {
  const names = [...text.matchAll(/\$(?:\{(\w{1,80})\}|(\w{1,80}))(\/|"\/\*|)/g)];
  return (
    names.length > 0 &&
    names.every(
      ([, braced, bare, slash]) => slash === '' && new RegExp(`\\b${braced ?? bare}["']?\\s*=[^=]`).test(script),
    )
  );
}

/** An emulator of the cloud on this very machine. */
export const emulator =
  /--endpoint(?:-url)?[ =]["']?https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal|localstack)(?=[:/"'\s]|$)/;

/** The environment of tests, by the names that frameworks give it. */
export const forTests =
  /\b(?:RAILS_ENV|RACK_ENV|APP_ENV|NODE_ENV|MIX_ENV|DJANGO_ENV)\b["']?\s{0,4}[:=]\s{0,4}["']?test(?:ing)?\b/;

/** Whether the job told the runner to mask every variable this prints. */
export function masked(text: string, script: string): boolean {
  const names = [...text.replace(/>>?\s*["']?\$\w{1,80}/g, '').matchAll(/\$\{?(\w{1,80})/g)];
  return names.length > 0 && names.every(([, name]) => new RegExp(`::add-mask::\\$\\{?${name}\\b`).test(script));
}

/** What a script does that makes a machine ready to be copied as an image; each of it is to be found in many of them. */
const sealing = [
  /\bHISTFILE\b|_history\b|\bhistory -c\b/,
  /\/var\/log\//,
  /\/etc\/ssh\/\S{0,40}key/,
  /\/var\/lib\/cloud\b|\bcloud-init clean\b/,
  /\/etc\/machine-id\b/,
  /\bauthorized_keys\b/,
  /\b(?:apt-get|apt|yum|dnf|zypper)\b[^\n]{0,40}\b(?:clean|autoremove)\b/,
];
export const sealed =
  /history|\/var\/(?:log|lib\/cloud|tmp|cache)\b|\/tmp\b|\/etc\/(?:ssh\/|machine-id)|authorized_keys/;
export const isSealing = (text: string): boolean => sealing.filter((s) => s.test(text)).length >= 4;

/** The number that a pipeline gives each of its runs. */
export const ofThisRun =
  /\b(?:github\.run_(?:id|number)|GITHUB_RUN_(?:ID|NUMBER)|CI_(?:PIPELINE|JOB)_I?ID|BUILD_(?:ID|BUILDID)|CIRCLE_WORKFLOW_ID)\b/;

/** Programs that send something to another machine, or show it. */
export const sender =
  /\b(?:echo|printf|curl|wget|nc|ncat|socat|scp|sftp|rsync|ssh|ftp|mail|sendmail|openssl|dig|nslookup|aws|gsutil|gh|python3?|node|perl|ruby|php)\b|\/dev\/(?:tcp|udp)\//;

/** Whether a line that shows or sends something names the variable, or one that was made of it. */
export function sends({ lines }: Source, variable: string): boolean {
  const names = [variable];
  for (const name of names) {
    const use = new RegExp(`\\$\\{?${name}\\b`);
    for (const line of lines) {
      if (!use.test(line)) continue;
      if (sender.test(line)) return true;
      const made =
        /\bfor\s+(\w{1,80})\s+in\b/.exec(line)?.[1] ??
        /\bread\s[^<]{0,80}?(\w{1,80})\s*<<</.exec(line)?.[1] ??
        /^\s*(?:(?:export|local|readonly|declare)\s+)?(\w{1,80})\+?=/.exec(line)?.[1];
      if (made !== undefined && !names.includes(made) && names.length < 10) names.push(made);
    }
  }
  return false;
}

/** Whether a script deletes comments that it has looked up as the bot's own and by the mark which it sets itself. */
export function isOwnComment(text: string, script: string): boolean {
  const id = /\b(?:issues|pulls)\/comments\/["']?\$\{?(\w{1,60})\}?["']?\s*$/.exec(text)?.[1];
  if (id === undefined) return false;
  const loops = [...script.matchAll(new RegExp(`\\bfor\\s+${id}\\s+in\\s+([^\\n]{0,80})`, 'g'))];
  if (loops.length > 1) return false;
  const list = loops.length === 0 ? id : /^["']?\$\{?(\w{1,60})\}?["']?\s*(?:;|$)/.exec(loops[0]![1]!)?.[1];
  if (list === undefined) return false;
  // Whatever else gives a value to it: `+=`, `read`, an array's member, an assignment behind others.
  const given = new RegExp(
    `(?<![\\w$])${list}(?:\\[[^\\]\\n]{0,40}\\])?\\+?=|\\b(?:read|mapfile|readarray|getopts|printf\\s+-v)\\b[^\\n]{0,80}\\b${list}\\b`,
    'g',
  );
  if ([...script.matchAll(given)].length !== 1) return false;
  if (list !== id && new RegExp(`(?<![\\w$])${id}\\+?=`).test(script)) return false;
  const set = new RegExp(`(?:^|[\\s;])${list}=([^\\n]{0,800})`).exec(script)?.[1] ?? '';
  return (
    /\.user\.login\s*==\s*\\?["'](?:github-actions\[bot\])\\?["']/.test(set) &&
    // A mark so short is in many comments.
    /\band\b[^|]{0,20}\.body\s*\|\s*(?:contains|startswith|endswith)\(\s*(?:\\?["'][^"'\\\n]{4,200}\\?["']|\\?\$ENV\.\w{1,80})\s*\)/.test(
      set,
    ) &&
    !/\bor\b|\bnot\b|==\s*false|!=|\/\/|,\s*\.|\bif\b/.test(set)
  );
}

/** Whether a job on a hosted machine of macOS makes a keychain of its own, and touches no one that was there. */
export function makesKeychain(script: string): boolean {
  if (/\bself-hosted\b|\blogin\.keychain|\/Library\/Keychains\/(?:System|login)/.test(script)) return false;
  if (!/\bsecurity\s+create-keychain\b/.test(script)) return false;
  return isHosted(script);
}

/** Whether all jobs run on machines that the host makes for each of them; agents of other systems, and others, may stay. */
export function isHosted(script: string): boolean {
  const machines = [...script.matchAll(/\b(?:runs-on|vmImage)["']?\s*:\s*["']?([^\n#"']{0,80})/g)].map((m) =>
    m[1]!.trim(),
  );
  return (
    machines.length > 0 &&
    !/\bself-hosted\b/.test(script) &&
    machines.every((name) => /^(?:macos|ubuntu|windows)-|^\$\{\{\s*matrix\b/i.test(name))
  );
}

/** Whether a keychain that is deleted, by its plain name, is one that the workflow made: itself, or by the action that imports a certificate. */
export function deletesOwnKeychain(command: string, script: string): boolean {
  const names = [...command.matchAll(/\bdelete-keychain\s+["']?([\w.-]{1,80})["']?(?=\s|;|$)/g)].map((m) =>
    plain(m[1]!),
  );
  if (names.length === 0 || command.match(/\bsecurity\s/g)?.length !== names.length) return false;
  const made = [
    ...script.matchAll(/\bcreate-keychain\s[^\n;&|]{0,200}?["']?([\w.-]{1,80})["']?[ \t]*(?=[\n;&|]|$)/g),
  ].map((m) => plain(m[1]!));
  for (const { index } of script.matchAll(/\buses["']?\s*:\s*["']?apple-actions\/import-codesign-certs@/gi)) {
    const given = /\n\s{1,40}keychain:\s*["']?([^\n"'#]{1,80})/.exec(script.slice(index, index + 600))?.[1];
    made.push(plain(given?.trim() ?? 'signing_temp'));
  }
  return names.every((n) => !/^(?:login|system)$/i.test(n) && made.includes(n));
}
const plain = (name: string): string => name.replace(/\.keychain(?:-db)?$/, '');
