/** PowerShell and cmd as wrappers. */
import type { Evaluator, Scope, Shell } from '../evaluate.ts';
import { noInput, unknownInput } from '../model.ts';
import type { Call, Field, Input } from '../model.ts';
import { decodeBase64 } from '../outputs.ts';
import { decodedToShell, networkToShell, runInput, taintOf } from './shells.ts';
import { inner, valueOf } from './words.ts';

export function unwrapWindows(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
  const computed = scope.shell === 'powershell' ? runExpression(call, scope, ev) : undefined;
  if (computed) return computed;
  switch (call.name) {
    case 'powershell':
    case 'pwsh': {
      const next = { ...inner(scope), shell: 'powershell' as Shell };
      for (let i = 0; i < args.length; i++) {
        const text = args[i]!.text.toLowerCase();
        if (
          /^[-/](?:e|ec|en|enc|enco|encod|encode|encoded|encodedc|encodedco|encodedcom|encodedcomm|encodedcomma|encodedcomman|encodedcommand)$/.test(
            text,
          )
        ) {
          const decoded = decodeBase64(args[i + 1]?.text ?? '');
          if (decoded === undefined) ev.hits.push(decodedToShell('PowerShell'));
          else ev.runText(decoded, next, call.input);
          return unknownInput;
        }
        if (/^[-/](?:c|co|com|comm|comma|comman|command)$/.test(text))
          return ev.runText(
            args
              .slice(i + 1)
              .map((a) => a.text)
              .join(' '),
            next,
            call.input,
          );
        if (/^[-/](?:f|fi|fil|file)$/.test(text)) return unknownInput;
        if (
          /^[-/](?:ex|ep|exec|executionpolicy|w|windowstyle|wd|workingdirectory|of|outputformat|if|inputformat|ver|version|config|configurationname)$/.test(
            text,
          )
        )
          i++;
        else if (!/^[-/]/.test(text))
          return ev.runText(
            args
              .slice(i)
              .map((a) => a.text)
              .join(' '),
            next,
            call.input,
          );
      }
      return runInput(call, next, ev);
    }
    case 'cmd': {
      const at = args.findIndex((a) => /^\/[ckr]$/i.test(a.text));
      if (at >= 0)
        return ev.runText(
          args
            .slice(at + 1)
            .map((a) => a.text)
            .join(' '),
          { ...inner(scope), shell: 'cmd' },
          call.input,
        );
      return undefined;
    }
    case 'invoke-expression':
    case 'iex': {
      if (call.input.kind === 'network' || taintOf(args) === 'network') ev.hits.push(networkToShell('PowerShell'));
      else if (call.input.kind === 'decoded' || taintOf(args) === 'decoded') ev.hits.push(decodedToShell('PowerShell'));
      const words = args.filter((a) => !/^-command$/i.test(a.text));
      if (words.length > 0) return ev.runText(words.map((a) => a.text).join(' '), scope);
      if (call.input.kind === 'known') return ev.runText(call.input.text ?? '', scope);
      return unknownInput;
    }
    case '&':
    case 'call':
      return args.length > 0 ? ev.dispatch(args, inner(scope), { input: call.input }) : noInput;
    case 'start-process':
    case 'saps': {
      const file = valueOf(args, '-FilePath', '-filepath') ?? args.find((a) => !a.text.startsWith('-'));
      const list = valueOf(args, '-ArgumentList', '-argumentlist', '-Args');
      if (file) ev.noteRun(file.text, scope.dir);
      if (file) ev.runText(`${quoteWindows(file.text)} ${list?.text.replace(/,/g, ' ') ?? ''}`, inner(scope));
      return unknownInput;
    }
    case 'start': {
      // `start ["title"] [/switches] program …`
      let at = args[0]?.quoted === true ? 1 : 0;
      while (at < args.length && /^\/\w+/.test(args[at]!.text)) at += /^\/d$/i.test(args[at]!.text) ? 2 : 1;
      return at < args.length ? ev.dispatch(args.slice(at), inner(scope)) : undefined;
    }
    case 'set-alias':
    case 'new-alias': {
      const words = args.filter((a) => !a.text.startsWith('-'));
      if (words.length >= 2)
        scope.functions.set(words[0]!.text, ev.options.parsers.powershell(`${words[1]!.text} $args`).list);
      return noInput;
    }
    case 'mshta':
    case 'regsvr32':
    case 'rundll32':
    case 'msiexec':
    case 'cscript':
    case 'wscript':
      if (args.some((a) => /(?:^|[:/])(?:https?:\/\/|javascript:|vbscript:)/i.test(a.text)))
        ev.hits.push(networkToShell(call.name));
      return undefined;
    case 'invoke-command':
    case 'icm':
    case 'start-job':
    case 'foreach-object':
    case '%':
    case 'foreach':
    case 'where-object':
    case '?':
      return undefined;
    default:
      return undefined;
  }
}

/** Expressions that compute a text or act through .NET: `[Convert]::FromBase64String('…')`, `[IO.Directory]::Delete(…)`. */
function runExpression(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const text = call.program.text;
  if (!text.startsWith('[') && !text.startsWith('$')) return undefined;
  if (/^\[scriptblock\]::create/i.test(text)) {
    const source = taintOf([call.program]);
    if (source) ev.hits.push(source === 'network' ? networkToShell('PowerShell') : decodedToShell('PowerShell'));
    else ev.runText(text.slice('[scriptblock]::create'.length), inner(scope));
    return unknownInput;
  }
  if (/^\$(?:\(network\)|\(\)|\w+)\.Download(?:String|Data|File)/i.test(text) || text.includes('$(network)'))
    return { kind: 'network' };
  const coded = /^\[(?:system\.)?convert\]::frombase64string(.*)$/is.exec(text);
  if (coded) {
    const plain = decodeBase64(coded[1]!);
    return plain === undefined ? { kind: 'decoded' } : { kind: 'known', text: plain };
  }
  const decoded = /^\[(?:system\.)?text\.encoding\]::\w+\.getstring(.*)$/is.exec(text);
  if (decoded) return text.includes('$(') ? { kind: 'decoded' } : { kind: 'known', text: decoded[1]! };
  const removed = /^\[(?:system\.)?io\.(directory|file|directoryinfo)\]::delete(.*)$/is.exec(text);
  if (removed) {
    const [path = '', recurse = ''] = `${removed[2]!} ${call.args.map((a) => a.text).join(' ')}`.split(',');
    const word = (value: string): Field => ({ text: value, dynamic: value.includes('$'), quoted: true });
    const recursive = removed[1]!.toLowerCase() !== 'file' && /true/i.test(recurse);
    return ev.dispatch(
      [word('remove-item'), word(path.trim()), ...(recursive ? [word('-Recurse'), word('-Force')] : [])],
      inner(scope),
    );
  }
  const shown = /^\[(?:system\.)?io\.file\]::(?:readall\w+|readlines|openread|opentext)(.*)$/is.exec(text);
  if (shown) {
    const path = shown[1]!.trim();
    return ev.dispatch(
      [
        { text: 'get-content', dynamic: false, quoted: true },
        { text: path, dynamic: path.includes('$'), quoted: true },
      ],
      scope,
    );
  }
  return undefined;
}

const quoteWindows = (text: string): string => (/\s/.test(text) ? `& "${text}"` : text);
