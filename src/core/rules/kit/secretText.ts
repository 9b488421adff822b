/** What makes a text look like a secret, and what makes it a placeholder. */

/** Shannon entropy in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const ch of text) counts.set(ch, (counts.get(ch) ?? 0) + 1);
  let sum = 0;
  for (const n of counts.values()) {
    const p = n / text.length;
    sum -= p * Math.log2(p);
  }
  return sum;
}

const words =
  /(?:^|[^a-z])(?:example|sample|dummy|placeholder|change[-_]?me|changeit|your|my|insert|replace|redacted|removed|todo|fixme|fake|mock|foobar|foo|bar|baz|qwerty|lorem|ipsum|notasecret|not[-_]?real|secret|password|passwd|pass|pwd|token|string|value|here|none|null|undefined|test|testing|demo|default|empty|masked|hidden|some|thing|key|xxx+)(?:$|[^a-z])/i;

/** `changeme`, `<your-token>`, `${TOKEN}`, `xxxxxxxx`, `********`, `…`. */
export function isPlaceholder(value: string): boolean {
  const v = value.trim();
  if (v.length === 0) return true;
  if (/^[<{[(%$].*[>})\]%]$|\$\{|\{\{|<%|%\(|\$\(|^\$[A-Za-z_]|^%\w+%$|^@\w+@$|\.\.\.|\u2026/.test(v)) return true;
  if (/(?:x{4,}|X{4,}|\*{3,}|#{4,}|-{6,}|_{6,}|\.{4,}|0{8,}|1{8,}|y{5,}|\?{3,})/.test(v)) return true;
  if (/EXAMPLE(?:KEY)?$|^AKIAIOSFODNN7|(?:^|[-_])(?:YOUR|EXAMPLE|SAMPLE|PUT|INSERT|REPLACE|CHANGE)[-_]/i.test(v))
    return true;
  if (/^(?:0123456789|1234567890|123456789|12345678|abcdef|abc123|deadbeef|cafebabe|a1b2c3d4)/i.test(v)) return true;
  // The password of every tutorial.
  if (/^p[a@4][s5$]{2}w[o0]rd[\d!@#$.]{0,6}$/i.test(v)) return true;
  if (new Set(v).size <= 3) return true;
  return false;
}

/** Words joined by `-`, `_`, `.`, `/`, blanks: a name, a message or a path, not a secret. */
export function isWordy(value: string): boolean {
  if (/\s/.test(value)) return true;
  if (/^[A-Za-z]+$/.test(value))
    return value.length < 16 || entropy(value) < 3.6 || /^[A-Z]?[a-z]+(?:[A-Z][a-z]+)+$/.test(value);
  // Three words or more with a year or a number among them: `app_state_2024_final`.
  const parts = value.split(/[-_./:]/);
  if (
    parts.length >= 3 &&
    parts.every((w) => /^(?:[A-Za-z]{2,14}|v?\d{1,4})$/.test(w)) &&
    parts.some((w) => w.length > 3)
  )
    return true;
  // Every part is a short word, perhaps with a digit at its end; no digit between letters, no change of case that words do not make.
  if (
    /^[A-Za-z0-9\-_./:]+$/.test(value) &&
    value.split(/[-_./:]/).every((w) => /^(?:[A-Za-z]{0,14}\d?|e2e|k8s|i18n|(?:19|20)\d\d)$/.test(w)) &&
    !/[a-z][A-Z][a-z]?[A-Z]/.test(value)
  )
    return true;
  return false;
}

/** A password a person would type into a sample. */
export const isSampleWord = (value: string): boolean =>
  words.test(value) && !/\d{3,}/.test(value.replace(/1234?5?6?7?8?9?0?/, ''));

const word =
  'my|your|our|some|any|a|the|very|super|strong|weak|secure|secret|safe|test|testing|fake|dummy|mock|sample|example|demo|default|initial|new|old|wrong|bad|good|invalid|valid|correct|incorrect|first|second|another|other|changed|updated|random|long|short|simple|plain|user|admin|foo|bar|baz';
const madeUp = new RegExp(
  `^(?:(?:${word})[-_.]?){1,5}(?:password|passwd|passphrase|pass|pwd|pw)[-_.]?(?:\\d{1,4})?[!?.@#$]{0,2}$`,
  'i',
);

/** A password that says of itself that it is one: `MySecurePassword123`. */
export const isMadeUp = (value: string): boolean => value.length <= 60 && madeUp.test(value);

/** Rules for a form's field: `required|string|max:255`. */
const validation =
  /^(?=[^|]+\|)(?:[a-z_]+(?::[^|]*)?\|)*(?:required|sometimes|nullable|string|confirmed|bail|filled|present)(?:\||$)/;

/** Hash, UUID, path, URL, version, colour: long, but no secret by itself. */
export function isHarmlessShape(value: string): boolean {
  return (
    validation.test(value) ||
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value) ||
    /^(?:https?|wss?|file|git|ssh|ftp|urn|arn|data|mailto|jdbc|s3|gs|sha\d+|md5|vault|ssm|op|secretsmanager|projects|kms|azurekeyvault|ref\+\w+):/i.test(
      value,
    ) ||
    /^(?:\.{0,2}\/|[A-Za-z]:\\|~\/|@|#|\$|%|&|--?\w)/.test(value) ||
    /^v?\d+(?:\.\d+){1,3}/.test(value) ||
    /^\d+$/.test(value) ||
    /^[\w.+-]+@[\w-]+\.[\w.]+$/.test(value) ||
    /^(?:process|os|env|config|settings|self|this|request|req|System|Environment|var|local|module|data|secrets|vars|context|options|props|params|args|ctx|cfg|conf|app)\b[.[(]/.test(
      value,
    ) ||
    /^\w+(?:\.\w+)*\(.*\)?$/.test(value) ||
    /\.(?:js|ts|py|go|java|json|ya?ml|txt|md|png|jpe?g|svg|pem|key|crt|cert|com|org|net|io|html?|css|sh|xml|conf|ini|toml|lock|dll|exe|so|jar|zip|gz)$/i.test(
      value,
    )
  );
}

/** What tells one secret from another where the secret itself must not be: keys of findings may be logged. */
export function fingerprint(text: string): string {
  let h = 5381;
  for (let i = 0; i < text.length; i++) h = ((h * 33) ^ text.charCodeAt(i)) >>> 0;
  return h.toString(36);
}
