import { at } from '../languages/treeNode.ts';
import {
  expressions,
  filledBy,
  isMadeByJob,
  isUntrusted,
  jobs,
  listsIn,
  rightsOf,
  runText,
  triggers,
  workflowLanguages,
  writes,
  type Job,
} from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { Form, Found, Rule } from './rule.ts';

export const workflowInjection: Rule = {
  id: 'workflow-injection',
  title: 'Text from outside is pasted into a workflow script',
  tier: 'high',
  category: 'ci-cd',
  languages: workflowLanguages,
  references: ['CWE-78', 'CWE-94', 'GitHub: Security hardening for Actions'],
  why: '`${{ … }}` is replaced before the shell sees the script: a title, branch name or input that holds shell syntax is run with the tokens of the job.',
  remedy: 'put the value into `env:` and use the variable, quoted',
  keywords: ['run', 'script'],
  isSame: isRenamed,
  check(source, report) {
    // What who starts a run may write: told once, for it is put right in all places together.
    const inputs = new Set<string>();
    let formOf: ReturnType<typeof formsOf> | undefined;
    for (const job of jobs(source)) {
      for (const step of job.steps) {
        const script = runText(step);
        if (!script) continue;
        // Put into `env:` once, it serves the whole script.
        const told = new Set<string>();
        for (const e of expressions(source, script.start, script.end)) {
          if (told.has(e.text)) continue;
          // `${{ env.TITLE }}` is pasted just as what it was set to.
          const name = /^env\.(\w{1,80})$/.exec(e.text)?.[1];
          const set =
            name === undefined
              ? undefined
              : [step, job.node, job.root].map((n) => at(n, 'env', name)).find((n) => n !== undefined);
          const pasted = set ? expressions(source, set.start, set.end).map((x) => x.text) : [e.text];
          if (!pasted.some((text) => isUntrusted(text, job, source))) continue;
          told.add(e.text);
          const isInput = plainInput.test(e.text);
          if (isInput) {
            if (inputs.has(e.text)) continue;
            inputs.add(e.text);
          }
          const foreign = pasted.filter((text) => !ownBranch.test(text) && isUntrusted(text, job, source));
          const by = foreign.map((text) => filledBy(text, job, source));
          const isWhole =
            /^matrix\.[\w-]+$/.test(e.text) &&
            script.value.trim() === source.text.slice(e.start, e.end) &&
            isMadeByJob(job, source);
          const tier = by.includes('outside')
            ? isWhole
              ? 'medium'
              : undefined
            : by.includes('starter') && !isPowerless(job, source)
              ? 'medium'
              : 'low';
          const how = isList(e, job, source) ? 'split it into an array' : 'use the variable, quoted';
          report({
            ...(tier !== undefined && { tier }),
            start: e.start,
            end: e.end,
            key: e.text,
            ...(isInput && { form: (formOf ??= formsOf(source))(e.text, script.value) }),
            message: isWhole
              ? `\${{ ${e.text.slice(0, 60)} }} is a whole script that another job writes: be sure that it makes it of files of the repository alone.`
              : `\${{ ${e.text.slice(0, 60)} }} is pasted into a script: put it into env: and ${how}.`,
          });
        }
      }
    }
  },
};

const plainInput = /^\s*(?:github\.event\.)?inputs\.[\w-]+\s*$/;
const nameOf = (expression: string): string => expression.trim().replace(/^.*\./, '');

/** Makes forms: the script without the names of inputs, what starts it and how often each is pasted; and the inputs that there are. */
function formsOf(source: Source): (expression: string, script: string) => Form {
  const counts = new Map<string, number>();
  for (const m of source.text.matchAll(/\binputs\.([\w-]+)/g)) counts.set(m[1]!, (counts.get(m[1]!) ?? 0) + 1);
  const starts = triggers(source).map((t) => t.name);
  const sinks = inputsOf(source);
  let last = '';
  let text = '';
  return (expression, script) => {
    if (last !== script) {
      last = script;
      text = script.replace(/(?<=\$\{\{\s*(?:github\.event\.)?inputs\.)[\w-]+/g, '');
    }
    return { text, around: [`${starts.join(' ')} ${counts.get(nameOf(expression))}`], sinks };
  };
}

const inputsOf = ({ tree }: Source): string[] =>
  tree.flatMap((root) =>
    [
      at(root, 'inputs'),
      ...['on', 'true'].flatMap((on) =>
        ['workflow_dispatch', 'workflow_call'].map((name) => at(root, on, name, 'inputs')),
      ),
    ].flatMap((inputs) => inputs?.children.map((c) => c.key) ?? []),
  );

/** Whether one script pastes the same, of an input that got another name. */
function isRenamed(old: Found, now: Found): boolean {
  const [was, is] = [old.form, now.form];
  if (!was || !is || old.tier !== now.tier || was.text !== is.text || was.around[0] !== is.around[0]) return false;
  const [oldName, newName] = [nameOf(old.key), nameOf(now.key)];
  return (
    was.sinks.includes(oldName) &&
    is.sinks.includes(newName) &&
    !is.sinks.includes(oldName) &&
    !was.sinks.includes(newName)
  );
}

/** The branch of this repository that a request is for. */
const ownBranch = /^github\.(?:base_ref|event\.pull_request\.base\.ref)$/;

/**
 * Whether who starts a job by hand gains nothing with a command of theirs: it has no secret and no right to write, or none
 * that is said and runs what the same person names.
 */
function isPowerless(job: Job, source: Source): boolean {
  if (!triggers(source).every((t) => t.name === 'workflow_dispatch')) return false;
  const text = [job.node, at(job.root, 'env')].map((n) => (n ? source.text.slice(n.start, n.end) : '')).join('\n');
  const runner = at(job.node, 'runs-on')?.value ?? '';
  if (/\bsecrets\b(?!\s*\.\s*GITHUB_TOKEN\b)/.test(text) || at(job.node, 'environment')) return false;
  if (!/^(?:ubuntu|windows|macos)-/.test(runner)) return false;
  const rights = rightsOf(job);
  if (rights)
    return writes(job).length === 0 && !rights.children.some((c) => c.key === 'id-token' && c.value === 'write');
  return job.steps.some(
    (step) =>
      /^actions\/checkout(?:@|$)/.test(at(step, 'uses')?.value ?? '') &&
      ['ref', 'repository'].some((name) => /\binputs\./.test(at(step, 'with', name)?.value ?? '')),
  );
}

/** Whether the value is several words for the script: it stands unquoted, and is said to be a list or is one if nobody gives it. */
function isList(e: { readonly text: string; readonly start: number }, job: Job, source: Source): boolean {
  if (/["']/.test(source.text[e.start - 1] ?? '')) return false;
  return (
    /'[^' ]+ [^']*'/.test(e.text) ||
    /\bfor\s+\w+\s+in\s+$/.test(source.text.slice(Math.max(0, e.start - 100), e.start)) ||
    listsIn(e.text, job)
  );
}
