/** Reading option words the way the usual option parsers do, without knowing every program. */
import type { Field } from './model.ts';

export interface Options {
  /** Short letters and long names (without dashes) that occurred. */
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  /** Everything that is no option, in order. */
  readonly words: readonly Field[];
}

/**
 * Splits arguments into options and words. `valued` names the options that take the next word
 * (`n` for `-n x`, `namespace` for `--namespace x`, `-name` for a single-dash long option).
 */
export function readOptions(args: readonly Field[], valued: ReadonlySet<string> = none, from = 0): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const words: Field[] = [];
  for (let i = from; i < args.length; i++) {
    const field = args[i]!;
    const text = field.text;
    if (text === '--') {
      for (let j = i + 1; j < args.length; j++) words.push(args[j]!);
      break;
    }
    if (text.startsWith('--')) {
      const equals = text.indexOf('=');
      const name = equals < 0 ? text.slice(2) : text.slice(2, equals);
      flags.add(name);
      if (equals >= 0) values.set(name, text.slice(equals + 1));
      else if (valued.has(name)) values.set(name, args[++i]?.text ?? '');
    } else if (text.length > 1 && text.startsWith('-')) {
      const equals = text.indexOf('=');
      const long = equals < 0 ? text : text.slice(0, equals);
      if (valued.has(long)) {
        flags.add(long.slice(1));
        values.set(long.slice(1), equals < 0 ? (args[++i]?.text ?? '') : text.slice(equals + 1));
        continue;
      }
      // A single-dash long option (-auto-approve, -delete) as well as a cluster of letters (-rf).
      flags.add(long.slice(1));
      if (equals >= 0) values.set(long.slice(1), text.slice(equals + 1));
      const letters = long.slice(1, 33);
      for (let k = 0; k < letters.length; k++) {
        const letter = letters[k]!;
        flags.add(letter);
        if (!valued.has(letter)) continue;
        values.set(letter, k + 1 < text.length - 1 ? text.slice(k + 2) : (args[++i]?.text ?? ''));
        break;
      }
    } else words.push(field);
  }
  return { flags, values, words };
}
const none: ReadonlySet<string> = new Set();

/** Whether any of the flags is there. */
export const hasAny = (flags: ReadonlySet<string>, ...names: readonly string[]): boolean =>
  names.some((n) => flags.has(n));

/** Whether a long option is there, also shortened as getopt_long allows (`--recurs`). */
export function hasLong(flags: ReadonlySet<string>, name: string, least = 3): boolean {
  if (flags.has(name)) return true;
  for (const flag of flags) if (flag.length >= least && name.startsWith(flag)) return true;
  return false;
}

/** `--help`, `--version` and their kin: the program explains itself and does nothing. */
export function asksForHelp(call: { readonly args: readonly Field[] }): boolean {
  for (const [i, { text }] of call.args.entries()) {
    if (text === '--') return false;
    // `helm upgrade … --version 1.2` names a version; `--version` alone asks for one.
    if (text === '/?' && i === call.args.length - 1) return true;
    if (text === '--help' || text === '-help' || (text === '--version' && i === 0)) return true;
  }
  const only = call.args.length === 1 ? call.args[0]!.text : '';
  return only === '-h' || only === '-V' || only === 'help' || only === 'version';
}

/** The words as plain text. */
export const texts = (fields: readonly Field[]): string[] => fields.map((f) => f.text);
