import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const grammars = createGrammars();

/** What is told of a minified library that goes from one text to another, in so many files. */
async function told(before: string | null, after: string, ...paths: readonly string[]): Promise<string[]> {
  const changes = (paths.length > 0 ? paths : ['assets/vendor/pick/pick.min.js']).map((path) => ({
    path,
    before,
    after,
  }));
  const { findings } = await classify(changes, { grammars, policy: defaultPolicy });
  return findings.map((f) => `${f.rule} ${f.tier}`);
}

const filling = (name: string): string =>
  Array.from({ length: 60 }, (_, i) => `function ${name}${i}(a,b){return a+b*${i}}`).join('');
const merge = 'function set(o,p,v){var s=p.split("."),c=o;for(var i=0;i<s.length-1;i++){c=c[s[i]]}c[s[s.length-1]]=v}';
const shows = 'function show(e,h){e.innerHTML=h}';
const copy = (version: string, name: string, more: string): string =>
  `/*! Pick ${version} | https://pick.example.org/LICENSE.md */\n${filling(name)}${more}\n`;

test('another release of a library is told once, whatever it holds', async () => {
  assert.deepEqual(await told(copy('4.0.2', 'n', ''), copy('4.0.13', 'e', merge + shows)), [
    'dependency-changed medium',
  ]);
  assert.deepEqual(
    await told(copy('4.0.2', 'n', ''), copy('4.0.13', 'e', merge), 'vendor/pick.min.js', 'vendor/pick.full.min.js'),
    ['dependency-changed medium'],
  );
});

test('an edit of the version that is there is told like any code', async () => {
  const hand = await told(copy('4.0.2', 'n', ''), copy('4.0.2', 'n', merge + shows));
  assert.deepEqual(hand.sort(), ['cross-site-scripting high', 'prototype-pollution high']);
  // The number alone is soon changed.
  assert.equal((await told(copy('4.0.2', 'n', ''), copy('4.0.3', 'n', merge + shows))).length, 2);
  // Nor do places at both of its ends make another release.
  const first = copy('4.0.3', 'n', merge + shows).replace('function n0', 'function z0');
  assert.equal((await told(copy('4.0.2', 'n', ''), `${first}\nwindow.z=1`)).length, 2);
  // A bundle of one's own.
  assert.ok(
    (await told(copy('4.0.2', 'n', ''), copy('4.0.13', 'e', merge), 'public/js/shop.min.js')).includes(
      'prototype-pollution high',
    ),
  );
  // Another library under the same name, and one's own code.
  assert.deepEqual(await told(copy('4.0.2', 'n', ''), copy('4.0.3', 'e', merge).replace('Pick', 'Pluck')), [
    'prototype-pollution high',
  ]);
  assert.deepEqual(await told(copy('4.0.2', 'n', ''), copy('4.0.3', 'e', merge), 'src/pick.js'), [
    'prototype-pollution high',
  ]);
});

test('what is put into a release on purpose is told', async () => {
  const code = 'function run(q){return eval(location.hash.slice(1)+q)}';
  const found = await told(copy('4.0.2', 'n', ''), copy('4.0.13', 'e', code + merge));
  assert.ok(found.includes('code-injection critical') || found.includes('code-injection high'), found.join());
});

test('a readable library of others is told once where it is new or another text', async () => {
  const rows = (name: string): string =>
    Array.from({ length: 60 }, (_, i) => `function ${name}${i}(a, b) {\n  return a + b * ${i};\n}\n`).join('');
  const sink = 'function show(e, h) {\n  e.innerHTML = h;\n}\n';
  const banner = '/*!\n * Pick 1.1.0\n * https://pick.example.org\n */\n';
  const path = 'assets/vendor/pick/pick.js';
  assert.deepEqual(await told(copy('1.1.0', 'n', ''), banner + rows('n') + sink, path), ['dependency-changed medium']);
  assert.deepEqual(await told(null, banner + rows('n') + sink, path), ['dependency-changed medium']);
  assert.deepEqual(
    await told(banner + rows('n'), banner + rows('n') + sink, path),
    ['cross-site-scripting high'],
    'by hand',
  );
  assert.deepEqual(await told(null, rows('n') + sink, path), ['cross-site-scripting high'], 'no banner');
  const handler = 'exports.handler = async (event) => fetch(event.queryStringParameters.url);\n';
  assert.deepEqual(await told(null, banner + handler, 'api/vendors/list.js'), ['request-forgery high']);
  const route = "app.get('/v', (req, res) => {\n  db.query('SELECT * FROM v WHERE n = ' + req.query.n);\n});\n";
  assert.deepEqual(
    await told(null, banner + route, 'server/vendors/list.js'),
    ['sql-injection high'],
    'of the product',
  );
  assert.deepEqual(await told(null, banner + rows('n') + sink, 'assets/pick.js'), ['cross-site-scripting high']);
  const evil = 'function run(q) {\n  eval(q.location.hash.slice(1));\n}\n';
  assert.ok(
    (await told(null, banner + rows('n') + sink + evil, path)).some((t) => t.startsWith('code-injection ')),
    'on purpose',
  );
});
