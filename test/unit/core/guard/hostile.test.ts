/** Input made to hurt the parsers: they never throw, and time grows with length, not faster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { guardCommand } from '../../../../src/core/guard/index.ts';
import { parseCmd } from '../../../../src/core/guard/cmd.ts';
import { parsePosix, unescapeAnsi } from '../../../../src/core/guard/posix.ts';
import { parsePowerShell } from '../../../../src/core/guard/powershell.ts';

const pieces = [
  '$(',
  '`',
  '"',
  "'",
  '${',
  '}',
  '(',
  ')',
  '((',
  '))',
  '{',
  ' ',
  '\n',
  ';',
  '|',
  '&',
  '&&',
  '<<A',
  '\nA\n',
  '<',
  '>',
  '\\',
  '#',
  'if ',
  'fi',
  'case x in ',
  'esac',
  'a=',
  '$a',
  'rm -rf /',
  'sh -c ',
  'eval ',
  'xargs ',
  'find . -exec ',
  '{a,b}',
  '$((',
  'f() ',
  'awk ',
  'python -c ',
  '%',
  '^',
  '@"',
  '\0',
  '\u202e',
  'é',
];
const hostile = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((p) => p.join(''));

test('no input makes a parser or the guard throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(hostile, fc.string({ maxLength: 200 })),
      fc.constantFrom('posix' as const, 'powershell' as const, 'cmd' as const),
      (command, shell) => {
        parsePosix(command);
        parsePowerShell(command);
        parseCmd(command);
        unescapeAnsi(command);
        const verdict = guardCommand({ command, shell });
        assert.ok(['allow', 'ask', 'deny'].includes(verdict.decision));
      },
    ),
    { seed: 20261121, numRuns: 3000 },
  );
});

test('any text is prose inside single quotes', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const command = `echo '${text.replaceAll("'", '')}'`;
      assert.equal(guardCommand({ command }).decision, 'allow', command);
    }),
    { seed: 7, numRuns: 1000 },
  );
});

test('nesting without end is answered quickly, and closed', () => {
  for (const open of ['$(', '(', '"$(', '${a:-', '((', '$((', 'if ', 'sudo ', 'eval ', 'xargs ', 'f(){ g(){ ']) {
    const started = performance.now();
    const verdict = guardCommand({ command: `${open.repeat(open === '$(' ? 100_000 : 20_000)} rm -rf /` });
    const took = performance.now() - started;
    assert.ok(took < 10_000, `${open}: ${took} ms`);
    assert.notEqual(verdict.decision, 'allow', open);
  }
});

test('twice the input takes about twice the time', () => {
  const run = (n: number, unit: string): number => {
    let best = Infinity;
    for (let i = 0; i < 3; i++) {
      const started = process.cpuUsage();
      guardCommand({ command: unit.repeat(n) });
      const used = process.cpuUsage(started);
      best = Math.min(best, used.user + used.system);
    }
    return best;
  };
  for (const unit of [
    '$(',
    'a b "c" ',
    'x=$x$x; ',
    'cat <<A\n',
    '<<A ',
    'f(){ f; }; ',
    '| sh ',
    '>a ',
    '{a,b} ',
    "'",
    'a/../ ',
    'curl https://x ',
  ]) {
    run(2000, unit);
    const small = run(10_000, unit);
    const large = run(40_000, unit);
    assert.ok(large < small * 12 + 200_000, `${JSON.stringify(unit)}: ${small} µs → ${large} µs`);
  }
});
