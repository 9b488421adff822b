import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TextShadow,
  insertedEnd,
  type EditorEvent,
  type TextRange,
} from '../../../../src/core/attribution/editEvents.ts';
import { EditClassifier, type ClassifierOptions } from '../../../../src/core/attribution/editOrigin.ts';
import type { EditVerdict } from '../../../../src/core/attribution/editVerdict.ts';
import { cpuTime } from '../../cpuTime.ts';

type At = readonly [line: number, character: number];
type Edit = readonly [from: At, to: At, text: string];

const source = `import * as path from 'path';
import { readFile } from 'fs';

export interface Item {
    id: number;
    price: number;
}

export function total(items: Item[]): number {
    let sum = 0;
    for (const it of items) {
        sum += it.price;
    }
    return sum;
}

`;

const range = (a: At, b: At = a): TextRange => ({
  start: { line: a[0], character: a[1] },
  end: { line: b[0], character: b[1] },
});

/** A person in front of an editor, as its stable API tells of them. */
class Editor {
  readonly events: EditorEvent[] = [];
  readonly #shadow: TextShadow;
  #at = 1000;
  #id = 0;
  #isDirty: boolean;
  #selections: TextRange[] = [range([0, 0])];
  uri = 'a.ts';
  scheme = 'file';
  isFocused = true;
  isActive = true;

  constructor(text = source, isDirty = true) {
    this.#shadow = new TextShadow(text);
    this.#isDirty = isDirty;
  }

  wait(ms: number): this {
    this.#at += ms;
    return this;
  }

  /** Puts the cursors somewhere, by command unless told otherwise. */
  select(by: 'keyboard' | 'mouse' | 'command' | undefined, ...selections: readonly TextRange[]): this {
    this.#selections = [...selections];
    this.events.push({ kind: 'selection', at: this.#at, uri: this.uri, selections, ...(by ? { by } : {}) });
    return this;
  }

  /** The cursor is there, and nobody saw how it got there. */
  place(...selections: readonly TextRange[]): this {
    this.#selections = [...selections];
    return this;
  }

  cursor(...at: readonly At[]): this {
    return this.select('command', ...at.map((a) => range(a)));
  }

  /** One change event; returns its id by way of `last`. */
  change(edits: readonly Edit[], options: { reason?: 'undo' | 'redo'; reload?: boolean; dirtyIn?: number } = {}): this {
    const wasDirty = this.#isDirty;
    const changes = this.#shadow.apply(
      edits.map(([from, to, text]) => ({
        range: range(from, to),
        text,
        rangeLength: from[0] === to[0] ? to[1] - from[1] : 1,
      })),
    );
    this.events.push({
      kind: 'change',
      id: ++this.#id,
      at: this.#at,
      uri: this.uri,
      path: this.uri,
      scheme: this.scheme,
      version: this.#id + 1,
      isDirty: options.reload ? false : wasDirty,
      isFocused: this.isFocused,
      ...(this.isActive ? { selections: this.#selections } : {}),
      ...(options.reason ? { reason: options.reason } : {}),
      changes,
      isComplete: true,
      knows: (word) => this.#shadow.knows(word, changes),
    });
    if (options.reload) this.#isDirty = false;
    else if (!wasDirty) {
      this.#isDirty = true;
      this.events.push({ kind: 'dirty', at: this.#at + (options.dirtyIn ?? 0), uri: this.uri, isDirty: true });
    }
    return this;
  }

  /** The selection that a change brings about. */
  after(by: 'keyboard' | undefined, ...selections: readonly TextRange[]): this {
    this.#at += 1;
    return this.select(by, ...selections);
  }

  clipboard(
    match: Partial<Record<'equal' | 'contains' | 'within', boolean>> & { length?: number } = {},
    delay = 12,
  ): this {
    this.events.push({
      kind: 'clipboard',
      at: this.#at + delay,
      id: this.#id,
      equal: false,
      contains: false,
      within: false,
      length: 30,
      ...match,
    });
    return this;
  }

  also(event: { kind: 'disk' | 'git' | 'chat' | 'save' | 'inline-accept' }): this {
    const at = this.#at;
    if (event.kind === 'disk') this.events.push({ kind: 'disk', at, path: this.uri });
    else if (event.kind === 'git') this.events.push({ kind: 'git', at });
    else if (event.kind === 'chat')
      this.events.push({ kind: 'open', at, path: this.uri, scheme: 'chat-editing-text-model' });
    else if (event.kind === 'save') this.events.push({ kind: 'save', at, uri: this.uri });
    else this.events.push({ kind: 'inline-accept', at });
    return this;
  }

  /** Types characters with key presses at a human pace. */
  type(text: string, at: At): this {
    let [line, character] = at;
    for (const c of text) {
      this.wait(120).change([[[line, character], [line, character], c]]);
      if (c === '\n') [line, character] = [line + 1, 0];
      else character++;
      this.after(c === '\n' ? undefined : 'keyboard', range([line, character]));
    }
    return this;
  }

  verdicts(options?: ClassifierOptions): EditVerdict[] {
    const classifier = new EditClassifier(options);
    const order = [...this.events].sort((a, b) => a.at - b.at);
    const out = order.flatMap((e) => [...classifier.push(e)]);
    return [...out, ...classifier.flush()].sort((a, b) => a.id - b.id);
  }

  /** `origin/cause` of the last change. */
  last(options?: ClassifierOptions): string {
    const v = this.verdicts(options).at(-1);
    return v ? `${v.origin}/${v.cause}` : 'nothing';
  }
}

const end = (at: At, text: string): TextRange => {
  const e = insertedEnd({ range: range(at), text });
  return { start: e, end: e };
};

const block = `export function average(values: number[], fallback = 0): number {
    if (values.length === 0) return fallback;
    const middle = Math.floor(values.length / 2);
    // an even count has two middle elements
    return (values[middle] + values[middle - 1]) / 2;
}
`;

/** Kinds of edits, each with the origins it may be called. `unknown` is always honest; AI for a person never. */
const scenes: Record<string, readonly [allowed: RegExp, play: () => Editor]> = {
  'typing with key presses': [/^human/, () => new Editor().cursor([15, 0]).type('const a = 1;', [15, 0])],
  'the first character in a clean file': [/^human/, () => new Editor(source, false).cursor([15, 0]).type('c', [15, 0])],
  'Enter, with indentation': [
    /^human/,
    () =>
      new Editor()
        .cursor([8, 46])
        .change([[[8, 46], [8, 46], '\n    ']])
        .after(undefined, range([9, 4])),
  ],
  'Enter in a comment block': [
    /^human/,
    () =>
      new Editor('/**\n')
        .cursor([0, 3])
        .change([[[0, 3], [0, 3], '\n * \n */']])
        .after(undefined, range([1, 3])),
  ],
  'Enter in a task list': [
    /^human/,
    () =>
      new Editor('- [ ] a')
        .cursor([0, 7])
        .change([[[0, 7], [0, 7], '\n- [ ] ']])
        .after(undefined, range([1, 6])),
  ],
  backspace: [
    /^human/,
    () =>
      new Editor()
        .cursor([9, 8])
        .change([[[9, 7], [9, 8], '']])
        .after(undefined, range([9, 7])),
  ],
  'a paste whose clipboard is read late': [
    /^human\/paste/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('x', [15, 0])
        .wait(200)
        .change([[[15, 1], [15, 1], block]])
        .after(undefined, end([15, 1], block))
        .clipboard({ equal: true, length: block.length }, 1500),
  ],
  'a paste without any news of the clipboard': [
    /^unknown/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('x', [15, 0])
        .wait(200)
        .change([[[15, 1], [15, 1], block]])
        .after(undefined, end([15, 1], block)),
  ],
  'a paste of a whole line, cursor in mid-line': [
    /^human\/paste/,
    () =>
      new Editor()
        .cursor([9, 6])
        .change([[[9, 0], [9, 0], '    quantity += discount * shipping;\n']])
        .after(undefined, range([10, 6]))
        .clipboard({ equal: true, length: 37 }),
  ],
  'a paste at several cursors, line by line': [
    /^human/,
    () =>
      new Editor()
        .cursor([4, 4], [5, 4])
        .change([
          [[5, 4], [5, 4], 'second value '],
          [[4, 4], [4, 4], 'first thing '],
        ])
        .after(undefined, range([4, 16]), range([5, 17]))
        .clipboard(),
  ],
  'a paste with an import added': [
    /^human/,
    () =>
      new Editor()
        .cursor([15, 0])
        .change([
          [[15, 0], [15, 0], block],
          [[2, 0], [2, 0], "import { mean } from './mean';\n"],
        ])
        .clipboard({ contains: true, length: block.length }),
  ],
  'four pastes held down': [
    /^human/,
    () => {
      const e = new Editor().cursor([15, 0]);
      for (let i = 0; i < 5; i++)
        e.wait(60)
          .change([[[15 + 6 * i, 0], [15 + 6 * i, 0], block]])
          .after(undefined, end([15 + 6 * i, 0], block))
          .clipboard({ equal: true, length: block.length }, 100);
      return e;
    },
  ],
  'the middle mouse button': [
    /^unknown/,
    () =>
      new Editor()
        .select('mouse', range([15, 0]))
        .wait(5)
        .change([[[15, 0], [15, 0], block]])
        .after(undefined, end([15, 0], block))
        .clipboard(),
  ],
  'text dropped from another window': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([1, 0])
        .change([[[15, 0], [15, 0], block]])
        .after(undefined, { start: range([15, 0]).start, end: end([15, 0], block).end })
        .clipboard(),
  ],
  'a composition that keeps its length': [
    /^human/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('に', [15, 0])
        .wait(90)
        .change([[[15, 0], [15, 1], '日']]),
  ],
  'a Korean syllable growing in place': [
    /^human/,
    () => {
      const e = new Editor().cursor([15, 0]).type('ㅎ', [15, 0]);
      for (const c of ['하', '한', '핝', '한']) e.wait(110).change([[[15, 0], [15, 1], c]]);
      return e;
    },
  ],
  'an Emmet abbreviation with tab stops': [
    /^(tool|unknown)/,
    () =>
      new Editor('<body>\n\n</body>\n')
        .cursor([1, 0])
        .type('ul>li*2', [1, 0])
        .wait(300)
        .change([[[1, 0], [1, 7], '<ul>\n  <li></li>\n  <li></li>\n</ul>']])
        .after(undefined, range([2, 6]))
        .clipboard(),
  ],
  'an Emmet abbreviation without': [
    /^(tool|unknown)/,
    () =>
      new Editor('a {\n\n}\n')
        .cursor([1, 0])
        .type('df', [1, 0])
        .wait(300)
        .change([[[1, 0], [1, 2], 'display: flex;']])
        .after(undefined, end([1, 0], 'display: flex;'))
        .clipboard(),
  ],
  'wrap with Emmet': [
    /^(tool|unknown)/,
    () =>
      new Editor('<p>one</p>\n').select('command', range([0, 0], [0, 10])).change([
        [[0, 10], [0, 10], '\n</section>'],
        [[0, 0], [0, 0], '<section class="intro">\n  '],
      ]),
  ],
  'a snippet whose body starts with its prefix': [
    /^tool/,
    () => {
      const body = 'for (let index = 0; index < array.length; index++) {\n    const element = array[index];\n    \n}';
      return new Editor()
        .cursor([15, 0])
        .type('for', [15, 0])
        .wait(300)
        .change([[[15, 0], [15, 3], body]])
        .after(undefined, end([15, 0], body))
        .after(undefined, range([15, 9], [15, 14]))
        .clipboard();
    },
  ],
  'a completion': [
    /^tool/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('pat', [15, 0])
        .wait(300)
        .change([[[15, 0], [15, 3], 'path']])
        .after(undefined, range([15, 4]))
        .clipboard(),
  ],
  'a completion of a value with its semicolon': [
    /^tool/,
    () =>
      new Editor('a {\n  position: \n}')
        .cursor([1, 12])
        .type('abs', [1, 12])
        .wait(300)
        .change([[[1, 12], [1, 15], 'absolute;']])
        .after(undefined, range([1, 21]))
        .clipboard(),
  ],
  'a completion with its import in one event': [
    /^tool/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('readFil', [15, 0])
        .wait(300)
        .change([
          [[15, 0], [15, 7], 'readFileSync'],
          [[1, 9], [1, 9], 'readFileSync, '],
        ])
        .clipboard(),
  ],
  'an import statement completed': [
    /^(tool|unknown)/,
    () => {
      const text = "import { useState } from 'react';";
      return new Editor()
        .cursor([15, 0])
        .type('import', [15, 0])
        .wait(300)
        .change([[[15, 0], [15, 6], text]])
        .after(undefined, end([15, 0], text))
        .clipboard();
    },
  ],
  'a closing tag that comes by itself': [
    /^(tool|unknown|human)/,
    () =>
      new Editor('\n')
        .cursor([0, 0])
        .type('<main>', [0, 0])
        .change([[[0, 6], [0, 6], '</main>']])
        .after(undefined, range([0, 6])),
  ],
  // Events wait while the machine or the extension host is busy; what they say stays the same.
  'a character on a busy machine': [
    /^human\/typed/,
    () =>
      new Editor()
        .cursor([16, 0])
        .change([[[16, 0], [16, 0], 'x']])
        .wait(280)
        .after('keyboard', range([16, 1])),
  ],
  'linked tags': [
    /^(human|tool)/,
    () =>
      new Editor('<div>\n\n\n\n</div>')
        .cursor([0, 4])
        .change([
          [[4, 5], [4, 5], 's'],
          [[0, 4], [0, 4], 's'],
        ])
        .after('keyboard', range([0, 5])),
  ],
  'upper case': [
    /^tool/,
    () => new Editor().select('command', range([8, 16], [8, 21])).change([[[8, 16], [8, 21], 'TOTAL']]),
  ],
  'snake case': [
    /^tool/,
    () =>
      new Editor('let aLongName = 1;')
        .select('command', range([0, 4], [0, 13]))
        .change([[[0, 4], [0, 13], 'a_long_name']]),
  ],
  'sorted lines': [
    /^tool/,
    () =>
      new Editor()
        .select('command', range([4, 0], [6, 0]))
        .change([[[4, 0], [5, 18], '    price: number;\n    id: number;']]),
  ],
  'joined lines': [/^tool|^human/, () => new Editor().cursor([9, 3]).change([[[9, 16], [10, 4], ' ']])],
  'a line moved up': [
    /^tool/,
    () =>
      new Editor().cursor([5, 4]).change([
        [[5, 0], [6, 0], ''],
        [[4, 0], [4, 0], '    price: number;\n'],
      ]),
  ],
  'a line copied down': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([9, 8])
        .change([[[9, 16], [9, 16], '\n    let sum = 0;']])
        .after(undefined, range([10, 8])),
  ],
  'a selection duplicated': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .select('command', range([9, 4], [9, 16]))
        .change([[[9, 16], [9, 16], 'let sum = 0;']])
        .after(undefined, range([9, 16], [9, 28]))
        .clipboard(),
  ],
  'lines commented out': [
    /^tool/,
    () =>
      new Editor().select('command', range([9, 0], [11, 5])).change([
        [[11, 8], [11, 8], '// '],
        [[10, 4], [10, 4], '// '],
        [[9, 4], [9, 4], '// '],
      ]),
  ],
  'one side of a merge conflict': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor(
        'a\n<<<<<<< HEAD\nconst mine = compute(1);\n=======\nconst theirs = compute(2);\n>>>>>>> topic\nb\n',
      );
      return e
        .cursor([1, 3])
        .change([[[1, 0], [6, 0], 'const theirs = compute(2);\n']])
        .clipboard();
    },
  ],
  'both sides of a merge conflict, from afar': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor(
        'a\n<<<<<<< HEAD\nconst mine = compute(1);\n=======\nconst theirs = compute(2);\n>>>>>>> topic\nb\n',
      );
      return e.cursor([6, 0]).change([[[1, 0], [5, 13], 'const mine = compute(1);\nconst theirs = compute(2);']]);
    },
  ],
  'a function extracted': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor().select('command', range([10, 4], [12, 5]));
      return e
        .change([
          [
            [14, 1],
            [14, 1],
            '\n\nfunction newFunction(items: Item[], sum: number) {\n    for (const it of items) {\n        sum += it.price;\n    }\n    return sum;\n}',
          ],
          [[10, 4], [12, 5], 'sum = newFunction(items, sum);'],
        ])
        .clipboard();
    },
  ],
  'a symbol renamed': [
    /^(tool|unknown)/,
    () =>
      new Editor().cursor([9, 9]).change([
        [[13, 11], [13, 14], 'result'],
        [[11, 8], [11, 11], 'result'],
        [[9, 8], [9, 11], 'result'],
      ]),
  ],
  'a search with a pattern replaced': [
    /^(tool|unknown)/,
    () =>
      new Editor('a(1, left);\nb(2, right);\nc(3, upper);\nd(4, lower);\n').change([
        [[3, 0], [3, 11], 'newDelta({ value: 4, side: lower });'],
        [[2, 0], [2, 11], 'newGamma({ value: 3, side: upper });'],
        [[1, 0], [1, 11], 'newBeta({ value: 2, side: right });'],
        [[0, 0], [0, 10], 'newAlpha({ value: 1, side: left });'],
      ]),
  ],
  'an interface implemented': [
    /^(tool|unknown)/,
    () =>
      new Editor('class Store implements Repository {\n}\n')
        .cursor([0, 10])
        .change([
          [
            [0, 35],
            [0, 35],
            '\n    findAll(): Promise<Row[]> {\n        throw new Error("Method not implemented.");\n    }\n    removeOne(key: string): void {\n        throw new Error("Method not implemented.");\n    }',
          ],
        ]),
  ],
  'missing cases filled in': [
    /^(tool|unknown)/,
    () =>
      new Editor('switch (color) {\n}\n')
        .cursor([0, 9])
        .change([
          [
            [0, 16],
            [0, 16],
            '\n  case Color.Red:\n    break;\n  case Color.Green:\n    break;\n  case Color.Blue:\n    break;',
          ],
        ]),
  ],
  'imports added by a quick fix': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([9, 5])
        .change([
          [
            [2, 0],
            [2, 0],
            "import { createHash, randomBytes } from 'node:crypto';\nimport { Buffer } from 'node:buffer';\n",
          ],
        ]),
  ],
  'a formatter that changes quotes': [
    /^(tool|unknown)/,
    () =>
      new Editor().cursor([9, 5]).change([
        [[1, 28], [1, 29], '"'],
        [[1, 25], [1, 26], '"'],
        [[0, 27], [0, 28], '"'],
        [[0, 22], [0, 23], '"'],
      ]),
  ],
  'a deleted line put back by "revert change"': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([9, 5])
        .change([[[8, 0], [15, 0], '']])
        .wait(60_000)
        .cursor([0, 0])
        .change([[[8, 0], [8, 0], source.split('\n').slice(8, 15).join('\n') + '\n']]),
  ],
  'text cut here and inserted there by a tool': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([0, 0])
        .change([[[8, 0], [15, 0], '']])
        .wait(20)
        .change([[[2, 0], [2, 0], source.split('\n').slice(8, 15).join('\n') + '\n']]),
  ],
  'typing through Vim': [
    /^unknown/,
    () => {
      const e = new Editor().cursor([15, 0]);
      Array.from("const rows = query('a');").forEach((c, i) =>
        e
          .wait(70 + ((i * 37) % 110))
          .change([[[15, i], [15, i], c]])
          .after(undefined, range([15, i + 1])),
      );
      return e;
    },
  ],
  'a key held down through Vim': [
    /^unknown/,
    () => {
      const e = new Editor().cursor([15, 0]);
      for (let i = 0; i < 40; i++)
        e.wait(30)
          .change([[[15, i], [15, i], '-']])
          .after(undefined, range([15, i + 1]));
      return e;
    },
  ],
  'another person in a shared session': [
    /^unknown/,
    () => {
      const e = new Editor().cursor([0, 0]);
      Array.from("const rows = query('a');").forEach((c, i) =>
        e.wait(80 + ((i * 53) % 140)).change([[[15, i], [15, i], c]]),
      );
      return e;
    },
  ],
  'a quick fix of one word above the cursor': [
    /^unknown/,
    () =>
      new Editor(source, false)
        .select('mouse', range([13, 4]))
        .wait(5000)
        .change([[[9, 8], [9, 11], 'summe']]),
  ],
  'a path updated because its file was renamed': [
    /^unknown/,
    () => new Editor(source, false).change([[[0, 23], [0, 27], 'paths']]),
  ],
  'a setting changed in the settings editor': [
    /^unknown/,
    () => {
      const e = new Editor('{\n  "a": 1\n}\n', false);
      e.uri = '.vscode/settings.json';
      e.isActive = false;
      return e.change([[[1, 8], [1, 8], ',\n  "editor.fontSize": 14']]);
    },
  ],
  'previews of a wrapping command, rewritten with every key in its input box': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor('<p>one two three</p>\n').select('command', range([0, 0], [0, 20]));
      let now = '<p>one two three</p>';
      for (const name of ['s', 'se', 'sec', 'sect', 'secti', 'sectio', 'section']) {
        const next = `<${name}><p>one two three</p></${name}>`;
        e.wait(140)
          .change([[[0, 0], [0, now.length], next]])
          .after(undefined, range([0, 0], [0, next.length]));
        now = next;
      }
      return e;
    },
  ],
  'a number counted up with a key held down': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor().cursor([9, 15]);
      for (let i = 1; i < 40; i++)
        e.wait(33)
          .change([[[9, 14], [9, 14 + String(i - 1).length], String(i)]])
          .after(undefined, range([9, 14 + String(i).length]));
      return e;
    },
  ],
  'a comment switched on and off with a key held down': [
    /^(tool|unknown|human)/,
    () => {
      const e = new Editor().cursor([9, 8]);
      for (let i = 0; i < 24; i++)
        e.wait(33)
          .change([i % 2 === 0 ? [[9, 4], [9, 4], '// '] : [[9, 4], [9, 7], '']])
          .after(undefined, range([9, i % 2 === 0 ? 11 : 8]));
      return e;
    },
  ],
  'a colour changed in the colour picker': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor('a {\n  color: #ff0000;\n}\n').select('mouse', range([1, 12]));
      for (let i = 0; i < 30; i++) e.wait(16).change([[[1, 9], [1, 16], `#ff${(i + 16).toString(16)}0${i % 10}`]]);
      return e;
    },
  ],
  'matches replaced one after the other in the search widget': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor('get(alpha)\nget(beta)\nget(gamma)\nget(delta)\nget(omega)\nget(sigma)\n');
      ['alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma'].forEach((name, i) =>
        e
          .select('command', range([i, 0], [i, 5 + name.length]))
          .wait(200)
          .change([[[i, 0], [i, 5 + name.length], `fetchOne({ key: ${name} })`]])
          .clipboard(),
      );
      return e;
    },
  ],
  'a pattern replaced over lines, one of them new': [
    /^(tool|unknown)/,
    () =>
      new Editor('log(one)\nx\nlog(two)\ny\nlog(six)\n').cursor([1, 0]).change([
        [[4, 0], [4, 8], 'if (verbose) {\n  reporter.emit("six");\n}'],
        [[2, 0], [2, 8], 'if (verbose) {\n  reporter.emit("two");\n}'],
        [[0, 0], [0, 8], 'if (verbose) {\n  reporter.emit("one");\n}'],
      ]),
  ],
  'a type annotation by a quick fix': [
    /^(tool|unknown)/,
    () => new Editor().cursor([9, 5]).change([[[8, 45], [8, 45], ': Promise<Map<string, ReadonlyArray<Entry>>>']]),
  ],
  'a checker silenced by a quick fix': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([13, 5])
        .change([[[9, 0], [9, 0], '    // eslint-disable-next-line @typescript-eslint/no-explicit-any\n']]),
  ],
  'missing fields filled in': [
    /^(tool|unknown)/,
    () =>
      new Editor('const order: Order = {\n};\n')
        .cursor([0, 8])
        .change([[[0, 22], [0, 22], "\n  customer: '',\n  delivered: '',\n  currency: '',"]]),
  ],
  'a fix that runs on save': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor().select('keyboard', range([1, 0])).wait(90_000);
      return e
        .also({ kind: 'save' })
        .wait(30)
        .change([[[13, 4], [13, 10], 'return Number(total) +']]);
    },
  ],
  'a quick fix while the cursor stands somewhere': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor(source, false);
      e.place(range([13, 4]));
      return e.wait(5000).change([[[9, 8], [9, 11], 'summe']]);
    },
  ],
  'a template put in from the palette, without tab stops': [
    /^(tool|unknown)/,
    () => {
      const text = '<ul>\n  <li></li>\n  <li></li>\n</ul>';
      return new Editor('\n')
        .cursor([0, 0])
        .change([[[0, 0], [0, 0], text]])
        .after(undefined, end([0, 0], text))
        .clipboard();
    },
  ],
  'Enter right after a chat has opened its document': [
    /^human/,
    () =>
      new Editor()
        .cursor([8, 46])
        .also({ kind: 'chat' })
        .wait(50)
        .change([[[8, 46], [8, 46], '\n    ']])
        .after(undefined, range([9, 4])),
  ],
  'a member of a list chosen without a letter of it typed': [
    /^(tool|unknown)/,
    () =>
      new Editor()
        .cursor([15, 0])
        .type('items.', [15, 0])
        .wait(400)
        .change([[[15, 6], [15, 6], 'reduceRight']])
        .after(undefined, range([15, 17]))
        .clipboard(),
  ],
  'an abbreviation that becomes prose': [
    /^(tool|unknown)/,
    () => {
      const text = 'Lorem ipsum dolor sit amet, consectetur adipisicing elit.\nQuam minus vero quod.';
      return new Editor('<p>\n\n</p>\n')
        .cursor([1, 0])
        .type('lorem12', [1, 0])
        .wait(300)
        .change([[[1, 0], [1, 7], text]])
        .after(undefined, end([1, 0], text))
        .clipboard();
    },
  ],
  'both tags of an element renamed': [
    /^(tool|unknown)/,
    () =>
      new Editor('<div>\n  text\n</div>\n').cursor([1, 3]).change([
        [[2, 2], [2, 5], 'section'],
        [[0, 1], [0, 4], 'section'],
      ]),
  ],
  'all conflicts of a file settled': [
    /^(tool|unknown)/,
    () => {
      const one = (n: string): string =>
        `<<<<<<< HEAD\nconst mine${n} = compute(1);\n=======\nconst theirs${n} = measure(2);\n>>>>>>> topic\n`;
      return new Editor(`${one('A')}keep\n${one('B')}`).cursor([5, 0]).change([
        [[6, 0], [11, 0], 'const theirsB = measure(2);\n'],
        [[0, 0], [5, 0], 'const theirsA = measure(2);\n'],
      ]);
    },
  ],
  'duplicate lines removed': [
    /^(tool|unknown)/,
    () =>
      new Editor('red\ngreen\nred\nblue\ngreen\n')
        .select('command', range([0, 0], [5, 0]))
        .change([[[0, 0], [4, 5], 'red\ngreen\nblue']])
        .clipboard(),
  ],
  'tabs turned into blanks': [
    /^(tool|unknown)/,
    () =>
      new Editor('a\n\tb\n\t\tc\n').cursor([0, 0]).change([
        [[2, 0], [2, 2], '        '],
        [[1, 0], [1, 1], '    '],
      ]),
  ],
  'a final newline and trailing blanks, on save': [
    /^(tool|unknown)/,
    () =>
      new Editor('a  \nb')
        .cursor([0, 1])
        .also({ kind: 'save' })
        .change([
          [[1, 1], [1, 1], '\n'],
          [[0, 1], [0, 3], ''],
        ]),
  ],
  'a link made from a pasted address': [
    /^(human|tool|unknown)/,
    () =>
      new Editor('see the manual for more\n')
        .select('keyboard', range([0, 8], [0, 14]))
        .change([[[0, 8], [0, 14], '[manual](https://example.org/manual/page)']])
        .clipboard({ contains: true, length: 31 }),
  ],
  'an image dropped into a text': [
    /^(tool|unknown)/,
    () =>
      new Editor('one\n\ntwo\n')
        .cursor([0, 3])
        .change([[[1, 0], [1, 0], '![alt text](images/screen-shot-of-settings.png)']])
        .after(undefined, range([1, 2], [1, 10]))
        .clipboard(),
  ],
  'a line moved down with a key held down': [
    /^(tool|unknown)/,
    () => {
      const text = Array.from({ length: 20 }, (_, i) => `const name${i} = other${i}(${i});`).join('\n');
      const e = new Editor(text).cursor([0, 4]);
      for (let i = 0; i < 12; i++)
        e.wait(33)
          .change([
            [[i + 1, 0], [i + 2, 0], ''],
            [[i, 0], [i, 0], `const name${i + 1} = other${i + 1}(${i + 1});\n`],
          ])
          .after(undefined, range([i + 1, 4]));
      return e;
    },
  ],
  'a line copied down with a key held down': [
    /^(tool|unknown)/,
    () => {
      const e = new Editor().cursor([9, 8]);
      for (let i = 0; i < 12; i++)
        e.wait(33)
          .change([[[9 + i, 16], [9 + i, 16], '\n    let sum = 0;']])
          .after(undefined, range([10 + i, 8]));
      return e;
    },
  ],
  'letters swapped with a key held down': [
    /^(tool|unknown)/,
    () => {
      let text = 'abcdefghijklmnop';
      const e = new Editor(text).cursor([0, 1]);
      for (let i = 1; i < 12; i++) {
        const pair = `${text[i]}${text[i - 1]}`;
        text = text.slice(0, i - 1) + pair + text.slice(i + 1);
        e.wait(33)
          .change([[[0, i - 1], [0, i + 1], pair]])
          .after(undefined, range([0, i + 1]));
      }
      return e;
    },
  ],
  undo: [/^human\/undo/, () => new Editor().change([[[15, 0], [15, 0], block]], { reason: 'undo' })],
  redo: [/^human\/redo/, () => new Editor().change([[[15, 0], [15, 0], block]], { reason: 'redo' })],
  'git checkout': [
    /^tool\/vcs/,
    () =>
      new Editor(source, false)
        .also({ kind: 'git' })
        .also({ kind: 'disk' })
        .wait(20)
        .change([[[15, 0], [15, 0], block]], { reload: true }),
  ],
  'a process writes the file': [
    /^unknown\/external/,
    () =>
      new Editor(source, false)
        .also({ kind: 'disk' })
        .wait(15)
        .change([[[15, 0], [15, 0], block]], { reload: true }),
  ],
  'a text that changes and stays clean, and nobody says why': [
    /^unknown\/external/,
    () => new Editor(source, false).change([[[15, 0], [15, 0], block]], { dirtyIn: 5000 }),
  ],
  'revert file': [
    /^tool\/revert/,
    () =>
      new Editor(source, false)
        .cursor([15, 0])
        .type('ab', [15, 0])
        .wait(900)
        .change([[[15, 0], [15, 2], '']], { reload: true }),
  ],
  'a notebook cell typed in': [
    /^human/,
    () => {
      const e = new Editor('import os\n', false);
      e.scheme = 'vscode-notebook-cell';
      return e.cursor([1, 0]).type('os.getcwd()', [1, 0]);
    },
  ],
  'a paste into a notebook cell': [
    /^human/,
    () => {
      const e = new Editor('import os\n', false);
      e.scheme = 'vscode-notebook-cell';
      return e
        .cursor([1, 0])
        .change([[[1, 0], [1, 0], block]])
        .after(undefined, end([1, 0], block))
        .clipboard({ equal: true, length: block.length });
    },
  ],
  'a key right after accepting nothing': [
    /^human\/typed/,
    () => new Editor().cursor([15, 0]).also({ kind: 'inline-accept' }).wait(-80).type('x', [15, 0]),
  ],
  'the commit message box': [
    /^unknown\/no-file/,
    () => {
      const e = new Editor('');
      e.scheme = 'vscode-scm';
      return e.change([[[0, 0], [0, 0], block]]);
    },
  ],
};

for (const [name, [allowed, play]] of Object.entries(scenes)) {
  void test(`not an AI: ${name}`, () => {
    const verdicts = play().verdicts();
    assert.ok(verdicts.length > 0);
    for (const v of verdicts) assert.notEqual(v.origin, 'ai', `${v.id}: ${v.cause}`);
    assert.match(play().last(), allowed);
  });
}

const agents: Record<string, () => Editor> = {
  'an edit of a clean file on a busy machine': () =>
    new Editor(source, false).change([[[15, 0], [15, 0], block]], { dirtyIn: 1500 }),
  'a small WorkspaceEdit where nobody is': () => new Editor(source, false).change([[[9, 14], [9, 15], '7']]),
  'the same an hour after the person went': () =>
    new Editor(source, false)
      .select('mouse', range([3, 0]))
      .wait(3_600_000)
      .change([[[9, 14], [9, 15], '7']]),
  'a WorkspaceEdit away from the cursor': () =>
    new Editor(source, false).cursor([0, 0]).change([[[15, 0], [15, 0], block]]),
  'a WorkspaceEdit in a document behind': () => {
    const e = new Editor(source, false);
    e.isActive = false;
    return e.change([[[15, 0], [15, 0], block]]);
  },
  'a suggestion accepted after typing': () => {
    const text = 'const ratio = total([]) / rate;';
    return new Editor()
      .cursor([15, 0])
      .type('const ra', [15, 0])
      .wait(900)
      .change([[[15, 0], [15, 8], text]])
      .after(undefined, end([15, 0], text))
      .clipboard();
  },
  'a suggestion that swallows a closing bracket': () => {
    const text = 'if (items.length === 0) return fallbackTotal;';
    return new Editor()
      .cursor([15, 0])
      .type('if (', [15, 0])
      .change([[[15, 4], [15, 4], ')']])
      .after('keyboard', range([15, 4]))
      .wait(900)
      .change([[[15, 0], [15, 5], text]])
      .after(undefined, end([15, 0], text))
      .clipboard();
  },
  'a suggestion accepted by our own command': () =>
    new Editor()
      .cursor([15, 0])
      .also({ kind: 'inline-accept' })
      .wait(10)
      .change([[[15, 0], [15, 0], 'x']]),
  'lines streamed at a distance': () => {
    const e = new Editor(source, false).cursor([0, 0]);
    block
      .split('\n')
      .slice(0, -1)
      .forEach((line, i) => e.wait(100).change([[[15 + i, 0], [15 + i, 0], `${line}\n`]]));
    return e;
  },
  'characters streamed at the cursor': () => {
    const e = new Editor(source, false).cursor([15, 0]);
    Array.from('const answer = 42;').forEach((c, i) =>
      e
        .wait(30)
        .change([[[15, i], [15, i], c]])
        .after(undefined, range([15, i + 1])),
    );
    return e;
  },
  'the same WorkspaceEdit again, after the file was reverted': () =>
    new Editor(source, false)
      .cursor([0, 0])
      .change([[[15, 0], [15, 0], block]])
      .wait(2000)
      .change([[[15, 0], [21, 0], '']], { reload: true })
      .wait(4000)
      .change([[[15, 0], [15, 0], block]]),
  'lines streamed while the person types above them': () => {
    const e = new Editor(source, false).cursor([0, 0]);
    const lines = block.split('\n').slice(0, -1);
    let typed = 0;
    lines.forEach((line, i) => {
      e.wait(60).change([[[15 + i + typed, 0], [15 + i + typed, 0], `${line}\n`]]);
      if (i >= 4) return;
      const at: At = [2 + typed, 0];
      e.wait(40)
        .select('keyboard', range(at))
        .change([[at, at, '\n']])
        .after(undefined, range([3 + typed, 0]));
      typed++;
    });
    return e;
  },
  'lines written over one after the other': () => {
    const e = new Editor(source, false).cursor([0, 0]);
    const lines = source.split('\n');
    [
      'let grand = 1;',
      'while (queue.length > 0) {',
      'grand *= queue.shift();',
      'flush();',
      'commitAll(grand);',
    ].forEach((text, i) => e.wait(120).change([[[9 + i, 4], [9 + i, (lines[9 + i] as string).length], text]]));
    return e;
  },
  'a stream that pauses for seconds': () => {
    const e = new Editor(source, false).cursor([0, 0]);
    block
      .split('\n')
      .slice(0, -1)
      .forEach((line, i) => e.wait(i === 5 ? 6000 : 150).change([[[15 + i, 0], [15 + i, 0], `${line}\n`]]));
    return e;
  },
  'two streams in one document': () => {
    const e = new Editor(source, false).cursor([0, 0]);
    const lines = block.split('\n').slice(0, -1);
    lines.forEach((line, i) => {
      e.wait(50).change([[[15 + 2 * i, 0], [15 + 2 * i, 0], `${line}\n`]]);
      e.wait(50).change([[[3 + i, 0], [3 + i, 0], `const upper${i} = ${line.length};\n`]]);
    });
    return e;
  },
  'characters at the pace of a hand, from somebody whose keys show': () => {
    const e = new Editor().cursor([15, 0]).type('let counter = 0;\n', [15, 0]).wait(2000);
    Array.from('const answer = 42;').forEach((c, i) =>
      e
        .wait(90 + ((i * 53) % 90))
        .change([[[16, i], [16, i], c]])
        .after(undefined, range([16, i + 1])),
    );
    return e;
  },
  'a chat that goes on writing': () => {
    const e = new Editor(source, false).also({ kind: 'chat' });
    for (let i = 0; i < 4; i++) e.wait(600).change([[[9 + i, 0], [9 + i, 0], `    step${i}();\n`]]);
    return e;
  },
  'a chat edit': () =>
    new Editor(source, false)
      .also({ kind: 'chat' })
      .wait(100)
      .change([[[9, 14], [9, 15], '7']]),
};

for (const [name, play] of Object.entries(agents)) {
  void test(`an AI: ${name}`, () => {
    const last = play().verdicts().at(-1);
    assert.equal(last?.origin, 'ai', last?.cause);
    assert.equal(last?.evidence, last?.cause === 'inline-accept' ? 'editor' : 'heuristic');
  });
}

void test('whoever types, pastes or presses Enter where a stream has just ended is no part of it', () => {
  const stream = (): Editor => {
    const e = new Editor(source, false).cursor([15, 0]);
    Array.from('const answer = 42;').forEach((c, i) =>
      e
        .wait(30)
        .change([[[15, i], [15, i], c]])
        .after(undefined, range([15, i + 1])),
    );
    return e;
  };
  assert.equal(stream().last(), 'ai/stream');
  assert.equal(stream().wait(40).type('x', [15, 18]).last(), 'human/typed');
  const text = ' // the answer, as everybody knows';
  const pasted = stream()
    .wait(600)
    .change([[[15, 18], [15, 18], text]])
    .after(undefined, end([15, 18], text))
    .clipboard({ equal: true, length: text.length });
  assert.equal(pasted.last(), 'human/paste');
  const entered = stream()
    .wait(600)
    .change([[[15, 18], [15, 18], '\n']])
    .after(undefined, range([16, 0]));
  assert.doesNotMatch(entered.last(), /^ai/);
});

void test('Tab right after a suggestion indents, in a file with tabs', () => {
  const text = 'const ratio = total([]) / rate;';
  const e = new Editor()
    .cursor([15, 0])
    .type('const ra', [15, 0])
    .wait(900)
    .change([[[15, 0], [15, 8], text]])
    .after(undefined, end([15, 0], text))
    .clipboard()
    .wait(700)
    .change([[[15, 31], [15, 31], '\t']])
    .after(undefined, range([15, 32]));
  assert.equal(e.last(), 'unknown/unclear');
});

void test('a block that is deleted under the cursor, unselected, is not the person’s doing for sure', () => {
  const whole = new Editor().cursor([8, 0]).change([[[8, 0], [15, 0], '']]);
  assert.equal(whole.last(), 'unknown/unclear');
  const own = new Editor().cursor([9, 4]).change([[[9, 0], [10, 0], '']]);
  assert.equal(own.last(), 'human/delete');
  const chosen = new Editor().select('keyboard', range([8, 0], [15, 0])).change([[[8, 0], [15, 0], '']]);
  assert.equal(chosen.last(), 'human/delete');
});

void test('a command where nobody is may be an agent’s: rearranged or replaced text is no tool’s then', () => {
  const edits: Edit[] = [
    [[11, 8], [11, 11], 'grand'],
    [[9, 8], [9, 11], 'grand'],
  ];
  const away = new Editor(source, false);
  away.isActive = false;
  assert.equal(away.change(edits).last(), 'unknown/unclear');
  assert.equal(
    new Editor()
      .select('keyboard', range([0, 0]))
      .change(edits)
      .last(),
    'tool/replace-all',
  );
});

void test('every change gets exactly one verdict, and typing gets it at once', () => {
  const e = new Editor().cursor([15, 0]).type('abc', [15, 0]);
  const classifier = new EditClassifier();
  const ids = e.events.flatMap((event) => classifier.push(event)).map((v) => v.id);
  assert.deepEqual(ids, [1, 2, 3]);
  assert.equal(classifier.nextDue, undefined);
  for (const [, play] of Object.values(scenes)) {
    const verdicts = play().verdicts();
    assert.equal(new Set(verdicts.map((v) => v.id)).size, verdicts.length);
  }
});

void test('an agent that edits elsewhere while the person types does not become the person, nor the person the agent', () => {
  const e = new Editor().cursor([15, 0]);
  for (let i = 0; i < 6; i++) {
    e.wait(40).change([[[2 + i, 0], [2 + i, 0], `const streamed${i} = compute(${i}, something);\n`]]);
    e.wait(40)
      .change([[[16 + i, i], [16 + i, i], 'x']])
      .after('keyboard', range([16 + i, i + 1]))
      .cursor([17 + i, i + 1]);
  }
  const byText = e.verdicts().map((v) => v.origin);
  byText.forEach((origin, i) => (i % 2 === 0 ? assert.notEqual(origin, 'human') : assert.notEqual(origin, 'ai')));
});

void test('with keys taken by another extension, text at the cursor alone is no sign of an AI', () => {
  const e = new Editor()
    .cursor([15, 0])
    .change([[[15, 0], [15, 0], block]])
    .after(undefined, end([15, 0], block))
    .clipboard();
  assert.equal(e.last(), 'ai/inline');
  assert.equal(e.last({ hasKeyEmulation: true }), 'unknown/unclear');
});

void test('no shape of text makes the classifier slow', () => {
  for (const unit of [':', '$', '-', '.', '//', '\n', ' ', 'a.', '"', '<', 'import ', '\n- ']) {
    const text = unit.repeat(200_000);
    const e = new Editor()
      .cursor([15, 0])
      .type('x', [15, 0])
      .change([[[15, 0], [15, 1], text]])
      .after(undefined, end([15, 0], text))
      .clipboard();
    const started = cpuTime();
    e.verdicts();
    assert.ok(cpuTime() - started < 2000, `${JSON.stringify(unit)}: ${cpuTime() - started} ms`);
  }
});

void test('the same small edit in several documents is a rename or a search, not an AI', () => {
  const one = new Editor(source, false);
  one.uri = 'one.ts';
  const two = new Editor(source, false);
  two.uri = 'two.ts';
  const edit: Edit = [[9, 8], [9, 11], 'total'];
  const events = [...one.change([edit]).events, ...two.wait(5).change([edit]).events];
  const classifier = new EditClassifier();
  const verdicts = [...events.flatMap((e) => [...classifier.push(e)]), ...classifier.flush()];
  assert.deepEqual(
    verdicts.map((v) => v.origin),
    ['unknown', 'unknown'],
  );
});

/** The time that one change at each of `count` cursors takes: a key, then Backspace, then a word that a command puts in. */
function timeAtCursors(count: number, at: (i: number) => At): { ms: number; causes: string[] } {
  const places = Array.from({ length: count }, (_, i) => at(i));
  const text = 'const value = 1;'.repeat(Math.ceil(count / 8));
  const e = new Editor(
    `${Array.from({ length: count + 1 }, () => (places[1]?.[0] === 0 ? '' : text.slice(0, 40))).join('\n')}${text}`,
  );
  const ranges = places.map((p) => range(p));
  // As editors tell: changes from the end, cursors as the person made them.
  e.cursor(...places).change(places.map((p): Edit => [p, p, 'x']).reverse());
  e.after('keyboard', ...ranges).wait(700);
  e.cursor(...places).change(places.map((p): Edit => [p, [p[0], p[1] + 1], '']).reverse());
  e.after(undefined, ...ranges).wait(700);
  e.cursor(...places).change(places.map((p): Edit => [p, p, 'someName']).reverse());
  e.after(undefined, ...ranges).clipboard();
  const started = cpuTime();
  const causes = e.verdicts().map((v) => v.cause);
  return { ms: cpuTime() - started, causes };
}

void test('thousands of cursors, each with its change, take time in proportion', () => {
  for (const [what, at] of [
    ['a line each', (i: number): At => [i, 4]],
    ['all in one line', (i: number): At => [0, i]],
  ] as const) {
    const few = timeAtCursors(5, at).causes;
    assert.deepEqual(few, ['typed', 'delete', 'typed'], what);
    timeAtCursors(2000, at);
    const small = Math.min(...[1, 2, 3].map(() => timeAtCursors(1500, at).ms));
    const large = [1, 2].map(() => timeAtCursors(12_000, at));
    for (const { causes } of large) assert.deepEqual(causes, few, what);
    const ms = Math.min(...large.map((l) => l.ms));
    // Eight times as many; each against each would be sixty-four times the work.
    assert.ok(ms < 30 * small, `${what}: ${small} ms → ${ms} ms`);
  }
});

void test('a change that still waits for something is looked at twice, not all the time', () => {
  const classifier = new EditClassifier();
  for (const e of new Editor(source, false).change([[[15, 0], [15, 0], block]], { dirtyIn: 60_000 }).events)
    if (e.kind === 'change') classifier.push(e);
  assert.equal(classifier.waitsSince, 1000);
  const looks: number[] = [];
  for (let due = classifier.nextDue; due !== undefined && looks.length < 10; due = classifier.nextDue) {
    looks.push(due);
    classifier.tick(due);
  }
  assert.deepEqual(looks, [1600, 3000]);
  assert.equal(classifier.waitsSince, undefined);
});
