/** What a script does to a repository: its own attempt, its own branch, its hooks. */
import type { Tier } from '../../../model.ts';
import { escapeRegExp } from '../escapeRegExp.ts';
import type { Standing, Weight } from './standing.ts';
import { gifts } from './values.ts';

/** What gives up an attempt of the very script: its own work, if any. */
export function aborted(rule: string, tier: Tier, { script, at, source, isThrownAway }: Standing): Weight {
  const attempt = /^git-([\w-]+)-abort$/.exec(rule)?.[1] ?? '';
  const before = source.language === 'shell' ? source.text.slice(0, at) : script;
  const started = new RegExp(
    `\\bgit\\b[^\\n;&|]{0,80}\\s${attempt}\\s+(?!--(?:abort|continue|skip|quit)\\b)["'$\\w-]`,
  ).test(before);
  return !started ? tier : isThrownAway ? undefined : 'medium';
}

/** What is thrown away of a folder that the script would not have gone on with, had it held changes that are not committed. */
export function isAskedBefore(text: string, { source, at }: Standing): boolean {
  const folder = /^\s*git\s+-C\s+("\$\w{1,80}"|\$\w{1,80})\s+reset\s+--hard(?:\s+HEAD)?\s*$/.exec(text)?.[1];
  if (folder === undefined || source.language !== 'shell') return false;
  const before = source.text.slice(0, at);
  const asked = new RegExp(
    `^[ \\t]*if\\s+!\\s+git\\s+-C\\s+${escapeRegExp(folder)}\\s+diff\\s+--quiet(?:\\s+HEAD)?\\s*;\\s*then\\n(?:[ \\t]+(?!fi\\b|if\\b|exit\\b)[^\\n]{0,300}\\n){0,5}[ \\t]+exit\\s+[1-9]`,
    'm',
  ).exec(before);
  return asked !== null && !new RegExp(`\\b${folder.replace(/\W/g, '')}=`).test(before.slice(asked.index));
}

/** A branch that the script made itself, under a name that it put together. */
export function isOwnBranch(text: string, { script }: Standing): boolean {
  const refs = text.match(/\bpush\b([^;&|\n]*)/)?.[1]?.match(/\s(?!-)\S+/g) ?? [];
  const ref =
    refs
      .at(-1)
      ?.trim()
      .replace(/["']/g, '')
      .replace(/^(?:HEAD|\S*):(?=\S)/, '') ?? '';
  if (refs.length === 0 || refs.length > 2 || /--(?:all|mirror|tags)\b/.test(text)) return false;
  if (
    /^(?:refs\/heads\/)?(?:main|master|trunk|dev(?:elop(?:ment)?)?|stable|live|staging|prod\S*|release\S*)$/.test(ref)
  )
    return false;
  if (/^gh-pages$/.test(ref)) return true;
  const name = /^\$\{?(\w{1,80})\}?$/.exec(ref)?.[1];
  const made = new RegExp(
    `\\bgit\\b[^\\n]{0,80}\\s(?:checkout\\s+-[bB]|switch\\s+-[cC])\\s+["']?${escapeRegExp(ref)}["']?(?=\\s|;|$)`,
    'm',
  );
  if (!made.test(script)) return false;
  if (name === undefined) return /^[\w/.-]*(?:\$\{?|bot|update|auto|preview|cherry)/i.test(ref) && !ref.startsWith('$');
  const given = gifts(script, name);
  return (
    given.length > 0 &&
    given.every(
      (g) =>
        /^["']?[\w/.-]{3,}/.test(g) &&
        !/^["']?(?:(?:main|master|trunk|dev(?:elop(?:ment)?)?|stable|live|staging)(?![\w-])|release|prod)/.test(g),
    )
  );
}

export const installsHooks = (text: string): boolean =>
  (/\bcore\.hooksPath\s+["']?(?:\.\/)?[\w.-]*(?:hooks|husky)[\w./-]*["']?\s*$/.test(text) &&
    !/\b(?:no|none|null|empty|without|dummy|fake)\b|disabled|\boff\b/i.test(text)) ||
  /\bhusky\s+install\b/.test(text) ||
  (/\.git\/hooks\/[\w$-]/.test(text) &&
    /^\s*(?:chmod\s+(?:u?\+x|0?[57]\d\d)|ln\s|cp\s|install\s|echo\s[^;&|]{0,200}>>)/.test(text));

/** A folder for settings, without any setting: where one of that name is a file's, the file could not be made any more. */
export const makesEmptyFolder = (text: string): boolean =>
  /^\s*mkdir(?:\s+-(?:p|v|pv))*(?:\s+(?!["']?-)["']?(?:~|\$HOME|\$\{HOME\}|\.)?\/?(?:[\w.-]{1,80}\/)*\.?[\w-]{1,80}\/?["']?){1,10}\s*$/.test(
    text,
  );
