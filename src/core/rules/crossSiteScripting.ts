import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const markup = /<\/?[a-zA-Z][\w-]*(?:\s[^<>]{0,400})?>?|&nbsp;|href\s*=|text\/html/;

export const crossSiteScripting: Rule = {
  id: 'cross-site-scripting',
  title: 'Value put into a page without escaping',
  tier: 'high',
  category: 'injection',
  languages: [...codeLanguages, 'html'],
  references: ['CWE-79', 'CWE-116', 'OWASP A03:2021'],
  why: "Markup in the value becomes markup of the page, and a script in it runs with the visitor's session.",
  remedy: 'let the template engine escape it, or set text instead of HTML',
  keywords: [
    'innerhtml',
    'outerhtml',
    'insertadjacenthtml',
    'write',
    'writeln',
    'dangerouslysetinnerhtml',
    'html',
    'append',
    'prepend',
    'before',
    'after',
    'htmlattr',
    'js',
    'url',
    'css',
    'srcset',
    'mark_safe',
    'markup',
    'safestring',
    'html_safe',
    'raw',
    'safe',
    'response',
    'httpresponse',
    'send',
    'fprintf',
    'sprintf',
    'printf',
    'echo',
    'print',
    'bypasssecuritytrusthtml',
    'bypasssecuritytrustscript',
    'bypasssecuritytrusturl',
    'bypasssecuritytrustresourceurl',
    'autoescape',
    'body',
    'println',
    'getwriter',
    'format_html',
    'render',
    'content',
    'make_response',
    'v',
    'unescaped',
    'parsehtml',
    'jsattr',
    'htmlraw',
    'raw_html',
    'end',
    'replacewith',
    'wrap',
    'wrapall',
    'insertafter',
    'insertbefore',
    'fprint',
    'fprintln',
    'writestring',
    'create_markup',
    'iactionresult',
  ],
  check(source, report) {
    const lang = source.language;
    const isJs = lang === 'javascript' || lang === 'typescript' || lang === 'tsx';
    if (lang === 'html') {
      for (const m of source.text.matchAll(
        /\{\{[^{}\n]{0,400}\|\s*(?:safe|safeseq)\b[^{}\n]{0,400}\}\}|\{%-?\s*autoescape\s+(?:off|false)|<%==[^%\n]{0,400}%>|<%=\s*(?:raw\s|[^%\n]{0,400}\.html_safe)|<%-\s*(?!include\b)[^%\n]+%>|\{\{\{[^{}\n]+\}\}\}|\{!![^{}\n]+!!\}|\sv-html\s*=|\[innerHTML\]\s*=|ng-bind-html-unsafe/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
      return;
    }
    const c = code(source);
    for (const a of c.facts.assignments) {
      if (isJs && /^(?:innerHTML|outerHTML|srcdoc)$/.test(a.name)) {
        if (!c.isConstant(a) && !/DOMPurify|sanitize|escape|createSafe|trustedHTML|^["'`]{2}$/i.test(c.text(a)))
          report({ start: a.start, end: a.end });
      } else if (isJs && a.name === '__html') {
        if (!c.isConstant(a) && !/DOMPurify|sanitize|escape/i.test(c.text(a))) report({ start: a.start, end: a.end });
      } else if (lang === 'python' && a.name === 'autoescape' && /^False$/.test(c.text(a)))
        report({ start: a.start, end: a.end, key: 'autoescape' });
      else if (lang === 'python' && /(?:^|\.)response\.(?:body|text|unicode_body)$/.test(a.target) && !c.isConstant(a))
        report({ start: a.start, end: a.end });
    }
    for (const call of c.facts.calls) {
      const { callee, name } = call;
      const first = call.args[0];
      const hit = { start: call.start, end: call.end };
      if (c.named(call, 'autoescape') && /^(?:False|false)$/.test(c.text(c.named(call, 'autoescape'))))
        report({ ...hit, key: 'autoescape' });
      if (!first) {
        if (lang === 'python' && /(?:^|\.)Environment$/.test(callee) && source.has(/jinja2/))
          report({
            ...hit,
            key: 'autoescape',
            message: 'Jinja2 environment without autoescape: pass autoescape=select_autoescape().',
          });
        continue;
      }
      const varies = (): boolean => !c.isConstant(first);
      if (isJs) {
        if (
          /^(?:document|doc|window\.document)\.(?:write|writeln)$/.test(callee) &&
          varies() &&
          !/escape|sanitize/i.test(c.text(first))
        )
          report(hit);
        else if (
          name === 'insertAdjacentHTML' &&
          call.args[1] &&
          !c.isConstant(call.args[1]) &&
          !/DOMPurify|sanitize|escape/i.test(c.text(call.args[1]))
        )
          report(hit);
        else if (
          /(?:^|\.)\$?\(\)\.(?:html|append|prepend|before|after|replaceWith|wrap|wrapAll|wrapInner|insertAfter|insertBefore|appendTo|prependTo)$/.test(
            callee,
          ) ||
          (/^(?:\$|jQuery)\(\)\./.test(callee) &&
            /\.(?:html|append|prepend|before|after|replaceWith|wrap)$/.test(callee))
        ) {
          if (
            varies() &&
            (name === 'html' || c.isBuilt(first) || c.isOutside(first)) &&
            !/DOMPurify|sanitize|escape|\$\(/i.test(c.text(first))
          )
            report(hit);
        } else if (/^bypassSecurityTrust\w+$/.test(name) && varies()) report(hit);
        else if (
          /^(?:res|response|reply)\.(?:send|write|end)$/.test(callee) &&
          varies() &&
          ((c.isBuilt(first) && markup.test(c.text(first)) && c.isOutside(first)) || requestText(c, first))
        )
          report(hit);
      } else if (lang === 'go') {
        if (
          /^template\.(?:HTML|HTMLAttr|JS|JSStr|URL|CSS|Srcset)$/.test(callee) &&
          varies() &&
          (c.isBuilt(first) || c.isOutside(first) || c.isParameter(first))
        )
          report(hit);
        else if (
          /^(?:w|rw|res|resp|writer|response)\.Write(?:String)?$/.test(callee) &&
          varies() &&
          htmlText(c, first) &&
          c.isOutside(first)
        )
          report(hit);
        else if (
          /^(?:fmt\.F(?:printf|print|println)|io\.WriteString)$/.test(callee) &&
          call.args[1] &&
          /^(?:w|rw|res|resp|writer|response)$/.test(c.text(first))
        ) {
          const rest = { from: call.args[1].from, to: call.args.at(-1)!.to };
          if (!c.isConstant(rest) && htmlText(c, rest) && c.isOutside(rest)) report(hit);
        } else if (
          /^fmt\.(?:Sprintf|Printf)$/.test(callee) &&
          source.has(/template\.HTML/) &&
          markup.test(c.text(first)) &&
          call.args.length > 1 &&
          c.isOutside({ from: call.args[1]!.from, to: call.args.at(-1)!.to })
        )
          report(hit);
      } else if (lang === 'python') {
        if (
          /^(?:mark_safe|SafeString|SafeText|Markup|format_html|django\.utils\.\w+\.mark_safe|markupsafe\.Markup|flask\.Markup)$/.test(
            callee,
          )
        ) {
          if (
            varies() &&
            (callee !== 'format_html' || c.isBuilt(first)) &&
            !/escape\(|conditional_escape|bleach\.clean|nh3/.test(c.text(first))
          )
            report(hit);
        } else if (
          /(?:^|\.)(?:Response|HttpResponse|HttpResponseBadRequest|make_response|HTMLResponse)$/.test(callee)
        ) {
          if (
            varies() &&
            (c.isBuilt(first) || c.isOutside(first)) &&
            requestText(c, first) &&
            !/json|escape\(|render/i.test(c.text(first)) &&
            (markup.test(wide(c, first)) || requestText(c, first))
          )
            report(hit);
        }
      } else if (lang === 'php') {
        if (
          /^(?:echo|print|print_r|printf)$/.test(callee) &&
          /\$_(?:GET|POST|REQUEST|COOKIE|SERVER)/.test(wide(c, first)) &&
          !/htmlspecialchars|htmlentities|esc_\w+|strip_tags|json_encode|intval|\(int\)|filter_/.test(wide(c, first))
        )
          report(hit);
      } else if (lang === 'ruby') {
        if (/^(?:raw)$/.test(callee) && varies()) report(hit);
      } else if (/^(?:java|kotlin|scala)$/.test(lang)) {
        if (
          /(?:getWriter|getOutputStream)\(\)\.(?:print|println|write|append|format)$|^(?:out|writer|pw)\.(?:print|println|write|append)$/.test(
            callee,
          ) &&
          varies() &&
          requestText(c, first) &&
          !/encode|escape/i.test(c.text(first)) &&
          source.has(/Servlet|HttpServlet/)
        )
          report(hit);
      } else if (lang === 'c-sharp') {
        if (
          /(?:^|\.)(?:Raw|HtmlString|Write)$/.test(callee) &&
          (/Html\.|HtmlString|Response\./.test(callee) || source.has(/Html\.|HtmlString|Response\./)) &&
          varies() &&
          (/Raw$|HtmlString$/.test(callee) || requestText(c, first)) &&
          !/Encode/.test(c.text(first))
        )
          report(hit);
      }
    }
    if (lang === 'ruby')
      for (const m of source.text.matchAll(
        /(?:params\[[^\]]+\]|#\{[^}]+\}[^\n]{0,400}["'])\.html_safe\b|\brender\s+(?:inline|html|text):\s*(?:["'][^"'\n]{0,400}#\{|params)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
    if (isJs)
      for (const m of source.text.matchAll(/\sv-html\s*=\s*["'][^"']+["']/g))
        report({ start: m.index, end: m.index + m[0].length });
  },
};

function wide(c: ReturnType<typeof code>, range: { from: number; to: number }, depth = 0): string {
  let text = c.text(range);
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 5))
        if (a.from !== range.from) text += ` ${wide(c, a, depth + 1)}`;
  return text.slice(0, 8000);
}
const htmlText = (c: ReturnType<typeof code>, range: { from: number; to: number }): boolean =>
  markup.test(wide(c, range));
const requestText = (c: ReturnType<typeof code>, range: { from: number; to: number }): boolean =>
  /\breq(?:uest)?\s*(?:\.|\[|->)|\br\.(?:URL|Form|FormValue)|getParameter|\$_(?:GET|POST)|\bRequest\s*(?:\.|\[)|\bparams\b\s*(?:\.|\[)|matchdict/.test(
    wide(c, range),
  ) || c.names(range).some((n) => c.params.has(n));
