/** Subcommand programs (`tool [options] group verb …`): finding the verb and what it does. */
import { readOptions } from './args.ts';
import type { Options } from './args.ts';
import type { Call } from './model.ts';

/** What a verb does: looks, makes, changes, ends. */
export type Deed = 'read' | 'create' | 'change' | 'destroy';

const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter((w) => w !== ''));

const reading = list(`
  list ls show get describe view info status version help search find diff preview plan validate lint template exists
  history log logs tail watch wait whoami check doctor inspect explain top events can-i what-if show-ref print query
  browse export count stats stat metrics health tree ping test read lookup cat du hash ps schema docs open console
  completion man report ls-files env envs variables whatif dry-run manifests resources current current-context
  retrieve fetch download pull peek head compare summary usage audit login logout auth-status outdated verify
  account-id describe-all report-card screenshot nslookup`);
const readingPrefix =
  /^(?:list|describe|get|show|search|lookup|head|batch-get|filter|validate|estimate|preview|check|test|simulate|view|detect|decode|verify|can|count|read|query|scan|explain|diff|wait|print|retrieve|export|download|poll|discover|compare|calculate|lookup)-/;
const destroying = list(`
  delete del destroy remove rm purge drop terminate reset wipe erase uninstall unregister deregister revoke disable
  archive kill clear flush truncate untag unlink unset unpublish deprecate expunge empty prune cancel abort detach
  disconnect decommission retire nuke undeploy teardown tear-down down expire rollback roll deactivate release
  force-delete scrub evict drain cordon stop shutdown halt poweroff pause block ban unsubscribe withdraw reject undo
  deallocate clean cleanup discard invalidate leave close lock-out unassign unbind deauthorize revert rotate yank transfer
  bulk-delete mass-delete batch-delete bulk-remove rdelete cleanse`);
/** `repo-delete`, `snapshot-rm`: the verb stands behind what it works on. */
const destroyingSuffix = /[a-z][-_:](?:delete|remove|rm|destroy|purge|drop|wipe|nuke)$/;
const destroyingPrefix =
  /^(?:delete|remove|terminate|purge|deregister|detach|disassociate|revoke|reset|disable|cancel|release|abort|reject|untag|unsubscribe|batch-delete|schedule-key-deletion|force|clear|withdraw|deprovision|destroy|drop|erase|wipe|stop|reboot|unassign|unregister|evict|expire|retire|deactivate|decommission|discard|close|invalidate|truncate|flush|rm|del)[-_:]/;
const creating = list(
  'create new add init provision launch allocate register start import restore clone copy apply up deploy install bootstrap request purchase promote run-instances submit push upload mk mb make enable',
);
const creatingPrefix =
  /^(?:create|run|launch|allocate|register|start|provision|import|copy|restore|clone|request|purchase|deploy|enable|install|bootstrap|add|promote)-/;
const changing = list(
  'update set edit patch modify put write sync replace move mv rename scale resize restart attach associate authorize grant assign bind configure upgrade migrate seek tag label annotate taint rollout publish send invoke execute trigger redeploy convert swap switch failover refresh unlock force-unlock merge approve resume',
);
const changingPrefix =
  /^(?:put|update|set|modify|attach|associate|authorize|change|replace|apply|send|publish|invoke|execute|rotate|tag|assign|grant|upgrade|edit|write|configure|move|rename|resize|scale|restart|migrate|convert|switch|failover|accept|batch-write|transact-write|upload|complete|initiate)-/;

/** What a single word does, if it is a verb at all. */
export function deedOf(word: string): Deed | undefined {
  const w = word.toLowerCase();
  if (reading.has(w) || readingPrefix.test(w)) return 'read';
  if (destroying.has(w) || destroyingPrefix.test(w)) return 'destroy';
  if (creating.has(w) || creatingPrefix.test(w)) return 'create';
  if (changing.has(w) || changingPrefix.test(w)) return 'change';
  return destroyingSuffix.test(w) ? 'destroy' : undefined;
}

/** Words that are verbs in some tools and name what is worked on in others (`envs delete`, `label list`). */
const things = list(
  `env envs variables resources manifests docs schema metrics stats events report version history template log logs
  audit context label tag release archive lock deploy import`,
);

/** Whether a word only names what the next word, a verb, works on. */
export const namesThing = (word: string, next: string | undefined): boolean =>
  next !== undefined && things.has(word) && deedOf(next) !== undefined;

export interface Verb {
  readonly word: string;
  readonly deed: Deed;
  /** The words before it: the group (`compute instances`). */
  readonly group: string;
  /** The words after it. */
  readonly rest: readonly string[];
  readonly options: Options;
}

/**
 * The first word of a call that is a verb. `valued`: global options that take a value. `nouns`: words that look like
 * verbs but are groups of this tool (`gcloud run`, `az search`).
 */
export function verbOf(
  call: Call,
  valued: ReadonlySet<string> = none,
  nouns: ReadonlySet<string> = none,
): Verb | undefined {
  const options = readOptions(call.args, valued);
  const words = options.words;
  for (let i = 0; i < words.length && i < 6; i++) {
    const word = words[i]!.text;
    if (nouns.has(word) && i < words.length - 1) continue;
    if (namesThing(word, words[i + 1]?.text)) continue;
    const deed = deedOf(word);
    if (deed === undefined) continue;
    return {
      word: word.toLowerCase(),
      deed,
      group: words
        .slice(0, i)
        .map((w) => w.text)
        .join(' '),
      rest: words.slice(i + 1).map((w) => w.text),
      options,
    };
  }
  return undefined;
}

/** Words of a call without its options, as text. */
export const wordsOf = (call: Call, valued: ReadonlySet<string> = none): string[] =>
  readOptions(call.args, valued).words.map((w) => w.text);

/**
 * The subcommand of a call whose global options are not all known: in `s5cmd --endpoint-url URL rm X` the first word is
 * the value of an option, as the word after it is a verb and it is none.
 */
export function subcommand(call: Call, valued: ReadonlySet<string> = none): string {
  const { words } = readOptions(call.args, valued);
  for (const word of words) {
    if (deedOf(word.text) !== undefined) return word.text;
    const before = call.args[call.args.indexOf(word) - 1]?.text ?? '';
    if (!before.startsWith('-') || before.includes('=')) break;
  }
  return words[0]?.text ?? '';
}

const none: ReadonlySet<string> = new Set();

/** Whether the call only tries out what it would do. */
export const isDryRun = (call: Call): boolean =>
  call.args.some((a) =>
    /^(?:--dry-run(?:=(?!none|false)\S*)?|--dryrun|--check|--noop|--no-op|--what-if|-WhatIf|--simulate|--validate-only|--preview)$/.test(
      a.text,
    ),
  );
