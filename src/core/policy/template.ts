/** The commented policy that `policy init` and the editor's set-up write. */
import type { TrailerMode } from './model.ts';

export interface TemplateOptions {
  /** `YYYY-MM-DD`; a quarter from now is a good date. */
  readonly reviewBy: string;
  readonly trailers?: TrailerMode;
}

/** Text of a new `countersign.yaml`, which parses without a problem. */
export const policyTemplate = ({ reviewBy, trailers = 'record' }: TemplateOptions): string => `\
# Countersign policy: what AI agents and people may change here, and what a change needs.
# Check it with 'countersign policy validate', try it with 'countersign policy explain PATH'.
# This file, .git, hooks and agent settings are always closed to AI agents; people may edit them.
version: 1

# Look this policy over by then; a warning afterwards.
reviewBy: ${reviewBy}

# Globs: * and ? within a name, ** over folders, {a,b}; ! in front takes out again, the last match wins.
# Quote globs that begin with * or !. Where several entries match, the strictest holds.
#   ai:    allow (autonomous) | justify (a person gives a reason) | prohibit
#   human: allow | justify
protected:
  - name: CI/CD
    paths: [".github/{workflows,actions}/**", ".gitlab-ci.yml", ".circleci/**", "**/Jenkinsfile"]
    ai: justify
    human: allow
    tier: high

  - name: infrastructure
    paths: ["{infra,terraform,deploy,k8s,helm}/**", "**/*.{tf,tfvars}", "**/Dockerfile*", "!**/*.md"]
    ai: justify
    human: justify
    tier: high
    justification: { minLength: 20, expires: 8h }   # add  ticket: "[A-Z]+-[0-9]+"  to ask for one

  - name: database migrations
    paths: ["**/migrations/**", "**/schema.{sql,prisma,rb}"]
    ai: justify
    human: justify
    tier: high

  - name: authentication and authorization
    paths: ["**/{auth,authn,authz,iam,permissions}/**", "!**/*.md"]
    ai: justify
    human: allow
    tier: high

  - name: secrets and production configuration
    paths: ["**/.env{,.*}", "!**/.env.{example,sample,template}", "**/*.{pem,key,p12}"]
    ai: prohibit
    human: allow
    tier: critical

# What is written into commits: off | ai-only | record (every commit) | required (and refused without)
commit:
  trailers: ${trailers}

# Review that a change needs, by risk.
# review:
#   high: { reviewers: 1, seniority: senior }
#   critical: { reviewers: 2, seniority: senior, authorization: required }
#   ai: { junior: senior, mid: senior }       # AI-assisted work by these needs review by those
# people:
#   - { email: someone@example.com, seniority: junior }

# Risk rules: switch one off, change its tier, add your own.
# rules:
#   disable: [rule-id]
#   tiers: { rule-id: medium }
#   custom:
#     - { id: no-raw-clock, message: Use the injected clock, tier: medium, languages: [typescript], pattern: 'Date\\.now\\(' }

# Limits of single agents.
# agents:
#   claude-code: { scope: ["src/**", "test/**"], commands: { deny: ["terraform *"] } }

# The audit log: whether an agent's reasoning is kept (off | reference | text), and for how long.
# audit: { reasoning: reference, retention: 400d }

# Break-glass, always dated, always logged.
# exceptions:
#   - { path: "infra/dns/**", reason: migration of the zone, by: someone@example.com, until: ${reviewBy} }

# What this policy should decide; 'countersign policy test' checks it.
tests:
  - { path: .github/workflows/release.yml, by: ai, expect: justify }
  - { path: src/index.ts, by: ai, expect: allow }
  - { path: .env, by: ai, expect: deny }
`;
