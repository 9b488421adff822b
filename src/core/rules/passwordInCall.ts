import type { Arg } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { isPlaceholder } from './kit/secretText.ts';
import type { Rule } from './rule.ts';

export const passwordInCall: Rule = {
  id: 'password-in-call',
  title: 'Password of a database or key store written into the call',
  tier: 'high',
  category: 'secrets',
  languages: ['java', 'kotlin', 'scala', 'groovy', 'php'],
  references: ['CWE-798', 'CWE-259', 'CWE-521', 'OWASP A07:2021'],
  why: 'Whoever can read the repository, its forks and its history has it, and it can not be changed without a release.',
  remedy: 'take it out, change it, and read it from the environment or a secret store',
  keywords: [
    'getconnection',
    'setpassword',
    'passwordauthentication',
    'keystore',
    'pbekeyspec',
    'passwordprotection',
    'pdo',
    'mysqli',
    'mysqli_connect',
    'mysql_connect',
    'oci_connect',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      const value = passwordOf(call.callee, call.name, call.args, source.language === 'php');
      const text = value && written(c, value);
      if (text === undefined) continue;
      const hit = { start: call.start, end: call.end };
      if (text === '') {
        if (/^(?:getConnection|PDO|mysqli|mysqli_connect)$/.test(call.name))
          report({ ...hit, key: 'empty', tier: 'medium', message: 'Database login without a password: give it one.' });
      } else if (/^[$#]\{|^%|\s/.test(text)) continue;
      else if (isPlaceholder(text)) report({ ...hit, key: 'sample', tier: 'medium' });
      else report({ ...hit, key: call.name });
    }
  },
};

/** The argument that is a password. */
function passwordOf(callee: string, name: string, args: readonly Arg[], isPhp: boolean): Arg | undefined {
  if (isPhp)
    return /^(?:PDO|mysqli|mysqli_connect|mysql_connect|mysqli_real_connect)$/.test(name) ? args[2] : undefined;
  if (/(?:^|\.)DriverManager\.getConnection$/.test(callee)) return args[2];
  if (/[dD]ata_?[sS]ource\w{0,60}\.getConnection$/.test(callee)) return args[1];
  if (name === 'setPassword') return args.length === 1 ? args[0] : undefined;
  if (name === 'PasswordAuthentication') return args[1];
  if (/^(?:PBEKeySpec|PasswordProtection)$/.test(name)) return args[0];
  if (name === 'load' && /(?:keystore|truststore|^ks|^ts)\w{0,60}\.load$/i.test(callee)) return args[1];
  return undefined;
}

/** The text of `"…"` or `"…".toCharArray()`, there or in the one value of the name. */
function written(c: Code, value: Arg): string | undefined {
  const literal = c.facts.literal(value);
  if (literal !== undefined) return literal;
  const chars = /^"([^"\n]{0,200})"\.toCharArray\(\)$/;
  const text = c.text(value);
  if (chars.test(text)) return chars.exec(text)![1];
  const name = /^(\w+)(?:\.toCharArray\(\))?$/.exec(text)?.[1];
  const values = name === undefined ? [] : c.facts.valuesOf(name, value.from);
  if (values.length !== 1) return undefined;
  return c.facts.literal(values[0]) ?? chars.exec(c.text(values[0]))?.[1];
}
