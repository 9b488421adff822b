/** Deleting, emptying and overwriting files and folders. */
import { asksForHelp, hasLong, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Context, Family, Field, Hit } from '../model.ts';
import { locate, pathOf } from '../places.ts';
import { findRoots, narrowFind } from '../wrappers/many.ts';

const removers = [
  'rm',
  'grm',
  'rmdir',
  'unlink',
  'srm',
  'trash',
  'rimraf',
  'del-cli',
  'del',
  'erase',
  'rd',
  'ri',
  'remove-item',
  'deltree',
];

export const filesystem: Family = {
  id: 'filesystem',
  programs: [
    ...removers,
    'find',
    'gfind',
    'bfs',
    'fd',
    'shred',
    'wipe',
    'truncate',
    'mv',
    'move',
    'move-item',
    'mi',
    'ren',
    'rename-item',
    'rni',
    'cp',
    'ln',
    'install',
    'tee',
    'robocopy',
    'clear-content',
    'set-content',
    'out-file',
    'rsync',
    'rename',
    'git',
    'clear-recyclebin',
    'cipher',
    'sdelete',
    'unlink',
    'chattr',
    'dd',
    'sponge',
    'sed',
    'gsed',
    'perl',
    'tar',
    'unzip',
    '',
  ],
  check(call, context) {
    if (asksForHelp(call)) return undefined;
    switch (call.name) {
      case 'rm':
      case 'grm':
      case 'srm':
        return checkRm(call, context);
      case 'unlink':
        return checkTree(call, call.args.slice(0, 1), false, context);
      case 'rimraf':
      case 'del-cli':
        return checkTree(call, readOptions(call.args).words, true, context);
      case 'rmdir':
      case 'rd':
      case 'del':
      case 'erase':
      case 'ri':
      case 'remove-item':
      case 'deltree':
        return checkWindowsRemove(call, context);
      case 'find':
      case 'gfind':
      case 'bfs':
        return checkFind(call, context);
      case 'shred':
      case 'wipe':
      case 'sdelete':
        return hit(
          'shred',
          'critical',
          'data-deletion',
          'ask',
          `${call.name} overwrites the file, so it can't be restored by any means`,
          'Use rm (or git rm) if overwriting is not the point',
        );
      case 'cipher':
        return call.args.some((a) => /^\/w/i.test(a.text))
          ? hit(
              'shred',
              'critical',
              'data-deletion',
              'ask',
              'cipher /w wipes all deleted data on the drive',
              'Leave it to a person',
            )
          : undefined;
      case 'clear-content':
        return emptied(call, readOptions(call.args).words, context);
      case 'clear-recyclebin':
        return hit(
          'delete-unknown',
          'high',
          'data-deletion',
          'ask',
          'This deletes for good what was thrown away',
          'Leave it to a person',
        );
      case 'truncate':
        return checkTruncate(call, context);
      case 'mv':
      case 'move':
      case 'move-item':
      case 'mi':
      case 'ren':
      case 'rename-item':
      case 'rni':
        return checkMove(call, context);
      case '':
        return checkUnknownProgram(call, context);
      default:
        return undefined;
    }
  },
};

function checkRm(call: Call, context: Context): Hit | undefined {
  const { flags, words } = readOptions(call.args);
  const recursive = flags.has('r') || flags.has('R') || hasLong(flags, 'recursive', 1);
  const force = flags.has('f') || hasLong(flags, 'force', 2);
  if (flags.has('no-preserve-root')) return wipe(call, '/', 'the whole file system');
  return checkTree(call, words, recursive, context, force);
}

/** Judges what would be deleted. */
function checkTree(
  call: Call,
  words: readonly Field[],
  recursive: boolean,
  context: Context,
  force = true,
): Hit | undefined {
  let worst: Hit | undefined;
  // `bin` next to `obj` is the output of a .NET build.
  const dotnet = words.some((w) => /(?:^|[\\/])obj[\\/]?$/i.test(w.text));
  for (const word of words) {
    if (dotnet && /(?:^|[\\/])bin[\\/]?$/i.test(word.text) && locate(word, call, context).place === 'relative')
      continue;
    const found = judgeTarget(call, word, recursive, force, context);
    if (
      found &&
      (!worst ||
        (found.decision === 'deny' && worst.decision !== 'deny') ||
        (found.tier === 'critical' && worst.tier !== 'critical'))
    )
      worst = found;
  }
  return worst;
}

function judgeTarget(call: Call, word: Field, recursive: boolean, force: boolean, context: Context): Hit | undefined {
  const { place, path } = locate(word, call, context);
  if (
    /(?:^|\/)\.git(?:\/|$)/.test(path) &&
    !/\.git\/(?:index\.lock|[\w./-]*\.lock|COMMIT_EDITMSG|MERGE_MSG|gc\.log|FETCH_HEAD)$/.test(path)
  )
    return hit(
      'delete-git-data',
      'critical',
      'data-deletion',
      'deny',
      /(?:^|\/)\.git\/hooks(?:\/|$)/.test(path)
        ? `This deletes git's hooks (${path}): what they check and record is not checked and recorded any more`
        : `This deletes git's own data (${path}): commits that were not pushed are lost`,
      'Leave .git alone; use git commands',
      about(path),
    );
  if (/(?:^|\/)\.(?:bash|zsh|sh|ksh|fish)_history$/.test(path))
    return hit(
      'history-delete',
      'high',
      'logging-off',
      'ask',
      'This deletes the history of the shell, which tells what was done',
      'Leave it in place',
    );
  if (!recursive) {
    // A loop variable: `% { del $_ }`, `for %f in (*) do del %f`.
    if (/^(?:\{\}|\$_(?:\.(?:FullName|Name|PSPath|Path))?|%{1,2}~?\w{0,6}[a-z])$/i.test(word.text))
      return hit(
        'delete-unknown',
        'high',
        'data-deletion',
        'ask',
        'This deletes whatever the list names, and nobody has seen the list',
        'Print the list first, then delete by name',
      );
    if (place === 'root' || place === 'system' || place === 'device')
      return /^\/(?:var\/(?:log|cache|tmp|run)|run|opt|srv|mnt|media|home|users|volumes)\//i.test(path) &&
        !/[*?]$/.test(path)
        ? undefined
        : hit(
            'delete-system-file',
            'critical',
            'data-deletion',
            'ask',
            `This deletes ${path}, a file of the system`,
            'Leave system files to the package manager or a person',
            about(path),
          );
    if (place === 'home' && /\*/.test(path)) return wipe(call, path, 'the files of the home folder');
    if (place === 'cwd' && /\*/.test(word.text) && force && /^\*$|^\.\/\*$/.test(word.text))
      return hit(
        'delete-everything-here',
        'high',
        'data-deletion',
        'ask',
        'This deletes every file in the working directory, tracked or not',
        'Name the files',
      );
    return undefined;
  }
  switch (place) {
    case 'root':
      return wipe(call, path, 'the whole file system');
    case 'home':
      return wipe(call, path, 'a whole home folder');
    case 'device':
    case 'system':
      return hit(
        'delete-system',
        'critical',
        'data-deletion',
        'deny',
        `This deletes ${path} with everything below it, which belongs to the system`,
        'Name a folder of the project instead',
        about(path),
      );
    case 'home-below':
      return hit(
        'delete-outside',
        force ? 'critical' : 'high',
        'data-deletion',
        'ask',
        `This deletes ${path} with everything below it, outside the project`,
        'Delete only inside the project, or let a person do it',
        about(path),
      );
    case 'absolute':
    case 'parent':
      return hit(
        'delete-outside',
        'critical',
        'data-deletion',
        'ask',
        `This deletes ${path} with everything below it, outside the working directory`,
        'Delete only inside the project, or let a person do it',
        about(path),
      );
    case 'cwd':
      return hit(
        'delete-everything-here',
        'critical',
        'data-deletion',
        'ask',
        'This deletes everything in the working directory, also what git does not track',
        'Name the folder, or use git clean -n first to see what would go',
      );
    case 'unknown':
      return force || word.text === '{}'
        ? hit(
            'delete-unknown',
            'high',
            'data-deletion',
            'ask',
            `What "${path.slice(0, 80)}" stands for is known only when it runs; if it is empty or /, this deletes far more than meant`,
            'Write the path out, or use "${VAR:?}" and a fixed folder below it',
            about(path),
          )
        : undefined;
    case 'relative':
      return force
        ? hit(
            'delete-tree',
            'high',
            'data-deletion',
            'ask',
            `This deletes ${path} with everything below it, also what git does not track`,
            'Use git rm -r for tracked files, or name a build folder',
            about(path),
          )
        : undefined;
    default:
      return undefined;
  }
}

const wipe = (call: Call, path: string, what: string): Hit =>
  hit(
    'delete-all',
    'critical',
    'data-deletion',
    'deny',
    `${call.name} would delete ${what} (${path})`,
    'Name the folder of the project you mean',
    about(path),
  );

const removeValued =
  /^-(?:e(?:a|v|rror(?:a\w*|v\w*))|ex(?:c\w*)?|in(?:c\w*|f\w*)?|fi(?:l\w*)?|wa|wv|warning\w+|cred\w*|stream)$/i;

function checkWindowsRemove(call: Call, context: Context): Hit | undefined {
  const lower = call.args.map((a) => a.text.toLowerCase());
  const recurse =
    lower.some((t) => /^(?:\/[a-z])*\/s(?:\/[a-z])*$/.test(t) || /^-r(?:e(?:c(?:u(?:r(?:s(?:e)?)?)?)?)?)?$/.test(t)) ||
    call.name === 'deltree' ||
    lower.some((t) => t === '-rf' || t === '-fr');
  if (call.name === 'rmdir' && !recurse) return undefined;
  if (lower.some((t) => t === '-whatif')) return undefined;
  // `-ErrorAction SilentlyContinue` names no file.
  const words = call.args.filter(
    (a, i) =>
      !removeValued.test(call.args[i - 1]?.text ?? '') &&
      !/^-\w+$/.test(a.text) &&
      !/^(?:\/[a-z])+(?::.*)?$/i.test(a.text),
  );
  const targets = words.flatMap((w) =>
    w.text.includes(',')
      ? w.text
          .split(',')
          .filter((t) => t.trim() !== '')
          .map((t) => ({ ...w, text: t.trim() }))
      : [w],
  );
  if (targets.length === 0 && recurse && call.input.kind !== 'none')
    return hit(
      'delete-unknown',
      'high',
      'data-deletion',
      'ask',
      'This deletes whatever comes down the pipe, folders included',
      'Use -WhatIf first, or name the paths',
    );
  return checkTree(call, targets, recurse, context, true);
}

function checkFind(call: Call, context: Context): Hit | undefined {
  const deletes = call.args.some((a) => a.text === '-delete');
  if (!deletes) return undefined;
  const roots = findRoots(call.args);
  const places = (roots.length > 0 ? roots : ['.']).map((text) =>
    locate({ text, dynamic: text.includes('$'), quoted: false }, call, context),
  );
  const bad = places.find(
    (p) => p.place === 'root' || p.place === 'home' || p.place === 'system' || p.place === 'device',
  );
  if (bad)
    return hit(
      'find-delete',
      'critical',
      'data-deletion',
      'deny',
      `find -delete would delete files all over ${bad.path}`,
      'Name a folder of the project, and look at the list without -delete first',
      about(bad.path),
    );
  if (places.some((p) => p.path.includes('.git') && /(?:^|\/)\.git(?:\/|$)/.test(p.path)))
    return hit(
      'delete-git-data',
      'critical',
      'data-deletion',
      'deny',
      "This deletes git's own data",
      'Leave .git alone; use git commands',
    );
  if (places.every((p) => p.place === 'temp' || p.place === 'generated') || narrowFind(call.args)) return undefined;
  return hit(
    'find-delete',
    'high',
    'data-deletion',
    'ask',
    'find -delete removes every match at once, without a list and without a way back',
    'Run it without -delete first and check the list',
  );
}

function checkTruncate(call: Call, context: Context): Hit | undefined {
  const { values, words, flags } = readOptions(call.args, truncateValued);
  const size = values.get('s') ?? values.get('size') ?? '';
  if (size.startsWith('+')) return undefined;
  if (!flags.has('s') && !flags.has('size') && !flags.has('r') && !flags.has('reference')) return undefined;
  return emptied(call, words, context);
}

/** A file cut to nothing, unless it is one that is made again anyway. */
function emptied(call: Call, words: readonly Field[], context: Context): Hit | undefined {
  const places = words.map((w) => locate(w, call, context));
  if (places.length > 0 && places.every((p) => p.place === 'temp' || p.place === 'generated')) return undefined;
  const files = places.map((p) => p.path).join(', ');
  return hit(
    'truncate',
    'high',
    'data-deletion',
    'ask',
    `${call.name} cuts off ${files.slice(0, 120) || 'the file'}; what is cut is gone`,
    'Copy the file first, or write a new one',
    about(files),
  );
}
const truncateValued: ReadonlySet<string> = new Set(['s', 'size', 'r', 'reference']);

function checkMove(call: Call, context: Context): Hit | undefined {
  const { words } = readOptions(call.args, new Set(['t', 'target-directory', 'S', 'suffix']));
  if (words.length < 2) return undefined;
  const target = words.at(-1)!;
  if (target.text === '/dev/null')
    return hit(
      'move-to-nowhere',
      'critical',
      'data-deletion',
      'deny',
      'Moving to /dev/null destroys the files',
      'Use rm for what should go',
    );
  for (const word of words.slice(0, -1)) {
    const { place, path } = locate(word, call, context);
    if (
      place === 'root' ||
      place === 'home' ||
      place === 'device' ||
      (place === 'system' && !/^\/(?:home|users|mnt|media|volumes|srv|opt|var|run)\//i.test(path))
    )
      return hit(
        'move-system',
        'critical',
        'data-deletion',
        'ask',
        `This moves ${path} away, which the system or a user's home needs`,
        'Copy it, or let a person do it',
        about(path),
      );
    if (/(?:^|\/)\.git$/.test(path))
      return hit(
        'delete-git-data',
        'critical',
        'data-deletion',
        'deny',
        `This moves git's own data (${path}) away`,
        'Leave .git alone',
        about(path),
      );
  }
  return undefined;
}

/** The program is not known before it runs: judge it by what it is given. */
function checkUnknownProgram(call: Call, context: Context): Hit | undefined {
  const { flags, words } = readOptions(call.args);
  // `-dir=/data` of some other program is no `-d -i -r`.
  const short = call.args.map((a) => (/^-[a-zA-Z]{1,8}$/.test(a.text) ? a.text : '')).join('');
  const tree = (/[rR]/.test(short) || flags.has('recursive')) && (short.includes('f') || flags.has('force'));
  if (!tree && !flags.has('no-preserve-root')) return undefined;
  const bad = words.find((w) =>
    ['root', 'home', 'home-below', 'system', 'device', 'cwd', 'unknown', 'absolute', 'parent', 'relative'].includes(
      locate(w, call, context).place,
    ),
  );
  if (!bad) return undefined;
  const path = pathOf(bad, call, context);
  return hit(
    'unknown-program',
    'high',
    'command-execution',
    'ask',
    `Which program runs here is known only at run time, and it is told to act on ${path.slice(0, 80)} with -r -f`,
    'Write the program out',
    about(path),
  );
}
