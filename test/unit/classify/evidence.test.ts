import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type Texts = Readonly<Record<string, string>>;
const tiers = async (rule: string, files: Texts, old: Texts = {}): Promise<string> =>
  (
    await classify(
      Object.entries(files).map(([path, after]) => ({ path, before: old[path] ?? null, after })),
      ctx,
    )
  ).findings
    .filter((f) => f.rule === rule)
    .map((f) => f.tier)
    .join(' ');

test('of a resource that is new no protection is lifted', async () => {
  const rule = 'cloud-protection-off';
  const bucket = (keeps: string, name = 'state', more = ''): string =>
    `resource "aws_s3_bucket" "${name}" {\n  bucket = var.name\n  lifecycle {\n    prevent_destroy = ${keeps}\n  }\n}\n${more}`;
  const path = 'infra/main.tf';
  assert.equal(await tiers(rule, { [path]: bucket('false') }), 'high');
  assert.equal(await tiers(rule, { 'modules/a/examples/all/main.tf': bucket('false') }), 'medium');
  const loud: [Texts, Texts?][] = [
    [{ [path]: bucket('false') }, { [path]: bucket('true') }],
    [{ [path]: bucket('false', 'store') }, { [path]: bucket('true') }],
    [{ 'infra/new.tf': bucket('false'), [path]: '\n' }, { [path]: bucket('true') }],
    [{ [path]: bucket('false', 'state', 'import {\n  to = aws_s3_bucket.state\n  id = "a"\n}\n') }],
    [{ [path]: bucket('false'), 'scripts/adopt.sh': 'terraform import aws_s3_bucket.state acme-state\n' }],
    [{ 'infra/examples/main.tf': bucket('false') }, { 'infra/examples/main.tf': bucket('true') }],
  ];
  for (const [files, old] of loud) assert.equal(await tiers(rule, files, old), 'critical', JSON.stringify(files));
});

test('a program that an image of the change starts has to listen to its container', async () => {
  const rule = 'listen-on-all-interfaces';
  const app = "from flask import Flask\n\napp = Flask(__name__)\napp.run(host='0.0.0.0', port=80)\n";
  const image = (starts: string): string => `FROM python:3.13\nCOPY . .\nUSER app\nCMD ${starts}\n`;
  const both = (starts: string, folder = 'web/'): Texts => ({
    'web/app.py': app,
    [`${folder}Dockerfile`]: image(starts),
  });
  assert.equal(await tiers(rule, both('["python", "app.py"]')), 'low');
  assert.equal(await tiers(rule, both('python ./app.py')), 'low');
  assert.equal(await tiers(rule, { 'web/app.py': app }), 'high');
  assert.equal(await tiers(rule, both('["python", "other_app.py"]')), 'high');
  assert.equal(await tiers(rule, both('["python", "app.py"]', 'jobs/')), 'high');
  const compose = 'services:\n  web:\n    build: web\n    network_mode: host\n';
  assert.equal(await tiers(rule, { ...both('["python", "app.py"]'), 'compose.yaml': compose }), 'high');
  const task = '{"family": "web", "networkMode": "host", "containerDefinitions": []}\n';
  assert.equal(await tiers(rule, { ...both('["python", "app.py"]'), 'deploy/task.json': task }), 'high');
});

test('an image that starts nothing weighs less where it is one to build in', async () => {
  const found = (text: string): Promise<string> => tiers('docker-root', { Dockerfile: text });
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
    (
      await classify([{ path: 'Data/Migrations/20260101_A.cs', before: null, after: up(...calls) }], ctx)
    ).findings.filter((f) => f.rule === 'migration-operation' && f.line === 7).length;
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
  const found = (text: string): Promise<string> => tiers('cors-any-origin', { 'web/handler.go': text });
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
  const found = (path: string, text: string): Promise<string> => tiers('cloud-setting-weak', { [path]: text });
  assert.equal(await found('modules/iam-user/main.tf', policy('aws_iam_user.this[0].name')), 'low');
  assert.equal(await found('live/main.tf', policy('aws_iam_user.this[0].name')), 'medium');
  assert.equal(await found('modules/iam-user/main.tf', policy('"alice"')), 'medium');
  assert.equal(await found('modules/iam-user/main.tf', policy('aws_iam_user.this[0].name', 'name = "a"')), 'medium');
});
