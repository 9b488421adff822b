/** Finding the command in the arguments of a program that runs it. */
import type { Scope } from '../evaluate.ts';
import type { Field } from '../model.ts';

export const set = (words: string): ReadonlySet<string> => new Set(words === '' ? [] : words.split(' '));

export const inner = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 });

/** Index of the first word that is no option (nor an option's value). */
export function firstWord(args: readonly Field[], valued: ReadonlySet<string>, from: number): number {
  let i = from;
  for (; i < args.length; i++) {
    const text = args[i]!.text;
    if (text === '--') return i + 1;
    if (!text.startsWith('-') || text === '-') return i;
    if (valued.has(text)) i++;
  }
  return i;
}

export function valueOf(args: readonly Field[], ...names: readonly string[]): Field | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    for (const name of names) {
      if (arg.text === name) return args[i + 1];
      if (name.startsWith('--') && arg.text.startsWith(`${name}=`))
        return { ...arg, text: arg.text.slice(name.length + 1) };
    }
  }
  return undefined;
}

/** All values of an option, in its glued (`-Ix`, `--name=x`) and its separate form. */
export function valuesOf(args: readonly Field[], ...names: readonly string[]): string[] {
  const out: string[] = [];
  for (const [i, { text }] of args.entries())
    for (const name of names) {
      if (text === name) out.push(args[i + 1]?.text ?? '');
      else if (name.startsWith('--') ? text.startsWith(`${name}=`) : name.length === 2 && text.startsWith(name))
        out.push(text.slice(name.length + (name.startsWith('--') ? 1 : 0)));
    }
  return out;
}

/** The value after a cluster of short options that ends in `letter` (`-qc 'x'`). */
export function shortCluster(args: readonly Field[], letter: string): Field | undefined {
  for (let i = 0; i < args.length; i++) {
    const text = args[i]!.text;
    if (/^-[A-Za-z]+$/.test(text) && text.endsWith(letter)) return args[i + 1];
  }
  return undefined;
}

export const stripVersion = (words: readonly Field[]): Field[] => {
  const first = words[0]!;
  return [{ ...first, text: first.text.replace(/(.)@[^/]*$/, '$1') }, ...words.slice(1)];
};

/** A word as one shell word again. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
