import type { Call } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { fromRequest, wholeText } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

const join =
  /^(?:path\.(?:join|resolve|normalize)|join|resolve|os\.path\.join|posixpath\.join|filepath\.Join|path\.Join|Paths\.get|Path\.of|Path\.Combine|File\.join|Rails\.root\.join)$/;
const open =
  /^(?:open|io\.open|codecs\.open|aiofiles\.open|os\.(?:open|Open|OpenFile|ReadFile|Create|Remove|RemoveAll|remove|unlink|rmdir|listdir|WriteFile|ReadDir)|ioutil\.(?:ReadFile|WriteFile|ReadDir)|send_file|flask\.send_file|send_from_directory|shutil\.(?:rmtree|copy\w*|move)|(?:fs|fsp|fsPromises|fs\.promises|promises)\.(?:readFile|readFileSync|writeFile|writeFileSync|createReadStream|createWriteStream|open|openSync|unlink|unlinkSync|rm|rmSync|readdir|readdirSync|stat|statSync|appendFile|appendFileSync|access|accessSync|copyFile|rename|mkdir|exists|existsSync)|readFile|readFileSync|createReadStream|res\.(?:sendFile|download)|(?:\w+\.)?sendFile|File|FileInputStream|FileReader|FileOutputStream|FileWriter|RandomAccessFile|Files\.(?:read\w*|write\w*|newInputStream|newOutputStream|newBufferedReader|lines|copy|delete|move|list|walk)|File\.(?:open|read|ReadAllText|ReadAllBytes|ReadAllLines|WriteAllText|WriteAllBytes|OpenRead|OpenWrite|Open|Delete|Copy|Move|readlines|new|write|binread)|IO\.(?:read|readlines|binread)|FileStream|StreamReader|StreamWriter|PhysicalFile|file_get_contents|file_put_contents|fopen|readfile|unlink|file|opendir|scandir|rmdir|mkdir|rename|copy|move_uploaded_file|show_source|highlight_file|parse_ini_file|fpassthru|SplFileObject|http\.ServeFile|tarfile\.open|zipfile\.ZipFile|FileResponse|pathlib\.Path|File\.(?:AppendAllText|Exists|Create|ReadLines|WriteAllLines|readlink|unlink|rename|delete|file\?|exist\?)|Dir\.(?:glob|entries|children|mkdir|open)|FileUtils\.\w+|IO\.(?:write|foreach)|Pathname\.new|PhysicalFileResult|fs\.(?:read_to_string|read|write|remove_file|create_dir_all)|File\.open|NamedFile\.open|c\.(?:File|Attachment|SaveUploadedFile)|ctx\.(?:SendFile|sendfile)|res\.render|reply\.sendFile|fse?\.\w+|FileSystemResource|UrlResource|ClassPathResource|getResourceAsStream|ImageIO\.read|new_file)$/;

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
    'copy',
    'rename',
    'symlink',
    'chdir',
    'glob',
    'pstore',
    'io',
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
    'fileresponse',
    'opendir',
    'scandir',
    'show_source',
    'dir',
    'fileutils',
    'pathname',
    'namedfile',
    'render',
    'path',
    'filesystemresource',
    'urlresource',
    'getresourceasstream',
    'filestream',
    'physicalfile',
    'read_to_string',
    'unlinksync',
    'extract',
    'getname',
  ],
  check(source, report) {
    const c = code(source);
    const isJs = source.language === 'javascript' || source.language === 'typescript' || source.language === 'tsx';
    const isJvm = /^(?:java|kotlin|scala)$/.test(source.language);
    const cleaned =
      /(?:path\.basename|os\.path\.basename|filepath\.Base|secure_filename|get_valid_filename|sanitize\w*|startsWith\(|startswith\(|start_with\?|HasPrefix\(|StartsWith\(|indexOf\([^()\n]{0,80}\)\s*[=!]==?\s*(?:0|-1)|path\.relative|filepath\.Rel\b|is_relative_to|commonpath|commonprefix|realpath|getCanonicalPath|toRealPath|normalize\(\)\.startsWith|FilenameUtils\.(?:getName|normalize)|Path\.GetFileName|File\.basename|\bbasename\(|securejoin|SecureJoin|safe_join|os\.OpenInRoot|os\.Root|filepath\.IsLocal|\b(?:file)?path\.Clean\(\s*["'`]\/["'`]\s*\+|\.replace\(\s*(?:\/\^?\(?(?:\\\.\\\.|\.\.)|["']\.\.["']))/;
    const archives = source.has(
      /archive\/(?:zip|tar)|\bZip(?:Entry|InputStream|File|Archive)\b|\bTar(?:Archive|Entry|InputStream)\w*|\bunzipper\b|adm-zip|\byauzl\b|tar-stream|jszip|Zip::|rubyzip|System\.IO\.Compression|\bzipfile\b|\btarfile\b|ZipArchiveEntry/,
    );
    for (const call of c.facts.calls) {
      const joins = join.test(call.callee) || (isJvm && isPathResolve(c, call));
      const opens =
        !joins &&
        (open.test(call.callee) || ofScripts(source.language, call.callee) || (call.isNew && open.test(call.name)));
      if (!joins && !opens) continue;
      if (
        joins &&
        /^(?:join|resolve)$/.test(call.callee) &&
        !(isJs && source.has(/\b(?:join|resolve)\b[^\n]{0,400}(?:from\s*|require\()['"](?:node:)?path/))
      )
        continue;
      if (opens && builtins.test(call.callee) && source.language !== 'php') continue;
      if (call.callee === 'path.Join' && source.language === 'go') continue;
      if (call.callee === 'File' && source.language === 'c-sharp') continue;
      const hit = { start: call.start, end: call.end };
      const body = c.around(call.start, 12, 8);
      const args = joins
        ? call.args
        : call.args.slice(
            0,
            call.name === 'File' || call.name === 'file' || /^(?:copy|rename|link|symlink)$/.test(call.callee)
              ? 2
              : call.name === 'ServeFile'
                ? 3
                : 1,
          );
      let bad = false;
      let entry = false;
      for (const a of args) {
        if (c.isConstant(a)) continue;
        const text = c.text(a);
        if (cleaned.test(text)) continue;
        if (fromRequest(c, a, base)) bad = true;
        else if (joins && isJs && handlerParameter(c, a, call.start)) bad = true;
        else if (archives && source.language !== 'python' && isEntryName(c, a)) entry = bad = true;
        // Go's services read files whose names come from the environment or a prompt: the operator, but gosec's readers ask all the same.
        else if (opens && source.language === 'go' && /os\.Getenv|ReadString|os\.Args/.test(wholeText(c, a)))
          bad = true;
      }
      if (!bad || cleaned.test(body)) continue;
      report(
        entry
          ? {
              ...hit,
              message:
                "Name inside an archive is used as a path ('../' leads out): resolve it and check that it lies in the target folder.",
            }
          : hit,
      );
    }
    if (source.language === 'ruby')
      for (const m of source.text.matchAll(
        /(?!render\s+(?:html|plain|json|xml|text|inline|body|status|js):)\b(?:send_file|File\.(?:read|open|new|delete)|IO\.read|render\s+(?:file|template|action|partial)?:?)\s*\(?\s*[^\n,]{0,80}\bparams\[[^\]\n]{1,60}\](?![^\n]*basename)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
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

/** More ways of PHP and Ruby to a file or folder. */
const ofScripts = (language: string, callee: string): boolean =>
  (language === 'php' &&
    /^(?:chdir|chroot|link|symlink|dir|touch|chmod|chown|glob|readlink|fopen|gzopen|simplexml_load_file|parse_ini_file|md5_file|sha1_file|hash_file|ZipArchive\.open|imagecreatefrom\w+)$/.test(
      callee,
    )) ||
  (language === 'ruby' &&
    /^(?:Dir\.(?:chdir|foreach|each_child|rmdir|unlink|exist\?)|IO\.(?:readlines|binwrite|sysopen)|PStore\.new|File\.(?:readlines|foreach|symlink|chmod))$/.test(
      callee,
    ));

/** `Path.resolve` of Java, whose owner is called like a folder or is a path. */
const isPathResolve = (c: Code, call: Call): boolean =>
  /^(?:resolve|resolveSibling)$/.test(call.name) &&
  c.source.has(/java\.nio\.file/) &&
  /(?:^|\.)(?:\w*(?:path|dir|root|base|folder|location|store|home|uploads?)\w*|Paths\.get\(\)|Path\.of\(\)|toPath\(\))\.resolve(?:Sibling)?$/i.test(
    call.callee,
  );

/** Functions of PHP without an owner: the same words mean other things elsewhere. */
const builtins = /^(?:copy|rename|mkdir|unlink|file|rmdir|opendir|scandir|readfile|fopen)$/;
const base =
  /(?:^|\.)(?:basename|Base|secure_filename|get_valid_filename|sanitize\w*|GetFileName|getName|safe_join|SecureJoin|realpath)$/;

/** `entry.name` of an archive's member. */
function isEntryName(c: Code, range: { from: number; to: number }): boolean {
  return /\b(?:f|file|entry|e|ze|zipEntry|header|hdr|h|member|zf|item|tarEntry|zip_?[eE]ntry)\.(?:Name|name|getName\(\)|fileName|entryName|path|FullName|filename)(?!\w)/.test(
    wholeText(c, range),
  );
}

/** A parameter of the function around, called like user input. */
function handlerParameter(c: Code, a: { from: number; to: number }, offset: number): boolean {
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
