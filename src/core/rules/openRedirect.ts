import { code } from './kit/code.ts';
import { headOf, type Head } from './kit/address.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

type Range = { readonly from: number; readonly to: number };

/** How much it matters who decides where an address leads. */
const weights: Partial<Record<Head, Partial<Hit>>> = {
  kept: {
    tier: 'low',
    message: 'Redirect to an address that is stored: see that none of a foreign site can be stored there.',
  },
  slash: {
    tier: 'medium',
    message: "Redirect to what follows a slash: with another one in the value, '//' leads to another site.",
  },
  open: {},
};
const halfGuarded = {
  tier: 'medium',
  message: "A path that begins with '//' or '/\\' leads to another site: refuse both, or compare the host.",
} as const;
/** The address begins with a slash, and perhaps with two. */
const half =
  /(?:starts_?[wW]ith|HasPrefix|start_with\?|str_starts_with|StartsWith)\(\s*(?:[\w.$]{1,60},\s*)?["'`]\/["'`]/;
const excludesBoth = /["'`/[]\/\\{2,4}|\[\\?\/\\{2}\]|\[\\{2}\\?\/\]/;

export const openRedirect: Rule = {
  id: 'open-redirect',
  title: 'Redirect to an address from outside',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-601', 'OWASP A01:2021'],
  why: 'A link to this site can lead anywhere, with the trust of its name: to a fake login, or with a token in the address.',
  remedy: 'redirect to paths of this site or to a fixed list only',
  keywords: [
    'redirect',
    'sendredirect',
    'redirect_to',
    'redirectview',
    'modelandview',
    'httpresponseredirect',
    'httpfound',
    'location',
    'setheader',
    'addheader',
    'redirectpermanent',
    'header',
    'redirectresponse',
    'add_header',
    'href',
    'open',
    'assign',
    'replace',
  ],
  check(source, report) {
    const c = code(source);
    const strict =
      /url_has_allowed_host|is_safe_url|isLocalUrl|IsLocalUrl|only_path|allow_other_host:\s*false|startsWith\(['"]\/(?![/'"])|safe_redirect|validate|\.(?:host|hostname|netloc)\s*(?:===?|!==?)|same_?origin|allowed_?hosts/i;
    const tell = (hit: Hit, target: Range): void => {
      if (strict.test(c.around(hit.start, 12, 2))) return;
      const weight = weights[headOf(c, target)];
      if (!weight) return;
      const around = c.around(hit.start, 20, 2);
      if (!half.test(around)) report({ ...hit, ...weight });
      else if (!excludesBoth.test(around)) report({ ...hit, ...(weight.tier === 'low' ? weight : halfGuarded) });
    };
    for (const call of c.facts.calls) {
      const { callee } = call;
      const hit = { start: call.start, end: call.end };
      if (/^(?:RedirectView|ModelAndView)$/.test(callee) || /(?:^|\.)(?:setUrl|setViewName)$/.test(callee)) {
        const first = call.args[0];
        if (
          first &&
          !/^"\/(?!\/)/.test(c.text(first)) &&
          (c.isBuilt(first) ||
            (callee === 'RedirectView' &&
              fromRequest(c, first) &&
              !startsHere(c, first) &&
              !strict.test(c.around(call.start, 12, 2)))) &&
          (callee === 'RedirectView' || /redirect:/.test(c.text(first))) &&
          !/["']redirect:\/[^"'/]/.test(c.text(first))
        )
          report(hit);
        continue;
      }
      if (
        !/(?:^|\.)(?:redirect|redirect_to|sendRedirect|Redirect|RedirectPermanent|HttpResponseRedirect|HttpResponsePermanentRedirect|HTTPFound|HTTPMovedPermanently|HTTPSeeOther|redirect_back|RedirectResponse|RedirectToPage|redirectTo|RedirectTo|(?:res|response|reply)\.location|LocalRedirectPermanent|permanentRedirect|redirect\(\)\.(?:to|away)|away)$/.test(
          callee,
        ) &&
        !(callee === 'header' && source.language === 'php')
      )
        continue;
      const args = call.args.filter((a) => a.name === undefined || /^(?:location|url|to)$/.test(a.name));
      const target = callee === 'http.Redirect' ? args[2] : args.find((a) => !/^\d+$/.test(c.text(a)));
      if (!target || c.isConstant(target)) continue;
      if (callee === 'header' && !/Location/i.test(c.text(target))) continue;
      if (
        /^f?["'`]\/[^/\\"'`{$#%]/.test(c.text(target)) ||
        /^(?:url_for|reverse|resolve_url|(?:\w+\.)*\w+_(?:path|url))\b/.test(c.text(target)) ||
        startsHere(c, target) ||
        builtPath.test(c.text(target)) ||
        belowConstant.test(c.text(target)) ||
        // A Django view is asked for under a pattern of this site, and its path names no host; Flask's `url` is the page itself.
        (source.language === 'python' && /^(?:self\.)?request\.(?:path|url|base_url)$/.test(c.text(target))) ||
        // Looked up in a table of this program.
        /^\w{1,60}\.get\([^()]{1,200}\)(?:\s*(?:\?\?|\|\|)\s*["'`][^"'`$]{0,200}["'`])?$/.test(ownTable(c, target))
      )
        continue;
      if (!fromRequest(c, target, /^(?:url_for|reverse|resolve_url|urlparse|safe\w*|sanitize\w*)$/)) continue;
      tell(hit, target);
    }
    // Elsewhere a place is called location, too.
    const inPage = /^(?:javascript|typescript|tsx)$/.test(source.language);
    // The header itself, or the address of the page.
    for (const call of c.facts.callsNamed(
      'setHeader',
      'addHeader',
      'header',
      'set',
      'Set',
      'Add',
      'writeHead',
      'Append',
      'replace',
      'assign',
      'open',
      'add_header',
    )) {
      if (/^(?:replace|assign|open)$/.test(call.name)) {
        if (!/^(?:window\.|document\.|self\.|top\.)?location\.(?:replace|assign)$|^window\.open$/.test(call.callee))
          continue;
        const to = call.args[0];
        if (to && isPageAddress(c, to)) tell({ start: call.start, end: call.end }, to);
        continue;
      }
      const [name, value] = call.args;
      // res.writeHead(302, { Location: … }), res.set({ Location: … })
      const inside = c.facts.assignments.find(
        (a) => a.isKey && a.name.toLowerCase() === 'location' && a.start >= call.start && a.end <= call.end,
      );
      if (inside && inPage && fromRequest(c, inside) && !startsHere(c, inside))
        tell({ start: call.start, end: call.end }, inside);
      else if (name && value && /^["'`]location["'`]$/i.test(c.text(name)) && fromRequest(c, value))
        tell({ start: call.start, end: call.end }, value);
    }
    for (const a of inPage ? c.facts.assignments : []) {
      if (!/^(?:window\.|document\.|self\.|top\.|parent\.)?location(?:\.href)?$/.test(a.target) || c.isConstant(a))
        continue;
      // A variable of one's own that happens to be called location.
      if (
        a.target === 'location' &&
        (/^(?:const|let|var)$/.test(c.facts.tokens[a.from - 3]?.text ?? '') || c.facts.isParam('location', a.from))
      )
        continue;
      if (isPageAddress(c, a)) tell({ start: a.start, end: a.end }, a);
    }
    if (/^(?:javascript|typescript)$/.test(source.language) && source.has(/@Redirect\s*\(/))
      for (const a of c.facts.assignments)
        if (
          a.name === 'url' &&
          fromRequest(c, a) &&
          /@Redirect\s*\(/.test(c.source.text.slice(Math.max(0, a.start - 400), a.start))
        )
          tell({ start: a.start, end: a.end }, a);
    if (/^(?:java|kotlin)$/.test(source.language))
      for (const m of source.text.matchAll(/\breturn\s+"redirect:"\s*\+\s*[^;\n]+/g))
        report({ start: m.index, end: m.index + m[0].length });
  },
};

/** A path of this site from the function that makes it, perhaps with a query behind; what it is made of is no whole address. */
const builtPath =
  /^(?:`\$\{)?(?:\w{1,60}\.){0,4}\w{1,60}(?:Path|_path)\((?![^`]{0,400}\b(?:req|request|query|searchParams|body|headers)\b)/;

/** A constant with a path behind it: what follows can't be taken for the rest of a host's name. */
const belowConstant =
  /^(?:(?:[A-Z]\w{0,40}::)?[A-Z][A-Z0-9_]{2,60}\s*[.+]\s*["']|`\$\{[A-Z][A-Z0-9_]{2,60}\}|[fF]["']\{[A-Z][A-Z0-9_]{2,60}\})\/[\w-]/;

/** An address of this very site: a constant path below the origin that the request came to. */
const ownUrl =
  /^new URL\(\s*(?:["'`]\/(?!\/)[^"'`$\n]{0,300}["'`]|[A-Z][A-Z0-9_]{2,60})\s*,\s*(?:\w{1,40}\.){0,5}(?:origin|url|nextUrl|href|baseUrl)\s*\)$/;

/** Whether all that the variable holds starts with a path of this site. */
function startsHere(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const name = /^\w+$/.exec(c.text(range))?.[0];
  const values = name === undefined ? [] : c.facts.valuesOf(name, range.from);
  return values.length > 0 && values.every((v) => /^[fF]?["'`]\/(?!\/)/.test(c.text(v)) || ownUrl.test(c.text(v)));
}

/** A page that sends its visitor where its own address says. Its path alone, or the page itself again, is no other site. */
function isPageAddress(c: ReturnType<typeof code>, range: { from: number; to: number }): boolean {
  const text = c.text(range);
  if (
    /^(?:["'`][?#]|(?:window\.|document\.)?location\.(?:href|pathname)\b(?!\.(?:split|match|substr|slice)))/.test(text)
  )
    return false;
  return fromRequest(c, range);
}

/** The text of an address that is looked up in a `Map` of the file; else nothing. */
function ownTable(c: ReturnType<typeof code>, range: { from: number; to: number }): string {
  const text = c.text(range);
  const table = /^(\w{1,60})\.get\(/.exec(text)?.[1];
  if (table === undefined) return '';
  const values = c.facts.valuesOf(table, range.from);
  return values.length > 0 && values.every((v) => /^new Map\b/.test(c.text(v))) ? text : '';
}
