/** The whole answer of a page's own server, handed to the function that a request of the page calls back. */
import type { Call } from '../../languages/facts.ts';
import type { Source } from '../../languages/source.ts';
import type { Code } from './code.ts';

type Range = { readonly from: number; readonly to: number };

/** jQuery's own, and helpers that are called after them: `ajaxPost(form, url, before, function (data) {…})`. */
const asks = /^(?:\$|jQuery)\.(?:get|post|ajax)$|(?:^|\.)ajax(?:Get|Post|Submit)$/;
const ofElement =
  /^(?:\$|jQuery)\(\s*(?:["'][#.][\w-]{1,80}["']|this)\s*\)(?:\.(?:attr|data|prop)\(\s*["'](?:action|href|(?:data-)?[\w-]{0,40}url)["']\s*\))?$/;
/** A path on this host, however it goes on. */
const ownPath = /^(?:\.{0,2}\/)?[\w-][\w.-]{0,80}(?:[/?]|\.\w{2,5}(?:\?|$))/;

/**
 * Whether the range is the first parameter of a function that a request to the page's own server calls back, unchanged: what
 * the server rendered is meant as markup. A field of an answer, or an answer of elsewhere, is not.
 */
export function isOwnAnswer(c: Code, range: Range): boolean {
  const { facts } = c;
  if (range.to - range.from !== 1) return false;
  const name = c.text(range);
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || facts.valuesOf(name, range.from).length > 0) return false;
  let at = facts.scopeAt(range.from);
  while (at > 0 && !facts.scopes[at]!.params.has(name)) at = facts.scopes[at]!.parent;
  const own = facts.scopes[at]!;
  if (at === 0 || firstName(c, own) !== name) return false;
  const request = callAround(c, own.from);
  const arg = request?.args.find((a) => a.from <= own.from && own.to <= a.to);
  const first = request?.args[0];
  if (!request || !arg || !first || !asks.test(request.callee)) return false;
  // An answer that is read as data is no markup.
  if (/\bjsonp?\b/i.test(c.text({ from: request.open, to: own.from }))) return false;
  if (/\bjsonp?\b/i.test(c.text({ from: own.to, to: request.close }))) return false;
  if (!request.callee.endsWith('.ajax'))
    return (
      arg !== first &&
      /^(?:async\s+)?(?:function\s*)?$/.test(c.text({ from: arg.from, to: own.from })) &&
      isOwnAddress(c, first)
    );
  const url = valueOf(c, first, 'url');
  return (
    url !== undefined &&
    isOwnAddress(c, url) &&
    /\bsuccess\s*(?::\s*(?:async\s+)?(?:function\s*)?)?$/.test(c.text({ from: first.from, to: own.from }))
  );
}

/** The call whose arguments a token stands in, at the nearest. */
function callAround(c: Code, token: number): Call | undefined {
  const { tokens, match, calls } = c.facts;
  let byOpen = callsOf.get(c.source);
  if (!byOpen) callsOf.set(c.source, (byOpen = new Map(calls.map((call) => [call.open, call]))));
  for (let i = token - 1, steps = 0; i >= 0 && steps < maxSteps; i--, steps++) {
    const at = match[i]!;
    if (at >= 0 && at < i) i = at;
    else if (tokens[i]!.text === '(') return byOpen.get(i);
  }
  return undefined;
}
const callsOf = new WeakMap<Source, ReadonlyMap<number, Call>>();
const maxSteps = 400;

/** What an object gives to a key of its own. */
function valueOf({ facts: { tokens, match } }: Code, object: Range, key: string): Range | undefined {
  for (let i = object.from + 1; i < object.to && i < object.from + maxSteps; i++) {
    if (match[i]! > i) i = match[i]!;
    else if (tokens[i]!.text === key && tokens[i + 1]?.text === ':') {
      let to = i + 2;
      while (to < object.to - 1 && tokens[to]!.text !== ',') to = match[to]! > to ? match[to]! + 1 : to + 1;
      return { from: i + 2, to };
    }
  }
  return undefined;
}

function firstName({ facts }: Code, { from, to }: Range): string | undefined {
  for (let i = from; i < to && i < from + 6; i++) {
    const t = facts.tokens[i]!;
    if (t.kind === 'id' && !/^(?:async|function)$/.test(t.text) && facts.tokens[i + 1]?.text !== '(') return t.text;
  }
  return undefined;
}

function isOwnAddress(c: Code, range: Range): boolean {
  const text = c.text(range);
  const literal = /^(["'`])([^"'`$]{1,200})/.exec(text)?.[2];
  if (literal !== undefined) return ownPath.test(literal);
  if (ofElement.test(text)) return true;
  if (!/^[\w$]+$/.test(text)) return false;
  const values = c.facts.valuesOf(text, range.from);
  return (
    values.length > 0 &&
    values.every((v) => ofElement.test(c.text(v)) || (/^(["'`])/.test(c.text(v)) && ownPath.test(c.text(v).slice(1))))
  );
}
