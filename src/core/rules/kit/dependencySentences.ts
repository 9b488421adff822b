/**
 * The sentences on a dependency. The rule says them of one line; passes over the whole change read what was said and say
 * more. Both stand here: who changes a sentence sees who reads it.
 */

const checkName = 'check that the name is the intended one';
const checkChange = 'check what changed in it';

/** `isMoving`: by its version the registry gives other code from day to day. */
export const isNew = (name: string, version: string, isMoving = false): string =>
  `Dependency ${name} ${version ? `at ${version} ` : ''}is new: ${isMoving ? 'take a release, for that can be other code every day, and ' : ''}${checkName}.`;
export const isAt = (name: string, version: string): string =>
  `Dependency ${name} is ${version ? `at ${version}` : 'free of a version'} now: ${checkChange}.`;
export const isFree = (name: string, was: string): string =>
  `Dependency ${name} is free of a version now, it was at ${was}: ${checkChange}.`;
export const goesTo = (name: string, was: string, now: string, isDown: boolean): string =>
  `Dependency ${name} goes ${isDown ? 'down ' : ''}from ${was} to ${now}: ${checkChange}.`;
export const isHeld = (name: string, version: string): string =>
  `Dependency ${name} is held at ${version} for those that ask for another: check that they work with it.`;

/** What another pass may have added to a sentence about a new name is no part of it. */
const newName = /^Dependency (.{1,160}?) (?:at ([^:]{1,160}) )?is new: check that the name is the intended one\.$/;
/** Also with more behind it, but from a registry. */
const newInRegistry = /^Dependency \S+ (?:at [^:/]{1,100} )?is new: check that the name is the intended one/;
const held =
  /^Dependency (.{1,160}?) is held at ([^:]{1,160}) for those that ask for another: check that they work with it\.$/;
const step = / goes from ([^:]{1,90}) to ([^:]{1,90}): check what changed in it\./;
const toCheck = new RegExp(`: (?:${checkChange}|${checkName})\\.$`);

/** The name that a sentence begins with, as far as it has no blanks. */
export const nameIn = (message: string): string => /^Dependency (\S+)/.exec(message)?.[1] ?? '';

export const saysNew = (message: string): boolean => newName.test(message);
export const saysNewInRegistry = (message: string): boolean => newInRegistry.test(message);
/** A sentence on a new name with something else said of it (` is …`). */
export const toldOtherwise = (message: string, said: string): string => message.replace(/ is new: .*$/, () => said);

/** The name and the version that is held for all. */
export function heldIn(message: string): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] = held.exec(message) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
/** A sentence on what is held, with for whom and what else. */
export const heldForAll = (message: string, more: string): string =>
  message.replace(/ for those that ask for another: /, () => ` for all who need it; ${more}: `);

/** From which version to which it goes up, and the part of the sentence that says so. */
export function stepIn(
  message: string,
): { readonly said: string; readonly was: string; readonly now: string } | undefined {
  const [said, was, now] = step.exec(message) ?? [];
  return said === undefined || was === undefined || now === undefined ? undefined : { said, was, now };
}
/** Whether it says two versions, up or down. */
export const saysStep = (message: string): boolean => / goes (?:down )?from /.test(message);
/** `down from a to b`, of one that goes down. */
export const wayDown = (message: string): string | undefined =>
  / goes (down from [^:]{1,100})(?=: )/.exec(message)?.[1];
/** Whether it goes on in its registry: neither to a lower version nor to a place. */
export const goesOn = (message: string): boolean => / goes from [^:@/]{1,90} to [^:@/]{1,90}: /.test(message);
/** Whether it says the same version twice, written in another way. */
export const saysSame = (message: string): boolean => / goes from ([^:]{1,70}) to \1: /.test(message);

/** What a sentence says behind the name; `undefined` where it speaks of something else than a version. */
export const saidOf = (message: string): string | undefined =>
  / goes (?:down )?from .*$/.exec(message)?.[0] ??
  / (?:(?:at [^:]{1,100} )?is new|is at [^:]{1,100} now): .*$/.exec(message)?.[0];

/** A sentence that ends with what to check, and the lock file as the place for it. */
export const withLock = (message: string): string =>
  toCheck.test(message) ? `${message.slice(0, -1)} and what the lock file resolves to.` : message;
