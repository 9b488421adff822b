/**
 * `countersign verify A..B`: the server-side gate. Works in a bare clone, offline; reads the policy from the target
 * branch, never from the change. Fails closed: what cannot be checked does not pass.
 */
import { GuardError } from '../../platform/guardError.ts';
import { UsageError, type Command } from '../command.ts';
import { evidences, type Evidence } from '../../core/model.ts';
import { verifyRange, type GateOptions } from '../gate.ts';
import { gateFormats, printReport, type GateFormat, type GateResult } from '../gateReport.ts';

interface Options extends GateOptions {
  readonly format: GateFormat;
}

export const verify: Command = {
  name: 'verify',
  summary: 'check the provenance records of a range of commits (the gate for servers and CI)',
  usage: `usage: countersign verify A..B [options]

Checks every commit that B has and A has not: the record is there where the policy asks for one, fits the commit's
content, counts and justification, and the change was allowed. Runs in a bare clone, offline.

  --policy-ref REF      where the policy is read (default: A); never from the commits that are judged
  --format FORMAT       ${gateFormats.join(' | ')}: one line per problem, JSON, annotations, code scanning
  --keys FILE           public keys that signatures are checked against (keys.json), or REV:PATH, e.g. main:keys.json
  --require-signed      an unsigned record is refused, too
  --parts A..B          what a squash in the range was made of; B alone: from where it parts from A
  --approvals FILE      reviews given, as JSON: [{"email","state","commit"?,"authorizes"?}], or as GitHub's or GitLab's API
                        lists them; the review that the policy demands must be among them, given after the last change
  --reviewed-by         'Reviewed-by: NAME <EMAIL>' in a commit's message counts as a review of it
  --min-conf EVIDENCE   ${evidences.join(' | ')}: the weakest evidence that a record may rest on
  --log FILE            an exported audit log (jsonl): a record may not say less than the log about the same content
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

const flags = ['--require-signed', '--reviewed-by', '--allow-policy-edit'] as const;
const withValue = ['--policy-ref', '--format', '--keys', '--parts', '--approvals', '--min-conf', '--log'] as const;

function parse(args: readonly string[]): Options {
  let range: string | undefined;
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitOption(args[i] as string);
    if ((flags as readonly string[]).includes(name) && inline === undefined) given.set(name, '');
    else if ((withValue as readonly string[]).includes(name)) {
      const value = inline ?? args[++i];
      if (value === undefined || value === '') throw new UsageError(`${name} needs a value`);
      given.set(name, value);
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
  const format = given.get('--format') ?? 'text';
  if (!(gateFormats as readonly string[]).includes(format))
    throw new UsageError(`unknown format '${format}'; one of ${gateFormats.join(', ')}`);
  const leastEvidence = given.get('--min-conf');
  if (leastEvidence !== undefined && !(evidences as readonly string[]).includes(leastEvidence))
    throw new UsageError(`--min-conf is one of ${evidences.join(', ')}`);
  return {
    from: from !== undefined && /^0+$/.test(from) ? undefined : from,
    to: at < 0 ? range : range.slice(at + 2) || 'HEAD',
    policyRef: given.get('--policy-ref'),
    format: format as GateFormat,
    keys: given.get('--keys'),
    requireSigned: given.has('--require-signed'),
    allowPolicyEdit: given.has('--allow-policy-edit'),
    parts: given.get('--parts'),
    leastEvidence: leastEvidence as Evidence | undefined,
    approvals: given.get('--approvals'),
    trailerReviews: given.has('--reviewed-by'),
    log: given.get('--log'),
  };
}

const splitOption = (arg: string): [string, string | undefined] => {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
};
