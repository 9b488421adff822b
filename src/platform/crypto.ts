/** Hashes and signatures. Node's own OpenSSL; no home-made cryptography. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Sha256 } from '../core/ports.ts';

export const sha256: Sha256 = (data) => createHash('sha256').update(data).digest('hex');

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
  const pair = generateKeyPairSync('ed25519');
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
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' });
  return sign(null, Buffer.from(text), key).toString('base64url');
}

/** Whether `signature` (base64url) is `publicKey`'s over `text`. Malformed keys and signatures are simply not valid. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
