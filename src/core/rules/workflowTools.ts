import { at } from '../languages/treeNode.ts';
import { jobs, workflowLanguages } from './kit/workflow.ts';
import type { Rule } from './rule.ts';

export const workflowTools: Rule = {
  id: 'workflow-tool-unlocked',
  title: 'Workflow installs a tool in whatever version is newest',
  tier: 'medium',
  category: 'supply-chain',
  languages: workflowLanguages,
  references: ['CWE-829', 'CWE-1357', 'zizmor: adhoc-packages, unpinned-tools'],
  why: 'No lock file holds it: whoever publishes the next release of the tool runs code in this job, with its token.',
  remedy: 'name the version, or install it from a lock file',
  keywords: ['npm', 'npx', 'pnpm', 'yarn', 'bunx', 'pip', 'pip3', 'pipx', 'uvx', 'gem', 'cargo', 'go', 'latest'],
  once: true,
  check(source, report) {
    for (const job of jobs(source))
      for (const step of job.steps) {
        const version = at(step, 'with', 'version');
        if (
          version &&
          /^(?:latest|nightly)$/.test(version.value) &&
          !at(step, 'uses')?.value.startsWith('actions/setup-')
        )
          report({ start: version.start, end: version.end, key: `latest:${at(step, 'uses')?.value.split('@')[0]}` });
        const run = at(step, 'run');
        for (const line of (run?.value ?? '').split('\n')) {
          const command = unlocked(line.trim());
          if (command === undefined || !run || isData(line.slice(0, 400), run.value)) continue;
          const index = source.text.indexOf(line.trim(), run.start);
          const start = index < 0 || index > run.end ? run.start : index;
          report({ start, end: index < 0 ? run.end : start + line.trim().length, key: `tool:${plain(command)}` });
        }
      }
  },
};

/** The command in one of the forms that do the same. */
const plain = (command: string): string =>
  command
    .replace(/^python3? -m /, '')
    .replace(/^pip3/, 'pip')
    .replace(/^(p?npm) (?:i|add) (?:-g|--global)/, '$1 install -g');

/** The command that takes what is newest; `undefined`: it names a version, a file or a lock. */
function unlocked(line: string): string | undefined {
  const m = installs.exec(line.slice(0, 400));
  if (!m) return undefined;
  const words = (m[2] ?? '').split(/\s+/).filter((w) => w !== '' && !w.startsWith('-'));
  const options = m[2] ?? '';
  if (
    /--require-hashes|--locked\b|--frozen|--no-install|--constraint|--version\b|(?:^|\s)(?:-r|-c|-e|-v|--requirement|--editable)\b/.test(
      options,
    )
  )
    return undefined;
  const loose = words.find((w) => isLoose(m[1]!, w));
  return loose === undefined ? undefined : `${m[1]} ${loose}`.replace(/\s+/g, ' ');
}

const installs =
  /(?:^|[\s;&|(])(npx|bunx|uvx|pnpm dlx|yarn dlx|npm (?:install|i|add) (?:-g|--global)|pnpm (?:add|install|i) (?:-g|--global)|yarn global add|(?:python3? -m )?pip3? install|pipx (?:install|run)|uv tool (?:install|run)|gem install|cargo (?:binstall|install)|go install)\s([^|;&<>]{1,300})/;

/** Whether the word names a package without a version of its own. */
function isLoose(command: string, word: string): boolean {
  if (/^(?:pip|setuptools|wheel|build)$/.test(word) && command.includes('pip')) return false;
  if (/[$`'"(){}\\]|^\.|\/$|^~|\.(?:whl|gem|tgz|txt|zip)$/.test(word)) return false;
  if (command === 'go install') return /@(?:latest|main|master)$/.test(word);
  if (/^(?:npx|bunx|pnpm|yarn|npm)/.test(command))
    // The first word alone is the package; without `@latest` npx takes the one of the lock file.
    return /^(?:npx|bunx)$/.test(command)
      ? /.@(?:latest|next)$/.test(word)
      : /^@?[\w./-]+$/.test(word) || /.@(?:latest|next)$/.test(word);
  return /^[A-Za-z][\w.-]*(?:\[[\w,-]*\])?$/.test(word);
}

/** What stands in quotes, or is taken as it is: no `#` of it starts a comment. */
const quoted = /\\.|\$'(?:[^'\\]|\\.)*'|'[^']*'|"(?:[^"\\]|\\.)*"/g;

/** Whether the words of a line are data where it names the command: of a loop or list, of a sentence or a comment. */
function isData(line: string, script: string): boolean {
  const before = line.slice(0, installs.exec(line)?.index ?? 0);
  const rest = line.slice(before.length);
  const words = `${before}${/^[;&|(]/.test(rest) ? rest[0] : ''}`;
  if (/(?:^|\s)#/.test(words.replace(quoted, 'x'))) return true;
  // What another command is made of starts anew.
  const plain = words
    .split(/[;&|]|\$\(/)
    .at(-1)!
    .trimStart();
  const variable =
    /^(?:for|select)\s+(\w+)\s+in(?:\s|$)/.exec(plain)?.[1] ?? /^(?:\w+\s+)?(\w+)\+?=(?:\(|["'])/.exec(plain)?.[1];
  if (variable !== undefined) return !isRun(variable, script);
  return /^(?:echo|printf|grep|test|\[{1,2})\s/.test(plain) && !/\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/.test(line);
}

/** Whether a script may run what a variable holds. */
const isRun = (variable: string, script: string): boolean =>
  new RegExp(
    `(?:^|[;&|(]|\\b(?:do|then|else|eval|exec|sudo|env|time|xargs|sh|bash)\\b(?:\\s+-\\w+)*)\\s*["']?\\$\\{?${variable}\\b`,
    'm',
  ).test(script);
