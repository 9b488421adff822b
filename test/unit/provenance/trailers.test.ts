import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { CommitRecord, ProvenanceRecord } from '../../../src/core/provenance/model.ts';
import { assistedBy, formatRecord, noteDigest, trailerText, parseRecord } from '../../../src/core/provenance/record.ts';
import {
  findRecords,
  fromBinary,
  hasText,
  mergeTrailers,
  removeRecords,
  toBinary,
  trailerBlock,
} from '../../../src/core/provenance/trailers.ts';
import { sha256 } from '../../../src/platform/crypto.ts';

const provenance: ProvenanceRecord = {
  version: 1,
  ai: 42,
  added: 57,
  mod: 8,
  unk: 0,
  aiDeleted: 3,
  deleted: 10,
  risk: 'high',
  files: 3,
  conf: 'hook',
  patch: `d1:${'0a'.repeat(16)}`,
  note: 'n1:0123456789abcdef',
  policy: 'p1:0123456789abcdef',
  log: '-',
};
const record: CommitRecord = {
  provenance,
  assistedBy: [{ name: 'Claude', model: 'claude-sonnet-4-5-20250929' }],
  justification: 'rotation checked against the token RFC (OPS-142)',
  requiredReview: 'reviewers=2 seniority=senior paths=auth/**',
};

/** What git itself sees, with a configuration of its own. */
function parseWithGit(message: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    };
    const child = execFile(
      'git',
      ['interpret-trailers', '--parse', '--no-divider'],
      { env, cwd: '/', encoding: 'latin1' },
      (error, stdout) => (error ? reject(error) : resolve(stdout.split('\n').filter((l) => l !== ''))),
    );
    child.stdin?.end(message, 'latin1');
  });
}

/** What git's clean-up makes of a message before it is stored. */
function cleanUp(message: string, keepsComments: boolean): string {
  const lines = message.split('\n').filter((l) => keepsComments || !l.startsWith('#'));
  return (
    lines
      .map((l) => l.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .replace(/^\n+|\n+$/g, '') + '\n'
  );
}

const subjectOf = (message: string): string => {
  const lines = message.split('\n');
  const start = lines.findIndex((l) => l.trim() !== '');
  const end = lines.findIndex((l, i) => i > start && l.trim() === '');
  return lines.slice(start, end < 0 ? undefined : end).join('\n');
};

describe('the AI-Provenance line', () => {
  const tiersArb = fc.constantFrom('none', 'low', 'medium', 'high', 'critical' as const);
  const hex = (n: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${n}}$`));
  const recordArb = fc
    .record({
      ai: fc.nat(1000),
      human: fc.nat(1000),
      unk: fc.nat(100),
      mod: fc.nat(1000),
      aiDeleted: fc.nat(100),
      otherDeleted: fc.nat(100),
      files: fc.nat(300),
      risk: tiersArb,
      conf: fc.constantFrom('hook', 'editor', 'heuristic', 'none'),
      patch: fc.option(hex(32)),
      note: fc.option(hex(16)),
      policy: fc.option(hex(16)),
      log: fc.option(hex(16)),
      sig: fc.option(fc.tuple(hex(16), fc.stringMatching(/^[A-Za-z0-9_-]{86}$/))),
    })
    .map((r): ProvenanceRecord => ({
      version: 1,
      ai: r.ai,
      added: r.ai + r.human + r.unk,
      mod: Math.min(r.mod, r.ai),
      unk: r.unk,
      aiDeleted: r.aiDeleted,
      deleted: r.aiDeleted + r.otherDeleted,
      risk: r.risk,
      files: r.files,
      conf: r.conf,
      patch: r.patch === null ? '-' : `d1:${r.patch}`,
      note: r.note === null ? '-' : `n1:${r.note}`,
      policy: r.policy === null ? '-' : `p1:${r.policy}`,
      log: r.log === null ? '-' : `l1:${r.log}`,
      ...(r.sig && { key: `ed:${r.sig[0]}`, sig: r.sig[1] }),
    }));

  it('parses to what was formatted', () => {
    fc.assert(
      fc.property(recordArb, (r) => {
        assert.deepEqual(parseRecord(formatRecord(r)), r);
      }),
      { seed: 1 },
    );
  });

  it('refuses any other line', () => {
    const good = formatRecord(provenance);
    assert.ok(parseRecord(good));
    for (const bad of [
      '',
      'v1',
      good.replace('v1', 'v2'),
      `${good} x=1`,
      good.replace('ai=42/57', 'ai=58/57'),
      good.replace('ai=42/57', 'ai=042/57'),
      good.replace('mod=8', 'mod=43'),
      good.replace('unk=0', 'unk=16'),
      good.replace('del=3/10', 'del=11/10'),
      good.replace('conf=hook', 'conf=sure'),
      good.replace('risk=high', 'risk=huge'),
      good.replace(/patch=\S+/, 'patch=d1:00'),
      `${good} key=ed:0123456789abcdef`,
      ` ${good}`,
    ])
      assert.equal(parseRecord(bad), undefined, bad);
  });
});

describe('text for a trailer', () => {
  it('is one line without control, bidi or invisible characters, of at most 400 bytes', () => {
    for (const [text, want] of [
      ['ok\nReviewed-by: Boss <b@x>', 'ok Reviewed-by: Boss <b@x>'],
      ['a\r\nb\u2028c\u2029d\u0085e', 'a b c d e'],
      ['x\u202eevil\u2066y', 'x evil y'],
      ['\u200b\ufeffhi\u{e0041}', 'hi'],
      ['family 👨‍👩‍👧 fine', 'family 👨‍👩‍👧 fine'],
      ['\ud800x', '\ufffdx'],
    ] as const)
      assert.equal(trailerText(text), want);
    for (const text of ['x'.repeat(20_000), '語'.repeat(500), '👨'.repeat(300)])
      assert.ok(Buffer.byteLength(trailerText(text)) <= 400);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const line = trailerText(text);
        assert.ok(Buffer.byteLength(line) <= 400);
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        assert.equal(trailerText(line), line);
      }),
      { seed: 2 },
    );
  });

  it('names agents in the kernel form', () => {
    assert.deepEqual(assistedBy('claude-code', 'claude-sonnet-4-5'), { name: 'Claude', model: 'claude-sonnet-4-5' });
    assert.deepEqual(assistedBy('evil: x\ny', undefined), { name: 'evil-x-y', model: 'unknown' });
  });

  it('is bound by the first 16 hex of its SHA-256', () => {
    assert.equal(noteDigest('abc', sha256), 'n1:ba7816bf8f01cfea');
  });
});

const linePool = [
  'feat: a subject',
  'A line of text that explains.',
  '',
  '',
  '   ',
  '# a comment',
  'Signed-off-by: A <a@b.example>',
  '[a@b: tweaked the thing]',
  'Co-authored-by: Ünïcode <u@b.example>',
  'BREAKING CHANGE: the API moved',
  'Refs: #12',
  'https://example.org/x',
  '---',
  '  a continuation',
  '\ttabbed',
  '(cherry picked from commit 0123456789012345678901234567890123456789)',
  'Note: prose that looks like one',
  'key_with_underscore: no',
  'Assisted-by: Coccinelle:1.0 spatch',
  'Conflicts:',
  '* bullet',
  'AI-Provenance: prose about it',
  'x:',
  ': y',
];
const messageArb = fc
  .array(fc.constantFrom(...linePool), { maxLength: 12 })
  .map((lines) => toBinary(lines.join('\n') + '\n'));

describe('our trailers in a message', () => {
  it('finds the block that git finds', async () => {
    await fc.assert(
      fc.asyncProperty(messageArb, async (raw) => {
        const message = cleanUp(raw, true);
        const block = trailerBlock(message, { keepsComments: true });
        const git = await parseWithGit(message);
        const ours = (block?.lines.slice(block.start, block.end) ?? []).filter(
          (l) => /^[A-Za-z0-9-]+[ \t]*:/.test(l) && !l.startsWith('#'),
        );
        assert.equal(git.filter((l) => /^[A-Za-z0-9-]+:/.test(l)).length, ours.length, JSON.stringify(message));
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('parse with git, together with all that parsed before; subject and text stay; twice is once', async () => {
    await fc.assert(
      fc.asyncProperty(messageArb, fc.boolean(), async (message, keepsComments) => {
        fc.pre(hasText(message));
        const options = { place: keepsComments ? 'final' : 'preview', keepsComments } as const;
        const merged = mergeTrailers(message, record, options);
        const cleanBefore = cleanUp(message, keepsComments);
        const cleanAfter = cleanUp(merged, keepsComments);
        const before = await parseWithGit(cleanBefore);
        const after = await parseWithGit(cleanAfter);
        assert.equal(after.filter((l) => l.startsWith('AI-Provenance: v1')).length, 1, merged);
        for (const line of before) assert.ok(after.includes(line), `${line} is gone from ${JSON.stringify(merged)}`);
        assert.equal(subjectOf(cleanAfter), subjectOf(cleanBefore));
        assert.equal(mergeTrailers(merged, record, options), merged, 'twice is not once');
        const kept = (m: string): string[] => m.split('\n').filter((l) => l.trim() !== '');
        assert.deepEqual(kept(removeRecords(merged)), kept(message), 'the text of the person changed');
        const [found] = findRecords(cleanAfter).records;
        assert.deepEqual(found?.provenance, provenance);
        assert.equal(found?.justification, record.justification);
        assert.ok(found?.inBlock);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('leave the first line free where the person has not written yet', () => {
    const template = '\n# Please enter the commit message for your changes.\n#\n# On branch main\n';
    const merged = mergeTrailers(template, record, { place: 'preview' });
    assert.match(merged, /^\n\nAssisted-by: Claude/);
    assert.ok(merged.endsWith('\n# Please enter the commit message for your changes.\n#\n# On branch main\n'));
    assert.ok(!hasText(merged));
    assert.ok(hasText(`Subject${merged}`));
    assert.equal(mergeTrailers(merged, record, { place: 'preview' }), merged);
  });

  it('stand above the scissors line', () => {
    const message =
      'Subject\n\n; ------------------------ >8 ------------------------\n; below\ndiff --git a/x b/x\n+Signed-off-by: x\n';
    const merged = mergeTrailers(message, record, { place: 'preview', commentChar: ';' });
    assert.ok(merged.indexOf('AI-Provenance') < merged.indexOf('>8'));
    assert.ok(merged.endsWith(message.slice(message.indexOf(';'))));
  });

  it('keep a mixed paragraph that only the user’s own configuration makes a block', () => {
    const message = 'S\n\nTicket: 1\nsome prose\n';
    assert.equal(trailerBlock(message), undefined);
    assert.ok(trailerBlock(message, { knownKeys: ['Ticket'] }));
  });

  it('replace records of a squash, wherever they stand, but no Assisted-by of a person', () => {
    const one = mergeTrailers('First\n\nBody\n', record);
    const two = mergeTrailers('Second\n\nAssisted-by: Coccinelle:1.0\n', record);
    const combined = `# This is a combination of 2 commits.\n# This is the 1st commit message:\n\n${one}\n# This is the commit message #2:\n\n${two}`;
    const merged = mergeTrailers(combined, record);
    assert.equal(findRecords(merged).records.length, 1);
    assert.match(merged, /Assisted-by: Coccinelle:1\.0/);
    assert.match(merged, /First\n\nBody\n/);
    assert.equal(merged.match(/Assisted-by: Claude/g)?.length, 1);
  });

  it('keep bytes of another encoding and CRLF', () => {
    const latin1 = 'Caf\xe9\r\n\r\nSigned-off-by: J\xfcrgen <j@b.example>\r\n';
    const merged = mergeTrailers(latin1, record);
    assert.ok(merged.startsWith('Caf\xe9\r\n\r\nSigned-off-by: J\xfcrgen <j@b.example>\r\nAssisted-by'));
    assert.doesNotMatch(merged, /[^\r]\n/);
    assert.equal(fromBinary(toBinary('ünï👍')), 'ünï👍');
  });

  it('cannot be forged by a justification', async () => {
    const merged = mergeTrailers('S\n', {
      ...record,
      justification: 'ok\nReviewed-by: Boss <b@x>\r\u2028Acked-by: C\u2029\u202e',
    });
    const parsed = await parseWithGit(merged);
    assert.ok(!parsed.some((l) => /^(Reviewed|Acked)-by/.test(l)));
    assert.equal(parsed.length, 4);
  });

  it('are what they are whatever a justification or a review holds: git parses four lines, none of them forged', async () => {
    const pieces = fc.constantFrom(
      '\n',
      '\r',
      '\u2028',
      '\u0085',
      '\u202e',
      '\0',
      '\v',
      'Reviewed-by: Boss <b@x>',
      'AI-Provenance: v1 ai=0/9',
      '---',
      '\n\nSigned-off-by: X <x@y>\n',
      ' folded',
      '# comment',
      'ok',
      '👍',
    );
    const hostile = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (reason, review) => {
        const merged = mergeTrailers('S\n\nSigned-off-by: A <a@b.example>\n', {
          ...record,
          justification: `because ${reason.join('')}`,
          requiredReview: `reviewers=1 ${review.join('')}`,
        });
        const keys = (await parseWithGit(merged)).map((l) => l.slice(0, l.indexOf(':')));
        assert.deepEqual(
          keys,
          ['Signed-off-by', 'Assisted-by', 'AI-Provenance', 'AI-Justification', 'AI-Required-Review'],
          JSON.stringify(merged),
        );
        assert.equal(findRecords(merged).records.length, 1);
        assert.equal(merged.split('\n')[0], 'S');
      }),
      { seed: 8, numRuns: 100 },
    );
  });

  it('are looked for in linear time, whatever blanks a line has', () => {
    const blanks = '\t'.repeat(20_000);
    for (const key of ['AI-Provenance', 'AI-Justification'])
      assert.deepEqual(findRecords(`a\n\n${key}:${blanks}\rx\n`), { records: [], malformed: [] });
  });

  it('are reported as malformed when somebody edited them', () => {
    const merged = mergeTrailers('S\n', record).replace('ai=42/57', 'ai=4242/57');
    assert.equal(findRecords(merged).records.length, 0);
    assert.equal(findRecords(merged).malformed.length, 1);
  });
});
