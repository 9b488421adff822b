/** Changed fields of Django's models, where the same change holds their last definition. */
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { code, type Code } from '../../../rules/kit/code.ts';
import {
  djangoAlone,
  fieldOf,
  fieldSetBy,
  isOfDjangoAlone,
  longer,
  newOnDelete,
  stepBetween,
  type FieldDefinition,
} from '../../../rules/kit/djangoFields.ts';
import type { Call } from '../../../languages/facts.ts';
import { withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { folderOf } from '../../../paths.ts';

const rule = 'migration-operation';
/** So many migrations are gone back. */
const maxSteps = 50;

interface Field {
  readonly model: string;
  readonly name: string;
}

/**
 * Takes out `AlterField` where the migration of the change that set the field last tells the database the same. The models
 * may be ahead of the migrations: by them a finding only weighs less.
 */
export function withKnownFields(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  const migrations = new Map<string, Code>();
  const codeOf = ({ path, after }: FileChange): Code => {
    let c = migrations.get(path);
    if (!c) migrations.set(path, (c = code(sourceOf(path, after ?? ''))));
    return c;
  };
  for (const [i, { path, classification }] of judged.entries()) {
    const file = files[i]!;
    if (!/(?:^|\/)migrations\/\w+\.py$/.test(path) || file.before !== null || !isRead(file.after)) continue;
    if (!classification.findings.some((f) => f.rule === rule)) continue;
    const c = codeOf(file);
    const altered = new Map([...c.facts.callsNamed('AlterField')].map((x) => [c.source.lineAt(x.start), x] as const));
    const left = classification.findings.flatMap((f): Finding[] => {
      if (f.rule !== rule) return [f];
      const call = altered.get(f.line);
      const field = call && fieldNamed(c, call);
      const now = call && fieldSetBy(c, call);
      if (!field || !now) return [f];
      const last = lastSet(file, call, field, files, codeOf);
      const old = last ?? definedIn('before', path, field, files);
      const step = old && stepBetween(old, now);
      if (last && step === 'nothing') return [];
      if (policy.rules.tiers[rule] !== undefined) return [f];
      const before = step ? undefined : definedIn('before', path, field, files);
      const after = before && definedIn('after', path, field, files);
      const action = after && newOnDelete(before, after, now);
      if (action === 'CASCADE') return [withOther(f, { tier: 'high', message: cascades })];
      if (action)
        return [withOther(f, { tier: /^(?:PROTECT|RESTRICT)$/.test(action) ? 'low' : 'medium', message: refers })];
      // Models that change along are not ahead of the migrations.
      const model = step === 'nothing' && old ? definedIn('after', path, field, files) : undefined;
      const isNew = model !== undefined && (model.type !== old!.type || model.own.join() !== old!.own.join());
      if (isNew && stepBetween(model, now) === 'nothing') return [withOther(f, { tier: 'low', message: byModels })];
      if (step) return [withOther(f, { tier: 'medium', message: step === 'longer' ? longer : djangoAlone })];
      const isSoft = old !== undefined && f.message === djangoAlone;
      return [isSoft ? withOther(f, { tier: 'high', message: changed }) : f];
    });
    keep(judged, i, left);
  }
}
const cascades =
  'Rows go from now on with the one that they refer to, and Django alone sees to it: be sure that nobody needs them then.';
const refers =
  'By the models of this change only on_delete is new, which Django itself acts on: most likely no SQL runs. See that code which deletes knows of it.';
const byModels =
  'By the models of this change only what Django keeps for itself is new of the field: most likely no SQL runs.';
const changed =
  'Type or rule of a column changes: it can rewrite or lock the whole table, and old code must fit the new column.';

function fieldNamed(c: Code, call: Call): Field | undefined {
  const value = (name: string): string | undefined => c.facts.literal(call.args.find((a) => a.name === name));
  const [model, name] = [value('model_name'), value('name')];
  return model !== undefined && name !== undefined ? { model: model.toLowerCase(), name } : undefined;
}

/** What the nearest earlier migration that is new in the change made of a field; none, if something else was done to it. */
function lastSet(
  file: FileChange,
  operation: Call,
  field: Field,
  files: readonly FileChange[],
  codeOf: (file: FileChange) => Code,
): FieldDefinition | undefined {
  const folder = folderOf(file.path);
  let at = file;
  for (let n = 0; n < maxSteps; n++) {
    const c = codeOf(at);
    const calls = c.facts.calls.filter((x) => at !== file || x.start < operation.start);
    for (const call of calls.reverse()) {
      if (!call.callee.startsWith('migrations.')) continue;
      if (/^(?:Run|Rename|Remove|Separate|Delete|Create)/.test(call.name)) return undefined;
      if (!/^(?:AddField|AlterField)$/.test(call.name)) continue;
      const set = fieldNamed(c, call);
      if (!set) return undefined;
      if (set.model === field.model && set.name === field.name) {
        const found = fieldSetBy(c, call);
        // What was set so may itself have come from another type, and was told softly.
        return found && call.name === 'AlterField' && isOfDjangoAlone(found) ? undefined : found;
      }
    }
    const dependencies = /^[ \t]*dependencies\s*=\s*\[([^\]]{0,2000})\]/m.exec(c.source.text)?.[1] ?? '';
    const named = [...dependencies.matchAll(/["'](\w{1,120})["']/g)].map((m) => `${folder}${m[1]}.py`);
    const next = files.filter((f) => f.before === null && isRead(f.after) && named.includes(f.path));
    if (next.length !== 1 || next[0] === at) return undefined;
    at = next[0]!;
  }
  return undefined;
}

/** How the models of the same application have a field on one side of the change. */
function definedIn(
  side: 'before' | 'after',
  path: string,
  { model, name }: Field,
  files: readonly FileChange[],
): FieldDefinition | undefined {
  const app = path.slice(0, path.lastIndexOf('migrations/'));
  for (const file of files) {
    const { path: other } = file;
    const text = file[side];
    if (
      !isRead(text) ||
      !/^(?:models\.py$|models\/(?:\w+\/){0,6}\w+\.py$)/.test(other.startsWith(app) ? other.slice(app.length) : '')
    )
      continue;
    const source = sourceOf(other, text);
    const heads = [...source.text.matchAll(/^class (\w{1,120})\b(?:\s{0,4}\(([^)]{0,600})\))?/gm)];
    const c = code(source);
    // The model, and those of the file that it is made of.
    const left = [model];
    const seen = new Set<string>();
    const spans: [number, number][] = [];
    for (let own = left.shift(); own !== undefined && seen.size < maxSteps; own = left.shift()) {
      if (seen.size === seen.add(own).size) continue;
      const at = heads.findIndex((m) => m[1]!.toLowerCase() === own);
      if (at < 0) continue;
      spans.push([heads[at]!.index, heads[at + 1]?.index ?? source.text.length]);
      const bases = heads[at]![2] ?? '';
      left.push(...[...bases.matchAll(/\w{1,120}/g)].map((m) => m[0].toLowerCase()));
    }
    const call = c.facts.calls.find(
      (x) =>
        spans.some(([from, to]) => x.start > from && x.start < to) &&
        /^[ \t]{1,40}(\w{1,120})\s*(?::[^=\n]{1,120})?=\s*$/.exec(
          source.text.slice(source.starts[source.lineAt(x.start) - 1], x.start),
        )?.[1] === name,
    );
    if (call) return fieldOf(c, call);
  }
  return undefined;
}
