/** The registry, first part: rules that read programs, or anything. One import and one line per rule. */
import type { Rule } from './rule.ts';
import { bidiText } from './bidiText.ts';
import { bindAll } from './bindAll.ts';
import { cdkInsecure } from './cdkInsecure.ts';
import { checkSuppressed } from './checkSuppressed.ts';
import { codeInjection } from './codeInjection.ts';
import { commandInjection } from './commandInjection.ts';
import { cookieInsecure } from './cookieInsecure.ts';
import { corsPermissive } from './corsPermissive.ts';
import { crossSiteScripting } from './crossSiteScripting.ts';
import { debugEnabled } from './debugEnabled.ts';
import { dependencyChanged } from './dependencyChanged.ts';
import { filePermissions } from './filePermissions.ts';
import { installScript } from './installScript.ts';
import { lineInjection } from './lineInjection.ts';
import { maliciousBehaviour } from './maliciousBehaviour.ts';
import { massAssignment } from './massAssignment.ts';
import { memoryUnsafe } from './memoryUnsafe.ts';
import { mergeConflict } from './mergeConflict.ts';
import { migrationOperations } from './migrationOperations.ts';
import { nosqlInjection } from './nosqlInjection.ts';
import { openRedirect } from './openRedirect.ts';
import { passwordInCall } from './passwordInCall.ts';
import { pathTraversal } from './pathTraversal.ts';
import { plainTransport } from './plainTransport.ts';
import { prototypePollution } from './prototypePollution.ts';
import { regexFromInput } from './regexFromInput.ts';
import { safeguardRemoved } from './safeguardRemoved.ts';
import { secretAssigned } from './secretAssigned.ts';
import { secretHeader } from './secretHeader.ts';
import { secretLogged } from './secretLogged.ts';
import { secretPrivateKey } from './secretPrivateKey.ts';
import { secretProvider } from './secretProvider.ts';
import { secretUrl } from './secretUrl.ts';
import { serverSideRequest } from './serverSideRequest.ts';
import { sessionFromRequest } from './sessionFromRequest.ts';
import { sqlInjection } from './sqlInjection.ts';
import { temporaryFile } from './temporaryFile.ts';
import { testsRemoved } from './testsRemoved.ts';
import { testsSkipped } from './testsSkipped.ts';
import { tlsVerifyOff } from './tlsVerifyOff.ts';
import { tlsVersionWeak } from './tlsVersionWeak.ts';
import { tokenUnverified } from './tokenUnverified.ts';
import { unsafeDeserialization } from './unsafeDeserialization.ts';
import { weakCrypto } from './weakCrypto.ts';
import { weakRandom } from './weakRandom.ts';
import { webProtectionOff } from './webProtectionOff.ts';
import { xmlExternalEntities } from './xmlExternalEntities.ts';

export const rulesOfCode: readonly Rule[] = [
  bidiText,
  bindAll,
  cdkInsecure,
  checkSuppressed,
  codeInjection,
  commandInjection,
  cookieInsecure,
  corsPermissive,
  crossSiteScripting,
  debugEnabled,
  dependencyChanged,
  filePermissions,
  installScript,
  lineInjection,
  maliciousBehaviour,
  massAssignment,
  memoryUnsafe,
  mergeConflict,
  migrationOperations,
  nosqlInjection,
  openRedirect,
  passwordInCall,
  pathTraversal,
  plainTransport,
  prototypePollution,
  regexFromInput,
  safeguardRemoved,
  secretAssigned,
  secretHeader,
  secretLogged,
  secretPrivateKey,
  secretProvider,
  secretUrl,
  serverSideRequest,
  sessionFromRequest,
  sqlInjection,
  temporaryFile,
  testsRemoved,
  testsSkipped,
  tlsVerifyOff,
  tlsVersionWeak,
  tokenUnverified,
  unsafeDeserialization,
  weakCrypto,
  weakRandom,
  webProtectionOff,
  xmlExternalEntities,
];
