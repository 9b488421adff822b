/**
 * Configuration as one kind of tree: YAML and its dialects (templated ones, too), JSON, HCL and Bicep.
 * Error-tolerant and linear: a Helm template or a half-typed file still yields what can be read. `yaml` and
 * `jsonc-parser` stay the judges where validity itself matters (policy file); rules need positions and tolerance.
 */
import { parseBicep } from './bicepTree.ts';
import type { Language } from './detect.ts';
import { Flow } from './flowTree.ts';
import { parseHcl } from './hclTree.ts';
import { node, type TreeNode } from './treeNode.ts';
import { parseYaml } from './yamlTree.ts';

/** Roots of the text's documents. Never throws. */
export function parseTree(text: string, language: Language): TreeNode[] {
  if (language === 'terraform') return [parseHcl(text)];
  if (language === 'bicep' && !/^\s*\{/.test(text.slice(0, 2000))) return [parseBicep(text)];
  const first = /^\s*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]{0,2000}?\*\/\s*)*([[{])/.exec(text.slice(0, 5000));
  if (first && !text.startsWith('{{')) {
    const root = node('', 0);
    new Flow(text).value(text.indexOf(first[1]!, (first.index ?? 0) + first[0].length - 1), root, 0);
    return [root];
  }
  return parseYaml(text);
}
