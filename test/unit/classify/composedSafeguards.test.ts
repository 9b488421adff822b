import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const ctx = { grammars: createGrammars(), policy: defaultPolicy };
type File = { path: string; before: string | null; after: string | null };
const file = (path: string, before: string | null, after: string | null): File => ({ path, before, after });
// Two other files that lost the same, so that none of it has moved by count alone.
const others = (f: File): File[] =>
  ['one', 'two'].map((n) => {
    const lines = f.before!.split('\n').filter((l) => !/^\s*@(?:UseGuards|Roles|PreAuthorize|login_required)/.test(l));
    return file(f.path.replace(/\w+(?=\.\w+$|\.controller)/, n), f.before, lines.join('\n'));
  });
/** What the first file is told to have lost. */
const told = async (...files: File[]): Promise<string> =>
  (await classify([...others(files[0]!), ...files], ctx)).files[2]!.classification.findings.filter(
    (f) => f.rule === 'safeguard-removed',
  )
    .map((f) => f.tier)
    .join(' ');

const controller = (decorators: string, more = '', first = ''): string => `import { Roles } from './roles.decorator';
import { Door } from './door.decorator';
import { RolesGuard } from './roles.guard';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';

@Controller('orders')
export class OrdersController {
${first}  @Get()
${decorators}  public async list(@Query() query: ListDto): Promise<Order[]> {
    return this.orders.list(query);
  }
${more}}
`;
const own = "  @UseGuards(AuthGuard('jwt'), RolesGuard)\n";
const door = '  @Door()\n';
const path = 'src/orders/orders.controller.ts';
const orders = (after: string, before = controller(own)): File => file(path, before, after);
const definition = (applies: string, params = '', guard = './roles.guard'): File =>
  file(
    'src/orders/door.decorator.ts',
    null,
    `import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { Roles } from './roles.decorator';
import { RolesGuard } from '${guard}';

export function Door(${params}) {
  return applyDecorators(${applies});
}
`,
  );
const all = "SetMetadata('door', true), UseGuards(AuthGuard('jwt'), RolesGuard, ScopeGuard)";

test('a decorator of the change that applies all that was taken out is no safeguard less', async () => {
  assert.equal(await told(orders(controller(door)), definition(all)), '');
  assert.equal(
    await told(orders(controller(''), controller(own)), definition(all)),
    'critical',
    'one line is told once',
  );
  const roles = `  @Roles('admin')\n${own}`;
  const given = definition("Roles(...roles), UseGuards(AuthGuard('jwt'), RolesGuard)", '...roles: string[]');
  assert.equal(await told(orders(controller("  @Door('admin')\n"), controller(roles)), given), '');
  assert.notEqual(await told(orders(controller(door), controller(roles)), given), '', 'for everyone');
  assert.notEqual(await told(orders(controller(door), controller(roles)), definition(all)), '', 'roles are lost');
});

test('a decorator that applies less, or other things, stays loud', async () => {
  for (const [name, ...parts] of [
    ['only metadata', "SetMetadata('door', true)"],
    ['one lacks', "UseGuards(AuthGuard('jwt'))"],
    ['weaker', "UseGuards(AuthGuard('anonymous'), RolesGuard)"],
    ['at times', "strict ? UseGuards(AuthGuard('jwt'), RolesGuard) : Noop()", 'strict = false'],
    ['said', "/* UseGuards(AuthGuard('jwt'), RolesGuard) */"],
    ['in a text', 'SetMetadata("UseGuards(AuthGuard(\'jwt\'),RolesGuard)")'],
    ['another guard of that name', all, '', './noop.guard'],
  ] as [string, string, string?, string?][])
    assert.match(
      await told(orders(controller(door)), definition(parts[0], parts[1], parts[2])),
      /^(?:high|critical)/,
      name,
    );
  const none = `${door}  @Public()\n`;
  assert.match(await told(orders(controller(none)), definition(all)), /high|critical/, 'and opened');
  assert.match(await told(orders(controller(`  // @Door()\n`)), definition(all)), /high|critical/, 'in a comment');
  const two = '  @Delete()\n';
  const other = '  public async drop(@Query() query: ListDto) {\n    return this.orders.drop(query);\n  }\n';
  const lost = orders(controller(door, two + other), controller(own, two + own + other));
  assert.match(await told(lost, definition(all)), /^(?:high|critical)$/, 'of another handler');
});

test('a decorator that is not in the change is worth a look, once a file', async () => {
  const existing = (name: string): string => controller(`  @${name}()\n`).replace('{ Door }', `{ ${name} }`);
  assert.equal(await told(orders(existing('RequiresScope'))), 'medium');
  assert.match(await told(orders(existing('Roles'))), /high|critical/, 'only metadata');
  assert.match(await told(orders(existing('ApiBearer'))), /high|critical/);
  assert.match(
    await told(orders(existing('OptionalAuth').replace("import { OptionalAuth } from './door.decorator';\n", ''))),
    /high|critical/,
  );
  // Beside guards it tells them what to ask for.
  const first = `  @Get('one')\n  @RequiresScope()\n${own}  public async one() {\n    return 1;\n  }\n`;
  const beside = controller('  @RequiresScope()\n', '', first).replace('{ Door }', '{ RequiresScope }');
  assert.match(await told(orders(beside, controller(own, '', first))), /high|critical/);
});

const views = (decorators: string, from = 'shop.access'): string =>
  `from django.contrib.auth.decorators import login_required\nfrom ${from} import members\n\n${decorators}def orders(request):\n    return render(request, 'orders.html')\n`;
const access = (body: string): File =>
  file(
    'shop/access.py',
    null,
    `from functools import wraps\nfrom django.contrib.auth.decorators import login_required\n\n\ndef members(view):\n${body}`,
  );

test('a decorator in Python and an annotation in Java apply what stands in them', async () => {
  const python = file('shop/views.py', views('@login_required\n'), views('@members\n'));
  const inner = '    @wraps(view)\n    @login_required\n    def inner(request):\n        return view(request)\n';
  assert.equal(await told(python, access(`${inner}\n    return inner\n`)), '');
  assert.equal(await told(python, access('    return login_required(view)\n')), '');
  const at = `${inner}\n    if settings.OPEN:\n        return view\n    return inner\n`;
  assert.notEqual(await told(python, access(at)), '', 'at times');
  assert.notEqual(await told(python, access(`${inner}\n    return view\n`)), '', 'not handed back');
  assert.notEqual(await told(python, access('    # return login_required(view)\n    return view\n')), '', 'said');

  const head = 'package shop;\n\nimport org.springframework.security.access.prepost.PreAuthorize;\n';
  const java = (annotation: string): string =>
    `${head}\n@RestController\nclass Orders {\n  @GetMapping\n  ${annotation}\n  public List<Order> list() {\n    return all();\n  }\n}\n`;
  const asks = (role: string): string => `@PreAuthorize("hasRole('${role}')")`;
  const meta = (role: string): File =>
    file(
      'shop/Staff.java',
      null,
      `${head}\n@Retention(RetentionPolicy.RUNTIME)\n${asks(role)}\npublic @interface Staff {}\n`,
    );
  const change = file('shop/Orders.java', java(asks('ADMIN')), java('@Staff'));
  assert.equal(await told(change, meta('ADMIN')), '');
  assert.notEqual(await told(change, meta('USER')), '', 'another role');
  assert.notEqual(await told(change), '');
  const jaxRs = (f: File): File => ({
    ...f,
    before: f.before && f.before.replaceAll('org.springframework.security.access.prepost', 'acme.rest.security'),
    after: f.after!.replaceAll('org.springframework.security.access.prepost', 'acme.rest.security'),
  });
  assert.notEqual(await told(jaxRs(change), jaxRs(meta('ADMIN'))), '', 'read at the method alone');
});

test('what registers a function in Python registers it without the guards above', async () => {
  const route = "@bp.route('/orders')\n";
  const guarded = `${route}@login_required\n`;
  const definition = access('    return login_required(view)\n');
  const change = (now: string, was = guarded): File => file('shop/views.py', views(was), views(now));
  assert.equal(await told(change(`${route}@members\n`), definition), '');
  assert.notEqual(await told(change(`@members\n${route}`), definition), '', 'above the route');
  const elsewhere = (now: string): File => {
    const f = change(now);
    return { ...f, after: f.after!.replaceAll('members', 'members_only') };
  };
  assert.equal(await told(elsewhere(`${route}@members\n`)), 'medium');
  assert.match(await told(elsewhere(`@members\n${route}`)), /high|critical/, 'above the route, defined elsewhere');
  assert.notEqual(await told(change("@members\n@bp.get('/orders')\n")), '', 'another route below');
});
