/** The shape of one command: one file in this folder, one line in `index.ts`, one entry in package.json. */
import type { Services } from '../services.ts';

export interface Command {
  /** Without the prefix `countersign.`. */
  readonly id: string;
  run(services: Services, ...args: unknown[]): unknown;
}
