import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { formatEvent, parseEvent } from '../../../../src/core/audit/event.ts';
import { auditEventNames } from '../../../../src/core/audit/model.ts';
import { exporters } from '../../../../src/core/exporters/index.ts';

const text = fs.readFileSync(path.join(__dirname, '../../../../docs/audit.md'), 'utf8');

test('docs/audit.md names every event and every format, and no other', () => {
  const events = /^- Events:([\s\S]*?)\.\n/m.exec(text)?.[1] ?? '';
  assert.deepEqual(
    [...events.matchAll(/`([^`]+)`/g)].map((m) => m[1]),
    [...auditEventNames],
  );
  assert.deepEqual(
    [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map((m) => m[1]),
    exporters.map((e) => e.id),
  );
});

test('its example is an event as the log writes it', () => {
  const line = /```json\n(.*)\n```/.exec(text)?.[1] ?? '';
  const event = parseEvent(line);
  assert.ok(event);
  assert.equal(formatEvent(event), line);
});
