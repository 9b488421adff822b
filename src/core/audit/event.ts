/** One audit event ↔ one line. Pure; the log's chain and files are `platform/auditLog.ts`. */
import type { AuditEvent, AuditInput, AuditSubject } from './model.ts';

/** Longest line the log writes, in bytes; `composeEvent` keeps every event below it. */
const maxLineBytes = 32 * 1024;

/** `prev` of a log's first event. */
export const noHash = '0'.repeat(64);

const textLimit = 1000;
const commandLimit = 4000;
const pathLimit = 4096;

/** Most texts. Unicode's classes take a hook longer to look up than its work takes. */
const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** Control, bidi and line-breaking characters out: a log line must not be able to lie on a terminal. */
export const cleanText = (text: string): string =>
  isPlain(text) ? text : text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\p{Cf}\p{Cs}]/gu, '');

/** Cuts between characters, not inside a surrogate pair. */
const shorten = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** A path keeps its spelling, so what would break a terminal is escaped, not dropped: two names stay two names. */
export function cleanPath(path: string): string {
  if (isPlain(path)) return shorten(path, pathLimit);
  const clean = path.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return shorten(clean, pathLimit);
}

/**
 * What may go into the log: known fields only, cleaned, shortened, secrets replaced. `redact` replaces secrets in a
 * text (`core/secrets`).
 */
function sanitizeInput(input: AuditInput, redact: (text: string) => string): AuditInput {
  const word = (text: string | undefined, limit = 200): string | undefined =>
    text === undefined ? undefined : shorten(cleanText(text), limit);
  // Cleaned first (an invisible character inside a token would hide it), shortened last (half a token is no pattern).
  const prose = (text: string | undefined, limit: number): string | undefined =>
    text === undefined ? undefined : shorten(redact(cleanText(text)), limit);
  const s = input.subject;
  const subject: AuditSubject | undefined = s && {
    ...drop({
      path: s.path === undefined ? undefined : cleanPath(s.path),
      lines: s.lines?.slice(0, 500).map(([a, b]) => [Math.trunc(a), Math.trunc(b)] as const),
      agent: word(s.agent),
      model: word(s.model),
      session: word(s.session),
      tool: word(s.tool),
      command: prose(s.command, commandLimit),
      rule: word(s.rule),
      tier: s.tier,
      origin: s.origin,
      evidence: s.evidence,
      note: prose(s.note, textLimit),
      commit: word(s.commit),
      transcript: s.transcript && {
        path: cleanPath(s.transcript.path),
        ...drop({ sha256: word(s.transcript.sha256) }),
      },
    }),
  };
  return {
    event: input.event,
    actor: { kind: input.actor.kind, id: word(input.actor.id) ?? '' },
    door: input.door,
    ...drop({
      subject: subject && Object.keys(subject).length > 0 ? subject : undefined,
      decision: input.decision,
      policy: word(input.policy),
      reason: prose(input.reason, textLimit),
    }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function drop<T extends object>(fields: T): Defined<T> {
  const out: Defined<T> = {};
  for (const key of Object.keys(fields) as (keyof T)[])
    if (fields[key] !== undefined) out[key] = fields[key] as Exclude<T[keyof T], undefined>;
  return out;
}

/** The event's line, without its newline. Fixed order of keys, so that a line can be read by eye. */
export function formatEvent(e: AuditEvent): string {
  return JSON.stringify({
    v: e.v,
    seq: e.seq,
    time: e.time,
    event: e.event,
    actor: e.actor,
    door: e.door,
    subject: e.subject,
    decision: e.decision,
    policy: e.policy,
    reason: e.reason,
    prev: e.prev,
  });
}

/** The event for an input at its place in the chain, and its line. */
export function composeEvent(
  input: AuditInput,
  place: { readonly seq: number; readonly time: string; readonly prev: string },
  redact: (text: string) => string,
): { readonly event: AuditEvent; readonly line: string } {
  const { seq, time, prev } = place;
  const event: AuditEvent = { v: 1, seq, time, ...sanitizeInput(input, redact), prev };
  const line = formatEvent(event);
  // UTF-8 needs at most three bytes for one UTF-16 unit.
  if (line.length * 3 <= maxLineBytes) return { event, line };
  const small = shrink(event);
  return { event: small, line: formatEvent(small) };
}

/** Only an event with hundreds of line ranges or a long path or command is ever too long. */
function shrink(event: AuditEvent): AuditEvent {
  const { lines: _lines, command, ...subject } = event.subject ?? {};
  return {
    ...event,
    subject: {
      ...subject,
      ...(subject.path !== undefined && { path: shorten(subject.path, 1000) }),
      ...(command !== undefined && { command: shorten(command, 1000) }),
    },
  };
}

/** Reads a line back; `undefined` when it is no event. Unknown fields of later versions are kept. */
export function parseEvent(line: string): AuditEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const e = value as Partial<AuditEvent>;
  const fits =
    typeof e.v === 'number' &&
    Number.isSafeInteger(e.seq) &&
    typeof e.time === 'string' &&
    typeof e.event === 'string' &&
    typeof e.prev === 'string' &&
    /^[0-9a-f]{64}$/.test(e.prev) &&
    typeof e.actor === 'object' &&
    e.actor !== null;
  return fits ? (value as AuditEvent) : undefined;
}
