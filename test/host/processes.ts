/** What the server's processes cost, from /proc (Linux). */
import * as fs from 'node:fs';

export interface ProcessCost {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly residentMb: number;
}

/** A process and everything below it. */
export function processTree(root: number): ProcessCost[] {
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): ProcessCost[] => {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        // The name in parentheses may itself hold spaces and parentheses.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const status = fs.readFileSync(`/proc/${name}/status`, 'utf8');
        return [
          {
            pid: Number(name),
            parent: Number(fields[1]),
            command: fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ').trim(),
            residentMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
          },
        ];
      } catch {
        return []; // it ended meanwhile
      }
    });
  const found = all.filter((p) => p.pid === root);
  for (const one of found) found.push(...all.filter((p) => p.parent === one.pid));
  return found;
}
