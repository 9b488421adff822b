import { at, walk } from '../languages/treeNode.ts';
import { kubernetes } from './kit/kube.ts';
import { isPlaceholder } from './kit/secretText.ts';
import type { Rule } from './rule.ts';

export const secretInConfigMap: Rule = {
  id: 'secret-in-manifest',
  title: 'Password in a manifest',
  tier: 'high',
  category: 'secrets',
  languages: kubernetes,
  references: ['CWE-312', 'CWE-798'],
  why: 'ConfigMaps and plain environment values are readable by everyone who may look at the workload, and stay in the repository in clear.',
  remedy: 'put it into a Secret that comes from a secret store, and refer to it',
  keywords: ['configmap', 'secret', 'stringdata', 'env', 'kind'],
  check(source, report) {
    const secret =
      /pass(?:word|wd|phrase)?$|_pass$|secret$|secret_?key$|token$|api_?key$|access_?key$|credentials?$|private_?key$/i;
    for (const root of source.tree) {
      const kind = at(root, 'kind')?.value;
      if (kind === 'ConfigMap') {
        for (const n of walk(root)) {
          if (n.kind !== 'scalar' || n.parent === root) continue;
          if (secret.test(n.key) && n.value.length >= 4 && !isPlaceholder(n.value))
            report({ start: n.start, end: n.end, key: `cm:${n.key}` });
          else
            for (const m of n.value.matchAll(
              /(?:^|[\s;])([A-Za-z_]\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|password|secret))\s*[=:]\s*([^\s;]{4,})/g,
            ))
              if (!isPlaceholder(m[2]!)) report({ start: n.start, end: n.end, key: `cm:${m[1]}` });
        }
      } else if (kind === 'Secret') {
        for (const section of ['stringData', 'data'])
          for (const n of at(root, section)?.children ?? []) {
            if (
              n.kind === 'scalar' &&
              /pass|pwd|secret|token|key|cred|cert|auth|private|dsn|connection/i.test(n.key) &&
              n.value.length >= 6 &&
              !isPlaceholder(n.value) &&
              n.tag === '' &&
              !/^(?:AGE|ENC|ref\+|vault:|AWS::)/.test(n.value) &&
              !/sealed|external/i.test(at(root, 'apiVersion')?.value ?? '')
            )
              report({
                start: n.start,
                end: n.end,
                key: `secret:${n.key}`,
                message: 'Secret in clear (base64 is no encryption): seal it, or have it come from a secret store.',
              });
          }
      } else {
        for (const n of walk(root)) {
          if (n.key !== 'env') continue;
          for (const e of n.children) {
            const name = at(e, 'name');
            const value = at(e, 'value');
            if (
              name &&
              value &&
              value.kind === 'scalar' &&
              secret.test(name.value) &&
              value.value.length >= 4 &&
              !isPlaceholder(value.value) &&
              !/^(?:true|false|\d+|\/.*|https?:.*)$/.test(value.value)
            )
              report({ start: value.start, end: value.end, key: `env:${name.value}` });
          }
        }
      }
    }
  },
};
