/** Safeguards of a handler that one decorator applies together now: its definition tells which ones. */
import { isTestPath } from '../../../languages/kinds.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange, Finding } from '../../../model.ts';
import type { Policy } from '../../../policy/model.ts';
import { importOf } from '../../../rules/kit/safeguards/calls.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';
import { isModule } from './replacedSafeguards.ts';

const rule = 'safeguard-removed';
const languages = /^(?:javascript|typescript|tsx|python|java|kotlin)$/;
/** Decorators of one handler, and what one of them spells out, that are read. */
const maxSpan = 2000;

interface Decorator {
  readonly name: string;
  /** As it is written, without blanks and without what stands before its name. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

interface Handler {
  readonly name: string;
  readonly decorators: readonly Decorator[];
}

interface Definition {
  readonly source: Source;
  readonly applies: readonly string[];
}

/**
 * Takes out that a handler lost safeguards which a decorator applies that it got in the same change: all that is applied is
 * read from the definition. A definition that is not in the change is worth a look.
 */
export function weighComposed(files: readonly FileChange[], judged: FileClassification[], policy: Policy): void {
  for (const [i, { path, classification }] of judged.entries()) {
    const { before, after } = files[i]!;
    if (!classification.findings.some((f) => f.rule === rule) || !isRead(before) || !isRead(after)) continue;
    const [old, now] = [sourceOf(path, before), sourceOf(path, after)];
    if (!languages.test(old.language) || old.language !== now.language) continue;
    const was = handlersOf(old);
    const handlers = new Map(handlersOf(now).map((h) => [h.name, h]));
    const left = classification.findings.flatMap((f): Finding[] => {
      const { key: guard, removedAt: line } = backgroundOf(f);
      if (f.rule !== rule || guard === undefined || line === undefined) return [f];
      const handler = was.find((h) => h.decorators.some((d) => d.from <= line && line <= d.to));
      const there = handler && handlers.get(handler.name);
      if (!there) return [f];
      const kept = new Set(there.decorators.map((d) => d.text));
      const gone = handler.decorators.filter((d) => !kept.has(d.text) && !serves.test(d.name));
      const had = new Set(handler.decorators.map((d) => d.name));
      const come = there.decorators.filter((d) => !had.has(d.name) && !opens.test(d.name));
      const lost = gone.flatMap(guardsOf).filter((g) => !there.decorators.flatMap(guardsOf).includes(g));
      if (lost.length === 0 || come.length === 0 || there.decorators.some((d) => opens.test(d.name))) return [f];
      const definitions = come.map((d) => definitionOf(d, i, files, now));
      const isApplied = (g: string): boolean =>
        definitions.some(
          (d, k) =>
            d?.applies.includes(g) === true &&
            isSameName(nameIn(g), old, d.source) &&
            (!isJvm(old) || isSprings(nameIn(g), old)) &&
            isInPlaceOf(come[k]!, g, there, handler, old),
        );
      if (lost.every(isApplied)) return [];
      if (policy.rules.tiers[rule] !== undefined) return [f];
      const elsewhere = come.find(
        (d, k) =>
          definitions[k] === undefined &&
          soundsLikeGuard.test(d.name) &&
          !tells.test(d.name) &&
          lost.every((g) => isInPlaceOf(d, g, there, handler, old)),
      );
      // What the change itself shows of it is not enough.
      if (!elsewhere || !isGivenIn(elsewhere.name, now) || isMadeUp(elsewhere.name, files)) return [f];
      // What stands beside guards only tells them what to ask for.
      if ([...was, ...handlers.values()].some((h) => bears(h, elsewhere.name) && bears(h, 'UseGuards'))) return [f];
      const message = `'${guard.slice(0, 40)}' gave way to '${elsewhere.name.slice(0, 40)}': see that it applies what was taken out.`;
      return [withOther(f, { tier: 'medium', message })];
    });
    keep(judged, i, left);
  }
}

/** Decorators that say what an operation is, and stop nobody. */
const serves =
  /^(?:Get|Post|Put|Patch|Delete|All|Head|Options|HttpCode|Header|Api\w*|UseInterceptors|UsePipes|UseFilters|Version|Render|Override|Operation|Tag|ResponseStatus|(?:Get|Post|Put|Patch|Delete|Request)Mapping)$/;
const opens = /public|anonymous|skip|optional|permit_?all|exempt|no_?auth|without|disable|bypass|unsafe/i;
/** By these names go, as a rule, only notes for a guard. */
const tells = /^(?:(?:has|set)?(?:roles?|permissions?|scopes?)|\w*metadata)$/i;
const soundsLikeGuard =
  /auth|guard|scope|role|permission|require|protect|secur|login|logged|admin|staff|only|throttl|limit/i;

const bears = (handler: Handler, name: string): boolean => handler.decorators.some((d) => d.name === name);

/** What a decorator asks for, one by one: `UseGuards(A, B('x'))` asks for two things. */
function guardsOf({ name, text }: { readonly name: string; readonly text: string }): string[] {
  if (name !== 'UseGuards') return [text];
  return splitArguments(text.slice(text.indexOf('(') + 1, -1));
}

/**
 * Whether a decorator guards all that the one which is gone did. In Python each wraps what stands below it: what registers
 * the function there registers it without the guards above.
 */
function isInPlaceOf(come: Decorator, guard: string, there: Handler, was: Handler, { language }: Source): boolean {
  if (language !== 'python') return true;
  const guarded = was.decorators.slice(was.decorators.findIndex((d) => guardsOf(d).includes(guard)) + 1);
  const below = there.decorators.slice(there.decorators.indexOf(come) + 1);
  return below.every((d) => guarded.some((o) => o.text === d.text));
}

const isJvm = ({ language }: Source): boolean => /^(?:java|kotlin)$/.test(language);

/** Spring alone looks for its annotations on annotations; others see only what stands at the method itself. */
const isSprings = (name: string, source: Source): boolean =>
  new RegExp(`^import\\s+org\\.springframework\\.security\\.(?:\\w+\\.)+${name}\\s*;?\\s*$`, 'm').test(source.text);

const nameIn = (guard: string): string => /^[\w$]+/.exec(guard)?.[0] ?? '';

/** Whether a name means the same in both files: it comes from one module. */
function isSameName(name: string, one: Source, other: Source): boolean {
  if (one.path === other.path) return true;
  if (isJvm(one)) {
    const [a, b] = [one, other].map(
      (s) => new RegExp(`^import\\s+([\\w.]+\\.${name})\\s*;?\\s*$`, 'm').exec(s.text)?.[1],
    );
    return a !== undefined && a === b;
  }
  const [a, b] = [importOf(one, name), importOf(other, name)];
  if (a === undefined || b === undefined) return false;
  return isNear(a) || isNear(b) ? resolved(a, one.path) === resolved(b, other.path) : a === b;
}
const isNear = (module: string): boolean => module.startsWith('.');

/** A module as a path, where it is named from the file that asks for it. */
function resolved(module: string, from: string): string {
  if (!/^\.{1,2}\//.test(module)) return `${isNear(module) ? from.slice(0, from.lastIndexOf('/')) : ''}:${module}`;
  const parts = from.split('/').slice(0, -1);
  for (const part of module.replace(/\.[cm]?[jt]sx?$/, '').split('/'))
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  return parts.join('/');
}

const isGivenIn = (name: string, source: Source): boolean =>
  isJvm(source)
    ? new RegExp(`^import\\s+[\\w.]+\\.${name}\\s*;?\\s*$`, 'm').test(source.text)
    : importOf(source, name) !== undefined;

/** Whether a file of the change declares something of that name. */
const isMadeUp = (name: string, files: readonly FileChange[]): boolean =>
  files.some(
    ({ after }) =>
      isRead(after) &&
      after.includes(name) &&
      new RegExp(`(?:\\b(?:function|const|let|var|def|class|fun)|@interface|annotation class)\\s+${name}\\b`).test(
        after,
      ),
  );

/** The one definition in the change that the file's name stands for, with all that it applies in any case. */
function definitionOf(
  { name, text }: Decorator,
  importer: number,
  files: readonly FileChange[],
  source: Source,
): Definition | undefined {
  if (!/^\w{2,80}$/.test(name)) return undefined;
  const ofJvm = isJvm(source);
  const module = ofJvm ? undefined : importOf(source, name);
  const definers = files.flatMap(({ path, after }, k) => {
    if (!isRead(after) || isTestPath(path) || !after.includes(name)) return [];
    const isIt = ofJvm
      ? k !== importer && new RegExp(`(?:^|/)${name}\\.(?:java|kt)$`).test(path)
      : module === undefined
        ? k === importer
        : k !== importer && isOf(module, files[importer]!.path, path);
    return isIt ? [sourceOf(path, after)] : [];
  });
  if (definers.length !== 1) return undefined;
  const definer = definers[0]!;
  const applies = appliedBy(name, text.slice(name.length + 1, -1), definer);
  return applies && { source: definer, applies };
}

/** `@acme/api/x` is `x` below the folder `api`, or its `src`. */
function isOf(module: string, from: string, path: string): boolean {
  if (isModule(module, from, path)) return true;
  const [, folder, rest] = /^@[\w-]+\/([\w-]+)\/([\w./-]+)$/.exec(module) ?? [];
  const bare = path.replace(/\.[cm]?[jt]sx?$/, '');
  return (
    folder !== undefined &&
    [`${folder}/${rest}`, `${folder}/src/${rest}`, `${folder}/src/lib/${rest}`].some((p) =>
      `/${bare}`.endsWith(`/${p}`),
    )
  );
}

/** What a decorator applies with these arguments; undefined where its definition is not of a form that tells. */
function appliedBy(name: string, given: string, source: Source): string[] | undefined {
  const bare = withoutComments(source);
  if (source.language === 'python') return appliedInPython(name, bare);
  if (isJvm(source)) {
    const own = handlersOf(source).find((h) => h.name === name)?.decorators;
    // Of what ends with the compiler nobody asks later.
    if (source.language === 'java' && !own?.some((d) => /^Retention\(.*\bRUNTIME\)$/.test(d.text))) return undefined;
    return own?.flatMap(guardsOf);
  }
  const heads = [
    ...bare.matchAll(
      new RegExp(
        `^(?:export\\s+)?(?:function\\s+${name}\\s*(?:<[^<>()]{0,200}>)?\\(([^()]{0,400})\\)[^{};()]{0,200}\\{\\s*return\\s+|const\\s+${name}\\s*=\\s*\\(([^()]{0,400})\\)[^{};()=]{0,200}=>\\s*(?:\\{\\s*return\\s+)?)applyDecorators\\(`,
        'gm',
      ),
    ),
  ];
  if (heads.length !== 1 || importOf(source, 'applyDecorators') !== '@nestjs/common') return undefined;
  if (importOf(source, 'UseGuards') !== '@nestjs/common') return undefined;
  const open = heads[0]!.index + heads[0]![0].length - 1;
  const inner = insideOf(bare, open);
  if (inner === undefined) return undefined;
  // The one parameter, handed on as it is.
  const [, handedOn] = /^\s*((?:\.\.\.)?\w{1,40})\s*(?::[^,]*)?$/.exec(heads[0]![1] ?? heads[0]![2] ?? '') ?? [];
  return splitArguments(inner.replace(/\s+/g, ''))
    .map((a) => (handedOn === undefined ? a : a.replace(`(${handedOn})`, () => `(${given})`)))
    .flatMap((text) => guardsOf({ name: nameIn(text), text }));
}

/** `def it(f): @wraps(f) @login_required def inner(…): return f(…)`, or `return login_required(f)`. */
function appliedInPython(name: string, bare: string): string[] | undefined {
  const head = new RegExp(`^def ${name}\\((\\w{1,40})\\)[^:\\n]{0,80}:\\n`, 'gm');
  const heads = [...bare.matchAll(head)];
  if (heads.length !== 1) return undefined;
  const [found] = heads as [RegExpExecArray];
  const from = found.index + found[0].length;
  const body = /^(?:(?:[ \t][^\n]*)?\n)*/.exec(bare.slice(from, from + maxSpan))![0];
  const given = found[1]!;
  const called = new RegExp(`^\\s+return ([\\w.]{1,80})\\(${given}\\)\\s*$`).exec(body)?.[1];
  if (called !== undefined) return [called];
  // The function inside is what is handed back, and nothing else is said in between.
  const inner =
    /^\s*?([ \t]+)((?:@[\w.]+(?:\([^()\n]*\))?\s+)+)(?:async )?def (\w+)\([^()]*\)[^:\n]*:\n([^]*?)\n\s+return (\w+)\s*$/.exec(
      body,
    );
  if (!inner || inner[3] !== inner[5]) return undefined;
  if (inner[4]!.split('\n').some((l) => l.trim() !== '' && !l.startsWith(`${inner[1]} `))) return undefined;
  return [...inner[2]!.matchAll(/@([\w.]+(?:\([^()\n]*\))?)/g)].map((m) => m[1]!.replace(/\s+/g, ''));
}

/** The text with as many blanks where comments stand. */
function withoutComments({ text, tokens }: Source): string {
  let out = '';
  let at = 0;
  for (const t of tokens) {
    if (t.kind !== 'comment') continue;
    out += text.slice(at, t.start) + text.slice(t.start, t.end).replace(/[^\n]/g, ' ');
    at = t.end;
  }
  return out + text.slice(at);
}

/** What stands between the bracket at an offset and the one that closes it. */
function insideOf(text: string, open: number): string | undefined {
  let depth = 0;
  let quote = '';
  for (let i = open; i < text.length && i < open + maxSpan; i++) {
    const c = text[i]!;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (/["'`]/.test(c)) quote = c;
    else if (/[([{]/.test(c)) depth++;
    else if (/[)\]}]/.test(c) && --depth === 0) return text.slice(open + 1, i);
  }
  return undefined;
}

/** What is separated by commas, but not in brackets or texts. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i] ?? ',';
    if (quote !== '' && i < text.length) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (/["'`]/.test(c)) quote = c;
    else if (/[([{]/.test(c)) depth++;
    else if (/[)\]}]/.test(c)) depth--;
    else if (c === ',' && (depth === 0 || i === text.length)) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return parts.filter(Boolean);
}

/** Functions, methods and types with decorators above them. Of several with one name nothing is said. */
function handlersOf(source: Source): Handler[] {
  const bare = withoutComments(source);
  const all: Handler[] = [];
  let run: Decorator[] = [];
  const at = /^[ \t]*@(?!interface\b)([\w.]+)/gm;
  for (let m = at.exec(bare); m; m = at.exec(bare)) {
    const from = m.index + m[0].length - m[1]!.length;
    let to = m.index + m[0].length;
    if (bare[to] === '(') {
      const inner = insideOf(bare, to);
      if (inner === undefined) return [];
      to += inner.length + 2;
    }
    const text = bare
      .slice(from, to)
      .replace(/\s+/g, '')
      .replace(/,(?=\))/g, '');
    run.push({ name: m[1]!, text, from: source.lineAt(from), to: source.lineAt(to - 1) });
    at.lastIndex = to;
    const rest = bare.slice(to, to + 600).trimStart();
    if (rest.startsWith('@') && !rest.startsWith('@interface')) continue;
    const name =
      /^(?:[\w<>[\],.?]+\s+){0,6}?@?(?:class|def|interface|fun)\s+(\w+)/.exec(rest)?.[1] ??
      /^(?:[\w<>[\],.?]+\s+){0,6}?(\w+)\s*(?:<[^<>()]{0,100}>)?\(/.exec(rest)?.[1];
    if (name !== undefined) all.push({ name, decorators: run });
    run = [];
  }
  const times = new Map<string, number>();
  for (const { name } of all) times.set(name, (times.get(name) ?? 0) + 1);
  return all.filter(({ name }) => times.get(name) === 1);
}
