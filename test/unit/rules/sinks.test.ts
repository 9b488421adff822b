import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };

/** The tier at which a rule speaks of a new file, or `-`. */
const weigh = async (rule: string, path: string, after: string, before: string | null = null): Promise<string> =>
  (await classify([{ path, before, after }], ctx)).findings.find((f) => f.rule === rule)?.tier ?? '-';

test('what is put into SQL weighs by where it stands and where it comes from', async () => {
  const js = async (sql: string, rest = '', head = 'export async function f(pool, name, column, req)') =>
    weigh('sql-injection', 'src/a.ts', `${rest}\n${head} {\n  return pool.query(${sql});\n}\n`);
  const select = (rest: string): string => `\`SELECT id FROM users ${rest}\``;
  assert.equal(await js(select("WHERE name = '${name}'")), 'high', 'a value');
  assert.equal(await js(select('WHERE name = ${name}')), 'high', 'without quotes');
  assert.equal(await js(select("WHERE name LIKE '%${name}%'")), 'high');
  assert.equal(await js(select('WHERE id IN (${name})')), 'high');
  assert.equal(await js(select("WHERE name = '${getName()}'")), 'high', 'of a call');
  assert.equal(await js(select('ORDER BY ${column}')), 'medium', 'a name');
  assert.equal(await js(select('ORDER BY ${req.query.sort}')), 'high', 'a name that a request sends');
  assert.equal(await js(select('ORDER BY ${userInput}')), 'high', 'a name that says so');
  assert.equal(await js(select('WHERE name = ${columns.includes(name) ? name : name}')), 'high', 'a choice of values');
  assert.equal(await js(select("ORDER BY ${column === 'a' ? 'a' : 'b'}")), '-', 'one of two texts');
  assert.equal(
    await js(select('ORDER BY ${sorts[column]}'), "const sorts = { a: 'name', b: 'id' };"),
    '-',
    'of a table',
  );
  assert.equal(await js(select('ORDER BY ${sorts[column] ?? column}'), "const sorts = { a: 'name' };"), 'medium');
  assert.equal(
    await js(select('ORDER BY ${sorts[column]}'), 'const sorts = load();'),
    'medium',
    'a table made elsewhere',
  );
  assert.equal(await js(select('WHERE ${TABLE}.id = $1')), '-', 'a constant');
  assert.equal(await js(select('WHERE name = ${this.name}')), 'medium', 'what an object holds');
  assert.equal(await js(select('LIMIT ${n}'), '', 'export async function f(pool, n: number)'), '-', 'a number');
  assert.equal(await js(select("WHERE a = '${n}'"), '', 'export async function f(pool, n: number | string)'), 'high');
  assert.equal(await js(select('ORDER BY ${n}'), '', 'export async function f(pool, n: number[])'), 'medium');
});

test('a name that all callers of a private function write out is no variable', async () => {
  const js = async (calls: string, head = 'function f') =>
    weigh(
      'sql-injection',
      'src/a.ts',
      `${head}(pool, column) {\n  return pool.query(\`SELECT max(\${column}) FROM t\`);\n}\n${calls}`,
    );
  assert.equal(await js("f(db, 'a');\nf(db, 'b');\n"), '-');
  assert.equal(await js("f(db, 'a');\nf(db, process.argv[2]);\n"), 'medium');
  assert.equal(await js("f(db, 'a');\nexport { f };\n"), 'medium');
  assert.equal(await js("f(db, 'a');\nmodule.exports = { f };\n"), 'medium');
  assert.equal(await js("f(db, 'a');\n[x].map((c) => f(db, c));\n"), 'medium');
  assert.equal(await js("f(db, 'a');\n", 'export function f'), 'medium');
  assert.equal(await js("f(db, 'a');\nrun(f);\n"), 'medium', 'handed on');
});

test('conditions of a query that the driver binds are no text', async () => {
  const py = async (code: string, head = 'from sqlalchemy import select, text\nPREFIX = "a"\nNAME = f"{PREFIX}-b"\n') =>
    weigh('sql-injection', 'src/a.py', `${head}def f(session, org, value, request):\n    return ${code}\n`);
  assert.equal(await py('session.execute(select(User).join(A, A.id == User.id).where(A.org == org.id))'), '-');
  assert.equal(await py('session.scalar(select(E.id).where(E.key.startswith(NAME, autoescape=True)))'), '-');
  assert.equal(await py('session.execute(select(User).where(text(f"name = \'{value}\'")))'), 'high');
  assert.equal(await py('session.execute(text(f"SELECT id FROM users WHERE name = \'{value}\'"))'), 'high');
  assert.equal(await py('session.execute("SELECT id FROM users WHERE name = \'%s\'" % value)'), 'high');
  assert.equal(await py('session.execute("SELECT id FROM users WHERE n = \'{}\' AND b = 1".format(value))'), 'high');
  assert.equal(await py('session.execute("SELECT id FROM users WHERE n = %d" % value)'), '-');
  assert.equal(await py('session.execute(f"SELECT id FROM {value}")'), 'medium');
  assert.equal(await py('session.execute(f"SELECT id FROM {request.args[\'t\']}")'), 'high');
  assert.equal(await py('session.execute(f"SELECT id FROM {NAME}")'), '-');
});
