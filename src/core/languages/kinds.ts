/** What a path says about the kind of change before anything is read: tests, docs, infrastructure … */
import type { ChangeType } from '../model.ts';
import type { Language } from './detect.ts';

const testPath =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|__snapshots__|__fixtures__|specs?|e2e|integration[-_]?tests?|fixtures?|testdata|test[-_]?data|goldens?|examples?\/(?:[^/]+\/)*rendered|tests?[-_](?:utils|values|cases|resources|assets|config|setup|support|helpers|infra|environment|env|apps?|projects?|suites?|harness)|testing|mocks|molecule|[^/]*(?:[-_.](?:tests?|Tests?)|(?:Unit|Integration|Functional)Tests?)|(?:[^/]*[-_.])?e2e(?:tests?|[-_][\w-]{0,40})?)\/|(?:^|\/)(?:test_[^/]*|[^/]*_test|[^/]*[._-](?:test|tests|spec|e2e|snap|stories|bench)|conftest)\.[^/.]+$|(?:^|\/)[^/]*(?:Test|Tests|TestCase|Spec|IT)\.(?:java|kt|cs|scala|groovy|php|swift)$/;

/** Test code, fixtures and snapshots. */
export function isTestPath(path: string): boolean {
  // Asked several times in a row about one file.
  if (path !== lastPath) [lastPath, lastIsTest] = [path, testPath.test(path)];
  return lastIsTest;
}
let lastPath = '';
let lastIsTest = false;

const besideTests = /(?:^|\/)(?:tests?[-_]images?|local-?dev)\/(?!(?:[^/]*\/)*[^/]*\bprod(?:uction)?\b)/i;

/** What images for tests, and the machine of a developer, are set up with: no test itself, and no production. */
export const isBesideTests = (path: string): boolean => besideTests.test(path);

/** Migrations of a data base: run once by who deploys, with nothing that a request sent. */
export const isMigrationPath = (path: string): boolean => migrationPath.test(path);

/** Prose: documentation, licences, change logs. */
export const isDocs = (path: string, language: Language): boolean =>
  language === 'markdown' ||
  (language === 'text' && !/\.(?:pem|key)$/i.test(path)) ||
  /(?:^|\/)docs?\/.*\.(?:rst|txt|adoc|png|svg|jpe?g|gif)$/i.test(path);

const infrastructure: ReadonlySet<Language> = new Set([
  'terraform',
  'kubernetes',
  'helm',
  'kustomize',
  'cloudformation',
  'dockerfile',
  'docker-compose',
  'ansible',
  'nginx',
  'bicep',
]);
const pipelines: ReadonlySet<Language> = new Set([
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'circleci',
  'jenkinsfile',
]);
const configuration: ReadonlySet<Language> = new Set(['yaml', 'json', 'ini', 'dotenv', 'properties', 'toml', 'xml']);
const securityPath =
  /(?:^|\/)(?:auth|authn|authz|authentication|authorization|oauth2?|saml|sso|crypto|cryptography|security|permissions?|acl|rbac|iam)(?:\/|[._-][^/]*\.|\.)[^/]*/i;
/** Words in the names of files that decide who gets in and what stays secret: `JwtTokenFilter.java`, `user_permissions.py`. */
const securityWord =
  /^(?:auth[nz]?|authenticat(?:e|ed|es|ion|or)|authori[sz](?:e|ed|es|ation|er)|oauth2?|oidc|saml|sso|jwt|[cx]srf|crypto|cryptography|ciphers?|encrypt(?:ion|or|er)?|decrypt(?:ion|or|er)?|passwords?|permissions?|rbac|acl|iam|security|credentials?)$/;
/** What draws a form is no guard. */
const drawn = /\.(?:tsx|jsx|vue|svelte|html?|cshtml|erb|ejs|hbs|css|scss|less|dart)$/i;
const ciPath =
  /(?:^|\/)\.(?:github|gitlab|circleci|buildkite|husky)\/|(?:^|\/)(?:azure-pipelines|appveyor|bitbucket-pipelines|cloudbuild|buildspec|\.travis|\.drone)[^/]*\.ya?ml$/i;
const migrationPath =
  /(?:^|\/)(?:migrations?|(?:alembic|migrations?)\/versions|db\/migrate|flyway|liquibase)\/[^/]+\.(?:py|rb|sql|js|ts|php|xml|ya?ml)$|(?:^|\/)V\d+(?:[._]\d+)*__[^/]+\.sql$/i;
const productionPath = /(?:^|[/._-])(?:prod|production|live)(?:[/._-]|$)/i;

/** Type of an edit whose rules stayed silent. */
export function changeTypeOf(path: string, language: Language): ChangeType {
  if (language === 'iam-policy' || language === 'codeowners' || language === 'agent-config') return 'permissions';
  if (isTestPath(path)) return 'tests';
  if (isDocs(path, language)) return 'docs';
  if (language === 'manifest' || language === 'lockfile' || /(?:^|\/)setup\.py$/.test(path)) return 'dependency';
  if (pipelines.has(language) || ciPath.test(path)) return 'ci-cd';
  if (infrastructure.has(language)) return 'infrastructure';
  if (language === 'prisma' || migrationPath.test(path)) return 'schema';
  if (language === 'sql') return 'schema';
  if (configuration.has(language)) return 'configuration';
  if (isSecurityCode(path)) return 'security';
  return 'feature';
}

/** Whether the code behind a path is there to guard something. */
function isSecurityCode(path: string): boolean {
  if (securityPath.test(path)) return true;
  if (drawn.test(path)) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name
    .slice(0, 200)
    .replace(/OAuth/g, 'Oauth')
    .replace(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => securityWord.test(word));
}

/** Whether the path names a production environment. */
export const isProduction = (path: string): boolean => productionPath.test(path);
