import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const told = async (...files: File[]): Promise<string[]> =>
  (await classify(files, ctx)).files.flatMap((f) =>
    f.classification.findings
      .filter((g) => g.rule === 'hardening-removed')
      .map(
        (g) => `${g.tier} ${f.path}${/ The same holds for (.*)\.$/.exec(g.message)?.[1]?.replace(/^/, ' + ') ?? ''}`,
      ),
  );
const limit = '        - --tls-min-version=VersionTLS12\n';
const manifest = (args: string, name = 'door', image = 'quay.io/acme/door:main'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  template:\n    spec:\n      containers:\n      - args:\n        - --port=80\n${args}        image: ${image}\n        name: door\n`;
const file = (path: string, wrap = (text: string): string => text, name?: string, image?: string): File => ({
  path,
  before: wrap(manifest(limit, name, image)),
  after: wrap(manifest('', name, image)),
});
const bundle = (text: string): string => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: acme\n---\n${text}`;

test('a limit that one object lost in its source and in bundles is told once', async () => {
  const source = file('config/door.yaml');
  const bundles = [file('dist/a.yaml', bundle), file('dist/b.yaml', bundle)];
  assert.deepEqual(await told(bundles[0]!, source, bundles[1]!), ['high config/door.yaml + dist/a.yaml, dist/b.yaml']);
  assert.deepEqual(await told(source, file('overlays/prod/door.yaml', bundle)), [
    'high overlays/prod/door.yaml + config/door.yaml',
  ]);
  assert.deepEqual(
    await told(source, file('config/window.yaml', undefined, 'window')),
    ['high config/door.yaml', 'high config/window.yaml'],
    'another object',
  );
});

const program = (given: string, path = 'door/main.go'): File => ({
  path,
  before: 'package main\n\nvar version = flag.String("tls-min-version", "", "old")\n',
  after: `package main\n\nvar version = flag.String("tls-min-version", "${given}", "Least version")\n`,
});
const options = (version: string): File => ({
  path: 'internal/tlsconfig/options.go',
  before: null,
  after: `package tlsconfig\n\nfunc parse(version string) (uint16, error) {\n\tif version == "" {\n\t\treturn tls.${version}, nil\n\t}\n\treturn lookup(version)\n}\n`,
});

test('an option weighs less where the change gives its program a default as strict', async () => {
  const source = file('config/door.yaml');
  assert.deepEqual(await told(source, program('VersionTLS12')), ['medium config/door.yaml']);
  assert.deepEqual(await told(source, program('VersionTLS13')), ['medium config/door.yaml']);
  assert.deepEqual(await told(source, program('', 'door/main.go'), options('VersionTLS13')), [
    'medium config/door.yaml',
  ]);
  for (const [why, files] of Object.entries({
    'a weaker one': [program('VersionTLS11')],
    none: [program('')],
    'none, and a weaker one elsewhere': [program(''), options('VersionTLS10')],
    'of another program': [program('VersionTLS13', 'window/main.go')],
    'of a test': [program('VersionTLS13', 'door/tests/main.go')],
    'only said': [{ ...program(''), after: '// flag.String("tls-min-version", "VersionTLS13", "")\n' }],
    'as it was': [{ ...program('VersionTLS13'), before: program('VersionTLS13').after!.replace('main', 'door') }],
  }))
    assert.deepEqual(await told(source, ...files), ['high config/door.yaml'], why);
  assert.deepEqual(
    await told(file('config/door.yaml', undefined, 'door', 'k8s.gcr.io/kube-apiserver:v1'), program('VersionTLS13')),
    ['high config/door.yaml'],
    'an image of somebody else',
  );
});
