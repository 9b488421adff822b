import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
const said = async (...files: FileChange[]): Promise<string[]> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'dependency-changed')
    .map((f) => f.message.replace(/^Dependency |: check .*$/g, ''));
const file = (path: string, before: string | null, after: string | null): FileChange => ({ path, before, after });
const project = (...list: string[]): string =>
  `[project]\ndependencies = [\n${list.map((d) => `  "${d}",\n`).join('')}]\n`;
const grouped = (...list: string[]): string =>
  `[dependency-groups]\ndev = [\n${list.map((d) => `  ${d},\n`).join('')}]\n`;

test('what moves from one manifest of a project to another of its registry is not new', async () => {
  const from = (text: string, after: string | null = null): FileChange => file('a/requirements.txt', text, after);
  const to = (...list: string[]): FileChange => file('a/pyproject.toml', null, project(...list));
  assert.deepEqual(await said(from('My_Toml == 0.10.2\n'), to('my-toml==0.10.2')), []);
  assert.deepEqual(await said(from('left==1\n'), to('left==2')), ['left goes from ==1 to ==2']);
  assert.deepEqual(await said(from('left==1\n'), to('left')), ['left is free of a version now, it was at ==1']);
  assert.deepEqual(await said(from('left[a]==1\n'), to('left[b]==1')), ['left[b] is at ==1 now']);
  assert.deepEqual(await said(from('left==1\n'), to('lefty==1')), ['lefty at ==1 is new']);
  const inside = '--index-url https://pypi.example.com/simple\n';
  assert.deepEqual(await said(from(`${inside}left==1\n`, inside), to('left==1')), ['left is at ==1 now']);
  // It stays in another project, or comes from what nobody installs.
  assert.deepEqual(await said(from('left==1\n', 'left==1\n'), file('b/setup.cfg', null, '')), []);
  const other = file('b/pyproject.toml', null, project('left==1'));
  assert.deepEqual(await said(file('a/requirements.txt', 'left==1\nx==1\n', 'left==1\nx==2\n'), other), [
    'x goes from ==1 to ==2',
    'left at ==1 is new',
  ]);
  const root = file('pyproject.toml', null, project('left==1'));
  for (const path of ['tests/data/requirements.txt', 'examples/x/requirements.txt'])
    assert.equal((await said(file(path, 'left==1\n', null), root)).length, 1, path);
  assert.deepEqual(await said(file('requirements/dev.txt', 'left==1\n', ''), root), [
    'left at ==1 is installed for all now, not for those alone who develop',
  ]);
  assert.deepEqual(await said(file('requirements/base.txt', 'left==1\n', ''), root), []);
});

test('a version that moves to the manifest of all parts is told where it changes', async () => {
  const part = (name: string, from: string) =>
    file(
      `${name}/package.json`,
      `{ "dependencies": { "left": "${from}" } }\n`,
      '{ "dependencies": { "left": "catalog:" } }\n',
    );
  const catalog = file('pnpm-workspace.yaml', 'packages: [a]\n', 'packages: [a]\ncatalog:\n  left: ^2\n');
  assert.deepEqual(await said(part('a', '^2'), catalog), []);
  assert.deepEqual(await said(part('a', '^1'), catalog), ['left goes from ^1 to ^2']);
  assert.deepEqual(await said(part('a', '^2'), part('b', '^1'), catalog), ['left goes from ^1 to ^2']);
  assert.deepEqual(await said(part('a', '^2')), ['left goes from ^2 to catalog:']);
});

test('manifests of one registry tell a dependency once, others each', async () => {
  const net = (path: string, from: string, to: string) => {
    const text = (v: string) =>
      `<Project>\n<ItemGroup>\n<PackageReference Include="Json" Version="${v}" />\n</ItemGroup>\n</Project>\n`;
    return file(path, text(from), text(to));
  };
  assert.equal((await said(net('a/a.csproj', '1', '2'), net('b/b.fsproj', '1', '2'))).length, 1);
  assert.equal((await said(net('a/a.csproj', '1', '2'), net('b/b.fsproj', '1', '3'))).length, 2);
  const json = (path: string, from: string | undefined) =>
    file(
      path,
      from === undefined ? '{}\n' : `{\n"require": {\n"json": "${from}"\n}\n}\n`,
      '{\n"require": {\n"json": "2"\n}\n}\n',
    );
  // New to the second one.
  assert.deepEqual(await said(json('composer.json', '1'), json('b/composer.json', undefined)), [
    'json goes from 1 to 2',
    'json at 2 is new',
  ]);
});

test('a group of the same file is no dependency', async () => {
  assert.deepEqual(await said(file('pyproject.toml', grouped(), grouped('{ include-group = "tests" }', '"left==1"'))), [
    'left at ==1 is new',
  ]);
  assert.deepEqual(
    await said(file('pyproject.toml', '', '[dependency-groups]\ndev = [{include-group = "tests"}, "left"]\n')),
    ['left is new'],
  );
});

test('of a name that stands twice the version before is told, and ranges as they are written', async () => {
  const json = (dev: string, peer: string) =>
    `{\n"devDependencies": {\n"left": "${dev}"\n},\n"peerDependencies": {\n"left": "${peer}"\n}\n}\n`;
  const change = (before: string, after: string) => said(file('package.json', before, after));
  assert.deepEqual(await change(json('1', '^1'), json('1', '^1 || ^2')), ['left goes from ^1 to ^1 || ^2']);
  assert.deepEqual(await change(json('1', '^1'), json('2', '^1 || ^2')), [
    'left goes from 1 to 2',
    'left goes from ^1 to ^1 || ^2',
  ]);
  const held = (v: string) => `{\n"overrides": {\n"left@1": "${v}"\n}\n}\n`;
  assert.deepEqual(await change(held('1.0'), held('2.0')), ['left@1 goes from 1.0 to 2.0']);
  assert.doesNotMatch((await change(json('1', '1'), json('`<b>`', '1'))).join(''), /`/);
});

test('modules of one release are one finding, and so are those that were written along', async () => {
  const mod = (lines: readonly string[]) =>
    `module example.com/a\n\ngo 1.24\n\nrequire (\n${lines.map((l) => `\t${l}\n`).join('')})\n`;
  const change = (before: readonly string[], after: readonly string[]) => said(file('go.mod', mod(before), mod(after)));
  const of =
    (...names: string[]) =>
    (v: string, end = '') =>
      names.map((n) => `${n} ${v}${end}`);
  const one = of('github.com/a/b', 'github.com/a/b/c');
  assert.equal((await change(one('v1.0.0'), one('v1.1.0'))).length, 1);
  // Another owner, or another version, is for itself; so is one that is new.
  const two = of('github.com/a/b', 'github.com/e/b');
  assert.equal((await change(two('v1.0.0'), two('v1.1.0'))).length, 2);
  assert.equal((await change(one('v1.0.0'), ['github.com/a/b v1.1.0', 'github.com/a/b/c v1.2.0'])).length, 2);
  assert.equal((await change(of('github.com/a/b')('v1.0.0'), one('v1.1.0'))).length, 2);
  assert.equal((await change(two('v1.0.0', ' // indirect'), two('v1.1.0', ' // indirect'))).length, 1);
  assert.equal((await change(of('github.com/a/b')('v1.0.0', ' // indirect'), two('v1.1.0', ' // indirect'))).length, 2);
});

test('packages of NuGet that one owner raises together are one finding', async () => {
  const change = (...names: string[]) => {
    const text = (version: string) =>
      names.map((name) => `<PackageReference Include="${name}" Version="${version}" />\n`).join('');
    return said(
      file('a/a.csproj', `<Project>\n${text('1.8.21')}</Project>\n`, `<Project>\n${text('1.8.22')}</Project>\n`),
    );
  };
  for (const names of [
    ['Hangfire.AspNetCore', 'Hangfire.Core'],
    ['Testcontainers.MsSql', 'Testcontainers'],
    ['Microsoft.Extensions.Http', 'Microsoft.Extensions.Hosting'],
  ])
    assert.deepEqual(await change(...names), [`${names[0]} goes from 1.8.21 to 1.8.22`]);
  for (const names of [
    ['Microsoft.Extensions.Http', 'Microsoft.Identity.Web'],
    ['System.Text.Json', 'System.Data.SqlClient'],
    ['Hangfire.Core', 'Hangfires.Core'],
  ])
    assert.equal((await change(...names)).length, 2, names.join());
});

test('the lock file is named where the change has it', async () => {
  const messages = async (...files: FileChange[]): Promise<string> =>
    (await classify(files, ctx)).findings.map((f) => f.message).join();
  const manifest = file('a/package.json', '{}\n', '{\n"dependencies": {\n"left": "1"\n}\n}\n');
  assert.match(
    await messages(manifest, file('package-lock.json', '{}', '{ }')),
    /and what the lock file resolves to\.$/,
  );
  assert.doesNotMatch(await messages(manifest, file('b/package-lock.json', '{}', '{ }')), /lock file/);
  assert.doesNotMatch(await messages(manifest), /lock file/);
});

test('the same version in another spelling is no news, and what a file said itself is what it changes', async () => {
  const change = (from: string, to: string, ...others: FileChange[]) =>
    said(file('pyproject.toml', project(from), project(to)), ...others);
  for (const to of ['left>=1.9.0', 'Left>=1.9', 'left >= 1.9.0.0'])
    assert.deepEqual(await change('left>=1.9', to, file('requirements.txt', 'left==1.9.4\n', null)), [], to);
  assert.deepEqual(await change('left~=2.2', 'left~=2.2.0'), [
    'left takes 2.2.0 to below 2.3 now (~=2.2.0), it took 2.2 to below 3 (~=2.2)',
  ]);
  assert.deepEqual(await change('left>=1.9', 'left>=1.9.1'), [
    'left takes nothing below 1.9.1 any more (>=1.9.1, it was >=1.9)',
  ]);
  assert.deepEqual(await change('left==1.*', 'left==1.0.*'), ['left goes from ==1.* to ==1.0.*']);
  assert.deepEqual(await change('left===1.0', 'left===1.0.0'), ['left goes from ===1.0 to ===1.0.0']);
  assert.deepEqual(await change('left>=10', 'left>=1'), ['left goes down from >=10 to >=1']);
  assert.deepEqual(await change('Left>=1', 'left>=2', file('requirements.txt', 'left==1.9.4\n', null)), [
    'left takes nothing below 2 any more (>=2, it was >=1)',
  ]);
});

test('the marker of a requirement holds quotes, and is no name', async () => {
  const list = (...rows: string[]) => `[project]\ndependencies = [\n${rows.map((r) => `  ${r},\n`).join('')}]\n`;
  const change = (from: string, ...to: string[]) => said(file('pyproject.toml', list(from), list(from, ...to)));
  assert.deepEqual(await change('"a"', `"left ; python_full_version >= '3.12'"`), ['left is new']);
  assert.deepEqual(await change('"a"', `'left>=1; python_version < "3.12"'`), [
    'left at >=1; python_version < 3.12 is new',
  ]);
  assert.deepEqual(await change('"a"', `# don't "b" 'c'`, '"left"'), ['left is new']);
  const setup = (row: string) =>
    `setup(\n    install_requires=[\n        "a",\n        ${row}\n    ],\n    name="b",\n)\n`;
  assert.deepEqual(await said(file('setup.py', setup(''), setup(`"left; python_version >= '3.8'",`))), ['left is new']);
});

test('a compiled list is a lock: declarations are read with declarations, locks with locks', async () => {
  const head = '# This file is autogenerated by pip-compile with Python 3.13\n';
  const wish = (text: string) => file('requirements/tests.in', text, null);
  const compiled = (text: string) => file('requirements/tests.txt', `${head}${text}`, null);
  const asked = file('pyproject.toml', '', grouped('"left"'));
  const lock = (version: string) => file('uv.lock', null, `[[package]]\nname = "left"\nversion = "${version}"\n`);
  const via = 'left==1.1.0\n    # via -r tests.in\n';
  assert.deepEqual(await said(wish('left\n'), compiled(via), asked, lock('1.1.0')), []);
  assert.deepEqual(await said(wish('left\n'), compiled(via), asked, lock('1.2.0')), [
    'left goes from ==1.1.0 to 1.2.0 in the lock file',
  ]);
  const freed = ['left is free of a version now, it was at ==1.1.0'];
  assert.deepEqual(await said(wish('left\n'), compiled(via), asked), freed);
  assert.deepEqual(await said(file('requirements/tests.txt', via, null), asked, lock('1.1.0')), freed);
  assert.deepEqual(await said(wish('left>=1\n'), compiled(via), asked, lock('1.1.0')), [
    'left is free of a version now, it was at >=1',
  ]);
  // It came along with another.
  assert.deepEqual(await said(wish('right\n'), compiled('left==1.1.0\n    # via right\n'), asked, lock('1.1.0')), [
    'left is new',
  ]);
  assert.deepEqual(await said(compiled(via), asked, lock('1.1.0')), ['left is free of a version now']);
});

test('groups of one file that ask for the same are one finding', async () => {
  const groups = (a: string, b: string) => `[dependency-groups]\na = [\n  "${a}",\n]\nb = [\n  "${b}",\n]\n`;
  assert.deepEqual(await said(file('pyproject.toml', '', groups('left', 'left'))), ['left is new']);
  assert.equal((await said(file('pyproject.toml', '', groups('left==2', 'left==1')))).length, 2);
});

test('what moves into a catalog of Gradle is read by its coordinate and its version', async () => {
  const script = (...rows: string[]) =>
    file('app/app.gradle.kts', `val v = "2.25.3"\ndependencies {\n${rows.join('\n')}\n}\n`, 'dependencies {\n}\n');
  const catalog = (rows: string, before: string | null = null) => file('gradle/libs.versions.toml', before, rows);
  const change = (from: string, to: string) => said(script(from), catalog(to));
  const byRef = (module: string, v = '2.25.3') =>
    `[versions]\nlog = "${v}"\n[libraries]\nx = { module = "${module}", version.ref = "log" }\n`;
  for (const to of [
    '[libraries]\nx = "a.b:left:2.25.3"\n',
    byRef('a.b:left'),
    '[libraries]\nx = { group = "a.b", name = "left", version = "2.25.3" }\n',
    '[versions]\nlog = "2.25.3"\n[libraries]\nx.module = "a.b:left"\nx.version.ref = "log"\n',
  ])
    for (const from of [
      'api("a.b:left:2.25.3")',
      'testCompileOnly("a.b:left:$v")',
      '"own"("a.b:left:${v}")',
      'api("a.b:left:2.25.3:jdk15")',
    ])
      assert.deepEqual(await change(from, to), [], `${from} ${to}`);
  assert.deepEqual(await change('api("a.b:left:$v")', byRef('a.b:lefty')), ['a.b:lefty at 2.25.3 is new']);
  assert.deepEqual(await change('api("a.b:left:$v")', byRef('a.c:left')), ['a.c:left at 2.25.3 is new']);
  assert.deepEqual(await change('api("a.b:left:$v")', byRef('a.b:left', '2.25.4')), [
    'a.b:left goes from 2.25.3 to 2.25.4',
  ]);
  assert.deepEqual(await change('id("a.b") version "1"', '[plugins]\nx = "a.b:1"\n'), []);
  assert.deepEqual(await change('id("a.b")', '[plugins]\nx.id = "a.b"\n'), []);
  assert.deepEqual(await change('id("a.b")', '[plugins]\nx = "a.b:1"\n'), ['a.b is at 1 now']);
  // In the catalog itself.
  const within = (from: string, to: string) => said(catalog(to, from));
  assert.deepEqual(await within(byRef('a.b:left'), byRef('a.b:left', '3')), ['log (a.b:left) goes from 2.25.3 to 3']);
  assert.deepEqual(await within(byRef('a.b:left'), byRef('a.c:left')), ['a.c:left at 2.25.3 is new']);
  assert.deepEqual(await within('[libraries]\nx = "a.b:left:2.25.3"\n', byRef('a.b:left')), []);
  assert.deepEqual(await within('[libraries]\nx = "a.b:left:2"\n', byRef('a.b:left')), [
    'a.b:left goes from 2 to 2.25.3',
  ]);
  assert.deepEqual(await within('[libraries]\nx = "a.b:left:2"\n', '[libraries]\ny = "a.b:left:2"\n'), []);
});

test('what a script of Gradle had under names for versions is read with their numbers', async () => {
  const catalog = (version: string, module = 'a.b:left') =>
    file('gradle/libs.versions.toml', null, `[libraries]\nx = { module = "${module}", version = "${version}" }\n`);
  const former = (text: string, after: string | null = null) => file('libraries.gradle', text, after);
  const table = (head: string, version: string) =>
    `ext {\n${head}\nlibraries = [\n  left: "a.b:left:${version}",\n]\n}\n`;
  const texts = [
    table("leftVersion = '1.2'", '${leftVersion}'),
    table("def leftVersion='1.2'", '$leftVersion'),
    table("ext.leftVersion = '1.2'", '${rootProject.ext.leftVersion}'),
    table("versions = [left: '1.2', right: '3']", '${versions.left}'),
    table('ext["left"] = "1.2"', '${left}'),
    table('', '1.2'),
    'libs.left = "a.b:left:1.2"\n',
  ];
  for (const text of texts) {
    assert.deepEqual(await said(former(text), catalog('1.2')), [], text);
    assert.deepEqual(await said(former(text, 'ext {\n}\n'), catalog('1.2')), [], text);
    assert.deepEqual(await said(former(text), catalog('1.3')), ['a.b:left goes from 1.2 to 1.3'], text);
    assert.deepEqual(await said(former(text), catalog('1.2', 'a.c:left')), ['a.c:left at 1.2 is new'], text);
    // It stays where it was, too.
    assert.deepEqual(await said(former(text, `${text}\n`), catalog('1.2')), ['a.b:left is at 1.2 now'], text);
  }
  const unread = former(table('', '${leftVersion}'));
  assert.deepEqual(await said(unread, catalog('1.2')), ['a.b:left is at 1.2 now']);
  const properties = (text: string) => file('gradle.properties', text, '');
  assert.deepEqual(await said(unread, properties('leftVersion=1.2\n'), catalog('1.2')), []);
  assert.deepEqual(await said(unread, properties('leftVersion=1.3\n'), catalog('1.2')), [
    'a.b:left goes down from 1.3 to 1.2',
  ]);
  const root = file('build.gradle', "ext {\n  leftVersion = '1.2'\n}\n", '');
  const part = file('a/build.gradle', 'dependencies {\n  api "a.b:left:$leftVersion"\n}\n', 'dependencies {\n}\n');
  assert.deepEqual(await said(root, part, catalog('1.2')), []);
  // Several releases of one, for parts that ask for one each.
  const two = former(`${table('', '1.2')}libs.old = "a.b:left:0.9"\n`);
  const both = (...versions: string[]) =>
    file(
      'gradle/libs.versions.toml',
      null,
      `[libraries]\n${versions.map((v, i) => `x${i} = "a.b:left:${v}"\n`).join('')}`,
    );
  assert.deepEqual(await said(two, both('1.2', '0.9')), []);
  assert.deepEqual(await said(two, both('1.2', '0.8')), [
    'a.b:left goes from 0.9 to 1.2',
    'a.b:left goes down from 1.2 to 0.8',
  ]);
  // Two numbers, or a comment or a condition that speaks of it.
  assert.deepEqual(await said(former(table("v = '1.2'\nv = '1.3'", '$v')), catalog('1.2')), ['a.b:left is at 1.2 now']);
  for (const text of ['// left: "a.b:left:1.2",\n', 'if (it == "a.b:left:1.2") fail()\n', 'force "a.b:left:1.2"\n'])
    assert.deepEqual(await said(former(text), catalog('1.2')), ['a.b:left at 1.2 is new'], text);
});

test('of an entry of a pom its own children say what it is', async () => {
  const pom = (inner: string, properties = '') =>
    `<project>\n<properties>\n${properties}\n</properties>\n<build>\n${inner}\n</build>\n</project>\n`;
  const change = (inner: string, properties?: string) => said(file('pom.xml', pom(''), pom(inner, properties)));
  const left = '<groupId>a.b</groupId>\n<artifactId>left</artifactId>\n<version>1</version>';
  const plugin = (own: string, inner: string) =>
    `<plugin>\n<configuration><paths><path>\n${inner}\n</path></paths></configuration>\n${own}\n</plugin>`;
  const compiler = '<artifactId>maven-compiler-plugin</artifactId>\n<version>3</version>';
  assert.deepEqual((await change(plugin(compiler, left))).toSorted(), [
    'a.b:left at 1 is new',
    'org.apache.maven.plugins:maven-compiler-plugin at 3 is new',
  ]);
  assert.deepEqual(await change(`<plugin>\n<groupId>odd</groupId>\n${compiler}\n</plugin>`), [
    'odd:maven-compiler-plugin at 3 is new',
  ]);
  assert.deepEqual(await change(`<!-- <dependency>${left}</dependency> -->`), []);
  assert.deepEqual(await change(`<!-- --><dependency>${left}</dependency><!--`), ['a.b:left at 1 is new']);
  const excluded = '<exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>';
  assert.deepEqual(await change(`<dependency>\n${excluded}\n${left}\n</dependency>`), ['a.b:left at 1 is new']);
  // The value of a property is shown, and told once where this alone takes it.
  const byName = left.replace('>1<', '>${left.version}<');
  const one = `<dependency>\n${byName}\n</dependency>`;
  assert.deepEqual(await change(one, '<left.version>2</left.version>'), ['a.b:left at 2 is new']);
  const other = one.replace('left<', 'other<').replace('a.b<', 'c.d<');
  assert.equal((await change(`${one}\n${other}`, '<left.version>2</left.version>')).length, 3);
  const parent = file('pom.xml', pom(''), pom('', '<left.version>2</left.version>'));
  assert.deepEqual(await said(parent, file('a/pom.xml', pom(''), pom(one))), [
    'left.version at 2 is new',
    'a.b:left at 2 is new',
  ]);
});

test('a version that goes down is said to', async () => {
  const mod = (v: string) => `module a\n\nrequire (\n\tb.example/x ${v}\n)\n`;
  const change = (from: string, to: string) => said(file('go.mod', mod(from), mod(to)));
  assert.deepEqual(await change('v2.5.0', 'v2.4.9'), ['b.example/x goes down from v2.5.0 to v2.4.9']);
  assert.deepEqual(await change('v2.9.0', 'v2.10.0'), ['b.example/x goes from v2.9.0 to v2.10.0']);
  const range = (from: string, to: string) => said(file('pyproject.toml', project(from), project(to)));
  assert.deepEqual(await range('left<4', 'left>=3,<4'), ['left goes from <4 to >=3,<4']);
  const along = (a: string, b: string) =>
    `module a\n\nrequire (\n\tb.example/x ${a} // indirect\n\tc.example/y ${b} // indirect\n)\n`;
  assert.match(
    (await classify([file('go.mod', along('v1.0.0', 'v2.5.0'), along('v1.1.0', 'v2.4.0'))], ctx)).findings
      .map((f) => f.message)
      .join(),
    /c\.example\/y \(line 5, down from v2\.5\.0 to v2\.4\.0\)/,
  );
});

test('what a tool before the modules of Go had resolved is not new, and what lies in a folder is no dependency', async () => {
  const mod = (...rows: string[]) => `module a.example/a\n\nrequire (\n${rows.map((r) => `\t${r}\n`).join('')})\n`;
  const lock = (row: string) => file('Gopkg.lock', `[[projects]]\n  name = "b.example/x"\n${row}\n`, null);
  const change = (row: string, to: string) => said(lock(row), file('go.mod', null, mod(`b.example/${to}`)));
  const commit = `  revision = "5b7edb60ff5f69b60d1950397f7bde6171f1807d"`;
  assert.deepEqual(await change('  version = "v3.3.3"', 'x v3.3.3+incompatible'), []);
  assert.deepEqual(await change(commit, 'x v0.0.0-20180202201750-5b7edb60ff5f'), []);
  assert.deepEqual(await change(commit, 'x v0.0.0-20180202201750-5b7edb60ff5e'), [
    'b.example/x goes from 5b7edb60ff5f to v0.0.0-20180202201750-5b7edb60ff5e',
  ]);
  assert.deepEqual(await change('  version = "v3.3.3"', 'x v3.3.4'), ['b.example/x goes from v3.3.3 to v3.3.4']);
  assert.deepEqual(await change('  version = "v3.3.3"', 'y v3.3.3'), ['b.example/y at v3.3.3 is new']);
  const replaced = (to: string) =>
    said(file('go.mod', mod(), `${mod('b.example/x v0.0.0')}\nreplace b.example/x => ${to}\n`));
  assert.deepEqual(await replaced('./x'), []);
  assert.deepEqual(await replaced('c.example/x v1.0.0'), ['b.example/x at v0.0.0 is new']);
});

test('a new part that asks for what the project asks for already is one finding', async () => {
  const mod = (...rows: string[]) => `module a.example/a\n\nrequire (\n${rows.map((r) => `\t${r}\n`).join('')})\n`;
  const root = (end: string, ...more: string[]) =>
    file(
      'go.mod',
      mod('b.example/x v1.0.0', `c.example/y v1.0.0${end}`),
      mod('b.example/x v1.0.0', `c.example/y v1.0.0${end}`, ...more),
    );
  const part = (x: string, ...more: string[]) =>
    file('part/go.mod', null, mod(`b.example/x ${x}`, 'c.example/y v1.0.0', ...more));
  assert.deepEqual(await said(root(''), part('v1.0.0', 'd.example/z v1.0.0')), [
    'b.example/x at v1.0.0 is new here, and asked for elsewhere in the project already, as are c.example/y (line 5)',
    'd.example/z at v1.0.0 is new',
  ]);
  // Another version, or one that only came along, is asked for anew.
  assert.deepEqual(await said(root(''), part('v1.0.1')), ['b.example/x at v1.0.1 is new']);
  assert.deepEqual(await said(root(' // indirect'), part('v1.0.0')), ['b.example/x at v1.0.0 is new']);
  // The root gets it together with the part.
  assert.equal((await said(root('', 'd.example/z v1.0.0'), part('v1.0.0', 'd.example/z v1.0.0'))).length, 2);
});

test('modules needed indirectly are one finding, new ones also beside a direct change; a tool asked for is direct', async () => {
  const mod = (direct: string, ...indirect: string[]): string =>
    `module a\n\ngo 1.24\n\nrequire (\n\tb.example/x ${direct}\n)\n\nrequire (\n${indirect.map((i) => `\t${i} // indirect\n`).join('')})\n`;
  const of = (before: string | null, after: string) => said(file('go.mod', before, after));
  const told = await of(
    mod('v1.0.0', 'c.example/y v1.0.0'),
    mod('v1.1.0', 'c.example/y v1.1.0', 'd.example/new v1.0.0', 'e.example/new v1.0.0'),
  );
  assert.equal(told.length, 2, 'what was there before comes along in silence');
  assert.equal(told[1], 'd.example/new (indirect) at v1.0.0 is new');
  const tools = `module a\n\ntool d.example/lint/cmd/lint\n\nrequire (\n\tc.example/y v1.0.0 // indirect\n\td.example/lint v1.0.0 // indirect\n\te.example/z v1.0.0 // indirect\n)\n`;
  const byTool = await of(null, tools);
  assert.deepEqual(byTool, ['c.example/y (indirect) at v1.0.0 is new', 'd.example/lint at v1.0.0 is new']);
});

test('of a requirement without its lock file it is said what it admits', async () => {
  const crates = (was: string, now: string, ...others: FileChange[]) => {
    const text = (version: string) => `[dependencies]\nleft = "${version}"\n`;
    return said(file('a/Cargo.toml', text(was), text(now)), ...others);
  };
  const lock = (path: string) => file(path, 'version = 3\n', 'version = 4\n');
  const below = ['left takes nothing below 0.1.16 any more (0.1.16, it was 0.1)'];
  assert.deepEqual(await crates('0.1', '0.1.16'), below);
  assert.deepEqual(await crates('0.1', '0.1.16', lock('b/Cargo.lock')), below);
  assert.deepEqual(await crates('>=0.25', '1.5'), [
    'left takes nothing below 1.5 and nothing from 2 on any more (1.5, it was >=0.25)',
  ]);
  assert.deepEqual(await crates('~4.5.4', '4.5.4'), [
    'left takes 4.5.4 to below 5 now (4.5.4), it took 4.5.4 to below 4.6 (~4.5.4)',
  ]);
  assert.deepEqual(await crates('=1.2.3', '1.2.3'), [
    'left takes 1.2.3 to below 2 now (1.2.3), it took 1.2.3 alone (=1.2.3)',
  ]);
  assert.deepEqual(await crates('^1.2', '1.2.0'), ['left is written 1.2.0 now, which takes the same as ^1.2']);
  // The lock file moves along or goes, what was not taken comes in, or less is asked for.
  for (const [was = '', now = '', ...others] of [
    ['0.1', '0.1.16', lock('Cargo.lock')],
    ['0.1', '0.1.16', file('Cargo.lock', 'version = 3\n', null)],
    ['0.12', '0.13'],
    ['^0.0.3', '^0.0.4'],
    ['~1.2.3', '~1.3.0'],
    ['~4.5.4', '4.5.6'],
    ['1.2', '=1.5.0'],
    ['=1.2.0', '1.3'],
    ['1.2.3-rc.1', '1.2.3'],
  ] as [string, string, ...FileChange[]][]) {
    const [message, ...more] = await crates(was, now, ...others);
    assert.match(message ?? '', /^left goes from /, `${was} ${now}`);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(await crates('1.5', '1.2'), ['left goes down from 1.5 to 1.2']);
  const npm = (was: string, now: string) => {
    const text = (version: string) => `{\n"dependencies": {\n"left": "${version}"\n}\n}\n`;
    return said(file('package.json', text(was), text(now)));
  };
  assert.deepEqual(await npm('^1.2.0', '^1.4.0'), ['left takes nothing below 1.4.0 any more (^1.4.0, it was ^1.2.0)']);
  assert.deepEqual(await npm('1.2.0', '1.4.0'), ['left goes from 1.2.0 to 1.4.0']);
  assert.deepEqual(await npm('1.2.0', '^1.2.0'), [
    'left takes 1.2.0 to below 2 now (^1.2.0), it took 1.2.0 alone (1.2.0)',
  ]);
  assert.deepEqual(await npm('^1.2.0', '^1.2.0 || ^9'), ['left goes from ^1.2.0 to ^1.2.0 || ^9']);
  const python = (was: string, now: string) =>
    said(file('pyproject.toml', project(`left${was}`), project(`left${now}`)));
  assert.deepEqual(await python('>=0.3,<0.38', '>=0.3,<0.39'), [
    'left takes 0.3 to below 0.39 now (>=0.3,<0.39), it took 0.3 to below 0.38 (>=0.3,<0.38)',
  ]);
  assert.deepEqual(await python('>=1.2', '>=1.4'), ['left takes nothing below 1.4 any more (>=1.4, it was >=1.2)']);
  // The tool of these takes the lowest.
  assert.deepEqual(await said(file('go.mod', 'require a.b/c v1.2.0\n', 'require a.b/c v1.3.0\n')), [
    'a.b/c goes from v1.2.0 to v1.3.0',
  ]);
  // Of a file they are one finding, and its other lines are their own.
  const text = (...v: string[]) => `[dependencies]\n${v.map((x, i) => `${'abcd'[i]} = "${x}"\n`).join('')}`;
  const several = file('Cargo.toml', text('0.1', '1.0', '2', '3'), text('0.1.5', '1.7', '3', '3.1'));
  const messages = (await classify([several], ctx)).findings.map((f) => `${f.tier} ${f.message}`);
  assert.equal(messages.length, 2);
  assert.match(messages[0] ?? '', /^high .* Nor are taken: b below 1\.7 \(line 3\), d below 3\.1 \(line 5\)\.$/);
  assert.match(messages[1] ?? '', /^high Dependency c goes from 2 to 3:/);
});

test('of what a Go module puts in the place of others only another version, or another module, is told', async () => {
  const mod = (...lines: string[]): string => `module a\n\nreplace (\n${lines.map((l) => `\t${l}\n`).join('')})\n`;
  const change = (from: readonly string[], to: readonly string[]) => said(file('go.mod', mod(...from), mod(...to)));
  const row = (part: string, to: string): string => `github.com/a/b${part} => github.com/a/b${part} ${to}`;
  assert.deepEqual(await change([row('/api', 'v1.0.0')], [row('/api', 'v1.1.0')]), [
    'github.com/a/b/api goes from v1.0.0 to v1.1.0',
  ]);
  assert.equal(
    (await change([row('/api', 'v1.0.0'), row('', 'v1.0.0')], [row('/api', 'v1.1.0'), row('', 'v1.1.0')])).length,
    1,
  );
  assert.equal(
    (await change([row('/api', 'v1.0.0'), row('', 'v1.0.0')], [row('/api', 'v1.1.0'), row('', 'v1.2.0')])).length,
    2,
  );
  assert.deepEqual(await change([], [row('', 'v1.0.0')]), [
    'Module github.com/a/b is held at v1.0.0 for all that ask for it',
  ]);
  // Of another module the rule for foreign sources tells it, once.
  const fork = file('go.mod', mod(row('', 'v1.0.0')), mod('github.com/a/b => github.com/evil/b v1.0.0'));
  const { findings } = await classify([fork], ctx);
  assert.deepEqual(
    findings.map((f) => `${f.rule} ${f.tier}`),
    ['dependency-foreign-source high'],
  );
  const ofFork = ['github.com/a/b => github.com/evil/b v1.0.0', 'github.com/a/b => github.com/evil/b v1.1.0'];
  assert.deepEqual(await change([ofFork[0]!], [ofFork[1]!]), ['github.com/a/b goes from v1.0.0 to v1.1.0']);
});

test('a module that replaces another is told with both names, one of the own owner as less', async () => {
  const weigh = async (to: string) => {
    const mod = (rest: string): string => `module github.com/acme/app\n\nrequire github.com/a/b v1.0.0\n${rest}`;
    const { findings } = await classify([file('go.mod', mod(''), mod(`\nreplace github.com/a/b => ${to}\n`))], ctx);
    return findings.filter((f) => f.rule === 'dependency-foreign-source').map((f) => `${f.tier} ${f.message}`);
  };
  const said = 'Module github.com/a/b is replaced by';
  const check = 'check who keeps it, and how it gets the fixes of the other.';
  assert.deepEqual(await weigh('github.com/evil/b v1.0.1'), [`high ${said} github.com/evil/b: ${check}`]);
  assert.deepEqual(await weigh('github.com/acme/b v1.0.1'), [`medium ${said} github.com/acme/b: ${check}`]);
  assert.deepEqual(await weigh('github.com/acme-evil/b v1.0.1'), [`high ${said} github.com/acme-evil/b: ${check}`]);
});

test('a sentence names no more of many long names than a report can take', async () => {
  const long = (n: number): string => `example.com/${'a'.repeat(70)}${n} v1.0.0 // indirect`;
  const rows = Array.from({ length: 40 }, (_, n) => `\t${long(n)}\n`).join('');
  const [message = '', ...more] = await said(file('go.mod', null, `module a\n\nrequire (\n${rows})\n`));
  const { findings } = await classify([file('go.mod', null, `module a\n\nrequire (\n${rows})\n`)], ctx);
  assert.equal(more.length, 0);
  assert.match(message, / is new$/);
  const [told] = findings.filter((f) => f.rule === 'dependency-changed');
  assert.ok(told!.message.length < 1000);
  assert.match(told!.message, / and \d+ more\.$/);
});

test('what is held for all that need it is told with what the lock file had, once for a scope', async () => {
  const manifest = (overrides: string) => `{\n"dependencies": {\n"x": "1"\n}${overrides}\n}\n`;
  const lock = (...rows: string[]) =>
    `{\n${rows.map((r) => `"${r.replace('=', `": {\n  "version": "`)}"\n}`).join(',\n')}\n}\n`;
  const change = (...rows: string[]) =>
    said(
      file('package.json', manifest(''), manifest(`,\n"overrides": {\n${rows.join(',\n')}\n}`)),
      file('package-lock.json', lock('node_modules/left=1.0.0', 'node_modules/x/node_modules/left=2.0.0'), '{}\n'),
    );
  assert.deepEqual(await change('"left": "3.0.0"'), [
    'left is held at 3.0.0 for all who need it; the lock file had 1.0.0, 2.0.0',
  ]);
  assert.deepEqual(await change('"x": {\n"left": "3.0.0"\n}'), [
    'x>left is held at 3.0.0 for all who need it; the lock file had 1.0.0, 2.0.0',
  ]);
  assert.deepEqual(await change('"@a/b": "1.0.0"', '"@a/c": "2.0.0"', '"@e/c": "2.0.0"'), [
    '@a/b is held at 1.0.0 for those that ask for another',
    '@e/c is held at 2.0.0 for those that ask for another',
  ]);
  // Another package, or another place, stands in for it.
  for (const other of ['npm:lefft@3.0.0', 'github:evil/left'])
    assert.deepEqual(await change(`"left": "${other}"`), [`left is replaced by ${other} for all that ask for it`]);
});

test('a requirement whose version the lock file keeps is told as what it admits', async () => {
  const manifest = (v: string) => `{\n"dependencies": {\n"left": "${v}"\n}\n}\n`;
  const lock = (v: string, end = '') => `{\n"node_modules/left": {\n  "version": "${v}"\n}${end}\n}\n`;
  const change = async (to: string, was: string, now: string) =>
    (
      await classify(
        [
          file('package.json', manifest('^1.2.0'), manifest(to)),
          file('package-lock.json', lock(was), lock(now, ',"x": 1')),
        ],
        ctx,
      )
    ).findings
      .filter((f) => f.rule === 'dependency-changed')
      .map((f) => `${f.tier} ${f.message.replace(/: check .*$/, '')}`);
  assert.deepEqual(await change('^1.4.0', '1.4.2', '1.4.2'), [
    'high Dependency left takes nothing below 1.4.0 any more (^1.4.0, it was ^1.2.0); the lock file stays at 1.4.2',
  ]);
  for (const [was = '', now = ''] of [
    ['1.3.0', '1.4.2'],
    ['1.3.0', '1.3.0'],
  ])
    assert.deepEqual(await change('^1.4.0', was, now), ['high Dependency left goes from ^1.2.0 to ^1.4.0']);
});

test('new sisters of one release are one finding that names them all', async () => {
  const nuget = (...names: string[]) =>
    file(
      'a/a.csproj',
      null,
      `<Project>\n${names.map((n) => `<PackageReference Include="${n}" Version="1.0" />\n`).join('')}</Project>\n`,
    );
  assert.deepEqual(await said(nuget('Orleans.Server', 'Orleans.Client')), ['Orleans.Server at 1.0 is new']);
  // What a new manifest asks for is one decision; added to one that was there, each owner's is one.
  assert.deepEqual(await said(nuget('Orleans.Server', 'Orlean.Client')), ['Orleans.Server at 1.0 is new']);
  const added = (...names: string[]) => said({ ...nuget(...names), before: '<Project>\n</Project>\n' });
  assert.equal((await added('Orleans.Server', 'Orleans.Client')).length, 1);
  assert.equal((await added('Orleans.Server', 'Orlean.Client')).length, 2);
  const many = nuget(...Array.from({ length: 40 }, (_, n) => `Orleans.${'A'.repeat(30)}${n}`));
  const all = (await classify([many], ctx)).findings.map((f) => f.message).join(' ');
  for (let n = 0; n < 40; n++) assert.match(all, new RegExp(`A${n}[ ,]`));
});

test('a coordinate of Gradle in parts is read, and a version that moves by itself is said to', async () => {
  const block = (row: string) => `def ver = '1.2'\ndependencies {\n${row}\n}\n`;
  const change = (was: string, now: string, path = 'build.gradle') => said(file(path, block(was), block(now)));
  assert.deepEqual(await change('', "  implementation group: 'a.b', name: 'left', version: '1.0'"), [
    'a.b:left at 1.0 is new',
  ]);
  assert.deepEqual(await change('', "  api(name: 'left', group: 'a.b', version: ver)"), ['a.b:left at 1.2 is new']);
  const kotlin = '  implementation(group = "a.b", name = "left", version = "1.0")';
  assert.deepEqual(await change('', kotlin, 'build.gradle.kts'), ['a.b:left at 1.0 is new']);
  assert.deepEqual(await change(kotlin, '  implementation("a.b:left:1.0")', 'build.gradle.kts'), []);
  assert.deepEqual(await change(kotlin, kotlin.replace('1.0', '1.1-SNAPSHOT'), 'build.gradle.kts'), [
    'a.b:left goes from 1.0 to 1.1-SNAPSHOT, which can be other code every day: take a release.',
  ]);
  assert.deepEqual(await change('', "  exclude group: 'a.b', module: 'left'"), []);
});

test('what a Go module leaves out or takes back is no dependency', async () => {
  const change = (row: string) => said(file('go.mod', 'module a\n', `module a\n\n${row}\n`));
  for (const row of ['exclude a.b/c v1.0.0', 'exclude (\n\ta.b/c v1.0.0\n)', 'retract (\n\tv1.0.0 // bad\n)'])
    assert.deepEqual(await change(row), [], row);
  assert.equal((await change('require (\n\ta.b/c v1.0.0\n)')).length, 1);
});

test('a requirement that leaves its registry, or takes other parts, is no mere other range', async () => {
  const weigh = async (path: string, was: string, now: string): Promise<string[]> => {
    const head = path === 'Cargo.toml' ? '[dependencies]\n' : '[tool.poetry.dependencies]\n';
    const { findings } = await classify([file(path, `${head}left = ${was}\n`, `${head}left = ${now}\n`)], ctx);
    return findings.filter((f) => f.rule === 'dependency-changed').map((f) => f.tier);
  };
  assert.deepEqual(await weigh('Cargo.toml', '"1.0"', '"^1.0"'), ['low']);
  const other = '{ version = "^1.0", features = ["a"] }';
  assert.deepEqual(await weigh('Cargo.toml', '{ version = "1.0", features = ["a"] }', other), ['low']);
  assert.deepEqual(await weigh('Cargo.toml', '"1.0"', '{ version = "^1.0", registry = "other" }'), ['high']);
  assert.deepEqual(await weigh('Cargo.toml', '{ version = "1.0", registry = "corp" }', '"^1.0"'), ['high']);
  assert.deepEqual(await weigh('pyproject.toml', '"^1.0"', '{version = ">=1.0,<2.0", source = "other"}'), ['high']);
  const gems = await said(file('Gemfile', "gem 'a', '~> 1.2'\n", "gem 'a', '~> 1.2', source: 'https://x.example'\n"));
  assert.deepEqual(gems, ['a goes from ~> 1.2 to ~> 1.2, source https://x.example']);
});

test('of what a new part asks for the loudest tells the others', async () => {
  const text = (name: string): string => JSON.stringify({ name, dependencies: { '@shop/y': '1.0.0', left: '4.17.0' } });
  const files = [
    file('package.json', text('@shop/all'), `${text('@shop/all')}\n`),
    file('x/package.json', null, text('@shop/x')),
  ];
  const { findings } = await classify(files, ctx);
  assert.deepEqual(
    findings.filter((f) => f.rule === 'dependency-changed').map((f) => f.tier),
    ['high'],
  );
});

test('comments and quoted text of a pom hide no dependency', async () => {
  const pom = (more: string): string => `<project><dependencies>\n${more}\n</dependencies></project>\n`;
  const entry = (name: string): string =>
    `<dependency><groupId>g</groupId><artifactId>${name}</artifactId><version>1</version></dependency>`;
  for (const more of [
    `<x><![CDATA[ <!-- ]]></x>${entry('left')}`,
    `<?x <!-- ?>${entry('left')}`,
    entry('left<!-- why -->'),
    entry(`<!-- ${'a'.repeat(2000)} -->left`),
    entry('<![CDATA[left]]>'),
  ])
    assert.deepEqual(await said(file('pom.xml', pom(''), pom(more))), ['g:left at 1 is new']);
});

test('a table of a catalog may be named in quotes or before a key', async () => {
  for (const more of ['["libraries"]\nleft = "g:left:1"\n', 'libraries.left = "g:left:1"\n'])
    assert.deepEqual(await said(file('gradle/libs.versions.toml', '', more)), ['g:left at 1 is new']);
});

const weighed = async (...files: FileChange[]): Promise<string[]> =>
  (await classify(files, ctx)).findings
    .filter((f) => f.rule === 'dependency-changed')
    .map((f) => `${f.tier} ${f.message.replace(/^Dependency |: check .*?\.(?= |$)/g, '')}`);

test('of a package that the lock file had already the name is not new', async () => {
  const manifest = (...names: string[]): FileChange =>
    file(
      'apps/a/package.json',
      null,
      JSON.stringify({ devDependencies: Object.fromEntries(names.map((n) => [n, '^1.2.0'])) }),
    );
  const lock = (before: string[], after: string[]): FileChange => {
    const text = (all: string[]): string =>
      `lockfileVersion: '9.0'\n\npackages:\n\n${all.map((n) => `  ${n}:\n    resolution: {}\n\n`).join('')}`;
    return file('pnpm-lock.yaml', text(before), text(after));
  };
  const had = 'is asked for here now; the lock file had it at 1.2.3';
  assert.deepEqual(await weighed(manifest('left'), lock(['left@1.2.3'], ['left@1.2.3'])), [
    `medium left at ^1.2.0 ${had} before`,
  ]);
  assert.deepEqual(
    await weighed(manifest('left', 'pad'), lock(['left@1.2.3', 'pad@1.2.4'], ['left@1.2.3', 'pad@1.2.4'])),
    [`medium left at ^1.2.0 ${had} before It had, too: pad (line 1).`],
  );
  // Another version comes in, or the name does; a name that only begins alike is another.
  assert.deepEqual(await weighed(manifest('left'), lock(['left@1.2.3'], ['left@1.2.3', 'left@1.3.0'])), [
    `high left at ^1.2.0 ${had} and brings 1.3.0`,
  ]);
  for (const before of [[], ['left-pad@1.2.3'], ['@a/left@1.2.3']])
    assert.match(
      (await weighed(manifest('left'), lock(before, [...before, 'left@1.2.3'])))[0]!,
      /^high left at \^1\.2\.0 is new/,
    );
  // From elsewhere it is another one of that name.
  const elsewhere = file(
    'apps/a/package.json',
    null,
    '{"dependencies":{"left":"github:evil/left","pad":"1","pud":"1"}}',
  );
  assert.match(
    (await weighed(elsewhere, lock(['left@1.2.3'], ['left@1.2.3'])))[0]!,
    /^high left at github:evil\/left is new/,
  );
});

test('what a tool wrote along into a compiled list is one remark, a new name or a lower version more', async () => {
  const list = (...pins: string[]): string =>
    `# This file was autogenerated by uv\n${pins.map((p) => `${p}\n    # via jsonschema\n`).join('')}jsonschema==1\n    # via own\n`;
  const change = (before: string[], after: string[]): Promise<string[]> =>
    weighed(file('requirements.txt', list(...before), list(...after)));
  assert.deepEqual(await change(['attrs==1.0', 'rpds==1.0'], ['attrs==1.1', 'rpds==2.0']), [
    'medium attrs (indirect) goes from ==1.0 to ==1.1 Needed indirectly, too, and changed: rpds (line 4).',
  ]);
  // The project asks for it as well: it has no pin in its own list.
  const own = (pin: string) =>
    file(
      'requirements.txt',
      null,
      `#    uv export --frozen\n${pin}\n    # via\n    #   jsonschema\n    #   own\njsonschema==1\n`,
    );
  const direct = { ...own('left==1.1'), before: own('left==1.0').after };
  assert.deepEqual(await weighed(direct), ['high left goes from ==1.0 to ==1.1']);
  assert.deepEqual(await change(['attrs==1.0'], ['attrs==0.9']), [
    'high attrs (indirect) goes down from ==1.0 to ==0.9',
  ]);
  assert.deepEqual(await change(['attrs==1.0'], ['attrs==1.0', 'evil==1']), ['high evil (indirect) at ==1 is new']);
});

test('another major version of a Go module is the same module by another path', async () => {
  const mod = (...rows: string[]): string => `module a\n\nrequire (\n${rows.map((r) => `\t${r}\n`).join('')})\n`;
  const change = (before: string, after: string): Promise<string[]> => weighed(file('go.mod', mod(before), mod(after)));
  assert.deepEqual(await change('a.b/c v1.3.2', 'a.b/c/v2 v2.0.1'), ['high a.b/c/v2 goes from v1.3.2 to v2.0.1']);
  assert.deepEqual(await change('a.b/c v1.3.2', 'a.b/d/v2 v2.0.1'), ['high a.b/d/v2 at v2.0.1 is new']);
});

test('a commit by its whole name does not move, and a number written another way is the same', async () => {
  const dev = (hash: string) =>
    said(file('composer.json', '{"require":{"a/b":"^3.0"}}\n', `{"require":{"a/b":"dev-master${hash}"}}\n`));
  assert.doesNotMatch((await dev(`#${'2c02'.repeat(10)} as 3.0.999`))[0]!, /every day/);
  assert.match((await dev(''))[0]!, /every day/);
  assert.match((await dev('#main'))[0]!, /every day/);
  const pom = (version: string, more = ''): string =>
    `<project><artifactId>p</artifactId>${more}<dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>${version}</version></dependency></dependencies></project>\n`;
  const above = (number: string) =>
    file(
      'pom.xml',
      '<project></project>\n',
      `<project><properties><a.version>${number}</a.version></properties></project>\n`,
    );
  const part = file(
    'p/pom.xml',
    pom('${own.version}', '<properties><own.version>1.2</own.version></properties>'),
    pom('${a.version}'),
  );
  const ofPart = async (number: string) =>
    (await said(above(number), part)).filter((message) => message.startsWith('g:a'));
  assert.deepEqual(await ofPart('1.2'), []);
  assert.deepEqual(await ofPart('1.3'), ['g:a goes from 1.2 to 1.3']);
});

test('a version that the registry moves is said where the name is new, another package where the name stays', async () => {
  const npm = (list: string): string => `{ "dependencies": { ${list} } }\n`;
  const change = (before: string, after: string) => said(file('package.json', npm(before), npm(after)));
  assert.deepEqual(await change('"a": "1"', '"a": "1", "left": "latest"'), [
    'left at latest is new: take a release, for that can be other code every day, and check that the name is the intended one.',
  ]);
  assert.deepEqual(await change('"a": "1"', '"a": "1", "left": "1.0.0"'), ['left at 1.0.0 is new']);
  assert.deepEqual(await change('"left": "^1"', '"left": "npm:lefty@^1"'), [
    'left goes from ^1 to npm:lefty@^1, another package',
  ]);
  assert.deepEqual(await change('"left": "npm:lefty@1"', '"left": "npm:leftie@1"'), [
    'left goes from npm:lefty@1 to npm:leftie@1, another package',
  ]);
  // The same package, by its whole name.
  for (const [was, now] of [
    ['npm:lefty@1', 'npm:lefty@2'],
    ['1', 'npm:left@2'],
  ])
    assert.deepEqual(await change(`"left": "${was}"`, `"left": "${now}"`), [`left goes from ${was} to ${now}`]);
});

test('packages of one owner that come in one version beside another are told once', async () => {
  const pack = (name: string, version: string, when: string): string =>
    `  <PackageVersion Include="${name}" Version="${version}" Condition="'$(T)' ${when} 'net10'" />\n`;
  const props = (...names: string[]) =>
    file(
      'Directory.Packages.props',
      `<Project>\n${names.map((n) => pack(n, '9', '!=')).join('')}</Project>\n`,
      `<Project>\n${names.map((n) => pack(n, '9', '!=') + pack(n, '10', '==')).join('')}</Project>\n`,
    );
  const tell = async (...names: string[]): Promise<string[]> =>
    (await classify([props(...names)], ctx)).findings.map((f) => f.message);
  assert.deepEqual(await tell('Left.A', 'Left.B', 'Right.A'), [
    'Dependency Left.A is at 10 now: check what changed in it. So are: Left.B (line 5).',
    'Dependency Right.A is at 10 now: check what changed in it.',
  ]);
  // What came before in another form of the name is changed, not new, and stands for itself.
  const go = (...list: string[]): string => `module example.com/m\n\ngo 1.22\n\nrequire (\n${list.join('')})\n`;
  const along = (name: string, version: string): string => `\t${name} ${version} // indirect\n`;
  const found = await classify(
    [
      file(
        'go.mod',
        go(along('example.org/a', 'v1.0.0')),
        go(along('example.org/a', 'v1.1.0'), along('example.org/b', 'v1.0.0'), along('example.org/c', 'v1.0.0')),
      ),
    ],
    ctx,
  );
  assert.equal(found.findings.filter((f) => /is new: .*and new: example\.org\/c/.test(f.message)).length, 1);
});

test('the tier that the policy gives a dependency is not lowered', async () => {
  const change = file('Cargo.toml', '[dependencies]\nleft = "1.0"\n', '[dependencies]\nleft = "^1.0"\n');
  for (const tier of ['critical', 'high', 'medium'] as const) {
    const policy = { ...defaultPolicy, rules: { ...defaultPolicy.rules, tiers: { 'dependency-changed': tier } } };
    const { findings } = await classify([change], { ...ctx, policy });
    assert.deepEqual(
      findings.map((f) => f.tier),
      [tier],
    );
  }
});
