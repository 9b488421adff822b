import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, before: string | null, after: string | null): File => ({ path, before, after });
/** What the first file is told to have lost. */
const told = async (...files: File[]): Promise<string> =>
  (await classify(files, ctx)).files[0]!.classification.findings.filter((f) => f.rule === 'safeguard-removed')
    .map((f) => f.tier)
    .join(' ');

const rules = (body: string, ways = ['insert', 'update', 'remove']): string =>
  `Team.allow({\n${ways.map((w) => `  async ${w}(userId, doc) {\n${body}  },\n`).join('')}  fetch: [],\n});\n`;
const own =
  '    const user = await Users.findOneAsync(userId);\n    if (user?.isAdmin)\n      return true;\n    return doc._id === userId;\n';
const calls = '    return onlySiteAdmin(userId);\n';
const head = "import { onlySiteAdmin } from '/server/lib/admins';\n";
const helper = (body: string): File =>
  file('server/lib/admins.js', null, `export async function onlySiteAdmin(userId) {\n${body}}\n`);
const denies = '  const user = await Users.findOneAsync(userId);\n  if (user?.isAdmin) return true;\n  return false;\n';
const team = (after: string): File => file('server/permissions/team.js', rules(own), head + after);
// Two other files that had the same check, so that none of it has moved by count alone.
const others = ['org', 'board'].map((n) =>
  file(`server/permissions/${n}.js`, rules(own), rules(own.replace('Admin', 'Owner'))),
);

test('a check that a function makes in all its places is worth a look, once a file', async () => {
  assert.match(await told(team(rules(calls)), helper(denies), ...others), /^(?:medium)?$/);
  assert.equal(await told(team(rules(own.replace('Admin', 'Owner')))), 'critical');
});

test('a function that does not make the check, lets all in, or is not asked, stands for none', async () => {
  for (const [name, after, body] of [
    ['another field', rules(calls), denies.replace('isAdmin', 'isActive')],
    ['only said', rules(calls), `  // isAdmin\n  return 'isAdmin' !== '';\n`],
    [
      'nobody is turned away',
      rules(calls),
      '  const user = await find(userId);\n  log(user?.isAdmin);\n  return true;\n',
    ],
    ['only noted', rules(calls), '  if (!userId) return false;\n  log(user?.isAdmin);\n  return true;\n'],
    ['not heeded', rules('    onlySiteAdmin(userId);\n    return true;\n'), denies],
    ['not in the change', rules(calls), undefined],
  ] as const) {
    const files = [team(after), ...(body === undefined ? [] : [helper(body)]), ...others];
    assert.match(await told(...files), /critical/, name);
  }
});

const auth = (arms: string): string =>
  `impl Session {\n    async fn next(&mut self) -> Result<bool> {\n        match (token, kind) {\n${arms}            _ => (),\n        }\n    }\n}\n`;
const arm = (name: string, body = 'return self.authenticate(credentials).await;'): string =>
  `            (${name}, _) => {\n                if let Some(credentials) = decode_${name.toLowerCase().replace(/\W+.*/, '')}(&response) {\n                    ${body}\n                }\n            }\n`;

test('a branch that another took in, with its check, is no check less', async () => {
  const rust = (after: string): File => file('src/inbound/auth.rs', auth(arm('BEARER') + arm('XOAUTH')), auth(after));
  assert.equal(await told(rust(arm('BEARER | XOAUTH'))), '');
  assert.match(await told(rust(arm('BEARER'))), /critical/, 'only gone');
  assert.match(await told(rust(arm('BEARER') + arm('XOAUTH', 'return Ok(true);'))), /critical/, 'nothing asked');
  assert.match(await told(rust(arm('BEARER | XOAUTH', '// self.authenticate(credentials)'))), /critical/, 'said');
  assert.match(await told(rust(arm('BEARER | OTHER'))), /critical/, 'another');
  const call = 'self.authenticate(credentials).await;';
  assert.match(await told(rust(arm('BEARER | XOAUTH', `if STRICT {\n return ${call} }`))), /critical/, 'at times');
  assert.match(await told(rust(arm('BEARER | XOAUTH', `let _ = ${call}`))), /critical/, 'not heeded');
  assert.match(await told(rust(arm('BEARER | XOAUTH', `log("${call}");`))), /critical/, 'in a text');
});

test("a client's own login is noted, a server's door is not", async () => {
  const start = (line: string, use = 'use clap::Parser;'): string =>
    `${use}\n\nasync fn start() -> Result<()> {\n${line}    go().await\n}\n`;
  const login = '    let cfg = authenticate().await?;\n';
  const cli = (use?: string, path = 'acme-cli/src/start.rs'): File => file(path, start(login, use), start('', use));
  assert.equal(await told(cli()), 'low');
  assert.equal(await told(cli('use axum::Router;\nuse clap::Parser;')), 'critical');
  assert.equal(await told(cli('use std::io;')), 'critical');
  assert.equal(await told(cli('use sqlx::PgPool;\nuse clap::Parser;')), 'critical', 'no server asks');
  assert.equal(await told(cli(undefined, 'server/src/start.rs')), 'critical');
  const given = cli();
  given.before = given.before!.replace('authenticate()', 'authenticate(&token)');
  assert.equal(await told(given), 'critical');
});
