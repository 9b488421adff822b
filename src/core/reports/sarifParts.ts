/** What every SARIF log of ours has in common. */
import type { Tier } from '../model.ts';

export const level: Readonly<Record<Tier, string>> = {
  low: 'note',
  medium: 'note',
  high: 'warning',
  critical: 'error',
};

export const uri = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** Same finding, same print, wherever its line has moved. Not a secret matter: a small hash will do. */
export function fingerprint(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193) >>> 0;
    b = Math.imul(b + text.charCodeAt(i), 0x85ebca6b) >>> 0;
  }
  return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
}
