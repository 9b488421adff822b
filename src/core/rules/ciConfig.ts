import { at, walk, type TreeNode } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

/** Jobs that look for holes. */
const scanner =
  /sast|dast|secret[_-]?detection|dependency[_-]?scan|container[_-]?scan|license[_-]?scan|audit|trivy|semgrep|snyk|gitleaks|trufflehog|checkov|tfsec|bandit|gosec|codeql|grype|security/i;

export const ciConfig: Rule = {
  id: 'pipeline-weak',
  title: 'Pipeline trusts what it should not',
  tier: 'high',
  category: 'ci-cd',
  languages: ['gitlab-ci', 'azure-pipelines', 'circleci'],
  references: ['CWE-829', 'CWE-78', 'OWASP CICD-SEC-4'],
  why: 'Includes from elsewhere, moving images, docker-in-docker with rights and text of a merge request in a script let others run code with the variables of the project.',
  remedy: 'pin includes and images, and quote values through variables',
  keywords: [
    'include',
    'image',
    'privileged',
    'ci_merge_request_title',
    'ci_commit_message',
    'ci_commit_title',
    'ci_commit_ref_name',
    'build',
    'pipeline',
    'eval',
    'remote',
    'allow_failure',
    'orbs',
    'ci_debug_trace',
    'system',
    'sast_disabled',
    'sast',
    'secret_detection',
    'docker_tls_certdir',
    'container',
    'project',
  ],
  check(source, report) {
    for (const root of source.tree) {
      const include = at(root, 'include');
      if (include)
        for (const n of walk(include))
          if (n.kind === 'scalar' && /^https?:\/\//.test(n.value))
            report({ start: n.start, end: n.end, key: `include:${n.value}` });
      // A file of another project, at whatever its branch is then.
      for (const n of include ? walk(include) : [])
        if (n.key === 'project' && n.parent && !at(n.parent, 'ref'))
          report({
            start: n.start,
            end: n.end,
            key: `include:${n.value}`,
            message:
              'The pipeline of another project is taken as its branch is at that moment: add `ref` with a commit or a tag.',
          });
      if (source.language === 'circleci')
        for (const orb of at(root, 'orbs')?.children ?? [])
          if (/@(?:volatile|dev:[\w.-]{1,80})$/.test(orb.value))
            report({
              start: orb.start,
              end: orb.end,
              key: `orb:${orb.value}`,
              message: 'The orb can be another one with every run: name a full version.',
            });
      for (const n of walk(root)) {
        if (n.kind !== 'scalar') continue;
        if (
          !isMachine(n, source.language) &&
          isMovingImage(n.key, n.value, source.language === 'gitlab-ci' && n.parent?.key === 'image')
        ) {
          report({
            start: n.start,
            end: n.end,
            key: `image:${n.value.replace(/:latest$/, '')}`,
            message:
              'The image is whatever was pushed last, and runs with the variables of the project: name a version, or better its digest.',
          });
          continue;
        }
        if (
          n.key === 'allow_failure' &&
          n.value === 'true' &&
          scanner.test(`${n.parent?.key ?? ''} ${at(n.parent, 'extends')?.value ?? ''}`)
        ) {
          report({
            start: n.start,
            end: n.end,
            key: `allow_failure:${n.parent?.key}`,
            message: 'The pipeline passes whatever the scanner finds: let it fail.',
          });
          continue;
        }
        if (
          /^(?:SAST|SECRET_DETECTION|DEPENDENCY_SCANNING|CONTAINER_SCANNING|DAST)_DISABLED$/.test(n.key) &&
          /^(?:true|1)$/i.test(n.value)
        ) {
          report({
            start: n.start,
            end: n.end,
            key: n.key,
            message: 'A scanner of the pipeline is switched off: leave it on.',
          });
          continue;
        }
        if (/^(?:CI_DEBUG_TRACE|CI_DEBUG_SERVICES|system\.debug)$/.test(n.key) && /^true$/i.test(n.value))
          report({
            start: n.start,
            end: n.end,
            key: n.key,
            message: 'Debug trace prints all variables, secrets among them: switch it off.',
          });
        else if (
          /(?:eval|sh -c|bash -c)[^\n]{0,400}\$\{?CI_(?:MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME)|COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|REF_NAME|BRANCH|TAG))|<<\s*pipeline\.git\.branch|\$\(Build\.SourceVersionMessage\)|\$\{\{\s*parameters\.\w+\s*\}\}(?=.*\|\s*(?:ba)?sh)/.test(
            n.value,
          )
        )
          report({ start: n.start, end: n.end, key: `inject:${n.value.slice(0, 80)}` });
      }
    }
  },
};

/** An image named without a version, or by `latest`. What holds no slash and no colon may be the name of a resource. */
function isMovingImage(key: string, value: string, isNamed: boolean): boolean {
  if (!(/^(?:image|container)$/.test(key) || (key === 'name' && isNamed))) return false;
  if (!/^[\w./:-]{2,200}$/.test(value)) return false;
  return (
    value.endsWith(':latest') || (key !== 'container' && /^(?:[\w.-]{1,100}(?::\d{1,5})?\/)?[\w/-]{2,100}$/.test(value))
  );
}

/** The machine of a hosted runner: it is made by the platform, and has a name and no tag or digest. */
const isMachine = (n: TreeNode, language: string): boolean =>
  language === 'circleci'
    ? n.parent?.key === 'machine'
    : language === 'azure-pipelines'
      ? n.key === 'image' && /pool$/i.test(n.parent?.key ?? '')
      : /^macos-\d{1,2}-xcode-\d{1,2}$/.test(n.value);
