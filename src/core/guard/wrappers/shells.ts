/** Shells and what they are given: a text, a script, standard input. */
import type { Evaluator, Scope } from '../evaluate.ts';
import { hit, unknownInput, noInput } from '../model.ts';
import type { Call, Field, Hit, Input } from '../model.ts';
import { inner, set } from './words.ts';

export const shells = set(
  'sh bash zsh dash ksh mksh ash fish rbash busybox-sh tcsh csh yash oksh osh ysh hush xonsh nu elvish posh git-shell',
);

export function runEval(call: Call, scope: Scope, ev: Evaluator): Input {
  const source = taintOf(call.args);
  if (source === 'network') ev.hits.push(networkToShell('eval'));
  else if (source === 'decoded') ev.hits.push(decodedToShell('eval'));
  return ev.runText(call.args.map((a) => a.text).join(' '), scope, call.input);
}

export function taintOf(fields: readonly Field[]): 'network' | 'decoded' | undefined {
  for (const { text, dynamic } of fields) {
    if (!dynamic) continue;
    if (text.includes('$(network)') || text.includes('<(network)')) return 'network';
    if (text.includes('$(decoded)') || text.includes('<(decoded)')) return 'decoded';
  }
  return undefined;
}

export const networkToShell = (shell: string): Hit =>
  hit(
    'network-to-shell',
    'critical',
    'supply-chain',
    'deny',
    `This downloads code and runs it in ${shell} unseen`,
    'Download it to a file, read it, check its checksum, then run it',
  );

export const decodedToShell = (shell: string): Hit =>
  hit(
    'decoded-to-shell',
    'critical',
    'command-execution',
    'deny',
    `This decodes hidden text and runs it in ${shell}`,
    'Write the command in plain text',
  );

export const unknownToShell = (shell: string): Hit =>
  hit(
    'unknown-to-shell',
    'high',
    'command-execution',
    'ask',
    `This builds commands at run time and hands them to ${shell}, so nobody can see beforehand what runs`,
    'Write the commands out, or pass the data as arguments of a fixed command',
  );

export function runShell(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const next = { ...inner(scope), shell: 'posix' as const };
  let at = 0;
  let takesText = false;
  let reads = false;
  for (; at < args.length; at++) {
    const text = args[at]!.text;
    if (text === '--' || text === '-') {
      at++;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    if (
      text === '--rcfile' ||
      text === '--init-file' ||
      text === '-o' ||
      text === '+o' ||
      text === '-O' ||
      text === '+O' ||
      // `bash -euo pipefail -c …`
      /^-[abefhkmnptuvxBCEHPT]*o$/.test(text)
    ) {
      at++;
      continue;
    }
    if (text.startsWith('--')) {
      if (text.startsWith('--command=')) return ev.runText(text.slice(10), next);
      if (text === '--command') takesText = true;
      if (text === '--help' || text === '--version') return noInput;
      continue;
    }
    if (text.startsWith('-') && text.includes('n') && !text.includes('c')) return noInput; // only checks the syntax
    if (text.includes('c') && text.startsWith('-')) takesText = true;
    if (text.includes('s') && text.startsWith('-')) reads = true;
  }
  if (takesText) {
    const text = args[at];
    if (!text) return noInput;
    const source = taintOf([text]);
    if (source === 'network') ev.hits.push(networkToShell(call.name));
    if (source === 'decoded') ev.hits.push(decodedToShell(call.name));
    return ev.runText(text.text, { ...next, positional: args.slice(at + 2) }, call.input);
  }
  const script = reads ? undefined : args[at];
  if (script) return runScript(script, args.slice(at + 1), call, next, ev);
  return runInput(call, next, ev);
}

/** What comes in through standard input is run. */
export function runInput(call: Call, scope: Scope, ev: Evaluator): Input {
  switch (call.input.kind) {
    case 'known':
      return ev.runText(call.input.text ?? '', scope);
    case 'network':
      ev.hits.push(networkToShell(call.name));
      return unknownInput;
    case 'decoded':
      ev.hits.push(decodedToShell(call.name));
      return unknownInput;
    case 'unknown':
    case 'secret':
      ev.hits.push(unknownToShell(call.name));
      return unknownInput;
    default:
      return unknownInput;
  }
}

export function runScript(
  script: Field,
  args: readonly Field[],
  call: Call,
  scope: Scope,
  ev: Evaluator,
): Input | undefined {
  if (script.dynamic) {
    const source = taintOf([script]);
    if (source === 'network') ev.hits.push(networkToShell(call.name));
    else if (source === 'decoded') ev.hits.push(decodedToShell(call.name));
    else if (script.text.startsWith('<(known)')) return ev.runText(script.text.slice(8), inner(scope));
    else if (script.text.includes('<()')) ev.hits.push(unknownToShell(call.name));
    return unknownInput;
  }
  if (/^\/dev\/(?:stdin|fd\/0)$|^\/proc\/self\/fd\/0$/.test(script.text)) return runInput(call, scope, ev);
  ev.noteRun(script.text, scope.dir);
  const own = ev.writtenTo(script.text, scope.dir);
  if (own && own.kind !== 'known') return runInput({ ...call, input: own }, scope, ev);
  const text = ev.readFile(script.text, scope);
  if (text === undefined) return undefined;
  const shebang = /^#!\s*\S*?\/?(?:env\s+(?:-S\s+)?)?([\w.+-]+)\s*$/m.exec(
    text.slice(0, 200).split('\n')[0] ?? '',
  )?.[1];
  const known =
    shebang === undefined
      ? shells.has(call.name) || call.name === '.' || call.name === 'source' || /\.(?:sh|bash)$/.test(script.text)
      : shells.has(shebang.split('/').at(-1)!);
  if (!known || text.includes('\0')) return undefined;
  return ev.runText(text, { ...inner(scope), positional: args }, call.input);
}
