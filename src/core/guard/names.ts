/** Which program a word names. */
import type { Field } from './model.ts';

/** Built-in aliases of PowerShell whose commands the rules know. */
export const powerShellAliases: Readonly<Record<string, string>> = {
  rm: 'remove-item',
  del: 'remove-item',
  erase: 'remove-item',
  rd: 'remove-item',
  ri: 'remove-item',
  rmdir: 'remove-item',
  cp: 'copy-item',
  copy: 'copy-item',
  cpi: 'copy-item',
  mv: 'move-item',
  move: 'move-item',
  mi: 'move-item',
  cat: 'get-content',
  gc: 'get-content',
  type: 'get-content',
  curl: 'invoke-webrequest',
  wget: 'invoke-webrequest',
  iwr: 'invoke-webrequest',
  irm: 'invoke-restmethod',
  iex: 'invoke-expression',
  sc: 'set-content',
  ac: 'add-content',
  clc: 'clear-content',
  ni: 'new-item',
  kill: 'stop-process',
  spps: 'stop-process',
  rni: 'rename-item',
  ren: 'rename-item',
  foreach: 'foreach-object',
  '%': 'foreach-object',
  gci: 'get-childitem',
  icm: 'invoke-command',
  sp: 'set-itemproperty',
  rp: 'remove-itemproperty',
  sal: 'set-alias',
  nal: 'new-alias',
  spsv: 'stop-service',
  echo: 'write-output',
  write: 'write-output',
  sl: 'set-location',
  chdir: 'set-location',
  saps: 'start-process',
  start: 'start-process',
  clhy: 'clear-history',
};

/** Base name of a program, lower case: `/usr/bin/RM`, `C:\x\rm.exe` → `rm`; '' when it is not known. */
export function programName(field: Field): string {
  const text = field.text;
  const slash = Math.max(text.lastIndexOf('/'), /^[A-Za-z]:|^\\|^\.\.?\\/.test(text) ? text.lastIndexOf('\\') : -1);
  const base = text.slice(slash + 1).toLowerCase();
  if (field.dynamic && (base.includes('$') || base === '')) {
    // `g$@it`, `python$VERSION`: what is left when the unknown part is empty is most likely the program.
    const rest = base.replace(/\$(?:\(\)|\w+|[@*])/g, '').replace(/\.(?:exe|cmd|bat|com)$/, '');
    return rest !== '' && rest !== base && /^[a-z][\w.+-]*$/.test(rest) ? rest : '';
  }
  const name = base.replace(/\.(?:exe|cmd|bat|com)$/, '');
  return /[*?[]/.test(name) && !field.quoted && name.length > 1 ? matchProgram(name) : name;
}

/** `/bin/r?`: a pattern in the program's place; the dangerous program it fits, or the pattern itself. */
function matchProgram(pattern: string): string {
  for (const candidate of [
    'rm',
    'dd',
    'sh',
    'bash',
    'mkfs',
    'shred',
    'chmod',
    'chown',
    'curl',
    'wget',
    'python3',
    'perl',
  ])
    if (fits(pattern, candidate)) return candidate;
  return pattern;
}

function fits(pattern: string, name: string): boolean {
  let i = 0;
  let j = 0;
  while (i < pattern.length && j < name.length) {
    const c = pattern[i]!;
    if (c === '*') return name.endsWith(pattern.slice(i + 1).replace(/\*/g, ''));
    if (c === '[') {
      const close = pattern.indexOf(']', i);
      if (close < 0 || !pattern.slice(i + 1, close).includes(name[j]!)) return false;
      i = close;
    } else if (c !== '?' && c !== name[j]) return false;
    i++;
    j++;
  }
  return i === pattern.length && j === name.length;
}
