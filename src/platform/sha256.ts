/**
 * SHA-256 (FIPS 180-4) of short texts in plain TypeScript. A hook hashes a few hundred bytes: names of its own files and the
 * audit log's last line. Loading `node:crypto` for that takes longer than all the rest that a hook does.
 */

/** The first 32 bits of the fractional part of a number's root. Exact: a double holds more bits than are asked for. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;
const primes: number[] = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
const rounds = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const start = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));

/** Hexadecimal, like Node's own. */
export function plainSha256(data: Uint8Array): string {
  const size = data.length;
  const blocks = (size + 9 + 63) >> 6;
  const bytes = Buffer.alloc(blocks << 6);
  bytes.set(data);
  bytes[size] = 0x80;
  bytes.writeUInt32BE(Math.floor(size / 2 ** 29), bytes.length - 8);
  bytes.writeUInt32BE((size << 3) >>> 0, bytes.length - 4);
  const state = Int32Array.from(start);
  const w = new Int32Array(64);
  for (let at = 0; at < bytes.length; at += 64) block(state, w, bytes, at);
  let hex = '';
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex;
}

function block(state: Int32Array, w: Int32Array, bytes: Buffer, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = bytes.readInt32BE(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[i] as number) + (w[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const now = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = ((state[i] as number) + (now[i] as number)) | 0;
}
