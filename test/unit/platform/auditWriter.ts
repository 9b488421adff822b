/** One of many writers for `auditLog.test.ts`: appends events one by one, as hooks do. */
import { appendAudit } from '../../../src/platform/auditLog.ts';

const [dir, id, count] = process.argv.slice(2) as [string, string, string];

void (async () => {
  for (let i = 0; i < Number(count); i++)
    await appendAudit(dir, [
      {
        event: 'edit',
        actor: { kind: 'agent', id: `writer-${id}` },
        door: 'agent-hook',
        subject: { path: `file-${i}` },
      },
    ]);
})();
