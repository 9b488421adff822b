/** Placeholder body replaced below. */
import { parsePosix } from './posix.ts';
export const parsePowerShell = parsePosix;
