/** The registry: one import and one line per rule. */
import type { Rule } from './rule.ts';
import { cloudDeletionPolicy } from './cloudDeletionPolicy.ts';
import { cloudEncryptionOff } from './cloudEncryptionOff.ts';
import { cloudLoggingOff } from './cloudLoggingOff.ts';
import { cloudOpenNetwork } from './cloudOpenNetwork.ts';
import { cloudProtectionOff } from './cloudProtectionOff.ts';
import { cloudPublicAccess } from './cloudPublicAccess.ts';
import { cloudTlsWeak } from './cloudTlsWeak.ts';
import { cloudUnsafeDefault } from './cloudUnsafeDefault.ts';
import { codeInjection } from './codeInjection.ts';
import { commandInjection } from './commandInjection.ts';
import { composePrivileged } from './composePrivileged.ts';
import { crossSiteScripting } from './crossSiteScripting.ts';
import { dependencyChanged } from './dependencyChanged.ts';
import { dependencySource } from './dependencySource.ts';
import { dockerPipeToShell } from './dockerPipeToShell.ts';
import { dockerRoot } from './dockerRoot.ts';
import { dockerSecrets } from './dockerSecrets.ts';
import { dockerTlsOff } from './dockerTlsOff.ts';
import { iamWildcard } from './iamWildcard.ts';
import { installScript } from './installScript.ts';
import { k8sFlags } from './k8sFlags.ts';
import { k8sHostAccess } from './k8sHostAccess.ts';
import { k8sImages } from './k8sImages.ts';
import { k8sRbac } from './k8sRbac.ts';
import { nosqlInjection } from './nosqlInjection.ts';
import { openRedirect } from './openRedirect.ts';
import { pathTraversal } from './pathTraversal.ts';
import { secretAssigned } from './secretAssigned.ts';
import { secretInConfigMap } from './secretInConfigMap.ts';
import { secretPrivateKey } from './secretPrivateKey.ts';
import { secretProvider } from './secretProvider.ts';
import { secretUrl } from './secretUrl.ts';
import { serverSideRequest } from './serverSideRequest.ts';
import { shellCommand } from './shellCommand.ts';
import { sqlDestructive } from './sqlDestructive.ts';
import { sqlFunctionDefiner } from './sqlFunctionDefiner.ts';
import { sqlInjection } from './sqlInjection.ts';
import { sqlLocks } from './sqlLocks.ts';
import { sqlPermissions } from './sqlPermissions.ts';
import { sqlRowSecurityOff } from './sqlRowSecurityOff.ts';
import { tlsVerifyOff } from './tlsVerifyOff.ts';
import { unsafeDeserialization } from './unsafeDeserialization.ts';
import { weakCrypto } from './weakCrypto.ts';
import { weakRandom } from './weakRandom.ts';
import { xmlExternalEntities } from './xmlExternalEntities.ts';

export const rules: readonly Rule[] = [
  cloudDeletionPolicy,
  cloudEncryptionOff,
  cloudLoggingOff,
  cloudOpenNetwork,
  cloudProtectionOff,
  cloudPublicAccess,
  cloudTlsWeak,
  cloudUnsafeDefault,
  codeInjection,
  commandInjection,
  composePrivileged,
  crossSiteScripting,
  dependencyChanged,
  dependencySource,
  dockerPipeToShell,
  dockerRoot,
  dockerSecrets,
  dockerTlsOff,
  iamWildcard,
  installScript,
  k8sFlags,
  k8sHostAccess,
  k8sImages,
  k8sRbac,
  nosqlInjection,
  openRedirect,
  pathTraversal,
  secretAssigned,
  secretInConfigMap,
  secretPrivateKey,
  secretProvider,
  secretUrl,
  serverSideRequest,
  shellCommand,
  sqlDestructive,
  sqlFunctionDefiner,
  sqlInjection,
  sqlLocks,
  sqlPermissions,
  sqlRowSecurityOff,
  tlsVerifyOff,
  unsafeDeserialization,
  weakCrypto,
  weakRandom,
  xmlExternalEntities,
];

const byId = new Map(rules.map((r) => [r.id, r]));

/** A built-in rule, or `undefined` (custom rules live in the policy). */
export const ruleById = (id: string): Rule | undefined => byId.get(id);
