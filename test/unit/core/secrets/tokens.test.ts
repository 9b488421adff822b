/**
 * Tokens made at random in their issuers' formats are found wherever they stand, what only looks like them is not, and
 * none of it ever shows in a finding, a reason or the log.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../../src/core/classify.ts';
import { guardCommand } from '../../../../src/core/guard/index.ts';
import type { Finding } from '../../../../src/core/model.ts';
import { defaultPolicy } from '../../../../src/core/policy/index.ts';
import { redact, redactCommand } from '../../../../src/core/secrets/redact.ts';
import { createGrammars } from '../../../../src/platform/grammars.ts';

const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const alphabets: Readonly<Record<string, string>> = {
  H: '0123456789abcdef',
  D: '0123456789',
  L: `${lower}0123456789`,
  U: `${upper}0123456789`,
  B: `${upper}234567`,
  A: `${upper}${lower}0123456789`,
  W: `${upper}${lower}0123456789_`,
  Z: `${upper}${lower}`,
};
let seed = 20261121;
const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
/** `{H32}` = 32 random characters of the alphabet H. */
const make = (shape: string): string =>
  shape.replace(/\{([A-Z])(\d+)\}/g, (_, set: string, n: string) =>
    Array.from({ length: Number(n) }, () => alphabets[set]![Math.floor(random() * alphabets[set]!.length)]!).join(''),
  );
const uuid = '{H8}-{H4}-4{H3}-a{H3}-{H12}';

const shapes: readonly string[] = (
  'AKIA{B16} ASIA{B16} ABSK{A109} ghp_{A36} gho_{A36} ghu_{A36} ghs_{A36} ghr_{A36} github_pat_{A22}_{A59} glpat-{A20} ' +
  'gldt-{A20} glcbt-{A5}_{A20} glffct-{A20} glft-{A20} glimt-{A25} glagent-{A50} gloas-{A64} glptt-{H40} GR1348941{A20} ' +
  'glrt-{A20} glsoat-{A20} xoxb-{D12}-{D13}-{A24} xoxp-{D12}-{D12}-{D12}-{H32} xapp-1-A{U10}-{D13}-{H64} xoxe-1-{U146} ' +
  'xoxe.xoxp-1-{U163} https://hooks.slack.com/services/T{U8}/B{U10}/{A24} sk_live_{A24} rk_live_{A24} AIza{A35} ' +
  'GOCSPX-{A28} ya29.{A80} sk-{A20}T3BlbkFJ{A20} sk-proj-{A74}T3BlbkFJ{A74} sk-ant-api03-{A93}AA hf_{Z34} gsk_{A52} ' +
  'pplx-{A48} npm_{A36} pypi-AgEIcHlwaS5vcmc{A60} rubygems_{H48} CLOJARS_{L60} oy2{L43} dckr_pat_{A27} SG.{A22}.{A43} ' +
  'key-{H32} {H32}-us20 xkeysib-{H64}-{L16} dop_v1_{H64} dp.pt.{L43} dapi{H32} {L14}.atlasv1.{L67} hvs.{A95} hvb.{A150} ' +
  'glsa_{A32}_{H8} glc_{A60} shpat_{H32} shpss_{H32} lin_api_{L40} ntn_{D11}{A35} figd_{A40} fo1_{A43} HRKU-AA{A58} ' +
  'v1.0-{H24}-{H146} tskey-auth-{A12}CNTRL-{A32} sntryu_{H64} NRAK-{U27} pscale_tkn_{A43} PMAK-{H24}-{H34} pnu_{L36} ' +
  'pul-{H40} rdme_{L70} sgp_{H40} squ_{H40} tfp_{L59} pat{A14}.{H64} p8e-{L32} LTAI{A20} AKCp{A69} ATATT3{A186} 4b1d{A38} ' +
  `dnkey-{L26}-{L52} duffel_test_{A43} dt0c01.{U24}.{U64} EZAK{L54} {D15}|{A27} fio-u-{L64} ico-{A32} s-s4t2ud-{H64} ` +
  `access-sandbox-${uuid} shippo_live_{H40} AQVN{A38} xai-{A80} r8_{A37} CFPAT-{A43} amzn.mws.${uuid} ` +
  `access_token$production$\{L16}$\{H32} lsv2_pt_{H32}_{H10} sk-lf-${uuid} sk-or-v1-{H64} phx_{A43} bkua_{H40} ` +
  'whsec_{A32} pcsk_{A5}_{A60} nvapi-{A64} ATBB{A32} rnd_{A32} apify_api_{A36} napi_{L64} ' +
  `pat-na1-${uuid} DO00{A38} e2b_{H40} mlsn.{H64}`
).split(' ');

const contexts: readonly (readonly [string, (token: string) => string])[] = [
  ['prod.env', (t) => `SETTING=${t}`],
  ['src/a.ts', (t) => `const a = '${t}';`],
  ['config/app.yml', (t) => `a: ${t}`],
  ['src/a.py', (t) => `call("a", "${t}")`],
  ['docs/a.md', (t) => `Use ${t} here.`],
  ['scripts/a.sh', (t) => `curl "https://api.acme.example/?x=1" -H "X: ${t}"`],
];

const grammars = createGrammars();
const secretsIn = async (path: string, after: string): Promise<readonly Finding[]> =>
  (await classify([{ path, before: '', after: `${after}\n` }], { grammars, policy: defaultPolicy })).findings.filter(
    (f) => f.category === 'secrets',
  );

test("tokens in their issuers' formats are found, wherever they stand", async () => {
  assert.ok(shapes.length > 100);
  const missed: string[] = [];
  for (const shape of shapes)
    for (const [path, write] of contexts)
      if ((await secretsIn(path, write(make(shape)))).length === 0) missed.push(`${shape} in ${path}`);
  assert.deepEqual(missed, []);
});

test('random values behind a name that says secret are found in every syntax', async () => {
  const written: readonly (readonly [string, (value: string) => string])[] = [
    ['prod.env', (v) => `BILLING_API_TOKEN=${v}`],
    ['a.yml', (v) => `billing:\n  apiToken: ${v}`],
    ['a.json', (v) => `{\n  "billingApiToken": "${v}"\n}`],
    ['a.ts', (v) => `const c = {\n  billingApiToken: '${v}',\n};`],
    ['a.py', (v) => `client = Client(region="eu", billing_api_token="${v}")`],
    ['b.py', (v) => `os.environ["BILLING_API_TOKEN"] = "${v}"`],
    ['a.go', (v) => `package a\n\nvar billingAPIToken string = "${v}"`],
    ['A.java', (v) => `class A {\n  String billingApiToken = "${v}";\n}`],
    ['a.rb', (v) => `config.billing_api_token = '${v}'`],
    ['a.php', (v) => `<?php\n$billingApiToken = "${v}";`],
    ['a.rs', (v) => `const BILLING_API_TOKEN: &str = "${v}";`],
    ['a.ps1', (v) => `$billingApiToken = "${v}"`],
    ['a.xml', (v) => `<config><billingApiToken>${v}</billingApiToken></config>`],
    ['Dockerfile', (v) => `FROM alpine\nENV BILLING_API_TOKEN=${v}`],
    ['k8s.yaml', (v) => `env:\n  - name: BILLING_API_TOKEN\n    value: ${v}`],
    ['a.ini', (v) => `[billing]\napi_token = ${v}`],
    ['a.tf', (v) => `resource "x" "y" {\n  billing_api_token = "${v}"\n}`],
  ];
  const missed: string[] = [];
  for (const shape of ['{A32}', '{H40}', '{L36}', '{A20}'])
    for (const [path, write] of written)
      if ((await secretsIn(path, write(make(shape)))).length === 0) missed.push(`${shape} in ${path}`);
  assert.deepEqual(missed, []);
});

test('placeholders, references, hashes and identifiers are no secrets', async () => {
  const fine: readonly (readonly [string, string])[] = [
    ['package-lock.json', '{\n  "a": { "integrity": "sha512-{A86}==" }\n}'],
    ['go.sum', 'github.com/a/b v1.0.0 h1:{A43}='],
    ['requirements.txt', 'a==1.0 --hash=sha256:{H64}'],
    ['flake.lock', '{ "narHash": "sha256-{A43}=", "rev": "{H40}" }'],
    ['a.ts', 'const commit = "{H40}";'],
    ['a.ts', `const id = "${uuid}";`],
    ['a.ts', 'const image = "data:image/png;base64,iVBORw0KGgo{A300}==";'],
    ['a.min.js', '!function(e,t){var n="{A200}";e.exports=t}({A2000});'],
    ['a.html', '<script src="a.js" integrity="sha384-{A64}" crossorigin="anonymous"></script>'],
    ['a.csproj', `<UserSecretsId>${uuid}</UserSecretsId>`],
    ['a.config', '<add assembly="System.Web, PublicKeyToken=b03f5f7f11d50a3a"/>'],
    ['a.json', `{ "clientId": "${uuid}", "tenantId": "${uuid}" }`],
    ['a.ts', 'const publicKey = "pk_test_{A24}";'],
    ['a.ts', 'const apiKey = process.env.API_KEY;'],
    ['a.py', 'api_key = os.environ["API_KEY"]'],
    ['a.yml', 'password: ${DB_PASSWORD}'],
    ['a.yml', 'apiToken: {{ .Values.apiToken }}'],
    ['.env.example', 'API_KEY=your-api-key-here\nTOKEN=xxxxxxxxxxxxxxxxxxxxxxxx\nPASSWORD=changeme'],
    ['a.ts', 'const storageKey = "app_state_2024_v3_final";'],
    ['a.ts', 'const tokenUrl = "https://auth.example.com/oauth2/v2.0/token";'],
    ['a.pub', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{A43} me@host'],
    ['a.pem', '-----BEGIN CERTIFICATE-----\n{A64}\n-----END CERTIFICATE-----'],
    ['a.sh', 'curl -u "$USER:$PASS" -H "Authorization: Bearer $TOKEN" https://x.example'],
    ['Dockerfile', 'FROM node@sha256:{H64}'],
    ['a.yml', `env:\n  - name: TOKEN_URL\n    value: https://auth.example.com/token1234`],
  ];
  for (const [path, shape] of fine) {
    const text = make(shape);
    assert.deepEqual(await secretsIn(path, text), [], `${path}: ${text.slice(0, 80)}`);
  }
});

test('no finding, no reason and no log line carries the token', async () => {
  // A shell would expand what stands behind a dollar sign.
  for (const shape of shapes.filter((s) => !s.includes('$'))) {
    const token = make(shape);
    const core = token.slice(-12);
    for (const [path, write] of contexts.slice(0, 4))
      assert.ok(!JSON.stringify(await secretsIn(path, write(token))).includes(core), shape);
    for (const command of [
      `curl -X DELETE https://api.acme.example/x?t=${token}`,
      `pkill ${token}`,
      `rm -rf /srv/${token}`,
      `gh api -X DELETE repos/${token}`,
      `aws s3 rm s3://${token}`,
    ]) {
      assert.ok(
        !JSON.stringify(guardCommand({ command })).includes(core),
        `${shape}: ${guardCommand({ command }).reason}`,
      );
      assert.ok(!redactCommand(command).includes(core), `${shape}: ${redactCommand(command)}`);
    }
    assert.ok(!redact(`the token is ${token}, ok`).includes(core), shape);
  }
});
