/** What a finding says of which dependency. */
import type { Finding } from '../../../model.ts';
import { readDependencyKey } from '../../../rules/kit/dependencies.ts';
import { backgroundOf } from '../../background.ts';

export const isOfDependency = (f: Finding): boolean => f.rule === 'dependency-changed';

/** The row of the manifest that a finding is about; `undefined` for one about something else. */
export const rowOf = (f: Finding): ReturnType<typeof readDependencyKey> =>
  isOfDependency(f) ? readDependencyKey(backgroundOf(f).key ?? '') : undefined;
