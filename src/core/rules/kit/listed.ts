/** What a sentence can name of what it stands for: longer ones nobody reads, and some reports cut them. */
export const maxListed = 500;

/** The first `most` of some words as a list, and how many more there are (`more`: what to call these). */
export function listed(words: readonly (string | number)[], most: number, more = 'more'): string {
  let length = 0;
  const named = words.slice(0, most).filter((word, i) => (length += `${word}, `.length) <= maxListed || i === 0);
  const left = words.length - named.length;
  return `${named.join(', ')}${left > 0 ? ` and ${left} ${more}` : ''}`;
}
