/** Policy as code: the public face of this folder. */
export { defaultPolicy, isProtectedHomePath } from './defaults.ts';
export { formatDuration, parseDuration } from './durations.ts';
export { mergePolicies } from './merge.ts';
export { queryProblems } from './queries.ts';
export { maxPolicyBytes, parsePolicy, type ParsedPolicy, type ParseOptions, type PolicyTest } from './parse.ts';
export { policySchema, type Schema } from './schema.ts';
export { policyTemplate, type TemplateOptions } from './template.ts';
export { explainPath, policyDigest, verdictFor } from './verdict.ts';
