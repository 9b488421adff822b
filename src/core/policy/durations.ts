/** Durations in a policy: a whole number and one unit, `30m`, `8h`, `400d`. */
const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of `8h`, or `undefined` when it is no duration (zero and more than a hundred years are none). */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,8})(s|m|h|d|w)$/.exec(text);
  if (!match) return undefined;
  const ms = Number(match[1]) * (units[match[2] as string] as number);
  return ms <= 36_525 * 86_400_000 ? ms : undefined;
}

/** The shortest form that parses back: 28800000 → `8h`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm']) {
    const size = units[unit] as number;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.max(1, Math.round(ms / 1000))}s`;
}
