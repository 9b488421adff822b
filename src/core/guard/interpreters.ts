/**
 * Code given on the command line to python, node, perl, ruby, php, awk and their kin. Nothing is parsed as that
 * language: string literals are taken out (linear, error-tolerant), and what surrounds them tells whether they are
 * run as a command, name a file to delete, or are SQL.
 */
import type { Evaluator, Scope } from './evaluate.ts';
import { noInput, unknownInput } from './model.ts';
import { decodeBase64, decodeHex } from './outputs.ts';
import { hit } from './model.ts';
import type { Call, Field, Input } from './model.ts';
import { unescapeAnsi } from './posix.ts';
import { unknownToShell } from './wrappers/shells.ts';
import { reverseShell } from './rules/backdoors.ts';

export interface Interpreter {
  readonly language: string;
  /** Short options whose value is code, as letters. */
  readonly code: string;
  readonly longCode: readonly string[];
  /** Options that take the next word and are no code. */
  readonly valued: ReadonlySet<string>;
}

const of = (
  language: string,
  code: string,
  longCode: readonly string[] = [],
  valued: readonly string[] = [],
): Interpreter => ({
  language,
  code,
  longCode,
  valued: new Set(valued),
});
const python = of('python', 'c', [], ['-W', '-X', '-Q']);
const node = of(
  'node',
  'ep',
  ['--eval', '--print'],
  ['-r', '--require', '--import', '--loader', '-C', '--conditions', '--env-file'],
);
const perl = of('perl', 'eE', [], ['-I', '-M', '-m']);
const interpreters: Readonly<Record<string, Interpreter>> = {
  python,
  python2: python,
  python3: python,
  pypy: python,
  pypy3: python,
  py: python,
  ipython: python,
  jython: python,
  node,
  nodejs: node,
  bun: node,
  tsx: node,
  'ts-node': node,
  qjs: node,
  electron: node,
  zx: node,
  deno: of('node', '', [], []),
  perl,
  perl5: perl,
  raku: perl,
  ruby: of('ruby', 'e', [], ['-I', '-r', '-C']),
  jruby: of('ruby', 'e'),
  irb: of('ruby', 'e'),
  php: of('php', 'rBRE', ['--run'], ['-d', '-c']),
  lua: of('lua', 'e'),
  luajit: of('lua', 'e'),
  osascript: of('applescript', 'e'),
  jshell: of('java', ''),
  swift: of('swift', 'e'),
  crystal: of('ruby', ''),
  rscript: of('r', 'e'),
  r: of('r', 'e'),
  groovy: of('groovy', 'e'),
  elixir: of('elixir', 'e', ['--eval']),
  julia: of('julia', 'eE', ['--eval']),
  scala: of('scala', 'e'),
  expect: of('tcl', 'c'),
  tclsh: of('tcl', ''),
  guile: of('lisp', 'c'),
  emacs: of('lisp', '', ['--eval', '-eval', '--execute', '-execute']),
  sbcl: of('lisp', '', ['--eval']),
  clojure: of('lisp', 'e', ['--eval']),
  clj: of('lisp', 'e', ['--eval']),
  bb: of('lisp', 'e', ['--eval']),
  gdb: of('python', '', ['-ex', '-eval-command'], ['-x', '-p']),
  awk: of('awk', '', ['--source'], ['-F', '-v', '-f', '--field-separator', '--assign', '--file']),
  gawk: of('awk', 'e', ['--source'], ['-F', '-v', '-f', '--field-separator', '--assign', '--file']),
  mawk: of('awk', '', [], ['-F', '-v', '-f']),
  nawk: of('awk', '', [], ['-F', '-v', '-f']),
};

/** The interpreter behind a program name (`python3.12` is python3), if it is one. */
export function interpreterOf(name: string): Interpreter | undefined {
  const base = name.replace(/^(python|pypy|perl|ruby|php|lua|node)[\d.]+$/, '$1');
  return Object.hasOwn(interpreters, base) ? interpreters[base] : undefined;
}

/** Follows the code a call hands to its interpreter. */
export function runCode(interpreter: Interpreter, call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const codes: Field[] = [];
  let script: Field | undefined;
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    const text = arg.text;
    if (text === '--') break;
    const long = interpreter.longCode.find((l) => text === l || text.startsWith(`${l}=`));
    if (long) codes.push(text === long ? (args[++at] ?? arg) : { ...arg, text: text.slice(long.length + 1) });
    else if (interpreter.valued.has(text)) at++;
    else if (/^-[A-Za-z]/.test(text) && !text.startsWith('--')) {
      // Letters after one that takes a value are its value: `-MLWP::Simple` has no -e in it.
      const letters = Array.from(text.slice(1, 17));
      const value = letters.findIndex((c) => interpreter.valued.has(`-${c}`));
      const letter = (value < 0 ? letters : letters.slice(0, value)).find((c) => interpreter.code.includes(c));
      if (letter === undefined) {
        if (interpreter.language === 'python' && text === '-m') {
          // python -m NAME: judged by its own name (pip, http.server …)
          return args[at + 1]
            ? ev.dispatch(args.slice(at + 1), { ...scope, depth: scope.depth + 1 }, { input: call.input })
            : noInput;
        }
        continue;
      }
      const tail = text.slice(text.indexOf(letter) + 1);
      // -c'code' glued, or -pe 'code' with the code in the next word
      if (tail !== '' && !/^[A-Za-z]+$/.test(tail)) codes.push({ ...arg, text: tail });
      else if (args[at + 1]) codes.push(args[++at]!);
      if (interpreter.language === 'python') break;
    } else if (!text.startsWith('-')) {
      script = arg;
      break;
    }
  }
  if (interpreter.language === 'awk') {
    if (codes.length === 0 && script && !args.some((a) => a.text === '-f' || a.text === '--file')) codes.push(script);
  } else if (call.name === 'deno' || call.name === 'bun') {
    if (script?.text === 'eval' && args[at + 1]) codes.push(args[at + 1]!);
  } else if (codes.length === 0 && (script === undefined || script.text === '-')) {
    if (call.input.kind === 'known') codes.push({ text: call.input.text ?? '', dynamic: false, quoted: true });
    else if (call.input.kind === 'network')
      ev.hits.push(
        hit(
          'network-to-shell',
          'critical',
          'supply-chain',
          'deny',
          `This downloads code and runs it in ${call.name} unseen`,
          'Download it to a file, read it, check its checksum, then run it',
        ),
      );
    else if (call.input.kind === 'decoded')
      ev.hits.push(
        hit(
          'decoded-to-shell',
          'critical',
          'command-execution',
          'deny',
          `This decodes hidden text and runs it in ${call.name}`,
          'Write the code in plain text',
        ),
      );
  } else if (script?.dynamic && /[<$]\(network\)/.test(script.text)) {
    ev.hits.push(
      hit(
        'network-to-shell',
        'critical',
        'supply-chain',
        'deny',
        `This downloads code and runs it in ${call.name} unseen`,
        'Download it to a file, read it, check its checksum, then run it',
      ),
    );
  }
  if (script && codes.length === 0) {
    ev.noteRun(script.text, scope.dir);
    // A script that this very command line wrote is as good as code on the command line.
    const own = ev.writtenTo(script.text, scope.dir);
    if (own?.kind === 'known') codes.push({ text: own.text ?? '', dynamic: false, quoted: true });
  }
  for (const code of codes) {
    if (code.dynamic && /\$\(network\)/.test(code.text))
      ev.hits.push(
        hit(
          'network-to-shell',
          'critical',
          'supply-chain',
          'deny',
          `This downloads code and runs it in ${call.name} unseen`,
          'Download it to a file, read it, check its checksum, then run it',
        ),
      );
    followCode(code.text, interpreter.language, call, scope, ev);
  }
  if (codes.length === 0) return undefined;
  return unknownInput;
}

/** A shell handed to whoever is at the other end of a connection. */
const shellOnSocket = /dup2|\/bin\/(?:ba|z|da|k)?sh\b|cmd\.exe|pty\.spawn|["'](?:ba|z)?sh["']/;

interface Literal {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** A shell literal of its own: backticks in perl, ruby, php; `%x(…)`, `qx(…)`; `$`…`` of zx and Bun. */
  readonly shell: boolean;
}

/** What starts a process in these languages. */
const runs =
  /\b(?:system|popen[234]?|getoutput|getstatusoutput|spawn\w*|exec\w*|shell_exec|passthru|proc_open|pcntl_exec|check_output|check_call|Popen|run|call|fork_exec|posix_spawn|startfile|execSync|spawnSync|execFile\w*|fork|capture[23e]*|pipeline\w*|execa|shell|cmd|sh|os\.execute|execute|do\s+shell\s+script|Kernel\.\w+|IO\.popen|Open3|subprocess|child_process|Bun\.\$|\$|Deno\.Command|shell-command|call-process|start-process|run-program|make-process|Process\.\w+|qx|iex)\b\s*[([{`"']?|\|\s*(?:getline|&)|\$\s*`|\b(?:sh|bash)\b\s*\|?/;

/** Names that mean nothing but starting a process (or hiding that one does). */
const starts =
  /\b(?:os\.system|system|popen|Popen|subprocess|child_process|execSync|spawnSync|execFileSync|execv\w*|execl\w*|shell_exec|passthru|proc_open|os\.execute|Deno\.Command|Bun\.spawn\w*|create_subprocess_\w+|__import__|importlib|ProcessBuilder|getRuntime|pty\.spawn|shell-command|call-process)\b|getattr\s*\(\s*(?:os|subprocess|__builtins__)|\bprocess\.binding\b/;

/** A text that is only shown: `print("…`, `console.log('…`. */
const shown =
  /\b(?:print\w*|puts|p|pp|echo|say|warn|console\.\w+|log\w*|logger\.\w+|write\w*|raise|throw|Error|die)\s*\(?\s*[fbru]?$/;

/** Reading a file into the program. */
const reading =
  /\b(?:open|read_text|read_bytes|readFile|readFileSync|readlines?|File\.(?:read|open|readlines)|IO\.read|Path|file_get_contents|fopen|readfile|slurp|createReadStream|Deno\.readTextFile\w*|Bun\.file|dotenv_values|load)\s*\(?\s*[rbfu]?$/;

/** The whole environment, printed. */
const environmentShown =
  /\bprint\s*\(\s*(?:dict\s*\(\s*)?os\.environ\s*\)|console\.\w+\s*\(\s*process\.env\s*\)|JSON\.stringify\s*\(\s*process\.env\s*[,)]|\b(?:puts|p|pp|print)\s*\(?\s*ENV(?:\.(?:to_h|inspect|to_a))?\s*\)?\s*(?:$|;)|\bprint\s+%ENV|\b(?:var_dump|print_r)\s*\(\s*(?:getenv\(\)|\$_ENV)/;

/** What deletes files in these languages, and whether it takes whole trees. */
const deletes =
  /\b(rmtree|removedirs|rm_rf|rm_r|remove_entry_secure|remove_entry|remove_dir_all|rimraf|del_tree|remove_tree|rmSync|rmdirSync|rm|rmdir|emptyDirSync|removeSync|emptyDir|unlink\w*|remove|remove_file|deleteSync|deltree|delete|trash)\s*[(!]?\s*[\w.:]*\(?\s*(?:["'`]|\[?["'`])/;

/** awk runs what it puts together from its input: `system($0)`, `print cmd | "sh"`. */
const awkRuns = /(?:^|[{};&|!(\s])system\s*\(\s*[$A-Za-z_(]|\|&?\s*"(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k)?sh(?: -s?)?"/;

/** Libraries of services that keep data elsewhere, and their calls that end something there. */
const cloudSdk =
  /\b(?:boto3|botocore|aioboto3|pymongo|MongoClient|mongoose|google\.cloud|algoliasearch|meilisearch|elasticsearch|opensearchpy|pygithub|pulumi)\b|@?aws-sdk|@google-cloud|@azure|\bazure\.(?:mgmt|storage|identity|keyvault)/i;
const sdkRemoves =
  /\.(?:delete|begin_delete|drop|terminate|purge|batch_delete|schedule_key_deletion|deregister|remove_(?:bucket|object|targets|tags|permission))(?:_[a-z_]{1,60}|[A-Z]\w{0,60})?\s*\(|\bnew\s+(?:Delete|Terminate|Purge)\w{1,60}Command\s*\(/;
const sdkDeletes =
  /\bgateway\s*\.\s*\w{1,40}\s*\.\s*(?:delete|cancel|void)\s*\(|\b(?:Braintree|Stripe)::\w{1,40}\.(?:delete|cancel|void)\b|\bstripe\.[\w.]{1,60}\.(?:del|delete|cancel)\s*\(|\.(?:clear_objects|clearObjects|deleteIndex|delete_index|drop_database|dropDatabase)\s*\(|\b(?:initIndex|init_index)\s*\([^()]{0,80}\)\s*\.\s*(?:delete|clearObjects)\s*\(/;
const deletedBySdk = hit(
  'sdk-delete',
  'high',
  'data-deletion',
  'ask',
  'This one-liner deletes or ends something at a service through its library',
  'Write a script that can be read first, and let a person run it',
);

/** Follows a piece of code in one of these languages. */
export function followCode(code: string, language: string, call: Call, scope: Scope, ev: Evaluator): void {
  if (scope.depth >= 20 || !ev.spend(code.length)) {
    ev.overflow = true;
    return;
  }
  const literals = readLiterals(code, language);
  const next: Scope = { ...scope, depth: scope.depth + 1, shell: 'posix' };
  let decoded = false;
  if (
    /\b(?:exec|eval|system|popen|spawn\w*|execSync|instance_eval|Function)\b/.test(code) &&
    /b64decode|base64|decode64|unpack\s*\(?\s*["']m|pack\s*\(?\s*["']H|atob|fromhex|unhexlify|zlib|marshal|codecs/i.test(
      code,
    )
  )
    decoded = true;
  if (
    /\b(?:exec|eval|system|popen)\b/.test(code) &&
    (/LWP::Simple|open-uri/.test(call.args.map((a) => a.text).join(' ')) ||
      /urlopen|requests\.get|urllib|open-uri|URI\.open|Net::HTTP|fetch\(|https?\.get|LWP::Simple|file_get_contents\s*\(\s*["']https?:/.test(
        code,
      ))
  )
    ev.hits.push(
      hit(
        'network-to-shell',
        'critical',
        'supply-chain',
        'deny',
        `This downloads code and runs it in ${call.name} unseen`,
        'Download it to a file, read it, check its checksum, then run it',
      ),
    );
  if (/\bsocket\b|fsockopen|TCPSocket|net\.connect|createConnection/i.test(code) && shellOnSocket.test(code))
    ev.hits.push(reverseShell);
  if (environmentShown.test(code)) ev.dispatch([field('printenv')], next, {});
  if (language === 'tcl')
    for (const m of code.matchAll(/\b(?:exec|spawn|system)\s+([^\n;\]]{1,4000})/g)) ev.runText(m[1]!, next);
  // A tree whose name is computed is deleted: as with `rm -rf "$X"`, nobody can see which.
  if (
    /\b(?:rmtree|rm_rf|rm_r|remove_dir_all|rmSync|rimraf|emptyDirSync|remove_tree|removeSync)(?:\s*\(\s*[A-Za-z_$]|\s+[a-z_@$])/.test(
      code,
    )
  )
    ev.dispatch([field('rm'), field('-rf'), { text: '{}', dynamic: true, quoted: true }], next, {});
  if (language === 'awk' && awkRuns.test(code)) ev.hits.push(unknownToShell('sh'));
  if (sdkDeletes.test(code) || (cloudSdk.test(code) && sdkRemoves.test(code))) ev.hits.push(deletedBySdk);
  const hidden = starts.test(code);
  // Runs of literals that only commas, spaces and brackets part: an argument list.
  let group: Literal[] = [];
  let before = 0;
  const close = (): void => {
    if (group.length === 0) return;
    const first = group[0]!;
    const lead = code.slice(Math.max(before, first.from - 160), first.from);
    judgeGroup(group, lead, code.slice(group.at(-1)!.to, group.at(-1)!.to + 16), language, hidden, call, next, ev);
    before = group.at(-1)!.to;
    group = [];
  };
  for (const lit of literals) {
    const gap = group.length > 0 ? code.slice(group.at(-1)!.to, Math.min(lit.from, group.at(-1)!.to + 24)) : '';
    if (
      group.length > 0 &&
      !(lit.from - group.at(-1)!.to < 24 && /^[\s,[\]()q+.]*(?:\{\s*args\s*:\s*\[\s*)?$/.test(gap))
    )
      close();
    group.push(lit);
    if (lit.shell) ev.runText(lit.text, next);
    if (decoded && lit.text.length >= 8) {
      const text = /^(?:[0-9a-f]{2}){4,}$/i.test(lit.text) ? decodeHex(lit.text) : decodeBase64(lit.text);
      if (text !== undefined && /^[\t\n\r -~]+$/.test(text)) {
        followCode(text, language, call, next, ev);
        ev.runText(text, next);
      }
    }
  }
  close();
  if (decoded && ev.hits.length === 0 && literals.some((l) => l.text.length > 24 && /^[A-Za-z0-9+/=\\]+$/.test(l.text)))
    ev.hits.push(
      hit(
        'decoded-to-shell',
        'critical',
        'command-execution',
        'deny',
        `This decodes hidden text and runs it in ${call.name}`,
        'Write the code in plain text',
      ),
    );
}

function judgeGroup(
  group: readonly Literal[],
  lead: string,
  tail: string,
  language: string,
  hidden: boolean,
  call: Call,
  scope: Scope,
  ev: Evaluator,
): void {
  const name = deletes.exec(`${lead}"`)?.[1];
  if (name !== undefined && new RegExp(`\\b${name}\\b[^"'\`]*$`).test(lead)) {
    // Trees go like `rm -rf`, single files like `rm -f`; a helper that cannot take a tree leaves the tree alone.
    const tree =
      /tree|rm_r|removedirs|rimraf|remove_entry|remove_dir|rmSync|^rm$|removeSync|emptyDir|trash|deleteSync/.test(name);
    const words = ['rm', tree ? '-rf' : '-f', ...group.map((l) => l.text).filter((t) => t !== '')];
    ev.dispatch(
      words.map((text) => field(text)),
      scope,
      {},
    );
    return;
  }
  const joined = group.map((l) => l.text).filter((t) => t !== '');
  if (reading.test(lead) || /^\s*\)?\s*\.read_(?:text|bytes)\b/.test(tail)) {
    ev.dispatch([field('cat'), ...joined.slice(0, 1).map((text) => field(text))], scope, {});
    return;
  }
  // `exec("…")`, `eval("…")`: the same language again.
  if (/\b(?:exec|eval|Function|instance_eval|compile)\s*\(\s*[rbfu]?$/.test(lead))
    for (const text of joined.slice(0, 16)) followCode(text, language, call, { ...scope, depth: scope.depth + 1 }, ev);
  const run =
    language === 'awk'
      ? /\bsystem\s*\(\s*$|\|&?\s*$/.test(lead) || /^\s*\|/.test(tail) || (hidden && !shown.test(lead))
      : runs.test(lead.slice(-120)) ||
        (hidden && !shown.test(lead)) ||
        /^\s*\)?\s*\.(?:execute|system|run)\b/.test(tail) ||
        ((language === 'perl' || language === 'ruby') &&
          /\bopen\b/.test(lead) &&
          /^\s*\||\|\s*$/.test(joined.at(-1) ?? ''));
  if (run) {
    // awk joins what stands side by side: system("rm -rf " $1).
    const rest = language === 'awk' && /^\s*[$A-Za-z_]/.test(tail) ? ' "$ITEM"' : '';
    for (const text of joined.slice(0, 64))
      if (/[\s/]/.test(text) || joined.length === 1) ev.runText(text.replace(/^\s*\||\|\s*$/g, '') + rest, scope);
    if (joined.length > 1) {
      // `execvp("git", ["git", …])` names the program twice.
      const words = joined[0] === joined[1] ? joined.slice(1) : joined;
      ev.dispatch(
        words.map((text) => field(text)),
        scope,
        {},
      );
      ev.runText(joined.join(' '), scope);
    }
    return;
  }
  for (const text of joined.slice(0, 64))
    if (
      /^\s*(?:DROP|TRUNCATE|DELETE\s+FROM|ALTER)\b/i.test(text) &&
      /\b(?:execute\w*|query|raw|exec|run|do)\b/i.test(lead)
    ) {
      ev.dispatch([field('psql'), field('-c'), field(text)], scope, {});
    }
}

const field = (text: string): Field => ({ text, dynamic: false, quoted: true });

/** The string literals of a piece of code: quotes, triple quotes, backticks, `q()`-forms; comments are skipped. */
function readLiterals(code: string, language: string): Literal[] {
  const out: Literal[] = [];
  const hashComment =
    language !== 'node' && language !== 'php' && language !== 'lua' && language !== 'groovy' && language !== 'scala';
  const backtickRuns = language === 'perl' || language === 'ruby' || language === 'php' || language === 'julia';
  for (let i = 0; i < code.length && out.length < 4096;) {
    const c = code[i]!;
    if (c === '#' && hashComment && (i === 0 || /\s|;/.test(code[i - 1]!))) {
      const end = code.indexOf('\n', i);
      i = end < 0 ? code.length : end;
    } else if (c === '/' && code[i + 1] === '/' && (language === 'node' || language === 'php')) {
      const end = code.indexOf('\n', i);
      i = end < 0 ? code.length : end;
    } else if ((c === '"' || c === "'") && code.startsWith(c.repeat(3), i) && language === 'python') {
      const end = code.indexOf(c.repeat(3), i + 3);
      const to = end < 0 ? code.length : end;
      out.push({ text: code.slice(i + 3, to), from: i, to: Math.min(code.length, to + 3), shell: false });
      i = to + 3;
    } else if (c === '"' || c === "'" || c === '`') {
      let j = i + 1;
      while (j < code.length && code[j] !== c) j += code[j] === '\\' ? 2 : 1;
      const text = unescapeAnsi(code.slice(i + 1, Math.min(j, code.length)));
      out.push({
        text,
        from: i,
        to: Math.min(code.length, j + 1),
        shell: c === '`' && (backtickRuns || code[i - 1] === '$'),
      });
      i = j + 1;
    } else if (
      (language === 'perl' || language === 'ruby') &&
      /[q%]/.test(c) &&
      (i === 0 || !/[\w$@%]/.test(code[i - 1]!))
    ) {
      const form = /^(?:q[qxw]?|%[xqQwWi]?)\s?([({[</|!])/.exec(code.slice(i, i + 5));
      if (!form) {
        i++;
        continue;
      }
      const close = { '(': ')', '{': '}', '[': ']', '<': '>' }[form[1]!] ?? form[1]!;
      const start = i + form[0].length;
      const end = code.indexOf(close, start);
      const to = end < 0 ? code.length : end;
      const text = code.slice(start, to);
      const words = /^q?w|^%[wWi]/.test(form[0]);
      if (words) for (const word of text.split(/\s+/)) out.push({ text: word, from: i, to: to + 1, shell: false });
      else out.push({ text, from: i, to: to + 1, shell: /x/.test(form[0]) });
      i = to + 1;
    } else i++;
  }
  return out;
}
