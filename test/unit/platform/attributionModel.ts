/**
 * Random sessions against a model: one document with its live map, the journal on disk, git's HEAD and a stash. The
 * model is the text itself: an AI writes only A-M, a person only a-m, a process nobody announced only digits; n-z was
 * there before. Whatever happens, a line's letters say who has text in it.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { LineMap } from '../../../src/core/attribution/lineMap.ts';
import { expandOrigins } from '../../../src/core/attribution/origins.ts';
import { diffLines, splitLines } from '../../../src/core/hunks.ts';
import { evidences, type LineOrigin } from '../../../src/core/model.ts';
import { openAttribution, type AttributionStore } from '../../../src/platform/attribution.ts';

const alphabets = { ai: 'ABCDEFGHIJKLM', human: 'abcdefghijklm', unknown: '0123456789' } as const;
type Who = keyof typeof alphabets;
const origins: Record<Who, LineOrigin> = {
  ai: { origin: 'ai', evidence: 'heuristic', confidence: 0.8 },
  human: { origin: 'human', evidence: 'editor' },
  unknown: { origin: 'unknown', evidence: 'none' },
};
const hook: LineOrigin = { origin: 'ai', evidence: 'hook', agent: 'claude-code' };
const tool: LineOrigin = { origin: 'tool', evidence: 'heuristic' };

const actions = [
  'type',
  'type',
  'type',
  'line',
  'aiLine',
  'aiLine',
  'aiInLine',
  'aiBlock',
  'delete',
  'undo',
  'redo',
  'save',
  'save',
  'persist',
  'reload',
  'crash',
  'tornCrash',
  'external',
  'hook',
  'format',
  'rename',
  'commit',
  'checkout',
  'stash',
  'pop',
  'apply',
  'move',
  'cutAndPaste',
  'eol',
  'bom',
  'reset',
  'compact',
  'otherWindow',
] as const;

/** In memory where there is such a place: thousands of sessions write many small files. */
const scratch = fs.access('/dev/shm', fs.constants.W_OK).then(
  () => '/dev/shm',
  () => os.tmpdir(),
);

/** Plays one session; rejects with the steps taken when a line is called what it can't be. */
export async function play(seed: number): Promise<void> {
  const session = await Session.start(seed);
  try {
    await session.run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${session.log.join('\n')}`, { cause: error });
  } finally {
    await fs.rm(session.dir, { recursive: true, force: true });
  }
}

class Session {
  readonly dir: string;
  readonly log: string[] = [];
  readonly #random: () => number;
  #store: AttributionStore;
  #path = 'src/f.ts';
  #head = 'nop\nqrst uvw\n\nxyz\n';
  #disk = this.#head;
  #text = this.#head;
  #stashed: string | undefined;
  /** How the text lies on disk; the model itself speaks of lines. */
  #form = { crlf: false, bom: false };
  #map = new LineMap(this.#head);
  #version = 1;
  #past: string[] = [];
  #future: string[] = [];
  /** Texts of the path that git can bring back. */
  #revisions = [this.#head];
  /** Everything that ever was in a commit. */
  readonly #committed = [this.#head];

  private constructor(dir: string, seed: number) {
    this.dir = dir;
    this.#random = randomOf(seed);
    this.#store = openAttribution({ dir: path.join(dir, 'countersign') });
  }

  static async start(seed: number): Promise<Session> {
    return new Session(await fs.mkdtemp(path.join(await scratch, 'session-')), seed);
  }

  async run(): Promise<void> {
    const steps = 6 + this.#below(16);
    for (let i = 0; i < steps; i++) {
      const action = actions[this.#below(actions.length)] as (typeof actions)[number];
      this.log.push(action);
      await this.#do(action);
      this.#check(expandOrigins(this.#map.toOrigins()), this.#text, 'the editor');
    }
    // What hooks and the commit see.
    await this.#save();
    const { origins: found } = await this.#store.resolve(this.#path, this.#raw(this.#disk), { baseline: this.#head });
    this.#check(expandOrigins(found), this.#disk, 'the commit');
  }

  async #do(action: (typeof actions)[number]): Promise<void> {
    const [start, end] = this.#someLine();
    // A dirty document is not read again when its file changes: the next save overwrites the file.
    let isClean = true;
    switch (action) {
      case 'type':
        return this.#edit(this.#within(start, end), 0, this.#letters('human', 3), 'human');
      case 'line':
        return this.#edit(start, 0, `${this.#letters('human', 8)}\n`, 'human');
      case 'aiLine':
        return this.#edit(start, 0, `${this.#letters('ai', 8)}\n`, 'ai');
      case 'aiInLine':
        return this.#edit(this.#within(start, end), 0, this.#letters('ai', 4), 'ai');
      case 'aiBlock':
        return this.#edit(start, end - start, `${this.#letters('ai', 6)}\n${this.#letters('ai', 6)}\n`, 'ai');
      case 'delete':
        return this.#edit(start, end - start, '', this.#below(2) === 0 ? 'human' : 'ai');
      case 'format':
        return this.#edit(start, 0, ' '.repeat(1 + this.#below(4)), tool);
      case 'undo':
        return this.#goTo(this.#past, this.#future, 'undo');
      case 'redo':
        return this.#goTo(this.#future, this.#past, 'redo');
      case 'save':
        return this.#save();
      case 'persist':
        return this.#persist();
      case 'reload':
        await this.#persist();
        return this.#open(this.#text);
      case 'crash':
        // Hot exit kept the buffer; what was not yet in the journal nobody knows any more.
        return this.#open(this.#text);
      case 'tornCrash': {
        await this.#persist();
        const file = path.join(this.dir, 'countersign/attribution.jsonl');
        const { size } = await fs.stat(file);
        await fs.truncate(file, Math.max(64, size - 1 - this.#below(80)));
        return this.#open(this.#text);
      }
      case 'external':
        isClean = this.#text === this.#disk;
        this.#disk = this.#splice(this.#disk, `${this.#letters('unknown', 6)}\n`);
        return isClean ? this.#takeDisk('external') : undefined;
      case 'hook': {
        const before = this.#disk;
        isClean = this.#text === before;
        const line = `${this.#letters('ai', 6)}\n`;
        this.#disk = this.#below(2) === 0 ? this.#splice(before, line) : `${before}\n${line}`;
        await this.#store.record({
          path: this.#path,
          before: this.#raw(before),
          after: this.#raw(this.#disk),
          origin: hook,
        });
        await this.#hookIsBelieved(before);
        return isClean ? this.#takeDisk('external') : undefined;
      }
      case 'rename': {
        await this.#save();
        const next = `src/g${this.#below(1000)}.ts`;
        await this.#store.move(this.#path, next);
        this.#path = next;
        // In git's eyes it is another file: all of it is new there, and the stash is the old one's.
        this.#head = '';
        this.#revisions = [''];
        this.#stashed = undefined;
        return this.#open(this.#text);
      }
      case 'commit':
        await this.#save();
        this.#head = this.#disk;
        this.#committed.push(this.#head);
        this.#revisions.push(this.#head);
        await this.#store.settle({
          commit: String(this.log.length),
          files: [{ path: this.#path, text: this.#raw(this.#head) }],
        });
        return this.#open(this.#text);
      case 'checkout':
        await this.#save();
        this.#head = this.#disk = this.#revisions[this.#below(this.#revisions.length)] as string;
        await this.#takeDisk('vcs');
        return this.#open(this.#text);
      case 'stash':
        await this.#save();
        this.#stashed = this.#disk;
        this.#disk = this.#head;
        return this.#takeDisk('vcs');
      case 'pop':
        if (this.#stashed === undefined) return;
        await this.#save();
        this.#disk = this.#stashed;
        this.#stashed = undefined;
        return this.#takeDisk('vcs');
      case 'apply': {
        // The stash stays, and may be applied again.
        const stashed = this.#stashed;
        await this.#do('pop');
        this.#stashed = stashed;
        return;
      }
      case 'move': {
        // A line command: the line goes to another place in one edit.
        const line = this.#text.slice(start, end);
        if (!line.endsWith('\n')) return;
        const [to] = this.#someLine();
        if (to > start && to < end) return;
        const moved = { from: to, count: 0, text: line };
        const gone = { from: start, count: line.length, text: '' };
        return this.#change(to > start ? [moved, gone] : [gone, moved], tool, 'rearrange');
      }
      case 'cutAndPaste': {
        const line = this.#text.slice(start, end);
        if (!line.endsWith('\n')) return;
        this.#change([{ from: start, count: line.length, text: '' }], origins.human, 'delete');
        const [to] = this.#someLine();
        return this.#change([{ from: to, count: 0, text: line }], origins.human, 'paste');
      }
      case 'eol':
      case 'bom':
        await this.#save();
        this.#form =
          action === 'eol' ? { ...this.#form, crlf: !this.#form.crlf } : { ...this.#form, bom: !this.#form.bom };
        return this.#takeDisk('external');
      case 'reset':
        // HEAD goes to another commit, the file stays.
        await this.#save();
        this.#head = this.#revisions[this.#below(this.#revisions.length)] as string;
        return this.#open(this.#text);
      case 'compact':
        return this.#store.compact();
      case 'otherWindow':
        // Another window has the same file open, as it is on disk, and notes what it knows.
        return openAttribution({ dir: path.join(this.dir, 'countersign') }).remember(
          this.#path,
          this.#disk,
          (await this.#store.resolve(this.#path, this.#disk, { baseline: this.#head })).origins,
        );
    }
  }

  //#region As the extension and the server do it

  async #open(text: string): Promise<void> {
    this.#store = openAttribution({ dir: path.join(this.dir, 'countersign') });
    const { origins: known } = await this.#store.resolve(this.#path, text, { baseline: this.#head });
    this.#text = text;
    this.#map = new LineMap(text, known);
    this.#past = [];
    this.#future = [];
  }

  #edit(from: number, count: number, text: string, who: Who | LineOrigin): void {
    const to = from + count;
    const range = { start: positionOf(this.#text, from), end: positionOf(this.#text, to) };
    this.#past.push(this.#text);
    this.#future = [];
    this.#text = this.#text.slice(0, from) + text + this.#text.slice(to);
    this.#map.apply(++this.#version, [{ range, text }]);
    this.#map.resolveEdit(this.#version, typeof who === 'string' ? origins[who] : who, 'edit');
  }

  #goTo(from: string[], to: string[], cause: 'undo' | 'redo'): void {
    const target = from.pop();
    if (target === undefined) return;
    to.push(this.#text);
    this.#replaceBy(target, origins.human, cause);
  }

  /** The smallest change that makes the text another one, as an editor tells of it. */
  #replaceBy(target: string, origin: LineOrigin, cause: string): void {
    const text = this.#text;
    let head = 0;
    while (head < text.length && head < target.length && text[head] === target[head]) head++;
    let tail = 0;
    while (tail < Math.min(text.length, target.length) - head && text.at(-1 - tail) === target.at(-1 - tail)) tail++;
    const range = { start: positionOf(text, head), end: positionOf(text, text.length - tail) };
    this.#text = target;
    this.#map.apply(++this.#version, [{ range, text: target.slice(head, target.length - tail) }]);
    this.#map.resolveEdit(this.#version, origin, cause);
  }

  /** Several changes in one edit, the last place first. */
  #change(changes: readonly { from: number; count: number; text: string }[], origin: LineOrigin, cause: string): void {
    this.#past.push(this.#text);
    this.#future = [];
    const told = changes.map(({ from, count, text }) => {
      const range = { start: positionOf(this.#text, from), end: positionOf(this.#text, from + count) };
      this.#text = this.#text.slice(0, from) + text + this.#text.slice(from + count);
      return { range, text };
    });
    this.#map.apply(++this.#version, told);
    this.#map.resolveEdit(this.#version, origin, cause);
  }

  #raw(text: string): string {
    return (this.#form.bom && text !== '' ? '\uFEFF' : '') + (this.#form.crlf ? text.replaceAll('\n', '\r\n') : text);
  }

  async #persist(): Promise<void> {
    await this.#store.remember(this.#path, this.#raw(this.#text), this.#map.toOrigins(), this.#map.deletions());
  }

  async #save(): Promise<void> {
    await this.#persist();
    this.#disk = this.#text;
  }

  /** The editor reads the file again and asks the journal about what it could not tell. */
  async #takeDisk(cause: 'external' | 'vcs'): Promise<void> {
    this.#past.push(this.#text);
    this.#replaceBy(this.#disk, origins.unknown, cause);
    const { origins: told } = await this.#store.resolve(this.#path, this.#text, { baseline: this.#head });
    expandOrigins(told).forEach((origin, i) => {
      if (origin?.origin === 'unknown') return;
      if (origin === null) return this.#map.mark(i, i, null);
      const known = this.#map.originAt(i);
      const isBetter =
        known === null ||
        known.origin === 'unknown' ||
        (known.origin !== 'human' && evidences.indexOf(origin.evidence) < evidences.indexOf(known.evidence));
      if (isBetter) this.#map.mark(i, i, origin);
    });
  }

  //#endregion
  //#region The model

  /** What a hook has just said of its lines is known, also when an editor notes the text without knowing that. */
  async #hookIsBelieved(before: string): Promise<void> {
    const lines = splitLines(this.#disk);
    if (this.#below(2) === 0) {
      const unknown = lines.map(() => ({ count: 1, origin: origins.unknown }));
      await openAttribution({ dir: path.join(this.dir, 'countersign') }).remember(
        this.#path,
        this.#raw(this.#disk),
        unknown,
      );
    }
    const { origins: told } = await this.#store.resolve(this.#path, this.#raw(this.#disk), { baseline: this.#head });
    const found = expandOrigins(told);
    for (const hunk of diffLines(splitLines(before), lines))
      for (let at = hunk.newStart - 1; at < hunk.newStart - 1 + hunk.newLines; at++)
        assert.notEqual(found[at]?.origin, 'unknown', `the hook's line ${at + 1} ${JSON.stringify(lines[at])}`);
  }

  #check(found: readonly (LineOrigin | null)[], text: string, where: string): void {
    const lines = splitLines(text);
    assert.equal(found.length, lines.length, `${where}: number of lines`);
    const committed = this.#committed.flatMap(splitLines);
    lines.forEach((line, i) => {
      const origin = found[i] ?? null;
      const said = `${where}: line ${i + 1} ${JSON.stringify(line)} is called ${origin?.origin ?? 'old'}`;
      // What is committed is old, and changed by a person it is theirs: the commit's own record speaks of it.
      const isOld = (letters: RegExp): boolean => {
        const own = (line.match(letters) ?? []).join('');
        return own === '' || committed.some((l) => (l.match(letters) ?? []).join('').includes(own));
      };
      if (!isOld(/[A-M]/g)) assert.match(origin?.origin ?? 'old', /^(?:ai|unknown)$/, said);
      if (!isOld(/[0-9]/g)) assert.match(origin?.origin ?? 'old', /^(?:ai|unknown|tool)$/, said);
      // Nobody cuts into lines here, so that a line without an AI's text was never one of its lines.
      if (line.trim() !== '' && !/[A-M]/.test(line)) assert.notEqual(origin?.origin, 'ai', said);
    });
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #letters(who: Who, atMost: number): string {
    const alphabet = alphabets[who];
    return Array.from({ length: 1 + this.#below(atMost) }, () => alphabet[this.#below(alphabet.length)]).join('');
  }

  #someLine(): [start: number, end: number] {
    const at = this.#below(this.#text.length + 1);
    const start = this.#text.lastIndexOf('\n', at - 1) + 1;
    const end = this.#text.indexOf('\n', at);
    return [start, end < 0 ? this.#text.length : end + 1];
  }

  #within(start: number, end: number): number {
    return start + this.#below(Math.max(1, end - start));
  }

  #splice(text: string, line: string): string {
    const lines = text.split(/(?<=\n)/);
    lines.splice(this.#below(lines.length + 1), this.#below(2), line);
    const joined = lines.join('');
    return joined.includes('\n') ? joined : `${joined}\n`;
  }

  //#endregion
}

function positionOf(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: (before.at(-1) as string).length };
}

/** Mulberry32: small, seeded, the same everywhere. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
