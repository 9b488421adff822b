import { entropy, isHarmlessShape, isPlaceholder, isSampleWord, isWordy } from './kit/secretText.ts';
import { codeLanguages, type Rule } from './rule.ts';

const keyword =
  /pass(?:word|wd|phrase|code)|(?:^|[_\-.])(?:pass|pwd|pw)$|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|shared[_-]?key|account[_-]?key|auth[_-]?key|client[_-]?key|master[_-]?key|secret[_-]?key|storage[_-]?key|license[_-]?key|app[_-]?key|consumer[_-]?key|service[_-]?key|host[_-]?key|deploy[_-]?key|credential|bearer|authorization|connection[_-]?string|webhook[_-]?url|(?:^|[_\-.])dsn$|(?:^|[_-])(?:sas|pat|jwt)$|account[_-]?sid|auth[_-]?header|api[_-]?id|client[_-]?id|access[_-]?id/i;
const notSecret =
  /(?:name|path|file|dir|url|uri|endpoint|type|length|size|count|field|label|title|text|message|error|prompt|hint|help|policy|regex|pattern|format|header|param|prefix|suffix|column|table|ttl|expir\w*|timeout|lifetime|age|algorithm|alg|issuer|audience|scope|provider|class|enabled|required|valid\w*|reset|change\w*|forgot\w*|confirm\w*|strength|input|placeholder|form|page|route|version|region|public|hash(?:er|ing)?|encoder|arn|ref|selector|manager|store|service|kind|mode|limit|budget|usage|tokens|tokenizer|index|position|idx|id_?field|key_?name|_?env|var|variable|description|doc|example|rotation|mount|secrets?_?engine|volume|group|role|user(?:name)?)$/i;
const assignment =
  /(?:^|[\s,;{([<"'`.])(["'`]?)([A-Za-z_][\w.$-]{0,80})\1\s*(?:\]\s*)?(?::\s*[A-Za-z_][\w.<>[\]| ?&*]{0,40}\s*=|:=|=>|:|=|,(?=\s*["'`]))\s*(?:[A-Za-z_.]{0,20}\(\s*)?(?:(["'`])((?:(?!\3)[^\n\\]|\\.){1,400})\3|([^\s"'`,;{}()[\]<>]{6,400}))/g;

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
  check(source, report) {
    const code = codeLanguages.includes(source.language);
    const prose = source.language === 'markdown' || source.language === 'html';
    if (source.language === 'lockfile' || source.language === 'css') return;
    const lines = source.lines;
    for (let i = 0; i < lines.length; i++) {
      if (source.changed !== undefined && !source.changed.has(i + 1)) continue;
      const line = lines[i]!;
      if (line.length > 4000 || line.length < 12 || !keyword.test(line)) continue;
      for (const m of line.matchAll(assignment)) {
        const name = m[2]!;
        if (!keyword.test(name) || notSecret.test(name)) continue;
        const quoted = m[4] !== undefined;
        let value = (m[4] ?? m[5] ?? '').trim();
        if (!quoted && (code || prose)) continue;
        if (m[0].includes('==') || /[=!]=/.test(line.slice(m.index, m.index + m[0].length))) continue;
        value = value.replace(/^(?:Bearer|Basic|token)\s+/i, '').replace(/\\?["']$/, '');
        if (value.length < 6 || isPlaceholder(value) || isHarmlessShape(value)) {
          // Keys of some issuers are UUIDs.
          if (
            !(
              /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) &&
              /(?:api|access|secret|auth)[_-]?(?:key|token)|secret|password/i.test(name) &&
              !/^0{8}|(.)\1{7}/.test(value) &&
              !/client[_-]?id|_id$/i.test(name)
            )
          )
            continue;
        }
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
          const id = /client[_-]?id|account[_-]?sid|api[_-]?id|access[_-]?id/i.test(name);
          secret =
            value.length >= 16 &&
            !isWordy(value) &&
            e >= (/^[0-9a-f]+$/i.test(value) ? 2.8 : 3.3) &&
            ((/\d/.test(value) && /[A-Za-z]/.test(value)) ||
              (value.length >= 24 && /[a-z]/.test(value) && /[A-Z]/.test(value) && e >= 4)) &&
            !(isSampleWord(value) && e < 4);
          if (id) secret = false;
        }
        if (!secret) continue;
        const at = source.starts[i]! + m.index + m[0].lastIndexOf(value.slice(0, 8));
        report({
          start: at,
          end: Math.min(at + value.length, source.starts[i]! + line.length),
          key: `${name}:${checksum(value)}`,
          message: `'${name.slice(0, 40)}' holds what looks like a real secret: take it out, change it, and read it from the environment or a secret store.`,
        });
      }
    }
  },
};

function checksum(text: string): string {
  let h = 5381;
  for (let i = 0; i < text.length; i++) h = ((h * 33) ^ text.charCodeAt(i)) >>> 0;
  return h.toString(36);
}
