import type { CommitExporter } from './model.ts';

/** Names the predicate, described in docs/gate.md; not an address that must answer. */
export const predicateType = 'https://github.com/countersign-dev/countersign/provenance/v1';

/**
 * One in-toto Statement v1 per commit, as JSON Lines: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md.
 * The subject is the commit; sign it with what your CI has (the predicate is what the message says, checked or not).
 */
export const inToto: CommitExporter = {
  id: 'in-toto',
  of: 'commits',
  title: 'in-toto Statements (per commit)',
  extension: 'jsonl',
  mime: 'application/x-ndjson',
  renderCommit(commit, meta) {
    const { provenance: p, assistedBy, justification, requiredReview } = commit.record;
    return JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: meta.repository, digest: { gitCommit: commit.id } }],
      predicateType,
      predicate: {
        commit: { tree: commit.tree, parents: commit.parents, committed: commit.committed },
        assistedBy: assistedBy.map((a) => ({ agent: a.name, ...(a.model !== 'unknown' && { model: a.model }) })),
        lines: {
          added: { all: p.added, ai: p.ai, aiModified: p.mod, unknown: p.unk },
          deleted: { all: p.deleted, ai: p.aiDeleted },
          files: p.files,
        },
        risk: p.risk,
        evidence: p.conf,
        content: { digest: p.patch, ...(commit.isBound !== undefined && { matches: commit.isBound }) },
        ...(justification !== undefined && { justification }),
        ...(requiredReview !== undefined && { requiredReview }),
        ...(p.note !== '-' && { note: p.note }),
        ...(p.policy !== '-' && { policy: p.policy }),
        ...(p.log !== '-' && { log: p.log }),
        ...(p.key !== undefined && { signature: { key: p.key, sig: p.sig } }),
        recorder: { name: 'Countersign', version: meta.version },
      },
    });
  },
};
