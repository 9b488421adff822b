import { attributes, resources } from './kit/cloud.ts';
import type { Rule } from './rule.ts';

export const terraformExfiltration: Rule = {
  id: 'terraform-secret-leak',
  title: 'Plan hands a secret out',
  tier: 'high',
  category: 'secrets',
  languages: ['terraform'],
  references: ['CWE-200', 'CWE-532'],
  why: 'A secret in a URL, an output or user data leaves the state file: into logs of others, into the console, into the metadata of a machine.',
  remedy: 'mark outputs sensitive, and let machines fetch secrets themselves',
  keywords: ['http', 'external', 'user_data', 'custom_data', 'output', 'local', 'provisioner'],
  check(source, report) {
    const secret =
      /(?:(?<!\beach)\.(?:password|secret_string|secret|private_key|private_key_pem|token|secret_key|value|result|admin_password|master_password|primary_access_key|secret_access_key|client_secret)\b)/;
    for (const r of resources(source)) {
      if (r.type === 'data.http') {
        const text = source.text.slice(r.node.start, r.node.end);
        if (secret.test(text) && source.has(/ssm|secret|password|token|key/i))
          report({ start: r.node.start, end: r.node.end, key: `http:${r.name}` });
      }
    }
    for (const { n, name } of attributes(source)) {
      if (!/^(?:userdata|customdata|userdatabase64|metadatastartupscript|startupscript)$/.test(name)) continue;
      if (
        /(?:^|[\s"\\;])(?:export\s+)?[A-Z_]*(?:PASSWORD|SECRET|TOKEN|API_?KEY|ACCESS_KEY(?:_ID)?)\s*=\s*\\?["']?(?!\$|\\?["']?\s*$|<|\{)[^\s"'\\]{4,}/m.test(
          n.value,
        )
      )
        report({ start: n.start, end: n.end, key: 'userdata' });
    }
    for (const root of source.tree)
      for (const block of root.children) {
        if (block.key !== 'output') continue;
        const value = block.children.find((x) => x.key === 'value');
        const sensitive = block.children.find((x) => x.key === 'sensitive');
        if (
          value &&
          /(?:password|secret_string|private_key|secret_key|client_secret|access_token)\b/.test(value.value) &&
          sensitive?.value !== 'true'
        )
          report({ start: block.start, end: block.end, key: `output:${block.labels[0] ?? ''}` });
      }
  },
};
