/**
 * The extension host and the language server are killed while an agent writes. What was known of the lines is known
 * afterwards; what was on its way may be unseen, but no AI line becomes a person's, and no person's line an AI's.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { processTree } from '../host/processes.ts';
import { pause, until } from '../host/wait.ts';
import { editor, type Window } from './harness.ts';
import { claudeEdit } from './hookAgent.ts';

const sessions = editor();
const name = 'src/cart.ts';

interface Why {
  readonly runs: readonly {
    readonly from: number;
    readonly to: number;
    readonly origin: { readonly origin: string };
  }[];
}

/** Who wrote each line, by its text: `ai`, `human`, … of lines that are not at HEAD. */
async function authors(w: Window): Promise<Map<string, string>> {
  const { stdout } = await w.cli(['why', '--json', name]);
  const lines = (await w.disk(name)).split('\n');
  const found = new Map<string, string>();
  for (const { from, to, origin } of (JSON.parse(stdout) as Why).runs)
    for (let at = from; at <= to; at++) found.set(lines[at - 1] ?? '', origin.origin);
  return found;
}

/** The agent writes `count` lines, one by one, while the person's cursor is elsewhere. */
async function stream(w: Window, what: string, count: number): Promise<unknown> {
  await w.page.keyboard.press('Control+Home');
  const pieces = Array.from({ length: count }, (_, i) => `\n// ${what} ${i} of the agent`);
  return w.agent.do('stream', { file: w.file(name), pieces });
}

async function type(w: Window, text: string): Promise<void> {
  await w.wb.editor(name).click();
  await w.page.keyboard.press('Control+Home');
  await w.page.keyboard.type(text, { delay: 20 });
  await w.page.keyboard.press('Enter');
}

const isKnown = (w: Window, line: string, as: string): Promise<unknown> =>
  until(`'${line}' is in the journal as ${as}`, async () => {
    await w.agent.do('save', { file: w.file(name) });
    const found = await authors(w);
    const is = found.get(line) ?? 'nothing';
    if (is !== as) throw new Error(`it is ${is} there; ${JSON.stringify([...found])}`);
    return true;
  });

void it('keeps who wrote each line when the extension host or the language server is killed', async () => {
  const settings = {
    'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
    'editor.autoIndent': 'none',
  };
  await sessions.window('crash', { settings }, async (w) => {
    await w.wb.open(name);
    const edit = await claudeEdit(
      w,
      name,
      'export const taxRate = 0.2;',
      '// hook of the agent\nexport const taxRate = 0.2;',
    );
    assert.ok(edit.written, edit.reason);
    await until('the editor shows it', async () => (await w.state(name)).text.includes('// hook'));
    await type(w, '// typed first');
    await stream(w, 'early', 12);
    await isKnown(w, '// typed first', 'human');
    await isKnown(w, '// early 11 of the agent', 'ai');
    // The first lines of a stream may be anybody's until there are enough of them; on a busy machine that takes longer.
    const early = (found: ReadonlyMap<string, string>): string[] =>
      [...found].filter(([line, who]) => line.startsWith('// early') && who === 'ai').map(([line]) => line);
    const known = early(await authors(w));
    assert.ok(known.length >= 4, String(known.length));

    // The extension host, in the middle of a stream.
    const broken = stream(w, 'middle', 400).catch(() => 'cut off');
    await until('it is on its way', async () => (await w.state(name)).text.includes('// middle 20'));
    w.killHost();
    assert.equal(await broken, 'cut off');
    await w.agent.connect();
    await w.wb.status.waitFor({ timeout: 180_000 });
    await type(w, '// typed second');
    await isKnown(w, '// typed second', 'human');

    // The language server, in the middle of another.
    const server = processTree(w.host.pid).find(
      (p) => p.command.includes('countersign') && p.command.includes('server.js'),
    );
    assert.ok(server, 'the language server runs');
    const late = stream(w, 'late', 60);
    await until('it is on its way', async () => (await w.state(name)).text.includes('// late 20'));
    process.kill(server.pid, 'SIGKILL');
    await late;
    await type(w, '// typed third');
    await until('another server runs', () =>
      processTree(w.host.pid).some((p) => p.pid !== server.pid && /countersign.*server\.js/.test(p.command)),
    );
    await isKnown(w, '// late 59 of the agent', 'ai');
    await pause(500);

    const found = await authors(w);
    const of = (pattern: RegExp): string[] => [...found].filter(([line]) => pattern.test(line)).map(([, who]) => who);
    const count = (list: readonly string[], who: string): number => list.filter((x) => x === who).length;
    assert.deepEqual(of(/^\/\/ hook/), ['ai']);
    assert.deepEqual(early(found), known);
    assert.ok(of(/^\/\/ middle/).length > 20);
    assert.equal(count(of(/of the agent/), 'human'), 0, 'no AI line is a person’s');
    assert.equal(count(of(/^\/\/ typed/), 'ai'), 0, 'no line of a person is an AI’s');
    assert.equal(count(of(/^\/\/ typed/), 'human'), 3);
    await w.shot('crash');
  });
});
