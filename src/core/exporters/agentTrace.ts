import type { CommitExporter, CommitFacts, ContributedRange } from './model.ts';
import { addTo } from '../multimap.ts';

/** https://models.dev names: PROVIDER/MODEL. A model whose provider its name does not tell stands for itself. */
const providers: readonly (readonly [RegExp, string])[] = [
  [/^claude\b/i, 'anthropic'],
  [/^(?:gpt|o\d|codex|chatgpt)\b/i, 'openai'],
  [/^gemini\b/i, 'google'],
  [/^(?:grok)\b/i, 'xai'],
  [/^(?:mistral|codestral|devstral)\b/i, 'mistral'],
  [/^deepseek\b/i, 'deepseek'],
  [/^qwen/i, 'alibaba'],
];

/**
 * Agent Trace 0.1.0 records (https://agent-trace.dev), one per commit, as JSON Lines. Where the machine that made the
 * commit still knows its lines the ranges are those; else all lines of a commit are what its record says of it.
 */
export const agentTrace: CommitExporter = {
  id: 'agent-trace',
  of: 'commits',
  title: 'Agent Trace (per commit)',
  extension: 'jsonl',
  mime: 'application/x-ndjson',
  renderCommit(commit, meta) {
    const { provenance: p, justification } = commit.record;
    return JSON.stringify({
      version: '0.1.0',
      id: uuid(commit),
      timestamp: commit.committed,
      vcs: { type: 'git', revision: commit.id },
      tool: { name: 'countersign', version: meta.version },
      files: commit.files.map(({ path, ranges }) => ({ path, conversations: conversations(ranges) })),
      metadata: {
        'dev.countersign': {
          risk: p.risk,
          evidence: p.conf,
          added: p.added,
          ai: p.ai,
          unknown: p.unk,
          deleted: p.deleted,
          aiDeleted: p.aiDeleted,
          content: p.patch,
          policy: p.policy,
          ...(commit.isBound !== undefined && { contentMatches: commit.isBound }),
          ...(justification !== undefined && { justification }),
        },
      },
    });
  },
};

/** Made of the commit's name (RFC 9562, version 8), so that the same commit has the same record. */
function uuid({ id }: CommitFacts): string {
  const hex = id.padEnd(32, '0');
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Ranges by contributor, in the order in which each first has a line. */
function conversations(ranges: readonly ContributedRange[]): object[] {
  const groups = new Map<string, ContributedRange[]>();
  for (const range of ranges) {
    const key = JSON.stringify([range.by, range.agent, range.model]);
    addTo(groups, key, range);
  }
  return [...groups.values()].map((group) => {
    const { by, model } = group[0] as ContributedRange;
    return {
      contributor: { type: by, ...((by === 'ai' || by === 'mixed') && modelId(model)) },
      ranges: group.map((r) => ({ start_line: r.start, end_line: r.end })),
    };
  });
}

function modelId(model: string | undefined): { model_id?: string } {
  if (model === undefined || model === 'unknown' || model === '') return {};
  const provider = model.includes('/') ? undefined : providers.find(([pattern]) => pattern.test(model))?.[1];
  return { model_id: (provider === undefined ? model : `${provider}/${model}`).slice(0, 250) };
}
