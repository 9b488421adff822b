/**
 * Follows a parsed command line the way a shell would run it, without running anything: assignments, expansions,
 * pipes, functions, `cd`, wrappers (see wrappers.ts), until program calls are left, which the families of rules judge.
 *
 * Everything is bounded by one budget, so hostile input costs at most a constant times its length; when the budget or
 * a depth runs out, `overflow` says that a part was not seen, and the verdict fails closed.
 */
import type { ReadText } from '../ports.ts';
import type { Call, Context, Field, FileTarget, Hit, Input } from './model.ts';
import { canonical, tidy } from './places.ts';
import { unescapeAnsi } from './posix.ts';
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
  /** Follows a call that runs another command; undefined when it is none (wrappers.ts). */
  readonly unwrap: (call: Call, scope: Scope, evaluator: Evaluator) => Input | undefined;
}

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
const readingGit: ReadonlySet<string> = new Set([
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

const maxDepth = 24;
export const unknownField: Field = { text: '$()', dynamic: true, quoted: true };

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
    for (const command of pipeline) input = this.runCommand(command, scope, input);
    return input;
  }

  private runCommand(command: Command, scope: Scope, input: Input): Input {
    if (!this.spend(1)) return unknownInput;
    return command.kind === 'simple' ? this.runSimple(command, scope, input) : this.runCompound(command, scope, input);
  }

  private runCompound(compound: Compound, scope: Scope, input: Input): Input {
    const { outputs, input: own } = this.redirects(compound.redirects, scope, input);
    this.noteOutputs(outputs, scope);
    switch (compound.word) {
      case 'arith':
        this.runSubstitutionsOnly(compound.list, scope);
        return { kind: 'known', text: '' };
      case '(': {
        const dir = scope.dir;
        const result = this.runList(compound.list, scope, own);
        scope.dir = dir;
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
      default:
        for (const word of compound.items ?? []) this.expand(word, scope);
        return this.runList(compound.list, scope, own);
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
      return simple.assigns.length > 0 ? { kind: 'known', text: '' } : input;
    }
    const output = this.dispatch(fields, scope, { input, outputs, env });
    // What goes into a file does not go down the pipe.
    return outputs.length > 0 ? { kind: 'known', text: '' } : output;
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
      scope.shell === 'powershell' && Object.hasOwn(powerShellAliases, plainName)
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
    if (name === 'read' || name === 'mapfile' || name === 'readarray') this.readWords(call, scope);
    return this.outputOf(call);
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

  private noteDownload(call: Call): void {
    const files: string[] = call.outputs.map((o) => o.path.text);
    let own = call.name === 'wget' || call.name === 'aria2c';
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
      } else if (/^(?:--output|--output-document)=/.test(text)) files.push(text.slice(text.indexOf('=') + 1));
      else if (call.name === 'curl' && /^-[a-zA-Z]*O[a-zA-Z]*$|^--remote-name$/.test(text)) own = true;
    }
    if (own)
      for (const { text } of call.args) {
        const base = /^(?:https?|ftp):\/\/[^?#]*\/([^/?#]+)/.exec(text)?.[1];
        if (base !== undefined) files.push(base);
      }
    for (const file of files)
      if (file !== '' && file !== '-')
        this.downloads.add(tidy(file.startsWith('/') ? file : `${call.dir}/./${file}`.replace(/^\//, '')));
  }

  /** A program or script file is started: is it one that was downloaded on the same line? */
  noteRun(file: string, dir: string): void {
    if (
      this.downloads.size > 0 &&
      this.downloads.has(tidy(file.startsWith('/') ? file : `${dir}/./${file}`.replace(/^\//, '')))
    )
      this.hits.push(runsDownload);
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
      if (redirect.op === '<<<') input = { kind: 'known', text: target.text };
      else if (redirect.op === '<' || redirect.op === '<>') {
        const process = redirect.target.parts.find((p) => p.kind === 'sub' && p.form === 'process');
        if (process) input = this.lastProcess ?? unknownInput;
        else {
          const text = target.dynamic ? undefined : this.readFile(target.text, scope);
          input = text === undefined ? { kind: 'unknown' } : { kind: 'known', text };
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
    if (!this.options.readText || scope.remote || path === '' || path.length > 4096) return undefined;
    const where = /^(?:[/~]|[A-Za-z]:)/.test(path) || scope.dir === '' ? path : `${scope.dir}/${path}`;
    if (!this.spend(256)) return undefined;
    const text = this.options.readText(where);
    return text !== undefined && this.spend(text.length >> 3) ? text : undefined;
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
      const result = this.runList(part.list, { ...scope, depth: scope.depth + 1 });
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
    if (name === '@' || name === '*' || (/^[1-9]\d*$/.test(name) && scope.positional)) {
      const args = scope.positional;
      if (!args) {
        out.unknown(`$${name}`, quoted);
        return;
      }
      const chosen = name === '@' || name === '*' ? args : args.slice(Number(name) - 1, Number(name));
      for (const [i, arg] of chosen.entries()) {
        if (i > 0) out.split();
        if (!this.spend(arg.text.length)) return;
        out.value(arg.text, quoted, arg.dynamic);
      }
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
    if (op === ':' || op.startsWith(':')) {
      // ${PATH:0:1} is a slash, whatever the path is.
      const [start, length] = (op.slice(1) + argument().text).split(':').map(Number);
      const source =
        value ?? (name === 'PATH' || name === 'HOME' || name === 'PWD' ? { text: '/', dynamic: false } : undefined);
      if (source && !source.dynamic && Number.isInteger(start)) {
        const from = start! < 0 ? Math.max(0, source.text.length + start!) : start!;
        out.value(source.text.slice(from, length === undefined ? undefined : from + length), quoted, false);
      } else out.unknown(`$${name}`, quoted);
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
    if (!value) out.unknown(`$${name}`, quoted);
    else if (this.spend(value.text.length)) out.value(value.text, quoted, value.dynamic);
    else out.unknown(`$${name}`, quoted);
  }

  // ---- what a command prints, as far as it can be known -----------------------------------------------------------

  /** The output of a call for the next command in the pipe. */
  private outputOf(call: Call): Input {
    const args = call.args;
    switch (call.name) {
      case 'echo':
      case 'write-output':
      case 'write-host':
        return staticOutput(args, echoText);
      case 'printf':
        return staticOutput(args, printfText);
      case 'cat':
      case 'tac':
      case 'get-content':
      case 'type':
      case 'gc': {
        if (args.every((a) => a.text === '-')) return call.input;
        const secret = args.find((a) => this.options.judge({ ...call, args: [a] })?.category === 'secrets');
        if (secret) return { kind: 'secret' };
        const from = args.filter((a) => !a.text.startsWith('-'));
        const scope = { ...this.root(call.shell), dir: call.dir, remote: call.remote };
        const text = from.length === 1 && !from[0]!.dynamic ? this.readFile(from[0]!.text, scope) : undefined;
        return text === undefined ? unknownInput : { kind: 'known', text };
      }
      case 'base64':
      case 'gbase64':
      case 'base32':
      case 'openssl':
      case 'xxd':
      case 'uudecode':
      case 'gunzip':
      case 'zcat':
      case 'gzip':
      case 'xz':
      case 'xzcat':
      case 'bzip2':
      case 'bunzip2':
      case 'bzcat':
      case 'zstd':
      case 'zstdcat':
      case 'gpg':
        return decodeOutput(call);
      case 'rev':
        return call.input.kind === 'known'
          ? {
              kind: 'known',
              text: (call.input.text ?? '')
                .split('\n')
                .map((l) => Array.from(l).reverse().join(''))
                .join('\n'),
            }
          : call.input;
      case 'tr':
        return translate(call);
      case 'tee':
      case 'sed':
      case 'head':
      case 'tail':
      case 'grep':
      case 'awk':
      case 'cut':
      case 'sort':
      case 'jq':
      case 'iconv':
      case 'dos2unix':
      case 'envsubst':
      case 'tar':
        if (call.name === 'tee') return call.input;
        return call.input.kind === 'known' || call.input.kind === 'none' ? unknownInput : call.input;
      case 'curl':
      case 'wget':
      case 'fetch':
      case 'aria2c':
      case 'http':
      case 'https':
      case 'xh':
      case 'lwp-request':
      case 'invoke-webrequest':
      case 'invoke-restmethod':
      case 'iwr':
      case 'irm':
      case 'nc':
      case 'ncat':
        this.noteDownload(call);
        return { kind: 'network' };
      case 'printenv':
      case 'env':
        return { kind: 'secret' };
      case 'new-object':
        return args.some((a) => /webclient|httpclient|xmlhttp|winhttp/i.test(a.text))
          ? { kind: 'network' }
          : unknownInput;
      case 'mktemp':
        return { kind: 'known', text: '/tmp/tmp.made' };
      case 'pwd':
      case 'get-location':
        return { kind: 'known', text: call.dir === '' ? '.' : call.dir };
      case 'which':
      case 'command':
      case 'type -p':
        return args.length > 0 ? { kind: 'known', text: args.at(-1)!.text } : unknownInput;
      case 'true':
      case ':':
      case 'cd':
      case 'export':
      case 'set':
      case 'mkdir':
      case 'rm':
      case 'sleep':
      case 'test':
      case '[':
      case '[[':
      case 'read':
        return { kind: 'known', text: '' };
      default:
        return unknownInput;
    }
  }
}

/** Built-in aliases of PowerShell whose commands the rules know. */
const powerShellAliases: Readonly<Record<string, string>> = {
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
  spsv: 'stop-service',
  echo: 'write-output',
  write: 'write-output',
  sl: 'set-location',
  chdir: 'set-location',
  saps: 'start-process',
  start: 'start-process',
  clhy: 'clear-history',
};

export const noInput: Input = { kind: 'none' };
export const unknownInput: Input = { kind: 'unknown' };
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

/** The files a call writes, changes or removes by its arguments, for the usual programs. */
function filesWritten(call: Call): readonly Field[] {
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

/** Base name of a program, lower case: `/usr/bin/RM`, `C:\x\rm.exe` → `rm`; '' when it is not known. */
export function programName(field: Field): string {
  const text = field.text;
  const slash = Math.max(text.lastIndexOf('/'), /^[A-Za-z]:|^\\|^\.\.?\\/.test(text) ? text.lastIndexOf('\\') : -1);
  const base = text.slice(slash + 1).toLowerCase();
  if (field.dynamic && (base.includes('$') || base === '')) return '';
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

function joinFields(a: Field, b: Field): Field {
  return { text: (a.text + b.text).slice(0, 65536), dynamic: a.dynamic || b.dynamic, quoted: false };
}

/** Collects the fields of one word. */
class FieldBuilder {
  private readonly done: Field[] = [];
  private current = '';
  private started = false;
  private dynamic = false;
  private quoted = false;
  private readonly splits: boolean;

  constructor(splits: boolean) {
    this.splits = splits;
  }

  text(text: string, quoted: boolean): void {
    this.current += text;
    this.started = true;
    if (quoted) this.quoted = true;
  }

  /** The value of an expansion: split at white space when unquoted. */
  value(text: string, quoted: boolean, dynamic: boolean): void {
    if (dynamic) this.dynamic = true;
    if (quoted || !this.splits) {
      this.text(text, quoted);
      return;
    }
    const pieces = text.split(/[ \t\r\n]+/);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) this.split(dynamic);
      if (piece !== '') {
        this.current += piece;
        this.started = true;
      }
    }
  }

  unknown(text: string, quoted: boolean, kind?: Input['kind']): void {
    this.current +=
      kind === 'network' ? '$(network)' : kind === 'secret' ? '$(secret)' : kind === 'decoded' ? '$(decoded)' : text;
    this.started = true;
    this.dynamic = true;
    if (quoted) this.quoted = true;
  }

  process(result: Input): void {
    this.current += result.kind === 'network' ? '<(network)' : result.kind === 'decoded' ? '<(decoded)' : '<()';
    if (result.kind === 'known') this.current = `<(known)${result.text ?? ''}`;
    this.started = true;
    this.dynamic = true;
  }

  split(dynamic = false): void {
    if (this.started) this.done.push({ text: this.current, dynamic: this.dynamic, quoted: this.quoted });
    this.current = '';
    this.started = false;
    this.quoted = false;
    this.dynamic = dynamic;
  }

  all(): Field[] {
    this.split();
    return this.done;
  }
}

/** `{a,b}` and `{1..3}` in an unquoted word; undefined when there is nothing to expand or it would get too many. */
function expandBraces(text: string): string[] | undefined {
  let words = [text];
  for (let round = 0; round < 4; round++) {
    const next: string[] = [];
    let changed = false;
    for (const word of words) {
      const close = word.indexOf('}');
      const open = close < 0 ? -1 : word.lastIndexOf('{', close);
      const body = open < 0 ? '' : word.slice(open + 1, close);
      if (open < 0 || !body.includes(',') || (open > 0 && word[open - 1] === '$')) {
        next.push(word);
        continue;
      }
      changed = true;
      for (const choice of body.split(',')) next.push(word.slice(0, open) + choice + word.slice(close + 1));
      if (next.length > 64) return undefined;
    }
    words = next;
    if (!changed) return round === 0 ? undefined : words.filter((w) => w !== '');
  }
  return words.filter((w) => w !== '');
}

function applyOperator(value: string, op: string, pattern: string): string | undefined {
  const first = pattern.indexOf('/');
  switch (op) {
    case '/':
    case '//': {
      const from = first < 0 ? pattern : pattern.slice(0, first);
      const to = first < 0 ? '' : pattern.slice(first + 1);
      if (from === '' || /[*?[]/.test(from)) return undefined;
      return op === '//' ? value.split(from).join(to) : value.replace(from, () => to);
    }
    case '^':
    case '^^':
      return value.toUpperCase();
    case ',':
    case ',,':
      return value.toLowerCase();
    case '#':
    case '##':
      return /[*?[]/.test(pattern) ? undefined : value.startsWith(pattern) ? value.slice(pattern.length) : value;
    case '%':
    case '%%':
      return /[*?[]/.test(pattern)
        ? undefined
        : value.endsWith(pattern)
          ? value.slice(0, value.length - pattern.length)
          : value;
    default:
      return undefined;
  }
}

function staticOutput(args: readonly Field[], render: (args: readonly string[]) => string): Input {
  // Unknown parts stay visible as `$NAME`, which is how the text would be judged anyway.
  for (const kind of ['network', 'secret', 'decoded'] as const)
    if (args.some((a) => a.dynamic && a.text.includes(`$(${kind})`))) return { kind };
  return { kind: 'known', text: render(args.map((a) => a.text)) };
}

function echoText(args: readonly string[]): string {
  let i = 0;
  let escapes = false;
  let newline = true;
  for (; i < args.length && /^-[neE]+$/.test(args[i]!); i++) {
    if (args[i]!.includes('e')) escapes = true;
    if (args[i]!.includes('n')) newline = false;
  }
  const text = args.slice(i).join(' ');
  return (escapes ? unescapeAnsi(text) : text) + (newline ? '\n' : '');
}

function printfText(args: readonly string[]): string {
  const from = args[0] === '--' ? 1 : args[0] === '-v' ? 2 : 0;
  const format = unescapeAnsi(args[from] ?? '');
  const values = args.slice(from + 1);
  let out = '';
  let next = 0;
  do {
    out += format.replace(/%(?:[-+ #0]*\d*(?:\.\d+)?)([a-zA-Z%])/g, (_, kind: string) => {
      if (kind === '%') return '%';
      const value = values[next++] ?? '';
      return kind === 'b' ? unescapeAnsi(value) : value;
    });
  } while (next > 0 && next < values.length && out.length < 65536);
  return out;
}

function decodeOutput(call: Call): Input {
  const words = call.args.map((a) => a.text);
  const decodes =
    call.name === 'xxd'
      ? words.some((w) => /^-\w*r/.test(w))
      : call.name === 'openssl'
        ? words.includes('-d') || words.includes('-decrypt')
        : call.name === 'gzip' ||
            call.name === 'xz' ||
            call.name === 'bzip2' ||
            call.name === 'zstd' ||
            call.name === 'gpg'
          ? words.some((w) => /^-\w*[dc]|^--(?:decompress|decrypt|uncompress)/.test(w))
          : call.name.startsWith('base') || call.name === 'gbase64'
            ? words.some((w) => /^-\w*[dD]/.test(w) || (w.startsWith('--') && '--decode'.startsWith(w)))
            : true;
  const { input } = call;
  if (!decodes) return input.kind === 'known' || input.kind === 'none' ? unknownInput : input;
  if (
    input.kind === 'known' &&
    (call.name === 'base64' ||
      call.name === 'gbase64' ||
      (call.name === 'openssl' && words[0] !== 'enc') ||
      (call.name === 'openssl' && (words.includes('-base64') || words.includes('-a'))))
  ) {
    const text = decodeBase64(input.text ?? '');
    if (text !== undefined) return { kind: 'known', text };
  }
  if (input.kind === 'known' && call.name === 'xxd') return { kind: 'known', text: decodeHex(input.text ?? '') };
  return input.kind === 'network' ? input : { kind: 'decoded' };
}

/** Base64 to text; undefined when it is none. */
export function decodeBase64(text: string): string | undefined {
  const clean = text.replace(/[\s]/g, '').replace(/-/g, '+').replace(/_/g, '/');
  if (clean === '' || clean.length > 1_000_000 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(clean.replace(/=+$/, '')), (c) => c.charCodeAt(0));
    if (bytes.length > 1 && bytes.length % 2 === 0 && bytes[1] === 0) return new TextDecoder('utf-16le').decode(bytes);
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeHex(text: string): string {
  const clean = text.replace(/[^0-9a-fA-F]/g, '');
  const bytes = new Uint8Array(clean.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(clean.slice(i * 2, i * 2 + 2), 16);
  return new TextDecoder().decode(bytes);
}

/** `tr` with plain sets and ranges, as used to hide words (rot13). */
function translate(call: Call): Input {
  const { input } = call;
  if (input.kind !== 'known') return input;
  const words = call.args.map((a) => a.text);
  const text = input.text ?? '';
  if (words[0] === '-d') {
    const set = new Set(spread(words[1] ?? ''));
    return {
      kind: 'known',
      text: Array.from(text)
        .filter((c) => !set.has(c))
        .join(''),
    };
  }
  if (words.length !== 2 || words[0]!.startsWith('-')) return unknownInput;
  const from = spread(words[0]!);
  const to = spread(words[1]!);
  const map = new Map(from.map((c, i) => [c, to[Math.min(i, to.length - 1)] ?? c] as const).reverse());
  return {
    kind: 'known',
    text: Array.from(text)
      .map((c) => map.get(c) ?? c)
      .join(''),
  };
}

function spread(set: string): string[] {
  const plain = unescapeAnsi(set).replace('[:upper:]', 'A-Z').replace('[:lower:]', 'a-z');
  const out: string[] = [];
  for (let i = 0; i < plain.length && out.length < 512; i++) {
    if (plain[i + 1] === '-' && i + 2 < plain.length) {
      for (let c = plain.charCodeAt(i); c <= plain.charCodeAt(i + 2) && out.length < 512; c++)
        out.push(String.fromCharCode(c));
      i += 2;
    } else out.push(plain[i]!);
  }
  return out;
}
