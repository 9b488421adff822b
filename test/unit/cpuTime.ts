/** The CPU time of this process so far, in ms. For bounds that a busy machine must not break, unlike a wall clock. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
