/**
 * What other tools wrote down about who wrote which lines: Agent Trace records (https://agent-trace.dev, 0.1.0) and
 * git-ai's notes (`authorship/3`). Only what they say of an AI's lines is taken over: whoever may push may write such a
 * record, so that a claim "a person wrote this" would be a way to launder lines. Nothing is guessed: what is malformed
 * is named in `problems`, the rest of the record still counts.
 */
import type { LineOrigin } from '../model.ts';

export interface LineClaim {
  /** As the record has it; not yet checked to be inside the repository. */
  readonly path: string;
  /** 1-based, inclusive. */
  readonly start: number;
  readonly end: number;
  readonly origin: LineOrigin;
}

export interface ForeignRecord {
  /** Commit in whose text the lines are counted. */
  readonly revision?: string;
  readonly claims: readonly LineClaim[];
  /** Ranges that name a person or nobody; they say nothing here. */
  readonly withoutAi: number;
  readonly problems: readonly string[];
}

const maxLine = 10_000_000;
const maxRanges = 200_000;

/** One Agent Trace record, parsed from JSON. */
export function parseAgentTrace(value: unknown): ForeignRecord {
  const problems: string[] = [];
  const claims: LineClaim[] = [];
  let withoutAi = 0;
  const record = fields(value);
  if (!record) return { claims, withoutAi, problems: ['not a record: a JSON object is wanted'] };
  // The reference implementation writes 1.0 into records of 0.1.0.
  if (typeof record['version'] !== 'string' || !/^(?:0\.1(?:\.\d+)?|1\.0(?:\.0)?)$/.test(record['version']))
    return { claims, withoutAi, problems: [`version ${shown(record['version'])} is not known; 0.1.0 is`] };
  if (!Array.isArray(record['files'])) return { claims, withoutAi, problems: ['"files" is missing or no list'] };
  const vcs = fields(record['vcs']);
  const revision = vcs?.['type'] === undefined || vcs['type'] === 'git' ? commitId(vcs?.['revision']) : undefined;
  if (vcs?.['revision'] !== undefined && revision === undefined)
    problems.push(`"vcs.revision" ${shown(vcs['revision'])} is no git commit`);
  const tool = text(fields(record['tool'])?.['name'], 100);
  const at = time(record['timestamp']);
  for (const [i, item] of record['files'].entries()) {
    const file = fields(item);
    const path = file?.['path'];
    if (typeof path !== 'string' || path === '' || !Array.isArray(file?.['conversations'])) {
      problems.push(`files[${i}]: "path" or "conversations" is missing`);
      continue;
    }
    for (const one of file['conversations']) {
      const conversation = fields(one);
      const ranges = conversation?.['ranges'];
      if (!conversation || !Array.isArray(ranges)) {
        problems.push(`${shown(path)}: a conversation without "ranges"`);
        continue;
      }
      const session = text(conversation['id'] ?? conversation['url'], 200);
      for (const r of ranges) {
        const range = fields(r);
        const start = range?.['start_line'];
        const end = range?.['end_line'];
        if (!isLine(start) || !isLine(end) || end < start) {
          problems.push(`${shown(path)}: a range ${shown(start)}-${shown(end)} is none`);
          continue;
        }
        const contributor = fields(range?.['contributor']) ?? fields(conversation['contributor']);
        const type = contributor?.['type'];
        if (type !== 'ai' && type !== 'mixed') {
          if (type === 'human' || type === 'unknown') withoutAi++;
          else problems.push(`${shown(path)}: contributor ${shown(type)} is not known`);
          continue;
        }
        const model = text(contributor?.['model_id'], 200);
        // Our own export says who exported it, not which agent it was.
        const agent = tool === 'countersign' ? undefined : tool;
        if (claims.length >= maxRanges)
          return { ...rev(revision), claims, withoutAi, problems: [...problems, tooMany] };
        claims.push({
          path,
          start,
          end,
          origin: {
            origin: 'ai',
            evidence: 'hook',
            ...(type === 'mixed' && { modified: true }),
            ...(agent !== undefined && { agent }),
            ...(model !== undefined && { model }),
            ...(session !== undefined && { session }),
            ...(at !== undefined && { at }),
          },
        });
      }
    }
  }
  return { ...rev(revision), claims, withoutAi, problems };
}

/** The text of one git-ai note and the commit it hangs on. */
export function parseGitAiNote(note: string, revision: string): ForeignRecord {
  const problems: string[] = [];
  const claims: LineClaim[] = [];
  let withoutAi = 0;
  const lines = note.split(/\r\n|\n/);
  const divider = lines.indexOf('---');
  if (divider < 0) return { revision, claims, withoutAi, problems: ['no note of git-ai: the line "---" is missing'] };
  let meta: Record<string, unknown> | undefined;
  try {
    meta = fields(JSON.parse(lines.slice(divider + 1).join('\n')));
  } catch {
    // Said below.
  }
  const version = meta?.['schema_version'];
  if (!meta || typeof version !== 'string' || !/^authorship\/3\.\d+\.\d+$/.test(version)) {
    const what = meta ? `schema ${shown(version)} is not known; authorship/3 is` : 'its JSON part is damaged';
    return { revision, claims, withoutAi, problems: [what] };
  }
  const sessions = { ...fields(meta['prompts']), ...fields(meta['sessions']) };
  let path: string | undefined;
  for (const line of lines.slice(0, divider)) {
    if (line === '') continue;
    if (!line.startsWith(' ')) {
      path = unquoted(line);
      if (path === undefined) problems.push(`${shown(line)} is no file name`);
      continue;
    }
    const match = /^ +(\S+) ([\d,-]+)$/.exec(line);
    if (!match || path === undefined) {
      problems.push(`${shown(line.trim())} is no list of lines`);
      continue;
    }
    const [, author, list] = match as unknown as [string, string, string];
    // `h_…` is a person, `s_…::t_…` a session and its trace, a bare hash a prompt of older notes.
    if (author.startsWith('h_')) {
      withoutAi++;
      continue;
    }
    const id = author.split('::')[0] as string;
    const agentId = Object.hasOwn(sessions, id) ? fields(fields(sessions[id])?.['agent_id']) : undefined;
    const agent = text(agentId?.['tool'], 100);
    const model = text(agentId?.['model'], 200);
    const origin: LineOrigin = {
      origin: 'ai',
      evidence: 'hook',
      ...(agent !== undefined && { agent }),
      ...(model !== undefined && { model }),
      session: text(agentId?.['id'], 200) ?? id.slice(0, 100),
    };
    for (const part of list.split(',')) {
      const [from, to = from] = part.split('-');
      const [start, end] = [Number(from), Number(to)];
      if (!/^\d+(?:-\d+)?$/.test(part) || !isLine(start) || !isLine(end) || end < start)
        problems.push(`${shown(path)}: a range ${shown(part)} is none`);
      else if (claims.length >= maxRanges) return { revision, claims, withoutAi, problems: [...problems, tooMany] };
      else claims.push({ path, start, end, origin });
    }
  }
  return { revision, claims, withoutAi, problems };
}

const tooMany = `more than ${maxRanges} ranges; the rest was left out`;

const fields = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const rev = (revision: string | undefined): { revision?: string } => (revision === undefined ? {} : { revision });

const commitId = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{7,64}$/i.test(value) ? value.toLowerCase() : undefined;

const isLine = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxLine;

/** A word for a record of ours: one line, nothing that turns text around. */
function text(value: unknown, limit: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim();
  return clean === '' ? undefined : clean.slice(0, limit);
}

function time(value: unknown): string | undefined {
  const ms = typeof value === 'string' && value.length <= 40 ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** A file name, in JSON's quotes where it needs them. */
function unquoted(line: string): string | undefined {
  if (!line.startsWith('"')) return line;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}

const shown = (value: unknown): string =>
  (JSON.stringify(value) ?? 'nothing').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?').slice(0, 120);
