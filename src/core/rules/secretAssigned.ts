import { isTestPath } from '../languages/kinds.ts';
import type { Source } from '../languages/source.ts';
import { isInApiExample } from './kit/apiExample.ts';
import {
  entropy,
  fingerprint,
  isHarmlessShape,
  isMadeUp,
  isPlaceholder,
  isSampleWord,
  isWordy,
} from './kit/secretText.ts';
import { codeLanguages, type Rule } from './rule.ts';

const keyword =
  /pass(?:word|wd|phrase|code)|(?:^|[_\-.])(?:pass|pwd|pw)$|passwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|shared[_.-]?key|account[_.-]?key|auth[_.-]?key|client[_.-]?key|master[_.-]?key|secret[_.-]?key|storage[_.-]?key|license[_.-]?key|app[_.-]?key|consumer[_.-]?key|service[_.-]?key|host[_.-]?key|deploy[_.-]?key|credential|bearer|authorization|connection[_.-]?string|webhook[_.-]?url|(?:^|[_\-.])dsn$|(?:^|[_.-])(?:sas|pat|jwt)$|account[_.-]?sid|auth[_.-]?header|api[_.-]?id|sdk[_.-]?key|client[_.-]?id|access[_.-]?id|(?:beamer|bittrex|coinbase|etsy|finnhub|flickr|freshbooks|hubspot|intercom|kraken|kucoin|mailjet|mandrill|newrelic|new_relic|nytimes|pagerduty|sendbird|tmdb|twitch|zendesk|cloudflare_global|launchdarkly)[\w.-]{0,20}key(?![a-z])/i;
const notSecret =
  /(?:name|path|file|dir|url|uri|endpoint|type|length|size|count|field|label|title|text|message|error|prompt|hint|help|policy|regex|pattern|format|header|param|prefix|suffix|column|table|ttl|expir\w*|timeout|lifetime|age|algorithm|alg|issuer|audience|scope|provider|class|enabled|required|valid\w*|reset|change\w*|forgot\w*|confirm\w*|strength|input|placeholder|form|page|route|version|region|public|hash(?:er|ing)?|encoder|arn|ref|selector|manager|public_?key_?token|user_?secrets_?id|store|service|kind|mode|limit|budget|usage|tokens|tokenizer|index|position|idx|id_?field|key_?name|_?env|var|variable|description|doc|example|rotation|mount|secrets?_?engine|volume|group|role|user(?:name)?)$/i;
const assignment =
  /(?:^|[\s,;{([<"'`.$])(["'`]?)([A-Za-z_][\w.$-]{0,80})\1\s*(?:\]\s*)?(?::\s*&?(?:'\w{1,20}\s+)?[A-Za-z_][\w.<>[\]| ?&*]{0,40}\s*=|\s\*?string\s*=|:=|=>|:|=|,(?=\s*["'`]))\s*(?:[A-Za-z_.]{0,20}\(\s*)?(?:(["'`])((?:(?!\3)[^\n\\]|\\.){1,400})\3|([^\s"'`,;{}()[\]<>]{6,400}))/g;

const element = /<([A-Za-z_][\w.:-]{1,80})>([^<>\s]{6,400})<\/\1>/g;
const pair =
  /\b(?:key|name)["']?\s{0,4}[=:]\s{0,4}["']([\w.:-]{1,80})["']\s{0,4},?\s{0,4}["']?value["']?\s{0,4}[=:]\s{0,4}["']([^"'\s]{6,400})["']/gi;

/** Issuers whose tokens are plain UUIDs, or shorter than others. */
const uuidIssuers =
  /heroku|hubspot|kucoin|messagebird|sendbird|snyk|squarespace|railway|pagerduty|newrelic|rollbar|bugsnag|mixpanel|segment|launchdarkly|circleci|sentry|appcenter|postmark|recurly|chargebee/i;
const shortIssuers = /dropbox|linkedin|confluent/i;

/** In code a value stands in quotes, or between tags. */
const valueOfCode = /["'`<][^\n]{6}/;

const assignmentEnd = (m: RegExpExecArray): number => m.index + m[0].length;

export const secretAssigned: Rule = {
  id: 'secret-assigned',
  title: 'Secret written into the text',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-798', 'CWE-259', 'OWASP A07:2021'],
  why: 'A name that says "secret" and a value with the entropy of one: whoever can read the repository, its forks and its history has it, and it can not be changed without a release.',
  remedy: 'take it out, change it, and read it from the environment or a secret store',
  keywords: [],
  perLine: true,
  yieldsTo: 'secret-token',
  check(source, report) {
    const code = codeLanguages.includes(source.language);
    const prose = source.language === 'markdown' || source.language === 'html';
    if (source.language === 'lockfile' || source.language === 'css') return;
    const lines = source.lines;
    let hasShown = false;
    const tell = (i: number, from: number, name: string, value: string): void => {
      const at = source.starts[i]! + from;
      const isShown = !isIssued(name, value) && isInApiExample(source, at);
      if (isShown && (hasShown || !mayBeReal(name, value))) return;
      hasShown ||= isShown;
      const isSpecimen = code && !isShown && isMadeUp(value) && runsTests(source);
      report({
        start: at,
        end: at + value.length,
        key: `${name}:${fingerprint(value)}`,
        ...(isShown && { tier: 'medium' as const }),
        ...(isSpecimen && { tier: 'low' as const }),
        message: isSpecimen
          ? `'${name.slice(0, 40)}' holds a password of plain words in a test: be sure that it opens nothing.`
          : isShown
            ? `'${name.slice(0, 40)}' shows a value as long and as random as a real secret, as an example of the API: if this was ever real, change it, and show a made-up one.`
            : `'${name.slice(0, 40)}' holds what looks like a real secret: take it out, change it, and read it from the environment or a secret store.`,
      });
    };
    for (const i of source.changedAt) {
      const line = lines[i]!;
      if (line.length > 4000 || line.length < 12) continue;
      const named = (!code || valueOfCode.test(line)) && keyword.test(line);
      if (named && !prose)
        // `<apiToken>…</apiToken>`, `<add key="ApiToken" value="…"/>`, `{"name": "API_TOKEN", "value": "…"}`
        for (const pattern of [element, pair])
          for (const m of line.matchAll(pattern)) {
            const [whole, name = '', value = ''] = m;
            if (keyword.test(name) && !notSecret.test(name) && isSecretValue(name, value.trim(), false))
              tell(i, m.index + whole.lastIndexOf(value), name, value);
          }
      // `- name: API_TOKEN` and `value: …` on the next line, as in Kubernetes.
      const alone = line.includes('value:') ? /^\s*-?\s*value:\s*["']?([^\s"'#]{6,400})["']?\s*$/.exec(line) : null;
      const above = alone ? /^\s*-\s*name:\s*["']?([\w.-]{1,80})["']?\s*$/.exec(lines[i - 1] ?? '')?.[1] : undefined;
      if (
        alone &&
        above !== undefined &&
        keyword.test(above) &&
        !notSecret.test(above) &&
        isSecretValue(above, alone[1]!, false)
      )
        tell(i, line.lastIndexOf(alone[1]!), above, alone[1]!);
      if (!named) continue;
      assignment.lastIndex = 0;
      for (let m = assignment.exec(line); m; m = assignment.exec(line)) {
        const name = m[2]!;
        // `client = Client(api_key="…")`: the next name may stand in what was taken for a value.
        assignment.lastIndex = m.index + m[0].indexOf(name) + name.length;
        if (!keyword.test(name) || notSecret.test(name)) continue;
        const quoted = m[4] !== undefined;
        let value = (m[4] ?? m[5] ?? '').trim();
        if (!quoted && line.slice(0, assignment.lastIndex - name.length).endsWith('${')) {
          // `${PASSWORD:?not set}`: what the shell says where the variable is missing, and no value ever.
          if (value.startsWith('?')) continue;
          // `${PASSWORD:-…}`: a default.
          value = value.replace(/^[-+]/, '');
        }
        // In a string of code (`"API_TOKEN=…"`) the quote stands in front of the name.
        const inString = /^["'`]/.test(m[0]) && m[1] === '' && /["'`]/.test(line[assignmentEnd(m)] ?? '');
        // A reference, with or without `!` in front.
        if (!quoted && source.language === 'terraform' && /^!?(?:var|local|data|module|each|self|path)\./.test(value))
          continue;
        if (!quoted && (prose || (code && !inString))) continue;
        // A comparison; `==` inside the value is padding.
        if (/[=!]=/.test(line.slice(m.index, m.index + m[0].lastIndexOf(m[4] ?? m[5] ?? '')))) continue;
        value = value.replace(/^(?:Bearer|Basic|token)\s+/i, '').replace(/\\?["']$/, '');
        if (!isSecretValue(name, value, code)) continue;
        // What a comment shows as an example, by its own word for it, opens nothing.
        if (code && /^\s*(?:\*|\/\/\/?!?|#|\/\*\*)\s*(?:@example\b|Examples?\s*:|E\.g\.|e\.g\.)/.test(line)) continue;
        tell(i, Math.min(m.index + m[0].lastIndexOf(value.slice(0, 8)), line.length), name, value);
      }
    }
  },
};

/** Whether a file declares tests and asserts something, wherever it lies. */
const runsTests = (source: Source): boolean =>
  (source.has(
    /^[ \t]*(?:(?:ginkgo\.)?(?:It|Describe|Context)\(\s*"|func\s+Test[A-Z]\w*\s*\(\w+ \*testing\.T\)|(?:describe|it|test)\(\s*['"`]|(?:it|describe)\s+['"][^'"\n]{1,200}['"]\s+do\b|@Test\b)/m,
  ) ||
    // A product asks in functions called so, too, whether it reaches something.
    (source.has(/^[ \t]*(?:async\s+)?def\s+test_\w+\(/m) &&
      (isTestPath(source.path) || source.has(/^[ \t]*(?:import|from)[ \t]+(?:pytest|unittest|\w+\.test)\b/m)))) &&
  source.has(/\b(?:Expect|expect|assert\w*|Assert\w*|require|should)\s?[.!(]|\bassert\s|\bt\.(?:Error|Fatal)f?\(/);

/** What its name or its form says an issuer gave out: that is no specimen, wherever it is shown. */
const isIssued = (name: string, value: string): boolean =>
  /aws|amazon/i.test(name) ||
  uuidIssuers.test(name) ||
  shortIssuers.test(name) ||
  /[;,]\s*\w*(?:key|password|pwd)\s*=/i.test(value);

/** Long and random, or a password that nobody makes up for an example. Signed tokens are told by themselves, while they are valid. */
const mayBeReal = (name: string, value: string): boolean =>
  !value.startsWith('eyJ') &&
  ((value.length >= 20 && entropy(value) >= (/^[0-9a-f]+$/i.test(value) ? 3 : 3.5)) ||
    (/pass|pwd/i.test(name) &&
      value.length >= 10 &&
      entropy(value) >= 3.2 &&
      /\d/.test(value) &&
      /[a-z]/.test(value) &&
      /[A-Z]/.test(value)));

/** Printable text in base64; `undefined` for other bytes. */
function decoded(value: string): string | undefined {
  try {
    const text = atob(value);
    return /^[ -~]+$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** `default_password_scheme = SHA512-CRYPT`: how secrets are kept, by names out of the standards. A hash itself is none of them. */
const saysHow = (name: string, value: string): boolean =>
  /(?:scheme|method|algo|cipher|digest|encoding|mechanism|function|driver)$/i.test(name) &&
  /^(?:(?:s?sha|s?sha[1-3]?|(?:sha[23]?|ssha)[-_.]?(?:224|256|384|512)|s?md[45]|cram|digest|scram|crypt|blf|des|3des|bcrypt|scrypt|yescrypt|argon2(?:id?|d)?|pbkdf2|hmac|aes|gcm|cbc|ctr|ecb|rsa|oaep|pss|chacha20|poly1305|ecdsa|eddsa|ed25519|plain|[hrep]s(?:256|384|512)|128|192|256|384|512|salted|basic|bearer|client|secret|post|jwt|private|key)(?:[-_.]|$)){1,6}$/i.test(
    value,
  );

/** A connection string that says where something is, and nothing else: `Service=us-east-1;Database=orders`. */
const namesPlaceOnly = (value: string): boolean =>
  value
    .replace(/;\s*$/, '')
    .split(';')
    .every((part) =>
      /^\s*(?:Service|Region|Server|Host(?:name)?|Port|Database|Initial Catalog|Data Source)\s*=\s*(?!.*[a-z\d]{20})[a-z\d.:,\\_-]{1,80}\s*$/i.test(
        part,
      ),
    );

/** Whether the value of a name that says "secret" is a real one. */
function isSecretValue(name: string, value: string, code: boolean): boolean {
  if (saysHow(name, value)) return false;
  // Sentences of other scripts: no issuer makes keys of them, and nobody types a password in them.
  if (/[\u3000-\u9fff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff]/.test(value)) return false;
  // Kubernetes wants values in base64: what it says is what counts.
  if (/^[A-Za-z0-9+/]{8,200}={0,2}$/.test(value) && value.length % 4 === 0) {
    const plain = decoded(value);
    if (plain !== undefined && (isPlaceholder(plain) || isSampleWord(plain.replace(/([a-z])(?=[A-Z])/g, '$1 '))))
      return false;
  }
  // An address of a store, without a key to it.
  if (
    /^(?:(?:Blob|Table|Queue|File)Endpoint|DefaultEndpointsProtocol|Endpoint)=/i.test(value) &&
    !/(?:AccountKey|SharedAccess(?:Signature|Key)|Password|AccessKey)=/i.test(value)
  )
    return false;
  if (/connection[_.-]?string/i.test(name) && namesPlaceOnly(value)) return false;
  // A URL with its user and password: `secret-in-url` says whether the password is one.
  if (
    /^(?:https?|postgres(?:ql)?(?:\+\w{1,20})?|mysql(?:\+\w{1,20})?|mariadb|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:/@]{1,80}:[^\s/@]{3,120}@/i.test(
      value,
    )
  )
    return false;
  if (/_(?:uuid|guid)$/i.test(name) && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return false;
  // A connection string that signs in as the user of the process.
  if (
    /;\s*(?:Trusted_Connection|Integrated Security)\s*=\s*(?:true|yes|sspi)\b/i.test(value) &&
    !/\b(?:password|pwd)\s*=/i.test(value)
  )
    return false;
  if (value.length < 6 || isPlaceholder(value) || isHarmlessShape(value)) {
    // Keys of some issuers are UUIDs.
    if (
      !(
        /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) &&
        (/(?:api|access|secret|auth)[_-]?(?:key|token)|secret|password/i.test(name) || uuidIssuers.test(name)) &&
        !/^0{8}|(.)\1{7}/.test(value) &&
        !/client[_.-]?id|[_.]id$/i.test(name)
      )
    )
      return false;
  }
  // AWS secrets have 40 characters; what is longer or shorter is none.
  if (/aws_?secret|secret_?access_?key$/i.test(name) && !/^[A-Za-z0-9/+]{40}$/.test(value)) return false;
  const password = /pass|pwd|(?:^|[_-])pw$/i.test(name);
  const e = entropy(value);
  let secret: boolean;
  if (password)
    secret =
      !isWordy(value) &&
      value.length <= 128 &&
      (/\d/.test(value) || /[!@#$%^&*+=?~]/.test(value)) &&
      /[A-Za-z]/.test(value) &&
      e >= 2.5 &&
      !isSampleWord(value) &&
      !(/^[a-z]+\d{0,4}$/i.test(value) && value.length < 8 && code);
  else {
    const id = /client[_.-]?id|account[_.-]?sid|api[_.-]?id|access[_.-]?id/i.test(name);
    secret =
      value.length >= (shortIssuers.test(name) ? 14 : 16) &&
      !isWordy(value) &&
      e >= (/^[0-9a-f]+$/i.test(value) ? 2.8 : 3.3) &&
      ((/\d/.test(value) && /[A-Za-z]/.test(value)) ||
        (value.length >= 24 && /[a-z]/.test(value) && /[A-Z]/.test(value) && e >= 4)) &&
      !(isSampleWord(value) && e < 4);
    if (id) secret = false;
  }
  return secret;
}
