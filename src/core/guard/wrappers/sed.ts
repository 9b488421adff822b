/** `sed` runs commands too (GNU): the command `e`, and the flag `e` of `s`. */
import type { Evaluator, Scope } from '../evaluate.ts';
import type { Call, Input } from '../model.ts';
import { unknownToShell } from './shells.ts';
import { inner, valuesOf } from './words.ts';

/** Follows what a sed script runs. Undefined: its own output counts. */
export function runSed(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const given = valuesOf(call.args, '-e', '--expression');
  const scripts =
    given.length > 0
      ? given
      : call.args
          .filter((a) => !a.text.startsWith('-'))
          .slice(0, 1)
          .map((a) => a.text);
  for (const script of scripts) {
    if (!ev.spend(script.length)) return undefined;
    // `1e CMD`, `/x/e CMD`, `$!e CMD`; `e` alone runs what it reads.
    const command = /^\s*(?:(?:[\d,$~+!]|\/(?:[^/\\]|\\.){0,200}\/)\s*){0,6}e(?:\s+(\S[\s\S]*))?$/.exec(script);
    if (command?.[1] !== undefined) ev.runText(command[1], inner(scope));
    else if (command && call.input.kind === 'known') ev.runText(call.input.text ?? '', inner(scope));
    else if (command && call.input.kind !== 'none') ev.hits.push(unknownToShell('sed'));
    const text = replaced(script);
    if (text !== undefined) ev.runText(text, inner(scope));
  }
  return undefined;
}

/** The replacement of `s/…/…/e`; undefined when the script has no such flag. */
function replaced(script: string): string | undefined {
  const at = /(?:^|[\d$/;{}\s!])s([^\w\s;{}])/.exec(script);
  if (!at) return undefined;
  const delimiter = at[1]!;
  const parts: string[] = [];
  let part = '';
  let i = at.index + at[0].length;
  for (; i < script.length && parts.length < 2; i++) {
    const c = script[i]!;
    if (c === '\\') {
      const next = script[++i] ?? '';
      part += next === delimiter || next === '&' ? next : `\\${next}`;
    } else if (c === delimiter) {
      parts.push(part);
      part = '';
    } else part += c;
  }
  const flags = /^[gpiImM\d]*/.exec(script.slice(i, i + 16))?.[0] ?? '';
  return parts.length === 2 && script[i + flags.length] === 'e' ? parts[1] : undefined;
}
