import type { Justification } from '../../core/justification.ts';
import type { Repository } from '../../platform/state.ts';
export const readNotes = async (_r: Repository): Promise<Justification[]> => [];
export const readKeys = async (_r: Repository): Promise<Record<string, string>> => ({});
export const coveredBy = (
  _n: readonly Justification[],
  _k: unknown,
  _q: { path: string; added: readonly string[]; deleted: readonly string[]; now: string },
): Justification | undefined => undefined;
