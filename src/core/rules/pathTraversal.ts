import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const join =
  /^(?:path\.(?:join|resolve|normalize)|join|resolve|os\.path\.join|posixpath\.join|filepath\.Join|path\.Join|Paths\.get|Path\.of|Path\.Combine|File\.join|Rails\.root\.join)$/;
const open =
  /^(?:open|io\.open|codecs\.open|aiofiles\.open|os\.(?:open|Open|OpenFile|ReadFile|Create|Remove|RemoveAll|remove|unlink|rmdir|listdir|WriteFile|ReadDir)|ioutil\.(?:ReadFile|WriteFile|ReadDir)|send_file|flask\.send_file|send_from_directory|shutil\.(?:rmtree|copy\w*|move)|(?:fs|fsp|fsPromises|fs\.promises|promises)\.(?:readFile|readFileSync|writeFile|writeFileSync|createReadStream|createWriteStream|open|openSync|unlink|unlinkSync|rm|rmSync|readdir|readdirSync|stat|statSync|appendFile|appendFileSync|access|accessSync|copyFile|rename|mkdir|exists|existsSync)|readFile|readFileSync|createReadStream|res\.(?:sendFile|download)|(?:\w+\.)?sendFile|File|FileInputStream|FileReader|FileOutputStream|FileWriter|RandomAccessFile|Files\.(?:read\w*|write\w*|newInputStream|newOutputStream|newBufferedReader|lines|copy|delete|move|list|walk)|File\.(?:open|read|ReadAllText|ReadAllBytes|ReadAllLines|WriteAllText|WriteAllBytes|OpenRead|OpenWrite|Open|Delete|Copy|Move|readlines|new|write|binread)|IO\.(?:read|readlines|binread)|FileStream|StreamReader|StreamWriter|PhysicalFile|file_get_contents|file_put_contents|fopen|readfile|unlink|file|http\.ServeFile|tarfile\.open|zipfile\.ZipFile)$/;

export const pathTraversal: Rule = {
  id: 'path-traversal',
  title: 'File path comes from outside',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-22', 'CWE-23', 'OWASP A01:2021'],
  why: '`../` or an absolute path in the value leads out of the folder it was meant for; joining does not hold it in.',
  remedy: 'resolve the path and check that it lies inside the allowed folder, or map names to files',
  keywords: [
    'join',
    'resolve',
    'open',
    'readfile',
    'readfilesync',
    'createreadstream',
    'sendfile',
    'download',
    'file',
    'fileinputstream',
    'filereader',
    'send_file',
    'fopen',
    'file_get_contents',
    'readfile',
    'openfile',
    'paths',
    'combine',
    'fs',
    'remove',
    'rmtree',
    'unlink',
    'writefile',
    'extractall',
    'servefile',
    'extract',
    'include',
    'files',
    'streamreader',
    'normalize',
    'readalltext',
  ],
  check(source, report) {
    const c = code(source);
    const isJs = source.language === 'javascript' || source.language === 'typescript' || source.language === 'tsx';
    const cleaned =
      /(?:path\.basename|os\.path\.basename|filepath\.Base|secure_filename|sanitize\w*|startsWith\(|startswith\(|HasPrefix\(|path\.relative|filepath\.Rel\b|is_relative_to|commonpath|commonprefix|realpath|getCanonicalPath|toRealPath|normalize\(\)\.startsWith|FilenameUtils\.getName|Path\.GetFileName|File\.basename|securejoin|SecureJoin|safe_join|os\.OpenInRoot|os\.Root|filepath\.IsLocal|\.replace\(\s*(?:\/\^?\(?(?:\\\.\\\.|\.\.)|["']\.\.["']))/;
    for (const call of c.facts.calls) {
      const joins = join.test(call.callee);
      const opens = !joins && (open.test(call.callee) || (call.isNew && open.test(call.name)));
      if (!joins && !opens) continue;
      if (
        joins &&
        /^(?:join|resolve)$/.test(call.callee) &&
        !(isJs && source.has(/\b(?:join|resolve)\b[^\n]{0,400}(?:from\s*|require\()['"](?:node:)?path/))
      )
        continue;
      const hit = { start: call.start, end: call.end };
      const body = c.around(call.start, 12, 8);
      const args = joins ? call.args : call.args.slice(0, 1);
      let bad = false;
      for (const a of args) {
        if (c.isConstant(a)) continue;
        const text = c.text(a);
        if (cleaned.test(text)) continue;
        if (c.isOutside(a)) bad = true;
        else if (joins && isJs && handlerParameter(c, a, call.start)) bad = true;
      }
      if (!bad) continue;
      if (cleaned.test(body)) continue;
      if (/^(?:process\.env|os\.environ|os\.getenv|System\.getenv)/.test(args.map((a) => c.text(a)).join(' ')) && joins)
        continue;
      // A path of the operator's own (command line, environment) joined for later use is no request.
      if (joins && !args.some((a) => requestLike(c, a)) && !handlerLike(c, args, call.start)) {
        continue;
      }
      if (opens && !args.some((a) => requestLike(c, a))) {
        // Reading a file named on the command line is what command line tools are for; Go's servers read os.Getenv.
        if (source.language !== 'go' || !/os\.Getenv|ReadString|os\.Args/.test(deep(c, args[0]!, 0))) continue;
      }
      report(hit);
    }
    for (const call of c.facts.callsNamed('extractall', 'unpack_archive', 'extractAllTo')) {
      if (call.name === 'unpack_archive' || /zip/i.test(call.callee) || c.named(call, 'filter') || !source.has(/tar/i))
        continue;
      if (/members\s*=|filter\s*=|is_within|commonp|startswith/.test(c.around(call.start, 10, 2))) continue;
      report({
        start: call.start,
        end: call.end,
        message: 'Archive unpacked without checking its paths: pass filter="data" or check every member.',
      });
    }
  },
};

function deep(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = c.text(range);
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 5))
        if (a.from !== range.from) text += ` ${deep(c, a, depth + 1)}`;
  return text.slice(0, 8000);
}

/** Input of a request, not of the operator. */
function requestLike(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const text = deep(c, range, 0);
  return (
    /\breq(?:uest)?\s*(?:\.|\[|->)|\br\.(?:URL|Form|PostForm|FormValue|Header|Body)|\bctx\.(?:query|params|request|Query|Param|body)|\bc\.(?:Query|Param|PostForm|FormValue)|\$_(?:GET|POST|REQUEST|COOKIE|FILES)|\bparams\s*\[|getParameter|\bevent\b\s*(?:\.|\[)|\bRequest\b\s*(?:\.|\[)|self\.get_argument|\binput\s*\(|location\.(?:search|hash)|\.FormValue\(|\.Query\(\)/.test(
      text,
    ) || c.names(range).some((n) => c.params.has(n))
  );
}

function handlerLike(
  c: ReturnType<typeof code>,
  args: readonly { from: number; to: number }[],
  offset: number,
): boolean {
  return args.some((a) => handlerParameter(c, a, offset));
}

/** A parameter of the function around, called like user input. */
function handlerParameter(c: ReturnType<typeof code>, a: { from: number; to: number }, offset: number): boolean {
  const names = c.names(a).filter((n) => c.facts.isParam(n, a.from));
  if (names.length === 0) return false;
  if (
    names.some((n) =>
      /^(?:user\w*|input\w*|untrusted\w*|entry\w*|file[nN]ame|upload\w*|req|request|body|query)$/.test(n),
    )
  )
    return true;
  const head = c.around(offset, 8, 0);
  return (
    /\b(?:req|request)\b\s*,\s*(?:res|response|reply)\b|\(\s*(?:userInput|input|entry)\b/.test(head) &&
    names.some((n) => !/^(?:root|base|dir|folder|cwd|outDir|home|config|options|opts)$/i.test(n))
  );
}
