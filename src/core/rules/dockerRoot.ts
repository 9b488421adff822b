import type { Rule } from './rule.ts';

export const dockerRoot: Rule = {
  id: 'docker-root',
  title: 'Image runs as root',
  tier: 'high',
  category: 'security-control-disabled',
  languages: ['dockerfile'],
  references: ['CWE-250', 'CIS Docker 4.1'],
  why: 'Without a USER the program runs as root, and a hole in it is a hole in the container wall.',
  remedy: 'end the last stage with a USER of its own',
  keywords: ['from'],
  check(source, report) {
    // Who works in a container of their own is told who they are by devcontainer.json.
    if (/(?:^|\/)\.devcontainer\//.test(source.path)) return;
    const from = source.docker.filter((d) => d.name === 'FROM');
    const last = from.at(-1);
    if (!last) return;
    const users = source.docker.filter((d) => d.name === 'USER' && d.start > last.start);
    const user = users.at(-1);
    if (user) {
      if (/^(?:root|0)(?::|\s|$)/.test(user.args.trim())) report({ start: user.start, end: user.end, key: 'root' });
      return;
    }
    // Only an image that starts a program is judged, and a change that took USER away.
    const program = source.docker.find((d) => d.start > last.start && (d.name === 'CMD' || d.name === 'ENTRYPOINT'));
    const starts = source.docker.some((d) => d.name === 'CMD' || d.name === 'ENTRYPOINT');
    if (!starts && source.docker.length > 3) return;
    // Where it starts is where USER is missed.
    const at = program ?? last;
    report({ start: at.start, end: at.end, key: 'no-user' });
  },
};
