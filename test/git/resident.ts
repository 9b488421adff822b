/**
 * Our hooks without a Node start each: the installed scripts are kept, but where they would start Node they hand their
 * arguments to this process, which runs the very same bundle. For random work over thousands of repositories.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as net from 'node:net';
import * as path from 'node:path';
import type { Command, Io } from '../../src/cli/command.ts';
import { hookNames } from '../../src/platform/gitHooks.ts';

/** What a hook's environment may hold that matters to us; handed over by name. */
const passed = ['GIT_INDEX_FILE', 'GIT_EDITOR', 'GIT_DIR', 'GIT_AUTHOR_EMAIL', 'GIT_PREFIX', 'COUNTERSIGN_GIT_DIR'];

/**
 * Stands in for `run() { … }` of the hook scripts. Fields are parted by tabs, which no value here holds. The feed is not
 * piped but left in a file, which spares two forks.
 */
function client(folder: string): string {
  const values = passed.map((name) => `"\${${name}-}"`).join(' ');
  return `run() {
  printf '%s\\t%s\\t%s${'\\t%s'.repeat(passed.length)}\\n' "$$" "$PWD" "$1	\${2-}	\${3-}	\${4-}	\${5-}" ${values} >'${folder}/asked'
  [ "$1" != post-commit ] || return 0
  # An answer to a hook that git ended before it read it may still be there.
  while read -r to code; do
    [ "$to" != "$$" ] || return "$code"
  done <'${folder}/answer'
  return 2
}`;
}

/** Serves the hooks of one repository and of its copies, of one after the other. */
export class Resident {
  readonly #folder: string;
  readonly #socket: net.Socket;
  readonly #answers: number;
  readonly #hook: Command;
  #background: Promise<unknown> = Promise.resolve();
  /** What our hooks printed. */
  errors = '';

  /** `cli`: the built `cli.js`. `hooks`: the repository's hooks folder. `folder`: for our pipes, made here. */
  constructor(cli: string, hooks: string, folder: string) {
    const { gitHook } = createRequire(import.meta.url)(
      path.join(path.dirname(cli), 'gitHook.js'),
    ) as typeof import('../../src/cli/commands/gitHook.ts');
    this.#hook = gitHook;
    this.#folder = folder;
    fs.mkdirSync(folder);
    execFileSync('mkfifo', [path.join(folder, 'asked'), path.join(folder, 'answer')]);
    for (const name of hookNames) {
      const file = path.join(hooks, name);
      const text = fs.readFileSync(file, 'utf8');
      const changed = text.replace(/^run\(\) \{\n[^]*?\n\}$/m, () => client(folder));
      if (changed === text) throw new Error(`${name} has no place to start Node`);
      // What post-commit sends along is asked for by this process instead: the next commit may come before it is read.
      const fed = changed
        .replace('feed 2>/dev/null | run ', `feed 2>/dev/null >'${folder}/feed'; run `)
        .replace('feed | run post-commit --fed ', 'run post-commit ');
      if (name !== 'commit-msg' && fed === changed) throw new Error(`${name} feeds nobody`);
      fs.writeFileSync(file, fed);
    }
    // Both ends, so that no pipe ever closes under its reader; non-blocking, so that neither end takes a thread.
    this.#answers = fs.openSync(path.join(folder, 'answer'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const fd = fs.openSync(path.join(folder, 'asked'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    this.#socket = new net.Socket({ fd, readable: true, writable: false });
    let rest = '';
    this.#socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) void this.#serve(line.split('\t'));
    });
  }

  async #serve(fields: readonly string[]): Promise<void> {
    const [pid, cwd = '', name = '', ...more] = fields;
    const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    passed.forEach((key, i) => {
      const value = more[4 + i] ?? '';
      if (value !== '') env[key] = value;
    });
    const io: Io = {
      stdin: process.stdin,
      out: () => undefined,
      err: (text) => void (this.errors += text),
      cwd,
      env,
      verbose: false,
      parent: Number(pid),
      ...(more[0] === '--fed' && { feed: fs.openSync(path.join(this.#folder, 'feed'), 'r') }),
    };
    const job = this.#hook.run([name, ...more.slice(0, 4)], io).catch((error: unknown) => {
      this.errors += `${String(error)}\n`;
      return 2;
    });
    if (io.feed !== undefined) void job.then(() => fs.closeSync(io.feed as number));
    if (name === 'post-commit') this.#background = Promise.all([this.#background, job]);
    else fs.writeSync(this.#answers, `${pid} ${await job}\n`);
  }

  /** Until what post-commit began is done. */
  async idle(): Promise<void> {
    // Its request may still be in the pipe.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#background;
  }

  close(): void {
    this.#socket.destroy();
    fs.closeSync(this.#answers);
  }
}
