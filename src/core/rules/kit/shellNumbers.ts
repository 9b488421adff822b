/** Variables of a step's shell script that hold numbers and hashes of the platform alone: no line can end in one. */
import { at, type TreeNode } from '../../languages/treeNode.ts';

/** What the platform counts, hashes or names, of whatever is from outside. */
const counted =
  /\$\{\{\s*github\.(?:run_(?:id|number|attempt)|sha|repository|event\.(?:number|(?:pull_request|issue|discussion)\.(?:number|id)|pull_request\.(?:head|base)\.sha|workflow_run\.(?:id|run_number|run_attempt|head_sha|pull_requests\[\d{1,3}\]\.number)))\s*\}\}/g;

/** Asked of the interface of the platform for this repository, and cut down to a number. */
const asked =
  /^\$\(gh (?:api ["']?\/?repos\/[\w./]{1,200}["']?|pr view [\w./"]{1,100} --json number) (?:--jq|-q) (["']?)[.[\]\d]{0,12}\.number\1\)$/;

const constant = /^(?:"[\w.-]*"|'[\w.-]*'|[\w.-]+)$/;

/** Most variables that are looked at. */
const maxNames = 20;

/**
 * The lines of a step's script with `0` in place of each such value and of each variable that is set to such ones, or to one
 * word with such in it, and in no other way. `written`: variables that earlier steps left so.
 */
export function withNumbers(step: TreeNode, written: ReadonlySet<string>): string[] {
  const shell = at(step, 'shell')?.value;
  const run = at(step, 'run')?.value;
  if (run === undefined || (shell !== undefined && !/^(?:bash|sh)$/.test(shell))) return (run ?? '').split('\n');
  let lines = run.split('\n').map((line) => line.replace(counted, '0'));
  // Another script may set any of them.
  if (lines.some((line) => /(?:^|[\s;&|(])(?:eval|source|\.)\s/.test(line) || setsByName.test(line))) return lines;
  const given = new Set(
    (at(step, 'env')?.children ?? []).filter((v) => v.value.replace(counted, '0') === '0').map((v) => v.key),
  );
  for (const name of written) if (!at(step, 'env', name)) given.add(name);
  // Each round knows what the one before it did.
  for (let round = 0; round < 3; round++) {
    const values = new Map<string, string[]>([...given].map((name) => [name, []]));
    // What is set on a condition may have come with another value.
    let isFirst = true;
    const later = new Set<string>();
    for (const line of lines) {
      const [, name, value] = assignment.exec(line) ?? [];
      isFirst &&= name !== undefined || /^\s*(?:#.*|set\s[-+\w\s]*|echo\s[^;&|]*)?$/.test(line);
      if (name === undefined) continue;
      if (!isFirst && !values.has(name)) later.add(name);
      values.set(name, [...(values.get(name) ?? []), value!.trim()]);
    }
    for (const name of later) values.delete(name);
    if (values.size > maxNames) break;
    for (const [name, set] of values) {
      if (!set.every((value) => constant.test(value) || asked.test(value)) || isSetElse(name, lines)) continue;
      const use = new RegExp(`\\$(?:\\{${name}\\}|${name}(?!\\w))`, 'g');
      lines = lines.map((line) => line.replace(use, '0'));
    }
  }
  return lines;
}

/** What sets a variable whose name is in another. */
const setsByName =
  /\bprintf\s+-v\s*["']?\$|\b(?:declare|export|local|typeset|readonly|read|mapfile|readarray)\b[^;&|\n]{0,100}\s["']?\$/;

const assignment = /^\s*([A-Za-z_]\w{0,60})=(.*)$/;

/** Whether a variable may be set by more than its own lines: it is named without its sign, or with a default. */
function isSetElse(name: string, lines: readonly string[]): boolean {
  const named = new RegExp(`(?<![\\w$]|\\$\\{)${name}(?!\\w)`);
  const preset = new RegExp(`\\$\\{${name}[^}]`);
  return lines.some(
    (line) =>
      assignment.exec(line)?.[1] !== name &&
      (preset.test(line) || named.test(line.replace(/^(\s*echo\s)\s*"[^"]*"/, '$1'))),
  );
}
