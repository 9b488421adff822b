/** What a rule wants to see before it speaks at its tier, and what it says on less. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';
import { findingsOf, tiersOf } from '../classify/tiersOf.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** `tier@line` of what a rule says of a change. */
const said = async (rule: string, ...files: FileChange[]): Promise<string[]> =>
  (await classify(files, ctx)).findings.filter((f) => f.rule === rule).map((f) => `${f.tier}@${f.line}`);
const file = (path: string, before: string | null, after: string | null): FileChange => ({ path, before, after });
const hash = '5c1d9e0b7a3f4628d1e0c9b8a7f6e5d4c3b2a190';

/** A workflow of one job with these steps. */
const workflow = (on: string, ...steps: string[]): string =>
  `on: ${on}\npermissions:\n  contents: write\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n${steps.map((s) => `      - ${s}\n`).join('')}`;

test('an action of the own organisation at a branch is a remark, where old texts say whose the repository is', async () => {
  const owners = file('CODEOWNERS', '* @harbour/all\n', '* @harbour/all @harbour/sec\n');
  const asked = "on: push\njobs:\n  a:\n    if: github.repository_owner == 'harbour'\n    runs-on: x\n    steps: []\n";
  const weigh = (uses: string, ...others: FileChange[]) =>
    said('workflow-unpinned', file('.github/workflows/a.yml', null, workflow('push', `uses: ${uses}`)), ...others);
  assert.deepEqual(await weigh('harbour/ships@main', owners), ['medium@8']);
  assert.deepEqual(await weigh('harbour/ships@main', file('.github/workflows/b.yml', asked, `${asked}# x\n`)), [
    'medium@8',
  ]);
  // Nobody says so, or the change alone does.
  assert.deepEqual(await weigh('harbour/ships@main'), ['high@8']);
  assert.deepEqual(await weigh('harbour/ships@main', file('CODEOWNERS', null, '* @harbour/all\n')), ['high@8']);
  assert.deepEqual(await weigh('harbour/ships@main', file('.github/workflows/b.yml', null, asked)), ['high@8']);
  // A person may own files, and is no organisation.
  assert.deepEqual(await weigh('harbour/ships@main', file('CODEOWNERS', '* @harbour\n', '* @x\n')), ['high@8']);
  assert.deepEqual(await weigh('pier/ships@main', owners), ['high@8']);
  // Strangers start it, or a hash is given up.
  const target = workflow('pull_request_target', 'uses: harbour/ships@main');
  assert.deepEqual(await said('workflow-unpinned', file('.github/workflows/a.yml', null, target), owners), ['high@8']);
  const pinned = workflow('push', `uses: harbour/ships@${hash}`);
  const loose = workflow('push', 'uses: harbour/ships@main');
  assert.deepEqual(await said('workflow-unpinned', file('.github/workflows/a.yml', pinned, loose), owners), ['high@8']);
});

test('a job whose condition is always true runs in any repository', async () => {
  const asked = "github.repository_owner == 'harbour'";
  const weigh = (condition: string) =>
    said(
      'workflow-unpinned',
      file(
        '.github/workflows/a.yml',
        null,
        workflow('push', 'uses: harbour/ships@main').replace('  a:\n', `  a:\n    if: ${condition}\n`),
      ),
    );
  for (const condition of [asked, `\${{ ${asked} }}`, `|\n      ${asked}`, `>-\n      \${{ ${asked} }}`])
    assert.match((await weigh(condition)).join(), /^medium/, condition);
  for (const condition of [
    `|\n      \${{ ${asked} }}`,
    `>+\n      \${{ ${asked} }}`,
    `|-\n\n      \${{ ${asked} }}`,
    `' \${{ ${asked.replaceAll("'", "''")} }}'`,
    `\${{ ${asked} }} && true`,
    `\${{ ${asked} }}\${{ ${asked} }}`,
  ])
    assert.match((await weigh(condition)).join(), /^high/, condition);
});

test('a tag in the place of a branch is no new risk, the other way it is', async () => {
  const weigh = (before: string, after: string) =>
    said(
      'workflow-unpinned',
      file('.github/workflows/a.yml', workflow('push', `uses: ${before}`), workflow('push', `uses: ${after}`)),
    );
  for (const name of ['actions/checkout', 'pier/ships']) {
    assert.deepEqual(await weigh(`${name}@master`, `${name}@v6`), [], name);
    assert.equal((await weigh(`${name}@v6`, `${name}@master`)).length, 1, name);
    assert.equal((await weigh(`${name}@main`, `${name}@next`)).length, 1, name);
    assert.equal((await weigh(`${name}@${hash}`, `${name}@v6`)).length, 1, name);
  }
  assert.equal((await weigh('pier/ships@master', 'quay/ships@v6')).length, 1);
});

test("the actions of GitHub's own owners are told along with another's", async () => {
  const steps = ['uses: actions/setup-go@v5', 'uses: github/codeql-action/init@v3', 'uses: pier/ships@v1'];
  const found = (await classify([file('.github/workflows/a.yml', null, workflow('push', ...steps))], ctx)).findings
    .filter((f) => f.rule === 'workflow-unpinned')
    .map((f) => `${f.tier}@${f.line} ${/ The tags of .*/.exec(f.message)?.[0] ?? ''}`);
  assert.deepEqual(found, ['high@10  The tags of actions/setup-go, github/codeql-action can move, too.']);
});

test('who acted last is weighed by who may do so', async () => {
  const weigh = async (on: string, condition: string) =>
    (
      await said(
        'workflow-condition-spoofable',
        file('.github/workflows/a.yml', null, workflow(on, 'run: make', `run: x\n        if: ${condition}`)),
      )
    ).map((s) => s.split('@')[0]);
  const actor = "github.actor == 'renovate[bot]'";
  const same = 'github.event.pull_request.head.repo.full_name == github.repository';
  assert.deepEqual(await weigh('pull_request', `${actor} && ${same}`), []);
  assert.deepEqual(await weigh('pull_request', `${actor} || ${same}`), ['medium']);
  assert.deepEqual(await weigh('[push, pull_request]', `${actor} && ${same}`), ['low']);
  assert.deepEqual(await weigh('pull_request_target', `\${{ ${same} && ${actor} }}`), ['low']);
  assert.deepEqual(await weigh('pull_request', actor), ['medium']);
  for (const condition of [
    actor,
    `${actor} || ${same}`,
    `${actor} && !(${same})`,
    `${actor} && contains('${same}', 'x')`,
    `${actor} && github.event.pull_request.head.repo.full_name != github.repository`,
    `|\n          \${{ ${actor} && ${same} }}`,
    `"\${{ ${actor} && ${same} }} "`,
  ])
    assert.deepEqual(await weigh('pull_request_target', condition), ['high'], condition);
  for (const on of ['workflow_run', 'issue_comment', 'workflow_call'])
    assert.deepEqual(await weigh(on, actor), ['high'], on);
});

test('a secret that is the address of the call goes to nobody else', async () => {
  const weigh = async (run: string) =>
    (
      await said('workflow-secrets-exposed', file('.github/workflows/a.yml', null, workflow('push', `run: ${run}`)))
    ).map((s) => s.split('@')[0]);
  const hook = '${{ secrets.DEPLOY_HOOK }}';
  assert.deepEqual(await weigh(`curl --fail -X POST ${hook}`), ['low']);
  assert.deepEqual(await weigh(`curl -fsS "${hook}"`), ['low']);
  for (const run of [
    `curl -d ${hook} https://quay.example`,
    `curl -X POST ${hook}.quay.example`,
    `curl -x http://quay.example ${hook}`,
    `curl -v ${hook}`,
    `curl ${hook} https://quay.example/?x=1`,
    `curl -X POST ${hook} && echo ${hook}`,
    'curl ${{ secrets.API_TOKEN }}',
    'curl -H "Authorization: ${{ secrets.API_TOKEN }}" https://quay.example',
    `echo ${hook}`,
  ])
    assert.ok((await weigh(run)).includes('high'), run);
});

test('the owner of a folder that goes with its files is a remark, where they are an owner of what is around it', async () => {
  const rules = (...more: string[]): string => ['* @org/all', '*.lock @org/sec @org/all', ...more, ''].join('\n');
  const owners = (line: string): FileChange => file('CODEOWNERS', rules(line), rules());
  const gone = (path: string): FileChange => file(path, 'x\n', null);
  const find = (...files: FileChange[]) => said('owners-removed', ...files);
  assert.deepEqual(await find(owners('Lite/ @org/all'), gone('Lite/a.txt'), gone('x/Lite/b.txt')), ['low@2']);
  // Another owner, files that stay, no file of it.
  assert.deepEqual(await find(owners('Lite/ @ann'), gone('Lite/a.txt')), ['high@2']);
  assert.deepEqual(await find(owners('Lite/ @org/all'), gone('Lite/a.txt'), file('Lite/b.txt', 'x\n', 'y\n')), [
    'high@2',
  ]);
  assert.deepEqual(await find(owners('Lite/ @org/all'), gone('Elite/a.txt')), ['high@2']);
  assert.deepEqual(await find(owners('Lite/ @org/all'), gone('Lite/a.txt')), ['medium@2'], 'one alone');
  // What only tells about the folder, and a folder that guards something.
  assert.deepEqual(await find(owners('Lite/ @org/all'), gone('Lite/README.md')), ['high@2']);
  assert.deepEqual(await find(owners('src/auth/ @org/all'), gone('src/auth/a.ts')), ['high@2']);
});

test('a table whose rows are all copied to one that takes its name is rebuilt', async () => {
  const made = 'CREATE TABLE tracks_tmp (\n    id integer PRIMARY KEY,\n    title text\n);\n';
  const copy = 'INSERT INTO tracks_tmp (id, title)\nSELECT id, title\nFROM tracks';
  const drop = 'DROP TABLE tracks;\n';
  const name = 'ALTER TABLE tracks_tmp RENAME TO tracks;\n';
  const weigh = async (...parts: string[]) =>
    (await said('sql-data-loss', file('db/migrations/7.sql', null, parts.join('')))).map((s) => s.split('@')[0]);
  assert.deepEqual(await weigh(made, `${copy};\n`, drop, name), ['high']);
  for (const parts of [
    [made, `${copy} WHERE id > 5;\n`, drop, name],
    [made, `${copy} LIMIT 10;\n`, drop, name],
    [made, copy.replace('SELECT', 'SELECT DISTINCT'), ';\n', drop, name],
    [made, copy.replace('INSERT', 'INSERT OR IGNORE'), ';\n', drop, name],
    [made, copy.replace('SELECT id, title', 'SELECT count(*), max(title)'), ';\n', drop, name],
    [made, copy.replace('FROM tracks', 'FROM (SELECT * FROM tracks LIMIT 1)'), ';\n', drop, name],
    [made, copy.replace('FROM tracks', 'FROM albums'), ';\n', drop, name],
    [made, drop, `${copy};\n`, name],
    [made, `${copy};\n`, 'DELETE FROM tracks_tmp WHERE id > 5;\n', drop, name],
    [made, `${copy};\n`, drop],
    [made, `${copy};\n`, drop, name.replace('TO tracks', 'TO others')],
    [made, `${copy};\n`, drop.replace('tracks', 'tracks CASCADE'), name],
    [`${copy};\n`, drop, name],
  ])
    assert.ok((await weigh(...parts)).includes('critical'), parts.join(''));
});

test('a mark of direction is weighed by what it can hide', async () => {
  const weigh = async (path: string, text: string) =>
    (await said('hidden-text', file(path, null, text))).map((s) => s.split('@')[0]);
  const fa = '\u0628\u0627\u0631';
  assert.deepEqual(await weigh('locale/fa/messages.po', `msgid "a"\nmsgstr "\u202a${fa}"\n`), ['medium']);
  assert.deepEqual(await weigh('locale/fa/messages.po', `msgid "a"\nmsgstr "\u202e${fa}"\n`), ['critical']);
  assert.deepEqual(await weigh('locale/fa/messages.po', `msgid "\u202a${fa}"\nmsgstr "b"\n`), ['critical']);
  assert.deepEqual(await weigh('locale/fa/messages.po', `#\u202a${fa}\nmsgstr "b"\n`), ['critical']);
  assert.deepEqual(await weigh('locale/fa/messages.po', 'msgstr "\u202aabc"\n'), ['critical']);
  assert.deepEqual(await weigh('src/fa.ts', `const a = "\u202a${fa}";\n`), ['critical']);
  assert.deepEqual(await weigh('src/a.ts', 'const a = `\u2066(5%)\u2069`;\n'), ['medium']);
  for (const line of [
    '\u2066\u200f1 // 2\u200f\u2069',
    '\u2066\ufe8d 1\u2069',
    '\u2066(5%)',
    '\u2067(5%)\u2069',
    `\u2066(5%)\u2069${fa}`,
    '\u2066a\u202eb\u2069',
  ])
    assert.ok((await weigh('src/a.ts', `const a = '${line}';\n`)).includes('critical'), JSON.stringify(line));
});

test('names in SQL of a list that the file writes out can be nothing else', async () => {
  const go = (rows: string, more = '', call = 'row.table, row.col'): string =>
    `package db\n\nvar columns = []struct{ table, col string }{\n${rows}\n}\n\nfunc all(ctx context.Context, tx *sql.Tx) {\n\tfor _, row := range columns {\n\t\trewrite(ctx, tx, ${call})\n\t}\n${more}}\n\nfunc rewrite(ctx context.Context, tx *sql.Tx, table, col string) {\n\ttx.QueryContext(ctx, fmt.Sprintf("SELECT rowid, %[2]s FROM %[1]s WHERE %[2]s <> ''", table, col))\n}\n`;
  const find = (text: string) => said('sql-injection', file('src/db/rows.go', null, text));
  const rows = '\t{"album", "id"}, {"track", "pid"},';
  assert.deepEqual(await find(go(rows)), []);
  for (const text of [
    go('\t{"album", "id"}, {"track", name},'),
    go('\t{"album", "id"}, other,'),
    go(rows, '\tcolumns = append(columns, given)\n'),
    go(rows, '\tcolumns[0] = given\n'),
    go(rows, '\tfor _, row := range given {\n\t\trewrite(ctx, tx, row.table, row.col)\n\t}\n'),
    go(rows, '\trow := given\n'),
    go(rows).replace('{\n\t\trewrite', '{\n\t\trow.table = given\n\t\trewrite'),
    go(rows).replace('{\n\t\trewrite', '{\n\t\tread(&row)\n\t\trewrite'),
    go(rows).replace('{\n\t\trewrite', '{\n\t\tread(&row.table)\n\t\trewrite'),
    `${go(rows)}\nfunc one(ctx context.Context, tx *sql.Tx, row Target) {\n\trewrite(ctx, tx, row.table, row.col)\n}\n`,
    go(rows, '\trewrite(ctx, tx, "album", given)\n'),
    go(rows, '', 'row.table, given'),
    go(rows).replaceAll('rewrite(', 'Rewrite('),
  ])
    assert.equal((await find(text)).length, 1, text);
  const value = go(rows).replace("<> ''", "= '%[3]s'").replace('table, col))', 'table, col, given))');
  assert.deepEqual(
    (await find(value)).map((s) => s.split('@')[0]),
    ['high'],
  );
});

test('a mode that gives others nothing is open to a group, not to everyone', async () => {
  const go = (line: string) => `package store\n\nimport "os"\n\nfunc open(dir string) error {\n\t${line}\n}\n`;
  const weigh = (mode: string) =>
    said('file-permissions-wide', file('store/open.go', go('return nil'), go(`return os.Chmod(dir, ${mode})`)));
  for (const mode of ['0o777', '0o666', '0o772']) assert.deepEqual(await weigh(mode), ['high@6'], mode);
  for (const mode of ['0o770', '0o660']) assert.deepEqual(await weigh(mode), ['medium@6'], mode);
  assert.deepEqual(await weigh('0o700'), []);
});

test('an image that starts nothing weighs less where it is one to build in', async () => {
  const found = (text: string): Promise<string> => tiersOf('docker-root', { Dockerfile: text });
  assert.equal(await found('FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nWORKDIR /app\nCOPY . .\n'), 'low');
  assert.equal(await found('FROM golang:1.24 AS builder\nCOPY . .\nEXPOSE 8080\n'), 'high', 'it serves');
  assert.equal(await found('FROM node:22-bookworm-slim\nRUN apt-get update\n'), 'high');
  assert.equal(await found('FROM nginx:1.27\nCOPY site /usr/share/nginx/html\n'), 'high');
  assert.equal(await found('FROM node:22 AS build\nCOPY . .\n'), 'high');
  assert.equal(await found('FROM node:22\nRUN true\nCMD ["node"]\n'), 'high');
});

test('a table that makes way for a new one of its name, with its rows, keeps its name', async () => {
  const up = (...calls: string[]): string =>
    `using Microsoft.EntityFrameworkCore.Migrations;\n\npublic partial class A : Migration\n{\n    protected override void Up(MigrationBuilder migrationBuilder)\n    {\n${calls.map((c) => `        migrationBuilder.${c};\n`).join('')}    }\n}\n`;
  const found = async (...calls: string[]): Promise<number> =>
    (await findingsOf('migration-operation', { 'Data/Migrations/20260101_A.cs': up(...calls) })).filter(
      (f) => f.line === 7,
    ).length;
  const rename = `Sql("EXEC sp_rename N'[Berths]', N'[Berths_old]'")`;
  const make = (name: string): string =>
    `CreateTable(name: "${name}", columns: table => new { Id = table.Column<int>() })`;
  const fill = 'Sql("INSERT INTO [Berths] ([Id]) SELECT [Id] FROM [Berths_old]")';
  assert.equal(await found(rename, make('Berths'), fill), 0);
  assert.equal(await found('RenameTable(name: "Berths", newName: "Berths_old")', make('Berths'), fill), 0);
  assert.equal(await found(rename), 1);
  assert.equal(await found(rename, make('Berths')), 1, 'stays empty');
  assert.equal(await found(rename, make('Slots'), fill), 1);
  assert.equal(await found(rename, make('Berths'), fill.replace('_old]")', '_old] WHERE [Id] > 9")')), 1, 'in part');
});

test('a discovery document is for every site', async () => {
  const serve = (fields: string): string =>
    `package web\n\nimport "net/http"\n\nfunc (h *Handler) serve(w http.ResponseWriter, r *http.Request) {\n\tdoc := document{\n${fields}\t}\n\tw.Header().Set("Access-Control-Allow-Origin", "*")\n\t_ = json.NewEncoder(w).Encode(doc)\n}\n`;
  const metadata =
    '\t\tSubjectTypesSupported: []string{"public"},\n\t\tResponseTypesSupported: []string{"id_token"},\n';
  const found = (text: string): Promise<string> => tiersOf('cors-any-origin', { 'web/handler.go': text });
  assert.equal(await found(serve(metadata)), 'low');
  assert.equal(await found(serve('\t\tOrders: h.orders(r),\n')), 'high');
  const other = serve('\t\tOrders: h.orders(r),\n').slice(serve('').indexOf('func'));
  assert.equal(await found(`${serve(metadata)}\n${other.replace('serve', 'list')}`), 'low high');
  const cookies = 'w.Header().Set("Access-Control-Allow-Credentials", "true")\n\t_ =';
  assert.match(await found(serve(metadata).replace('_ =', cookies)), /high/);
});

test('a module that makes a user lets its callers say what that one may do', async () => {
  const policy = (user: string, when = 'count = local.inline ? 1 : 0'): string =>
    `resource "aws_iam_user" "this" {\n  name = var.name\n}\n\nresource "aws_iam_user_policy" "inline" {\n  ${when}\n  user   = ${user}\n  policy = var.policy\n}\n`;
  const found = (path: string, text: string): Promise<string> => tiersOf('cloud-setting-weak', { [path]: text });
  assert.equal(await found('modules/iam-user/main.tf', policy('aws_iam_user.this[0].name')), 'low');
  assert.equal(await found('live/main.tf', policy('aws_iam_user.this[0].name')), 'medium');
  assert.equal(await found('modules/iam-user/main.tf', policy('"alice"')), 'medium');
  assert.equal(await found('modules/iam-user/main.tf', policy('aws_iam_user.this[0].name', 'name = "a"')), 'medium');
});
