// Reporter for node:test: one line per file, every failure in full, and the counts as a last line of JSON in the file
// that TEST_COUNTS names, so that `npm test` can add up all runners.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

const verbose = Boolean(process.env.TEST_VERBOSE);

// oxlint-disable-next-line import/no-default-export -- node:test asks for one
export default async function* reporter(source) {
  const files = new Map();
  const counts = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  const names = [];
  for await (const { type, data } of source) {
    const file = data?.file ? relative(process.cwd(), data.file) : '';
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const one = files.get(file) ?? { tests: 0, failed: 0 };
      files.set(file, one);
      const suite = data.details?.type === 'suite';
      if (!suite) one.tests++;
      if (type === 'test:fail') {
        const error = data.details?.error;
        // A suite that fails because of its tests says nothing new.
        if (error?.failureType === 'subtestsFailed') continue;
        one.failed++;
        const where = data.line ? `${file}:${data.line}` : file;
        yield `\nFAIL ${[...names.slice(0, data.nesting), data.name].join(' > ')}\n  ${where}\n`;
        const cause = error?.cause ?? error;
        yield `${(cause?.stack ?? inspect(cause)).replace(/^/gm, '  ')}\n`;
      } else if (verbose && !suite) {
        yield `  ${data.skip === undefined ? 'ok  ' : 'skip'} ${data.name} (${Math.round(data.details?.duration_ms ?? 0)} ms)\n`;
      }
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      const found = /^(pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message);
      if (found) counts[found[1]] = Number(found[2]);
    } else if (type === 'test:stderr' || (type === 'test:stdout' && verbose)) {
      yield data.message;
    }
  }
  for (const [file, { tests, failed }] of [...files].sort(([a], [b]) => a.localeCompare(b))) {
    yield `  ${failed ? 'FAIL' : 'ok  '} ${file} (${tests})\n`;
  }
  const passed = counts.pass;
  const failed = counts.fail + counts.cancelled;
  yield `  ${passed} passed, ${failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`;
  const failedFiles = [...files].filter(([, one]) => one.failed > 0).map(([file]) => file);
  if (process.env.TEST_COUNTS)
    writeFileSync(process.env.TEST_COUNTS, JSON.stringify({ passed, failed, skipped: counts.skipped, failedFiles }));
}
