/** One `AI-Provenance` line: format and parse. The grammar is docs/trailers.md; a line that is not exactly so is none. */
import { evidences, tiers } from '../model.ts';
import type { Evidence, Tier } from '../model.ts';
import type { Sha256 } from '../ports.ts';
import type { ProvenanceRecord } from './model.ts';

const count = '(?:0|[1-9][0-9]{0,8})';
const grammar = new RegExp(
  `^v1 ai=(${count})/(${count}) mod=(${count}) unk=(${count}) del=(${count})/(${count})` +
    ` risk=(none|${tiers.join('|')}) files=(${count}) conf=(${evidences.join('|')})` +
    ' patch=(d1:[0-9a-f]{32}|-) note=(n1:[0-9a-f]{16}|-) policy=(p1:[0-9a-f]{16}|-) log=(l1:[0-9a-f]{16}|-)' +
    '(?: key=(ed:[0-9a-f]{16}) sig=([A-Za-z0-9_-]{86}))?$',
);

/** The value of an `AI-Provenance` trailer. */
export function formatRecord(r: ProvenanceRecord): string {
  const signed = r.key !== undefined && r.sig !== undefined ? ` key=${r.key} sig=${r.sig}` : '';
  return unsigned(r) + signed;
}

function unsigned(r: ProvenanceRecord): string {
  return (
    `v1 ai=${r.ai}/${r.added} mod=${r.mod} unk=${r.unk} del=${r.aiDeleted}/${r.deleted} risk=${r.risk}` +
    ` files=${r.files} conf=${r.conf} patch=${r.patch} note=${r.note} policy=${r.policy} log=${r.log}`
  );
}

/** The record in a trailer's value, or `undefined`. Sums that cannot be (more AI lines than lines) are refused, too. */
export function parseRecord(value: string): ProvenanceRecord | undefined {
  const m = grammar.exec(value);
  if (!m) return undefined;
  const n = (i: number): number => Number(m[i]);
  const record: ProvenanceRecord = {
    version: 1,
    ai: n(1),
    added: n(2),
    mod: n(3),
    unk: n(4),
    aiDeleted: n(5),
    deleted: n(6),
    risk: m[7] as Tier | 'none',
    files: n(8),
    conf: m[9] as Evidence,
    patch: m[10] as string,
    note: m[11] as string,
    policy: m[12] as string,
    log: m[13] as string,
    ...(m[14] !== undefined && { key: m[14] }),
    ...(m[15] !== undefined && { sig: m[15] }),
  };
  const sound = record.mod <= record.ai && record.ai + record.unk <= record.added && record.aiDeleted <= record.deleted;
  return sound ? record : undefined;
}

/** The text that a record's Ed25519 signature covers. `repositoryId`: SHA-256 of the first root commit's name. */
export const signedText = (record: ProvenanceRecord, repositoryId: string): string =>
  `aiprov1\n${repositoryId}\n${unsigned(record)}`;

/** `note=`: binds the justification, as it stands in its trailer. */
export const noteDigest = (text: string, sha256: Sha256): string => `n1:${sha256(text).slice(0, 16)}`;

/** `log=` of an audit log's head (64 hex); `-` where there is no log yet. */
export const logAnchor = (head: string): string => (/^0*$/.test(head) ? '-' : `l1:${head.slice(0, 16)}`);

export const maxJustificationBytes = 400;

/**
 * Text for a trailer: one line, no control, bidi or invisible characters, so that it cannot forge another trailer or
 * show something else than it says; at most `maxBytes` of UTF-8, cut between characters.
 */
export function trailerText(text: string, maxBytes = maxJustificationBytes): string {
  const clean = text
    .replace(/\p{Cs}/gu, '\ufffd')
    // ZWNJ and ZWJ stay: Persian and emoji need them.
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if (utf8Length(clean) <= maxBytes) return clean;
  let size = 3;
  let out = '';
  for (const character of clean) {
    size += utf8Length(character);
    if (size > maxBytes) break;
    out += character;
  }
  return `${out.trimEnd()}…`;
}

function utf8Length(text: string): number {
  let size = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    size += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return size;
}

/** Names of agents in the kernel's `Assisted-by` form, by our agent id; another id stands for itself. */
const displayNames: Readonly<Record<string, string>> = {
  aider: 'Aider',
  amp: 'Amp',
  'claude-code': 'Claude',
  cline: 'Cline',
  codex: 'Codex',
  continue: 'Continue',
  copilot: 'Copilot',
  'copilot-cli': 'Copilot',
  cursor: 'Cursor',
  gemini: 'Gemini',
  'gemini-cli': 'Gemini',
  'github.copilot': 'Copilot',
  'github.copilot-chat': 'Copilot',
  opencode: 'OpenCode',
  'qwen-code': 'Qwen',
  windsurf: 'Windsurf',
};

/** `NAME` and `MODEL` of an `Assisted-by` value; characters that the form gives a meaning are replaced. */
export function assistedBy(agent: string, model: string | undefined): { name: string; model: string } {
  const word = (text: string): string => trailerText(text, 100).replace(/[\s:[\]]+/g, '-');
  return {
    name: displayNames[agent.toLowerCase()] ?? (word(agent) || 'unknown'),
    model: (model && word(model)) || 'unknown',
  };
}

const ownNames: ReadonlySet<string> = new Set(Object.values(displayNames));

/** Whether an `Assisted-by` value could be one of ours: the name of an agent that we know. */
export const isOwnAssistedBy = (value: string): boolean =>
  /^([^\s:]+):\S+$/.test(value) && ownNames.has(value.split(':')[0] as string);
