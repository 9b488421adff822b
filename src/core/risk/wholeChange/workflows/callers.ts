/** What the callers of a new action or called workflow write into its inputs. */
import { workflowInjection } from '../../../rules/workflowInjection.ts';
import { at, type TreeNode } from '../../../languages/treeNode.ts';
import { isOnlyCalled, jobs } from '../../../rules/kit/workflow.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, type FileClassification } from '../pass.ts';
import { isWorkflow, maxCompared, workflowOf } from './shared.ts';

/**
 * An input that a script of a new action or called workflow holds is filled by those who call it, and of a new one all callers
 * are in the change: where each gives it a secret, a variable or plain text, nobody else chooses what is run.
 */
export function weighCalledInputs(files: readonly FileChange[], judged: FileClassification[]): void {
  let uses: readonly TreeNode[] | undefined;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    const called = /^(?:(.*\/)action|(\.github\/workflows\/[^/]+))\.ya?ml$/.exec(path);
    if (!called || before !== null || !isRead(after)) continue;
    const inputs = classification.findings.filter((f) => nameOf(backgroundOf(f).key, f.rule) !== undefined);
    if (inputs.length === 0 || (called[2] !== undefined && !isOnlyCalled(workflowOf(path, after)))) continue;
    uses ??= usesOf(files);
    const place = called[2] === undefined ? called[1]!.replace(/\/$/, '') : path;
    const callers = uses.filter((u) => isCallOf(u.value, place));
    if (callers.length === 0) continue;
    // Other repositories may call what is kept to be called.
    const isPublic = !place.startsWith('.github/');
    const defaults = defaultsOf(workflowOf(path, after));
    const left = classification.findings.map((f) => {
      const name = nameOf(backgroundOf(f).key, f.rule);
      const isChosen = name === undefined || callers.some((u) => !givenBy(u, name, defaults).every(isFixed));
      return isChosen ? f : withOther(f, { tier: isPublic ? 'medium' : 'low' });
    });
    keep(judged, i, left);
  }
}

/** The input that a finding is about alone. */
const nameOf = (key: string | undefined, rule: string): string | undefined =>
  rule === workflowInjection.id ? /^inputs\.([\w-]{1,100})$/.exec(key ?? '')?.[1] : undefined;

/** What inputs are where a caller says nothing: an action may name any context there. */
const defaultsOf = ({ tree }: Source): ReadonlyMap<string, string> =>
  new Map(
    tree
      .flatMap((root) => [at(root, 'inputs'), at(root, 'on', 'workflow_call', 'inputs')])
      .flatMap((inputs) => inputs?.children ?? [])
      .map((input) => [input.key.toLowerCase(), at(input, 'default')?.value ?? '']),
  );

/** What a caller writes into an input, or else stands there: the names of inputs mean the same in any case. */
function givenBy(uses: TreeNode, name: string, defaults: ReadonlyMap<string, string>): readonly string[] {
  const given = at(uses.parent, 'with');
  const isIt = (n: TreeNode): boolean => n.key.toLowerCase() === name.toLowerCase();
  const said = (given?.children ?? []).filter(isIt).map((n) => n.value);
  return said.length > 0 ? said : [defaults.get(name.toLowerCase()) ?? ''];
}

/** Whether what a step or job uses is at a place of the repository, in whatever form, or may be there. */
function isCallOf(used: string, place: string): boolean {
  const said = used.replace(/@[^/@]*$/, '').replace(/\/$/, '');
  return said.includes('..') ? said.endsWith(place.slice(place.lastIndexOf('/'))) : said.endsWith(`/${place}`);
}

/** Secrets and variables are set by who keeps the repository. */
const isFixed = (given: string): boolean =>
  !given.replace(/\$\{\{\s*(?:secrets|vars)\.\w{1,100}\s*\}\}/g, '').includes('${{');

/** What the workflows of the change call. */
const usesOf = (files: readonly FileChange[]): readonly TreeNode[] =>
  files
    .filter((f) => isRead(f.after) && isWorkflow(f.path, f.after))
    .slice(0, maxCompared)
    .flatMap((f) => jobs(workflowOf(f.path, f.after!)))
    .flatMap((job) => [job.node, ...job.steps].map((n) => at(n, 'uses')))
    .filter((n): n is TreeNode => n?.value.includes('/') === true);
