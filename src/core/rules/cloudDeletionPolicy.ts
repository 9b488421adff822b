import { at } from '../languages/treeNode.ts';
import { resources } from './kit/cloud.ts';
import type { Rule } from './rule.ts';

export const cloudDeletionPolicy: Rule = {
  id: 'cloud-deletion-policy',
  title: 'Stateful resource is no longer kept on deletion',
  tier: 'critical',
  category: 'data-deletion',
  languages: ['terraform', 'cloudformation'],
  references: ['AWS CloudFormation DeletionPolicy', 'Terraform lifecycle'],
  why: '`prevent_destroy` and `DeletionPolicy: Retain` stand between a wrong plan and lost data; taking them away is the step before deletion.',
  remedy: 'leave it until the data has moved, and say so in the change',
  keywords: ['prevent_destroy', 'retain', 'snapshot'],
  on: 'removed',
  check(source, report) {
    for (const r of resources(source)) {
      const kept = r.hcl ? at(r.node, 'lifecycle', 'prevent_destroy') : at(r.node, 'DeletionPolicy');
      if (kept && /^(?:true|Retain|Snapshot)$/.test(kept.value))
        report({ start: kept.start, end: kept.end, key: `${r.type}.${r.name}` });
    }
  },
};
