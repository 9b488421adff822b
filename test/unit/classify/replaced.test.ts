import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/classify.ts';
import type { FileChange, Tier } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const grammars = createGrammars();

/** The tiers at which the first file of a change is told to have lost a safeguard. */
async function told(...changes: readonly FileChange[]): Promise<Tier[]> {
  const { files } = await classify(changes, { grammars, policy: defaultPolicy });
  return files[0]!.classification.findings.filter((f) => f.rule === 'safeguard-removed').map((f) => f.tier);
}

const note = (value: string, module = '@/lib/html'): string => `import { isHtml, shown } from "${module}";

export function Note({ text }) {
  const safe = isHtml(text) && text ? ${value} : "";
  return <div dangerouslySetInnerHTML={{ __html: safe }} />;
}
`;
const inline = `DOMPurify.sanitize(text, {
    ADD_ATTR: ["target"],
    FORBID_ATTR: ["style"], // no styles
  })`;
const page = (value = 'shown(text)', module?: string): FileChange => ({
  path: 'web/src/components/note.tsx',
  before: `import DOMPurify from "dompurify";\n${note(inline, module)}`,
  after: note(value, module),
});
const html = (
  body: string,
  path = 'web/src/lib/html.ts',
  head = 'import { sanitize } from "dompurify";',
): FileChange => ({
  path,
  before: `${head}\n`,
  after: `${head}\n\nexport const shown = (html: string): string => {\n${body}\n};\n`,
});
const same = '  return sanitize(plain(html), { FORBID_ATTR: ["style"], ADD_ATTR: ["target"] });';

test('a sanitiser that moved into a function in its place is not gone', async () => {
  assert.deepEqual(await told(page(), html(same)), []);
  assert.deepEqual(await told(page(), html(`  if (!html) return html;\n${same}`)), []);
  assert.deepEqual(await told(page(), html(`  const out = ${same.trim().slice('return '.length)}\n  return out;`)), []);
  // Handed on by a package of the repository.
  const handedOn: FileChange = {
    path: 'web/src/lib/html.ts',
    before: '',
    after: 'export { shown } from "@acme/survey-ui";\n',
  };
  const index: FileChange = {
    path: 'packages/survey-ui/src/index.ts',
    before: '',
    after: 'export { shown } from "@/lib/utils";\n',
  };
  assert.deepEqual(await told(page(), handedOn, index, html(same, 'packages/survey-ui/src/lib/utils.ts')), []);
});

test('a function in the place of a sanitiser that lets more through is told', async () => {
  for (const body of [
    '  return html;',
    '  return html.trim();',
    `  if (html.length > 9000) return html;\n${same}`,
    `  try {\n  ${same}\n  } catch {\n    return html;\n  }`,
    '  sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"] });\n  return html;',
    '  return sanitize(html, { ADD_ATTR: ["target"] });',
    '  return sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target", "onclick"] });',
    '  return sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"], ADD_TAGS: ["script"] });',
    '  return sanitize(other, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"] });',
    '  return unescape(sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"] }));',
    '  return sanitize(html, { ...config });',
    '  return sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"], ADD_TAGS });',
    '  return sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"], "ADD_TAGS": ["script"] });',
    `  DOMPurify.addHook("afterSanitizeAttributes", (n) => n.setAttribute("onclick", n.title));\n${same}`,
    `  addHook("uponSanitizeAttribute", (n, d) => { d.forceKeepAttr = true; });\n${same}`,
    '  let out = html;\n  if (strict) out = sanitize(html, { FORBID_ATTR: ["style"], ADD_ATTR: ["target"] });\n  return out;',
  ])
    assert.deepEqual(await told(page(), html(body)), ['high'], body);
  // Another `sanitize`, or another library by the old one's name.
  const dotted = same.replace('sanitize(', 'DOMPurify.sanitize(');
  for (const [head, tiers] of [
    ['import DOMPurify from "dompurify";', []],
    ['import DOMPurify from "./purify";', ['high']],
    ['const DOMPurify = { sanitize: (h: string) => h };', ['high']],
  ] as const)
    // As often as before: what is new in another file counts as moved there.
    assert.deepEqual(
      await told(page(), {
        ...html(dotted, undefined, head),
        before: `${head}\nexport const old = DOMPurify.sanitize(p);\n`,
      }),
      tiers,
      head,
    );
  assert.deepEqual(await told(page(), html(same, undefined, 'import { sanitize } from "./plain";')), ['high']);
  assert.deepEqual(
    await told(page(), html(same, undefined, 'import { sanitize } from "dompurify";\nconst sanitize = (x) => x;')),
    ['high'],
  );
  const hidden = page();
  const shadow = hidden.after!.replace('  const safe', '  const shown = (x) => x;\n  const safe');
  assert.deepEqual(await told({ ...hidden, after: shadow }, html(same)), ['high']);
  // Another value, another use, another file than the one that is imported.
  assert.deepEqual(await told(page('shown(title)'), html(same)), ['high']);
  assert.deepEqual(await told(page('shown(text) + text'), html(same)), ['high']);
  assert.deepEqual(await told(page('text'), html(same)), ['high']);
  assert.deepEqual(await told(page(undefined, './legacy'), html(same)), ['high']);
  assert.deepEqual(await told(page(), html(same, 'docs/lib/html.ts')), ['high']);
  assert.deepEqual(await told(page(), html(same, 'web/src/lib/html.test.ts')), ['high']);
});

const session = (
  test: string,
  rest = '',
): string => `import { ${rest === '' ? 'equal } from "./crypto"' : 'timingSafeEqual } from "node:crypto"'};

export const read = (value: string): string | null => {
  const { token, signature } = parts(value);
  const expected = createHmac("sha256", secret).update(token).digest("base64");
${rest}  if (${test}) {
    return null;
  }
  return token;
};
`;
const buffers = '  const a = Buffer.from(expected);\n  const b = Buffer.from(signature);\n';
const cookie = (test = '!equal(expected, signature)'): FileChange => ({
  path: 'src/session.ts',
  before: session('a.length !== b.length || !timingSafeEqual(a, b)', buffers),
  after: session(test),
});
const crypto = (body: string, head = '(x: string, y: string): boolean =>'): FileChange => ({
  path: 'src/crypto.ts',
  // As often as before: what is new in another file counts as moved there.
  before: 'import { timingSafeEqual } from "node:crypto";\n\nexport const old = timingSafeEqual(p, q);\n',
  after: `import { timingSafeEqual } from "node:crypto";\n\nexport const equal = ${head} {\n${body}\n};\n`,
});
const bytes = '  const a = Buffer.from(x);\n  const b = Buffer.from(y);\n';

test('a comparison of secrets that moved into a function in its place is not gone', async () => {
  assert.deepEqual(
    await told(
      cookie(),
      crypto(
        `${bytes}  if (a.length === 0) {\n    return false;\n  }\n  return a.length === b.length && timingSafeEqual(a, b);`,
      ),
    ),
    [],
  );
});

test('a function in the place of a comparison that says yes more often is told', async () => {
  const sound = `${bytes}  return timingSafeEqual(a, b);`;
  for (const [body, head] of [
    [`${bytes}  return x === y;`],
    ['  return timingSafeEqual(Buffer.from(x.slice(0, 7)), Buffer.from(y.slice(0, 7)));'],
    ['  return timingSafeEqual(Buffer.from([x.length]), Buffer.from([y.length]));'],
    [`${bytes}  return a.length !== b.length || timingSafeEqual(a, b);`],
    [`${bytes}  return !timingSafeEqual(a, b);`],
    [`${bytes}  return timingSafeEqual(a, b) || debug;`],
    [`${bytes}  return timingSafeEqual(a, a);`],
    [`${bytes}  if (x === "") return true;\n  return timingSafeEqual(a, b);`],
    [`  y = x;\n${sound}`],
    [`${bytes}  timingSafeEqual(a, b);\n  return true;`],
    [sound, 'async (x: string, y: string): Promise<boolean> =>'],
  ] as const)
    assert.deepEqual(await told(cookie(), crypto(body, head)), ['critical'], body);
  const fake = crypto(sound);
  assert.deepEqual(await told(cookie(), { ...fake, after: fake.after!.replace('node:crypto', './fake') }), [
    'critical',
  ]);
  assert.deepEqual(await told(cookie('!equal(expected, expected)'), crypto(sound)), ['critical']);
  assert.deepEqual(await told(cookie('equal(expected, signature)'), crypto(sound)), ['critical']);
  assert.deepEqual(await told(cookie('!equal(expected, signature) && strict'), crypto(sound)), ['critical']);
});

const logout = (body: string): string => `package logout

func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
${body}
	h.end(w, r)
}
`;
const go = (now: string): FileChange => ({
  path: 'server/logout/logout.go',
  before: logout(`	session, nonce, err := h.load(r)
	if err != nil || subtle.ConstantTimeCompare([]byte(session.Nonce), []byte(nonce)) != 1 {
		return
	}`),
  after: logout(now),
});
const valid = (body: string): FileChange => ({
  path: 'server/session/session.go',
  before: 'package session\n\nvar ok = subtle.ConstantTimeCompare(p, q)\n',
  after: `package session

func (m *Manager) Valid(r *http.Request) *Session {
	session, nonce, err := m.load(r)
	if err != nil {
		return nil
	}
${body}
	return session
}
`,
});
const compares = '	if subtle.ConstantTimeCompare([]byte(session.Nonce), []byte(nonce)) != 1 {\n		return nil\n	}';
const heeded = '	session := h.Sessions.Valid(r)\n	if session == nil {\n		return\n	}';

test('a comparison that a called function makes now is worth a look where its answer is heeded', async () => {
  assert.deepEqual(await told(go(heeded), valid(compares)), ['medium']);
  assert.deepEqual(await told(go('	session := h.Sessions.Valid(r)'), valid(compares)), ['critical']);
  assert.deepEqual(await told(go(heeded), valid('')), ['critical']);
  assert.deepEqual(await told(go(heeded), valid(compares.replace('return nil', 'm.log(session)'))), ['critical']);
  assert.deepEqual(await told(go(heeded), valid(compares.replace('session.Nonce', 'session.ID'))), ['critical']);
  assert.deepEqual(await told(go(heeded), valid(compares.replace(')) != 1', ')) != 1 && m.strict'))), ['critical']);
});
