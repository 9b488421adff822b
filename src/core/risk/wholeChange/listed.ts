/** What a sentence can name of what it stands for: longer ones nobody reads, and some reports cut them. */
export const maxLength = 500;

/** The first of some words as a list, and how many more there are. */
export function listed(words: readonly string[], most: number): string {
  let length = 0;
  const named = words.slice(0, most).filter((word, i) => (length += word.length + 2) <= maxLength || i === 0);
  const more = words.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
