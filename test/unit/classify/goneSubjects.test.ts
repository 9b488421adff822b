import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, before: string | null, after: string | null): File => ({ path, before, after });
const found = async (...files: File[]): Promise<number> =>
  (await classify(files, ctx)).findings.filter((f) => f.rule === 'tests-removed').length;

const options = (fields: string): string => `export interface Option {\n  id: string;\n${fields}}\n`;
const kept = "test('has an id', () => {\n  expect(one().id).toBe('a');\n});\n";
const badge = (asserts = "  expect(one().badge?.text).toBe('soon');\n"): string =>
  `\ntest('what comes is marked', () => {\n${asserts}});\n`;
const product = file('src/options.ts', options('  badge?: { text: string };\n'), options(''));
const tests = (gone: string, path = 'src/options.test.ts'): File => file(path, kept + gone, kept);
const menu = file('src/menu.tsx', 'a();\n', 'export const M = () => <Badge badge={b} />;\n');

test('a test that asked only for a field that its file lost went with the field', async () => {
  assert.equal(await found(product, menu, tests(badge())), 0);
  for (const [name, files] of Object.entries({
    'the field is there': [file('src/options.ts', options('  badge: string;\n'), options('  badge: number;\n'))],
    'the field has another place': [
      file('src/options.ts', product.before, `interface B {\n  badge: 1;\n}\n${product.after}`),
    ],
    'the product is as it was': [file('src/options.ts', product.before, `${product.before}x();\n`)],
    'another file lost it': [{ ...product, path: 'src/others.ts' }],
  }))
    assert.equal(await found(...files, menu, tests(badge())), 1, name);
  const more = badge("  expect(one().badge).toBe('soon');\n  expect(one().id).toBe('b');\n");
  assert.equal(await found(product, menu, tests(more)), 1);
  assert.equal(await found(product, menu, tests(badge('  one().badge;\n'))), 1);
  const guarded = (text: string): string => text.replaceAll('badge', 'isAllowed');
  assert.equal(await found({ ...product, before: guarded(product.before!) }, menu, tests(guarded(badge()))), 1);
});

const type = (name: string, field: string): string => `class ${name}:\n    number = Int()\n${field}`;
const field = '    available_methods = List(\n        Method,\n    )\n';
const order = file('graphql/order/types.py', type('Order', field), type('Order', ''));
const checkout = (before: string, after: string): File =>
  file('graphql/checkout/types.py', `${before}a = 1\n`, `${after}a = 2\n`);
const both = checkout(type('Checkout', field), type('Checkout', field));
const first = 'def test_number(api):\n    assert api.number == 1\n';
const asksFor =
  '\n\ndef test_methods(api):\n    query = "{ availableMethods { id } }"\n    assert len(api.run(query)) == 1\n';
const inOrder = (gone = asksFor, before = first): File => file('graphql/order/tests/test_a.py', before + gone, before);

test('a test of what one part lost is none of the part that keeps the name', async () => {
  assert.equal(await found(order, both, inOrder()), 0);
  const helpers =
    'METHODS = """\n{ availableMethods { id } }\n"""\n\n\ndef test_a(api):\n    assert api\n\n\ndef test_b(api):\n    assert len(api.run(METHODS)) == 1\n';
  const left = 'def test_a(api):\n    assert api\n';
  assert.equal(await found(order, both, file('graphql/order/tests/test_a.py', helpers, left)), 0);
  for (const [name, files] of Object.entries({
    'a test of the other part': [order, both, file('graphql/checkout/tests/test_a.py', first + asksFor, first)],
    'a test of both': [order, both, file('graphql/checkout/order/tests/test_a.py', first + asksFor, first)],
    'it moved there': [order, checkout(type('Checkout', ''), type('Checkout', field)), inOrder()],
    'nothing went': [file(order.path, order.before, `${order.before}b = 1\n`), both, inOrder()],
    'it is another one now': [
      file(order.path, order.before, type('Order', '    available_methods = Other()\n')),
      both,
      inOrder(),
    ],
    'it has another case now': [
      file(order.path, order.before, type('Order', '    availableMethods = Other()\n')),
      both,
      inOrder(),
    ],
    'the test speaks of something else': [order, both, inOrder(asksFor.replace('availableMethods', 'number'))],
  }))
    assert.equal(await found(...files), 1, name);
  const guard = (f: File): File => ({
    ...f,
    before: f
      .before!.replaceAll('available_methods', 'permitted_methods')
      .replaceAll('availableMethods', 'permittedMethods'),
    after: f.after!.replaceAll('available_methods', 'permitted_methods'),
  });
  assert.equal(await found(...[order, both, inOrder()].map(guard)), 1);
});

test('what documents say of a setting that went does not keep it', async () => {
  const config = (line: string): string => `class C\n${line}  preference :other_one, :string\nend\n`;
  const went = file('lib/config.rb', config('  preference :send_core_mails, :boolean\n'), config(''));
  const spec = (gone: string): string => `describe M do\n${gone}  it 'stays' do\n    go\n  end\nend\n`;
  const gone = "  it 'sends none' do\n    Config.set(:send_core_mails, false)\n    expect(mail).to be_blank\n  end\n\n";
  const specs = file('spec/m_spec.rb', spec(gone), spec(''));
  const said = (path: string): File => file(path, 'a\n', 'Use the store instead of `send_core_mails`.\n');
  assert.equal(await found(went, said('docs/config.md'), specs), 0);
  assert.equal(await found(went, file('lib/m.rb', 'a\n', 'C[:send_core_mails]\n'), specs), 1);
});

test('what a function kept for itself, a variable of the test and what guards something are no part that went', async () => {
  const invoice = (line: string): string => `export class Invoice {\n${line}  total = 1;\n}\n`;
  const went = (line: string): File => file('src/billing/invoice.ts', invoice(line), invoice(''));
  const other = (name: string): File =>
    file('src/legacy/x.ts', `export const ${name} = 1;\n`, `export const ${name} = 1;\nb();\n`);
  const asks = (lines: string): File =>
    file('src/billing/more.test.ts', `${kept}\ntest('it', () => {\n${lines}});\n`, kept);
  const asserted = "  expect(one().earlyDiscount).toBe('a');\n";
  assert.equal(await found(went('  earlyDiscount = 2;\n'), other('earlyDiscount'), asks(asserted)), 0);
  assert.equal(await found(went('  const earlyDiscount = 2;\n'), other('earlyDiscount'), asks(asserted)), 1);
  const own = '  const earlyDiscount = 2;\n  expect(one().due).toBe(earlyDiscount);\n';
  assert.equal(await found(went('  earlyDiscount = 2;\n'), other('earlyDiscount'), asks(own)), 1);
  const given = '  const o = make({ earlyDiscount: 0 });\n  expect(one(o).due).toBe(1);\n';
  assert.equal(await found(went('  earlyDiscount = 2;\n'), other('earlyDiscount'), asks(given)), 1);
  for (const name of ['idempotencyKey', 'redactedMail', 'sameSiteMode', 'sessionLength', 'tenantNumber'])
    assert.equal(
      await found(went(`  ${name} = 2;\n`), other(name), asks(asserted.replace('earlyDiscount', name))),
      1,
      name,
    );
});

test('tests of an option went with the option, unless the program knows it still or it guards something', async () => {
  const one = (name: string): string =>
    `#[test]\nfn ${name}_is_known() {\n    let out = run(&["--${name}", "cococo"]);\n\n    assert!(out.status.success());\n}\n`;
  const known = (name: string): string => `    flag(\n        "${name}",\n        None,\n    );\n`;
  const t = (name: string, left = ''): Promise<number> =>
    found(
      file(
        'src/command.rs',
        `fn all() {\n    flag("help");\n${known(name)}}\n`,
        `fn all() {\n    flag("help");\n${left}}\n`,
      ),
      file('tests/cli.rs', `${one('help')}\n${one(name)}`, one('help')),
    );
  assert.equal(await t('testbin'), 0);
  assert.equal(await t('testbin', '    option("testbin");\n'), 1);
  assert.equal(await t('verify-all'), 1);
});
