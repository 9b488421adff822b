/** The names and sizes in a zip file, from its central directory. A VSIX is a zip. */
import * as fs from 'node:fs';

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly packed: number;
}

/** Throws on a file that is no zip; no zip64 (a VSIX is far below 4 GB). */
export function zipEntries(file: string): ZipEntry[] {
  const data = fs.readFileSync(file);
  const end = data.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error(`${file} is no zip file`);
  const entries: ZipEntry[] = [];
  let at = data.readUInt32LE(end + 16);
  for (let i = data.readUInt16LE(end + 10); i > 0; i--) {
    const nameLength = data.readUInt16LE(at + 28);
    entries.push({
      name: data.toString('utf8', at + 46, at + 46 + nameLength),
      size: data.readUInt32LE(at + 24),
      packed: data.readUInt32LE(at + 20),
    });
    at += 46 + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
  }
  return entries;
}
