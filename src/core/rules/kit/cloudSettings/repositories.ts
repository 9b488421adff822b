/** Where the code is. */
import { isFalse, isTrue } from '../cloud.ts';
import { is, type Setting } from './setting.ts';

export const repositories: readonly Setting[] = [
  {
    names: 'visibility visibilitylevel',
    type: /^git(?:hub|lab)_/,
    bad: is(/^public$/),
    message: 'The code can be read by everyone: keep it private.',
  },
  {
    names: 'private',
    type: /^github_repository$/,
    bad: isFalse,
    message: 'The code can be read by everyone: keep it private.',
  },
  {
    names:
      'requiresignedcommits enforceadmins vulnerabilityalerts rejectunsignedcommits preventsecrets requireconversationresolution',
    type: /^git(?:hub|lab)_/,
    bad: isFalse,
    message: 'A rule of the repository is switched off: leave it on.',
  },
  {
    names: 'allowsforcepushes allowsdeletions allowforcepush',
    type: /^git(?:hub|lab)_/,
    bad: isTrue,
    message: 'History can be rewritten: forbid it.',
  },
  {
    names: 'allowedactions',
    type: /^github_/,
    bad: is(/^all$/),
    message: 'Any action of the marketplace may run: list those that may.',
  },
];
