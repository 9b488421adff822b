/** All families of command rules. One file each; one line here. */
import type { Family } from '../model.ts';
import { backdoors } from './backdoors.ts';
import { cloud } from './cloud.ts';
import { cmdlets } from './cmdlets.ts';
import { containers } from './containers.ts';
import { databases } from './databases.ts';
import { disk } from './disk.ts';
import { filesystem } from './filesystem.ts';
import { git } from './git.ts';
import { iac } from './iac.ts';
import { kubernetes } from './kubernetes.ts';
import { permissions } from './permissions.ts';
import { persistence } from './persistence.ts';
import { publishing } from './publishing.ts';
import { saas } from './saas.ts';
import { secrets } from './secrets.ts';
import { security } from './security.ts';
import { selfProtect } from './selfProtect.ts';
import { services } from './services.ts';
import { storage } from './storage.ts';

export const families: readonly Family[] = [
  selfProtect,
  backdoors,
  filesystem,
  disk,
  permissions,
  persistence,
  git,
  containers,
  kubernetes,
  iac,
  cmdlets,
  cloud,
  storage,
  databases,
  secrets,
  security,
  services,
  publishing,
  saas,
];
