import type { Arg, Call } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const harmless =
  /check_?sum|etag|cache|finger_?print|dedup|content_?hash|file_?hash|bucket|shard|usedforsecurity\s*=\s*False|gravatar|uuid|color|colour|identicon|hash_?key|cache_?key|git\b|blob|digest_?of_?file|memo|integrity|version_?hash|short_?hash|config_?hash|md5_?sum|sha1_?sum|revision/i;
const secretish = /pass(?:word|wd)?\b|pwd|secret|token|auth|sign(?:ature)?|hmac|credential|session|salt|pw\b|pwtext/i;

export const weakCrypto: Rule = {
  id: 'weak-cryptography',
  title: 'Cryptography that does not hold',
  tier: 'high',
  category: 'cryptography',
  languages: codeLanguages,
  references: ['CWE-327', 'CWE-328', 'CWE-326', 'CWE-329', 'CWE-353', 'OWASP A02:2021'],
  why: 'Broken hashes and ciphers, short keys, missing authentication and fixed initialisation vectors look like protection and are none.',
  remedy:
    'use AES-GCM with a fresh nonce, SHA-256 or better, RSA of 3072 bits, and a password hash (argon2, scrypt, bcrypt) for passwords',
  keywords: [
    'mode_cbc',
    'hashids',
    'authmechanism',
    'mode_ctr',
    'gcmparameterspec',
    'argon2',
    'pkey',
    'openssl',
    'dss',
    'sha',
    'md5',
    'sha1',
    'md4',
    'md2',
    'des',
    'des3',
    '3des',
    'desede',
    'rc4',
    'arc4',
    'arcfour',
    'rc2',
    'blowfish',
    'ecb',
    'mode_ecb',
    'createcipher',
    'createdecipher',
    'createcipheriv',
    'createdecipheriv',
    'generatekey',
    'generate',
    'generatekeypair',
    'generatekeypairsync',
    'rsa',
    'dsa',
    'createhash',
    'getinstance',
    'messagedigest',
    'cipher',
    'aes',
    'new',
    'newcipher',
    'newtripledescipher',
    'pseudorandombytes',
    'xor',
    'idea',
    'cast5',
    'modes',
    'createhmac',
    'hashlib',
    'crypt',
    'mcrypt_encrypt',
    'openssl_encrypt',
    'digest',
    'digestutils',
    'nooppasswordencoder',
    'messagedigestpasswordencoder',
    'rsakeygenparameterspec',
    'hmac',
    'sum',
    'ripemd160',
    'keysize',
    'initialize',
    'md5cryptoserviceprovider',
    'sha1managed',
    'descryptoserviceprovider',
    'rc2cryptoserviceprovider',
    'tripledescryptoserviceprovider',
    'generate_private_key',
    'importkey',
    'ciphermode',
    'newcbcencrypter',
    'ivparameterspec',
    'mode',
    'sha1cryptoserviceprovider',
    'nopadding',
    'nullcipher',
    'ripemd',
    'newhash',
    'getmd5digest',
    'md5hex',
    'shahex',
    'sha1hex',
    'pbkdf2',
    'pbkdf2sync',
    'pbkdf2_hmac',
    'hashsync',
    'gensalt',
    'gensaltsync',
    'bcrypt',
    'generatefrompassword',
    'password_hash',
    'rfc2898derivebytes',
    'pbekeyspec',
    'secretkeyspec',
    'newcbcdecrypter',
    'newctr',
    'newofb',
    'newcfbencrypter',
  ],
  check(source, report) {
    const c = code(source);
    const lang = source.language;
    const isJs = lang === 'javascript' || lang === 'typescript' || lang === 'tsx';
    for (const call of c.facts.calls) {
      const { name } = call;
      const callee = lang === 'python' ? call.callee.replace(/^(?:Crypto|Cryptodome)\.\w+\./, '') : call.callee;
      const first = call.args[0];
      const text = c.text({ from: call.open, to: call.close + 1 });
      const hit = { start: call.start, end: call.end };
      const context = (): string =>
        (source.lines[source.lineAt(call.start) - 1] ?? '') + (source.lines[source.lineAt(call.start) - 2] ?? '');
      const weakHash = (key: string): void => {
        const near = context();
        if (/usedforsecurity\s*=\s*False/.test(text)) return;
        if (harmless.test(near) && !/pass(?:word|wd)/i.test(near)) return;
        report({
          ...hit,
          key,
          message: 'MD5 and SHA-1 are broken: use SHA-256, or a password hash (argon2, scrypt, bcrypt) for passwords.',
        });
      };
      const rounds = cheap(c, call, lang);
      if (rounds !== undefined) {
        report({
          ...hit,
          key: `rounds:${name}`,
          message: 'Password hashed with so little work that it can be tried out: use the cost its library recommends.',
        });
        continue;
      }
      if (lang === 'python') {
        if (
          /^(?:hashlib\.(?:md4|md5|sha1|sha)|MD[245]\.new|SHA1?\.new|cryptography\.hazmat\.primitives\.hashes\.(?:MD5|SHA1)|hashes\.(?:MD5|SHA1))$/.test(
            callee,
          )
        )
          weakHash(callee);
        else if (callee === 'hashlib.new' && /["'](?:md[245]|sha1?)["']/i.test(text)) weakHash(callee);
        else if (
          /^(?:DES3?|ARC[24]|Blowfish|XOR|CAST)\.new$|(?:^|\.)algorithms\.(?:ARC4|Blowfish|IDEA|CAST5|TripleDES|SEED)$/.test(
            callee,
          )
        )
          report({ ...hit, key: callee });
        else if (/^AES\.new$/.test(callee) && /MODE_ECB/.test(text)) report({ ...hit, key: 'ECB' });
        else if (
          /^AES\.new$/.test(callee) &&
          first &&
          c.facts.literal(first) !== undefined &&
          (c.facts.literal(first) === '' || /^b?["']/.test(c.text(first)))
        )
          report({ ...hit, key: 'constant key' });
        else if (
          /^AES\.new$/.test(callee) &&
          /MODE_(?:CBC|CTR|CFB|OFB|OPENPGP)/.test(text) &&
          !source.has(/\bhmac\b|HMAC|poly1305/i)
        )
          report({
            ...hit,
            key: 'unauthenticated',
            message: 'AES without authentication: what was changed on the way decrypts all the same; use AES-GCM.',
          });
        else if (name === 'Hashids' && /\b(?:SECRET_KEY|secret_key)\b/.test(text))
          report({
            ...hit,
            tier: 'medium',
            message: 'Salt of Hashids can be found out, and it is the key of the application: use a salt of its own.',
          });
        else if (c.facts.literal(c.named(call, 'authMechanism')) === 'MONGODB-CR')
          report({ ...hit, message: 'MONGODB-CR is broken and withdrawn: use SCRAM-SHA-256.' });
        else if (/(?:^|\.)modes\.ECB$/.test(callee)) report({ ...hit, key: 'ECB' });
        else if (/^(?:RSA|DSA)\.generate$|(?:^|\.)(?:rsa|dsa)\.generate_private_key$/.test(callee)) {
          const size = /(?:key_size\s*=\s*|\(\s*(?:bits\s*=\s*)?(?:65537\s*,\s*)?)(\d{3,5})/.exec(text)?.[1];
          if (size && +size < 2048) report({ ...hit, key: 'key size' });
        } else if (/^ec\.generate_private_key$/.test(callee) && /SECP192|SECT163|SECT233/.test(text))
          report({ ...hit, key: 'curve' });
        else if (/^crypt\.(?:crypt|mksalt)$/.test(callee) && /METHOD_(?:CRYPT|MD5|BLOWFISH)/.test(text)) report(hit);
      } else if (isJs) {
        if (/(?:^|\.)(?:createCipher|createDecipher)$/.test(callee))
          report({
            ...hit,
            key: name,
            message: 'createCipher derives key and IV without salt: use createCipheriv with a random IV.',
          });
        else if (
          /(?:^|\.)(?:createHash|createHmac)$/.test(callee) &&
          /["'](?:md[245]|sha-?1|ripemd160)["']/i.test(c.text(first))
        )
          weakHash(`createHash ${c.text(first)}`);
        else if (/(?:^|\.)pseudoRandomBytes$/.test(callee)) report({ ...hit, key: name });
        else if (/^(?:argon2|Argon2)\.hash$/.test(callee) && /argon2\.argon2[di]\b/.test(text))
          report({
            ...hit,
            key: 'argon2',
            message: 'Only Argon2id resists both attacks on password hashes: leave the type at its default.',
          });
        else if (/(?:^|\.)create(?:Cipher|Decipher)iv$/.test(callee)) {
          const algorithm = first
            ? (c.facts.literal(first) ?? (c.facts.byName.get(c.text(first)) ?? []).map((a) => c.text(a)).at(-1) ?? '')
            : '';
          if (/des|rc4|rc2|bf|ecb/i.test(algorithm) && /(?:^|["'-])(?:des|rc[24]|bf|blowfish)|ecb/i.test(algorithm))
            report({ ...hit, key: 'cipher' });
          if (name === 'createCipheriv' && isFixed(c, call.args[2]) && !/ecb/i.test(algorithm))
            report({
              ...hit,
              key: 'static iv',
              message: 'Fixed initialisation vector: make a random one for each message.',
            });
          else if (isWritten(c, call.args[1]))
            report({ ...hit, key: 'written key', message: 'Key written into the code: read it from a secret store.' });
          if (name.endsWith('Decipheriv') && /gcm|ccm|ocb|poly1305/i.test(algorithm)) {
            const body = functionBody(source.text, call.end);
            if (!/\.final\s*\(/.test(body) && !/pipe|pipeline|Transform/.test(body))
              report({
                ...hit,
                key: 'no final',
                message: 'The authentication tag is never checked: call final() and let it throw.',
              });
            else if (/gcm/i.test(algorithm) && call.args.length < 4)
              report({
                ...hit,
                key: 'authTagLength',
                message: 'A shortened authentication tag would be accepted: pass { authTagLength: 16 }.',
              });
          }
        } else if (/(?:^|\.)generateKeyPair(?:Sync)?$/.test(callee)) {
          const size = /modulusLength\s*:\s*(\d+)/.exec(text)?.[1];
          if (size && +size < 2048) report({ ...hit, key: 'key size' });
        } else if (
          /^(?:CryptoJS\.(?:MD5|SHA1|DES|RC4|TripleDES)(?:\.encrypt)?|md5|sha1)$/.test(callee) &&
          (/CryptoJS/.test(callee) ||
            source.has(/require\(['"](?:md5|sha1|js-md5|blueimp-md5)|from ['"](?:md5|sha1|js-md5)/))
        )
          weakHash(callee);
      } else if (lang === 'go') {
        if (/^(?:md5|sha1)\.(?:New|Sum)$/.test(callee)) weakHash(callee);
        // SHA-1 still holds inside an HMAC.
        else if (callee === 'hmac.New' && /^md[45]\.New$/.test(c.text(first))) weakHash('hmac');
        else if (
          /^(?:des\.New(?:TripleDES)?Cipher|rc4\.NewCipher|blowfish\.New\w*|cast5\.NewCipher|xtea\.NewCipher|md4\.New|ripemd160\.New)$/.test(
            callee,
          )
        )
          report({ ...hit, key: callee });
        else if (/^cipher\.New(?:CBCEncrypter|CTR|OFB|CFBEncrypter)$/.test(callee) && isWritten(c, call.args[1]))
          report({
            ...hit,
            key: 'static iv',
            message: 'Fixed initialisation vector: make a random one for each message.',
          });
        else if (callee === 'aes.NewCipher' && isWritten(c, first))
          report({ ...hit, key: 'written key', message: 'Key written into the code: read it from a secret store.' });
        else if (callee === 'rsa.GenerateKey' || callee === 'rsa.GenerateMultiPrimeKey') {
          const size = /,\s*(\d{3,5})\s*\)/.exec(text)?.[1] ?? numberOf(c, call.args.at(-1));
          if (size && +size < 2048) report({ ...hit, key: 'key size' });
        }
      } else if (/^(?:java|kotlin|scala|groovy)$/.test(lang)) {
        const literal = first ? (c.facts.literal(first) ?? '') : '';
        const iv = name === 'GCMParameterSpec' ? call.args[1] : first;
        if (
          /(?:^|\.)Cipher\.getInstance$/.test(callee) &&
          (/^(?:DES|DESede|TripleDES|RC[245]|ARCFOUR|Blowfish|IDEA|NullCipher)\b/i.test(literal) ||
            // RSA has no modes: what providers call ECB there is one block.
            /^(?!RSA\b)[^/]{1,40}\/ECB\b/i.test(literal) ||
            /^(?:AES)$/i.test(literal) ||
            /^AES\/CBC/i.test(literal) ||
            /^RSA\/[^/]{0,400}\/NoPadding/i.test(literal))
        )
          report({ ...hit, key: literal });
        else if (/(?:^|\.)MessageDigest\.getInstance$/.test(callee) && /^(?:MD[245]|SHA-?1?|SHA1)$/i.test(literal))
          weakHash(literal);
        else if (
          /(?:^|\.)DigestUtils\.(?:md5\w*|appendMd5\w*|sha1\w*|sha|shaHex|getMd5Digest|getSha1Digest|getShaDigest)$|(?:^|\.)Hashing\.(?:md5|sha1)$|(?:^|\.)MessageDigestPasswordEncoder$/.test(
            callee,
          )
        )
          weakHash(callee);
        else if (
          /(?:^|\.)(?:SecretKeyFactory|KeyGenerator|Mac)\.getInstance$/.test(callee) &&
          /^(?:DES|DESede|RC4|HmacMD5|HmacSHA1|Blowfish|PBEWithMD5)/i.test(literal)
        )
          report({ ...hit, key: literal });
        else if (call.isNew && name === 'NullCipher') report(hit);
        else if (/(?:^|\.)NoOpPasswordEncoder\.getInstance$/.test(callee))
          report({
            ...hit,
            key: 'plain',
            message: 'Passwords are stored as they are: use BCryptPasswordEncoder or Argon2.',
          });
        else if (call.isNew && name === 'RSAKeyGenParameterSpec') {
          const size = numberOf(c, first);
          if (size && +size < 2048) report({ ...hit, key: 'key size' });
        } else if (call.isNew && name === 'SecretKeySpec' && isWritten(c, first))
          report({ ...hit, key: 'written key', message: 'Key written into the code: read it from a secret store.' });
        else if (name === 'initialize' && source.has(/KeyPairGenerator/) && numberOf(c, first) !== undefined) {
          const size = Number(numberOf(c, first));
          if (size >= 256 && size < 2048 && /"(?:RSA|DSA|DiffieHellman|DH)"/.test(c.around(call.start, 8, 1)))
            report({ ...hit, key: 'key size' });
          else if (size < 224 && /"EC"/.test(c.around(call.start, 8, 1))) report({ ...hit, key: 'key size' });
        } else if (
          name === 'init' &&
          /KeyGenerator/.test(c.around(call.start, 6, 0)) &&
          /^\(\s*(?:56|64|80)\b/.test(text)
        )
          report({ ...hit, key: 'key size' });
        else if (
          call.isNew &&
          /^(?:IvParameterSpec|GCMParameterSpec)$/.test(name) &&
          iv &&
          (/^"|\.getBytes\(|^new byte\s*\[/.test(c.text(iv)) ||
            ((c.isConstant(iv) ||
              c
                .names(iv)
                .some((n) =>
                  c.facts.valuesOf(n, iv.from).some((a) => /^new byte\s*\[|^\{|\.getBytes/.test(c.text(a))),
                )) &&
              !/nextBytes|SecureRandom|generateSeed|copyOf|arraycopy|\.get\(|read\(/.test(
                c.around(call.start, 12, 0),
              ))) &&
          !/DECRYPT|decrypt/.test(c.around(call.start, 6, 4))
        )
          report({
            ...hit,
            key: 'static iv',
            message: 'Fixed initialisation vector: make a random one for each message.',
          });
      } else if (lang === 'c-sharp') {
        if (
          /^(?:MD5|SHA1)\.Create$|^(?:MD5|SHA1)\.HashData$/.test(callee) ||
          (call.isNew &&
            /^(?:MD5CryptoServiceProvider|SHA1CryptoServiceProvider|SHA1Managed|HMACMD5|HMACSHA1|MD5Cng)$/.test(name))
        )
          weakHash(callee);
        else if (
          /^(?:DES|TripleDES|RC2)\.Create$/.test(callee) ||
          (call.isNew &&
            /^(?:DESCryptoServiceProvider|TripleDESCryptoServiceProvider|RC2CryptoServiceProvider)$/.test(name))
        )
          report({ ...hit, key: callee });
        else if (call.isNew && /^RSACryptoServiceProvider$/.test(name) && /\(\s*(?:512|768|1024)\b/.test(text))
          report({ ...hit, key: 'key size' });
      } else if (lang === 'php') {
        if (/^(?:md5|sha1|crypt)$/.test(callee)) {
          // Of a random value it is a way to write it down; whether that can be guessed, `predictable-random` says.
          if (secretish.test(context()) && !/\b(?:uniqid|mt_rand|rand|random_bytes|random_int)\s*\(/.test(text))
            report({ ...hit, key: callee });
        } else if (/^hash$/.test(callee) && /["'](?:md[245]|sha1)["']/.test(text) && secretish.test(context()))
          report({ ...hit, key: callee });
        else if (
          /^openssl_(?:encrypt|decrypt)$/.test(callee) &&
          call.name.endsWith('encrypt') &&
          isWritten(c, call.args[4])
        )
          report({
            ...hit,
            key: 'static iv',
            message: 'Fixed initialisation vector: make a random one for each message.',
          });
        else if (callee.startsWith('mcrypt_') || (callee === 'openssl_encrypt' && /(?:des|rc4|ecb)/i.test(text)))
          report({ ...hit, key: callee });
        else if (
          callee === 'uniqid' &&
          !/\b(?:mt_rand|rand)\s*\(/.test(text) &&
          secretish.test(source.lines[source.lineAt(call.start) - 1] ?? '')
        )
          report({ ...hit, key: callee });
      } else if (lang === 'ruby') {
        if (
          /^(?:Digest|OpenSSL\.Digest)\.(?:MD[245]|SHA1|SHA|DSS1?|RIPEMD160|RMD160)\.(?:hexdigest|digest|base64digest|new|file)$|^OpenSSL\.HMAC\.(?:hexdigest|digest)$/.test(
            callee,
          )
        ) {
          if (!callee.startsWith('OpenSSL.HMAC') || /["'](?:md5|sha1)["']/i.test(text)) weakHash(callee);
        } else if (
          /^OpenSSL\.Digest\.(?:new|digest|hexdigest)$/.test(callee) &&
          /^["']?:?(?:md[45]|sha1?)["']?$/i.test(c.text(first))
        )
          weakHash(callee);
        else if (/^OpenSSL\.Cipher\.AES\.new$/.test(callee) && /:ECB\b|["']ECB["']/i.test(text))
          report({ ...hit, key: 'ECB' });
        else if (/^(?:Crypt\.Blowfish|RC4|Crypt\.Rijndael)\.new$/.test(callee)) report({ ...hit, key: 'cipher' });
        else if (/^OpenSSL\.Cipher\.new$|^OpenSSL\.Cipher\.Cipher\.new$/.test(callee) && /des|rc4|ecb|bf/i.test(text))
          report({ ...hit, key: 'cipher' });
        else if (/^OpenSSL\.PKey\.(?:RSA|DSA)\.(?:new|generate)$/.test(callee) && /\(\s*(?:512|768|1024)\b/.test(text))
          report({ ...hit, key: 'key size' });
      } else if (
        lang === 'c' &&
        /^(?:MD5_Init|SHA1_Init|DES_\w+|RC4|EVP_(?:md5|sha1|des_\w+|rc4)|MD5|SHA1)$/.test(callee)
      )
        report({ ...hit, key: callee });
    }
    // Without brackets it is no call: Digest::MD5.new << text
    if (lang === 'ruby')
      for (const m of source.text.matchAll(/\b(?:OpenSSL::)?Digest::(?:MD[45]|SHA1)\.new\b(?!\s*\()/g)) {
        const line = source.lines[source.lineAt(m.index) - 1] ?? '';
        if (!harmless.test(line) || /pass(?:word|wd)/i.test(line))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: m[0],
            message:
              'MD5 and SHA-1 are broken: use SHA-256, or a password hash (argon2, scrypt, bcrypt) for passwords.',
          });
      }
    if (/^(?:java|kotlin)$/.test(lang))
      for (const m of source.text.matchAll(/\bclass\s+\w+\s+extends\s+MessageDigest\b/g))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: 'own digest',
          message: 'A digest of your own making: use SHA-256 of the platform.',
        });
    if (lang === 'go' && source.has(/"crypto\/(?:md5|sha1|des|rc4)"|"golang\.org\/x\/crypto\/(?:md4|ripemd160)"/))
      for (const m of source.text.matchAll(/"(?:crypto\/(?:des|rc4)|golang\.org\/x\/crypto\/(?:md4|ripemd160))"/g))
        report({ start: m.index, end: m.index + m[0].length, key: m[0] });
    if (lang === 'c-sharp')
      for (const m of source.text.matchAll(/CipherMode\.ECB/g)) report({ start: m.index, end: m.index + m[0].length });
  },
  fix(text) {
    const newText = text
      .replace(/^hashlib\.(?:md5|sha1)\(/, 'hashlib.sha256(')
      .replace(/\b(createHash|createHmac)\((["'`])(?:md5|sha-?1)\2/i, '$1($2sha256$2')
      .replace(/\b(MessageDigest\.getInstance|hashlib\.new)\((["'])(?:MD5|SHA-?1)\2/i, (_, f: string, q: string) =>
        f === 'hashlib.new' ? `${f}(${q}sha256${q}` : `${f}(${q}SHA-256${q}`,
      )
      .replace(/^(MD5|SHA1)\.(Create|HashData)\b/, 'SHA256.$2')
      .replace(/^Digest::(?:MD5|SHA1)\b/, 'Digest::SHA256');
    return newText === text ? undefined : { title: 'Use SHA-256 (stored values change)', newText };
  },
};

/** A value that is a text of the code: `"…"`, `"…".getBytes()`, `[]byte("…")`, `Buffer.from("…")`, directly or through a name. */
function isWritten(c: Code, value: Arg | undefined): boolean {
  if (!value) return false;
  const written =
    /^(?:b?(["'`])[^"'`]{8,}\1|"[^"]{8,}"\.getBytes\([^()]{0,40}\)|\[\]byte\(\s*["`][^"`]{8,}["`]\s*\)|Buffer\.from\(\s*(["'])[^"']{8,}\2[^()]{0,20}\))$/;
  const text = c.text(value);
  if (written.test(text)) return !/\$\{/.test(text);
  if (!/^\w+$/.test(text)) return false;
  const values = c.facts.valuesOf(text, value.from);
  return values.length > 0 && values.every((a) => written.test(c.text(a)) && !/\$\{/.test(c.text(a)));
}

/** The same for a vector, which may also be all zeros. */
const isFixed = (c: Code, value: Arg | undefined): boolean =>
  isWritten(c, value) ||
  (value !== undefined &&
    /^(?:Buffer\.alloc\(\s*\d+(?:\s*,\s*(?:0|["'][^"']*["']))?\s*\)|new Uint8Array\(\s*\d+\s*\))$/.test(c.text(value)));

/** A whole number, written there or in the one value that the name has. */
function numberOf(c: Code, value: Arg | undefined): string | undefined {
  if (!value) return undefined;
  const number = /^\d[\d_]{0,9}$/;
  const text = c.text(value);
  if (number.test(text)) return text.replaceAll('_', '');
  if (!/^\w+$/.test(text)) return undefined;
  const values = c.facts.valuesOf(text, value.from);
  return values.length === 1 && number.test(c.text(values[0])) ? c.text(values[0]).replaceAll('_', '') : undefined;
}

/** The work a password hash is told to do, where it is too little. */
function cheap(c: Code, call: Call, lang: string): number | undefined {
  const number = (a: Arg | undefined): number =>
    a && /^\d[\d_]*$/.test(c.text(a)) ? Number(c.text(a).replaceAll('_', '')) : NaN;
  const under = (n: number, limit: number): number | undefined => (n > 0 && n < limit ? n : undefined);
  const { callee, name, args } = call;
  if (lang === 'python') {
    if (callee.endsWith('pbkdf2_hmac')) return under(number(c.named(call, 'iterations') ?? c.arg(call, 3)), 10_000);
    if (name === 'gensalt') return under(number(c.named(call, 'rounds') ?? c.arg(call, 0)), 10);
  } else if (/^(?:javascript|typescript|tsx)$/.test(lang)) {
    if (/^pbkdf2(?:Sync)?$/.test(name)) return under(number(args[2]), 10_000);
    if (/bcrypt/i.test(callee) && /^(?:hash|hashSync)$/.test(name)) return under(number(args[1]), 10);
    if (/^genSalt(?:Sync)?$/.test(name)) return under(number(args[0]), 10);
  } else if (lang === 'go') {
    if (callee === 'bcrypt.GenerateFromPassword')
      return c.text(args[1]) === 'bcrypt.MinCost' ? 4 : under(number(args[1]), 10);
    if (callee === 'pbkdf2.Key') return under(number(args[2]), 10_000);
  } else if (/^(?:java|kotlin|scala)$/.test(lang)) {
    if (call.isNew && name === 'PBEKeySpec') return under(number(args[2]), 10_000);
    if (call.isNew && name === 'BCryptPasswordEncoder') return under(number(args[0]), 10);
  } else if (lang === 'c-sharp' && call.isNew && name === 'Rfc2898DeriveBytes') return under(number(args[2]), 10_000);
  else if (lang === 'php' && name === 'password_hash') {
    const cost = /['"]cost['"]\s*=>\s*(\d{1,2})\b/.exec(c.text(args[2]));
    return cost ? under(Number(cost[1]), 10) : undefined;
  }
  return undefined;
}

/** The rest of the function from an offset on: up to the closing brace of its block. */
function functionBody(text: string, from: number): string {
  let depth = 0;
  for (let i = from; i < text.length && i - from < 6000; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth < 0) return text.slice(from, i);
  }
  return text.slice(from, from + 6000);
}
