/**
 * Follows a parsed command line the way a shell would run it, without running anything: assignments, expansions,
 * pipes, functions, `cd`, wrappers (see wrappers/), until program calls are left, which the families of rules judge.
 *
 * Everything is bounded by one budget, so hostile input costs at most a constant times its length; when the budget or
 * a depth runs out, `overflow` says that a part was not seen, and the verdict fails closed.
 */
import type { ReadText } from '../ports.ts';
import { applyOperator, expandBraces, FieldBuilder, joinFields } from './expansion.ts';
import { filesWritten, readers, readingGit } from './footprint.ts';
import { noInput, unknownInput } from './model.ts';
import type { Call, Context, Field, FileTarget, Hit, Input } from './model.ts';
import { powerShellAliases, programName } from './names.ts';
import { outputOf } from './outputs.ts';
import { canonical, tidy } from './places.ts';
import type { Command, Compound, List, Parsed, Part, Pipeline, Redirect, Simple, Word } from './syntax.ts';

export type Shell = Call['shell'];

/** What nested commands inherit. `dir` changes with `cd`. */
export interface Scope {
  readonly env: Map<string, Field>;
  readonly functions: Map<string, List>;
  readonly positional: readonly Field[] | undefined;
  dir: string;
  readonly raised: boolean;
  readonly remote: boolean;
  readonly depth: number;
  readonly shell: Shell;
  /** A pipe or a substitution takes the output. */
  readonly captured?: boolean;
}

export interface WriteTarget {
  readonly path: string;
  readonly dynamic: boolean;
  readonly dir: string;
}

export interface EvaluatorOptions {
  readonly context: Context;
  readonly readText: ReadText | undefined;
  readonly judge: (call: Call) => Hit | undefined;
  readonly parsers: Readonly<Record<Shell, (text: string) => Parsed>>;
  readonly budget: number;
  /** Follows a call that runs another command; undefined when it is none (wrappers/). */
  readonly unwrap: (call: Call, scope: Scope, evaluator: Evaluator) => Input | undefined;
}

const maxDepth = 24;

export class Evaluator {
  readonly hits: Hit[] = [];
  readonly writes: WriteTarget[] = [];
  overflow = false;
  /** False once something ran that may change files. */
  readsOnly = true;
  readonly options: EvaluatorOptions;
  private left: number;

  constructor(options: EvaluatorOptions) {
    this.options = options;
    this.left = options.budget;
  }

  /** Takes `n` from the budget; false when it is used up. */
  spend(n: number): boolean {
    this.left -= n + 1;
    if (this.left >= 0) return true;
    this.overflow = true;
    return false;
  }

  root(shell: Shell): Scope {
    const env = new Map<string, Field>();
    const known = (name: string, text: string): void => void env.set(name, { text, dynamic: false, quoted: false });
    known('IFS', ' \t\n');
    known('SHELL', '/bin/sh');
    known('BASH', '/bin/bash');
    return { env, functions: new Map(), positional: undefined, dir: '', raised: false, remote: false, depth: 0, shell };
  }

  /** Parses and follows a text that some program hands to a shell. */
  runText(text: string, scope: Scope, input: Input = noInput): Input {
    if (scope.depth >= maxDepth || !this.spend(text.length)) {
      this.overflow = true;
      return unknownInput;
    }
    const parsed = this.options.parsers[scope.shell](text);
    if (parsed.overflow) this.overflow = true;
    return this.runList(parsed.list, { ...scope, depth: scope.depth + 1 }, input);
  }

  runList(list: List, scope: Scope, input: Input = noInput): Input {
    let known: string | undefined = '';
    let kind: Input['kind'] = 'known';
    for (const pipeline of list) {
      const output = this.runPipeline(pipeline, scope, input);
      if (output.kind === 'known' && known !== undefined) {
        known = known.length + (output.text?.length ?? 0) > 65536 ? undefined : known + (output.text ?? '');
      } else if (output.kind !== 'none') {
        known = undefined;
        kind = worse(kind, output.kind);
      }
    }
    return known === undefined ? { kind: kind === 'known' ? 'unknown' : kind } : { kind: 'known', text: known };
  }

  private runPipeline(pipeline: Pipeline, scope: Scope, first: Input): Input {
    let input = first;
    const last = pipeline.length - 1;
    for (const [i, command] of pipeline.entries())
      input = this.runCommand(command, i < last ? { ...scope, captured: true } : scope, input);
    return input;
  }

  private runCommand(command: Command, scope: Scope, input: Input): Input {
    if (!this.spend(1)) return unknownInput;
    return command.kind === 'simple' ? this.runSimple(command, scope, input) : this.runCompound(command, scope, input);
  }

  private runCompound(compound: Compound, scope: Scope, input: Input): Input {
    const { outputs, input: own } = this.redirects(compound.redirects, scope, input);
    if (own.kind === 'secret' && own.text !== undefined) this.judgeSecretInput(own.text, [], scope);
    this.noteOutputs(outputs, scope);
    switch (compound.word) {
      case 'arith':
        this.runSubstitutionsOnly(compound.list, scope);
        return { kind: 'known', text: '' };
      case '(': {
        const dir = scope.dir;
        const result = this.runList(compound.list, scope, own);
        scope.dir = dir;
        this.keep(outputs, result, scope);
        return result;
      }
      case 'function': {
        const name = compound.name ?? '';
        if (callsItselfTwice(compound.list, name)) this.hits.push(forkBomb);
        scope.functions.set(name, compound.list);
        // Judge the body once, even if nothing calls it here: it may be called from a later command.
        if (this.spend(scope.env.size))
          this.runList(compound.list, { ...scope, functions: new Map(), env: new Map(scope.env) }, noInput);
        return noInput;
      }
      case 'for':
      case 'select': {
        const fields = (compound.items ?? []).flatMap((w) => this.expand(w, scope));
        if (compound.name !== undefined && compound.items !== undefined)
          scope.env.set(compound.name, {
            text:
              fields.length > 0
                ? fields
                    .map((f) => f.text)
                    .join(' ')
                    .slice(0, 4096)
                : `$${compound.name}`,
            dynamic: fields.length === 0 || fields.some((f) => f.dynamic),
            quoted: false,
          });
        return this.runList(compound.list, scope, own);
      }
      default: {
        for (const word of compound.items ?? []) this.expand(word, scope);
        const result = this.runList(compound.list, scope, own);
        this.keep(outputs, result, scope);
        return result;
      }
    }
  }

  private runSimple(simple: Simple, scope: Scope, piped: Input): Input {
    const env = new Map<string, string>();
    for (const assign of simple.assigns) {
      const value = this.expandToOne(assign.value, scope);
      env.set(assign.name, value.text);
      if (simple.words.length === 0) {
        const before = assign.append ? scope.env.get(assign.name) : undefined;
        scope.env.set(assign.name, before ? joinFields(before, value) : value);
      }
    }
    const fields: Field[] = [];
    for (const word of simple.words) for (const field of this.expand(word, scope)) fields.push(field);
    const { outputs, input } = this.redirects(simple.redirects, scope, piped);
    if (fields.length === 0) {
      this.noteOutputs(outputs, scope);
      if (outputs.length > 0 || env.size > 0) this.judgeBare(env, outputs, scope);
      return simple.assigns.length > 0 ? { kind: 'known', text: '' } : input;
    }
    if (
      input.kind === 'secret' &&
      input.text !== undefined &&
      !/^(?:source|\.|ssh-add|gpg|test|\[)$/.test(fields[0]!.text)
    )
      this.judgeSecretInput(input.text, fields, scope);
    const output = this.dispatch(fields, scope, { input, outputs, env });
    this.keep(outputs, output, scope);
    // What goes into a file does not go down the pipe.
    return outputs.length > 0 ? { kind: 'known', text: '' } : output;
  }

  /** Assignments and redirections without a program: `HISTFILE=/dev/null`, `> /etc/passwd`. */
  private judgeBare(env: ReadonlyMap<string, string>, outputs: readonly FileTarget[], scope: Scope): void {
    const found = this.options.judge({
      name: ':',
      program: { text: ':', dynamic: false, quoted: false },
      args: [],
      input: noInput,
      outputs,
      env,
      raised: scope.raised,
      remote: scope.remote,
      dir: scope.dir,
      shell: scope.shell,
      printed: false,
    });
    if (found) this.hits.push(found);
  }

  /** Follows one command through its wrappers to the calls it makes. */
  dispatch(
    fields: readonly Field[],
    scope: Scope,
    from: {
      readonly input?: Input;
      readonly outputs?: readonly FileTarget[];
      readonly env?: ReadonlyMap<string, string>;
    } = {},
  ): Input {
    if (fields.length === 0) return noInput;
    if (scope.depth >= maxDepth || !this.spend(fields.length)) {
      this.overflow = true;
      return unknownInput;
    }
    const program = fields[0]!;
    const plainName = programName(program);
    const name =
      // `sc.exe` is no alias.
      scope.shell === 'powershell' && Object.hasOwn(powerShellAliases, plainName) && !/\.exe$/i.test(program.text)
        ? powerShellAliases[plainName]!
        : plainName;
    const call: Call = {
      name,
      program,
      args: fields.slice(1),
      input: from.input ?? noInput,
      outputs: from.outputs ?? [],
      env: from.env ?? noEnv,
      raised: scope.raised,
      remote: scope.remote,
      dir: scope.dir,
      shell: scope.shell,
      printed: scope.captured !== true && (from.outputs?.length ?? 0) === 0,
    };
    const body = program.quoted && program.dynamic ? undefined : scope.functions.get(program.text);
    if (body && scope.depth < maxDepth - 4 && this.spend(scope.functions.size)) {
      const functions = new Map(scope.functions);
      functions.delete(program.text);
      const inner: Scope = { ...scope, functions, positional: call.args, depth: scope.depth + 1 };
      return this.runList(body, inner, call.input);
    }
    this.note(call, scope);
    const found = this.options.judge(call);
    if (found) this.hits.push(found);
    const inner = this.options.unwrap(call, scope, this);
    if (inner) return inner;
    if (found?.rule === 'secret-read') return { kind: 'secret' };
    if (name === 'cd' || name === 'pushd' || name === 'set-location' || name === 'chdir') this.changeDir(call, scope);
    if (
      name === 'export' ||
      name === 'declare' ||
      name === 'local' ||
      name === 'readonly' ||
      name === 'typeset' ||
      name === 'set'
    )
      this.assignWords(call, scope);
    if (name === 'printf' && call.args[0]?.text === '-v' && call.args[1]) {
      const text = outputOf(call, this);
      scope.env.set(call.args[1].text, {
        text: text.kind === 'known' ? (text.text ?? '') : `$${call.args[1].text}`,
        dynamic: text.kind !== 'known',
        quoted: false,
      });
    }
    if (name === 'tee' && call.input.kind !== 'none')
      this.keep(
        call.args
          .filter((a) => !a.text.startsWith('-'))
          .map((path) => ({ path, append: call.args.some((a) => /^-\w*a|^--append$/.test(a.text)) })),
        call.input,
        scope,
      );
    if (name === 'read' || name === 'mapfile' || name === 'readarray') this.readWords(call, scope);
    return outputOf(call, this);
  }

  private changeDir(call: Call, scope: Scope): void {
    const target = call.args.find((a) => a.text === '-' || (!a.text.startsWith('-') && !/^\/d$/i.test(a.text)));
    if (!target) {
      scope.dir = '~';
      return;
    }
    const path = canonical(target.text);
    if (path === '-' || target.dynamic) scope.dir = /^\$[A-Za-z_]\w*$/.test(path) && target.dynamic ? path : scope.dir;
    else
      scope.dir = /^(?:[/~]|[A-Za-z]:)/.test(path)
        ? tidy(path)
        : tidy(scope.dir === '' ? path : `${scope.dir}/${path}`);
    if (scope.dir === '.') scope.dir = '';
  }

  private assignWords(call: Call, scope: Scope): void {
    if (scope.shell === 'cmd') {
      // `set X=all the rest of it`
      const whole = call.args.map((a) => a.text).join(' ');
      const equals = whole.indexOf('=');
      if (equals > 0)
        scope.env.set(whole.slice(0, equals).replace(/^"/, ''), {
          text: whole.slice(equals + 1).replace(/"$/, ''),
          dynamic: call.args.some((a) => a.dynamic),
          quoted: false,
        });
      return;
    }
    for (const arg of call.args) {
      const equals = arg.text.indexOf('=');
      if (equals > 0)
        scope.env.set(arg.text.slice(0, equals), {
          text: arg.text.slice(equals + 1),
          dynamic: arg.dynamic,
          quoted: false,
        });
    }
  }

  private readWords(call: Call, scope: Scope): void {
    const names = call.args.filter((a) => /^[A-Za-z_]\w*$/.test(a.text));
    const known = call.input.kind === 'known' ? (call.input.text ?? '').trim() : undefined;
    for (const [i, name] of names.entries())
      scope.env.set(
        name.text,
        known !== undefined && i === 0 && names.length === 1
          ? { text: known, dynamic: false, quoted: false }
          : { text: `$${name.text}`, dynamic: true, quoted: false },
      );
  }

  private note(call: Call, scope: Scope): void {
    this.noteOutputs(call.outputs, scope);
    if (!call.remote) for (const file of filesWritten(call)) this.noteWrite(file, scope.dir);
    if (!this.readsOnly) return;
    if (readers.has(call.name)) return;
    if (call.name === 'git' && readingGit.has(call.args.find((a) => !a.text.startsWith('-'))?.text ?? '')) return;
    if (call.name === 'find' && !call.args.some((a) => /^-(?:delete|exec|execdir|ok|okdir|fprint|fls)/.test(a.text)))
      return;
    if (call.name === 'sed' && !call.args.some((a) => /^-[a-z]*i|^--in-place/.test(a.text))) return;
    this.readsOnly = false;
  }

  private noteOutputs(outputs: readonly FileTarget[], scope: Scope): void {
    for (const { path } of outputs) this.noteWrite(path, scope.dir);
  }

  /** Files this command line downloads, by path. */
  private readonly downloads = new Set<string>();

  noteDownload(call: Call): void {
    const files: string[] = call.outputs.map((o) => o.path.text);
    let own = call.name === 'wget' || call.name === 'aria2c';
    // `certutil -urlcache -f URL FILE`, `bitsadmin /transfer NAME URL FILE`, `Start-BitsTransfer URL FILE`
    if (/^(?:certutil|bitsadmin|start-bitstransfer)$/.test(call.name)) files.push(call.args.at(-1)?.text ?? '');
    for (let i = 0; i < call.args.length; i++) {
      const { text } = call.args[i]!;
      const next = call.args[i + 1]?.text ?? '';
      if (
        call.name === 'wget'
          ? /^(?:-[a-zA-Z]*O|--output-document)$/.test(text)
          : /^(?:-[a-zA-Z]*o|--output|-OutFile)$/i.test(text) && text !== '-O'
      ) {
        files.push(next);
        own = false;
      } else if (/^-Destination$/i.test(text)) files.push(next);
      else if (/^(?:--output|--output-document)=/.test(text)) files.push(text.slice(text.indexOf('=') + 1));
      else if (call.name === 'curl' && /^-[a-zA-Z]*O[a-zA-Z]*$|^--remote-name$/.test(text)) own = true;
    }
    if (own)
      for (const { text } of call.args) {
        const base = /^(?:https?|ftp):\/\/[^?#]*\/([^/?#]+)/.exec(text)?.[1];
        if (base !== undefined) files.push(base);
      }
    for (const file of files) if (file !== '' && file !== '-') this.downloads.add(place(file, call.dir));
  }

  /** A program or script file is started: is it one that was downloaded on the same line? */
  noteRun(file: string, dir: string): void {
    if (this.downloads.size > 0 && this.downloads.has(place(file, dir))) this.hits.push(runsDownload);
  }

  /** What this command line wrote into files, so that `echo … > x.sh; sh x.sh` is seen. */
  private readonly written = new Map<string, Input>();

  /** Keeps what goes into files. */
  keep(outputs: readonly FileTarget[], content: Input, scope: Scope): void {
    for (const { path, append } of outputs) {
      if (path.dynamic || this.written.size >= 64) continue;
      const name = place(path.text, scope.dir);
      const before = append ? this.written.get(name) : undefined;
      const known = before?.kind === 'known' && content.kind === 'known';
      this.written.set(
        name,
        known && this.spend(before.text?.length ?? 0)
          ? { kind: 'known', text: `${before.text ?? ''}${content.text ?? ''}`.slice(0, 65536) }
          : content,
      );
    }
  }

  /** What this command line put into the file before, if it did. */
  writtenTo(path: string, dir: string): Input | undefined {
    return this.written.size === 0 ? undefined : this.written.get(place(path, dir));
  }

  /** Remembers a file that the command writes. */
  noteWrite(path: Field, dir: string): void {
    if (
      path.text === '/dev/null' ||
      path.text === '/dev/stdout' ||
      path.text === '/dev/stderr' ||
      path.text === '$null' ||
      path.text.toLowerCase() === 'nul'
    )
      return;
    this.readsOnly = false;
    if (this.writes.length < 256) this.writes.push({ path: path.text, dynamic: path.dynamic, dir });
  }

  private redirects(
    redirects: readonly Redirect[],
    scope: Scope,
    piped: Input,
  ): { outputs: FileTarget[]; input: Input } {
    const outputs: FileTarget[] = [];
    let input = piped;
    for (const redirect of redirects) {
      if (redirect.op === '<<') {
        const text = redirect.body ? this.expandToOne(redirect.body, scope) : undefined;
        input = { kind: 'known', text: text?.text ?? '' };
        continue;
      }
      const target = this.expandToOne(redirect.target, scope);
      if (redirect.op === '<<<') {
        const taint = target.dynamic ? /\$\((network|decoded|secret)\)/.exec(target.text)?.[1] : undefined;
        input = taint === undefined ? { kind: 'known', text: target.text } : { kind: taint as Input['kind'] };
      } else if (redirect.op === '<' || redirect.op === '<>') {
        const process = redirect.target.parts.find((p) => p.kind === 'sub' && p.form === 'process');
        if (process) input = this.lastProcess ?? unknownInput;
        else {
          const text = target.dynamic ? undefined : this.readFile(target.text, scope);
          input = text === undefined ? { kind: 'unknown' } : { kind: 'known', text };
          if (this.holdsSecret(target, scope)) input = { kind: 'secret', text: target.text };
        }
      } else if (redirect.op !== '<&') {
        if (redirect.op === '>&' && /^(?:\d+-?|-)$/.test(target.text)) continue;
        // 2>&1-like and errors alone are no output worth a look, but the file is still written.
        if (redirect.target.parts.some((p) => p.kind === 'sub' && p.form === 'process')) continue;
        const target2: FileTarget = { path: target, append: redirect.op.endsWith('>>') };
        if (redirect.fd === 2) this.noteOutputs([target2], scope);
        else outputs.push(target2);
      }
    }
    return { outputs, input };
  }

  /** A file of the project that a command refers to, relative to where it runs. */
  readFile(path: string, scope: Scope): string | undefined {
    if (scope.remote || path === '' || path.length > 4096) return undefined;
    const own = this.writtenTo(path, scope.dir);
    if (own) return own.kind === 'known' && this.spend(own.text?.length ?? 0) ? own.text : undefined;
    if (!this.options.readText) return undefined;
    const where = /^(?:[/~]|[A-Za-z]:)/.test(path) || scope.dir === '' ? path : `${scope.dir}/${path}`;
    if (!this.spend(256)) return undefined;
    const text = this.options.readText(where);
    return text !== undefined && this.spend(text.length >> 3) ? text : undefined;
  }

  /** `cat < .env` reads it as `cat .env` does; a password on standard input of a log-in is what it is for. */
  private judgeSecretInput(path: string, fields: readonly Field[], scope: Scope): void {
    if (fields.some((f) => /password-stdin|with-token|passphrase-fd|^-inkey$|--from-env-file|--env-file/.test(f.text)))
      return;
    // How long it is gives nothing of it away.
    const [program, ...flags] = fields.map((f) => f.text);
    if (
      /^(?:\/usr)?(?:\/bin\/)?wc$/.test(program ?? '') &&
      flags.every((f) => /^-[clmwL]+$|^--(?:bytes|chars|lines|words)$/.test(f))
    )
      return;
    const found = this.catOf({ text: path, dynamic: false, quoted: true }, scope);
    if (found) this.hits.push(found);
  }

  /** Whether a rule would stop `cat FILE` for what is in the file. */
  private holdsSecret(file: Field, scope: Scope): boolean {
    return this.catOf(file, scope)?.category === 'secrets';
  }

  private catOf(file: Field, scope: Scope): Hit | undefined {
    const cat: Field = { text: 'cat', dynamic: false, quoted: false };
    const call: Call = {
      name: 'cat',
      program: cat,
      args: [file],
      input: noInput,
      outputs: [],
      env: noEnv,
      raised: scope.raised,
      remote: scope.remote,
      dir: scope.dir,
      shell: scope.shell,
      printed: true,
    };
    return this.options.judge(call);
  }

  /** Arithmetic: only what is substituted in it runs. */
  private runSubstitutionsOnly(list: List, scope: Scope): void {
    for (const pipeline of list)
      for (const command of pipeline) {
        if (command.kind === 'compound') this.runSubstitutionsOnly(command.list, scope);
        else {
          for (const word of command.words) this.expand(word, scope);
          for (const assign of command.assigns) this.expand(assign.value, scope);
        }
      }
  }

  // ---- expansion ------------------------------------------------------------------------------------------------

  private lastProcess: Input | undefined;

  /** A word as one field, without splitting (assignments, redirections, here-documents). */
  expandToOne(word: Word, scope: Scope): Field {
    const out = new FieldBuilder(false);
    for (const part of word.parts) this.expandPart(part, scope, out);
    return out.all()[0] ?? { text: '', dynamic: false, quoted: false };
  }

  /** A word as the fields it becomes: braces, variables, substitutions, splitting. */
  expand(word: Word, scope: Scope): Field[] {
    const only = word.parts.length === 1 ? word.parts[0]! : undefined;
    if (only?.kind === 'text') {
      if (!only.quoted && only.text.includes('{')) {
        const braces = expandBraces(only.text);
        if (braces && this.spend(braces.length * 8))
          return braces.map((text) => ({ text, dynamic: false, quoted: false }));
      }
      return [{ text: only.text, dynamic: false, quoted: only.quoted }];
    }
    const out = new FieldBuilder(true);
    for (const part of word.parts) this.expandPart(part, scope, out);
    return out.all();
  }

  private expandPart(part: Part, scope: Scope, out: FieldBuilder): void {
    if (part.kind === 'text') {
      out.text(part.text, part.quoted);
      return;
    }
    if (part.kind === 'sub') {
      if (part.form === 'arith') {
        this.runSubstitutionsOnly(part.list, scope);
        out.unknown('0', part.quoted);
        return;
      }
      const dir = scope.dir;
      const result = this.runList(part.list, { ...scope, depth: scope.depth + 1, captured: true });
      scope.dir = dir;
      if (part.form === 'process') {
        this.lastProcess = result;
        out.process(result);
        return;
      }
      if (result.kind === 'known' && result.text !== undefined && this.spend(result.text.length))
        out.value(result.text.replace(/\n+$/, ''), part.quoted, false);
      else out.unknown('$()', part.quoted, result.kind);
      return;
    }
    this.expandVariable(part, scope, out);
  }

  private expandVariable(part: Extract<Part, { kind: 'var' }>, scope: Scope, out: FieldBuilder): void {
    const { name, op, quoted } = part;
    if (
      name === '@' ||
      name === '*' ||
      (name.toLowerCase() === 'args' && scope.shell === 'powershell') ||
      (/^[1-9]\d*$/.test(name) && scope.positional)
    ) {
      const args = scope.positional;
      if (!args) {
        out.unknown(`$${name}`, quoted);
        return;
      }
      const chosen = !/^\d+$/.test(name) ? args : args.slice(Number(name) - 1, Number(name));
      for (const [i, arg] of chosen.entries()) {
        if (i > 0) out.split();
        if (!this.spend(arg.text.length)) return;
        out.value(arg.text, quoted, arg.dynamic);
      }
      return;
    }
    // Nobody passes nine arguments to a command line: `$9` is there to be empty (`rm$IFS$9-rf`).
    if (/^(?:[5-9]|\d\d+)$/.test(name) && !scope.positional && op === '') {
      out.value('', quoted, false);
      return;
    }
    if (op === '!') {
      const pointed = scope.env.get(scope.env.get(name)?.text ?? '');
      if (pointed && this.spend(pointed.text.length)) out.value(pointed.text, quoted, pointed.dynamic);
      else out.unknown(`$${name}`, quoted);
      return;
    }
    const value =
      scope.env.get(name) ?? (scope.shell === 'powershell' ? scope.env.get(name.replace(/^\w+:/, '')) : undefined);
    const argument = (): Field => this.expandToOne({ parts: part.arg }, scope);
    if (op === ':-' || op === '-' || op === ':=' || op === '=') {
      const fallback = argument();
      const chosen = value && value.text !== '' ? value : fallback;
      if (this.spend(chosen.text.length)) out.value(chosen.text, quoted, chosen.dynamic);
      if (op.endsWith('=')) scope.env.set(name, chosen);
      return;
    }
    if (op === ':+' || op === '+') {
      const alternative = argument();
      if (this.spend(alternative.text.length)) out.value(alternative.text, quoted, alternative.dynamic);
      return;
    }
    if (op.startsWith(':') && op !== ':?') {
      // ${PATH:0:1} is a slash, whatever the path is.
      const [start, length] = (op.slice(1) + argument().text).split(':').map(Number);
      const source =
        value ?? (name === 'PATH' || name === 'HOME' || name === 'PWD' ? { text: '/', dynamic: false } : undefined);
      if (source && !source.dynamic && Number.isInteger(start)) {
        const from = start! < 0 ? Math.max(0, source.text.length + start!) : start!;
        out.value(source.text.slice(from, length === undefined ? undefined : from + length), quoted, false);
      } else out.unknown(source ? `$${name}` : '$()', quoted);
      return;
    }
    if (op === '#len') {
      // How long a value is gives nothing of it away.
      out.unknown('0', quoted);
      return;
    }
    if (op !== '' && op !== '?' && op !== ':?') {
      const pattern = argument();
      if (value && !value.dynamic && !pattern.dynamic && this.spend(value.text.length)) {
        const changed = applyOperator(value.text, op, pattern.text);
        if (changed !== undefined) {
          out.value(changed, quoted, false);
          return;
        }
      }
      out.unknown(`$${name}`, quoted);
      return;
    }
    if (!value) out.unknown(scope.shell === 'cmd' ? `%${name}%` : `$${name}`, quoted);
    else if (this.spend(value.text.length)) out.value(value.text, quoted, value.dynamic);
    else out.unknown(`$${name}`, quoted);
  }
}

const noEnv: ReadonlyMap<string, string> = new Map();

const order: readonly Input['kind'][] = ['none', 'known', 'unknown', 'decoded', 'secret', 'network'];
const worse = (a: Input['kind'], b: Input['kind']): Input['kind'] => (order.indexOf(a) >= order.indexOf(b) ? a : b);

const runsDownload: Hit = {
  rule: 'download-and-run',
  category: 'supply-chain',
  tier: 'critical',
  decision: 'ask',
  reason:
    'This downloads a program and runs it in one go, unseen. Download it first, read it, check its checksum, then run it.',
};

const forkBomb: Hit = {
  rule: 'fork-bomb',
  category: 'destructive-command',
  tier: 'critical',
  decision: 'deny',
  reason: 'The function starts itself twice without end and takes the machine down. Remove it.',
};

function callsItselfTwice(list: List, name: string, levels = 4): boolean {
  if (name === '' || levels === 0) return false;
  const isSelf = (c: Command): boolean => {
    const first = c.kind === 'simple' ? c.words[0] : undefined;
    return first?.parts.length === 1 && first.parts[0]!.kind === 'text' && first.parts[0]!.text === name;
  };
  for (const pipeline of list) {
    if (pipeline.filter(isSelf).length > 1) return true;
    for (const command of pipeline)
      if (command.kind === 'compound' && callsItselfTwice(command.list, name, levels - 1)) return true;
  }
  return false;
}

/** A file's path as a key, whatever way it is written. */
const place = (path: string, dir: string): string =>
  tidy(/^(?:[/~]|[A-Za-z]:)/.test(path) ? canonical(path) : `${dir === '' ? '.' : dir}/${canonical(path)}`);
