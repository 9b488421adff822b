import type { Grammars } from '../../core/ports.ts';
export const createGrammars = (): Grammars => ({ query: () => [], load: async () => undefined, parse: () => { throw new Error('no grammar'); } });
