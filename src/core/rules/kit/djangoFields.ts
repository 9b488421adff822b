/** Fields of Django's models, as migrations and models define them. */
import type { Call } from '../../languages/facts.ts';
import type { Code } from './code.ts';

export interface FieldDefinition {
  /** `models.CharField` */
  readonly type: string;
  /** What of it the database knows, and what Django keeps to itself. */
  readonly known: ReadonlyMap<string, string>;
  readonly own: readonly string[];
}

/** Arguments that Django never tells the database; `on_delete` is none to be quiet about, it deletes rows. */
const ofDjangoAlone =
  /^(?:default|choices|help_text|verbose_name|validators|blank|editable|error_messages|related_name|related_query_name|limit_choices_to|auto_now|auto_now_add|upload_to)$/;

const isPlain = /^models\.(?!OneToOneField|ManyToManyField)\w+Field$/;

export function fieldOf(c: Code, call: Call): FieldDefinition {
  const known = new Map<string, string>();
  const own: string[] = [];
  for (const [i, arg] of call.args.entries()) {
    const text = c.text(arg).replace(/^\w+\s*=(?!=)\s*/, '');
    // What a field is called comes first, but for those that name another model there.
    const name = arg.name ?? (i === 0 && isPlain.test(call.callee) ? 'verbose_name' : undefined);
    if (name !== undefined && ofDjangoAlone.test(name)) own.push(name);
    else if (c.text(arg) !== '') known.set(arg.name ?? `${i}`, text.replace(/\s+/g, ' ').replaceAll("'", '"'));
  }
  return { type: call.callee, known, own };
}

/** The field that an operation (`AddField`, `AlterField`) sets. */
export function fieldSetBy(c: Code, operation: Call): FieldDefinition | undefined {
  const given = operation.args.find((a) => a.name === 'field') ?? operation.args[2];
  if (!given) return undefined;
  let byEnd = endsOf.get(c);
  if (!byEnd)
    endsOf.set(c, (byEnd = new Map(c.facts.calls.filter((x) => /Field$|Key$/.test(x.name)).map((x) => [x.end, x]))));
  const call = byEnd.get(c.facts.offsets(given).end);
  return call && call.start > operation.start ? fieldOf(c, call) : undefined;
}
const endsOf = new WeakMap<Code, Map<number, Call>>();

/** One of Django's own fields, of which all that is written is Django's alone: most likely nothing else changed. */
export const isOfDjangoAlone = ({ type, known, own }: FieldDefinition): boolean =>
  /^models\.\w+Field$/.test(type) && known.size === 0 && own.length > 0;

/** Lengths that Django sets by itself. */
const lengths: Readonly<Record<string, string>> = { URLField: '200', EmailField: '254', SlugField: '50' };
const lengthOf = ({ type, known }: FieldDefinition): number =>
  Number(known.get('max_length') ?? lengths[type.slice(type.lastIndexOf('.') + 1)]);

/** One kind of column; they differ in what Django checks, and in the index that a slug has unless it is told not to. */
const ofText = /^models\.(?:Char|URL|Email|Slug)Field$/;
const valueOf = ({ type, known }: FieldDefinition, name: string): string | undefined =>
  known.get(name) ??
  (name === 'db_index'
    ? type.endsWith('.SlugField')
      ? 'True'
      : 'False'
    : /^(?:null|unique|primary_key)$/.test(name)
      ? 'False'
      : undefined);

/** What the database has to do from one definition to the next; `undefined`: it may be anything. */
export function stepBetween(old: FieldDefinition, now: FieldDefinition): 'nothing' | 'longer' | undefined {
  // What a class of the product makes of its arguments is not known.
  const isKind = old.type === now.type && /^(?:models|fields)\.\w+$/.test(now.type);
  if (!isKind && !(ofText.test(old.type) && ofText.test(now.type))) return undefined;
  const names = new Set([...old.known.keys(), ...now.known.keys(), 'db_index']);
  const others = [...names].filter((n) => n !== 'max_length' && valueOf(old, n) !== valueOf(now, n));
  if (others.length > 0) return undefined;
  if (old.known.get('max_length') === now.known.get('max_length') && (isKind || lengthOf(old) === lengthOf(now)))
    return 'nothing';
  return lengthOf(now) > lengthOf(old) ? 'longer' : undefined;
}

/** What Django itself does to rows that refer to one that is deleted; `DB_CASCADE` and the like are the database's. */
const onDelete = /^(?:[a-z_]{1,20}\.){0,4}(CASCADE|PROTECT|RESTRICT|SET_NULL|SET_DEFAULT|DO_NOTHING)$/;

/** Without the model that it refers to, which models and migrations name in their own ways. */
function restOf({ known }: FieldDefinition): string {
  const rest = [...known].filter(([name]) => !/^(?:0|to|on_delete)$/.test(name));
  return JSON.stringify(rest.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The model that a reference names, and the app of one that is named by a text. */
function targetOf({ known }: FieldDefinition): { readonly app: string | undefined; readonly model: string } {
  const [, quote, app, model = ''] = /(["']?)(?:(\w+)\.)?(\w+)\W*$/.exec(known.get('to') ?? known.get('0') ?? '') ?? [];
  return { app: quote ? app?.toLowerCase() : undefined, model: model.toLowerCase() };
}

/** What a reference does from now on where one deletes, if by the models before and after the change nothing else is new of it. */
export function newOnDelete(old: FieldDefinition, model: FieldDefinition, now: FieldDefinition): string | undefined {
  const isReference = /^(?:models\.)?(?:ForeignKey|OneToOneField)$/.test(now.type);
  if (!isReference || old.type !== model.type || model.type !== now.type) return undefined;
  if (restOf(old) !== restOf(model) || restOf(model) !== restOf(now)) return undefined;
  const [target, own] = [targetOf(now), targetOf(model)];
  // The one of those who sign in stands in the settings, under a name of its own.
  const isOpen = [target, own].some((t) => /^(?:self|auth_user_model|)$/.test(t.model));
  if (target.model !== own.model && !isOpen) return undefined;
  if (target.app !== own.app && target.app !== undefined && own.app !== undefined) return undefined;
  if (['0', 'to'].some((name) => old.known.get(name) !== model.known.get(name))) return undefined;
  const [was, is, set] = [old, model, now].map((f) => onDelete.exec(f.known.get('on_delete') ?? '')?.[1]);
  return was !== undefined && is !== undefined && was !== is && is === set ? is : undefined;
}

export const djangoAlone =
  'What is written of the field is for Django alone: if only that changed, no SQL runs. Compare with its last definition: another type, or an end of null=True, would lock the table and can fail.';
export const longer =
  'Only the length of the column grows: PostgreSQL notes that in moments, MySQL copies the table when it passes 255 bytes. Old code must stand longer values.';
