/** `npx tsx test/tools/gitDigests.ts [COUNT [SEED]]`: d1 beside the independent implementation, over a thousand commits. */
import { compareDigests } from '../git/d1.ts';

const [count = 1000, seed = 1] = process.argv.slice(2).map(Number);
compareDigests(seed, count).then(
  () => console.log(`${count} commits agree`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
