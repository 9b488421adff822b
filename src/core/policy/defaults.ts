/** What holds without a policy file, and what holds always. Defaults of single fields live in `parse.ts`. */
import { matchGlobs, foldCase } from '../paths.ts';
import type { JustificationRule, Policy, ProtectedEntry } from './model.ts';
import type { Tier } from '../model.ts';

export const defaultJustification: JustificationRule = { minLength: 20, expiresMs: 8 * 3_600_000 };

const builtin = (name: string, tier: Tier, paths: readonly string[]): ProtectedEntry => ({
  name,
  paths,
  base: '',
  ai: 'prohibit',
  human: 'allow',
  tier,
  justification: defaultJustification,
  source: 'builtin',
});

/**
 * Always there, whatever a policy says: what a guarded agent would have to change to lift its own guard. A person may
 * edit all of it. Matched case-folded everywhere (`.GIT/hooks` is `.git/hooks` on macOS and Windows).
 * Source of the agents' files: docs/agents.md ("Tampering").
 */
export const builtinEntries: readonly ProtectedEntry[] = [
  builtin('Countersign policy', 'critical', ['**/countersign.yaml']),
  builtin('git internals and Countersign state', 'critical', [
    '**/.git',
    '**/.git/**',
    // Scratch files that agents write on purpose: messages, and the personal ignore list.
    '!**/.git/*_EDITMSG',
    '!**/.git/*_MSG',
    '!**/.git/info/exclude',
  ]),
  builtin('git hook managers', 'critical', [
    '**/.husky/**',
    '**/.githooks/**',
    '**/.lefthook/**',
    '**/{,.}lefthook{,-local}.{yml,yaml,toml,json}',
    '**/.pre-commit-config.yaml',
    '**/.pre-commit-hooks.yaml',
  ]),
  builtin('agent hooks and settings', 'critical', [
    '**/.{claude,cursor,codex,gemini,agents,windsurf,devin,kiro,factory,opencode,amp}/**',
    '**/.github/hooks/**',
    '**/.clinerules/hooks/**',
    '**/opencode.{json,jsonc}',
    '**/.vscode/settings.json',
    '**/*.code-workspace',
    // Work trees that an agent makes for itself hold ordinary files, and a `.git` that is protected above.
    '!**/.claude/worktrees/**',
    '**/.claude/worktrees/**/.git',
    '**/.claude/worktrees/*/.claude/**',
  ]),
];

const homeGlobs: readonly string[] = [
  '.{claude,cursor,copilot,codex,gemini,agents,windsurf,codeium,devin,kiro,factory,opencode,amp,aws/amazonq}/**',
  '.claude.json',
  '.config/{opencode,amp,git}/**',
  '.gitconfig',
  '.local/state/countersign/**',
  'library/application support/countersign/**',
  'appdata/local/countersign/**',
  '.{claude,codex,gemini}/**/hooks/**',
  '!.claude/{projects,todos,plans,statsig,shell-snapshots}/**',
];

/** Whether a path below the home folder (POSIX separators, relative to it) is an agent's or our own user-wide setting. */
export const isProtectedHomePath = (path: string): boolean => matchGlobs(homeGlobs, foldCase(path), { nocase: true });

const soft = (name: string, tier: Tier, paths: readonly string[]): ProtectedEntry => ({
  name,
  paths,
  base: '',
  ai: 'justify',
  human: 'allow',
  tier,
  justification: defaultJustification,
  source: 'default',
});

/** The soft guard while a repository has no policy: only AI edits are asked about. */
export const defaultEntries: readonly ProtectedEntry[] = [
  soft('CI/CD', 'high', [
    '.github/{workflows,actions}/**',
    '.github/dependabot.{yml,yaml}',
    '**/CODEOWNERS',
    '.gitlab-ci.{yml,yaml}',
    '.gitlab/ci/**',
    '.circleci/**',
    '.buildkite/**',
    '.woodpecker{,/**,.yml,.yaml}',
    '.drone.{yml,yaml}',
    '.travis.yml',
    '**/azure-pipelines*.{yml,yaml}',
    'bitbucket-pipelines.yml',
    '**/Jenkinsfile*',
  ]),
  soft('infrastructure', 'high', [
    '**/*.{tf,tfvars,tf.json,hcl,bicep}',
    '{infra,infrastructure,terraform,pulumi,cdk,deploy,deployment,k8s,kubernetes,helm,charts,ansible}/**',
    '**/Pulumi*.{yml,yaml}',
    '**/cdk.json',
    '**/serverless.{yml,yaml,ts,js}',
    '**/kustomization.{yml,yaml}',
    '!**/*.md',
  ]),
  soft('containers', 'high', [
    '**/{Dockerfile,Containerfile}{,.*}',
    '**/*.{Dockerfile,dockerfile}',
    '**/{docker-,}compose{,.*}.{yml,yaml}',
  ]),
  soft('database schema and migrations', 'high', [
    '**/{migrations,migrate,db/migrate,alembic/versions,flyway,liquibase}/**',
    '**/schema.{sql,prisma,rb}',
    '!**/*.md',
  ]),
  soft('authentication and authorization', 'high', [
    '**/{auth,authn,authz,iam,rbac,permissions,security,crypto}/**',
    '**/{auth,authn,authz,iam,rbac}.*',
    '!**/*.md',
    '!**/node_modules/**',
  ]),
  soft('secrets and production configuration', 'high', [
    '**/.env{,.*}',
    '!**/.env.{example,sample,template,dist}',
    '**/*.{pem,key,p12,pfx,jks,keystore}',
    '**/{.npmrc,.pypirc,.netrc}',
    '**/{secrets,credentials}.{yml,yaml,json,toml,ini}',
    // `product.json` is not production.
    '**/{,*[._-]}{prod,production}{,[._-]*}.{yml,yaml,json,toml,ini,conf,properties}',
  ]),
  soft('agent instructions and tools', 'medium', [
    '**/{AGENTS,CLAUDE,GEMINI}.md',
    '**/.cursorrules',
    '**/.clinerules/**',
    '.github/copilot-instructions.md',
    '**/{.mcp,mcp}.json',
    '**/.vscode/{tasks,launch,mcp}.json',
  ]),
];

const settings: Omit<Policy, 'protected' | 'origin'> = {
  version: 1,
  rules: { disable: [], tiers: {}, custom: [] },
  review: { byTier: {}, ai: {} },
  people: [],
  agents: {},
  commit: { trailers: 'off' },
  audit: { reasoning: 'reference' },
  guard: { strict: false },
  exceptions: [],
};

/** The policy of a file that says nothing but `version: 1`. */
export const emptyPolicy: Policy = { ...settings, protected: builtinEntries, origin: 'repository' };

/** The policy in force where there is no policy file. */
export const defaultPolicy: Policy = { ...settings, protected: [...builtinEntries, ...defaultEntries], origin: 'none' };
