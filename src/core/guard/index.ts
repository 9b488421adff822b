/**
 * The command guard: one shell command line → allow, ask or deny. Synchronous, linear in the length of the input,
 * never throws. Fails closed: a part that could not be followed (too deep, too long) is asked about.
 */
import type { Policy } from '../policy/model.ts';
import type { ReadText } from '../ports.ts';
import { tiers } from '../model.ts';
import { parseCmd } from './cmd.ts';
import { commandPolicy } from './commandPolicy.ts';
import { Evaluator } from './evaluate.ts';
import type { WriteTarget } from './evaluate.ts';
import { about, hit } from './model.ts';
import type { Call, Family, GuardVerdict, Hit } from './model.ts';
import { parsePosix } from './posix.ts';
import { isCmdlet, looksLikePowerShell, parsePowerShell } from './powershell.ts';
import { families } from './rules/index.ts';
import { redact } from '../secrets/redact.ts';
import { unwrap } from './wrappers/index.ts';
import { addTo } from '../multimap.ts';

export type { About, GuardVerdict } from './model.ts';

export interface GuardInput {
  readonly command: string;
  /** Absolute directory the command starts in. */
  readonly cwd?: string;
  readonly shell?: 'posix' | 'powershell' | 'cmd';
}

export interface GuardOptions {
  readonly policy?: Policy;
  /** Agent id, for `agents.<id>.commands`. */
  readonly agent?: string;
  readonly readText?: ReadText;
}

export interface GuardAnalysis {
  readonly verdict: GuardVerdict;
  /** Files the command writes or removes, as far as its text tells. */
  readonly writes: readonly WriteTarget[];
  /** Nothing in it changes files. */
  readonly readsOnly: boolean;
}

/** Longer than any shell takes on one line, and than any person reads. */
const maxLength = 1_000_000;

const byProgram = new Map<string, Family[]>();
for (const family of families)
  for (const program of family.programs) {
    addTo(byProgram, program, family);
  }
const everywhere = byProgram.get('*') ?? [];

const tooComplex: Hit = hit(
  'too-complex',
  'high',
  'command-execution',
  'ask',
  'This command is nested too deeply or too long to be checked',
  'Split it into simple commands',
);

/** Judges a command. */
export function guardCommand(input: GuardInput, options: GuardOptions = {}): GuardVerdict {
  return analyseCommand(input, options).verdict;
}

/** Judges a command and says which files it writes. */
export function analyseCommand(input: GuardInput, options: GuardOptions = {}): GuardAnalysis {
  const context = { cwd: input.cwd };
  const text = input.command.length > maxLength ? input.command.slice(0, maxLength) : input.command;
  // Nobody said which shell: what looks like PowerShell is read as both, and the stronger answer counts. A POSIX shell
  // knows no cmdlets, so there their words are left to the other reading, which knows what a backslash means.
  const isMaybePowerShell = input.shell === undefined && looksLikePowerShell(text);
  const isMaybeCmd = input.shell === undefined && /(?:^|[\s"=])[A-Za-z]:\\/.test(text);
  const judge = (call: Call): Hit | undefined => {
    let best: Hit | undefined;
    if (isMaybePowerShell && call.shell !== 'powershell' && isCmdlet(call.program.text)) return undefined;
    for (const family of byProgram.get(call.name) ?? nothing) best = stronger(best, family.check(call, context));
    for (const family of everywhere) best = stronger(best, family.check(call, context));
    return best;
  };
  const evaluator = new Evaluator({
    context,
    readText: options.readText,
    judge,
    parsers: { posix: parsePosix, powershell: parsePowerShell, cmd: parseCmd },
    budget: 200_000 + text.length * 8 * (1 + Number(isMaybePowerShell) + Number(isMaybeCmd)),
    unwrap,
  });
  const configured = options.policy ? commandPolicy(input.command, options.policy, options.agent) : undefined;
  try {
    evaluator.runText(text, evaluator.root(input.shell ?? 'posix'));
    if (isMaybePowerShell) evaluator.runText(text, evaluator.root('powershell'));
    // A POSIX shell takes the backslash of `C:\\` for its own.
    if (isMaybeCmd) evaluator.runText(text, evaluator.root('cmd'));
  } catch {
    // A bug of ours must not open the door; nor may it lock every command: ask.
    evaluator.overflow = true;
  }
  if (evaluator.overflow || text.length < input.command.length) evaluator.hits.push(tooComplex);
  let best: Hit | undefined;
  for (const found of evaluator.hits) best = stronger(best, found);
  if (configured === 'allow' && best?.decision !== 'deny') best = undefined;
  else if (configured !== undefined && configured !== 'allow') best = stronger(best, configured);
  return {
    verdict: best ? redacted(best) : allowed,
    writes: evaluator.writes,
    readsOnly: evaluator.readsOnly && !best,
  };
}

const nothing: readonly Family[] = [];
const allowed: GuardVerdict = { decision: 'allow', tier: 'low', category: 'none', rule: '', reason: '' };

function redacted(found: Hit): GuardVerdict {
  const { rule, reason, object } = found;
  return { ...found, rule: redact(rule), reason: redact(reason), ...about(object && redact(object)) };
}

function stronger(a: Hit | undefined, b: Hit | undefined): Hit | undefined {
  if (!a || !b) return a ?? b;
  if (a.decision !== b.decision) return a.decision === 'deny' ? a : b;
  return tiers.indexOf(b.tier) > tiers.indexOf(a.tier) ? b : a;
}
