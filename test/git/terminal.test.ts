/** `git commit` in a plain terminal, through a real one: the person is asked for a reason there. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { World } from './world.ts';

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/** Runs a command in a pseudo terminal, and answers what it asks. */
function inTerminal(
  w: World,
  command: string,
  answers: readonly (readonly [RegExp, string])[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: w.dir,
      env: { ...w.env, TERM: 'dumb', SHELL: '/bin/sh', ...env },
      stdio: 'pipe',
      timeout: 60_000,
    });
    let out = '';
    let seen = 0;
    const left = [...answers];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [next] = left;
      if (next?.[0].test(out.slice(seen))) {
        seen = out.length;
        left.shift();
        child.stdin.write(`${next[1]}\n`);
      }
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, out }));
  });
}

describe('a terminal', { skip: hasScript ? false : 'there is no `script` (util-linux) here' }, () => {
  let w: World;
  before(async () => {
    w = await World.make();
  });
  after(() => w.remove());

  const change = async (line: string): Promise<void> => {
    await w.append('ai', 'infra/a.tf', line);
    await w.git('add', '.');
  };

  it('asks again until the reason is one, and says in the record that nobody signed it', async () => {
    await change('one');
    const { code, out } = await inTerminal(w, 'git commit -m justified', [
      [/Reason .*OPS-\[0-9\]\+.*: $/, 'short'],
      [/5 of 10 characters; again: $/, 'long enough, without a number'],
      [/a ticket like OPS-\[0-9\]\+ is missing; again: $/, 'because of OPS-12 at last'],
    ]);
    assert.equal(code, 0, out);
    assert.match(out, /infra\/a\.tf/);
    await w.settle();
    await w.expect('HEAD', {
      ai: '1/1',
      conf: 'heuristic',
      subject: 'justified',
      trailers: ['AI-Justification: because of OPS-12 at last'],
    });
  });

  it('refuses the commit when the person gives no reason', async () => {
    await change('two');
    const head = await w.git('rev-parse', 'HEAD');
    const { code, out } = await inTerminal(w, 'git commit -m unjustified', [[/Reason .*: $/, '']]);
    assert.notEqual(code, 0);
    assert.match(out, /commit refused/);
    assert.equal(await w.git('rev-parse', 'HEAD'), head);
  });

  it('asks nobody where an agent holds the terminal, or the commit runs in the background', async () => {
    const agent = await inTerminal(w, 'git commit -m agent', [], { CLAUDECODE: '1' });
    assert.notEqual(agent.code, 0);
    assert.doesNotMatch(agent.out, /Reason/);
    const job = await inTerminal(w, "sh -mc 'git commit -m job & wait $!'", []);
    assert.notEqual(job.code, 0);
    assert.doesNotMatch(job.out, /Reason/);
  });
});
