/** What a command line leaves behind on the disk: files it writes, downloads and starts. */
import type { Call, Field } from './model.ts';

/** Programs that only read, for "need no look at the disk afterwards". */
export const readers: ReadonlySet<string> = new Set([
  'ls',
  'cat',
  'head',
  'tail',
  'less',
  'more',
  'grep',
  'egrep',
  'fgrep',
  'rg',
  'ag',
  'wc',
  'file',
  'stat',
  'du',
  'df',
  'pwd',
  'echo',
  'printf',
  'true',
  'false',
  'test',
  '[',
  '[[',
  'which',
  'type',
  'whereis',
  'date',
  'whoami',
  'id',
  'uname',
  'hostname',
  'ps',
  'env',
  'printenv',
  'tree',
  'basename',
  'dirname',
  'realpath',
  'readlink',
  'diff',
  'cmp',
  'sort',
  'uniq',
  'cut',
  'tr',
  'jq',
  'column',
  'nl',
  'md5sum',
  'sha256sum',
  'sha1sum',
  'cksum',
  'seq',
  'sleep',
  'cd',
  'pushd',
  'popd',
  'export',
  'set',
  'unset',
  'alias',
  'history',
  'man',
  'xxd',
  'od',
  'hexdump',
  'strings',
  'comm',
  'fold',
  'rev',
  'tac',
  'get-content',
  'get-childitem',
  'select-string',
  'write-output',
  'get-location',
  'set-location',
  'dir',
  'where',
  'findstr',
  'ver',
]);
export const readingGit: ReadonlySet<string> = new Set([
  'status',
  'log',
  'diff',
  'show',
  'blame',
  'branch',
  'remote',
  'rev-parse',
  'ls-files',
  'ls-tree',
  'describe',
  'grep',
  'shortlog',
  'cat-file',
  'rev-list',
  'config',
  'reflog',
  'tag',
  'for-each-ref',
  'check-ignore',
  'version',
  'help',
  'fetch',
]);

/** The files a call writes, changes or removes by its arguments, for the usual programs. */
export function filesWritten(call: Call): readonly Field[] {
  const words = (): Field[] => call.args.filter((a) => !a.text.startsWith('-'));
  switch (call.name) {
    case 'tee':
    case 'rm':
    case 'unlink':
    case 'touch':
    case 'truncate':
    case 'shred':
    case 'sponge':
    case 'rmdir':
    case 'remove-item':
    case 'del':
    case 'erase':
      return words();
    case 'mv':
    case 'move':
    case 'move-item':
    case 'ren':
      return words();
    case 'cp':
    case 'install':
    case 'ln':
    case 'copy':
    case 'copy-item':
    case 'rsync':
      return words().slice(-1);
    case 'sed':
    case 'gsed':
    case 'perl': {
      if (!call.args.some((a) => /^-\w*i|^--in-place/.test(a.text))) return [];
      // The program text is no file: the word after -e, or the first word when there is no -e.
      const given = call.args.some((a) => /^-\w*[ef]$/.test(a.text));
      const files = call.args.filter(
        (a, i) => !a.text.startsWith('-') && !/^-\w*[ef]$/.test(call.args[i - 1]?.text ?? ''),
      );
      return given ? files : files.slice(1);
    }
    case 'set-content':
    case 'add-content':
    case 'out-file':
    case 'clear-content':
    case 'new-item':
      return words().slice(0, 1);
    case 'dd':
      return call.args.filter((a) => a.text.startsWith('of=')).map((a) => ({ ...a, text: a.text.slice(3) }));
    case 'curl':
    case 'wget':
      return call.args.filter((_, i) => /^-(?:o|O|-output|-output-document)$/.test(call.args[i - 1]?.text ?? ''));
    case 'git': {
      const verb = call.args.findIndex((a) => !a.text.startsWith('-'));
      return /^(?:rm|mv|restore)$/.test(call.args[verb]?.text ?? '')
        ? call.args.slice(verb + 1).filter((a) => !a.text.startsWith('-'))
        : [];
    }
    default:
      return [];
  }
}
