/**
 * The gate: is what a commit's message says about it true, and enough for the policy of the branch it goes to? Pure;
 * fails closed: what cannot be checked is a problem.
 */
import { checkNote } from '../justification.ts';
import { evidences, tiers, type Evidence } from '../model.ts';
import type { PathVerdict, Policy, TrailerMode } from '../policy/model.ts';
import { verdictFor } from '../policy/verdict.ts';
import type { Sha256 } from '../ports.ts';
import { linearRegex } from '../regex.ts';
import { riskRank } from './compose.ts';
import type { PatchDigest, ProvenanceRecord } from './model.ts';
import { oneLine } from '../plainText.ts';
import { noteDigest } from './record.ts';
import { reviewNeed, reviewShortfall, unmetReview, type Approval } from './review.ts';
import { findRecords } from './trailers.ts';

export interface GateProblem {
  readonly commit: string;
  readonly subject: string;
  /** Stable word, for filters and annotations. */
  readonly rule: GateRule;
  readonly level: 'error' | 'warning';
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do, usually a command. */
  readonly fix: string;
}

export const gateRules = {
  'record-missing': 'The policy asks for a provenance record and the commit has none',
  'record-malformed': 'The AI-Provenance line is no valid record',
  'record-multiple': 'Several records in one commit: a squash that nobody stamped again',
  'content-changed': 'The content is not what the record was made for',
  'record-copied': "The record is another commit's",
  'totals-wrong': 'The line counts are not those of the commit',
  'justification-missing': 'A protected path changed without a justification',
  'justification-altered': 'The justification is not the one that the record binds',
  'justification-insufficient': 'The justification is not what the policy asks for',
  'ai-prohibited': 'AI or unseen lines in a commit that changes a path which AI may not change',
  'risk-understated': 'The risk in the record is lower than the policy gives the path',
  'review-missing': 'The record does not ask for the review that the policy demands',
  'review-unmet': 'The review that the policy demands was not given',
  'counts-understated': 'The record says less than the audit log about the same content',
  'evidence-weak': 'The record rests on weaker evidence than is asked for',
  'signature-missing': 'The record is not signed',
  'key-revoked': 'The record is signed with a key that was revoked by then',
  'signature-invalid': 'The signature is not valid for this record and repository',
  'key-unlisted': 'The record is signed with a key that is not listed',
  'merge-hides': 'The merge changes more than its parents say',
  'policy-loosened': 'The range loosens the policy that it is judged by',
  'policy-edited': 'The range edits the policy',
  'policy-other': 'The record was made under another policy',
  'log-broken': 'The audit log that was given does not verify',
  'policy-broken': 'The policy of the target branch cannot be read',
} as const;
export type GateRule = keyof typeof gateRules;

export interface GateCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** Binary string, as stored. */
  readonly message: string;
  /** Absent for merges. */
  readonly digest?: PatchDigest | undefined;
  /** Author's e-mail. */
  readonly author?: string;
  /** Seconds since 1970. */
  readonly committed?: number;
  /** Paths the commit changes; for a merge those that it changes by itself. */
  readonly paths: readonly string[];
}

export interface GateInput {
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly sha256: Sha256;
  /** Digest → commits of the range that have it, to tell a copied record from changed content. */
  readonly byDigest: ReadonlyMap<string, string>;
  /** Checks a signature: is the key listed and in force then, is it valid? Absent: signatures are not looked at. */
  readonly checkSignature?: (record: ProvenanceRecord, commit: GateCommit) => SignatureState;
  readonly requireSigned?: boolean;
  /** The weakest evidence that lines may rest on. */
  readonly leastEvidence?: Evidence;
  /** Reviews that were given, from each source on its own. Absent: only that a review is asked for is checked. */
  readonly approvals?: (commit: GateCommit) => readonly (readonly Approval[])[];
  /** What the audit log last said about a content: its digest → the record then. */
  readonly logged?: ReadonlyMap<string, ProvenanceRecord>;
  /** The verified commits that a squash in the range was made of. */
  readonly parts?: SquashedParts;
}

export type SignatureState = 'valid' | 'invalid' | 'unlisted' | 'revoked';

export interface SquashedParts {
  /** Digest → commit. */
  readonly byDigest: ReadonlyMap<string, string>;
  /** Of all parts together. */
  readonly patch: string;
  /** As the user wrote them, for the fixing command. */
  readonly name: string;
}

export const subjectOf = (message: string): string => oneLine(message.replace(/^\s+/, '').split('\n', 1)[0] ?? '', 72);

const needsRecord = (mode: TrailerMode): boolean => mode === 'record' || mode === 'required';

/** All problems of one commit; none means it may pass. */
export function judgeCommit(commit: GateCommit, input: GateInput): GateProblem[] {
  const problems: GateProblem[] = [];
  const subject = subjectOf(commit.message);
  const short = commit.id.slice(0, 10);
  const add = (rule: GateRule, message: string, fix: string, level: GateProblem['level'] = 'error'): void => {
    problems.push({ commit: commit.id, subject, rule, level, message, fix });
  };
  const restamp = `git rebase --exec 'git commit --amend --no-edit' ${short}~1 (with the hooks installed: countersign install --git)`;
  // Without a policy file the default entries only ask softly, in the editor.
  const policy =
    input.policy.origin === 'none'
      ? { ...input.policy, protected: input.policy.protected.filter((e) => e.source !== 'default') }
      : input.policy;
  const mode = policy.commit.trailers;
  const isMerge = commit.parents.length > 1;
  const verdicts = commit.paths.map((p) => verdictFor(policy, p)).filter((v) => v.entries.length > 0);
  const guarded = verdicts.filter((v) => v.ai !== 'allow' || v.human !== 'allow');
  const names = (list: readonly PathVerdict[]): string =>
    oneLine(
      list
        .slice(0, 3)
        .map((v) => v.path)
        .join(', '),
      200,
    ) + (list.length > 3 ? `, and ${list.length - 3} more` : '');

  const { records, malformed } = findRecords(commit.message);
  const own = records.filter((r) => !r.quoted);
  if (malformed.length > 0)
    add(
      'record-malformed',
      `the AI-Provenance line is no valid record: '${oneLine(malformed[0] as string, 80)}'`,
      restamp,
    );
  const { parts } = input;
  const stamp = `countersign restamp ${short} --parts ${parts?.name ?? 'BRANCH (what was squashed)'} --write`;
  if (own.length > 1) {
    const many = `${own.length} records in one message`;
    const foreign = own.find((r) => r.provenance.patch !== '-' && parts?.byDigest.has(r.provenance.patch) === false);
    if (!parts) add('record-multiple', `${many}: a squash keeps those of its parts, and none is for the whole`, stamp);
    else if (foreign)
      add('record-multiple', `${many}, and no commit of ${parts.name} has ${foreign.provenance.patch}`, stamp);
    else if (commit.digest?.patch !== parts.patch)
      add(
        'content-changed',
        `the squash (${commit.digest?.patch ?? 'a merge'}) is not what ${parts.name} adds up to (${parts.patch})`,
        stamp,
      );
    else add('record-multiple', `${many}, those of ${parts.name}; all of it was verified there`, stamp, 'warning');
    return problems;
  }
  const [record] = own;
  if (!record) {
    if (malformed.length > 0) return problems;
    const quoted = records.length > 0 ? `; the message only quotes ${records.length} of squashed commits` : '';
    if (isMerge) {
      if (guarded.length > 0)
        add(
          'merge-hides',
          `the merge itself changes ${names(guarded)}, which is protected, and has no record`,
          restamp,
        );
      else if (needsRecord(mode) && commit.paths.length > 0)
        add(
          'merge-hides',
          `the merge itself changes ${oneLine(commit.paths.slice(0, 3).join(', '), 200)} and has no record`,
          restamp,
        );
    } else if (needsRecord(mode))
      add('record-missing', `no record, and the policy says commit.trailers: ${mode}${quoted}`, restamp);
    else if (mode === 'ai-only' && guarded.length > 0)
      add('record-missing', `no record, and ${names(guarded)} is protected${quoted}`, restamp);
    else if (guarded.some((v) => v.human === 'justify') && policy.origin !== 'none' && mode !== 'off')
      add('record-missing', `no record, and ${names(guarded)} is protected${quoted}`, restamp);
    return problems;
  }

  const p = record.provenance;
  if (isMerge) {
    if (p.patch !== '-') add('record-copied', "a merge has no digest; this record is another commit's", restamp);
  } else if (commit.digest) {
    if (p.patch !== commit.digest.patch) {
      const from = input.byDigest.get(p.patch);
      const part = parts?.byDigest.get(p.patch);
      if (from !== undefined && from !== commit.id)
        add('record-copied', `the record is that of ${from.slice(0, 10)}`, restamp);
      else if (part !== undefined)
        add('record-copied', `the record is that of ${part.slice(0, 10)}, which is a part of this squash`, stamp);
      else
        add(
          'content-changed',
          `the content (${commit.digest.patch}) is not what the record was made for (${p.patch})`,
          restamp,
        );
      return problems;
    }
    const d = commit.digest;
    if (p.added !== d.added || p.deleted !== d.deleted || p.files !== d.files)
      add(
        'totals-wrong',
        `the record says ${p.added} added, ${p.deleted} deleted lines in ${p.files} files; the commit has ${d.added}, ${d.deleted} in ${d.files}`,
        restamp,
      );
  }

  const text = record.justification;
  const bound = text === undefined ? '-' : noteDigest(text, input.sha256);
  if (p.note !== bound) {
    if (text === undefined)
      add(
        'justification-missing',
        `the record binds a justification (${p.note}) that the message does not have`,
        'put the AI-Justification line back, or justify and amend',
      );
    else
      add('justification-altered', 'the justification was edited after the record was made', 'justify again and amend');
  }
  const asked = guarded.filter((v) =>
    v.ai === 'justify' && (p.ai + p.unk > 0 || p.aiDeleted > 0) ? true : v.human === 'justify',
  );
  if (asked.length > 0) {
    if (text === undefined) {
      if (p.note === '-')
        add(
          'justification-missing',
          `${names(asked)} is protected and the commit gives no reason`,
          "justify the change in VS Code, then 'git commit --amend --no-edit'",
        );
    } else
      for (const v of asked) {
        const problem =
          v.justification && checkNote(text, v.justification, (pattern, note) => linearRegex(pattern).test(note));
        if (!problem) continue;
        add(
          'justification-insufficient',
          problem.kind === 'too-short'
            ? `the reason for ${oneLine(v.path, 100)} has ${problem.have} characters; the policy asks for ${problem.need}`
            : `the reason for ${oneLine(v.path, 100)} names no ticket (${problem.pattern})`,
          'justify again and amend',
        );
        break;
      }
  }
  const prohibited = verdicts.filter((v) => v.ai === 'prohibit');
  if (prohibited.length > 0 && p.ai + p.unk > 0)
    add(
      'ai-prohibited',
      `AI may not change ${names(prohibited)}, and the commit has ${p.ai} AI and ${p.unk} unseen lines`,
      'commit the protected path on its own, made by a person in the editor',
    );
  const floor = verdicts.reduce((n, v) => Math.max(n, tiers.indexOf(v.tier)), -1);
  if (floor >= 0 && riskRank(p.risk) < floor)
    add(
      'risk-understated',
      `risk=${p.risk}, but the policy gives ${names(verdicts)} at least ${tiers[floor]}`,
      restamp,
    );
  const need = reviewNeed(policy, {
    risk: p.risk,
    entries: verdicts.flatMap((v) => v.entries),
    hasAi: p.ai + p.unk > 0,
    author: commit.author,
  });
  if (need) {
    const demand = `the policy demands a review of this ${p.risk}-risk change`;
    const less = record.requiredReview === undefined ? undefined : reviewShortfall(record.requiredReview, need);
    if (record.requiredReview === undefined)
      add('review-missing', `${demand}, and the record does not ask for it`, restamp);
    else if (less !== undefined) add('review-missing', `${demand}, and the record asks for less: ${less}`, restamp);
    const given = input.approvals?.(commit);
    const unmet = given?.map((list) =>
      unmetReview(need, list, commit.author === undefined ? [] : [commit.author], policy),
    );
    if (unmet && unmet.length > 0 && unmet.every((u) => u !== undefined))
      add('review-unmet', `${demand}: ${unmet[0]}`, 'have it approved, after the last change, by who is missing');
  }

  if (input.leastEvidence !== undefined && p.added > 0 && isWeaker(p.conf, input.leastEvidence))
    add(
      'evidence-weak',
      `the record rests on conf=${p.conf}; at least ${input.leastEvidence} is asked for`,
      'make the change where the editor or an agent with hooks sees it, then amend',
    );
  const logged = p.patch === '-' ? undefined : input.logged?.get(p.patch);
  const less = logged && understated(p, logged);
  if (less !== undefined)
    add(
      'counts-understated',
      `the audit log says ${less} about the same content`,
      `${restamp}, or explain the difference`,
    );

  if (p.sig === undefined) {
    if (input.requireSigned === true)
      add(
        'signature-missing',
        'the record is not signed',
        'amend while VS Code is open with countersign.commits.sign on',
      );
  } else if (input.checkSignature) {
    const result = input.checkSignature(p, commit);
    if (result === 'unlisted')
      add(
        'key-unlisted',
        `the record is signed with ${p.key}, which is not listed`,
        'list the key, or sign with one that is',
      );
    else if (result === 'revoked')
      add(
        'key-revoked',
        `the record is signed with ${p.key}, which was revoked by then`,
        'amend to sign with the new key',
      );
    else if (result === 'invalid')
      add('signature-invalid', 'the signature does not fit this record in this repository', restamp);
  }
  if (p.policy !== '-' && p.policy !== input.policyDigest)
    add(
      'policy-other',
      `the record was made under ${p.policy}; the target branch has ${input.policyDigest}`,
      'rebase onto the target branch',
      'warning',
    );
  return problems;
}

const isWeaker = (a: Evidence, than: Evidence): boolean => evidences.indexOf(a) > evidences.indexOf(than);

/** What the log said more of, as the record would say it; `undefined` when the record says as much. */
function understated(p: ProvenanceRecord, logged: ProvenanceRecord): string | undefined {
  if (p.ai < logged.ai) return `ai=${logged.ai}/${logged.added}`;
  if (p.ai + p.unk < logged.ai + logged.unk) return `unk=${logged.unk}`;
  if (p.aiDeleted < logged.aiDeleted) return `del=${logged.aiDeleted}/${logged.deleted}`;
  if (riskRank(p.risk) < riskRank(logged.risk)) return `risk=${logged.risk}`;
  if (isWeaker(logged.conf, p.conf)) return `conf=${logged.conf}`;
  return undefined;
}
