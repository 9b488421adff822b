import type { Call } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { isOwnText } from './kit/markup.ts';
import { fromRequest, wholeText } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

/** Callees whose first string goes to a shell. */
const shell =
  /^(?:os\.(?:system|popen[234]?)|commands\.(?:getoutput|getstatusoutput)|popen2\.\w+|subprocess\.(?:getoutput|getstatusoutput)|asyncio\.create_subprocess_shell|(?:\w+\.)?loop\.subprocess_shell|(?:child_process|cp|childProcess)\.(?:exec|execSync)|exec|execSync|execAsync|shell_exec|passthru|popen|proc_open|system|pcntl_exec|shelljs\.exec|shell\.exec|execa\.command|execaCommand|execaCommandSync|Kernel\.(?:system|exec)|IO\.popen|Open3\.\w+|Runtime\.getRuntime\(\)\.exec|(?:\w+\.)?(?:rt|runtime|r)\.exec|Process\.Start|sh\.exec|BashOperator|SSHOperator|paramiko\.\w+|(?:\w+\.)?exec_command|invoke_shell|fabric\.\w+|syscall\.Exec|syscall\.StartProcess|syscall\.ForkExec|pty\.spawn)$/;
/** Callees that start a program: only the program's name and the form `sh -c` matter. */
const program =
  /^(?:os\.(?:exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|startfile)|subprocess\.(?:run|call|check_call|check_output|Popen)|(?:child_process|cp|childProcess)\.(?:spawn|spawnSync|execFile|execFileSync|fork)|spawn|spawnSync|execFile|execFileSync|execa|ProcessBuilder|(?:\w+\.)?(?:pb|builder|processBuilder)\.command|exec\.Command|exec\.CommandContext|Command\.new|process\.Command\.new|std\.process\.Command\.new|asyncio\.create_subprocess_exec)$/;

/** A shell, or another interpreter, as the program of a list in Go. */
const startsShell =
  /["`](?:\/\S{0,40}\/)?(?:ba|z|da|k)?sh["`]|["`](?:cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh|env|sudo|doas|su|xargs|ssh|nsenter|chroot|eval|find|awk|sed|node|deno|bun|python[\d.]*|perl|ruby|php|lua|osascript|busybox|docker|kubectl)["`]|["`](?:-c|-e|-r|--eval|\/[cC]|-Command)["`]|\bhttp\.Request\b|\bpb\.\w|\bRequest\)|\b(?:gin|echo|fiber)\.(?:Context|Ctx)\b/;
const named =
  'The caller names the program that is started: see that it is one of a fixed list, and none that outsiders name.';

export const commandInjection: Rule = {
  id: 'command-injection',
  title: 'Program or shell command built from variables',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-78', 'OWASP A03:2021', 'OWASP LLM05:2025'],
  why: 'What stands in the variable becomes part of the command: a quote, a semicolon or a program name of the caller is enough to run anything with the rights of this process.',
  remedy: 'pass a fixed program and a list of arguments, without a shell',
  keywords: [
    'deno',
    'sh',
    'containers',
    'bun',
    'child_process',
    'cmd',
    'system',
    'popen',
    'popen2',
    'popen3',
    'popen4',
    'exec',
    'execsync',
    'execasync',
    'spawn',
    'spawnsync',
    'execfile',
    'execfilesync',
    'execa',
    'subprocess',
    'getoutput',
    'getstatusoutput',
    'shell_exec',
    'passthru',
    'proc_open',
    'processbuilder',
    'command',
    'commandcontext',
    'start',
    'runtime',
    'bashoperator',
    'exec_command',
    'execl',
    'execle',
    'execlp',
    'execlpe',
    'execv',
    'execve',
    'execvp',
    'execvpe',
    'spawnl',
    'spawnle',
    'spawnlp',
    'spawnlpe',
    'spawnv',
    'spawnve',
    'spawnvp',
    'spawnvpe',
    'posix_spawn',
    'posix_spawnp',
    'shell',
    'open3',
    'pty',
    'getattr',
    'startprocess',
    'forkexec',
    'create_subprocess_shell',
    'create_subprocess_exec',
    'startfile',
  ],
  check(source, report) {
    const c = code(source);
    const lang = source.language;
    const isJs = lang === 'typescript' || lang === 'javascript' || lang === 'tsx';
    // What the module was called when it was imported: `import * as child from 'child_process'`.
    const alias = isJs
      ? /\b(?:import\s+\*\s+as\s+|import\s+|(?:const|let|var)\s+)(\w+)\s*(?:=\s*require\(|from)\s*['"](?:node:)?child_process['"]/.exec(
          source.text,
        )?.[1]
      : undefined;
    const started = new Set<string>();
    for (const call of c.facts.calls) {
      let callee = call.callee.replace(/^(?:this|self)\./, '');
      if (alias && callee.startsWith(`${alias}.`)) callee = `child_process.${callee.slice(alias.length + 1)}`;
      if (callee === 'Deno.run' || callee === 'Deno.Command' || callee === 'Bun.spawn') {
        const command = c.option(call, /^(?:cmd|args)$/) ?? call.args[0];
        const whole = c.text({ from: call.open, to: call.close });
        const inShell =
          /["'`](?:\/bin\/)?(?:ba|z|da)?sh["'`][^\n]{0,40}["'`]-c["'`]/.test(whole.replace(/\s+/g, ' ')) ||
          (callee === 'Deno.Command' &&
            /^\(\s*["'`](?:\/bin\/)?(?:ba|z|da)?sh["'`]/.test(whole) &&
            /["'`]-c["'`]/.test(whole));
        if (command && (fromRequest(c, command) || (inShell && (c.isBuilt(command) || !c.isConstant(command)))))
          report({ start: call.start, end: call.end });
        continue;
      }
      // getattr(os, "system")(…)
      if (
        call.name === 'getattr' &&
        /\b(?:os|subprocess|commands)\b\s*,\s*["'](?:system|popen|exec\w*|spawn\w*|call|run|Popen)["']/.test(
          c.text({ from: call.open, to: call.close + 1 }),
        ) &&
        c.facts.tokens[call.close + 1]?.text === '('
      ) {
        report({ start: call.start, end: call.end, key: 'getattr' });
        continue;
      }
      if (/^exec$/.test(callee) && lang === 'python') continue;
      // The package `sh`: every program is a function.
      if (
        lang === 'python' &&
        /^(?:sh\.)?(?:ba|z|da)?sh$/.test(callee) &&
        source.has(/^[ \t]*(?:from\s+sh\s+import|import\s+sh)\b/m)
      ) {
        const line = call.args.at(-1);
        if (c.facts.literal(call.args[0]) === '-c' && line && !c.isConstant(line))
          report({ start: call.start, end: call.end });
        continue;
      }
      // Images are programs.
      if (lang === 'python' && /(?:^|\.)containers\.(?:run|create)$/.test(callee)) {
        const image = c.named(call, 'image') ?? c.arg(call, 0);
        if (fromRequest(c, image))
          report({
            start: call.start,
            end: call.end,
            message: 'The caller names the image to run: choose from a fixed list.',
          });
        continue;
      }
      // A helper of one's own that is handed the connection first; paramiko's is a method.
      if (callee === 'exec_command' && call.args.length > 1) continue;
      if (callee === 'exec' && isJs && !source.has(/child_process/) && !source.has(/\bexec\s*=/)) continue;
      // A pattern that is looked for: `r.exec(text)`.
      if (
        isJs &&
        /(?:^|\.)(?:rt|runtime|r)\.exec$/.test(callee) &&
        !(callee !== 'r.exec' && call.args[0] && c.isBuilt(call.args[0]))
      )
        continue;
      if (/^(?:system|popen)$/.test(callee) && !/^(?:php|ruby|c)$/.test(lang)) continue;
      if (callee === 'command' && lang !== 'java') callee = '';
      const isShell = shell.test(callee) || (callee.endsWith('.exec') && lang === 'java' && source.has(/Runtime/));
      const isProgram =
        !isShell &&
        (program.test(callee) || (lang === 'ruby' && /^(?:Process\.(?:exec|spawn)|PTY\.spawn)$/.test(callee)));
      if (!isShell && !isProgram) continue;
      const args = call.args.filter(
        (a) => a.name === undefined || /^(?:args|cmd|command|bash_command|file|program|executable)$/.test(a.name),
      );
      const hit = { start: call.start, end: call.end };
      if (isShell) {
        const named = c.named(call, 'bash_command', 'command', 'cmd');
        const first = named ?? args[0];
        if (!first || (c.isConstant(first) && callee !== 'Process.Start')) continue;
        if (c.isConstant(first) && (args.length < 2 || c.isConstant(args[1]!))) continue;
        // With more than one argument Ruby starts the program itself.
        if (lang === 'ruby' && args.length > 1 && !c.isBuilt(first) && !fromRequest(c, first)) continue;
        // A list of arguments goes to no shell; a word in a list of words is no call.
        if (
          c.text(first).startsWith('[') &&
          !/["'`](?:ba)?sh["'`]\s*,\s*["'`]-c/.test(c.text(first)) &&
          lang !== 'java'
        )
          continue;
        if (
          lang === 'ruby' &&
          /%[wWiI][[({<|][^\])}>|\n]*$/.test(source.text.slice(Math.max(0, call.start - 200), call.start))
        )
          continue;
        if (
          /^(?:Open3\.|Process\.Start|Kernel\.|system|IO\.popen)/.test(callee) &&
          args.length > 1 &&
          c.isConstant(first) &&
          // … unless the program is a shell, which is given the rest as a line.
          !(
            callee === 'Process.Start' &&
            /^(?:cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh|\/bin\/(?:ba)?sh|(?:ba)?sh)$/i.test(
              c.facts.literal(first) ?? '',
            ) &&
            !c.isConstant(args[1]!)
          )
        )
          continue;
        if (
          /shlex\.quote|shellescape|escapeshellarg|escapeshellcmd|shell_quote|shellQuote|Shellwords\.escape/.test(
            c.text(first),
          )
        )
          continue;
        // A wrapper of the file's own, which is handed nothing but the file's own lines.
        if (isJs && isOwnText(c, first)) continue;
        report({ ...hit, ...(splatOf(c, call, first) ?? commandOf(c, call)) });
        continue;
      }
      // In Python, what stands deeper is an option of another call.
      const shellOption =
        lang === 'python' && !/\*\*/.test(c.text({ from: call.open, to: call.close }))
          ? c.named(call, 'shell')
          : c.option(call, /^shell$/);
      const usesShell = shellOption !== undefined && /^(?:True|true|["'`])/.test(c.text(shellOption));
      const all = c.text({ from: call.open, to: call.close + 1 });
      // What ends the process early stands before the program.
      const first = (callee === 'exec.CommandContext' ? args.slice(1) : args).find(
        (a) => !/^os\.P_\w+$|^ctx$|^context\.\w+\(\)$/.test(c.text(a)),
      );
      if (!first) continue;
      if (usesShell) {
        if (args.slice(0, 2).some((a) => !c.isConstant(a) && !c.text(a).startsWith('{')))
          report({ ...hit, ...commandOf(c, call) });
        continue;
      }
      // git and its like run what some of their own arguments say.
      if (
        /^["'`](?:git|hg)["'`]$/.test(c.text(first)) &&
        args
          .slice(1)
          .some(
            (a) =>
              /["'`](?:clone|fetch|ls-remote|pull|submodule)["'`]/.test(c.text(a)) &&
              !/["'`]--["'`]/.test(c.text(a)) &&
              fromRequest(c, a),
          )
      ) {
        report({
          ...hit,
          message:
            'Address for git comes from outside and can carry options that run programs: check it and put -- in front.',
        });
        continue;
      }
      const minusC =
        /["'`](?:\/?(?:usr\/)?(?:bin\/)?(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh|python\d?|perl|ruby|node|bash)["'`]\s*,\s*(?:\[\s*)?["'`](?:-c|\/c|\/C|-Command|-e)["'`]\s*,\s*([\s\S]*)\)$/.exec(
          all,
        );
      if (minusC && !/^\s*(?:f?["'][^"'{}$]{0,400}["']|`[^`$]{0,400}`)\s*[,\])}]/.test(minusC[1]!)) {
        const rest = args.slice(1).length > 0 ? { from: args[0]!.from, to: args.at(-1)!.to } : first;
        if (!c.isConstant(rest)) report(hit);
        continue;
      }
      // A program of its own, and no shell: what is in its list of arguments stays an argument.
      if (/^os\.(?:exec|spawn|posix)/.test(callee) && ownProgram.test(c.facts.literal(first) ?? '')) continue;
      if (/^os\.(?:exec|spawn|posix)/.test(callee)) {
        if (!args.filter((a) => !/^os\.(?:P_\w+|environ)$/.test(c.text(a))).every((a) => c.isConstant(a))) report(hit);
        continue;
      }
      // The name of the program itself comes from elsewhere.
      const name = c.text(first);
      if (/^[[{]/.test(name)) continue;
      // More words behind a list of words: the program is still the first of them.
      const head = /^(\w+)(?:\s*\+\s*\[|$)/.exec(name)?.[1];
      const values = head === undefined ? [] : c.facts.valuesOf(head, first.from);
      if (values.length > 0 && values.every((v) => v.op === '+=' || startsWithOwn(c, v))) continue;
      if (c.isConstant(first)) continue;
      if (lang === 'python' && !all.includes('**') && isListOfWords(c, first, call.start)) continue;
      if (
        lang === 'go' &&
        isOwnProgram(c, first) &&
        args.slice(args.indexOf(first) + 1).every((a) => isFixedList(c, a))
      )
        continue;
      if (
        c.isOutside(first) ||
        fromRequest(c, first) ||
        c.isBuilt(first) ||
        (c.isParameter(first) &&
          /^(?:ProcessBuilder|(?:\w+\.)?(?:pb|builder|processBuilder)\.command|exec\.Command(?:Context)?|spawn(?:Sync)?|(?:child_process|cp|childProcess)\.\w+|execFile(?:Sync)?)$/.test(
            callee,
          ))
      ) {
        // A runner: program and list both come from its caller, and no shell reads them.
        const list = args[1];
        if (
          /^(?:(?:child_process|cp|childProcess)\.)?(?:spawn|execFile)(?:Sync)?$/.test(callee) &&
          list !== undefined &&
          c.isParameter(first) &&
          !fromRequest(c, first) &&
          /^(?:\[\s*\.\.\.)?(?:args?|argv|params|arguments|argList|cmdArgs|commandArgs)\s*\]?$/i.test(c.text(list))
        )
          continue;
        if (/^[A-Za-z_.]*(?:[pP]ath|[bB]in|[eE]xecutable|[pP]rogram|Exe|EXE)$/.test(name) && !c.isOutside(first))
          continue;
        // No shell reads its list of arguments, unless a caller in this file names one.
        const isRunner =
          lang === 'go' &&
          /^\w+$/.test(name) &&
          c.isParameter(first) &&
          !args.some((a) => fromRequest(c, a)) &&
          c.text(args.at(-1)).endsWith('...') &&
          !source.has(startsShell);
        const key = listOf(c, call, first, values);
        if (key !== undefined) {
          // One way to start it, however its output is handled.
          const way = `${key} ${c.facts.scopeAt(call.open)}`;
          if (started.has(way)) continue;
          started.add(way);
        }
        report({ ...hit, ...(key !== undefined && { key }), ...(isRunner && { tier: 'medium', message: named }) });
      } else if (
        callee === 'ProcessBuilder' &&
        c.names(first).some((n) => c.facts.valuesOf(n, first.from).some((a) => !c.isConstant(a) && c.isParameter(a)))
      )
        report(hit);
    }
    // Arrays filled element by element: cmd[2] = command; new ProcessBuilder(cmd)
    if (lang === 'java')
      for (const call of c.facts.callsNamed('ProcessBuilder', 'exec')) {
        const first = call.args[0];
        const name = first && first.to - first.from === 1 ? c.facts.tokens[first.from]!.text : '';
        if (
          name &&
          c.facts.valuesOf(name, call.open).some((a) => c.facts.tokens[a.from - 2]?.text === ']' && !c.isConstant(a))
        )
          report({ start: call.start, end: call.end });
      }
    if (lang === 'go')
      for (const m of source.text.matchAll(/\bexec\.Cmd\s*\{[^{}]{0,200}?\bPath:\s*(\w+)\b[^{}"]{0,200}/g))
        if (!/^[A-Z]/.test(m[1]!) && !/^\s*"/.test(m[1]!)) report({ start: m.index, end: m.index + m[0].length });
    // A shell started by hand: &exec.Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", line}}
    if (lang === 'go')
      for (const m of source.text.matchAll(
        /\bexec\.Cmd\s*\{[^{}]{0,200}?\bArgs:\s*\[\]string\{\s*"[^"\n]{0,80}"\s*,\s*"-c"\s*,\s*(?!["`][^"`]*["`]\s*,?\s*\})[^}\n]{1,200}/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
    if (lang === 'php' || lang === 'ruby')
      for (const t of c.facts.tokens)
        if (t.kind === 'str' && t.dynamic && source.text[t.start] === '`') report({ start: t.start, end: t.end });
  },
};

/** Whether Go starts what lies beside the running program itself, by a fixed name that is no interpreter's. */
function isOwnProgram(c: Code, program: { from: number; to: number }): boolean {
  const joined = /^filepath\.Join\(\s*([\w.()[\]]{1,80}),\s*["`]([\w-][\w.-]{0,60})["`]\s*\)$/.exec(c.text(program));
  if (!joined || !ownProgram.test(joined[2]!)) return false;
  const folder = joined[1]!;
  if (ownFolder.test(folder)) return true;
  const values = /^\w+$/.test(folder) ? c.facts.valuesOf(folder, program.from) : [];
  return values.length > 0 && values.every((v) => ownFolder.test(c.text(v)));
}
const ownFolder = /^filepath\.Dir\(os\.Args\[0\]\)$/;

/** Whether arguments in Go are texts of the file alone, or a list that is made of such and handed to nobody who could fill it. */
function isFixedList(c: Code, arg: { from: number; to: number }): boolean {
  const text = c.text(arg);
  if (startsShell.test(text)) return false;
  if (/^"[^"\n]{0,200}"$/.test(text)) return true;
  const name = /^(\w{1,60})\.\.\.$/.exec(text)?.[1];
  if (name === undefined || c.facts.isParam(name, arg.from)) return false;
  const values = c.facts.valuesOf(name, arg.from);
  const fixed = new RegExp(
    `^(?:\\[\\]string\\{|append\\(\\s*${name}\\s*,)(?:\\s*"[^"\\n]{0,200}"\\s*,?){0,40}\\s*[})]$`,
  );
  const isFilled = new RegExp(`&${name}\\b|(?<!\\bappend)[(]\\s*${name}\\s*[,)]|,\\s*${name}\\s*[,)]`);
  return (
    values.length > 0 &&
    values.every((v) => fixed.test(c.text(v)) && !startsShell.test(c.text(v))) &&
    !isFilled.test(c.source.text)
  );
}

/**
 * Whether the function around declares its parameter as a list of words and sets it to nothing else: no shell reads it. Nor
 * does the file hand on what comes from outside.
 */
function isListOfWords(c: Code, range: { from: number; to: number }, at: number): boolean {
  const name = c.text(range);
  if (!/^[a-z_]\w{0,60}$/i.test(name) || fromRequest(c, range)) return false;
  const above = c.source.text.slice(Math.max(0, at - 3000), at);
  const start = above.lastIndexOf('def ');
  const head = start < 0 ? '' : above.slice(start);
  const declared = new RegExp(
    `^def \\w{1,80}\\([^#]{0,600}?(?<=[(,]\\s*)${name}\\s*:\\s*(?:typing\\.)?(?:[lL]ist|Sequence|[tT]uple)\\[\\s*str\\b[^|\\]]{0,20}\\]\\s*[,)]`,
  );
  if (
    !declared.test(head) ||
    new RegExp(`\\b${name}\\s*(?:\\+?=(?!=)|:=)|\\bfor\\s[^\\n:]{0,80}\\b${name}\\b`).test(head)
  )
    return false;
  return !servesOthers.test(c.source.text);
}
/** Where programs are named by others: what a file like this runs is asked about. */
const servesOthers =
  /^[ \t]*(?:import|from)[ \t]+(?:flask|fastapi|django|aiohttp|tornado|starlette|mcp|socketserver|websockets?|requests|openai|anthropic)\b|\b(?:input|split)\(|\bsys\.(?:argv|stdin)\b|["'](?:ba|z|da|k)?sh["']|["']-c["']/m;

/** Whether a value is a list whose first word, the program, is written out, or is one of two that are. */
function startsWithOwn(c: Code, { from, to }: { from: number; to: number }): boolean {
  const { tokens } = c.facts;
  const first = tokens[from + 1];
  if (tokens[from]?.text !== '[' || first === undefined) return false;
  if (first.kind === 'str') return !first.dynamic;
  if (first.kind !== 'id' || !/^[,\]]$/.test(tokens[from + 2]?.text ?? '') || from + 2 >= to) return false;
  const values = c.facts.isParam(first.text, from) ? [] : c.facts.valuesOf(first.text, from);
  return (
    values.length > 0 && values.every((v) => v.op === '=' && oneOfTwo.test(c.text(v)) && !interpreter.test(c.text(v)))
  );
}
const interpreter =
  /["'](?:\S{0,40}\/)?(?:(?:ba|z|da|k|c|tc|fi)?sh|env|sudo|su|xargs|ssh|python[\d.]*|perl|ruby|node|php|awk|cmd|powershell|pwsh)(?:\.exe)?["']/i;
const oneOfTwo =
  /^(["'])([\w.-]{1,40})\1(?:\s+if\s+[\w\s.]{1,80}\s+else\s+(["'])[\w.-]{1,40}\3)?$|^[\w\s.!]{1,80}\?\s*(["'])[\w.-]{1,40}\4\s*:\s*(["'])[\w.-]{1,40}\5$/;

/** A list that no shell reads, by its name and by what its program is made of: options may come and go beside it. */
function listOf(
  c: Code,
  call: Call,
  first: { from: number; to: number },
  values: readonly { from: number; to: number }[],
): string | undefined {
  const name = c.text(first);
  if (!/^\w{1,80}$/.test(name) || values.length === 0 || values.length > 20) return undefined;
  if (c.isOutside(first) || fromRequest(c, first)) return undefined;
  const programs = values.map((v) => {
    const text = c.text(v);
    return /^\[\s*([^,\]]{1,200})/.exec(text)?.[1]?.trim() ?? text.slice(0, 400);
  });
  return `${call.name} ${name} ${c.isParameter(first) ? 'parameter' : 'own'} ${[...new Set(programs)].sort().join(' ')}`;
}

/** All that its caller says, handed on in Ruby: `system(*args)`. */
function splatOf(c: Code, call: Call, first: { from: number; to: number }): { key: string } | undefined {
  const name = c.source.language === 'ruby' ? /^\*\s?(\w{1,60})$/.exec(c.text(first))?.[1] : undefined;
  if (name === undefined || !c.source.has(new RegExp(`\\bdef\\s+[\\w.]{1,60}[!?]?\\s*\\(\\s*\\*${name}\\s*[,)]`)))
    return undefined;
  if (c.facts.valuesOf(name, first.from).length > 0) return undefined;
  return fromRequest(c, first) ? undefined : { key: `${call.name} *${name}` };
}

/** A command that says something itself is the same one under other names of its variables, while they come from as far away. */
function commandOf(c: Code, call: Call): { key: string } | undefined {
  const { tokens } = c.facts;
  let key = '';
  let said = '';
  for (let i = call.open + 1; i < call.close; i++) {
    const t = tokens[i]!;
    if (t.kind === 'str') {
      const text = c.facts.stringOf(t);
      const bare = t.dynamic ? text.replace(/([$#]?\{)\s*[A-Za-z_]\w*\s*\}/g, '$1}') : text;
      said += bare;
      key += `"${bare}" `;
    } else if (t.kind === 'id' && /^[+,)%]$/.test(tokens[i + 1]?.text ?? '') && /^[+,(%]$/.test(tokens[i - 1]!.text))
      key += '$ ';
    else key += `${t.text} `;
  }
  if ((said.match(/[a-z]/gi)?.length ?? 0) < 8) return undefined;
  const inside = { from: call.open + 1, to: call.close };
  const isOutside = c.isOutside(inside) || fromRequest(c, inside) || comesIn.test(wholeText(c, inside));
  const origin = c.isParameter(inside) ? 'parameter' : 'own';
  return isOutside ? undefined : { key: `${call.name} ${key}${origin}` };
}

/** Ways in which the words of others get into a program. */
const comesIn =
  /requests?\.|fetch|url|https?|axios|socket|recv|env|json|yaml|stdin|read|\binput\b|argv|\bargs\b|payload|message|\bmsg\b|body|event|\.data\b|queue|\bq\.|consume|prompt|content|param|answer|response|completion/i;

/** A program by its name that is no interpreter of text. */
const ownProgram =
  /^(?!(?:.{0,60}\/)?(?:ba|z|da|k|c|tc|fi)?sh$|(?:.{0,60}\/)?(?:env|sudo|su|xargs|ssh|python[\d.]{0,4}|perl|ruby|node|php|awk|cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh)$)[\w./-]{1,80}$/;
