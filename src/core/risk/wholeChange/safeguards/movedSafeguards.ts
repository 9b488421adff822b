/** Safeguards that are still made after the change: in a branch that took another one in, or by a function that is called. */
import { diffLines, hunkThatTook, splitLines } from '../../../hunks.ts';
import { isTestPath } from '../../../languages/kinds.ts';
import { hasLexer } from '../../../languages/lexer.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange, Finding, Hunk } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { code } from '../../../rules/kit/code.ts';
import { bodiesOf, kindOf } from '../../../rules/kit/safeguards/calls.ts';
import { backgroundOf, withBackground, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const rule = 'safeguard-removed';
/** More findings, files and callees of one change are not looked into. */
const maxFindings = 40;
const maxFiles = 60;
const maxCallees = 20;
const reach = 60;

interface Taken {
  readonly guard: string;
  readonly line: number;
  readonly hunk: Hunk;
  readonly hunks: readonly Hunk[];
  readonly before: Source;
  readonly after: Source;
}

/**
 * What is guarded can be reached without the check only where no branch and no function makes it any more: a branch that
 * another took in is no finding, a function that makes the check is worth a look.
 */
export function weighMovedSafeguards(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  let asked = 0;
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!classification.findings.some((f) => f.rule === rule) || !isRead(before) || !isRead(after)) continue;
    const [old, now] = [sourceOf(path, before), sourceOf(path, after)];
    const hunks = diffLines(splitLines(old.text), splitLines(now.text));
    const left = classification.findings.flatMap((f): Finding[] => {
      const { key: guard, removedAt: line } = backgroundOf(f);
      if (f.rule !== rule || guard === undefined || line === undefined || !/ was taken out/.test(f.message)) return [f];
      const hunk = hunkThatTook(hunks, line);
      if (!hunk || ++asked > maxFindings) return [f];
      const said = /^'([^']{1,40})'/.exec(f.message)?.[1] ?? guard;
      const taken = { guard, line, hunk, hunks, before: old, after: now };
      if (isInMergedBranch(taken)) return [];
      if (policy.rules.tiers[rule] !== undefined) return [f];
      if (logsItselfIn(taken))
        // What someone may do is asked for by a door, more often than by a login.
        return [withOther(f, { tier: guard === 'authorize' ? 'medium' : 'low', message: ownLogin(said) })];
      const mover = moverOf(taken, files);
      return [mover === undefined ? f : withOther(f, { tier: 'medium', message: movedTo(said, mover) })];
    });
    keep(judged, i, left);
  }
}

const movedTo = (guard: string, name: string): string =>
  `'${guard}' is made by '${name.slice(0, 40)}' now: be sure that it still stands before all that it guarded.`;
const ownLogin = (guard: string): string =>
  `'${guard}' of a program that logs itself in was taken out: be sure that it still does before it asks a server.`;

/** Makes one finding, at its first place, of those that say the same of one safeguard of a file. */
export function asSafeguards(_: readonly FileChange[], judged: FileClassification[]): void {
  for (const [i, { classification }] of judged.entries()) {
    const first = new Map<string, Finding>();
    const users = classification.findings.filter((f) => backgroundOf(f).key === 'useguards' && f.rule === rule);
    const left = classification.findings.filter((f) => {
      if (f.rule !== rule) return true;
      // What is used and that it is used are one thing.
      if (/^(?:authguard|rolesguard)$/.test(backgroundOf(f).key ?? '') && users.some((u) => isOneWith(f, u)))
        return false;
      const id = `${backgroundOf(f).key}:${f.tier}:${f.message}`;
      const there = first.get(id);
      if (there) {
        const n = (backgroundOf(there).standsFor ?? 1) + (backgroundOf(f).standsFor ?? 1);
        withBackground(there, { standsFor: n });
      } else first.set(id, f);
      return !there;
    });
    keep(judged, i, left);
  }
}

const isOneWith = (guard: Finding, user: Finding): boolean =>
  backgroundOf(guard).removedAt !== undefined &&
  backgroundOf(guard).removedAt === backgroundOf(user).removedAt &&
  (guard.tier === user.tier || user.tier === 'critical');

const head = /=>\s*\{?\s*$|^\s*(?:\}\s*)?(?:case|when|if|elif|elsif|else if)\b/;
const comment = /^\s*(?:\/\/|#(?!\[)|\*|\/\*|--)/;
const indent = (text: string): number => text.length - text.trimStart().length;
const words = (text: string): string[] =>
  (text.match(/[A-Za-z_]\w{2,80}/g) ?? []).filter((w) => !/^(?:case|when|elif|elsif|else|Some|None|let)$/.test(w));

/** Whether the heads of the branches that went are in other ones, whose own lines make the same safeguard. */
function isInMergedBranch({ guard, hunk, hunks, before, after }: Taken): boolean {
  if (hunk.oldLines > reach) return false;
  const name = guard.replace(/\W/g, '\\$&');
  const makes = new RegExp(`(?<![\\w.])(?:\\w{1,40}(?:\\.|->|::)){0,3}${name}\\s*[!?]?\\(`, 'i');
  const old = before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines);
  // The end of one branch is soon that of the next: which head went with which safeguard the lines do not tell.
  const heads = old.filter((l) => head.test(l) && words(l).length > 0 && !/\blet\b/.test(l)).map(words);
  const made = old.filter((l) => makes.test(l));
  if (heads.length === 0 || made.length > heads.length) return false;
  // As it was made, as deep below the head: not under one more condition, nor in another form.
  const top = Math.min(...old.filter((l) => head.test(l)).map(indent));
  const isMade = (l: string, above: number): boolean =>
    made.some((m) => m.trim() === l.trim() && indent(m) - top === indent(l) - above);
  const isTaken = (own: readonly string[]): boolean =>
    hunks.some((h) => {
      if (Math.abs(h.newStart - hunk.newStart) > reach) return false;
      for (let n = h.newStart; n < h.newStart + Math.min(h.newLines, reach); n++) {
        const text = after.lines[n - 1] ?? '';
        const names = words(text);
        // All that one head asked, as one more way in, and not as one more condition.
        if (!head.test(text) || !/\||,|\bor\b/.test(text) || /&&|\band\b/.test(text)) continue;
        if (names.length <= own.length || !own.every((w) => names.includes(w))) continue;
        for (let k = n; k < n + reach; k++) {
          const inner = after.lines[k] ?? '';
          if (inner.trim() === '') continue;
          if (indent(inner) <= indent(text)) break;
          if (isMade(inner, indent(text))) return true;
        }
      }
      return false;
    });
  return heads.every(isTaken);
}

/** What a program can do without a server that asks who it is. */
const reachesMore =
  /\b(?:psycopg2?|asyncpg|sqlite3?|sqlx|diesel|rusqlite|mysql\w*|mongo\w*|redis|sqlalchemy|prisma|knex|sequelize|typeorm|gorm|boto3|paramiko|sudo|DELETE FROM|DROP TABLE)\b/i;

/** A program for a terminal that asks for nothing but to be logged in: it guards nobody's door. */
function logsItselfIn({ guard, line, before }: Taken): boolean {
  return (
    /^(?:authenticate|authorize)$/.test(guard) &&
    /(?:^|[/._-])(?:cli|tui)(?=[/._-])/.test(before.path) &&
    new RegExp(`(?<![\\w.$>])${guard}\\(\\s*\\)`, 'i').test(before.lines[line - 1] ?? '') &&
    !before.has(reachesMore) &&
    before.has(/\b(?:clap|argparse|click|commander|yargs|oclif|cobra|inquirer?|ratatui|dialoguer)\b/) &&
    !before.has(
      /\b(?:HttpServer|Router|middleware|actix|axum|rocket|warp|express|fastify|koa|nestjs|flask|django|fastapi|controllers?|gin)\b/i,
    )
  );
}

/** The function, called where the safeguard stood and as often, whose body is in the change and makes it. */
function moverOf({ guard, hunk, before, after }: Taken, files: readonly FileChange[]): string | undefined {
  // Of what cleans and what compares, another pass asks that the function does it whatever way it takes.
  if (kindOf(guard) || hunk.newLines === 0 || hunk.newLines > 200) return undefined;
  const old = before.lines.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldLines);
  const now = after.lines.slice(hunk.newStart - 1, hunk.newStart - 1 + hunk.newLines).filter((l) => !comment.test(l));
  const short = guard.slice(guard.lastIndexOf('.') + 1).replace(/\W/g, '');
  if (short.length < 4) return undefined;
  const spoken = new RegExp(`(?<![A-Za-z\\d_])${short}(?![A-Za-z\\d_])`, 'i');
  // Asked for, and not only written down.
  const decides = new RegExp(
    `(?:\\b(?:if|unless|return|not|and|or)\\b|&&|\\|\\||\\?(?!\\.)|!)[^;{}]{0,120}?(?<![A-Za-z\\d_])${short}(?![A-Za-z\\d_])`,
    'i',
  );
  const times = old.filter((l) => spoken.test(l)).length;
  const was = new Set(old.flatMap((l) => l.match(/[A-Za-z_$][\w$]*(?=\()/g) ?? []));
  const callees = new Map<string, { n: number; isHeeded: boolean }>();
  for (const l of now)
    for (const m of l.matchAll(/(?<![\w$])([A-Za-z_$][\w$]{3,80})\(/g)) {
      if (was.has(m[1]!) || /\b(?:function|def|func|fn|class|new)\s+$/.test(l.slice(0, m.index))) continue;
      const isHeeded = /(?:\b(?:return|if|unless|not|and|or|elif|elsif)\b|[=!&|?(:>{])/.test(l.slice(0, m.index));
      const c = callees.get(m[1]!);
      callees.set(m[1]!, { n: (c?.n ?? 0) + 1, isHeeded: isHeeded && c?.isHeeded !== false });
    }
  for (const [name, { n, isHeeded }] of [...callees].slice(0, maxCallees)) {
    if (n < times) continue;
    const bodies = bodiesNamed(name, files);
    // Of two functions of one name it is not known which is called.
    if (bodies.length !== 1 || !decides.test(bodies[0]!)) continue;
    const stops = /\b(?:throw|raise|panic|abort|halt)\b/.test(bodies[0]!);
    const denies =
      stops || /\breturn\b[^;\n]{0,60}\b(?:false|null|nil|undefined|None|4\d\d|Err\w*|err)\b/i.test(bodies[0]!);
    if (denies && (isHeeded || stops)) return name;
  }
  return undefined;
}

function bodiesNamed(name: string, files: readonly FileChange[]): string[] {
  const found: string[] = [];
  for (const { path, after } of files.slice(0, maxFiles)) {
    if (!isRead(after) || isTestPath(path) || !after.includes(name)) continue;
    const source = sourceOf(path, after);
    if (!hasLexer(source.language)) continue;
    const c = code(source);
    // What a comment says makes nothing.
    for (const { range } of bodiesOf(c, name))
      found.push(
        c.facts.tokens
          .slice(range.from, range.to)
          .flatMap((t) => (t.kind === 'comment' || t.kind === 'str' ? [] : [source.slice(t)]))
          .join(' '),
      );
  }
  return found;
}
