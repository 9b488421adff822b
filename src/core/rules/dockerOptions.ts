import type { Rule } from './rule.ts';

/** The mode's last digit lets others write, or a clause for others does. */
const worldWritable = /^0?[0-7]{0,3}[2367]$|(?:^|,)[ug]{0,2}[ao][ugoa]{0,3}[+=][rxXst]{0,5}w/;
/** Others may at least read. */
const worldReadable = /^0?[0-7]{0,3}[1-7]$/;

export const dockerOptions: Rule = {
  id: 'docker-option-unsafe',
  title: 'Build step with rights it should not have',
  tier: 'high',
  category: 'security-control-disabled',
  languages: ['dockerfile'],
  references: ['CWE-732', 'CWE-250', 'BuildKit entitlements'],
  why: 'Flags of an instruction can lift the walls around the build (its sandbox, its network), or leave files in the image that every user of the container may change.',
  remedy: 'leave the flag out, or give the right to the one user that needs it',
  keywords: ['security', 'network', 'chmod', 'mount'],
  check(source, report) {
    for (const d of source.docker) {
      const flags = d.args.matchAll(/(?:^|\s)--([a-z]{1,20})=("[^"\n]{0,400}"|[^\s"]{1,400})/g);
      for (const m of flags) {
        // Flags of the instruction stand in front; what comes later belongs to the command.
        if (!/^\s*(?:--\S+\s+)*$/.test(d.args.slice(0, m.index + (m[0].startsWith('-') ? 0 : 1)))) break;
        const value = m[2]!.replaceAll('"', '');
        const hit = { start: d.start, end: d.end, key: `${d.name}:${m[0].trim()}` };
        if (d.name === 'RUN' && m[1] === 'security' && value === 'insecure')
          report({
            ...hit,
            tier: 'critical',
            message: 'The step runs as root of the host, outside the sandbox: leave it in.',
          });
        else if (d.name === 'RUN' && m[1] === 'network' && value === 'host')
          report({
            ...hit,
            tier: 'medium',
            message: 'The step reaches whatever listens on the build machine: use the default network.',
          });
        else if (/^(?:COPY|ADD)$/.test(d.name) && m[1] === 'chmod' && worldWritable.test(value))
          report({ ...hit, message: 'Everyone may write these files: give the one user that needs it the right.' });
        else if (d.name === 'RUN' && m[1] === 'mount' && /(?:^|,)type=(?:secret|ssh)(?:,|$)/.test(value)) {
          const mode = /(?:^|,)mode=([0-7]{1,4})(?:,|$)/.exec(value)?.[1];
          if (mode !== undefined && worldReadable.test(mode))
            report({ ...hit, tier: 'medium', message: 'Every user of the build may read the secret: use mode=0400.' });
        }
      }
    }
  },
};
