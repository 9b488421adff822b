/** `npx tsx test/tools/gitBurst.ts [COMMITS [FILES [PROCESSES]]]`: a hundred commits of 40 files from four processes. */
import { burst } from '../git/burst.ts';

const [commits = 100, files = 40, processes = 4] = process.argv.slice(2).map(Number);
burst({ commits, files, processes }).then(
  (seconds) => console.log(`${commits} commits of ${files} files from ${processes} processes: ${seconds.toFixed(1)} s`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
