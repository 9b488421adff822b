/** All families of command rules. One file each; one line here. */
import type { Family } from '../model.ts';
import { filesystem } from './filesystem.ts';
import { git } from './git.ts';

export const families: readonly Family[] = [filesystem, git];
