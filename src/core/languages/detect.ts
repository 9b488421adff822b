/** Path + content → language. Dialects of YAML and JSON are told apart by content, because paths vary and content can't lie. */

/** Ids used by rules and by `languages` of custom rules in the policy. */
export const languages = [
  'typescript',
  'tsx',
  'javascript',
  'python',
  'go',
  'java',
  'kotlin',
  'scala',
  'groovy',
  'c-sharp',
  'ruby',
  'php',
  'rust',
  'c',
  'swift',
  'shell',
  'powershell',
  'batch',
  'sql',
  'terraform',
  'prisma',
  'dockerfile',
  'yaml',
  'kubernetes',
  'helm',
  'kustomize',
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'cloudformation',
  'docker-compose',
  'ansible',
  'json',
  'iam-policy',
  'agent-config',
  'ini',
  'dotenv',
  'properties',
  'toml',
  'xml',
  'html',
  'css',
  'nginx',
  'jenkinsfile',
  'manifest',
  'lockfile',
  'codeowners',
  'markdown',
  'text',
  'makefile',
  'bicep',
  'unknown',
] as const;
export type Language = (typeof languages)[number];

const byExtension: Readonly<Record<string, Language>> = {
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  vue: 'javascript',
  svelte: 'javascript',
  py: 'python',
  pyi: 'python',
  pyw: 'python',
  go: 'go',
  java: 'java',
  kt: 'kotlin',
  kts: 'kotlin',
  scala: 'scala',
  groovy: 'groovy',
  gradle: 'manifest',
  cs: 'c-sharp',
  rb: 'ruby',
  rake: 'ruby',
  erb: 'html',
  php: 'php',
  phtml: 'php',
  rs: 'rust',
  c: 'c',
  h: 'c',
  cc: 'c',
  cpp: 'c',
  hpp: 'c',
  cxx: 'c',
  swift: 'swift',
  sh: 'shell',
  bash: 'shell',
  zsh: 'shell',
  ksh: 'shell',
  ps1: 'powershell',
  psm1: 'powershell',
  psd1: 'powershell',
  bat: 'batch',
  cmd: 'batch',
  sql: 'sql',
  tf: 'terraform',
  tfvars: 'terraform',
  hcl: 'terraform',
  prisma: 'prisma',
  yml: 'yaml',
  yaml: 'yaml',
  json: 'json',
  jsonc: 'json',
  json5: 'json',
  template: 'yaml',
  ini: 'ini',
  cfg: 'ini',
  conf: 'ini',
  cnf: 'ini',
  env: 'dotenv',
  properties: 'properties',
  toml: 'toml',
  xml: 'xml',
  config: 'xml',
  html: 'html',
  htm: 'html',
  ejs: 'html',
  hbs: 'html',
  mustache: 'html',
  jinja: 'html',
  j2: 'html',
  pug: 'html',
  jade: 'html',
  css: 'css',
  scss: 'css',
  less: 'css',
  md: 'markdown',
  mdx: 'markdown',
  markdown: 'markdown',
  rst: 'text',
  txt: 'text',
  adoc: 'text',
  mk: 'makefile',
  bicep: 'bicep',
  csproj: 'manifest',
  fsproj: 'manifest',
  vbproj: 'manifest',
  gemspec: 'manifest',
  dockerfile: 'dockerfile',
  lock: 'lockfile',
  pem: 'text',
  key: 'text',
  tpl: 'yaml',
};

const lockfiles = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'poetry.lock',
  'pdm.lock',
  'uv.lock',
  'pipfile.lock',
  'cargo.lock',
  'go.sum',
  'gemfile.lock',
  'composer.lock',
  'packages.lock.json',
  'gradle.lockfile',
  'flake.lock',
  '.terraform.lock.hcl',
]);
const manifests = new Set([
  'package.json',
  'pyproject.toml',
  'setup.cfg',
  'pipfile',
  'go.mod',
  'cargo.toml',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'settings.gradle',
  'libs.versions.toml',
  'packages.config',
  'directory.packages.props',
  'gemfile',
  'composer.json',
  'mix.exs',
  'pubspec.yaml',
  'package.swift',
  'podfile',
  'requirements.in',
  'pnpm-workspace.yaml',
  'environment.yml',
  'conanfile.txt',
  'vcpkg.json',
  'deno.json',
  'bower.json',
]);

/** The language of a file. `text` is used for dialects and for files without a telling name; only its head is looked at. */
export function detectLanguage(path: string, text: string): Language {
  const lower = path.toLowerCase();
  const slash = lower.lastIndexOf('/');
  const name = lower.slice(slash + 1);
  const rooted = `/${lower}`;
  if (lockfiles.has(name)) return 'lockfile';
  if (manifests.has(name) || name.endsWith('.gradle.kts')) return 'manifest';
  if (
    /^(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/.test(name) ||
    (rooted.includes('/requirements/') && /\.(?:txt|in)$/.test(name))
  )
    return 'manifest';
  if (name === 'codeowners') return 'codeowners';
  if (name === 'jenkinsfile' || name.startsWith('jenkinsfile.') || name.endsWith('.jenkinsfile')) return 'jenkinsfile';
  if (name.endsWith('.dockerfile') || /^(?:dockerfile|containerfile)(?:[.\-_].*)?$/.test(name)) return 'dockerfile';
  if (name === 'makefile' || name === 'gnumakefile' || name === 'justfile') return 'makefile';
  if (name === 'rakefile' || name === 'vagrantfile') return 'ruby';
  if (isAgentConfig(lower, name)) return 'agent-config';
  if (name === '.env' || name.startsWith('.env.') || name === '.envrc') return 'dotenv';
  if (
    /^\.(?:npmrc|yarnrc|pypirc|netrc|gitconfig|editorconfig|condarc|curlrc|wgetrc|s3cfg)$/.test(name) ||
    name === 'pip.conf' ||
    name === 'sshd_config' ||
    name === 'ssh_config' ||
    name === 'haproxy.cfg' ||
    name === 'credentials' ||
    name === 'sudoers' ||
    name === 'caddyfile' ||
    rooted.includes('/sudoers.d/') ||
    rooted.endsWith('/.ssh/config') ||
    rooted.endsWith('/etc/exports') ||
    /\.(?:service|socket|timer)$/.test(name)
  )
    return 'ini';
  if (
    /^nginx.*\.conf$/.test(name) ||
    rooted.includes('/nginx/') ||
    rooted.includes('/sites-available/') ||
    rooted.includes('/sites-enabled/')
  )
    return name.endsWith('.conf') || !name.includes('.')
      ? 'nginx'
      : refine(byExtension[ext(name)] ?? 'unknown', lower, name, text);
  if (/^\.(?:bashrc|bash_profile|profile|zshrc|zprofile|bash_aliases)$/.test(name)) return 'shell';
  const found = byExtension[ext(name)];
  if (found) return refine(found, lower, name, text);
  if (/^#!.*\b(?:ba|z|k|da|a)?sh\b/.test(text)) return 'shell';
  if (/^#!.*\bpython/.test(text)) return 'python';
  if (/^#!.*\b(?:node|deno|bun)\b/.test(text)) return 'javascript';
  if (/^#!.*\bruby/.test(text)) return 'ruby';
  if (/^(?:readme|license|licence|notice|authors|changelog|contributing|copying)\b/.test(name)) return 'text';
  if (rooted.includes('/.husky/') || rooted.includes('/githooks/') || rooted.includes('/.githooks/')) return 'shell';
  return 'unknown';
}

const ext = (name: string): string => (name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '');

function isAgentConfig(lower: string, name: string): boolean {
  if (
    name === '.mcp.json' ||
    name === 'mcp.json' ||
    name === 'claude_desktop_config.json' ||
    name === 'mcp_settings.json'
  )
    return true;
  if (
    /(?:^|\/)\.(?:claude|cursor|gemini|codex|windsurf|continue|roo|kiro|amazonq|qwen)\/.*\.(?:json|toml|ya?ml)$/.test(
      lower,
    )
  )
    return true;
  return name === '.aider.conf.yml' || name === 'opencode.json' || name === '.cursorrules.json';
}

function refine(language: Language, lower: string, name: string, text: string): Language {
  const head = text.length > 20_000 ? text.slice(0, 20_000) : text;
  switch (language) {
    case 'yaml':
      return yamlDialect(lower, name, head);
    case 'json':
      if (/"AWSTemplateFormatVersion"|"Type"\s*:\s*"AWS::/.test(head)) return 'cloudformation';
      // Azure's templates are what Bicep is compiled to.
      if (/"\$schema"\s*:\s*"[^"\n]{0,200}\/\w*[dD]eploymentTemplate\.json/.test(head)) return 'bicep';
      if (/"apiVersion"\s*:/.test(head) && /"kind"\s*:/.test(head)) return 'kubernetes';
      if (/"Statement"\s*:/.test(head) && /"Effect"\s*:/.test(head)) return 'iam-policy';
      return 'json';
    case 'ini':
      return /^[ \t]*(?:server|http|location|upstream)\b[^=\n]{0,200}\{/m.test(head) ? 'nginx' : 'ini';
    case 'xml':
      return name.endsWith('.config') || head.trimStart().startsWith('<') ? 'xml' : 'unknown';
    case 'text':
      return language;
    default:
      return language;
  }
}

function yamlDialect(lower: string, name: string, head: string): Language {
  if (/(?:^|\/)\.github\/workflows\//.test(lower)) return 'github-actions';
  if (/^\.?gitlab-ci(?:[.\-_].*)?\.ya?ml$/.test(name) || /(?:^|\/)\.gitlab\/ci\//.test(lower)) return 'gitlab-ci';
  if (/^azure-pipelines.*\.ya?ml$/.test(name)) return 'azure-pipelines';
  if (/(?:^|\/)\.circleci\//.test(lower)) return 'circleci';
  if (name === 'kustomization.yaml' || name === 'kustomization.yml') return 'kustomize';
  if (/^(?:docker-)?compose(?:[.\-_].*)?\.ya?ml$/.test(name)) return 'docker-compose';
  if (head.includes('{{') && /(?:^|\/)templates\//.test(lower)) return 'helm';
  if (/^[ \t]*AWSTemplateFormatVersion|^[ \t]+Type:[ \t]*['"]?AWS::/m.test(head)) return 'cloudformation';
  if (/^apiVersion\s*:/m.test(head) && /^kind\s*:/m.test(head)) return 'kubernetes';
  if (/^(?:on|'on'|"on"|true)\s*:/m.test(head) && /^jobs\s*:/m.test(head)) return 'github-actions';
  if (/^runs\s*:/m.test(head) && /^[ \t]+using\s*:/m.test(head)) return 'github-actions';
  if (/^services\s*:/m.test(head) && /^[ \t]+(?:image|build)\s*:/m.test(head)) return 'docker-compose';
  if (/^-?[ \t]*hosts[ \t]*:/m.test(head) || /(?:^|\/)(?:roles|playbooks)\/.*\.ya?ml$/.test(lower)) return 'ansible';
  if (/^stages\s*:/m.test(head) && /^[ \t]+script\s*:/m.test(head)) return 'gitlab-ci';
  return 'yaml';
}
