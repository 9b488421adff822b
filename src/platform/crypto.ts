/** Hashes and signatures. Node's own OpenSSL, but for a few short hashes: no home-made cryptography where a key is used. */
import type { Sha256 } from '../core/ports.ts';
import type { HashStream } from '../core/provenance/digest.ts';
import { plainSha256 } from './sha256.ts';

// Loaded when needed: it takes a hook longer than its work.
let nodeCrypto: typeof import('node:crypto') | undefined;
const loadCrypto = (): typeof import('node:crypto') =>
  (nodeCrypto ??= require('node:crypto') as typeof import('node:crypto'));

/**
 * Bytes hashed without OpenSSL so far. Beyond `maxPlain` of them loading it (5 ms) pays: V8 optimises our own code after some
 * twenty blocks, in a thread that the process's end waits for (12 ms).
 */
let plain = 0;
const maxPlain = 1280;

export const sha256: Sha256 = (data) => {
  if (nodeCrypto === undefined && plain + data.length <= maxPlain) {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    plain += bytes.length + 64;
    return plainSha256(bytes);
  }
  return loadCrypto().createHash('sha256').update(data).digest('hex');
};

/** SHA-256 of what comes in parts. */
export function newHash(): HashStream {
  let hash: import('node:crypto').Hash | undefined;
  let kept: Buffer[] = [];
  let size = 0;
  return {
    update(data) {
      if (hash === undefined) {
        const bytes = Buffer.from(data as Uint8Array);
        size += bytes.length;
        kept.push(bytes);
        if (nodeCrypto === undefined && plain + size <= maxPlain) return;
        hash = loadCrypto().createHash('sha256');
        for (const one of kept) hash.update(one);
        kept = [];
      } else hash.update(data);
    },
    hex: () => (hash === undefined ? sha256(Buffer.concat(kept)) : hash.digest('hex')),
  };
}

/** So many random bytes, in hexadecimal. */
export const randomHex = (bytes: number): string => loadCrypto().randomBytes(bytes).toString('hex');

export interface KeyPair {
  /** `ed:` + first 16 hex of SHA-256 of the public key's SPKI bytes. */
  readonly id: string;
  /** SPKI, base64. */
  readonly publicKey: string;
  /** PKCS #8, base64. Goes to VS Code's SecretStorage and nowhere else. */
  readonly privateKey: string;
}

/** A new Ed25519 key pair. */
export function generateKeys(): KeyPair {
  const pair = loadCrypto().generateKeyPairSync('ed25519');
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  return {
    id: keyId(spki.toString('base64')),
    publicKey: spki.toString('base64'),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

/** Id of a public key given as SPKI, base64. */
export const keyId = (publicKey: string): string => `ed:${sha256(Buffer.from(publicKey, 'base64')).slice(0, 16)}`;

/** Ed25519 signature (RFC 8032), base64url. Throws on a key that is none. */
export function signText(privateKey: string, text: string): string {
  const { createPrivateKey, sign } = loadCrypto();
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' });
  return sign(null, Buffer.from(text), key).toString('base64url');
}

/** Whether `signature` (base64url) is `publicKey`'s over `text`. Malformed keys and signatures are simply not valid. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  try {
    const { createPublicKey, verify } = loadCrypto();
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
