import type { TreeNode } from '../languages/treeNode.ts';
import { walk } from '../languages/treeNode.ts';
import { attr, cloudLanguages, isFalse, isLiteral, plain, resources, where } from './kit/cloud.ts';
import { isPlaceholder } from './kit/secretText.ts';
import type { Hit, Rule } from './rule.ts';

const secretName =
  /(?:pass(?:word|wd|phrase)|secret|token|api_?key|access_?key|private_?key|connection_?string|credentials?)$/i;
/** Where a secret is, or what it is called. */
const placeName = /(?:arn|name|id|path|url|uri|version|length|ttl)$/i;

const isSecret = (name: string): boolean => secretName.test(name) && !placeName.test(name);
const isOpen = (n: TreeNode): boolean =>
  isLiteral(n) && n.value.length >= 4 && !isPlaceholder(n.value) && !/\{\{resolve:|^\[/.test(n.value);

export const cloudSecretParameter: Rule = {
  id: 'cloud-secret-parameter',
  title: 'Secret of a template that everybody can read',
  tier: 'high',
  category: 'secrets',
  languages: cloudLanguages,
  references: ['CWE-532', 'CWE-798', 'CloudFormation: NoEcho', 'Azure: secure parameters'],
  why: 'A parameter that is not marked as secret is shown in the console, in plans, logs and deployment histories to everyone who may look at them; a default value or a literal stands in the repository.',
  remedy: 'mark it as secret (NoEcho, sensitive, secureString, @secure()) and hand its value over from a secret store',
  keywords: [],
  check(source, report) {
    for (const root of source.tree) {
      if (source.language === 'terraform') {
        for (const block of root.children) {
          const name = block.labels[0] ?? '';
          if ((block.key !== 'variable' && block.key !== 'output') || !isSecret(name)) continue;
          if (isReference(block) || isSwitch(block) || isPlace(block) || isOfPlaces(block)) continue;
          const mark = block.children.find((c) => c.key === 'sensitive');
          if ((mark && !isFalse(mark)) || block.children.some((c) => c.key === 'ephemeral')) continue;
          report({
            start: block.start,
            end: block.end,
            key: `${block.key}:${plain(name)}`,
            // The plan of a variable is shown only where its value is used.
            tier: 'medium',
            message: `'${name.slice(0, 60)}' is shown in plans and logs: mark it as sensitive.`,
          });
        }
        continue;
      }
      for (const list of root.children)
        if (plain(list.key) === 'parameters')
          for (const p of list.children) parameter(p, source.language === 'bicep', report);
    }
    if (source.language === 'bicep')
      for (const [i, line] of source.lines.entries()) {
        const name = /^param\s+(\w{1,80})\s+string\b/.exec(line)?.[1];
        if (name === undefined || !isSecret(name)) continue;
        let above = i - 1;
        while (above >= 0 && /^\s*(?:@(?!secure\b)|$)/.test(source.lines[above]!)) above--;
        if (/^\s*@secure\(\)/.test(source.lines[above] ?? '')) continue;
        report({
          start: source.starts[i]!,
          end: source.starts[i]! + line.length,
          key: `param:${name}`,
          message: `'${name}' is shown in the history of deployments: mark it with @secure().`,
        });
      }
    if (source.language !== 'cloudformation') return;
    for (const r of resources(source)) {
      if (
        !r.props ||
        !/ECS::TaskDefinition|Batch::JobDefinition|CodeBuild::Project|ElasticBeanstalk|AppRunner/.test(r.type)
      )
        continue;
      for (const n of walk(r.props)) {
        if (!/^(?:Name|OptionName)$/.test(n.key) || !isSecret(n.value)) continue;
        const value = n.parent?.children.find((c) => c.key === 'Value');
        if (
          !value ||
          !isOpen(value) ||
          /^(?:PARAMETER_STORE|SECRETS_MANAGER)$/.test(attr(n.parent, 'type')?.value ?? '')
        )
          continue;
        report({
          start: value.start,
          end: value.end,
          key: `${where(r, n)}=${n.value}`,
          message: `'${n.value.slice(0, 60)}' stands in the template in clear: read it from a secret store.`,
        });
      }
    }
  },
};

/** A variable that by its own words takes the name of a secret, and has a plain name as its default. */
const isReference = (block: TreeNode): boolean =>
  block.key === 'variable' &&
  // What is called after a password or token holds one.
  !/pass|pwd|token|credential|api_?key|private/i.test(block.labels[0] ?? '') &&
  /\bsecret(?:'s)? (?:name|arn|path|id)\b|\b(?:name|arn|path|id) of\b[^.\n]{0,60}\bsecret\b/i.test(
    attr(block, 'description')?.value ?? '',
  ) &&
  /^[a-z][a-z-]{2,40}$/.test(attr(block, 'default')?.value ?? '') &&
  !/pass|changeme|admin|root/.test(attr(block, 'default')!.value);

/** A variable of fields that each say where something is, and that by its own words takes the ARN of a secret. */
function isOfPlaces(block: TreeNode): boolean {
  const type = attr(block, 'type')?.value ?? '';
  const fields = /^object\(\s*\{([^{}]{1,400})\}\s*\)$/.exec(type)?.[1]?.match(/[\w-]{1,80}(?=\s*=)/g);
  return (
    block.key === 'variable' &&
    fields?.every((field) => /(?:arn|credentials_?parameter)$/i.test(field)) === true &&
    /\barn of (?:a|an|the)\b[^.\n]{0,40}\bsecrets?\b/i.test(attr(block, 'description')?.value ?? '') &&
    /^(?:|null)$/.test(attr(block, 'default')?.value ?? '')
  );
}

/** A variable that by its type, or its default where it has none, holds no text: a switch, or how long something is. */
function isSwitch(block: TreeNode): boolean {
  if (block.key !== 'variable') return false;
  const type = attr(block, 'type')?.value;
  if (type === 'number')
    return /(?:^|_)(?:max|min|num|number|count|length|size|days|hours)_/i.test(block.labels[0] ?? '');
  return type === 'bool' || (type === undefined && /^(?:true|false)$/.test(attr(block, 'default')?.value ?? ''));
}

/** An output that says where a secret is: each value it may have is an ARN, or what there is to know of a managed one. */
function isPlace(block: TreeNode): boolean {
  const value = attr(block, 'value')?.value ?? '';
  if (block.key !== 'output' || value.length > 400) return false;
  const refs = value.slice(value.indexOf('?') + 1).match(/[a-z_][\w-]*(?:\.[\w*-]+|\[[^[\]]{0,40}\])+/gi) ?? [];
  return refs.length > 0 && refs.every((ref) => /(?:[._]arn|\.master_user_secret)(?:\[(?:\d|\*)\])?$/.test(ref));
}

function parameter(p: TreeNode, isAzure: boolean, report: (hit: Hit) => void): void {
  const type = attr(p, 'type');
  if (type?.kind !== 'scalar' || !isSecret(p.key)) return;
  const isSecure = /^secure/i.test(type.value);
  const initial = attr(p, isAzure ? 'defaultvalue' : 'default');
  if (initial && isOpen(initial) && (isSecure || attr(p, 'noecho')))
    report({
      start: initial.start,
      end: initial.end,
      key: `default:${p.key}`,
      message: `The default of '${p.key.slice(0, 60)}' is a secret in clear: leave it out, so that it must be given.`,
    });
  if (isAzure ? isSecure || !/^string$/i.test(type.value) : type.value !== 'String') return;
  const mark = attr(p, 'noecho');
  if (!isAzure && mark && !isFalse(mark)) return;
  report({
    start: p.start,
    end: p.end,
    key: `parameter:${p.key}`,
    message: `'${p.key.slice(0, 60)}' is shown to everyone who may look at the deployment: ${isAzure ? 'make it a secureString' : 'set NoEcho'}.`,
  });
}
