import { code } from './kit/code.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

export const filePermissions: Rule = {
  id: 'file-permissions-wide',
  title: 'File open to everyone on the machine',
  tier: 'high',
  category: 'authorization',
  languages: [...codeLanguages, 'ansible'],
  references: ['CWE-732', 'CWE-276'],
  why: 'Other users and services on the machine can change what this program reads, or run what it writes.',
  remedy: 'use 0600 for files and 0700 for folders, and widen for one group where needed',
  keywords: [
    'chmod',
    'writefile',
    'openfile',
    'mkdir',
    'mkdirall',
    'fchmod',
    'mode',
    'umask',
    'chmodsync',
    'setposixfilepermissions',
    'setreadable',
    'setwritable',
    'makedirs',
    'lchmod',
    'mkdirsync',
    'writefilesync',
    'file_mode',
    'perm',
    'dir',
  ],
  check(source, report) {
    const c = code(source);
    const risky = (mode: number): boolean => (mode & 0o002) !== 0;
    const parse = (t: string): number | undefined => {
      const m = /^(?:0o?|os\.FileMode\(0o?)?([0-7]{3,4})\)?$/.exec(t.replace(/^["']|["']$/g, ''));
      return m && /^(?:0|["']|os)/.test(t) ? parseInt(m[1]!, 8) : undefined;
    };
    // Nobody but a group gets something: that is less than everyone.
    const ofGroup = (mode: number | undefined): Partial<Hit> =>
      mode === undefined || (mode & 0o007) !== 0
        ? {}
        : {
            tier: 'medium',
            message: 'Open to a whole group: use 0600 for files and 0700 for folders, or be sure who is in it.',
          };
    for (const call of c.facts.calls) {
      const hit = { start: call.start, end: call.end };
      if (source.language === 'go' && call.callee === 'http.Dir' && c.facts.literal(call.args[0]) === '/')
        report({ ...hit, key: 'root', message: 'The whole file system is served: name the one folder to serve.' });
      else if (/(?:^|\.)(?:l?chmod|fchmod|chmodSync|fchmodSync|Chmod)$/.test(call.callee)) {
        const mode = call.args.map((a) => parse(c.text(a))).find((x) => x !== undefined);
        const text = c.text({ from: call.open, to: call.close });
        if (
          (mode !== undefined &&
            (risky(mode) ||
              (mode & 0o020) !== 0 ||
              (source.language === 'python' && (mode & 0o011) !== 0 && (mode & 0o007) !== 0 && mode > 0o755))) ||
          /S_IWOTH|S_IRWXO/.test(text)
        )
          report({ ...hit, key: text, ...(!/S_IWOTH|S_IRWXO/.test(text) && ofGroup(mode)) });
        else if (
          source.language === 'go' &&
          mode !== undefined &&
          (mode & 0o077) !== 0 &&
          (mode & 0o011) === 0 &&
          mode > 0o644
        )
          report({ ...hit, key: text, ...ofGroup(mode) });
      } else if (source.language === 'go' && /^(?:os|ioutil)\.(?:WriteFile|OpenFile)$/.test(call.callee)) {
        const mode = parse(c.text(call.args.at(-1)));
        if (mode !== undefined && (mode & 0o133) !== 0 && (mode & 0o077) !== 0)
          report({ ...hit, key: c.text(call.args.at(-1)), ...ofGroup(mode) });
      } else if (source.language === 'go' && /^os\.Mkdir(?:All|Temp)?$/.test(call.callee)) {
        const mode = parse(c.text(call.args.at(-1)));
        if (mode !== undefined && (mode & 0o022) !== 0)
          report({ ...hit, key: c.text(call.args.at(-1)), ...ofGroup(mode) });
      } else if (
        /^(?:os\.umask|syscall\.Umask|process\.umask)$/.test(call.callee) &&
        /^(?:0|0o?0+|000)$/.test(c.text(call.args[0]))
      )
        report({ ...hit, key: 'umask' });
      else if (
        /^(?:setReadable|setWritable|setExecutable)$/.test(call.name) &&
        /true\s*,\s*false/.test(c.text({ from: call.open, to: call.close }))
      )
        report(hit);
      else if (/(?:^|\.)(?:makedirs|mkdir)$/.test(call.callee) && source.language === 'python') {
        const mode = c.named(call, 'mode');
        if (mode && risky(parse(c.text(mode)) ?? 0)) report({ ...hit, key: 'mkdir' });
      }
    }
    if (/java|kotlin/.test(source.language))
      for (const m of source.text.matchAll(
        /PosixFilePermission\.OTHERS_(?:WRITE|EXECUTE|READ)|fromString\(\s*"[r-][w-][x-][r-][w-][x-]r?w/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
  },
  fix(text) {
    // Octal modes only: take everything from group and others, keep what the owner has.
    const found = [...text.matchAll(/\b(0o?)([0-7])[0-7][0-7]\b/g)];
    if (found.length !== 1) return undefined;
    const m = found[0]!;
    const safe = `${m[1]}${m[2]}00`;
    return {
      title: `Open it to its owner only (${safe})`,
      newText: text.slice(0, m.index) + safe + text.slice(m.index + m[0].length),
    };
  },
};
