/** A text as a pattern that matches just it, white space included. */
export const escapeRegExp = (text: string): string => text.replace(/[^\w\s/-]/g, '\\$&');
