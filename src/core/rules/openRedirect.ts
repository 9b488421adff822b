import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

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
  ],
  check(source, report) {
    const c = code(source);
    const safe =
      /url_has_allowed_host|is_safe_url|isLocalUrl|IsLocalUrl|only_path|allow_other_host:\s*false|startsWith\(['"]\/(?!\/)|safe_redirect|validate/;
    for (const call of c.facts.calls) {
      const { callee } = call;
      const hit = { start: call.start, end: call.end };
      if (/^(?:RedirectView|ModelAndView)$/.test(callee) || /(?:^|\.)(?:setUrl|setViewName)$/.test(callee)) {
        const first = call.args[0];
        if (
          first &&
          c.isBuilt(first) &&
          (callee === 'RedirectView' || /redirect:/.test(c.text(first))) &&
          !/["']redirect:\/[^"'/]/.test(c.text(first))
        )
          report(hit);
        continue;
      }
      if (
        !/(?:^|\.)(?:redirect|redirect_to|sendRedirect|Redirect|RedirectPermanent|HttpResponseRedirect|HttpResponsePermanentRedirect|HTTPFound|HTTPMovedPermanently|HTTPSeeOther|redirect_back|RedirectResponse|RedirectToPage)$/.test(
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
        /^f?["'`]\/(?!\/)/.test(c.text(target)) ||
        /^(?:url_for|reverse|resolve_url|\w+_path|\w+_url)\b/.test(c.text(target))
      )
        continue;
      if (
        !/\breq(?:uest)?\s*(?:\.|->)|\br\.(?:URL|FormValue|Form)|\$_(?:GET|POST|REQUEST|SERVER)|\bparams\s*\[|getParameter|\bctx\.(?:query|Query)|\bRequest\s*(?:\.|\[)/.test(
          deep(c, target, 0),
        ) &&
        !c.names(target).some((n) => c.params.has(n))
      )
        continue;
      if (safe.test(c.around(call.start, 12, 2))) continue;
      report(hit);
    }
    if (/^(?:java|kotlin)$/.test(source.language))
      for (const m of source.text.matchAll(/\breturn\s+"redirect:"\s*\+\s*[^;\n]+/g))
        report({ start: m.index, end: m.index + m[0].length });
  },
};

function deep(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = c.text(range);
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 4))
        if (a.from !== range.from) text += ` ${deep(c, a, depth + 1)}`;
  return text.slice(0, 6000);
}
