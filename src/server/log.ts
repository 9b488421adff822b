export type Log = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

/** An error for the log, with its stack. */
export const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
