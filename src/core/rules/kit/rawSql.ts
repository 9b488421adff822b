/** SQL that a migration in code runs as text: judged statement by statement, as in a file of its own. */
import type { Call } from '../../languages/facts.ts';
import { Source } from '../../languages/source.ts';
import { tiers, type Tier } from '../../model.ts';
import type { Hit, Rule } from '../rule.ts';
import type { Code } from './code.ts';

export interface SqlVerdict {
  readonly tier: Tier;
  readonly message: string;
}

/** Limits on waiting, where names are looked up, what is said: nothing of it is data. What keeps checks off is not here. */
const settings =
  /^(?:SET (?:LOCAL |SESSION )?|RESET )(?:LOCK_TIMEOUT|STATEMENT_TIMEOUT|IDLE_IN_TRANSACTION_SESSION_TIMEOUT|DEADLOCK_TIMEOUT|SEARCH_PATH|CLIENT_MIN_MESSAGES|MAINTENANCE_WORK_MEM|TIME ZONE|TIMEZONE)\b/;
const saysOrMakes =
  /^(?:COMMENT ON|ANALYZE|CREATE (?:TYPE|DOMAIN|SEQUENCE|SCHEMA|COLLATION|EXTENSION)|(?:CREATE (?:UNIQUE )?|DROP )INDEX CONCURRENTLY)\b/;
const inSteps = /^ALTER TABLE .{1,300}? (?:ADD CONSTRAINT \S+ .* NOT VALID|VALIDATE CONSTRAINT \S+) ?;?$/;
const addsColumn = /^ALTER TABLE .{1,300}? ADD COLUMN /;
const makesTable =
  /^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?\S+(?: \. \S+)? \((?!.* AS (?:SELECT|TABLE|WITH|\( SELECT)\b)/;
const doesMore =
  /, ADD (?!COLUMN )|\b(?:DISABLE|ENABLE|FORCE|OWNER|DROP|RENAME|SET|INHERIT|REPLICA|CLUSTER|ATTACH|DETACH|VALIDATE|EXCHANGE)\b/;
/** With them a data base runs programs, reads files or reaches other hosts. */
const reaches =
  /^CREATE EXTENSION (?:IF NOT EXISTS )?["']?(?:PL\w*U\b|PL(?:PYTHON|PERL|SH|TCL|V8|RUST)|DBLINK|\w*_FDW|HTTP|PG_NET|PG_CRON|ADMINPACK|FILE_)/i;
const isHarmless = (text: string): boolean =>
  settings.test(text) ||
  (saysOrMakes.test(text) && !reaches.test(text)) ||
  makesTable.test(text) ||
  (inSteps.test(text) && !/, (?:ADD|DROP|ALTER|DISABLE)\b/.test(text)) ||
  (addsColumn.test(text) && !doesMore.test(text));

/**
 * What rules for SQL say of the text that a call runs: nothing, where each statement is known and does no harm; `undefined`,
 * where the text does not stand here or a statement is one that they leave to others (rows that are changed or deleted).
 */
export function judgedSql(
  c: Code,
  calls: readonly Call[],
  rules: readonly Rule[],
): (call: Call) => SqlVerdict | 'nothing' | undefined {
  // All of a file are one text: what an earlier call did counts for a later one.
  let all = '';
  const texts = [...c.facts.callsNamed('text')];
  const pieces = new Map<Call, { readonly from: number; readonly to: number }>();
  for (const call of calls) {
    const sql = textOf(c, call, texts);
    if (sql === undefined) continue;
    pieces.set(call, { from: all.length, to: all.length + sql.length });
    all += `${sql}\n;\n`;
  }
  if (pieces.size === 0) return () => undefined;
  const source = new Source(`${c.source.path}.sql`, all, 'sql');
  const hits: Hit[] = [];
  for (const rule of rules) rule.check(source, (hit) => hits.push({ tier: rule.tier, message: rule.title, ...hit }));
  return (call) => {
    const piece = pieces.get(call);
    if (!piece) return undefined;
    const isIn = ({ start }: { readonly start: number }): boolean => piece.from <= start && start < piece.to;
    const own = hits.filter(isIn);
    const statements = source.sql.filter((s) => isIn(s) && !/^;?$/.test(s.text));
    if (statements.length === 0) return undefined;
    if (!statements.every((s) => own.some((h) => h.start === s.start) || isHarmless(s.text))) return undefined;
    const worst = own.reduce<Hit | undefined>(
      (a, b) => (a && tiers.indexOf(a.tier!) >= tiers.indexOf(b.tier!) ? a : b),
      undefined,
    );
    return worst ? { tier: worst.tier!, message: worst.message! } : 'nothing';
  };
}

/** The text of the first argument, also inside `text(…)`: only where all of it stands here. */
function textOf(c: Code, call: Call, texts: readonly Call[]): string | undefined {
  const arg = call.args.find((a) => a.name === undefined || a.name === 'sql' || a.name === 'sqltext');
  if (!arg) return undefined;
  const { start, end } = c.facts.offsets(arg);
  const wrapped = texts.find((x) => x.start === start && x.end === end);
  const sql = c.facts.literal(wrapped ? wrapped.args[0] : arg);
  return sql?.replace(/\\([nrt"'`])/g, (_, e: string) => ({ n: '\n', r: '\n', t: ' ' })[e] ?? e);
}
