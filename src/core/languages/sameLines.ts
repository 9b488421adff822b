/** Whether two texts are the same but for layout and comments, for formats that are read line by line. */
import { commonEnd, commonStart } from './commonEnds.ts';
import type { Source } from './source.ts';

export type Same = 'formatting' | 'comments';

/** Comments that tools obey: to change one is to change what runs. */
export const directive =
  /^(?:#!|\/\/go:|\/\/\s*\+build|#\s*-\*-|#\s*(?:syntax|escape)\s*=|\/\/\/\s*<reference|\/[/*][*!]?\s*(?:@ts-(?:ignore|nocheck|expect-error)|@flow|eslint-|istanbul|c8 |prettier-ignore|webpack|@vite|nolint|#nosec|nosemgrep|NOSONAR)|#\s*(?:noqa|nosec|type:|pylint:|pragma:|fmt:|isort:|mypy:|ruff:|nosemgrep|rubocop:|frozen_string_literal|shellcheck|checkov:|tfsec:|trivy:|kics-|hadolint|zizmor:|gitleaks:|yamllint|dbt|cspell|(?:flake8|pyright|pyre|bandit|terrascan|snyk|typed|coding|semgrep|sorbet|standard|reek):|tflint-ignore|skipcq|pyre-)|\/[/*][*!]?\s*(?:deno-lint|biome-|v8 ignore|tslint:|jshint|jslint|lint:|#?noinspection|phpcs:|@?(?:phpstan|psalm)-|@codingStandards|codeql|lgtm|semgrep|gosec|revive:|exhaustive:|#cgo)|\/\/export |--\s*(?:squawk-ignore|\+goose|\+migrate|migrate:|liquibase|sqlfluff|atlas:)|\/\*\s*(?:\+|!\d))/i;

/**
 * `undefined`: more than layout or comments. `marks`: characters that begin a line of comment; `behind`: one that begins a
 * comment behind code, too.
 */
export function sameLines(before: Source, after: Source, marks: string, behind = '#'): Same | undefined {
  const [a, b] = changedParts(before, after, marks, marks.includes('#') && behind === '#');
  for (;;) {
    const code = a.next();
    if (code !== b.next()) return undefined;
    if (code === undefined) break;
  }
  return a.comments === b.comments ? 'formatting' : a.directives === b.directives ? 'comments' : undefined;
}

/** What differs of both texts, in whole lines: the lines around are squeezed to the same. */
function changedParts(
  before: Source,
  after: Source,
  marks: string,
  behind: boolean,
): readonly [SqueezedLines, SqueezedLines] {
  const [a, b] = [before.text, after.text];
  const from = a.lastIndexOf('\n', commonStart(a, b) - 1) + 1;
  const tail = commonEnd(a, b, from);
  // From the first line that begins in what both end with.
  const isAll = tail === Math.min(a.length, b.length) - from;
  const line = isAll ? a.length - tail : a.indexOf('\n', a.length - tail) + 1;
  const kept = line > 0 ? a.length - line : 0;
  return [
    new SqueezedLines(a.slice(from, a.length - kept), marks, behind),
    new SqueezedLines(b.slice(from, b.length - kept), marks, behind),
  ];
}

/**
 * Lines of code one after the other, without blank ones, indentation and comments, which are kept apart: most edits
 * differ long before the end.
 */
class SqueezedLines {
  readonly #lines: readonly string[];
  readonly #marks: string;
  readonly #behind: boolean;
  #at = 0;
  /** Comments so far, and those of them that tools obey. */
  comments = '';
  directives = '';

  constructor(text: string, marks: string, behind: boolean) {
    this.#lines = text.split('\n');
    this.#marks = marks;
    this.#behind = behind;
  }

  next(): string | undefined {
    while (this.#at < this.#lines.length) {
      const line = this.#lines[this.#at++]!.trim();
      if (line === '') continue;
      if (this.#marks !== '' && this.#marks.includes(line[0]!)) {
        this.#note(line);
        continue;
      }
      const at = this.#behind ? trailingComment(line) : -1;
      if (at < 0) return collapse(line);
      this.#note(line.slice(at));
      return collapse(line.slice(0, at).trim());
    }
    return undefined;
  }

  #note(comment: string): void {
    this.comments += `${comment}\n`;
    if (directive.test(comment)) this.directives += `${comment}\n`;
  }
}

function trailingComment(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const ch = line[i]!;
    if (quote) {
      if (ch === quote) quote = '';
    } else if (ch === '"' || ch === "'") quote = ch;
    else if (ch === '#' && i > 0 && /\s/.test(line[i - 1]!)) return i;
  }
  return -1;
}

/** Runs of blanks outside quotes as one blank. */
export function collapse(text: string): string {
  if (!/\s\s|\t|\n/.test(text)) return text.trim();
  let out = '';
  let quote = '';
  for (const ch of text) {
    if (quote) {
      if (ch === quote) quote = '';
      out += ch;
    } else if (ch === '"' || ch === "'") {
      quote = ch;
      out += ch;
    } else if (/\s/.test(ch)) {
      if (!out.endsWith(' ')) out += ' ';
    } else out += ch;
  }
  return out.trim();
}
