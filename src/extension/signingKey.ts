/**
 * The person's signing key: made at set-up or at the first justification. The private half lives in VS Code's
 * SecretStorage and is never given to the CLI, an environment or a file; hooks and gates know the public half only.
 */
import type * as vscode from 'vscode';
import { generateKeys, keyId, signText, type KeyPair } from '../platform/crypto.ts';

const secret = 'countersign.signingKey';
/** Public halves of all keys that were made here. Some hosts forget secrets; what the old key signed stays good. */
const ownKeys = 'countersign.ownKeys';

export class SigningKey {
  readonly #secrets: vscode.SecretStorage;
  readonly #state: vscode.Memento;
  #pair: Promise<KeyPair> | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.#secrets = context.secrets;
    this.#state = context.globalState;
  }

  /** The key, made when there is none. Rejects where the host has no secret storage. */
  async pair(): Promise<KeyPair> {
    this.#pair ??= this.#load().catch((error: unknown) => {
      this.#pair = undefined;
      throw error;
    });
    return this.#pair;
  }

  async sign(text: string): Promise<{ readonly key: string; readonly sig: string }> {
    const pair = await this.pair();
    return { key: pair.id, sig: signText(pair.privateKey, text) };
  }

  /** A new key in place of the one before, whose public half stays known. */
  async replace(): Promise<KeyPair> {
    const made = await this.#make();
    this.#pair = Promise.resolve(made);
    return made;
  }

  /** Key id → public half, of this person's keys on this machine. */
  own(): Readonly<Record<string, string>> {
    return this.#state.get<Record<string, string>>(ownKeys, {});
  }

  async #load(): Promise<KeyPair> {
    const stored = await this.#secrets.get(secret);
    if (stored !== undefined) {
      const parsed = parse(stored);
      if (parsed) return parsed;
    }
    return this.#make();
  }

  async #make(): Promise<KeyPair> {
    const made = generateKeys();
    await this.#state.update(ownKeys, { ...this.own(), [made.id]: made.publicKey });
    await this.#secrets.store(secret, JSON.stringify({ publicKey: made.publicKey, privateKey: made.privateKey }));
    return made;
  }
}

function parse(text: string): KeyPair | undefined {
  try {
    const { publicKey, privateKey } = JSON.parse(text) as Partial<KeyPair>;
    if (typeof publicKey !== 'string' || typeof privateKey !== 'string') return undefined;
    signText(privateKey, 'probe');
    return { id: keyId(publicKey), publicKey, privateKey };
  } catch {
    return undefined;
  }
}
