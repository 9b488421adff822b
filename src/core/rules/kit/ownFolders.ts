/** Folders that a script gets from the system in a way that leaves no doubt about them: made for it, or its own place. */
import type { Source } from '../../languages/source.ts';

interface Given {
  readonly at: number;
  readonly indent: number;
  readonly value: string;
  /** `local x=$(…)` succeeds whatever the command does. */
  readonly isMasked: boolean;
}

const givenBy =
  /^([ \t]*)((?:export|local|readonly|declare|typeset)(?:[ \t]+-\w+)*[ \t]+)?(\w{1,80})=([^\n]{0,300}?)[ \t]*;?[ \t]*(?:#[^\n]*)?$/gm;
/** Ways to give a variable a value, each of which counts. */
const anyGift =
  /(?<![\w$-])(\w{1,80})(?:\[[^\]\n]{0,40}\])?\+?=|\bfor\s+(\w{1,80})\s+in\b|\b(?:read|mapfile|readarray|getopts|select|unset|printf\s+-v)\b([^\n;|&]{0,200})|\$\{(\w{1,80}):?=/g;
const made = /^"?\$\(mktemp(?:[ \t]+(?:[\w.-]+|[\w.-]*\/[\w./-]*XXX))*\)"?$/;
const makesFolder = /\s(?:-[tqp]*d[tqp]*|--directory)\b/;
const here = /^"?(?:\$\(pwd(?: -P)?\)|\$PWD|\$\{PWD\})(\/[\w.-]+)*"?$/;
const ofScript =
  /^"?\$\(cd (?:-P )?(?:-- )?"?\$\(dirname (?:-- )?"?\$(?:0|\{BASH_SOURCE(?:\[0\])?\}|BASH_SOURCE)"?\)"?(\/[\w./-]*)?"? (?:>\/dev\/null (?:2>&1 )?)?&& pwd(?: -P)?\)"?$/;
const stopsOnError = /^[ \t]*set[ \t]+(?:-\w*e|-o[ \t]+errexit)|^#!\S*sh[ \t]+-\w*e/m;

const goesOn = /\bset[ \t]+(?:\+\w*e|\+o[ \t]+errexit)|\bshell["']?[ \t]*:[^\n]*\{0\}/;
const stopsOnEmpty = /^[ \t]*set[ \t]+(?:-\w*u|(?:-\w+[ \t]+)*-o[ \t]+nounset)/m;
/** After these a variable may be anything. */
const hidden = /(?<![\w$-])(?:eval|(?:declare|local|typeset)[ \t]+-\w*n)\b/;
const readsIn = /(?:^|[;&|])[ \t]*(?:source|\.)[ \t]/gm;
/** Languages whose scripts see what was set above as the shell sets it: in a Makefile `$(…)` is a variable of its own. */
const scripts = new Set(['shell', 'github-actions', 'gitlab-ci', 'azure-pipelines', 'circleci']);

interface Kind {
  readonly isMade: boolean;
  readonly isHere: boolean;
  readonly isBuilt: boolean;
}

const known = new WeakMap<Source, (text: string, at: number) => string>();

/**
 * A command with the variables for such folders written as folders below the one it runs in: so it is judged by what it does
 * to them, as `rm -rf "$TMP/.."`.
 */
export function withOwnFolders(text: string, at: number, source: Source): string {
  if (!scripts.has(source.language) || !/\$\{?\w/.test(text) || !/\brm\b|-delete\b/.test(text)) return text;
  let written = known.get(source);
  if (!written) known.set(source, (written = writer(source)));
  return written(text, at);
}

function writer({ text: script, language }: Source): (text: string, at: number) => string {
  if (hidden.test(script)) return (text) => text;
  const gifts = new Map<string, Given[]>();
  for (const m of script.matchAll(givenBy)) {
    const of = gifts.get(m[3]!) ?? [];
    of.push({ at: m.index, indent: m[1]!.length, value: m[4]!, isMasked: m[2] !== undefined });
    gifts.set(m[3]!, of);
  }
  const counts = new Map<string, number>();
  for (const m of script.matchAll(anyGift))
    for (const name of m[3] === undefined ? [m[1] ?? m[2] ?? m[4]!] : (m[3].match(/\w+/g) ?? []))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  const stopsAt = goesOn.test(script)
    ? Infinity
    : language === 'github-actions'
      ? -1
      : (stopsOnError.exec(script)?.index ?? Infinity);
  const stops = (given: readonly Given[]): boolean => given.every((g) => stopsAt < g.at);
  const isStrict = stopsOnEmpty.test(script);
  const isPlaced = (given: readonly Given[]): boolean =>
    stops(given) && staysBelow(script.slice(0, Math.max(...given.map((g) => g.at))), gifts);

  const readAt = [...script.matchAll(readsIn)].map((m) => m.index);
  const sure = new Map<number, boolean>();
  const isSure = (at: number): boolean => {
    let answer = sure.get(at);
    if (answer === undefined) sure.set(at, (answer = isOutermost(script.slice(0, at))));
    return answer;
  };

  const kinds = new Map<string, Kind>();
  const kindOf = (name: string, given: readonly Given[]): Kind => {
    let kind = kinds.get(name);
    if (kind) return kind;
    const isMade = given.every((g) => made.test(g.value) && makesFolder.test(g.value));
    const isHere =
      !isMade &&
      given.every((g) => (here.test(g.value) || ofScript.test(g.value)) && !g.value.includes('..')) &&
      isPlaced(given);
    kinds.set(name, (kind = { isMade, isHere, isBuilt: isHere && isOutput(script, given, gifts) }));
    return kind;
  };

  /** Whether one of the assignments is sure to have run before. */
  const isSet = ({ at, indent }: Given, use: number): boolean => {
    // Below, or in a part that may not run: it is empty then, unless that stops the script.
    if (indent === 0) return isStrict || (at < use && isSure(at) && !readAt.some((r) => r > at && r < use));
    if (at > use) return false;
    const between = script.slice(script.indexOf('\n', at) + 1, use);
    return (
      between.length < 20_000 &&
      between.split('\n').every((l) => l.trim() === '' || /^[ \t]*/.exec(l)![0].length >= indent)
    );
  };
  return (text, use) =>
    text.replace(
      /(["']?)\$(?:\{(\w{1,80})\}|(\w{1,80}))(["']?)(\/[\w.-]*)?/g,
      (all, _q, braced?: string, bare?: string, _r?, below = '') => {
        const name = braced ?? bare!;
        const given = gifts.get(name) ?? [];
        // What is given in any other way may be anything.
        if (given.length === 0 || given.length !== counts.get(name) || !given.some((g) => isSet(g, use))) return all;
        const { isMade, isHere, isBuilt } = kindOf(name, given);
        const isSafe = isMade
          ? !below.startsWith('/') || (stops(given) && given.every((g) => !g.isMasked))
          : isHere && /^\/[\w-]/.test(below) && given.every((g) => !g.isMasked);
        return isSafe ? all.replace(/\$(?:\{\w+\}|\w+)/, isMade || isBuilt ? './build' : '.') : all;
      },
    );
}

/** Whether no function, condition, loop or subshell is open at the end of a part of a script, however it is indented. */
function isOutermost(before: string): boolean {
  const starts = before.match(/^[ \t]*(?:if|for|while|until|case|select)\b|[({][ \t]*(?:#[^\n]*)?$/gm)?.length ?? 0;
  const ends = before.match(/(?:^|;)[ \t]*(?:fi|done|esac)\b|^[ \t]*[)}]/gm)?.length ?? 0;
  return starts <= ends;
}

/** Whether a script goes only to folders below where it was started, or where it stands. */
function staysBelow(script: string, gifts: ReadonlyMap<string, readonly Given[]>): boolean {
  const isOwn = (name: string): boolean =>
    (gifts.get(name) ?? []).length > 0 &&
    gifts.get(name)!.every((g) => (here.test(g.value) || ofScript.test(g.value)) && !g.value.includes('..'));
  return [...script.matchAll(/(?<![\w$-])(?:cd|pushd)[ \t]+([^\n;&|)]{1,300})/g)].every(([, to]) => {
    const target = to!.trim().replace(/["']/g, '');
    if (target.includes('..')) return false;
    const first = /^\$\{?(\w+)\}?(?:\/|$)/.exec(target)?.[1];
    if (first !== undefined) return isOwn(first);
    return /^(?:[\w.][\w.*/-]*|\$\(dirname \$(?:0|\{?BASH_SOURCE(?:\[0\])?\}?)\))$/.test(target);
  });
}

const output = /(?:^|\/)(?:target|build|dist|out)(?:["/]|$)/;

/** Whether the place is one that a build fills: by its own path, or by the folder that the script went to last. */
function isOutput(script: string, given: readonly Given[], gifts: ReadonlyMap<string, readonly Given[]>): boolean {
  return given.every((g) => {
    if (output.test(g.value)) return true;
    const to =
      [...script.slice(0, g.at).matchAll(/(?<![\w$-])(?:cd|pushd)[ \t]+([^\n;&|)]{1,300})/g)].at(-1)?.[1] ?? '';
    const name = /^["']?\$\{?(\w+)/.exec(to)?.[1] ?? '';
    return output.test(to.trim()) || (gifts.get(name) ?? []).some((of) => output.test(of.value));
  });
}
