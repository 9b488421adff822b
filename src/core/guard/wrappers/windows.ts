/** PowerShell and cmd as wrappers. */
import type { Evaluator, Scope, Shell } from '../evaluate.ts';
import { noInput, unknownInput } from '../model.ts';
import type { Call, Input } from '../model.ts';
import { decodeBase64 } from '../outputs.ts';
import { decodedToShell, networkToShell, runInput, taintOf } from './shells.ts';
import { inner, valueOf } from './words.ts';

export function unwrapWindows(call: Call, scope: Scope, ev: Evaluator): Input | undefined {
  const { args } = call;
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
      if (file) ev.runText(`${quoteWindows(file.text)} ${list?.text.replace(/,/g, ' ') ?? ''}`, inner(scope));
      return unknownInput;
    }
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

const quoteWindows = (text: string): string => (/\s/.test(text) ? `& "${text}"` : text);
