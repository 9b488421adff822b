/** The registry, second part: rules that read no program, but configuration, SQL and scripts. A bundle of its own, which
 * a change of code alone does not load. One import and one line per rule. */
import type { Rule } from './rule.ts';
import { agentDenyRemoved } from './agentDenyRemoved.ts';
import { agentPermissions } from './agentPermissions.ts';
import { argoInjection } from './argoInjection.ts';
import { buildVerificationOff } from './buildVerificationOff.ts';
import { changelogOperations } from './changelogOperations.ts';
import { checkRemoved } from './checkRemoved.ts';
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
import { composePrivileged } from './composePrivileged.ts';
import { dependencySource } from './dependencySource.ts';
import { dockerBaseImage } from './dockerBaseImage.ts';
import { dockerDoors } from './dockerDoors.ts';
import { dockerImageSecrets } from './dockerImageSecrets.ts';
import { dockerOptions } from './dockerOptions.ts';
import { dockerPipeToShell } from './dockerPipeToShell.ts';
import { dockerRoot } from './dockerRoot.ts';
import { hardeningRemoved } from './hardeningRemoved.ts';
import { iamLimitRemoved } from './iamLimitRemoved.ts';
import { iamWildcard } from './iamWildcard.ts';
import { k8sFlags } from './k8sFlags.ts';
import { k8sHostAccess } from './k8sHostAccess.ts';
import { k8sImages } from './k8sImages.ts';
import { k8sRbac } from './k8sRbac.ts';
import { k8sSettings } from './k8sSettings.ts';
import { ownersExempted } from './ownersExempted.ts';
import { ownersRemoved } from './ownersRemoved.ts';
import { packageSources } from './packageSources.ts';
import { prismaDestructive } from './prismaDestructive.ts';
import { secretInConfigMap } from './secretInConfigMap.ts';
import { serverConfig } from './serverConfig.ts';
import { shellCommand } from './shellCommand.ts';
import { sqlDestructive } from './sqlDestructive.ts';
import { sqlFunctionDefiner } from './sqlFunctionDefiner.ts';
import { sqlLocks } from './sqlLocks.ts';
import { sqlPermissions } from './sqlPermissions.ts';
import { sqlRowSecurityOff } from './sqlRowSecurityOff.ts';
import { templateUnescaped } from './templateUnescaped.ts';
import { terraformDestroy } from './terraformDestroy.ts';
import { terraformExfiltration } from './terraformExfiltration.ts';
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

export const rulesOfConfiguration: readonly Rule[] = [
  agentDenyRemoved,
  agentPermissions,
  argoInjection,
  buildVerificationOff,
  changelogOperations,
  checkRemoved,
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
  composePrivileged,
  dependencySource,
  dockerBaseImage,
  dockerDoors,
  dockerImageSecrets,
  dockerOptions,
  dockerPipeToShell,
  dockerRoot,
  hardeningRemoved,
  iamLimitRemoved,
  iamWildcard,
  k8sFlags,
  k8sHostAccess,
  k8sImages,
  k8sRbac,
  k8sSettings,
  ownersExempted,
  ownersRemoved,
  packageSources,
  prismaDestructive,
  secretInConfigMap,
  serverConfig,
  shellCommand,
  sqlDestructive,
  sqlFunctionDefiner,
  sqlLocks,
  sqlPermissions,
  sqlRowSecurityOff,
  templateUnescaped,
  terraformDestroy,
  terraformExfiltration,
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
];
