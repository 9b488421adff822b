/** The one error that `platform` throws on purpose. Each door maps `reason` to its own failure direction. */
export type GuardReason = 'not-writable' | 'busy' | 'broken' | 'not-a-repository' | 'too-large' | 'failed';

export class GuardError extends Error {
  override readonly name = 'GuardError';
  readonly reason: GuardReason;

  constructor(reason: GuardReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  static is(error: unknown, reason?: GuardReason): error is GuardError {
    return error instanceof GuardError && (reason === undefined || error.reason === reason);
  }
}
