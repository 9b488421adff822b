/**
 * Loads a sibling bundle with its compiled code kept beside it: compiling the risk engine costs more than running it.
 * From Node 22.1 on `module.enableCompileCache` does the same; VS Code's own Node and Node 20 need this.
 */
import { isAscii } from 'node:buffer';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vm from 'node:vm';

/** What keeps compiled code on disk in Node from 22.1 on. Asked for by version: to load the module only to look costs a hook some milliseconds. */
export function compileCacheOfNode(): (() => unknown) | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 1)) return undefined;
  return (require('node:module') as { enableCompileCache?: () => unknown }).enableCompileCache;
}

const keep: (() => void)[] = [];
const loaded = new Map<string, { readonly exports: unknown }>();
/** Microseconds of processor time from which on a process may have used more code than is kept; waiting is no use of code. */
const longRun = 1_000_000;

/** `require` for one of our bundles. `name`: file name beside this bundle; `unbundled`: loads it where there is none, in tests. */
export function requireCached(name: string, unbundled?: () => unknown): unknown {
  const file = path.join(__dirname, name);
  if (unbundled && !fs.existsSync(file)) return unbundled();
  if (compileCacheOfNode() || process.env['NODE_V8_COVERAGE'] !== undefined) return require(file) as unknown;
  const before = loaded.get(file);
  if (before) return before.exports;
  const bytes = wrapped(file);
  // Our bundles are ASCII, which V8 takes as it is: reading them as UTF-8 takes ten times as long.
  const source = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
  // One per command: the cache holds the functions that the command used.
  const word = /^[a-z-]{1,16}$/.exec(process.argv[2] ?? '')?.[0] ?? '';
  const cacheFile = `${file}.${word}.${process.version}-${process.arch}.cache`;
  const given = cached(cacheFile, file);
  const script = new vm.Script(source, { filename: file, ...given });
  const known = script.cachedDataRejected === false ? (given.cachedData?.length ?? 0) : 0;
  // After the work is done, so that what it needed is in it. Best effort: the folder may be read-only.
  keep.push(() => {
    // What a short run kept is too little for a long one.
    if (known > 0 && process.cpuUsage().user < longRun) return;
    try {
      const data = script.createCachedData();
      if (data.length < known * 1.2) return;
      const partial = `${cacheFile}.${process.pid}`;
      fs.writeFileSync(partial, data, { mode: 0o600 });
      fs.renameSync(partial, cacheFile);
    } catch {
      // Costs speed only.
    }
  });
  const made = { exports: {} as unknown };
  loaded.set(file, made);
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  // What the bundle loads of ours on demand is kept in the same way. All else it finds from where this bundle is, too: they
  // are in one folder, and a `require` made for it would cost a hook a twentieth of its time.
  const requireFrom = (id: string): unknown =>
    sibling.test(id) ? requireCached(id.slice(2)) : (require(id) as unknown);
  run(made.exports, Object.assign(requireFrom, require), made, file, __dirname);
  return made.exports;
}

/** But for what imports modules at run time, which only Node's own loader can do. */
const sibling = /^\.\/(?!treeSitter\b)\w+\.js$/;

const head = '(function (exports, require, module, __filename, __dirname) {';
const foot = '\n})';

/** A module as a function expression. Put together as bytes: as strings V8 would copy the whole text once more, and collect the garbage at once. */
function wrapped(file: string): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const { size } = fs.fstatSync(fd);
    const bytes = Buffer.allocUnsafeSlow(head.length + size + foot.length);
    bytes.write(head, 'latin1');
    let at = head.length;
    for (let n = size; n > 0 && at < head.length + size; at += n)
      n = fs.readSync(fd, bytes, at, head.length + size - at, null);
    bytes.write(foot, at, 'latin1');
    return bytes.subarray(0, at + foot.length);
  } finally {
    fs.closeSync(fd);
  }
}

/** V8 checks the source's length only; a file that is newer than its cache is compiled again. */
function cached(cacheFile: string, file: string): { cachedData?: Buffer } {
  try {
    if (fs.statSync(cacheFile).mtimeMs < fs.statSync(file).mtimeMs) return {};
    return { cachedData: fs.readFileSync(cacheFile) };
  } catch {
    return {};
  }
}

/** Writes what `requireCached` compiled. */
export function keepCode(): void {
  for (const write of keep.splice(0)) write();
}
