/** What stands where a safeguard stood: a call on the same operands, or a function whose answer is asked for. */
import { hunkThatTook } from '../../../hunks.ts';
import type { Call } from '../../../languages/facts.ts';
import type { Source } from '../../../languages/source.ts';
import type { Hunk } from '../../../model.ts';
import { code, type Code } from '../code.ts';
import { bodiesOf, compared, isGuard, kindOf, nameOf, operand, squeezed, statement, type Kind } from './calls.ts';

const operands = (c: Code, call: Call, kind: Kind): string =>
  kind === 'clean'
    ? squeezed(c.text(call.args[0]))
    : call.args
        .slice(0, 2)
        .map((a) => squeezed(operand(c, a)))
        .sort()
        .join(' ');

/** A call that stands where a safeguard's did: on the same operands, its result used alike. */
export interface Replacement {
  readonly old: Call;
  readonly now: Call;
}

/** The calls that took the place of a safeguard, by its lower-case name and its line (from 1). */
export function replacementsOf(
  guard: string,
  line: number,
  before: Source,
  after: Source,
  hunks: readonly Hunk[],
): Replacement[] {
  const kind = kindOf(guard);
  const hunk = hunkThatTook(hunks, line);
  if (!kind || !hunk || hunk.newLines === 0 || hunk.newLines > 200) return [];
  const b = code(before);
  const a = code(after);
  const olds = b.facts.calls.filter((x) => isGuard(b, x, guard) && holds(before, x, line));
  const news = a.facts.calls.filter((x) => {
    const at = after.lineAt(a.facts.tokens[x.open]!.start);
    return at >= hunk.newStart && at < hunk.newStart + hunk.newLines && !isGuard(a, x, guard);
  });
  if (olds.length === 0 || olds.length * news.length > 400) return [];
  const said = (c: Code, x: Call): string => (kind === 'compare' ? compared(statement(c, x)) : statement(c, x));
  const found: Replacement[] = [];
  for (const old of olds) {
    const wanted = operands(b, old, kind);
    const place = said(b, old);
    // A name that stands on both sides is no new one.
    const now = news.find(
      (x) => operands(a, x, kind) === wanted && said(a, x) === place && x.args.length > 0 && wanted !== '',
    );
    // Two safeguards on one line are not told apart.
    if (!now) return [];
    found.push({ old, now });
  }
  return found;
}
const holds = (source: Source, call: Call, line: number): boolean => {
  const from = source.lineAt(call.start);
  return from <= line && line <= source.lineAt(source.code.tokens[call.open]!.start);
};

/** The function that is made to compare what a removed comparison did, and whose answer decides. */
export interface Mover {
  readonly name: string;
  readonly makes: (definer: Source) => boolean;
}

/**
 * Calls that the new text of a function makes where the old one compared two secrets itself: their result is asked for, and
 * it ends the function where there is none.
 */
export function askedInstead(
  guard: string,
  line: number,
  before: Source,
  after: Source,
  changed: ReadonlySet<number>,
): Mover[] {
  if (kindOf(guard) !== 'compare') return [];
  const b = code(before);
  const a = code(after);
  const old = b.facts.calls.find((x) => isGuard(b, x, guard) && holds(before, x, line));
  if (!old) return [];
  const wanted = fieldsOf(b, old);
  const around = nameOf(b, b.facts.scopeAt(old.first));
  if (around === '' || wanted === undefined) return [];
  const { tokens, calls, assignments } = a.facts;
  return calls
    .filter((x) => changed.has(after.lineAt(x.start)) && nameOf(a, a.facts.scopeAt(x.first)) === around)
    .slice(0, 60)
    .filter((x) => {
      const given = assignments.find((v) => !v.isKey && v.from === x.first && v.to === x.close + 1);
      if (!given) return false;
      const { to } = a.facts.scopes[a.facts.scopeAt(x.first)]!;
      const rest = after.text.slice(x.end, Math.min(tokens[to - 1]!.end, x.end + 8000));
      const v = given.name.replaceAll('$', '\\$');
      return new RegExp(
        `\\bif\\s*\\(?\\s*(?:!\\s*${v}|not\\s+${v}|${v}\\s*={2,3}\\s*(?:nil|null|undefined|false)|${v}\\s+is\\s+None)\\s*\\)?\\s*(?:[{:]\\s*)?(?:[\\w.]{1,80}\\([^()\\n]{0,200}\\);?\\s*){0,3}(?:return|throw|raise)\\b`,
      ).test(rest);
    })
    .map((x) => ({
      name: x.name,
      makes: (definer) => {
        const c = code(definer);
        const bodies = bodiesOf(c, x.name);
        return (
          bodies.length === 1 &&
          c.facts.calls.some(
            (y) =>
              isGuard(c, y, guard) &&
              c.facts.scopeAt(y.first) === bodies[0]!.scope &&
              fieldsOf(c, y) === wanted &&
              endsWithout(c, y),
          )
        );
      },
    }));
}

/** What two secrets are called where they are kept: `session.Nonce` and `nonce` are `nonce nonce`. */
function fieldsOf(c: Code, call: Call): string | undefined {
  const names = call.args.slice(0, 2).map((a) => /(\w+)$/.exec(operand(c, a))?.[1]?.toLowerCase());
  const [a, b] = names;
  return a === undefined || b === undefined ? undefined : a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** Whether a comparison ends its function where it fails. */
function endsWithout(c: Code, call: Call): boolean {
  const said = compared(statement(c, call));
  if (!/^(?:if|unless) (?:\( )?(?:! |not )●/.test(said) || / (?:&&|and) /.test(said)) return false;
  const { tokens, match } = c.facts;
  let open = call.close;
  while (open < tokens.length && open - call.close < 12 && tokens[open]!.text !== '{') open++;
  if (tokens[open]?.text !== '{') return false;
  return /\breturn\s+(?:(?:nil|null|false|undefined|"")\b[^\n]{0,80}|[^\n]{0,80}\berr(?:or)?\b[^\n]{0,80})?[;\n}]|\bthrow\b/.test(
    c.text({ from: open, to: match[open]! + 1 }),
  );
}
