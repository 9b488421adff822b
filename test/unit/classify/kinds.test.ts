/** What a path alone says about a change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectLanguage } from '../../../src/core/languages/detect.ts';
import { changeTypeOf } from '../../../src/core/languages/kinds.ts';

const kindOf = (path: string): string => changeTypeOf(path, detectLanguage(path, ''));

test('code that guards something is security-sensitive, by its folder or its name', () => {
  for (const path of [
    'src/auth/session.ts',
    'app/middleware/requireAuth.js',
    'src/main/java/shop/JwtTokenFilter.java',
    'src/main/java/shop/OAuth2Config.java',
    'Controllers/PermissionsController.cs',
    'app/policies/user_permissions.py',
    'lib/password_reset.rb',
    'internal/csrf.go',
    'pkg/rbac/roles.go',
  ])
    assert.equal(kindOf(path), 'security', path);
});

test('names that only look alike, forms, tests and prose are not', () => {
  for (const path of [
    'src/author.ts',
    'src/authoring/book.py',
    'src/cryptic.go',
    'src/tokenizer.rs',
    'src/secure_offers.rb',
  ])
    assert.equal(kindOf(path), 'feature', path);
  assert.equal(kindOf('src/components/PasswordInput.tsx'), 'feature');
  assert.equal(kindOf('src/authService.test.ts'), 'tests');
  assert.equal(kindOf('docs/authentication.md'), 'docs');
});

test('end-to-end tests are tests, however their folder is written', () => {
  for (const folder of ['e2e', 'e2etest', 'e2etests', 'e2e-tests', 'web-e2e', 'app/e2etests/states'])
    assert.equal(kindOf(`${folder}/states.go`), 'tests', folder);
  for (const folder of ['e2etester', 'contests', 'e2ecommerce']) assert.equal(kindOf(`${folder}/states.go`), 'feature');
});
