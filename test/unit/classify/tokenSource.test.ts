import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const grammars = createGrammars();

/** The tier at which a new file's unverified token is told. */
async function tier(path: string, after: string): Promise<string | undefined> {
  const { findings } = await classifyFile({ path, before: null, after }, { grammars, policy: defaultPolicy });
  return findings.find((f) => f.rule === 'token-not-verified')?.tier;
}

const go = (param: string, token: string): string => `package auth

import (
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
)

func claimsOf(${param}) (jwt.MapClaims, error) {
	raw, _ := ${token}
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(raw, claims)
	return claims, err
}
`;
const py = (source: string): string => `import jwt
import requests

def login(request):
    ${source}
    return jwt.decode(answer["id_token"], options={"verify_signature": False})
`;

test('a token straight from its issuer is worth a look, one from anywhere else is accepted unseen', async () => {
  const extra = 'answer.Extra("id_token").(string)';
  assert.equal(await tier('auth.go', go('answer *oauth2.Token', extra)), 'medium');
  assert.equal(await tier('auth.go', go('answer *Answer', extra)), 'critical');
  assert.equal(await tier('auth.go', go('r *http.Request', 'r.FormValue("id_token"), ""')), 'critical');
  assert.equal(await tier('auth.go', go('raw string', 'raw')), 'critical');
  assert.equal(
    await tier('auth.go', `${go('answer *oauth2.Token', extra)}\nvar t = (&oauth2.Token{}).WithExtra(form)\n`),
    'critical',
  );
  const post = 'requests.post("https://login.example.org/oauth2/token", data=request.form).json()';
  assert.equal(await tier('auth.py', py(`answer = ${post}`)), 'medium');
  assert.equal(await tier('auth.py', py(`answer = ${post.replace('https', 'http')}`)), 'critical');
  assert.equal(await tier('auth.py', py('answer = request.json')), 'critical');
  // No check of the issuer, and what only has tokens in its address.
  assert.equal(await tier('auth.py', py(`answer = ${post.replace('form)', 'form, verify=False)')}`)), 'critical');
  assert.equal(await tier('auth.py', py(`answer = ${post.replace('/token', '/tokens/latest')}`)), 'critical');
  const exchanged = (of: string): string =>
    `${go('ctx context.Context', 'tok.Extra("id_token").(string)').replace('\traw,', '\ttok, _ := conf.Exchange(ctx, code)\n\traw,')}\nvar conf ${of}\n`;
  assert.equal(await tier('auth.go', exchanged('*oauth2.Config')), 'medium');
  assert.equal(await tier('auth.go', exchanged('*TokenStore')), 'critical');
  assert.equal(await tier('auth.go', exchanged('= oauth2.Config{Endpoint: at("http://idp/token")}')), 'critical');
});
