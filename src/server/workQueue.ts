import { describe, type Log } from './log.ts';

/**
 * Tasks that run one after the other, with room for requests in between. A newer task of the same key replaces an older
 * one that has not begun. Failure direction: a task that fails is logged, and the next one runs.
 */
export class WorkQueue {
  readonly #log: Log;
  readonly #rest: () => void;
  readonly #tasks = new Map<string, () => Promise<void>>();
  #isWorking = false;
  #isDisposed = false;

  /** `rest` is called when nothing is left to do. */
  constructor(log: Log, rest: () => void) {
    this.#log = log;
    this.#rest = rest;
  }

  /** Keys that begin with `judge:` go first: what someone looks at before files that nobody has open. */
  add(key: string, task: () => Promise<void>): void {
    if (this.#isDisposed) return;
    this.#tasks.set(key, task);
    if (!this.#isWorking) void this.#drain();
  }

  /** Resolves when all is done. */
  async settled(): Promise<void> {
    while (this.#isWorking || this.#tasks.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#tasks.clear();
  }

  async #drain(): Promise<void> {
    this.#isWorking = true;
    for (;;) {
      const key = [...this.#tasks.keys()].find((k) => k.startsWith('judge:')) ?? this.#tasks.keys().next().value;
      if (key === undefined) break;
      const task = this.#tasks.get(key) as () => Promise<void>;
      this.#tasks.delete(key);
      try {
        await task();
      } catch (error) {
        this.#log('error', `${key}: ${describe(error)}`);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#isWorking = false;
    this.#rest();
  }
}
