/** Tampering with Countersign, with agents' hooks and settings, and with git's hooks. Not even a person's click in the agent allows it. */
import { readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Context, Family, Field, Hit } from '../model.ts';
import { pathOf } from '../places.ts';

const tamper = (what: string, file?: string): Hit =>
  hit(
    'self-protection',
    'critical',
    'security-control-disabled',
    'deny',
    what,
    'Guardrails are changed by a person, outside the agent',
    about(file),
  );
const bypass = (what: string): Hit =>
  hit(
    'hook-bypass',
    'critical',
    'security-control-disabled',
    'deny',
    what,
    'Commit without it, and fix what the hook reports',
  );

/** What holds the guard in place, as paths below a project or a home folder. */
const guarded = new RegExp(
  [
    String.raw`(?:^|/)countersign\.yaml$`,
    String.raw`(?:^|/)\.git/(?:hooks(?:/|$)|countersign(?:/|$)|config$)`,
    String.raw`(?:^|/)\.(?:husky|githooks|lefthook)(?:/|$)`,
    String.raw`(?:^|/)\.claude/(?:settings(?:\.local)?\.json|hooks(?:/|$)|plugins(?:/|$))`,
    String.raw`^~/\.claude\.json$`,
    String.raw`(?:^|/)\.cursor/(?:hooks(?:\.json|/|$)|permissions\.json|cli(?:-config)?\.json)`,
    String.raw`(?:^|/)\.(?:codex|gemini|copilot|factory|kiro|windsurf|devin|opencode|amp|grok)/(?:hooks(?:\.json|\.v1\.json|/|$)|config\.(?:toml|json)|settings\.json)`,
    String.raw`(?:^|/)\.codeium/windsurf/hooks\.json$`,
    String.raw`(?:^|/)\.github/hooks(?:/|$)`,
    String.raw`(?:^|/)\.clinerules/hooks(?:/|$)`,
    String.raw`(?:^|/)(?:\.local/state|Application Support|AppData/Local|Local)/countersign(?:/|$)`,
    String.raw`^/etc/(?:countersign|claude-code)(?:/|$)`,
    String.raw`globalStorage/countersign`,
  ].join('|'),
  'i',
);
const whole = /(?:^|\/)\.(?:claude|cursor|codex|gemini|husky|githooks)$|(?:^|\/)\.git\/(?:hooks|countersign)$/i;

const isGuardedPath = (path: string): boolean => path.length < 4096 && (guarded.test(path) || whole.test(path));

const writers = new Set(
  'tee rm grm mv cp install ln touch truncate sed gsed perl chmod chown dd rsync sponge patch ex unlink shred remove-item move-item copy-item set-content add-content out-file clear-content new-item rename-item del erase copy move ren ri mi ci sc ac ni jq yq vim vi nano ed mkdir rmdir rd unzip tar chattr chflags rename'.split(
    ' ',
  ),
);

export const selfProtect: Family = {
  id: 'self-protection',
  programs: ['*'],
  check(call, context) {
    if (!call.remote) {
      for (const { path } of call.outputs)
        if (guards(path, call, context))
          return tamper(`This writes ${short(path.text)}, which the guardrails rest on`, path.text);
      if (writers.has(call.name)) {
        const found = checkWriter(call, context);
        if (found) return found;
      }
    }
    const assigned =
      call.name === 'export' || call.name === 'declare' || call.name === 'setx'
        ? call.args
            .filter((a) => a.text.includes('='))
            .map((a): [string, string] => [a.text.slice(0, a.text.indexOf('=')), a.text.slice(a.text.indexOf('=') + 1)])
        : [];
    for (const [name, value] of [...call.env, ...assigned]) {
      if (/^(?:HUSKY|LEFTHOOK)$/.test(name) && /^(?:0|false)$/.test(value))
        return bypass(`${name}=${value} switches git hooks off`);
      if (
        name === 'HUSKY_SKIP_HOOKS' ||
        (name === 'SKIP' && call.name === 'git') ||
        name === 'PRE_COMMIT_ALLOW_NO_CONFIG'
      )
        return bypass(`${name} switches git hooks off`);
      if (
        (/^GIT_CONFIG_KEY_\d+$/.test(name) && hookSetting.test(value)) ||
        (name === 'GIT_CONFIG_PARAMETERS' && /(?:hookspath|hook\.|include(?:if)?\.)/i.test(value))
      )
        return bypass('This takes git hooks out of the way');
      if (name.startsWith('COUNTERSIGN_')) return tamper('This changes how Countersign runs');
    }
    switch (call.name) {
      case 'git':
        return checkGit(call);
      case 'countersign':
        return checkOwn(call.args.map((a) => a.text));
      case 'node':
      case 'electron': {
        const at = call.args.findIndex((a) => /countersign[\w./\\-]*cli\.js$|(?:^|\/)dist\/cli\.js$/i.test(a.text));
        return at >= 0 ? checkOwn(call.args.slice(at + 1).map((a) => a.text)) : undefined;
      }
      case 'code':
      case 'code-insiders':
      case 'codium':
      case 'cursor':
      case 'windsurf': {
        const text = call.args.map((a) => a.text).join(' ');
        return /--(?:un)?install-extension[= ]\S*countersign|--disable-extension[= ]\S*countersign|--disable-extensions/i.test(
          text,
        ) && !/--install-extension/.test(text)
          ? tamper('This removes or switches off Countersign')
          : undefined;
      }
      case 'claude':
      case 'codex':
      case 'gemini':
      case 'cursor-agent':
      case 'copilot':
      case 'opencode':
      case 'amp':
        return checkAgent(call);
      case 'pre-commit':
      case 'lefthook':
      case 'husky':
        return /^(?:uninstall|clean)$/.test(call.args[0]?.text ?? '') ? tamper('This removes git hooks') : undefined;
      case 'export':
      case 'set':
      case 'setx':
        return call.args.some(
          (a) => /^(?:HUSKY|LEFTHOOK)=(?:0|false)$/.test(a.text) || a.text.startsWith('COUNTERSIGN_'),
        )
          ? bypass('This switches git hooks off')
          : undefined;
      default:
        return undefined;
    }
  },
};

const short = (text: string): string => text.slice(0, 100);

function guards(field: Field, call: Call, context: Context): boolean {
  const path = pathOf(field, call, context);
  return (
    isGuardedPath(path) || (context.cwd !== undefined && call.dir === '' && isGuardedPath(`${context.cwd}/${path}`))
  );
}

function checkWriter(call: Call, context: Context): Hit | undefined {
  // sed and perl only with -i, jq and editors only by redirection or by name of the file they open.
  if (/^(?:g?sed|perl)$/.test(call.name) && !call.args.some((a) => /^-\w*i|^--in-place/.test(a.text))) return undefined;
  if (call.name === 'jq' || call.name === 'yq') {
    if (!call.args.some((a) => /^-\w*i|^--inplace/.test(a.text))) return undefined;
  }
  const files = call.args.filter((a) => !a.text.startsWith('-'));
  // Copying out of them is reading.
  const copies = /^(?:cp|rsync|install|ln|copy-item|copy|ci)$/.test(call.name);
  const targets = copies ? files.slice(-1) : files;
  for (const file of targets.slice(0, 256)) {
    const { text } = file;
    if (/\s/.test(text) && !text.includes('/')) continue;
    const named = call.name === 'dd' ? (text.startsWith('of=') ? { ...file, text: text.slice(3) } : undefined) : file;
    if (named && guards(named, call, context))
      return tamper(`${call.name} would change ${short(text)}, which the guardrails rest on`, text);
  }
  return undefined;
}

/** Settings that say which hooks git runs; an included file may hold any of them. */
const hookSetting = /^(?:core\.hookspath|hook\..*|include\.path|includeif\..*\.path)$/i;
const isSetting = (option: string): boolean => option === '-c' || option === '--config-env';

function checkGit(call: Call): Hit | undefined {
  const list = call.args.map((a) => a.text);
  let at = 0;
  for (; at < list.length && list[at]!.startsWith('-'); at++) {
    const option = list[at]!;
    const setting = /^--config-env=(.*)$/s.exec(option)?.[1] ?? (isSetting(option) ? list[at + 1] : undefined);
    if (setting !== undefined && hookSetting.test(setting.split('=', 1)[0]!))
      return bypass('This takes git hooks out of the way for this command');
    if (isSetting(option) || /^(?:-C|--git-dir|--work-tree|--namespace)$/.test(option)) at++;
  }
  const verb = list[at] ?? '';
  const rest = list.slice(at + 1);
  const upTo = rest.indexOf('--');
  const options = upTo < 0 ? rest : rest.slice(0, upTo);
  switch (verb) {
    case 'commit': {
      if (
        hasFlag(
          options,
          '--no-verify',
          6,
          new Set(['-m', '-F', '-C', '-c', '-t', '--message', '--file', '--author', '--date']),
          'n',
        )
      )
        return bypass('git commit --no-verify skips the hooks that check the commit');
      return undefined;
    }
    case 'merge':
    case 'push':
    case 'am':
    case 'rebase':
      return hasFlag(options, '--no-verify', 6, new Set(['-m', '-o', '-X', '-s', '--message']), '')
        ? bypass(`git ${verb} --no-verify skips the hooks`)
        : undefined;
    case 'config': {
      if (options.some((o) => /^(?:-e|--edit)$/.test(o)) || options[0] === 'edit')
        return tamper("This opens git's configuration, which names the hooks git runs, in an editor");
      const section = options[options.findIndex((o) => /^(?:--)?(?:remove|rename)-section$/.test(o)) + 1];
      if (section !== options[0] && /^(?:core|include|includeif\..*|hook\..*)$/i.test(section ?? ''))
        return tamper(
          `This takes ${short(section ?? '')} out of git's configuration, and so changes which hooks git runs`,
        );
      const key = options.find(
        (o) => hookSetting.test(o) || /^(?:alias\.(?:commit|push)|countersign\..*|core\.fsmonitor)$/i.test(o),
      );
      if (!key) return undefined;
      const reads =
        options.some((o) => /^(?:--get(?:-all|-regexp)?|get|list|-l|--list)$/.test(o)) ||
        (options.indexOf(key) === options.length - 1 && !options.some((o) => /^(?:--unset(?:-all)?|unset)$/.test(o)));
      return reads ? undefined : tamper(`This changes ${key}, and so which hooks git runs`);
    }
    case 'notes':
      return options.some((o) => /countersign/i.test(o)) &&
        options.some((o) => /^(?:remove|prune|add|append|copy|edit|merge)$/.test(o))
        ? tamper("This changes Countersign's notes")
        : undefined;
    case 'update-ref':
      return options.some((o) => /refs\/(?:notes|countersign)\//i.test(o) && /countersign/i.test(o))
        ? tamper("This changes Countersign's references")
        : undefined;
    default:
      return undefined;
  }
}

function hasFlag(
  options: readonly string[],
  long: string,
  least: number,
  valued: ReadonlySet<string>,
  short: string,
): boolean {
  for (let i = 0; i < options.length; i++) {
    const option = options[i]!;
    if (valued.has(option)) {
      i++;
      continue;
    }
    if (option.startsWith('--')) {
      if (option.length >= least + 2 && long.startsWith(option) && option !== '--no-') return true;
    } else if (short !== '' && /^-[a-zA-Z]+$/.test(option)) {
      // -am 'text': letters after one that takes a value belong to the value.
      const letters = /^-([a-zA-Z]*?)(?:[mFCctSu].*)?$/.exec(option)?.[1] ?? '';
      if (letters.includes(short)) return true;
      if (/[mFCct]$/.test(option)) i++;
    }
  }
  return false;
}

function checkOwn(words: readonly string[]): Hit | undefined {
  const verb = words.find((w) => !w.startsWith('-')) ?? '';
  if (/^(?:resume|uninstall|rollback)$/.test(verb)) return tamper(`countersign ${verb} is for a person`);
  return verb === 'policy' && words.includes('init') ? tamper('This replaces the policy') : undefined;
}

function checkAgent(call: Call): Hit | undefined {
  const { flags, words } = readOptions(call.args, new Set(['p', 'model', 'm', 'c']));
  const text = call.args.map((a) => a.text).join(' ');
  if (
    flags.has('dangerously-skip-permissions') ||
    flags.has('dangerously-bypass-approvals-and-sandbox') ||
    flags.has('yolo') ||
    flags.has('allow-all-tools') ||
    flags.has('bare') ||
    flags.has('dangerously-allow-all') ||
    /--permission-mode[= ]bypassPermissions|--approval-mode[= ]yolo|--settings[= ]/.test(text)
  )
    return tamper(`This starts ${call.name} without its permission checks`);
  return words[0]?.text === 'config' &&
    /hooks|permission|disableAllHooks/i.test(text) &&
    /\b(?:set|add|remove)\b/.test(text)
    ? tamper(`This changes the permissions of ${call.name}`)
    : undefined;
}
