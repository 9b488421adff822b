/** The manifest is what the code does, both ways. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import manifest from '../../package.json';
import { read, root, sources } from './sources.ts';

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly extensionKind: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { supported: unknown; description?: string; restrictedConfigurations?: string[] };
  };
  readonly contributes: {
    readonly commands: readonly { command: string; title: string; category?: string; icon?: string }[];
    readonly configuration: unknown;
    readonly menus?: Readonly<Record<string, readonly { command?: string; when?: string; submenu?: string }[]>>;
    readonly views?: Readonly<Record<string, readonly { id: string; when?: string }[]>>;
    readonly viewsWelcome?: readonly { view: string; contents: string; when?: string }[];
    readonly walkthroughs?: readonly {
      id: string;
      steps: readonly {
        id: string;
        description: string;
        media: Record<string, string>;
        completionEvents?: readonly string[];
        when?: string;
      }[];
    }[];
    readonly keybindings?: readonly unknown[];
  };
}

const m = manifest as unknown as Manifest;
const commands = m.contributes.commands;
const commandIds = new Set(commands.map((c) => c.command));
const views = Object.values(m.contributes.views ?? {}).flat();
const code = sources('src/extension').map(read).join('\n');
const groups = [m.contributes.configuration].flat() as { properties: Record<string, Record<string, unknown>> }[];
const settings = new Map(groups.flatMap((g) => Object.entries(g.properties)));

/** Words of `when` clauses. */
const whens = [
  ...Object.values(m.contributes.menus ?? {}).flatMap((items) => items.map((i) => i.when)),
  ...views.map((v) => v.when),
  ...(m.contributes.viewsWelcome ?? []).map((v) => v.when),
  ...(m.contributes.walkthroughs ?? []).flatMap((w) => w.steps.map((s) => s.when)),
  ...(commands as readonly { enablement?: string }[]).map((c) => c.enablement),
].filter((w): w is string => w !== undefined);

describe('commands', () => {
  it('have one category, a title in verbs and no default keys', () => {
    for (const { command, title, category } of commands) {
      assert.equal(category, 'Countersign', command);
      assert.match(title, /^[A-Z]/, command);
      assert.ok(!title.includes('Countersign'), `${command} repeats its category`);
    }
    assert.equal(m.contributes.keybindings, undefined);
  });

  it('of the manifest are those of the registry', () => {
    const registered = sources('src/extension/commands')
      .filter((f) => !/\/(index|command)\.ts$/.test(f))
      .flatMap((f) => [...read(f).matchAll(/^\s*id: '([\w.]+)'/gm)].map((x) => `countersign.${x[1]}`))
      .sort();
    assert.deepEqual([...commandIds].sort(), registered);
  });

  it('that menus, views, walkthroughs and code name do exist', () => {
    const named = [
      ...Object.values(m.contributes.menus ?? {}).flatMap((items) => items.flatMap((i) => i.command ?? [])),
      ...[...JSON.stringify(m.contributes).matchAll(/command:(countersign\.\w+)/g)].map((x) => x[1] ?? ''),
    ].filter((c) => c.startsWith('countersign.'));
    assert.deepEqual(
      named.filter((c) => !commandIds.has(c) && !views.some((v) => c.startsWith(`${v.id}.`))),
      [],
    );
  });
});

describe('settings', () => {
  it('of the manifest are those that settings.ts reads', () => {
    const text = read('src/extension/settings.ts');
    const readKeys = new Set(
      [...text.matchAll(/\bread(?:<[^>]+>)?\(\s*'([\w.]+)'/g)].map((x) => `countersign.${x[1]}`),
    );
    // The language client reads this one itself.
    const foreign = new Set(['countersign.trace.server']);
    assert.deepEqual([...settings.keys()].filter((k) => !foreign.has(k)).sort(), [...readKeys].sort());
  });

  it('have a default, a scope and a sentence', () => {
    for (const [id, s] of settings) {
      assert.ok('default' in s, `${id} has no default`);
      assert.ok(typeof s['scope'] === 'string', `${id} has no scope`);
      const text = (s['markdownDescription'] ?? s['description']) as string | undefined;
      assert.match(text ?? '', /^(Controls|Whether|Path|Names|How)\b/, id);
    }
    assert.ok(settings.size <= 15, `${settings.size} settings`);
  });
});

describe('when clauses', () => {
  it('use context keys that the code sets, or VS Code has', () => {
    const own = new Set(whens.flatMap((w) => [...w.matchAll(/\bcountersign\.[\w.]+/g)].map((x) => x[0])));
    const known = read('src/extension/contextKeys.ts');
    for (const key of own) {
      if (settings.has(key) || views.some((v) => v.id === key) || commandIds.has(key)) continue;
      assert.ok(known.includes(`'${key}'`), `nobody sets ${key}`);
    }
  });
});

describe('walkthrough', () => {
  it('has at most five steps, each with a button, a picture and an end', () => {
    for (const walkthrough of m.contributes.walkthroughs ?? []) {
      assert.ok(walkthrough.steps.length <= 5);
      for (const step of walkthrough.steps) {
        assert.match(step.description, /\]\(command:/, `${step.id} has a button`);
        assert.ok(step.completionEvents && step.completionEvents.length > 0, `${step.id} can be completed`);
        for (const event of step.completionEvents) {
          const command = /^onCommand:(countersign\.\w+)$/.exec(event)?.[1];
          if (command !== undefined) assert.ok(commandIds.has(command), event);
          const key = /^onContext:(countersign\.\w+)/.exec(event)?.[1];
          if (key !== undefined) assert.ok(read('src/extension/contextKeys.ts').includes(`'${key}'`), event);
        }
        for (const file of Object.values(step.media).filter((f) => typeof f === 'string' && f.startsWith('media/'))) {
          assert.ok(fs.existsSync(path.join(root, file)), file);
        }
      }
    }
  });
});

describe('activation and trust', () => {
  it('is late, in the workspace, and limited without trust', () => {
    assert.deepEqual(m.activationEvents, ['onStartupFinished']);
    assert.deepEqual(m.extensionKind, ['workspace']);
    assert.equal(m.capabilities.untrustedWorkspaces.supported, 'limited');
    assert.ok(m.capabilities.untrustedWorkspaces.description);
    // What is a path or runs something must not come from an untrusted folder.
    for (const id of settings.keys()) {
      if (/Path$|Command$/.test(id))
        assert.ok(m.capabilities.untrustedWorkspaces.restrictedConfigurations?.includes(id), id);
    }
  });

  it('asks nobody on the network and sends no telemetry', () => {
    assert.doesNotMatch(code, /createTelemetryLogger|TelemetryReporter|applicationinsights/);
  });
});
