import { it } from 'node:test';
import { burst } from './burst.ts';

it('eight commits of 40 files from four processes have eight true records', async () => {
  await burst({ commits: 8, files: 40, processes: 4 });
});
