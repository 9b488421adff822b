/** The way to `deferred.ts`. Activation must not call it. */
export const deferred = (): typeof import('./deferred.ts') =>
  require('./deferred.js') as typeof import('./deferred.ts');
