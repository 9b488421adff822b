/** Waiting for what a person would see: poll until it is so, or say what did not happen. */

/** Bounds are for a machine that does nothing else; on one that does they are this many times as long. */
export const patience = 4;

/** Resolves with the first truthy value of `look`; an error in between counts as "not yet". */
export async function until<T>(what: string, look: () => T | Promise<T>, ms = 15_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms * patience;
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${ms * patience} ms: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
    }
    await pause(50);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
