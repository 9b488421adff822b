/** The registry: one import and one line per rule. */
import type { Rule } from './rule.ts';
import { agentDenyRemoved } from './agentDenyRemoved.ts';
import { agentPermissions } from './agentPermissions.ts';
import { argoInjection } from './argoInjection.ts';
import { bidiText } from './bidiText.ts';
import { bindAll } from './bindAll.ts';
import { buildVerificationOff } from './buildVerificationOff.ts';
import { cdkInsecure } from './cdkInsecure.ts';
import { changelogOperations } from './changelogOperations.ts';
import { checkRemoved } from './checkRemoved.ts';
import { checkSuppressed } from './checkSuppressed.ts';
import { ciConfig } from './ciConfig.ts';
import { cloudDeletionPolicy } from './cloudDeletionPolicy.ts';
import { cloudEncryptionOff } from './cloudEncryptionOff.ts';
import { cloudLoggingOff } from './cloudLoggingOff.ts';
import { cloudOpenNetwork } from './cloudOpenNetwork.ts';
import { cloudProtectionOff } from './cloudProtectionOff.ts';
import { cloudPublicAccess } from './cloudPublicAccess.ts';
import { cloudSafeguardRemoved } from './cloudSafeguardRemoved.ts';
import { cloudSecretParameter } from './cloudSecretParameter.ts';
import { cloudSettings } from './cloudSettings.ts';
import { cloudTlsWeak } from './cloudTlsWeak.ts';
import { cloudUnsafeDefault } from './cloudUnsafeDefault.ts';
import { codeInjection } from './codeInjection.ts';
import { commandInjection } from './commandInjection.ts';
import { composePrivileged } from './composePrivileged.ts';
import { cookieInsecure } from './cookieInsecure.ts';
import { corsPermissive } from './corsPermissive.ts';
import { crossSiteScripting } from './crossSiteScripting.ts';
import { debugEnabled } from './debugEnabled.ts';
import { dependencyChanged } from './dependencyChanged.ts';
import { dependencySource } from './dependencySource.ts';
import { dockerBaseImage } from './dockerBaseImage.ts';
import { dockerDoors } from './dockerDoors.ts';
import { dockerImageSecrets } from './dockerImageSecrets.ts';
import { dockerOptions } from './dockerOptions.ts';
import { dockerPipeToShell } from './dockerPipeToShell.ts';
import { dockerRoot } from './dockerRoot.ts';
import { filePermissions } from './filePermissions.ts';
import { hardeningRemoved } from './hardeningRemoved.ts';
import { iamLimitRemoved } from './iamLimitRemoved.ts';
import { iamWildcard } from './iamWildcard.ts';
import { installScript } from './installScript.ts';
import { k8sFlags } from './k8sFlags.ts';
import { k8sHostAccess } from './k8sHostAccess.ts';
import { k8sImages } from './k8sImages.ts';
import { k8sRbac } from './k8sRbac.ts';
import { k8sSettings } from './k8sSettings.ts';
import { lineInjection } from './lineInjection.ts';
import { maliciousBehaviour } from './maliciousBehaviour.ts';
import { massAssignment } from './massAssignment.ts';
import { memoryUnsafe } from './memoryUnsafe.ts';
import { migrationOperations } from './migrationOperations.ts';
import { nosqlInjection } from './nosqlInjection.ts';
import { openRedirect } from './openRedirect.ts';
import { ownersExempted } from './ownersExempted.ts';
import { ownersRemoved } from './ownersRemoved.ts';
import { packageSources } from './packageSources.ts';
import { passwordInCall } from './passwordInCall.ts';
import { pathTraversal } from './pathTraversal.ts';
import { plainTransport } from './plainTransport.ts';
import { prismaDestructive } from './prismaDestructive.ts';
import { prototypePollution } from './prototypePollution.ts';
import { regexFromInput } from './regexFromInput.ts';
import { safeguardRemoved } from './safeguardRemoved.ts';
import { secretAssigned } from './secretAssigned.ts';
import { secretHeader } from './secretHeader.ts';
import { secretInConfigMap } from './secretInConfigMap.ts';
import { secretLogged } from './secretLogged.ts';
import { secretPrivateKey } from './secretPrivateKey.ts';
import { secretProvider } from './secretProvider.ts';
import { secretUrl } from './secretUrl.ts';
import { serverConfig } from './serverConfig.ts';
import { serverSideRequest } from './serverSideRequest.ts';
import { sessionFromRequest } from './sessionFromRequest.ts';
import { shellCommand } from './shellCommand.ts';
import { sqlDestructive } from './sqlDestructive.ts';
import { sqlFunctionDefiner } from './sqlFunctionDefiner.ts';
import { sqlInjection } from './sqlInjection.ts';
import { sqlLocks } from './sqlLocks.ts';
import { sqlPermissions } from './sqlPermissions.ts';
import { sqlRowSecurityOff } from './sqlRowSecurityOff.ts';
import { templateUnescaped } from './templateUnescaped.ts';
import { temporaryFile } from './temporaryFile.ts';
import { terraformDestroy } from './terraformDestroy.ts';
import { terraformExfiltration } from './terraformExfiltration.ts';
import { testsRemoved } from './testsRemoved.ts';
import { testsSkipped } from './testsSkipped.ts';
import { tlsVerifyOff } from './tlsVerifyOff.ts';
import { tlsVersionWeak } from './tlsVersionWeak.ts';
import { tokenUnverified } from './tokenUnverified.ts';
import { unsafeDeserialization } from './unsafeDeserialization.ts';
import { weakCrypto } from './weakCrypto.ts';
import { weakRandom } from './weakRandom.ts';
import { webProtectionOff } from './webProtectionOff.ts';
import { workflowCaches } from './workflowCaches.ts';
import { workflowCheckout } from './workflowCheckout.ts';
import { workflowCommands } from './workflowCommands.ts';
import { workflowConditions } from './workflowConditions.ts';
import { workflowInjection } from './workflowInjection.ts';
import { workflowPermissions } from './workflowPermissions.ts';
import { workflowRunners } from './workflowRunners.ts';
import { workflowSecrets } from './workflowSecrets.ts';
import { workflowTools } from './workflowTools.ts';
import { workflowTriggers } from './workflowTriggers.ts';
import { workflowUnpinned } from './workflowUnpinned.ts';
import { xmlExternalEntities } from './xmlExternalEntities.ts';

export const rules: readonly Rule[] = [
  agentDenyRemoved,
  agentPermissions,
  argoInjection,
  bidiText,
  bindAll,
  buildVerificationOff,
  cdkInsecure,
  changelogOperations,
  checkRemoved,
  checkSuppressed,
  ciConfig,
  cloudDeletionPolicy,
  cloudEncryptionOff,
  cloudLoggingOff,
  cloudOpenNetwork,
  cloudProtectionOff,
  cloudPublicAccess,
  cloudSafeguardRemoved,
  cloudSecretParameter,
  cloudSettings,
  cloudTlsWeak,
  cloudUnsafeDefault,
  codeInjection,
  commandInjection,
  composePrivileged,
  cookieInsecure,
  corsPermissive,
  crossSiteScripting,
  debugEnabled,
  dependencyChanged,
  dependencySource,
  dockerBaseImage,
  dockerDoors,
  dockerImageSecrets,
  dockerOptions,
  dockerPipeToShell,
  dockerRoot,
  filePermissions,
  hardeningRemoved,
  iamLimitRemoved,
  iamWildcard,
  installScript,
  k8sFlags,
  k8sHostAccess,
  k8sImages,
  k8sRbac,
  k8sSettings,
  lineInjection,
  maliciousBehaviour,
  massAssignment,
  memoryUnsafe,
  migrationOperations,
  nosqlInjection,
  openRedirect,
  ownersExempted,
  ownersRemoved,
  packageSources,
  passwordInCall,
  pathTraversal,
  plainTransport,
  prismaDestructive,
  prototypePollution,
  regexFromInput,
  safeguardRemoved,
  secretAssigned,
  secretHeader,
  secretInConfigMap,
  secretLogged,
  secretPrivateKey,
  secretProvider,
  secretUrl,
  serverConfig,
  serverSideRequest,
  sessionFromRequest,
  shellCommand,
  sqlDestructive,
  sqlFunctionDefiner,
  sqlInjection,
  sqlLocks,
  sqlPermissions,
  sqlRowSecurityOff,
  templateUnescaped,
  temporaryFile,
  terraformDestroy,
  terraformExfiltration,
  testsRemoved,
  testsSkipped,
  tlsVerifyOff,
  tlsVersionWeak,
  tokenUnverified,
  unsafeDeserialization,
  weakCrypto,
  weakRandom,
  webProtectionOff,
  workflowCaches,
  workflowCheckout,
  workflowCommands,
  workflowConditions,
  workflowInjection,
  workflowPermissions,
  workflowRunners,
  workflowSecrets,
  workflowTools,
  workflowTriggers,
  workflowUnpinned,
  xmlExternalEntities,
];

const byId = new Map(rules.map((r) => [r.id, r]));

/** A built-in rule, or `undefined` (custom rules live in the policy). */
export const ruleById = (id: string): Rule | undefined => byId.get(id);
