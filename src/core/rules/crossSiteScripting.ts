import { code, type Code } from './kit/code.ts';
import { fromRequest, wholeText } from './kit/taint.ts';
import {
  isElement,
  isEscapedBefore,
  isFileOfBuild,
  isMarkedUp,
  isOfEscapedPieces,
  isOwnText,
  saidEscaped,
  sanitised,
} from './kit/markup.ts';
import { escapedMarkup } from './kit/markupPieces.ts';
import { isOwnAnswer } from './kit/ownAnswer.ts';
import { codeLanguages, type Rule } from './rule.ts';

const markup = /<\/?[a-zA-Z][\w-]*(?:\s[^<>]{0,400})?>?|&nbsp;|href\s*=|text\/html/;

/** Said of the answer that a page shows as its own server rendered it. */
export const wholeAnswer =
  'The whole answer of the server becomes part of the page: be sure that its template escapes every value in it.';

export const crossSiteScripting: Rule = {
  id: 'cross-site-scripting',
  title: 'Value put into a page without escaping',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-79', 'CWE-116', 'OWASP A03:2021'],
  why: "Markup in the value becomes markup of the page, and a script in it runs with the visitor's session.",
  remedy: 'let the template engine escape it, or set text instead of HTML',
  keywords: [
    'environment',
    'createnodesfrommarkup',
    'html_message',
    '__html__',
    'reactmarkdown',
    'templatelookup',
    'mako',
    'angular',
    'render_template',
    'jinja2',
    'mustache',
    'noescape',
    'escapemarkup',
    'sceprovider',
    'trustashtml',
    'trustas',
    'trustasjs',
    'trustasurl',
    'trustasresourceurl',
    'trustascss',
    'serialize',
    'jquery',
    'location',
    'createcontextualfragment',
    'parse',
    'responseentity',
    'is_safe',
    'return',
    'template',
    'flask',
    'route',
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
    'restcontroller',
    'responsebody',
  ],
  check(source, report) {
    const lang = source.language;
    const isJs = lang === 'javascript' || lang === 'typescript' || lang === 'tsx';
    const c = code(source);
    const escapers =
      /(?:^|\.)(?:escape\w*|htmlspecialchars|htmlentities|strip_tags|json_encode|jsonify|sanitize\w*|clean|encode\w*|forHtml\w*|HtmlEncode|UrlEncode|HTMLEscapeString|EscapeString|QueryEscape|PathEscape|JSONStringify|stringify|dumps|render\w*|reverse|url_for|conditional_escape|bleach\.\w+|filter_var|number_format|esc_\w+|h|quote\w*)$/;
    for (const a of c.facts.assignments) {
      if (
        isJs &&
        /^(?:Mustache|mustache|Handlebars|handlebars)\.(?:escape|Utils\.escapeExpression)$|^(?:escapeMarkup|noEscape)$/.test(
          a.target,
        )
      ) {
        if (a.name !== 'noEscape' ? /=>|function/.test(c.text(a)) : c.text(a) === 'true')
          report({
            start: a.start,
            end: a.end,
            key: a.target,
            message: 'Escaping of the template engine is switched off: leave it on.',
          });
      }
      if (isJs && /^(?:innerHTML|outerHTML|srcdoc)$/.test(a.name)) {
        // A frame with an empty sandbox runs no script.
        if (a.name === 'srcdoc' && /sandbox\s*[:=]\s*["']{2}/.test(c.around(a.start, 4, 4))) continue;
        if (
          !c.isConstant(a) &&
          !isFileOfBuild(c, a) &&
          !isEscapedBefore(c, a) &&
          !isOfEscapedPieces(c, a) &&
          !(a.name === 'innerHTML' && isMarkedUp(c, a)) &&
          !/^(?:async\s+)?function\b|^\(?[\w\s,]*\)?\s*=>/.test(c.text(a)) &&
          !/DOMPurify|sanitize|escape|createSafe|trustedHTML|^["'`]{2}$/i.test(c.text(a))
        ) {
          const copied = a.op === '=' ? copyOf(c, a) : 'no';
          const said = saidEscaped(c, a);
          const made = copied === 'no' && a.name === 'innerHTML' ? escapedMarkup(c, a) : undefined;
          if (copied !== 'page' && !isOwnText(c, a) && made !== 'all')
            report({
              start: a.start,
              end: a.end,
              ...(made !== undefined && {
                tier: 'medium',
                message: `Put into a page, all is escaped but '${made.left.slice(0, 40)}': be sure that it is one of the program's own words.`,
              }),
              ...(copied === 'element' && { tier: 'medium' }),
              ...(isOwnAnswer(c, a) && { tier: 'medium', message: wholeAnswer }),
              ...(said && {
                tier: said,
                message: `${c.facts.tokens[a.from]!.text}() is to escape what becomes HTML here: where no markup is meant, set text.`,
              }),
            });
        }
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
      if (
        lang === 'python' &&
        first &&
        /^(?:jinja2\.)?Environment$/.test(callee) &&
        source.has(/jinja2/) &&
        !c.named(call, 'autoescape') &&
        !call.args.some((a) => c.text(a).startsWith('**'))
      )
        report({
          ...hit,
          key: 'autoescape',
          message: 'Jinja2 environment without autoescape: pass autoescape=select_autoescape().',
        });
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
        if (/^(?:\$|jQuery)$/.test(callee)) {
          if (/\blocation\b|\bdocument\.(?:URL|referrer)/.test(c.text(first)) && fromRequest(c, first, escapers))
            report(hit);
        } else if (
          /^(?:\$|jQuery)\.parseHTML$|(?:^|\.)createContextualFragment$|^createNodesFromMarkup$/.test(callee)
        ) {
          if (varies()) report(hit);
        } else if (call.isNew && /(?:^|\.)SafeString$/.test(callee)) {
          if (varies() && !/escape|sanitize/i.test(c.text(first))) report(hit);
        } else if (/(?:^|\.)trustAs(?:Html|Js|Css|Url|ResourceUrl)?$/.test(callee)) {
          if (call.args.some((a) => !c.isConstant(a))) report(hit);
        } else if (/(?:^|\.)\$?sceProvider\.enabled$/.test(callee)) {
          if (c.text(first) === 'false')
            report({ ...hit, message: 'Contextual escaping of the whole application is switched off: leave it on.' });
        } else if (callee === 'serialize' && source.has(/serialize-javascript/)) {
          if (/\bunsafe\s*:\s*true/.test(c.text(call.args[1]))) report(hit);
        } else if (
          /^(?:document|doc|window\.document)\.(?:write|writeln)$/.test(callee) &&
          varies() &&
          !/escape|sanitize/i.test(c.text(first))
        )
          report(hit);
        else if (
          name === 'insertAdjacentHTML' &&
          call.args[1] &&
          !c.isConstant(call.args[1]) &&
          !isEscapedBefore(c, call.args[1]) &&
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
            !isElement(c, first) &&
            !isOfEscapedPieces(c, first) &&
            !/DOMPurify|sanitize|escape|\$\(/i.test(c.text(first))
          )
            report({
              ...hit,
              ...(name === 'html' && isOwnAnswer(c, first) && { tier: 'medium', message: wholeAnswer }),
            });
        } else if (/^angular\.element\(\)\.(?:html|append|prepend|after|before|replaceWith|wrap)$/.test(callee)) {
          if (varies() && (name === 'html' || c.isBuilt(first))) report(hit);
        } else if (/^bypassSecurityTrust\w+$/.test(name) && varies()) report(hit);
        else if (
          /^(?:res|response|reply)\.(?:send|write|end)$/.test(callee) &&
          varies() &&
          fromRequest(c, first, escapers) &&
          (call.name !== 'end' || c.isBuilt(first)) &&
          !/json/i.test(c.around(call.start, 4, 0).match(/content-type[^\n]{0,60}/i)?.[0] ?? '')
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
          fromRequest(c, first, goEscapers) &&
          !plainAnswer(c, call.start)
        )
          report(hit);
        else if (
          /(?:^|\.)Parse$/.test(callee) &&
          /template\.New\(|\bNew\(\)\.Parse|Funcs\(\)\.Parse/.test(c.text({ from: call.first, to: call.open + 1 })) &&
          varies() &&
          (fromRequest(c, first, goEscapers) || (c.isBuilt(first) && c.isParameter(first)))
        )
          report({
            ...hit,
            message:
              'Template text is built from values, and templates run code: keep it constant and pass the values.',
          });
        else if (
          /^(?:fmt\.F(?:printf|print|println)|io\.WriteString)$/.test(callee) &&
          call.args[1] &&
          /^(?:w|rw|res|resp|writer|response)$/.test(c.text(first))
        ) {
          const rest = { from: call.args[1].from, to: call.args.at(-1)!.to };
          if (!c.isConstant(rest) && fromRequest(c, rest, goEscapers) && !plainAnswer(c, call.start)) report(hit);
        } else if (
          /^fmt\.(?:Sprintf|Printf)$/.test(callee) &&
          markup.test(c.text(first)) &&
          call.args.length > 1 &&
          fromRequest(c, { from: call.args[1]!.from, to: call.args.at(-1)!.to }, goEscapers)
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
            // Templates escape what is put into them.
            !/escape\(|conditional_escape|bleach\.clean|nh3|^(?:\w+\.){0,3}(?:render|render_to_string)\(/.test(
              c.text(first),
            )
          )
            report({ ...hit, ...wordingOf(c, first) });
        } else if (
          /(?:^|\.)(?:send_mail|mail_admins|mail_managers|email_user)$/.test(callee) &&
          c.named(call, 'html_message')
        ) {
          const body = c.named(call, 'html_message')!;
          if (c.isBuilt(body) && fromRequest(c, body, escapers)) report(hit);
        } else if (
          /^(?:mako\.\w+\.)?(?:TemplateLookup|Template)$/.test(callee) &&
          source.has(/\bmako\b/) &&
          !c.named(call, 'default_filters')
        )
          report({
            ...hit,
            key: 'mako',
            tier: 'medium',
            message: "Mako escapes nothing of its own accord: pass default_filters=['h'].",
          });
        else if (
          callee.endsWith('render_template') &&
          source.has(/\bflask\b/) &&
          /\.(?:j2|jinja2?|tmpl|tpl)$/.test(c.facts.literal(first) ?? '') &&
          !/\.(?:txt|json|ya?ml|conf|cfg|ini|md|toml|sql|sh|csv)\./.test(c.facts.literal(first) ?? '') &&
          call.args.length > 1
        )
          report({
            ...hit,
            tier: 'medium',
            message: 'Flask escapes only in templates called .html, .xml or .svg: rename it.',
          });
        else if (/(?:^|\.)(?:Response|HttpResponse|HttpResponseBadRequest|make_response|HTMLResponse)$/.test(callee)) {
          if (
            varies() &&
            (c.isBuilt(first) || c.isOutside(first)) &&
            fromRequest(c, first, escapers) &&
            !(call.name === 'Response' && source.has(/rest_framework/)) &&
            !/json|render/i.test(c.text(first)) &&
            !/content_type\s*=\s*["'](?:text\/plain|application\/)|mimetype\s*=\s*["'](?:text\/plain|application\/)|media_type\s*=\s*["'](?:text\/plain|application\/)/.test(
              c.text({ from: call.open, to: call.close }),
            )
          )
            report(hit);
        }
      } else if (lang === 'php') {
        if (
          /^(?:echo|print|print_r|printf)$/.test(callee) &&
          fromRequest(c, call.args.length > 1 ? { from: first.from, to: call.args.at(-1)!.to } : first, escapers) &&
          !/\(int\)|\(float\)|\(bool\)/.test(c.text(first))
        )
          report(hit);
      } else if (lang === 'ruby') {
        // Rails escapes what goes into a translation called …_html.
        if (
          callee === 'raw' &&
          varies() &&
          !/^(?:I18n\.)?t(?:ranslate)?\s*\(?\s*["':][\w.]*_html\b/.test(c.text(first))
        )
          report(hit);
      } else if (/^(?:java|kotlin|scala)$/.test(lang)) {
        if (
          (/(?:getWriter|getOutputStream)\(\)\.(?:print|println|printf|write|append|format)$|^(?:out|writer|pw)\.(?:print|println|printf|write|append|format)$/.test(
            callee,
          ) ||
            (/^\w+\.(?:print|println|printf|write|append|format)$/.test(callee) &&
              c.facts
                .valuesOf(callee.slice(0, callee.indexOf('.')), call.open)
                .some((a) => /\.get(?:Writer|OutputStream)\(\)$/.test(c.text(a))))) &&
          !c.isConstant({ from: first.from, to: call.args.at(-1)!.to }) &&
          fromRequest(c, { from: first.from, to: call.args.at(-1)!.to }, escapers) &&
          !/encode|escape/i.test(wholeText(c, { from: first.from, to: call.args.at(-1)!.to })) &&
          source.has(/Servlet|HttpServlet|@RequestMapping|Controller/)
        )
          report(hit);
        else if (
          /^(?:ResponseEntity\.(?:ok|status\(\)\.body|ok\(\)\.body|badRequest\(\)\.body)|ResponseEntity|Response\.ok)$/.test(
            callee,
          ) &&
          varies() &&
          c.isBuilt(first) &&
          markup.test(wholeText(c, first)) &&
          fromRequest(c, first, escapers)
        )
          report(hit);
      } else if (lang === 'c-sharp') {
        if (
          /(?:^|\.)(?:Raw|HtmlString|Write)$/.test(callee) &&
          (/Html\.|HtmlString|Response\./.test(callee) || source.has(/Html\.|HtmlString|Response\./)) &&
          varies() &&
          (/Raw$|HtmlString$/.test(callee) || fromRequest(c, first, escapers)) &&
          !/Encode/.test(c.text(first))
        )
          report(hit);
      }
    }
    if (lang === 'go' && source.has(/"text\/template"/) && source.has(/net\/http/))
      for (const m of source.text.matchAll(/"text\/template"/g))
        report({
          start: m.index,
          end: m.index + m[0].length,
          key: 'text/template',
          message: 'text/template does not escape: use html/template for pages.',
        });
    // A method of a controller whose text is the answer itself.
    if (/^(?:java|kotlin)$/.test(lang) && source.has(/@RestController|@ResponseBody/))
      for (let i = 0; i < c.facts.tokens.length; i++) {
        if (c.facts.tokens[i]!.text !== 'return') continue;
        const to = endOfReturn(c, i + 1);
        const range = { from: i + 1, to };
        if (
          to > i + 1 &&
          !c.isConstant(range) &&
          c.isBuilt(range) &&
          markup.test(wholeText(c, range)) &&
          fromRequest(c, range, escapers) &&
          !source.has(/produces\s*=\s*(?:"(?:application|text\/plain)|MediaType\.(?:APPLICATION|TEXT_PLAIN))/)
        )
          report({ start: c.facts.tokens[i]!.start, end: c.facts.tokens[to - 1]!.end });
      }
    if (lang === 'python') {
      // A class that says its text needs no escaping.
      for (const m of source.text.matchAll(
        /^[ \t]*(?:class\s+\w+\s*\([^()\n]{0,200}\b(?:SafeString|SafeText|SafeData|Markup)\b|def\s+__html__\s*\()/gm,
      ))
        report({
          start: m.index + m[0].length - m[0].trimStart().length,
          end: m.index + m[0].length,
          tier: 'medium',
          message: 'Text of this class goes into pages unescaped: build it with format_html, or let it be escaped.',
        });
      for (const m of source.text.matchAll(
        /^[ \t]*@(?:[\w.]+\.)?(?:html_safe\b|filter\([^)\n]{0,100}\bis_safe\s*=\s*True)/gm,
      ))
        report({ start: m.index + m[0].length - m[0].trimStart().length, end: m.index + m[0].length });
      // A view that returns text put together from what the visitor sent.
      for (let i = 0; i < c.facts.tokens.length; i++) {
        if (c.facts.tokens[i]!.text !== 'return') continue;
        const to = endOfStatement(c, i + 1);
        const range = { from: i + 1, to };
        if (
          to > i + 1 &&
          to - i < 200 &&
          (c.facts.tokens[i + 1]!.kind === 'str' || (to - i <= 3 && c.facts.tokens[i + 1]!.kind === 'id')) &&
          c.isBuilt(range) &&
          source.has(/\bflask\b|\bbottle\b|\.route\(|HTMLResponse/i) &&
          markup.test(wholeText(c, range)) &&
          fromRequest(c, range, escapers)
        )
          report({ start: c.facts.tokens[i]!.start, end: c.facts.tokens[to - 1]!.end });
      }
    }
    if (lang === 'php')
      for (const m of source.text.matchAll(/<\?=\s*\$_(?:GET|POST|REQUEST|COOKIE)\b[^?]{0,200}\?>/g))
        report({ start: m.index, end: m.index + m[0].length });
    // The answer of a serverless function, and pages put together by hand.
    if (isJs)
      for (const a of c.facts.assignments)
        if (
          a.name === 'body' &&
          a.isKey &&
          c.isBuilt(a) &&
          markup.test(c.text(a)) &&
          source.has(/text\/html/) &&
          fromRequest(c, a, escapers)
        )
          report({ start: a.start, end: a.end });
    if (lang === 'ruby')
      for (const m of source.text.matchAll(
        /(?:params\[[^\]]+\]|#\{[^}]+\}[^\n]{0,400}["'])\.html_safe\b|\brender\s+(?:inline|html|text):\s*(?:["'][^"'\n]{0,400}#\{|params)/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
    if (isJs && source.has(/react-markdown/))
      for (const m of source.text.matchAll(
        /<ReactMarkdown\b[^<>]{0,400}\b(?:allowDangerousHtml|escapeHtml=\{false\}|skipHtml=\{false\}|transformLinkUri=\{null\})/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          message: 'HTML inside of Markdown becomes part of the page: leave it escaped, or sanitise it.',
        });
    if (isJs)
      for (const m of source.text.matchAll(/\sv-html\s*=\s*["'](?!\$?t\()[^"']+["']/g))
        if (!sanitised(source.text.slice(m.index, m.index + 700)))
          report({ start: m.index, end: m.index + m[0].length });
  },
  fix(text) {
    // Where no markup is meant, text is what was meant.
    const m = /^([\w$.()[\]'"]+)\.innerHTML(\s*=\s*)([^<>]+)$/.exec(text);
    return m ? { title: 'Set text instead of HTML', newText: `${m[1]}.textContent${m[2]}${m[3]}` } : undefined;
  },
};

/** A text with the same tags and the same values in the same places is the same one, whatever else it says. */
function wordingOf(c: Code, range: { readonly from: number; readonly to: number }): { key: string } | undefined {
  if (c.isOutside(range) || fromRequest(c, range)) return undefined;
  let said = '';
  let values = '';
  for (let i = range.from; i < range.to; i++) {
    const t = c.facts.tokens[i]!;
    if (t.kind === 'str') said += c.facts.stringOf(t);
    else values += `${t.text} `;
  }
  // A script says more than its tags.
  if (said.length > 4000 || /<\s{0,9}(?:script|style)\b/i.test(said)) return undefined;
  const places = said.match(/<[^<>]{0,400}>|\{[^{}]{0,100}\}|%(?:\(\w{1,40}\))?[sdr]/g) ?? [];
  if (places.length === 0 || said.replace(/<[^<>]{0,400}>/g, '').includes('<')) return undefined;
  return { key: `markup ${places.join('')} ${values}${c.isParameter(range) ? 'parameter' : ''}` };
}

/** Whether markup is copied from an element: one of this very page, one that is not known, or one that was parsed here. */
function copyOf(c: Code, range: { readonly from: number; readonly to: number }): 'no' | 'element' | 'page' {
  const from = /^(?:this\.)?([\w$]{1,60})(?:[?!]?\.[\w$]{1,60}){0,6}[?!]?\.(?:inner|outer)HTML$/.exec(c.text(range));
  if (!from || c.text(range).length > 300) return 'no';
  const values = c.facts.valuesOf(from[1]!, range.from);
  if (values.some((v) => ofElsewhere.test(c.text(v)))) return 'no';
  if (/^document$/.test(from[1]!) && !c.facts.isParam('document', range.from) && values.length === 0) return 'page';
  return values.length > 0 && values.every((v) => ofPage.test(c.text(v))) && !c.facts.isParam(from[1]!, range.from)
    ? 'page'
    : 'element';
}
const ofElsewhere =
  /parseFromString|createHTMLDocument|createDocument|createElement|createContextualFragment|fetch|response|XML|\.contentDocument|\.contentWindow|window\.open|opener|await\b|JSON|import\b/i;
const ofPage =
  /^(?:window\.)?document\.(?:getElementById|querySelector|body|documentElement|head)\b[^]{0,200}$|^[\w.]{1,60}[rR]ef\.current!?$/;

const goEscapers =
  /(?:^|\.)(?:HTMLEscapeString|EscapeString|QueryEscape|PathEscape|Marshal\w*|Quote|Atoi|Itoa|FormatInt|JSEscapeString)$/;

/** Whether the function says that its answer is JSON or plain text. */
const plainAnswer = (c: Code, offset: number): boolean =>
  /Content-Type["'],\s*["'](?:application\/|text\/plain)/i.test(c.around(offset, 15, 0));

/** Index of the semicolon (or of what closes the block) behind a statement that starts at `from`. */
function endOfReturn(c: Code, from: number): number {
  const { tokens, match } = c.facts;
  let to = from;
  while (to < tokens.length && to - from < 200 && tokens[to]!.text !== ';' && tokens[to]!.text !== '}')
    to = match[to]! > to ? match[to]! + 1 : to + 1;
  return Math.min(to, tokens.length);
}

/** Index of the token behind a statement that starts at `from`: the end of its line, brackets counted. */
function endOfStatement(c: Code, from: number): number {
  const { tokens, match } = c.facts;
  let to = from;
  while (to < tokens.length && to - from < 300) {
    if (to > from && c.source.text.slice(tokens[to - 1]!.end, tokens[to]!.start).includes('\n')) break;
    to = match[to]! > to ? match[to]! + 1 : to + 1;
  }
  return Math.min(to, tokens.length);
}
