/** What a script deletes: its own output, what it made itself, or somebody's. */
import type { Tier } from '../../../model.ts';
import { escapeRegExp } from '../escapeRegExp.ts';
import { lowered, type Standing, type Verdict, type Weight } from './standing.ts';
import { continued, gifts, isFound, isGuarded, isSettled } from './values.ts';

const precious =
  /(?:^|[/{,])(?:data|databases?|db|backups?|uploads?|storage|volumes?|media|secrets?|\.?certs?|letsencrypt|\.ssh|\.aws|\.kube|state)(?:[/*,}]|$)/i;
const sources =
  /^(?:\.\/)?(?:src|app|apps|lib|libs|source|packages|cmd|internal|docs?|tests?|config|migrations|\.github)\/?\*?$/i;
const output =
  /(?:^|[/_.-])(?:te?mp|caches?|builds?|dist|out(?:put)?|target|gen(?:erated)?|coverage|\.terraform|node_modules|reports?|logs?|bin|obj|artifacts?|release|vendor|venv|\.venv|site|typings|tsbuildinfo|egg-info|toolbin)(?=[/_.*-]|$)|-lock\.json$|\.tgz$/i;

/** What `rm` is told to delete. */
const targets = (text: string): string[] =>
  [
    ...continued(text)
      .replace(/\s[12&]?>>?\s?\/dev\/null(?=[\s;|&)]|$)/g, ' ')
      .matchAll(/(?<![\w-])(?:g?rm|rimraf|del-cli|rmdir)\s([^;&|\n>)]{1,600})/g),
  ].flatMap(([, words]) =>
    words!
      .split(/\s+/)
      .filter((w) => w !== '' && !w.startsWith('-'))
      .map((w) => w.replace(/["']/g, '')),
  );

export function deletedTree(text: string, tier: Tier, standing: Standing): Weight {
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
    `^[^#\\n]{0,200}(?:\\bmkdir\\b[^\\n;&|]{0,120}|\\bclone\\b[^\\n;&|]{0,200}|\\s-(?:o|d|C|-out\\w*|-output[\\w-]*|-dir|-directory|-target)[ =]?|>\\s?)["']?(?:\\./)?${escapeRegExp(path)}(?=["'/\\s]|$)`,
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

/** A path with a variable (`weigh` weighs the other reading): read with what the file gives to it, and with nothing in the place of the others. */
export function deletedUnknown(
  text: string,
  tier: Tier,
  standing: Standing,
  depth: number,
  weigh: (verdict: Verdict, text: string, standing: Standing, depth: number) => Weight,
): Weight {
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
  if (isGuarded(text, standing) || isFound(text, standing)) return 'medium';
  if (other === undefined) return 'medium';
  return /^(?:delete-outside|delete-tree)$/.test(other.rule) && !/^(?:~|\.\.)/.test(other.object ?? '')
    ? 'medium'
    : tier;
}

export function deletedOutside(
  text: string,
  { tier, object: path = '' }: Verdict,
  standing: Standing,
  isContainer: boolean,
): Weight {
  // The patterns below read no path with spaces.
  if (path === '' || /\s/.test(path) || /^(?:~|\/home|\/Users|\/root)\/?\*?$/.test(path)) return tier;
  if (standing.source.language === 'dockerfile') return undefined;
  if (standing.isThrownAway && path.startsWith('~/.')) return undefined;
  if (/^~\/\.(?:cache|npm|cargo\/registry|gradle|m2|local\/share\/[\w.-]+)(?:\/|$)/.test(path)) return 'medium';
  if (/^(?:\.\.\/)+[\w.-]+/.test(path)) return precious.test(path) ? tier : 'medium';
  // There may be a volume.
  if (isContainer && /^\/[\w.-]+\/[\w.-]/.test(path) && !precious.test(path))
    return /^\/(?:srv|mnt|media)\//.test(path) ? lowered(tier) : 'medium';
  const place = path.replace(/\/?\*?$/, '');
  // A mount of the same service.
  if (standing.source.language === 'docker-compose') return isMount(place, standing) ? 'medium' : tier;
  // It is filled again at once.
  const next = standing.source.text.slice(standing.at + text.length, standing.at + text.length + 300);
  return place.length > 2 &&
    new RegExp(`\\b(?:cp|rsync|mv|tar|unzip)\\b[^\\n]{1,200}\\s${escapeRegExp(place)}(?=[/\\s]|$)`, 'm').test(next)
    ? 'medium'
    : tier;
}

export const isMount = (path: string, { source }: Standing): boolean =>
  path.length > 2 &&
  new RegExp(`^[ \\t]*-[ \\t]*["']?(?:\\./|[\\w.])[\\w./-]*:${escapeRegExp(path)}(?=["':\\s]|$)`, 'm').test(
    source.text,
  );
