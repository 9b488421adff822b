/**
 * What the extension needs some time after activation, as a bundle of its own (`dist/deferred.js`): the bodies of the
 * commands, the policy reader, and what writes records. V8 parses all of a bundle when it loads it; parsing this part
 * took longer than activating. Modules that keep state (the audit log's queue) are used through here only, so that
 * there is one of each.
 */
export { parse as parseJsonc } from 'jsonc-parser';
export { evaluate } from '../core/evaluate.ts';
export { defaultPolicy, policyDigest, verdictFor } from '../core/policy/index.ts';
export { appendAudit } from '../platform/auditLog.ts';
export { CommitSigner } from '../platform/commitSigner.ts';
export { findRepository, git } from '../platform/git.ts';
export { newlyLostHooks } from '../platform/gitHooks.ts';
export { addKey, readKeys } from '../platform/keys.ts';
export { appendMark } from '../platform/marks.ts';
export { appendNote, coverageOf, isValidNote, noteLineHash, readNotes } from '../platform/notes.ts';
export { loadPolicy, realRepoPath } from '../platform/policyFile.ts';
export { cliFile, copyCli } from './cliCopy.ts';
export { commands } from './commands/index.ts';
