/**
 * `countersign verify A..B`: the server-side gate. Works in a bare clone, offline; reads the policy from the target
 * branch, never from the change. Fails closed: what cannot be checked does not pass.
 */
import { GuardError } from '../../platform/guardError.ts';
import { UsageError, type Command } from '../command.ts';
import { verifyRange } from '../gate.ts';
import { gateFormats, printReport, type GateFormat, type GateResult } from '../gateReport.ts';

interface Options {
  readonly from: string | undefined;
  readonly to: string;
  readonly policyRef: string | undefined;
  readonly format: GateFormat;
  readonly keys: string | undefined;
  readonly allowPolicyEdit: boolean;
}

export const verify: Command = {
  name: 'verify',
  summary: 'check the provenance records of a range of commits (the gate for servers and CI)',
  usage: `usage: countersign verify A..B [--policy-ref REF] [--format ${gateFormats.join('|')}] [--keys FILE] [--allow-policy-edit]

Checks every commit that B has and A has not: the record is there where the policy asks for one, fits the commit's
content, counts and justification, and the change was allowed. Runs in a bare clone, offline.

  --policy-ref REF      where the policy is read (default: A); never from the commits that are judged
  --format FORMAT       text (one line per problem), json, github (annotations), sarif
  --keys FILE           public keys (keys.json) that signed records must be signed with
  --allow-policy-edit   the range may loosen the policy (a reviewed change of the policy itself)

exit codes: 0 all fine (warnings may be printed), 1 refused, 2 misuse or internal error
`,
  async run(args, io) {
    const options = parse(args);
    let result: GateResult;
    try {
      result = await verifyRange(options, io.cwd);
    } catch (error) {
      if (GuardError.is(error)) throw new UsageError(error.message);
      throw error;
    }
    printReport(result, options, io);
    return result.problems.some((p) => p.level === 'error') ? 1 : 0;
  },
};

function parse(args: readonly string[]): Options {
  let range: string | undefined;
  let policyRef: string | undefined;
  let format: GateFormat = 'text';
  let keys: string | undefined;
  let allowPolicyEdit = false;
  const value = (i: number, name: string): string => {
    const found = args[i];
    if (found === undefined) throw new UsageError(`${name} needs a value`);
    return found;
  };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitOption(args[i] as string);
    if (name === '--policy-ref') policyRef = inline ?? value(++i, name);
    else if (name === '--keys') keys = inline ?? value(++i, name);
    else if (name === '--allow-policy-edit') allowPolicyEdit = true;
    else if (name === '--format') {
      const wanted = inline ?? value(++i, name);
      if (!(gateFormats as readonly string[]).includes(wanted))
        throw new UsageError(`unknown format '${wanted}'; one of ${gateFormats.join(', ')}`);
      format = wanted as GateFormat;
    } else if (name.startsWith('-'))
      throw new UsageError(`unknown option '${name}'; 'countersign verify --help' lists them`);
    else if (range !== undefined) throw new UsageError('only one range can be verified at a time');
    else range = name;
  }
  if (range === undefined) throw new UsageError('which commits? countersign verify A..B, e.g. origin/main..HEAD');
  const at = range.indexOf('..');
  if (range.includes('...')) throw new UsageError('write A..B with two dots');
  // A new branch is pushed with an all-zero old name.
  const from = at < 0 ? undefined : range.slice(0, at) || 'HEAD';
  const to = at < 0 ? range : range.slice(at + 2) || 'HEAD';
  return {
    from: from !== undefined && /^0+$/.test(from) ? undefined : from,
    to,
    policyRef,
    format,
    keys,
    allowPolicyEdit,
  };
}

const splitOption = (arg: string): [string, string | undefined] => {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
};
