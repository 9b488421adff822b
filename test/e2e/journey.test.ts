/** What a user does in the first week: set up, watch an agent, commit, export, remove. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { describe, it } from 'node:test';
import { until } from '../host/wait.ts';
import { snapshot } from './disk.ts';
import { editor, type Window } from './harness.ts';
import { claudeEdit } from './hookAgent.ts';

const sessions = editor();

interface Found {
  readonly line: number;
  readonly endLine: number;
  readonly severity: number;
  readonly message: string;
  readonly source: string;
  readonly code: string;
}
const ours = async (w: Window, name: string): Promise<Found[]> =>
  (await w.agent.do<Found[]>('diagnostics', { file: w.file(name) })).filter((d) => d.source === 'Countersign');

/** Runs "Set Up This Repository" and says yes to what it shows. */
async function setUp(w: Window): Promise<void> {
  await w.wb.command('Countersign: Set Up This Repository');
  const yes = w.page.getByRole('button', { name: 'Set Up', exact: true });
  await yes.waitFor();
  await w.shot('set-up');
  await yes.click();
  await until('the hooks are installed', async () =>
    (await fs.readdir(w.file('.git/hooks'))).includes('prepare-commit-msg'),
  );
}

describe("an agent's edit", () => {
  it('is labelled on its lines, with reason, hover and Problems entry', async () => {
    await sessions.window('label', {}, async (w) => {
      const name = 'src/payments.ts';
      await w.wb.open(name);
      const answer = await claudeEdit(w, name, 'rejectUnauthorized: true', 'rejectUnauthorized: false');
      assert.ok(answer.written, answer.reason);
      const line = (await w.disk(name)).split('\n').findIndex((l) => l.includes('rejectUnauthorized: false'));
      const found = await until('a finding on the new line', async () => {
        const all = await ours(w, name);
        return all.length > 0 ? all : undefined;
      });
      for (const one of found) assert.ok(one.line <= line && one.endLine >= line, `${one.line + 1}: ${one.message}`);
      await until('the status counts the AI line', async () => /1 AI/.test(await w.wb.status.innerText()));
      await w.wb.problems();
      await w.page
        .locator('.markers-panel .monaco-list-row', { hasText: /Countersign/ })
        .first()
        .waitFor();
      await w.shot('label', 'label');
      const why = await w.cli(['why', `${name}:${line + 1}`]);
      assert.match(why.stdout, /claude-code|Claude/);
    });
  });

  it('is refused where the policy forbids agents', async () => {
    await sessions.window('forbidden', {}, async (w) => {
      const name = '.github/workflows/deploy.yml';
      const before = await w.disk(name);
      const answer = await claudeEdit(w, name, 'contents: read', 'contents: write');
      assert.equal(answer.decision, 'deny');
      assert.match(answer.reason, /deployment pipeline|deploy\.yml/);
      assert.equal(await w.disk(name), before);
    });
  });

  it('through the API of VS Code is labelled, too', async () => {
    await sessions.window('workspace edit', {}, async (w) => {
      const name = 'src/cart.ts';
      await w.wb.open(name);
      await w.agent.do('edit', {
        file: w.file(name),
        old: 'return Math.round(net * (1 + taxRate));\n}\n',
        text: `return Math.round(net * (1 + taxRate));
}

/** Shipping is free above a threshold; heavy parcels pay by weight. */
export function shipping(grams: number, order: number): number {
  if (order > 5000) return 0;
  const parcels = Math.ceil(grams / 20000);
  return parcels * 490;
}
`,
      });
      await until('the status counts AI lines', async () => /[5-9] AI/.test(await w.wb.status.innerText()));
      await w.shot('workspace-edit');
    });
  });

  it('leaves what a person types unmarked', async () => {
    await sessions.window('human', {}, async (w) => {
      const name = 'src/report.py';
      await w.wb.open(name);
      await w.wb.type(name, '\nprint("typed by hand")');
      await w.page.keyboard.press('Control+S');
      await w.wb.waitUntilSaved(name);
      assert.deepEqual(await ours(w, name), []);
      assert.doesNotMatch(await w.wb.status.innerText(), /AI/);
      // The verdict on a key press may take a moment (it looks ahead); until then the line counts as unseen.
      await until('the status counts nothing', async () => !/AI|unseen/.test(await w.wb.status.innerText()));
    });
  });

  it('can be simulated from the palette', async () => {
    await sessions.window('simulated', {}, async (w) => {
      await w.wb.command('Countersign: Try a Simulated Agent Edit');
      // What the agent's hook told of the file on disk, and what the other extension did to its text.
      // Five lines each in TypeScript, four in Python: which file is found first is the file system's choice.
      await until(
        'both edits are counted as AI',
        async () => /\b(?:8|10) AI/.test(await w.wb.status.innerText()),
        20_000,
      );
      await w.shot('simulated');
    });
  });
});

describe('a commit', () => {
  it('from Source Control carries the record; a protected change without a reason is refused', async () => {
    await sessions.window('commit', {}, async (w) => {
      await setUp(w);
      await w.git('add', '--all');
      await w.git('commit', '--quiet', '--message', 'Set up Countersign').catch(() => '');
      const edit = await claudeEdit(
        w,
        'src/cart.ts',
        'export const taxRate = 0.2;',
        'export const taxRate = 0.2;\n\nexport const free = (price: number): boolean => price === 0;',
      );
      assert.ok(edit.written, edit.reason);
      await w.wb.sourceControl();
      await w.wb.change('cart.ts').waitFor();
      await w.wb.commit('Add free items');
      await until(
        'the commit is there',
        async () => (await w.git('log', '-1', '--format=%s')).trim() === 'Add free items',
      );
      const message = await w.git('log', '-1', '--format=%B');
      assert.match(message, /^AI-Provenance: v1 ai=2\/2 /m);
      assert.match(message, /^Assisted-by: Claude/m);
      const verified = await w.cli(['verify', 'HEAD~1..HEAD']);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);

      const risky = await claudeEdit(w, 'infra/main.tf', '"10.20.0.0/16"', '"0.0.0.0/0"');
      if (!risky.written)
        await fs.writeFile(
          w.file('infra/main.tf'),
          (await w.disk('infra/main.tf')).replace('10.20.0.0/16', '0.0.0.0/0'),
        );
      await w.wb.change('main.tf').waitFor();
      await w.wb.commit('Open the API');
      const dialog = w.wb.dialog(/infra\/main\.tf|justif/i);
      await dialog.waitFor();
      await w.shot('commit-refused');
      await w.page.keyboard.press('Escape');
      assert.equal((await w.git('log', '-1', '--format=%s')).trim(), 'Add free items');
      // Changing a made commit's content is seen by the gate.
      await w.git('checkout', '--quiet', '--', 'infra/main.tf');
      await fs.appendFile(w.file('src/cart.ts'), 'export const sneaked = true;\n');
      await w.git(
        '-c',
        'core.hooksPath=/dev/null',
        'commit',
        '--quiet',
        '--all',
        '--amend',
        '--no-edit',
        '--no-verify',
      );
      const refused = await w.cli(['verify', 'HEAD~1..HEAD']);
      assert.equal(refused.code, 1, refused.stdout);
    });
  });
});

describe('the audit log', () => {
  it('is exported to a file that opens, and verified', async () => {
    await sessions.window('audit', {}, async (w) => {
      await w.agent.do('edit', { file: w.file('infra/main.tf'), old: '10.20.0.0/16', text: '0.0.0.0/0', show: true });
      await w.wb.editor('infra/main.tf').click();
      await w.page.keyboard.press('Control+S');
      await w.wb.answer('Needed for the partner test, agreed in OPS-142');
      await until('it is saved', async () => (await w.disk('infra/main.tf')).includes('0.0.0.0/0'));
      await w.wb.command('Countersign: Export Audit Log');
      await w.wb.quickRow('CSV').first().waitFor();
      await w.wb.quickRow('CSV').first().click();
      // Range, where it is asked.
      const range = w.wb.quickRow('Everything');
      await range
        .first()
        .click({ timeout: 3000 })
        .catch(() => {});
      await w.wb.quickInputBox.waitFor();
      await w.wb.quickInput.getByRole('button', { name: 'OK' }).click();
      const name = `shop-audit-${new Date().toISOString().slice(0, 10)}.csv`;
      const target = w.file(`../${name}`);
      const text = await until('the export is there', () => fs.readFile(target, 'utf8').catch(() => ''));
      assert.match(text, /save\.blocked/);
      assert.match(text, /justification/);
      await w.wb.editor(name).waitFor();
      await w.shot('audit-export', 'audit');
      await w.wb.command('Countersign: Verify Audit Log');
      await w.wb
        .toast(/intact|verified|no problem/i)
        .first()
        .waitFor();
      await w.shot('audit-verified');
    });
  });
});

describe('the policy file', () => {
  it('shows its error at its line while the last good policy holds', async () => {
    await sessions.window('policy error', {}, async (w) => {
      const name = 'countersign.yaml';
      await w.wb.open(name);
      await w.wb.type(name, 'exceptions: sometimes');
      const line = (await w.disk(name)).split('\n').length - 1;
      const found = await until('the error', async () => {
        const all = await ours(w, name);
        return all.length > 0 ? all : undefined;
      });
      assert.equal(found[0]?.line, line);
      await w.wb.problems();
      // A click on the problem leads to its line.
      await w.page.locator('.markers-panel .monaco-list-row', { hasText: 'exceptions' }).first().dblclick();
      await w.page.locator('.monaco-editor .squiggly-error').first().waitFor();
      await w.shot('policy-error', 'policy');
      await w.wb.editor(name).click();
      await w.page.keyboard.press('Control+S');
      await until('a person may save it', async () => (await w.disk(name)).includes('sometimes'));
      // Broken never means "no policy".
      await w.agent.do('edit', { file: w.file('infra/main.tf'), old: '10.20.0.0/16', text: '0.0.0.0/0', show: true });
      assert.equal(await w.agent.do('save', { file: w.file('infra/main.tf') }), false);
      await w.page.keyboard.press('Escape');
    });
  });
});

describe('two roots', () => {
  it('each follow their own policy', async () => {
    const open = 'version: 1\ncommit: { trailers: "off" }\n';
    await sessions.window('two roots', { more: { other: { policy: open } } }, async (w) => {
      const edit = { old: '10.20.0.0/16', text: '0.0.0.0/0', show: true };
      const first = w.file('infra/main.tf');
      const second = w.file('../other/infra/main.tf');
      const before = await fs.readFile(first, 'utf8');
      await w.agent.do('edit', { file: second, ...edit });
      assert.equal(await w.agent.do('save', { file: second }), true, 'nothing is protected there');
      await w.agent.do('edit', { file: first, ...edit });
      assert.equal(await w.agent.do('save', { file: first }), false);
      assert.equal(await fs.readFile(first, 'utf8'), before);
      await w.wb.quickInputBox.waitFor();
      await until('the status says that a save waits', async () => /waiting/.test(await w.wb.status.innerText()));
      await w.shot('two-roots');
      await w.page.keyboard.press('Escape');
    });
  });

  it('a policy that a program writes holds at once, for saves and for labels', async () => {
    const open = 'version: 1\ncommit: { trailers: "off" }\n';
    await sessions.window('policy written', { policy: open }, async (w) => {
      const file = w.file('infra/main.tf');
      await w.agent.do('edit', { file, old: '10.20.0.0/16', text: '0.0.0.0/0', show: true });
      assert.equal(await w.agent.do('save', { file }), true, 'nothing is protected yet');
      const isProtected = async (): Promise<boolean> =>
        (await ours(w, 'infra/main.tf')).some((d) => /prohibit|protected/i.test(`${d.message} ${d.code}`));
      assert.equal(await isProtected(), false);
      await fs.writeFile(
        w.file('infra/countersign.yaml'),
        'version: 1\nprotected:\n  - paths: ["**"]\n    ai: prohibit\n',
      );
      await until('the label says so', isProtected);
      let size = 0;
      await until('the next save is held', async () => {
        await w.agent.do('edit', { file, old: `0.0.0.0/${size}`, text: `0.0.0.0/${++size}`, show: true });
        return (await w.agent.do('save', { file })) === false;
      });
      assert.ok(size <= 3, `${size} saves`);
      await w.page.keyboard.press('Escape');
    });
  });
});

describe('set-up and removal', () => {
  it('leave no trace in the repository', async () => {
    const theirs = '#!/bin/sh\necho theirs >> .git/theirs.log\n';
    // git rewrites these when it looks; nothing of ours is in them.
    const skip = /^\.git\/(index|FETCH_HEAD|ORIG_HEAD|COMMIT_EDITMSG)$/;
    let before: Record<string, string> = {};
    await sessions.window(
      'set-up and removal',
      {
        policy: null,
        async prepare(folder) {
          await fs.writeFile(`${folder}/.git/hooks/pre-commit`, theirs, { mode: 0o755 });
          before = await snapshot(folder, skip);
        },
      },
      async (w) => {
        await setUp(w);
        assert.match(await w.disk('countersign.yaml'), /^version: 1$/m);
        assert.match(await w.disk('.git/hooks/pre-commit'), /theirs|countersign/i);
        await w.wb.command('Countersign: Remove From This Repository');
        const yes = w.page.getByRole('button', { name: 'Remove', exact: true });
        await yes.waitFor();
        await w.shot('remove');
        await yes.click();
        await until('everything is as before', async () => {
          const after = await snapshot(w.folder, skip);
          assert.deepEqual(after, before);
          return true;
        });
      },
    );
  });
});
