import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { ProvenanceRecord } from '../../../src/core/provenance/model.ts';
import { formatRecord, parseRecord } from '../../../src/core/provenance/record.ts';
import { combineRecords, type SquashPart } from '../../../src/core/provenance/squash.ts';
import { sha256 } from '../../../src/platform/crypto.ts';

const part = (p: Partial<ProvenanceRecord>, surviving: number): SquashPart => ({
  surviving,
  record: {
    provenance: {
      version: 1,
      ai: 0,
      added: 0,
      mod: 0,
      unk: 0,
      aiDeleted: 0,
      deleted: 0,
      risk: 'low',
      files: 1,
      conf: 'hook',
      patch: `d1:${'0'.repeat(32)}`,
      note: '-',
      policy: '-',
      log: '-',
      ...p,
    },
    assistedBy: (p.ai ?? 0) > 0 ? [{ name: 'Claude', model: 'x' }] : [],
  },
});
const whole = (added: number, deleted = 0) => ({ patch: `d1:${'1'.repeat(32)}`, added, deleted, files: 1 });

describe('a record made of the records of a squash', () => {
  it('never claims more than the parts and the lines that are left, and is always sound', () => {
    const partArb = fc
      .record({
        ai: fc.nat(50),
        human: fc.nat(50),
        unk: fc.nat(50),
        mod: fc.nat(50),
        aiDeleted: fc.nat(20),
        left: fc.nat(150),
        has: fc.boolean(),
      })
      .map((r): SquashPart => {
        const added = r.ai + r.human + r.unk;
        const surviving = Math.min(r.left, added);
        if (!r.has) return { surviving };
        return part(
          { ai: r.ai, added, unk: r.unk, mod: Math.min(r.mod, r.ai), aiDeleted: r.aiDeleted, deleted: 20 },
          surviving,
        );
      });
    fc.assert(
      fc.property(
        fc.array(partArb, { minLength: 1, maxLength: 6 }),
        fc.nat(30),
        fc.nat(60),
        (parts, nobodys, deleted) => {
          const survive = parts.reduce((n, p) => n + p.surviving, 0);
          const made = combineRecords({ parts, whole: whole(survive + nobodys, deleted), policyDigest: '-', sha256 });
          if (parts.every((p) => p.record === undefined)) {
            assert.equal(made, undefined);
            return;
          }
          assert.ok(made);
          const p = made.provenance;
          assert.deepEqual(parseRecord(formatRecord(p)), p);
          assert.ok(p.ai <= parts.reduce((n, x) => n + (x.record?.provenance.ai ?? 0), 0));
          assert.ok(p.ai + p.unk <= survive + nobodys);
          // What no record speaks for is unseen, never a person's.
          assert.ok(p.unk >= nobodys + parts.reduce((n, x) => n + (x.record ? 0 : x.surviving), 0));
          if (nobodys > 0) assert.equal(p.conf, 'none');
        },
      ),
      { seed: 11 },
    );
  });

  it('takes the highest risk, the weakest evidence, every reason once and the newest log', () => {
    const a = part({ ai: 2, added: 2, risk: 'high', conf: 'hook', log: 'l1:aaaaaaaaaaaaaaaa' }, 2);
    const b = part({ added: 1, risk: 'medium', conf: 'heuristic', log: 'l1:bbbbbbbbbbbbbbbb' }, 1);
    const reason = { ...a, record: { ...(a.record as NonNullable<typeof a.record>), justification: 'why' } };
    const made = combineRecords({ parts: [reason, b, reason], whole: whole(5), policyDigest: '-', sha256 });
    assert.equal(made?.provenance.risk, 'high');
    assert.equal(made?.provenance.conf, 'heuristic');
    assert.equal(made?.justification, 'why');
    assert.equal(made?.provenance.log, 'l1:aaaaaaaaaaaaaaaa');
    assert.deepEqual(made?.assistedBy, [{ name: 'Claude', model: 'x' }]);
  });

  it('names no agent of whom nothing is left', () => {
    const gone = part({ ai: 3, added: 3 }, 0);
    const own = part({ added: 1 }, 1);
    assert.deepEqual(
      combineRecords({ parts: [gone, own], whole: whole(1), policyDigest: '-', sha256 })?.assistedBy,
      [],
    );
  });
});
