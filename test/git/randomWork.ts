/**
 * Random work with a model that knows each line's origin, because it stands in the line's text: people, agents and
 * unseen programs edit, git is asked for everything it can do, and every commit's record is counted again.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Io } from '../../src/cli/command.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { findRecords } from '../../src/core/provenance/trailers.ts';
import { Objects } from './objects.ts';
import { Resident } from './resident.ts';
import { fastFolder, Shells } from './shells.ts';
import { World } from './world.ts';

type Who = 'ai' | 'human' | 'write';

/** mulberry32. */
export function random(seed: number): (n: number) => number {
  let a = seed * 0x9e3779b9;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Git does nothing behind our back, and writes to memory. */
const quickGit = `[gc]
	auto = 0
[maintenance]
	auto = false
[core]
	fsync = none
	looseCompression = 0
	preloadIndex = false
[index]
	threads = 1
`;

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

/** A repository to copy, set up once, with our hooks, which this process serves. One sequence at a time plays in it. */
export class Template {
  readonly world: World;
  readonly resident: Resident;
  readonly #shells: Shells;
  readonly #entries: Entry[] = [];

  private constructor(world: World, resident: Resident, shells: Shells) {
    this.world = world;
    this.resident = resident;
    this.#shells = shells;
    for (const e of fs.readdirSync(world.dir, { recursive: true, withFileTypes: true })) {
      const file = path.join(e.parentPath, e.name);
      if (!e.isFile()) continue;
      this.#entries.push({
        path: path.relative(world.dir, file),
        mode: fs.statSync(file).mode,
        bytes: fs.readFileSync(file),
      });
    }
  }

  static async make(): Promise<Template> {
    const world = await World.make({
      policy: 'version: 1\ncommit: { trailers: record }\n',
      init: ['--template='],
      in: fastFolder(os.tmpdir()),
      config: quickGit,
    });
    // What the hooks see of the environment is this process's own.
    for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];
    Object.assign(process.env, { HOME: world.env['HOME'], GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8' });
    delete process.env['XDG_CONFIG_HOME'];
    const base = path.dirname(world.dir);
    const resident = new Resident(world.cli, path.join(world.dir, '.git/hooks'), path.join(base, 'pipes'));
    const shells = new Shells(path.join(base, 'shells'));
    shells.takeOver();
    world.start = async (program, args, options) => {
      const { code, out, err } = await shells.run(program, args, options);
      return { code, out: out.toString('latin1'), err: err.toString('utf8') };
    };
    return new Template(world, resident, shells);
  }

  async copy(name: string): Promise<World> {
    const dir = path.join(path.dirname(this.world.dir), name);
    const made = new Set<string>();
    for (const e of this.#entries) {
      const file = path.join(dir, e.path);
      const folder = path.dirname(file);
      if (!made.has(folder)) fs.mkdirSync(folder, { recursive: true });
      made.add(folder);
      fs.writeFileSync(file, e.bytes, { mode: e.mode });
    }
    // Git asks for these folders, empty or not.
    for (const folder of ['objects/info', 'objects/pack', 'refs/tags'])
      fs.mkdirSync(path.join(dir, '.git', folder), { recursive: true });
    const gitDir = path.join(dir, '.git');
    return this.world.at(dir, { root: dir, gitDir, commonDir: gitDir });
  }

  async remove(): Promise<void> {
    this.resident.close();
    this.#shells.close();
    await this.world.remove();
  }
}

const files = ['a.ts', 'dir/b.py', 'c.md'];
const steps = 12;

/** Plays one sequence. `log` tells what was done, for the report of a failure. */
export async function play(seed: number, from: Template, log: string[]): Promise<number> {
  const { resident } = from;
  const w = await from.copy(`repo${seed}`);
  resident.errors = '';
  try {
    return await new Player(seed, w, resident, log).run();
  } finally {
    await resident.idle().catch(() => undefined);
    fs.rmSync(w.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

interface Own {
  readonly added: readonly string[];
  /** Taken along by a rename. */
  readonly moved: readonly string[];
  readonly aiDeleted: number;
  /** Lines of which the model cannot tell. */
  readonly either: number;
  readonly isRename: boolean;
}

/** A commit to be counted, and what was true when it was found. */
interface Found {
  readonly id: string;
  readonly what: string;
  readonly deleters: ReadonlyMap<string, Who | 'either'>;
  readonly isPicked: boolean;
}

class Player {
  readonly #rand: (n: number) => number;
  readonly #noise: (n: number) => number;
  readonly #seed: number;
  readonly #w: World;
  readonly #resident: Resident;
  readonly #log: string[];
  readonly #objects: Objects;
  readonly #checked = new Set<string>();
  readonly #found: Found[] = [];
  /** Who took a line out of a file last. */
  readonly #deleters = new Map<string, Who | 'either'>();
  /** Lines that a program nobody watches wrote again, under a name they never had or in another order. */
  readonly #strayed = new Set<string>();
  /** Lines that an AI put in their places again while it solved a conflict: where git renames the file, its own or taken along. */
  readonly #placed = new Set<string>();
  #counter = 0;
  #branches = 0;
  #picked = false;

  constructor(seed: number, w: World, resident: Resident, log: string[]) {
    this.#seed = seed;
    this.#rand = random(seed);
    this.#noise = random(seed ^ 0x5bd1e995);
    this.#w = w;
    this.#resident = resident;
    this.#log = log;
    this.#objects = new Objects(w.repo.gitDir);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#rand(list.length)] as T;
  }

  async #git(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<boolean> {
    const result = await this.#w.tryGit(args, options);
    this.#log.push(
      `git ${args.join(' ')}${options.env ? ` (${JSON.stringify(options.env)})` : ''}${options.input ? ` <${JSON.stringify(options.input)}` : ''} -> ${result.code}`,
    );
    if (this.#resident.errors !== '') {
      const text = this.#resident.errors;
      this.#resident.errors = '';
      throw new Error(`our hook said: ${text}`);
    }
    // Half of the players wait for what post-commit does in the background; the others outrun it.
    if (this.#seed % 2 === 0) await this.#resident.idle();
    return result.code === 0;
  }

  /** Git's answer, unlogged. */
  async #ask(...args: string[]): Promise<string> {
    return this.#w.git(...args);
  }

  #fresh(who: Who): string {
    // Nothing in common with another line: a line that a person half rewrites is the AI's still, and "modified".
    const word = Array.from({ length: 3 }, () => this.#noise(0x7fffffff).toString(36)).join('');
    return `${who} line ${++this.#counter} ${word}`;
  }

  async #edit(who: Who, file = this.#pick(files)): Promise<void> {
    // Git may outrun the bookkeeping of a commit; nobody edits in the tenth of a second that it takes.
    await this.#resident.idle();
    const lines = (await this.#w.read(file)).split('\n').filter((l) => l !== '');
    const at = this.#rand(lines.length + 1);
    const remove = this.#rand(3) === 0 ? this.#rand(3) : 0;
    const added = Array.from({ length: this.#rand(5) === 0 && remove > 0 ? 0 : 1 + this.#rand(4) }, () =>
      this.#fresh(who),
    );
    for (const line of lines.splice(at, remove, ...added)) {
      const name = `${file}\0${line}`;
      // Git may have brought back what an agent took out, and then nobody sees who takes it out again.
      const isOpen = who === 'write' && /^(?:ai|either)$/.test(this.#deleters.get(name) ?? '');
      this.#deleters.set(name, isOpen ? 'either' : who);
    }
    this.#log.push(`${who} edits ${file} at ${at}: -${remove} +${added.length} (${added.join(', ')})`);
    await this.#w[who](file, lines.map((l) => `${l}\n`).join(''));
  }

  async #isClean(): Promise<boolean> {
    return (await this.#w.tryGit(['diff', '--quiet', 'HEAD'])).code === 0;
  }

  async #commit(...args: string[]): Promise<boolean> {
    const name = `step ${++this.#counter}`;
    const extra = this.#rand(4) === 0 ? ['-s'] : [];
    const done = await this.#git(['commit', '-q', '-m', name, ...extra, ...args]);
    this.#check(`commit ${args.join(' ')}`);
    return done;
  }

  /** Rewriting history needs a clean tree. */
  async #clean(): Promise<boolean> {
    if (await this.#isClean()) return true;
    await this.#commit('-a');
    return this.#isClean();
  }

  /** Commits from HEAD by first parents. */
  #depth(): number {
    let depth = 0;
    for (let id: string | undefined = this.#objects.head(); id !== undefined; depth++)
      id = this.#objects.commit(id).parents[0];
    return depth;
  }

  /** Takes up a conflict in one of the ways people do; afterwards nothing is under way. */
  async #conflict(what: 'rebase' | 'cherry-pick' | 'merge' | 'revert'): Promise<void> {
    for (let round = 0; round < 6; round++) {
      const unmerged = (await this.#ask('diff', '--name-only', '--diff-filter=U')).split('\n').filter((f) => f !== '');
      const way = this.#rand(4);
      if (unmerged.length === 0 || way === 0) {
        if (what === 'rebase' && this.#rand(2) === 0 && round < 5) {
          if (await this.#git(['rebase', '--skip'], { env: { GIT_EDITOR: 'true' } })) return;
          continue;
        }
        await this.#git([what, '--abort']);
        return;
      }
      const who = this.#pick<Who>(['ai', 'human', 'write']);
      // Of a file that both sides renamed, each name has one side only.
      const stages = (await this.#ask('ls-files', '-u')).split('\n').map((l) => l.replace(/^.*\t/, ''));
      for (const file of unmerged) {
        const isRenamed = stages.filter((f) => f === file).length === 1;
        // Both sides, or one of them, and perhaps a line of the own.
        const text = await this.#w.read(file);
        const side = this.#rand(3);
        const kept: string[] = [];
        let part = 0;
        for (const line of text.split('\n')) {
          if (line.startsWith('<<<<<<< ')) part = 1;
          else if (part === 1 && line.startsWith('=======')) part = 2;
          else if (line.startsWith('>>>>>>> ')) part = 0;
          else if (line !== '' && (part === 0 || side === 2 || part - 1 === side)) kept.push(line);
        }
        const unique = [...new Set(kept)];
        for (const line of text.split('\n')) if (!unique.includes(line)) this.#deleters.set(`${file}\0${line}`, who);
        if (this.#rand(2) === 0) unique.splice(this.#rand(unique.length + 1), 0, this.#fresh(who));
        if (who === 'write' && (isRenamed || unique.length < kept.length))
          for (const line of unique) this.#strayed.add(line);
        if (who === 'ai') for (const line of unique) this.#placed.add(line);
        this.#log.push(`${who} resolves ${file}, side ${side}: ${unique.join(', ')}`);
        if (!fs.existsSync(this.#w.path(file)) && unique.length === 0) await this.#git(['rm', '-q', '--', file]);
        else await this.#w[who](file, unique.map((l) => `${l}\n`).join(''));
      }
      await this.#git(['add', '-A', '--', ...unmerged]);
      const go =
        what === 'merge'
          ? ['commit', '-q', '--no-edit']
          : this.#rand(3) === 0 && what === 'cherry-pick'
            ? ['commit', '-q', '--no-edit']
            : [what, '--continue'];
      if (await this.#git(go, { env: { GIT_EDITOR: 'true' } })) return;
    }
    await this.#git([what, '--abort']);
  }

  async run(): Promise<number> {
    for (const file of files) await this.#w.human(file, `${this.#fresh('human')}\n`);
    await this.#git(['add', '.']);
    await this.#commit();
    for (let step = 0; step < steps; step++) await this.#step();
    await this.#clean();
    await this.#count();
    await this.#verify();
    return this.#checked.size;
  }

  async #step(): Promise<void> {
    const action = this.#rand(34);
    const n = this.#rand(3) + 1;
    switch (action) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#edit('ai');
      case 4:
      case 5:
      case 6:
        return this.#edit('human');
      case 7:
        return this.#edit('write');
      case 8:
        await this.#edit('ai');
        await this.#commit('-a');
        return;
      case 9:
        await this.#git(['add', this.#pick(files)]);
        await this.#commit();
        return;
      case 10:
        // Some hunks of some files.
        await this.#git(['add', '-p'], {
          input: Array.from({ length: 12 }, () => this.#pick(['y\n', 'n\n'])).join(''),
        });
        await this.#commit();
        return;
      case 11:
        await this.#commit(this.#pick(['-o', '-i']), this.#pick(files));
        return;
      case 12:
        await this.#git(['add', '.']);
        await this.#edit(this.#pick<Who>(['ai', 'human']));
        await this.#commit();
        return;
      case 13:
      case 14: {
        if (this.#depth() < 3) return;
        if (this.#rand(2) === 0) await this.#git(['add', '.']);
        const args = this.#pick([
          ['--no-edit'],
          ['-mamended'],
          ['-C', 'HEAD'],
          ['--no-edit', '--reset-author'],
          ['-a', '--no-edit'],
        ]);
        await this.#git(['commit', '-q', '--amend', ...args]);
        return this.#check('amend');
      }
      case 15:
        if (await this.#git(['stash', '-q', ...this.#pick([[], ['-u'], ['-k'], ['--staged']])])) {
          if (this.#rand(2) === 0) {
            await this.#edit(this.#pick<Who>(['ai', 'human']));
            await this.#commit('-a');
          }
          if (!(await this.#git(['stash', 'pop', '-q', ...this.#pick([[], ['--index']])]))) {
            await this.#git(['checkout', '-q', '-f', 'HEAD']);
            await this.#git(['reset', '-q', '--hard']);
            await this.#git(['stash', 'drop', '-q']);
          }
        }
        return;
      case 16: {
        const depth = this.#depth();
        if (depth < n + 2) return;
        await this.#git(['reset', '-q', this.#pick(['--soft', '--mixed']), `HEAD~${n}`]);
        await this.#git(['add', '.']);
        // Several commits in one: who took out what in the first of them is open.
        this.#picked = true;
        await this.#commit();
        this.#picked = false;
        return;
      }
      case 17:
        if (this.#depth() > 3) await this.#git(['reset', '-q', '--hard', this.#pick(['HEAD', 'HEAD~1'])]);
        return;
      case 18:
        if ((await this.#clean()) && this.#depth() > 3) {
          if (await this.#git(['revert', '--no-edit', this.#pick(['HEAD', 'HEAD~1'])])) {
            this.#check('revert');
            if (this.#rand(2) === 0) {
              if (!(await this.#git(['revert', '--no-edit', 'HEAD']))) await this.#git(['revert', '--abort']);
            }
          } else await this.#conflict('revert');
        }
        return this.#check('revert');
      case 19:
      case 20:
      case 21: {
        const depth = this.#depth();
        if (!(await this.#clean()) || depth < 4) return;
        const count = Math.min(depth - 2, n + 1);
        const script = this.#pick([
          "sed -i -e '2s/^pick/squash/'",
          "sed -i -e '2s/^pick/fixup/'",
          "sed -i -e '2s/^pick/fixup -C/'",
          "sed -i -e '1{h;d}' -e '2{G}'",
          "sed -i -e '1d'",
          "sed -i -e '1s/^pick/reword/'",
          "sed -i -e '2,$s/^pick/squash/'",
          "sed -i -e '1a exec true'",
        ]);
        if (
          !(await this.#git(['rebase', '-q', '-i', `HEAD~${count}`], {
            env: { GIT_SEQUENCE_EDITOR: script, GIT_EDITOR: 'true' },
          }))
        )
          await this.#conflict('rebase');
        return this.#check(script);
      }
      case 22: {
        // An autosquash of what belongs to an earlier commit.
        if (this.#depth() < 4) return;
        await this.#edit(this.#pick<Who>(['ai', 'human']));
        await this.#git(['add', '.']);
        if (!(await this.#git(['commit', '-q', this.#pick(['--fixup', '--squash']), 'HEAD~1', '--no-edit']))) return;
        this.#check('fixup');
        if (
          !(await this.#git(['rebase', '-q', '-i', '--autosquash', 'HEAD~3'], {
            env: { GIT_SEQUENCE_EDITOR: ':', GIT_EDITOR: 'true' },
          }))
        )
          await this.#conflict('rebase');
        return this.#check('autosquash');
      }
      case 23:
      case 24:
      case 25:
      case 26: {
        if (!(await this.#clean()) || this.#depth() < 3) return;
        const branch = `side${++this.#branches}`;
        await this.#git(['checkout', '-q', '-b', branch, `HEAD~${this.#rand(2)}`]);
        const own = 1 + this.#rand(2);
        for (let i = 0; i < own; i++) {
          await this.#edit(this.#pick<Who>(['ai', 'ai', 'human', 'write']));
          await this.#commit('-a');
        }
        await this.#git(['checkout', '-q', '-']);
        if (this.#rand(2) === 0) {
          await this.#edit(this.#pick<Who>(['ai', 'human']));
          await this.#commit('-a');
        }
        return this.#take(branch, own);
      }
      case 27:
        // Edits that come along to another branch and back.
        await this.#edit('ai');
        if (await this.#git(['checkout', '-q', '-b', `switch${++this.#branches}`])) {
          await this.#edit('human');
          await this.#commit(this.#pick(['-a', '--allow-empty']));
        }
        return;
      case 28:
        await this.#git(['checkout', '-q', 'HEAD', '--', this.#pick(files)]);
        return;
      case 29: {
        const [a, b] = [this.#pick(files), `${this.#pick(['moved', 'dir/other'])}${++this.#counter}.ts`];
        // There and back again, with an edit between.
        if (await this.#git(['mv', a, b])) {
          await this.#commit('-a');
          await this.#git(['mv', b, a]);
          await this.#edit('ai', a);
          await this.#commit('-a');
        }
        return;
      }
      case 30:
        await this.#git(['commit', '-q', '--allow-empty', '--no-verify', '-m', 'empty']);
        return this.#check('empty');
      case 31: {
        await this.#edit('ai');
        await this.#git(['add', '.']);
        await this.#git(['commit', '-q', '-v'], {
          env: { GIT_EDITOR: `sh -c 'f=$(cat "$1"); printf "typed %s\\n" "$f" >"$1"' -` },
        });
        return this.#check('editor');
      }
      case 32:
        await this.#git(['apply', '--cached', '--allow-empty', '--unidiff-zero'], {
          input: await this.#ask('diff', '-U0'),
        }).catch(() => false);
        return;
      default:
        await this.#git(['add', '-A']);
        await this.#git(['commit', '-q', '-F', '-', '--trailer', 'Refs: #1'], {
          input: `from a file ${++this.#counter}\n\nbody\n`,
        });
        return this.#check('commit -F --trailer');
    }
  }

  /** Brings a branch home. */
  async #take(branch: string, count: number): Promise<void> {
    const way = this.#rand(8);
    const quiet = { env: { GIT_EDITOR: 'true' } };
    if (way === 0) {
      if (!(await this.#git(['cherry-pick', ...this.#pick([[], ['-x']]), `${branch}~${count}..${branch}`], quiet)))
        await this.#conflict('cherry-pick');
    } else if (way === 1) {
      if (await this.#git(['cherry-pick', '-n', branch])) {
        await this.#edit('human');
        this.#picked = true;
        await this.#commit('-a');
        this.#picked = false;
      } else await this.#git(['reset', '-q', '--hard']);
    } else if (way === 2) {
      if (
        !(await this.#git(
          ['merge', '-q', ...this.#pick([['--no-ff'], ['--ff'], ['-Xours']]), '--no-edit', branch],
          quiet,
        ))
      )
        await this.#conflict('merge');
    } else if (way === 3) {
      if (await this.#git(['merge', '-q', '--squash', branch]))
        await this.#git(['commit', '-q', ...this.#pick([['--no-edit'], ['-msquashed']])], quiet);
      else await this.#git(['reset', '-q', '--hard']);
    } else if (way === 4) {
      if (await this.#git(['merge', '-q', '--no-commit', '--no-ff', branch])) {
        await this.#edit('ai');
        await this.#git(['add', '.']);
        await this.#git(['commit', '-q', '--no-edit'], quiet);
      } else await this.#conflict('merge');
    } else if (way < 7) {
      const home = (await this.#ask('rev-parse', '--abbrev-ref', 'HEAD')).trim();
      await this.#git(['checkout', '-q', branch]);
      if (
        !(await this.#git(
          [
            'rebase',
            '-q',
            ...this.#pick([[], ['-r'], ['--onto'].concat(home, `${branch}~${count}`)]),
            ...(this.#log.at(-1)?.includes('nothing') ? [] : [home]),
          ].filter((x, i, all) => !(x === home && all.includes('--onto') && i === all.length - 1)),
          quiet,
        ))
      )
        await this.#conflict('rebase');
    }
    return this.#check(`take ${branch}`);
  }

  /** Notes every commit that is new since the last look. They are counted together, at the end: that takes one git. */
  #check(what: string): void {
    const ids = this.#objects.since(this.#objects.head(), this.#checked);
    if (ids.length === 0) return;
    const deleters = new Map(this.#deleters);
    for (const id of ids) {
      if (this.#checked.size > 0) this.#found.push({ id, what, deleters, isPicked: this.#picked });
      this.#checked.add(id);
    }
    this.#log.push(`# ${ids.map((id) => id.slice(0, 8)).join(' ')}`);
  }

  async #count(): Promise<void> {
    const { code, out, err } = await this.#w.tryGit(
      [
        'log',
        '--no-walk=unsorted',
        '--stdin',
        '--format=%x01%H%x02%B%x02%(trailers:only,unfold)%x02',
        '-p',
        '-U0',
        '--no-renames',
        '--text',
        '--no-color',
        '--src-prefix=a/',
        '--dst-prefix=b/',
      ],
      { input: this.#found.map((f) => `${f.id}\n`).join('') },
    );
    assert.equal(code, 0, err);
    const told = new Map<string, readonly string[]>();
    for (const part of out.split('\x01').slice(1)) {
      const fields = part.split('\x02');
      told.set(fields[0] as string, fields.slice(1));
    }
    for (const found of this.#found) {
      const [message, trailers, patch] = told.get(found.id) as [string, string, string];
      this.#countOne(found, message, trailers, patch);
    }
  }

  #countOne({ id, what, deleters, isPicked }: Found, message: string, parsed: string, patch: string): void {
    const { parents } = this.#objects.commit(id);
    const label = `${id.slice(0, 8)} after ${what}: ${message}`;
    const own = findRecords(message).records.filter((r) => !r.quoted);
    assert.equal(own.length, 1, `one record in ${label}`);
    const { provenance: p, assistedBy } = own[0] as (typeof own)[number];
    assert.equal((parsed.match(/^AI-Provenance: v1 /gm) ?? []).length, 1, `git parses the record of ${label}`);
    for (const key of ['Signed-off-by', 'Refs'])
      if (what.startsWith('commit ') && new RegExp(`^${key}: `, 'm').test(message))
        assert.match(parsed, new RegExp(`^${key}: `, 'm'), `${key} is parsed in ${label}`);
    const fresh = parents.length > 1 ? this.#ownOfMerge(id, parents) : ownOf(patch, deleters);
    const count = (who: Who): number => fresh.added.filter((l) => l.startsWith(`${who} line `)).length;
    // Whose these are may be known, or not.
    const strayed = (who: Who): number =>
      fresh.added.filter((l) => l.startsWith(`${who} line `) && this.#strayed.has(l)).length;
    const lost = Math.min(Math.max(0, count('ai') - p.ai), strayed('ai'));
    const more = Math.min(Math.max(0, p.unk - count('write') - lost), strayed('human'));
    const again = fresh.moved.filter((l) => l.startsWith('ai line ') && this.#placed.has(l)).length;
    const ai = count('ai') - lost + Math.min(Math.max(0, p.ai - count('ai')), again);
    assert.deepEqual(
      { ai: p.ai, unk: p.unk, mod: p.mod, agents: assistedBy.length },
      { ai, unk: count('write') + lost + more, mod: 0, agents: ai > 0 ? 1 : 0 },
      label,
    );
    // Whose deletion a rename or a pick that was edited is, is open.
    if (parents.length === 1 && !fresh.isRename && /^(?:commit|amend)/.test(what) && !isPicked)
      assert.ok(
        p.aiDeleted >= fresh.aiDeleted && p.aiDeleted <= fresh.aiDeleted + fresh.either,
        `del=${p.aiDeleted}, not ${fresh.aiDeleted} (+${fresh.either}), of ${label}`,
      );
  }

  /** Lines that no parent has. */
  #ownOfMerge(id: string, parents: readonly string[]): Own {
    const added: string[] = [];
    const before = this.#objects.files(parents[0] as string);
    for (const [file, blob] of this.#objects.files(id)) {
      if (before.get(file) === blob) continue;
      const text = (rev: string): string[] =>
        this.#objects
          .text(rev, file)
          .split('\n')
          .filter((l) => l !== '');
      const there = new Set(parents.flatMap(text));
      added.push(...text(id).filter((l) => !there.has(l)));
    }
    return { added, moved: [], aiDeleted: 0, either: 0, isRename: false };
  }

  /** All of it before the gate, in one go. */
  async #verify(): Promise<void> {
    let out = '';
    const io: Io = {
      stdin: process.stdin,
      out: (text) => void (out += text),
      err: (text) => void (out += text),
      cwd: this.#w.dir,
      env: process.env,
      verbose: false,
    };
    const [root] = (await this.#ask('rev-list', '--max-parents=0', 'HEAD')).trim().split('\n');
    await verify.run([`${root}..HEAD`, '--format', 'json'], io);
    const { problems } = JSON.parse(out) as { problems: unknown[] };
    assert.deepEqual(problems, [], 'verify');
  }
}

/** What git says that a commit adds and takes out; with whom the model thinks did it. */
function ownOf(patch: string, deleters: ReadonlyMap<string, Who | 'either'>): Own {
  interface Part {
    readonly path: string;
    isNew: boolean;
    isGone: boolean;
    readonly added: string[];
    readonly deleted: string[];
  }
  const parts: Part[] = [];
  for (const line of patch.split('\n')) {
    const part = parts.at(-1);
    if (line.startsWith('diff --git '))
      parts.push({ path: line.replace(/.* b\//, ''), isNew: false, isGone: false, added: [], deleted: [] });
    else if (!part) continue;
    else if (line.startsWith('new file mode')) part.isNew = true;
    else if (line.startsWith('deleted file mode')) part.isGone = true;
    else if (line.startsWith('--- ') || line.startsWith('+++ ')) continue;
    else if (line.startsWith('+')) part.added.push(line.slice(1));
    else if (line.startsWith('-')) part.deleted.push(line.slice(1));
  }
  const added: string[] = [];
  const moved: string[] = [];
  let aiDeleted = 0;
  let either = 0;
  let isRename = false;
  for (const part of parts) {
    // What a rename takes along is nobody's work: half of the old lines in the new file make one.
    const shares = parts.map((gone) =>
      part.isNew && gone.isGone ? gone.deleted.filter((l) => part.added.includes(l)).length / gone.deleted.length : 0,
    );
    const most = Math.max(...shares);
    const from = most >= 0.5 ? (parts[shares.indexOf(most)] as Part).deleted : [];
    isRename ||= from.length > 0;
    added.push(...part.added.filter((l) => !from.includes(l)));
    moved.push(...part.added.filter((l) => from.includes(l)));
    const by = (who: string): number => part.deleted.filter((l) => deleters.get(`${part.path}\0${l}`) === who).length;
    aiDeleted += by('ai');
    either += by('either');
  }
  return { added, moved, aiDeleted, either, isRename };
}
