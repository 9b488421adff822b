/** What kind of place a path in a command names: the whole disk, a home, the system, scratch space, the project. */
import type { Call, Context, Field } from './model.ts';

export type Place =
  | 'root'
  | 'home'
  | 'system'
  | 'device'
  | 'home-below'
  | 'absolute'
  | 'parent'
  | 'cwd'
  | 'temp'
  | 'generated'
  | 'relative'
  | 'unknown';

export interface Located {
  readonly place: Place;
  /** `/` separators, `~` for the home, no `.` and `..` in the middle. */
  readonly path: string;
}

const systemTops: ReadonlySet<string> = new Set([
  'bin',
  'boot',
  'dev',
  'etc',
  'home',
  'lib',
  'lib32',
  'lib64',
  'libx32',
  'lost+found',
  'media',
  'mnt',
  'nix',
  'opt',
  'proc',
  'root',
  'run',
  'sbin',
  'snap',
  'srv',
  'sys',
  'usr',
  'var',
  'applications',
  'library',
  'system',
  'users',
  'volumes',
  'private',
  'windows',
  'program files',
  'program files (x86)',
  'programdata',
  'cores',
]);

/** Folders that a build or a package manager makes again. */
const generatedNames: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  'dist',
  'build',
  'out',
  'target',
  'coverage',
  '.nyc_output',
  '.next',
  '.nuxt',
  '.output',
  '.svelte-kit',
  '.turbo',
  '.parcel-cache',
  '.cache',
  '.vite',
  '.angular',
  '.expo',
  '.gradle',
  '__pycache__',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.tox',
  '.nox',
  '.venv',
  'venv',
  '.eggs',
  'htmlcov',
  '.terragrunt-cache',
  'tmp',
  'temp',
  '.tmp',
  '.temp',
  'bin-debug',
  'obj',
  'deriveddata',
  '.dart_tool',
  'storybook-static',
  'test-results',
  'playwright-report',
  '.serverless',
  '.aws-sam',
  'cdk.out',
  '.pnpm-store',
  '.eslintcache',
  'tsconfig.tsbuildinfo',
  '.docusaurus',
  '_build',
  'zig-out',
  'zig-cache',
  '.zig-cache',
  'cmake-build-debug',
  'cmake-build-release',
  '.stack-work',
  'elm-stuff',
  '.bsp',
  '.metals',
  '.bloop',
  '.swc',
  '.wrangler',
  '.vercel',
  '.netlify',
  '.sass-cache',
  'logs',
  '.coverage',
  '.ipynb_checkpoints',
  '.nx',
  '.rollup.cache',
  '.webpack',
  'release',
  'debug',
]);

/** `~`, `$HOME` and the Windows names of the home folder as `~`; `$TMPDIR` and its kin as `/tmp`; `$PWD` as `.`. */
export function canonical(text: string): string {
  let path = text;
  if (/^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\') || (path.includes('\\') && !path.includes('/')))
    path = path.replace(/\\/g, '/');
  path = path
    .replace(
      /^(?:\$HOME|\$\{HOME\}|\$env:USERPROFILE|\$env:HOME(?:PATH)?|%USERPROFILE%|%HOMEDRIVE%%HOMEPATH%|%HOMEPATH%|~root)(?=\/|\\|$)/i,
      '~',
    )
    // In capitals: `$temp` is a script's own.
    .replace(/^(?:\$TMPDIR|\$TMP|\$TEMP|\$RUNNER_TEMP)(?=\/|\\|$)/, '/tmp')
    .replace(/^(?:\$env:TEMP|\$env:TMP|%TEMP%|%TMP%)(?=\/|\\|$)/i, '/tmp')
    .replace(/^(?:\$env:SystemRoot|\$env:windir|%SystemRoot%|%windir%)(?=\/|\\|$)/i, 'C:/Windows')
    .replace(/^(?:\$env:SystemDrive|%SystemDrive%)(?=\/|\\|$)/i, 'C:')
    .replace(/^(?:\$PWD|%CD%|\$pwd)(?=\/|\\|$)/, '.');
  if (path.startsWith('~\\') || /^(?:[A-Za-z]:|\/tmp|\.)\\/.test(path)) path = path.replace(/\\/g, '/');
  return path;
}

/** Removes `.`, `..` and doubled separators; a leading `..` of a relative path stays. */
export function tidy(path: string): string {
  const drive = /^[A-Za-z]:/.exec(path)?.[0] ?? '';
  const rest = path.slice(drive.length);
  const absolute = rest.startsWith('/') || drive !== '';
  const out: string[] = [];
  for (const segment of rest.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      const last = out.at(-1);
      if (last !== undefined && last !== '..') {
        if (last === '~') out[out.length - 1] = '/home';
        else out.pop();
      } else if (!absolute) out.push('..');
    } else out.push(segment);
  }
  const joined = out.join('/');
  if (drive !== '') return `${drive}/${joined}`;
  return absolute ? `/${joined}` : joined === '' ? '.' : joined;
}

/** The path of a word in a call, with `cd` and the working directory taken into account. */
export function pathOf(field: Field | string, call: Pick<Call, 'dir'>, context: Context): string {
  let path = canonical(typeof field === 'string' ? field : field.text);
  const relative = !/^(?:[/~]|[A-Za-z]:|\$|%)/.test(path);
  if (relative && call.dir !== '') path = `${call.dir}/${path}`;
  path = tidy(path);
  const cwd = context.cwd === undefined ? undefined : tidy(canonical(context.cwd));
  if (cwd !== undefined && cwd !== '/' && cwd.length > 1) {
    // Under the directory we stand in: that is the project, whatever the absolute path is.
    if (path === cwd) return '.';
    if (path.startsWith(`${cwd}/`) && !systemTops.has(cwd.slice(1))) return path.slice(cwd.length + 1);
  }
  return path;
}

/** Where a path lies. */
export function locate(field: Field, call: Pick<Call, 'dir'>, context: Context): Located {
  const path = pathOf(field, call, context);
  return { path, place: placeOf(path, field.dynamic) };
}

const wild = /^(?:\*+|\.\*|\*\.\*|\.\??\*|\{,\.\}\*|\.\[!\.\]\*|\.\[\^\.\]\*|\?\*)$/;

function placeOf(path: string, dynamic: boolean): Place {
  if (path === '/' || /^[A-Za-z]:\/$/.test(path)) return 'root';
  if (/^(?:\/|[A-Za-z]:\/)/.test(path)) {
    const segments = path
      .replace(/^[A-Za-z]:/, '')
      .slice(1)
      .split('/');
    const top = segments[0]!.toLowerCase();
    if (segments.length === 1 && wild.test(top)) return 'root';
    if (top === 'dev' && segments.length > 1 && segments[1] !== 'shm') return 'device';
    const scratch =
      top === 'tmp'
        ? segments.slice(1)
        : (top === 'var' && segments[1] === 'tmp') || (top === 'dev' && segments[1] === 'shm')
          ? segments.slice(2)
          : top === 'private' && segments[1] === 'tmp'
            ? segments.slice(2)
            : top === 'private' && segments[1] === 'var' && segments[2] === 'folders'
              ? segments.slice(3)
              : top === 'var' && segments[1] === 'folders'
                ? segments.slice(2)
                : undefined;
    if (scratch && scratch.length > 0 && !wild.test(scratch[0]!)) return 'temp';
    if (top === 'home' || top === 'users' || top === 'root') {
      const user = top === 'root' ? 0 : 1;
      const below = segments.slice(user + 1);
      if (segments.length <= user + 1 || (below.length === 1 && wild.test(below[0]!))) return 'home';
      return generatedNames.has(below.at(-1)!.toLowerCase()) && below.length > 1 ? 'generated' : 'home-below';
    }
    if (systemTops.has(top) || /[*?[{]/.test(top)) return 'system';
    if (dynamic && top.startsWith('$')) return 'unknown';
    return 'absolute';
  }
  if (path === '~' || (path.startsWith('~/') && wild.test(path.slice(2)))) return 'home';
  if (path.startsWith('~')) {
    if (!path.includes('/')) return 'home';
    const segments = path.split('/');
    return segments.length > 2 && generatedNames.has(segments.at(-1)!.toLowerCase()) ? 'generated' : 'home-below';
  }
  if (path === '..' || path.startsWith('../')) return 'parent';
  if (path === '.' || wild.test(path)) return 'cwd';
  if (dynamic) {
    // `$DIR/node_modules` is fine whatever $DIR is; `$DIR`, `$DIR/` and `$DIR/*` are not.
    const last = path.split('/').at(-1)!.toLowerCase();
    if (path.includes('/') && generatedNames.has(last)) return 'generated';
    return /^[$%]/.test(path) || path.includes('$()') || path === '{}' || path.includes('$') ? 'unknown' : 'relative';
  }
  const segments = path.toLowerCase().split('/');
  for (const segment of segments) if (generatedNames.has(segment)) return 'generated';
  // Lock files: one command makes them again, and `rm -rf node_modules package-lock.json` is how it is asked for.
  if (
    /^(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|cargo\.lock|gemfile\.lock|composer\.lock|podfile\.lock|go\.sum|flake\.lock|deno\.lock|mix\.lock)$/.test(
      segments.at(-1)!,
    )
  )
    return 'generated';
  if (/\.(?:log|tmp|pyc|o|class|egg-info|tsbuildinfo)$/.test(segments.at(-1)!)) return 'generated';
  return 'relative';
}
