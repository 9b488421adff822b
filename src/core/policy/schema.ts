/**
 * The policy file's one schema (JSON Schema 2020-12 subset). `parse.ts` validates with it, the server completes and
 * explains with it, `media/policy.schema.json` is its copy for other editors.
 * `format` values of our own: `glob`, `re2`, `duration`, `date`; other tools ignore them.
 */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Schema of the values of a map with free keys; `false`: only `properties`. */
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  /** At least one of these keys. */
  readonly anyOf?: readonly { readonly required: readonly string[] }[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly format?: 'glob' | 're2' | 'duration' | 'date';
  readonly pattern?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  more: Pick<Schema, 'required' | 'anyOf' | 'additionalProperties'> = {},
): Schema => ({ type: 'object', description, additionalProperties: false, properties, ...more });

const list = (description: string, items: Schema, more: Pick<Schema, 'minItems' | 'maxItems'> = {}): Schema => ({
  type: 'array',
  description,
  items,
  maxItems: 2000,
  ...more,
});

const text = (description: string, more: Partial<Schema> = {}): Schema => ({
  type: 'string',
  description,
  minLength: 1,
  maxLength: 1000,
  ...more,
});

const globs = (description: string, more: Pick<Schema, 'minItems'> = {}): Schema =>
  list(
    description,
    text(
      'A glob with `/` as separator: `*` and `?` within a name, `**` over folders, `{a,b}`, `[a-z]`. `!` in front takes out again; the last match wins.',
      {
        format: 'glob',
      },
    ),
    more,
  );

const tier = (description: string, more: Partial<Schema> = {}): Schema => ({
  type: 'string',
  description,
  enum: ['low', 'medium', 'high', 'critical'],
  ...more,
});

const seniority = (description: string): Schema =>
  text(
    `${description} The words are yours; \`junior\`, \`mid\`, \`senior\`, \`staff\`, \`principal\` are known in that order.`,
  );

const reviewRule = (description: string): Schema =>
  object(description, {
    reviewers: {
      type: 'integer',
      description: 'How many people other than the author must review.',
      minimum: 0,
      maximum: 20,
      default: 1,
    },
    seniority: seniority('Least seniority of the reviewers.'),
    authorization: {
      type: 'string',
      description: '`required`: someone authorized must sign off before the change is applied.',
      enum: ['required'],
    },
  });

const regex = (description: string): Schema => text(description, { format: 're2' });
const duration = (description: string, more: Partial<Schema> = {}): Schema =>
  text(`${description} A number and a unit: \`30m\`, \`8h\`, \`400d\`.`, { format: 'duration', ...more });
const date = (description: string): Schema =>
  text(`${description} \`YYYY-MM-DD\`, the day included.`, { format: 'date' });

export const policySchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://countersign-dev.github.io/countersign/policy.schema.json',
  title: 'Countersign policy',
  ...object(
    'What AI agents and people may change in this repository, and what a change needs. Reference: docs/policy.md.',
    {
      version: { type: 'integer', description: 'Version of this format.', const: 1 },
      reviewBy: date('The day by which someone looks at this policy again; a warning afterwards.'),
      protected: list(
        'Paths that need a reason, or that agents may not change. Where several entries match, the strictest holds.',
        object(
          'One set of protected paths.',
          {
            name: text('What it is, in words that a refusal can show.', { maxLength: 100 }),
            paths: globs('Globs of the protected files, relative to the folder of this file.', { minItems: 1 }),
            ai: {
              type: 'string',
              description:
                'AI changes: `allow` (autonomous), `justify` (supervised: a person gives a reason), `prohibit` (not at all). Lines nobody saw being written count as AI.',
              enum: ['allow', 'justify', 'prohibit'],
              default: 'justify',
            },
            human: {
              type: 'string',
              description: "A person's changes: `allow`, or `justify`, because the type of change decides.",
              enum: ['allow', 'justify'],
              default: 'justify',
            },
            tier: tier('Lowest risk tier any change here gets.', { default: 'high' }),
            justification: object('What a reason must look like.', {
              minLength: {
                type: 'integer',
                description: 'Least number of characters.',
                minimum: 1,
                maximum: 400,
                default: 20,
              },
              ticket: regex('Regular expression (RE2) that must occur in the reason, such as `[A-Z]+-[0-9]+`.'),
              expires: duration('How long a reason covers the change.', { default: '8h' }),
            }),
            review: reviewRule('Review that a change here needs.'),
          },
          { required: ['paths'] },
        ),
      ),
      rules: object('Adjusts the risk rules.', {
        disable: list('Ids of rules that are off here.', text('Rule id.')),
        tiers: {
          type: 'object',
          description: 'Rule id: tier that its findings get.',
          additionalProperties: tier('Tier of the findings.'),
        },
        custom: list(
          'Rules of your own.',
          object(
            'A rule that runs on added lines.',
            {
              id: text('Id, unique: lower-case words with dashes.', {
                pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
                maxLength: 64,
              }),
              message: text('One sentence: what, and what to do.', { maxLength: 300 }),
              tier: tier('Tier of a finding.', { default: 'medium' }),
              languages: list('Languages it looks at; none = all.', text('Language id.')),
              pattern: regex('Regular expression (RE2), matched on each added line.'),
              query: text(
                'tree-sitter query for the grammar of `languages`; the capture `@finding`, or the first one, is marked. Half a second a file.',
                {
                  maxLength: 10_000,
                },
              ),
            },
            { required: ['id', 'message'], anyOf: [{ required: ['pattern'] }, { required: ['query'] }] },
          ),
        ),
      }),
      review: object('Review that a change needs, by tier; raised by the seniority of the author.', {
        low: reviewRule('Low risk.'),
        medium: reviewRule('Medium risk.'),
        high: reviewRule('High risk.'),
        critical: reviewRule('Critical risk.'),
        ai: {
          type: 'object',
          description: "Author's seniority: least seniority of the reviewer of AI-assisted work.",
          additionalProperties: seniority('Least seniority of the reviewer.'),
        },
      }),
      people: list(
        'Who is who, for the review rules.',
        object(
          'One person.',
          { email: text('E-mail address as in commits.', { maxLength: 254 }), seniority: seniority('Seniority.') },
          { required: ['email', 'seniority'] },
        ),
      ),
      agents: {
        type: 'object',
        description: 'Limits by agent, such as `claude-code`; `*` is any agent.',
        additionalProperties: object('Limits of one agent.', {
          scope: globs('The only paths this agent may change.'),
          commands: object('Shell commands, as globs over the whole command: `terraform *`.', {
            allow: list('Never asked about.', text('Command glob.')),
            deny: list('Always refused.', text('Command glob.')),
          }),
        }),
      },
      commit: object('What is written into commits.', {
        trailers: {
          type: 'string',
          description:
            '`off`; `ai-only`: a record where AI lines or protected paths take part; `record`: in every commit; `required`: in every commit, and a commit without one is refused.',
          enum: ['off', 'ai-only', 'record', 'required'],
          default: 'off',
        },
      }),
      audit: object('What the audit log keeps.', {
        reasoning: {
          type: 'string',
          description:
            "The agent's reasoning: `off`, `reference` (path and hash of the transcript) or `text` (its words, redacted).",
          enum: ['off', 'reference', 'text'],
          default: 'reference',
        },
        retention: duration('How long events are kept.'),
      }),
      guard: object('How hard the save guard is.', {
        strict: {
          type: 'boolean',
          description: 'Opens protected files read-only, which holds even while the extension is down.',
          default: false,
        },
      }),
      exceptions: list(
        'Break-glass: a rule or path is let through until a day. Always logged.',
        object(
          'One exception.',
          {
            rule: text('Rule id.'),
            path: text('Glob of paths.', { format: 'glob' }),
            reason: text('Why.'),
            by: text('Who decided.'),
            until: date('Last day.'),
          },
          { required: ['reason', 'by', 'until'], anyOf: [{ required: ['rule'] }, { required: ['path'] }] },
        ),
      ),
      tests: list(
        'Examples of what this policy should decide; `countersign policy test` runs them.',
        object(
          'One example: a path, or a change of it (`before`, `after`).',
          {
            name: text('What it shows.', { maxLength: 200 }),
            path: text('Path in the repository.'),
            by: { type: 'string', description: 'Who changes it.', enum: ['ai', 'human'], default: 'ai' },
            before: { type: 'string', description: 'Text before; absent = a new file.' },
            after: { type: 'string', description: 'Text after; absent = deleted, where `before` is there.' },
            expect: {
              type: 'string',
              description: 'The decision expected.',
              enum: ['allow', 'justify', 'deny'],
            },
            tier: tier('The least tier expected.'),
            rule: text('A rule that must fire on the change.'),
          },
          { required: ['path', 'expect'] },
        ),
      ),
    },
    { required: ['version'] },
  ),
};
