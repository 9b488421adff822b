/**
 * Inputs for the fuzzer: the fixtures of this repository (and, when asked, a corpus of changes and commands) mutated, and
 * random text. Input number `index` of a seed is always the same, so a failure is repeated by its two numbers.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FileChange } from '../../../src/core/model.ts';

export type Input =
  | { readonly kind: 'change'; readonly files: readonly FileChange[] }
  | { readonly kind: 'command'; readonly command: string; readonly shell: 'posix' | 'powershell' | 'cmd' }
  | { readonly kind: 'policy'; readonly text: string }
  | { readonly kind: 'patch'; readonly text: string };

export interface Seeds {
  readonly changes: readonly FileChange[];
  readonly commands: readonly string[];
  readonly policies: readonly string[];
  readonly paths: readonly string[];
}

const root = path.resolve(__dirname, '../../..');

/** Paths that make the engine choose each of its languages and parsers. */
const paths = [
  'ts',
  'tsx',
  'js',
  'py',
  'go',
  'java',
  'cs',
  'rb',
  'php',
  'rs',
  'c',
  'kt',
  'scala',
  'swift',
  'groovy',
  'sh',
  'ps1',
  'sql',
  'tf',
  'prisma',
  'html',
  'md',
  'css',
  'toml',
  'ini',
  'properties',
  'xml',
  'json',
  'yaml',
]
  .map((ext) => `src/a.${ext}`)
  .concat([
    'Dockerfile',
    'Jenkinsfile',
    'Makefile',
    'package.json',
    'package-lock.json',
    'pom.xml',
    'build.gradle',
    'go.mod',
    'Cargo.toml',
    'requirements.txt',
    'Gemfile',
    'composer.json',
    '.env',
    '.npmrc',
    'CODEOWNERS',
    'nginx/nginx.conf',
    'docker-compose.yml',
    '.gitlab-ci.yml',
    '.github/workflows/ci.yml',
    'k8s/deployment.yaml',
    'charts/a/templates/deployment.yaml',
    'cloudformation/template.yaml',
    'ansible/playbook.yml',
    'iam/policy.json',
    '.claude/settings.json',
    '.mcp.json',
    'db/migrate/20240101000000_a.rb',
    'app/migrations/0002_a.py',
    'test/a.test.ts',
    'no-extension',
  ]);

/** Characters and words that parsers trip over. */
export /** Characters of the longest repetition. */
const longRun = 20_000;
export const pieces = [
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  '"',
  "'",
  '`',
  '\\',
  '/',
  '*',
  '#',
  '$',
  '@',
  '!',
  '&',
  '|',
  ';',
  ':',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ' ',
  '  ',
  '\0',
  '\ufeff',
  '\u2028',
  '\u202e',
  '\ud800',
  '\udc00',
  'é',
  '😀',
  '\u007f',
  '/*',
  '*/',
  '//',
  '--',
  '<!--',
  '-->',
  '"""',
  "'''",
  '${',
  '{{',
  '}}',
  '{%',
  '%}',
  '$(',
  '<<EOF\n',
  'EOF\n',
  '---\n',
  '- ',
  ': ',
  '? ',
  '&a ',
  '*a ',
  '!Ref ',
  '|\n',
  '>-\n',
  '=begin\n',
  '=end\n',
  'r#"',
  '@"',
  '$$',
  '%w(',
  '0',
  '-1',
  '1e999',
  '9'.repeat(40),
  'a'.repeat(300),
  ' '.repeat(200),
  '\n ',
  ' \\\n',
  '__proto__',
  'constructor',
  'toString',
  '&&',
  '||',
  '2>&1',
  '>|',
  '<(',
  '`a`',
  '${IFS}',
  '~',
  '{a,b}',
  '[!a]',
  '^',
  '%COMSPEC%',
  '-EncodedCommand ',
];

/** Reads the fixtures, and `*.jsonl.gz` below `corpus` when given. */
export function readSeeds(corpus?: string): Seeds {
  const changes: FileChange[] = [];
  const commands: string[] = [];
  const known = new Set(paths);
  const rules = path.join(root, 'test/fixtures/rules');
  for (const rule of readdirSync(rules).sort())
    for (const name of readdirSync(path.join(rules, rule)).sort()) {
      const dir = path.join(rules, rule, name);
      const files = readdirSync(dir);
      const read = (side: string): string | null => {
        const file = files.find((f) => f.startsWith(`${side}.`));
        return file === undefined ? null : readFileSync(path.join(dir, file), 'utf8').replaceAll('{{+}}', '');
      };
      const after = files.find((f) => f.startsWith('after.'));
      const given = files.includes('path')
        ? readFileSync(path.join(dir, 'path'), 'utf8').trim()
        : `src/case${after?.slice('after'.length) ?? ''}`;
      known.add(given);
      changes.push({ path: given, before: read('before'), after: read('after') });
    }
  const listed = JSON.parse(
    readFileSync(path.join(root, 'test/fixtures/agents/guard-commands.json'), 'utf8'),
  ) as Record<string, string[]>;
  for (const list of Object.values(listed)) if (Array.isArray(list)) commands.push(...list);
  const policies = [readFileSync(path.join(root, 'test/fixtures/sample/countersign.yaml'), 'utf8')];
  if (corpus !== undefined)
    for (const name of readdirSync(corpus).sort()) {
      if (!name.endsWith('.jsonl.gz') || !existsSync(path.join(corpus, name))) continue;
      for (const line of gunzipSync(readFileSync(path.join(corpus, name)))
        .toString('utf8')
        .split('\n')) {
        if (line === '') continue;
        const row = JSON.parse(line) as FileChange & { files?: FileChange[]; command?: string };
        if (row.command !== undefined) commands.push(row.command);
        else
          for (const f of row.files ?? [row]) {
            if ((f.before ?? '').length + (f.after ?? '').length > 60_000) continue;
            changes.push({ path: f.path, before: f.before, after: f.after });
            known.add(f.path);
          }
      }
    }
  return { changes, commands, policies, paths: [...known] };
}

/** Pseudo-random numbers in [0, 1) from two seeds (mulberry32). */
export function random(seed: number, index: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Longest text that mutation makes; size itself is what the cost tests are about. */
const maxText = 40_000;

/** Input `index` of `seed`. */
export function inputAt(seeds: Seeds, seed: number, index: number): Input {
  const next = random(seed, index);
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const noise = (): string => {
    const length = below(600);
    const mode = below(3);
    let text = '';
    for (let i = 0; i < length; i++)
      text +=
        mode === 0 ? String.fromCharCode(below(256)) : mode === 1 ? pick(pieces) : String.fromCharCode(below(65536));
    return text;
  };
  const other = (): string => {
    const change = pick(seeds.changes);
    return change.after ?? change.before ?? '';
  };
  const cut = (text: string): [number, number] => {
    const start = below(text.length + 1);
    return [start, Math.min(text.length, start + below(next() < 0.8 ? 40 : text.length + 1))];
  };
  const mutate = (text: string, more: () => string): string => {
    for (let rounds = 1 + below(5); rounds > 0; rounds--) {
      const [a, b] = cut(text);
      switch (below(9)) {
        case 0:
          text = text.slice(0, a) + text.slice(b);
          break;
        case 1:
          text = text.slice(0, a) + pick(pieces) + text.slice(a);
          break;
        case 2: {
          // Now and then long enough that the square of it is felt.
          const piece = pick(pieces);
          const times = below(100) === 0 ? Math.ceil(longRun / piece.length) : 1 + below(50);
          text = text.slice(0, a) + piece.repeat(times) + text.slice(b);
          break;
        }
        case 3:
          text = text.slice(0, b) + text.slice(a, b).repeat(1 + below(20)) + text.slice(b);
          break;
        case 4: {
          const from = more();
          const [c, d] = cut(from);
          text = text.slice(0, a) + from.slice(c, d) + text.slice(b);
          break;
        }
        case 5:
          text = text.slice(0, a);
          break;
        case 6: {
          const lines = text.split('\n');
          const [i, j] = [below(lines.length), below(lines.length)];
          [lines[i], lines[j]] = [lines[j]!, lines[i]!];
          text = lines.join('\n');
          break;
        }
        case 7:
          text = text.slice(0, a) + String.fromCharCode(below(next() < 0.7 ? 128 : 65536)) + text.slice(a + 1);
          break;
        default:
          text = below(4) === 0 ? text.replaceAll('\n', '\r\n') : text.slice(a) + text.slice(0, a);
      }
      if (text.length > maxText) text = text.slice(0, maxText);
    }
    return text;
  };

  const kind = next();
  if (kind < 0.3) {
    const command = next() < 0.1 ? noise() : mutate(pick(seeds.commands), () => pick(seeds.commands));
    return { kind: 'command', command, shell: next() < 0.7 ? 'posix' : next() < 0.6 ? 'powershell' : 'cmd' };
  }
  if (kind < 0.33) return { kind: 'policy', text: mutate(pick(seeds.policies), other) };
  if (kind < 0.36) {
    const text = other();
    const patch = `diff --git a/${pick(seeds.paths)} b/${pick(seeds.paths)}\n--- a/x\n+++ b/x\n@@ -1,${below(9)} +1,${below(9)} @@\n${text
      .split('\n')
      .map((l) => `${pick([' ', '+', '-'])}${l}`)
      .join('\n')}\n`;
    return { kind: 'patch', text: mutate(patch, other) };
  }
  const files: FileChange[] = [];
  for (let n = next() < 0.9 ? 1 : 2 + below(3); n > 0; n--) {
    const change = pick(seeds.changes);
    const where =
      next() < 0.6 ? change.path : next() < 0.9 ? pick(seeds.paths) : mutate(change.path, other).slice(0, 300);
    const base = change.after ?? change.before ?? '';
    const roll = next();
    const after = roll < 0.1 ? noise() : roll < 0.15 ? null : mutate(base, other);
    const before =
      after === null || next() < 0.6
        ? next() < 0.5
          ? base
          : change.before
        : next() < 0.5
          ? mutate(after, other)
          : null;
    files.push({ path: where, before: before ?? (after === null ? base : null), after });
  }
  return { kind: 'change', files };
}

/** Characters of an input, which its time-out is measured by. */
export function sizeOf(input: Input): number {
  if (input.kind === 'command') return input.command.length;
  if (input.kind === 'change')
    return input.files.reduce((sum, f) => sum + (f.before ?? '').length + (f.after ?? '').length, 0);
  return input.text.length;
}
