/** What the editor says about a rule beyond its message. */
export interface RuleInfo {
  readonly title: string;
  readonly why?: string;
  readonly remediation?: string;
  readonly references: readonly { readonly title: string; readonly url?: string }[];
}

const site = 'https://github.com/countersign-dev/countersign/blob/main/docs';

/** Page of a rule; `undefined` for rules of the policy's own. */
export const ruleLink = (rule: string): string | undefined => `${site}/rules.md#${encodeURIComponent(rule)}`;

export const ruleInfo = (_rule: string): RuleInfo | undefined => undefined;
