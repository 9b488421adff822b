import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const loggers =
  /^(?:(?:\w+\.)*(?:logger|log|logging|LOGGER|LOG|_logger|slog|zap|sugar|logrus|winston|console|Rails\.logger|Log|Logger|tracing)\.(?:debug|info|warn|warning|error|critical|fatal|exception|trace|log|print|println|printf|Debug\w*|Info\w*|Warn\w*|Error\w*|Fatal\w*|Print\w*|Trace\w*|Log\w*|d|i|w|e|v|LogInformation|LogDebug|LogWarning|LogError)|System\.out\.print(?:ln|f)?|fmt\.Print(?:ln|f)?|print|println|puts|error_log|Console\.WriteLine)$/;
/** Names that hold the secret itself, not something about it. */
const secret =
  /^(?:\w*_)?(?:password|passwd|passphrase|secret|secret_?key|api_?key|private_?key|access_?token|refresh_?token|auth_?token|client_?secret|credit_?card|card_?number|cvv|ssn)$|^(?:credentials|password|secret|apiKey|privateKey|accessToken|refreshToken|authToken|clientSecret|secretKey|userPassword|plainPassword|dbPassword|newPassword|oldPassword)$/i;

export const secretLogged: Rule = {
  id: 'secret-logged',
  title: 'Secret written to the log',
  tier: 'high',
  category: 'data-exposure',
  languages: codeLanguages,
  references: ['CWE-532', 'OWASP A09:2021'],
  why: 'Logs are kept for years, copied to other systems and read by many: what is in them is no secret any more.',
  remedy: 'log that it was there, or its identifier, never the value',
  keywords: [
    'password',
    'passwd',
    'passphrase',
    'secret',
    'apikey',
    'api_key',
    'privatekey',
    'private_key',
    'accesstoken',
    'access_token',
    'refreshtoken',
    'refresh_token',
    'authtoken',
    'auth_token',
    'clientsecret',
    'client_secret',
    'secretkey',
    'secret_key',
    'credentials',
    'credit_card',
    'cardnumber',
    'card_number',
    'cvv',
    'ssn',
    'userpassword',
    'dbpassword',
    'newpassword',
    'oldpassword',
    'plainpassword',
    'db_password',
    'user_password',
    'new_password',
  ],
  check(source, report) {
    const c = code(source);
    const { tokens } = c.facts;
    for (const call of c.facts.calls) {
      if (!loggers.test(call.callee)) continue;
      for (const name of loggedNames(call.open + 1, call.close)) {
        if (!secret.test(name) || /^(?:n|num|has|is|no|count|max|min|len|total|with|use)_/i.test(name)) continue;
        report({
          start: call.start,
          end: call.end,
          key: `log:${name.toLowerCase()}`,
          message: `'${name.slice(0, 40)}' is written to the log: log that it was there, never the value.`,
        });
        break;
      }
    }

    function* loggedNames(from: number, to: number): Generator<string> {
      for (let i = from; i < to && i - from < 200; i++) {
        const t = tokens[i]!;
        if (t.kind === 'str' && t.dynamic) {
          for (const m of c.facts.stringOf(t).matchAll(/[$#]?\{\s*([\w.$]+)\s*(?:![rs])?(?::[^{}]{0,20})?\}/g))
            yield m[1]!.split('.').at(-1)!;
          continue;
        }
        if (t.kind !== 'id') continue;
        const next = tokens[i + 1]?.text;
        const previous = tokens[i - 1]?.text;
        // A call, an owner, a key, a comparison or a condition is not the value.
        if (
          next === '(' ||
          next === '.' ||
          next === '?.' ||
          next === '::' ||
          next === '->' ||
          next === ':' ||
          next === '=' ||
          next === '?' ||
          next === '==' ||
          next === '!=' ||
          next === '===' ||
          next === '!==' ||
          next === '&&' ||
          next === '||' ||
          next === '[' ||
          next === 'is' ||
          next === 'in' ||
          next === 'if' ||
          next === '<' ||
          next === '>'
        )
          continue;
        if (
          previous === '!' ||
          previous === 'not' ||
          previous === '&&' ||
          (previous === '(' &&
            /^(?:len|bool|type|Boolean|hash|mask|redact|sha256|isinstance|typeof)$/i.test(tokens[i - 2]?.text ?? '')) ||
          /^(?:typeof|new)$/.test(previous ?? '')
        )
          continue;
        yield t.text;
      }
    }
  },
};
