/** Policy as code: the public face of this folder. */
export { defaultPolicy, isProtectedHomePath } from './defaults.ts';
export { formatDuration, parseDuration } from './durations.ts';
export { mergePolicies } from './merge.ts';
export { queryProblems } from './queries.ts';
export type { PolicyTest } from './build.ts';
export type { ParseOptions } from './check.ts';
export { maxPolicyBytes, parsePolicy, type ParsedPolicy } from './parse.ts';
export { policySchema, type Schema } from './schema.ts';
export { policyTemplate, type TemplateOptions } from './template.ts';
export { explainPath, policyDigest, verdictFor } from './verdict.ts';
