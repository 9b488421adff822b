/**
 * A person's word on whose some lines are ("Mark Selection as Mine"). Made in the editor, asked of the person and signed
 * there; everybody else verifies. It names the lines by their text: a line that is changed afterwards needs it again.
 */
export interface LineMark {
  readonly version: 1;
  readonly id: string;
  /** From the repository's root, POSIX separators. */
  readonly path: string;
  readonly as: 'human' | 'ai';
  /** Hashes of the lines' texts without terminators, as in a justification. */
  readonly lines: readonly string[];
  /** Git user e-mail, or '' where git has none. */
  readonly by: string;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  /** Key id (`ed:<16 hex>`) and Ed25519 signature (base64url) over `canonicalMark`. */
  readonly key?: string;
  readonly sig?: string;
}

/** The bytes that are signed: version tag, then the fields in a fixed order, without `key` and `sig`. */
export const canonicalMark = ({ version, id, path, as, lines, by, at }: LineMark): string =>
  `countersign-mark1\n${JSON.stringify([version, id, path, as, lines, by, at])}`;
