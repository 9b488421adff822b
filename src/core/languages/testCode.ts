/** Tests that stand in the file they test. */
import type { Source } from './source.ts';

const module =
  /^[ \t]*#\[cfg\((?:all\()?test\b[^\]\n]{0,80}\]\s*(?:#\[[^\]\n]{0,200}\]\s*)*(?:pub(?:\([^)\n]{0,40}\))? )?mod \w+ \{/gm;
const kept = new WeakMap<Source, readonly (readonly [number, number])[]>();

/** Whether an offset is in a module that is built for tests only (Rust's `#[cfg(test)]`). */
export function isInTestModule(source: Source, offset: number): boolean {
  if (source.language !== 'rust') return false;
  let spans = kept.get(source);
  if (!spans) {
    const found: [number, number][] = [];
    for (const m of source.text.matchAll(module)) {
      // As rustfmt writes it: the module ends with a brace as far left as its first line.
      const indent = /^[ \t]*/.exec(m[0])?.[0] ?? '';
      const end = source.text.indexOf(`\n${indent}}`, m.index + m[0].length);
      found.push([m.index, end < 0 ? source.text.length : end]);
    }
    kept.set(source, (spans = found));
  }
  return spans.some(([start, end]) => offset >= start && offset < end);
}
