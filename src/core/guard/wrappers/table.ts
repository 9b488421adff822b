/** Programs that run the rest of their arguments as a command, and how to find where it begins. */
import { set } from './words.ts';

export interface Wrapper {
  /** Options that take the next word. */
  readonly valued: ReadonlySet<string>;
  /** Words before the command (`timeout 5 cmd`). */
  readonly skip?: number;
  /** `VAR=value` words may come first. */
  readonly assigns?: boolean;
  readonly raised?: boolean;
  readonly remote?: boolean;
  /** The rest is one shell text, not an argument list (`watch`, `ssh`). */
  readonly text?: boolean;
  /** With these options it only informs or reads something. */
  readonly inert?: ReadonlySet<string>;
}

export const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: {
    valued: set(
      '-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T -U --other-user -D --chdir -R --chroot -c',
    ),
    assigns: true,
    raised: true,
    inert: set('-l --list -v --validate -k -K -V'),
  },
  doas: { valued: set('-u -C -a'), raised: true },
  pkexec: { valued: set('--user'), raised: true },
  gosu: { valued: set(''), skip: 1 },
  env: { valued: set('-u --unset -C --chdir'), assigns: true },
  nohup: { valued: set('') },
  setsid: { valued: set('') },
  time: { valued: set('-f --format -o --output') },
  timeout: { valued: set('-s --signal -k --kill-after'), skip: 1 },
  gtimeout: { valued: set('-s --signal -k --kill-after'), skip: 1 },
  nice: { valued: set('-n --adjustment') },
  ionice: { valued: set('-c --class -n --classdata -p -P -u') },
  chrt: { valued: set('-T -P -D'), skip: 1 },
  taskset: { valued: set(''), skip: 1 },
  numactl: { valued: set('-m -N -C -p') },
  stdbuf: { valued: set('-i --input -o --output -e --error') },
  unbuffer: { valued: set('') },
  command: { valued: set(''), inert: set('-v -V') },
  builtin: { valued: set('') },
  exec: { valued: set('-a') },
  noglob: { valued: set('') },
  nocorrect: { valued: set('') },
  busybox: { valued: set('') },
  toybox: { valued: set('') },
  strace: { valued: set('-o -e -p -s -u -E -a -b -I -O -P -S -X') },
  ltrace: { valued: set('-o -e -p -s -u -a -n -l') },
  catchsegv: { valued: set('') },
  valgrind: { valued: set('') },
  caffeinate: { valued: set('-t -w') },
  chroot: { valued: set('--userspec --groups'), skip: 1 },
  unshare: { valued: set('-S -G') },
  nsenter: { valued: set('-t --target -S -G') },
  firejail: { valued: set('') },
  bwrap: { valued: set('--chdir --uid --gid --hostname --setenv --unsetenv --ro-bind --bind --dev --proc --tmpfs') },
  'systemd-run': { valued: set('-u --unit -p --property -M -H --slice --uid --gid -E --setenv'), raised: true },
  'systemd-inhibit': { valued: set('--what --who --why --mode') },
  'systemd-nspawn': { valued: set('-D --directory -M --machine -u --user -b'), remote: true },
  prlimit: { valued: set('-p --pid -o --output') },
  faketime: { valued: set(''), skip: 1 },
  torify: { valued: set('') },
  'dbus-launch': { valued: set('') },
  gdb: { valued: set('-x -ex -p -iex') },
  setpriv: { valued: set('--reuid --regid --groups --inh-caps --bounding-set'), raised: true },
  runcon: { valued: set('-t -u -r -l'), skip: 1 },
  'su-exec': { valued: set(''), skip: 1, raised: true },
  's6-setuidgid': { valued: set(''), skip: 1 },
  chpst: { valued: set('-u -U -b -/ -n -l -L -m -d -o -p -f -c -t') },
  setuidgid: { valued: set(''), skip: 1 },
  softlimit: { valued: set('-a -c -d -f -l -m -o -p -r -s -t') },
  daemonize: { valued: set('-a -c -e -o -p -l -u') },
  tini: { valued: set('-p') },
  'dumb-init': { valued: set('-r --rewrite') },
  eatmydata: { valued: set('') },
  proot: { valued: set('-r -b -w -q') },
  'flatpak-spawn': { valued: set('') },
  'ssh-agent': { valued: set('-a -t -E -P'), inert: set('-k -s -c') },
  sshpass: { valued: set('-p -f -d -P') },
  'env-cmd': { valued: set('-f --file -e --environments -r --rc-file') },
  nocache: { valued: set('') },
  pkgx: { valued: set('') },
  proxychains: { valued: set('-f') },
  proxychains4: { valued: set('-f') },
  torsocks: { valued: set('') },
  cpulimit: { valued: set('-l -p -e') },
  fakeroot: { valued: set('') },
  xvfb_run: { valued: set('-s -e -n') },
  'xvfb-run': { valued: set('-s -e -n --server-args') },
  'dbus-run-session': { valued: set('') },
  watch: { valued: set('-n --interval -q --equexit'), text: true },
  setarch: { valued: set(''), skip: 1 },
  'cross-env': { valued: set(''), assigns: true },
  'cross-env-shell': { valued: set(''), assigns: true, text: true },
  dotenv: { valued: set('-e -v -p -c -f --file') },
  rlwrap: { valued: set('') },
  winpty: { valued: set('') },
  retry: { valued: set('-n -d --times --delay') },
  'aws-vault': { valued: set('-d --duration'), skip: 2 },
  chamber: { valued: set(''), skip: 2 },
  teller: { valued: set(''), skip: 1 },
  'op-run': { valued: set('') },
  direnv: { valued: set(''), skip: 2 },
  start: { valued: set('/d') },
};
