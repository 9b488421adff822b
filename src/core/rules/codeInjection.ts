import type { Source } from '../languages/source.ts';
import { code, type Code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Hit, type Rule } from './rule.ts';

export const codeInjection: Rule = {
  id: 'code-injection',
  title: 'Text is run as code',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-94', 'CWE-95', 'CWE-1336', 'OWASP A03:2021'],
  why: 'Whoever can influence the text runs code in this process; a sandbox made of the language itself does not hold.',
  remedy: 'parse data as data and dispatch over a fixed table',
  keywords: [
    'methodbyname',
    'logging',
    'trust_remote_code',
    'runtime',
    'serialize',
    'mako',
    'fieldbyname',
    'otto',
    'goja',
    'globals',
    'locals',
    'parseclass',
    'forname',
    'getattr',
    'notevil',
    'safeeval',
    'sandbox',
    'interactiveconsole',
    'push',
    'createcontext',
    'deepdeserialize',
    'jinja2',
    'query',
    'array_map',
    'eval',
    'exec',
    'function',
    'runinnewcontext',
    'runinthiscontext',
    'runincontext',
    'vm',
    'vm2',
    'nodevm',
    'run',
    'settimeout',
    'setinterval',
    'compile',
    'compilescript',
    'evaluate',
    'callfunctionon',
    'tofastproperties',
    'run_in_subinterp',
    'run_string',
    'scriptengine',
    'parseexpression',
    'getvalue',
    'ognl',
    'instance_eval',
    'class_eval',
    'constantize',
    'assert',
    'create_function',
    'preg_replace',
    'render_template_string',
    'from_string',
    'template',
    'runstring',
    'interactiveinterpreter',
    'runcode',
    'runsource',
    'send',
    'public_send',
    '__import__',
    'import_module',
    'import',
    'require',
    'compilefunction',
    'createelvaluexpression',
    'createvalueexpression',
    'methodname',
    'extract',
    'reflectionclass',
    'call_user_func',
    'call_user_func_array',
    'usort',
    'array_filter',
    'reflectionmethod',
    'reflectionfunction',
    '_get',
    '_post',
    '_request',
    'const_get',
    'method',
    'try',
    'instance_variable_get',
    'instance_variable_set',
    'define_method',
    'erb',
    'liquid',
    'mvel',
    'jexl',
    'createexpression',
    'createscript',
    'velocity',
    'freemarker',
    'groovyshell',
    'findvalue',
    'getfield',
    'getgetmethod',
    'translatevariables',
    'setproperty',
    'include',
    'include_once',
    'require_once',
  ],
  check(source, report) {
    const c = code(source);
    const lang = source.language;
    const isJs = lang === 'javascript' || lang === 'typescript' || lang === 'tsx';
    for (const call of c.facts.calls) {
      const { callee, name } = call;
      const first = c.arg(call, 0);
      if (!first) continue;
      const hit = { start: call.start, end: call.end };
      const varies = (): boolean => !c.isConstant(first);
      if (
        /^(?:eval|exec)$/.test(callee) &&
        (lang === 'python' || ((isJs || lang === 'php' || lang === 'ruby') && callee === 'eval'))
      ) {
        if (varies() || /decode|decompress|fromhex|unhexlify/.test(c.text(first))) report(hit);
      } else if (
        lang === 'python' &&
        /(?:^|\.)(?:run_in_subinterp\w*|run_string|runcode|runsource|runstring)$/.test(callee)
      ) {
        if (varies()) report(hit);
      } else if (lang === 'python' && /^(?:compile)$/.test(callee) && call.args.length >= 3) {
        if (
          varies() &&
          /["']exec["']|["']eval["']/.test(c.text({ from: call.open, to: call.close })) &&
          c.isOutside(first)
        )
          report(hit);
      } else if (
        lang === 'python' &&
        (/(?:^|\.)render_template_string$|(?:^|\.)(?:env|environment|jinja2?|engine)\.from_string$/i.test(callee) ||
          (/^(?:jinja2\.)?Template$|^mako\.template\.Template$/.test(callee) &&
            source.has(/jinja2|mako/) &&
            (c.isBuilt(first) || fromRequest(c, first))))
      ) {
        if (varies())
          report({
            ...hit,
            message: 'Template text is not constant, and templates run code: keep templates in files and pass values.',
          });
      } else if (lang === 'python' && callee === 'logging.config.listen') {
        if (!c.named(call, 'verify') && call.args.length < 2)
          report({
            ...hit,
            message: 'Whoever reaches this port sends a configuration that is evaluated as code: pass verify.',
          });
      } else if (lang === 'python' && c.text(c.named(call, 'trust_remote_code')) === 'True') {
        report({
          ...hit,
          key: 'trust_remote_code',
          tier: 'medium',
          message:
            'Code that comes with a model or data set runs here: pin its revision and read it, or leave this off.',
        });
      } else if (lang === 'python' && /^(?:__import__|importlib\.import_module)$/.test(callee)) {
        if (varies() && (c.isOutside(first) || fromRequest(c, first))) report(hit);
      } else if (
        lang === 'python' &&
        /^(?:code\.)?(?:InteractiveConsole|InteractiveInterpreter|interact)$|(?:^|\.)(?:console|interpreter)\.push$/.test(
          callee,
        )
      ) {
        if (source.has(/^[ \t]*(?:import code\b|from code import)/m) && callee.endsWith('push') && varies())
          report(hit);
      } else if (lang === 'python' && callee === 'getattr' && call.args.length >= 2) {
        if (fromRequest(c, call.args[1]))
          report({ ...hit, message: 'The caller names the attribute to use: choose from a fixed table.' });
      } else if (lang === 'go') {
        if (/(?:^|\.)(?:MethodByName|FieldByName)$/.test(callee)) {
          if (fromRequest(c, first))
            report({ ...hit, message: 'The caller names the method to run: choose from a fixed table.' });
        } else if (/(?:^|\.)(?:Run|RunString|RunProgram|Eval|DoString)$/.test(callee)) {
          if (
            source.has(/robertkrimen\/otto|dop251\/goja|yuin\/gopher-lua|rogchap\.com\/v8go|traefik\/yaegi/) &&
            varies()
          )
            report(hit);
        }
      } else if (isJs) {
        if ((call.isNew && /^(?:Function|AsyncFunction|GeneratorFunction)$/.test(callee)) || callee === 'Function') {
          const last = call.args.at(-1);
          if (last && !c.isConstant(last) && !(callee === 'Function' && hasOwnFunction(source, c))) report(hit);
        } else if (/^vm\.(?:runIn\w+|compileFunction|Script)$/.test(callee) || (call.isNew && callee === 'vm.Script')) {
          if (varies()) report(hit);
        } else if (/^(?:VM|NodeVM)$/.test(callee) && call.isNew && source.has(/vm2/)) {
          const text = c.text({ from: call.open, to: call.close });
          const sandbox = /sandbox/.test(text)
            ? (c.facts.byName.get('sandbox') ?? []).filter(
                (a) => Math.abs(a.start - call.start) < 3000 || (a.start >= call.start && a.end <= call.end),
              )
            : [];
          if (sandbox.some((a) => a.op !== ',' && !c.isConstant(a) && c.isParameter(a))) report(hit);
          else if (c.isParameter({ from: call.open + 1, to: call.close })) report(hit);
        } else if (/(?:^|\.|\)\.)run$/.test(callee) && source.has(/vm2/)) {
          if (varies()) report(hit);
        } else if (/^(?:setTimeout|setInterval|setImmediate)$/.test(callee)) {
          if (c.facts.tokens[first.from]?.kind === 'str' && c.isBuilt(first)) report(hit);
        } else if (
          /(?:^|\.)(?:compileScript|callFunctionOn)$/.test(callee) ||
          /(?:^|\.)Runtime\.evaluate$/.test(callee)
        ) {
          const expression = c.option(call, /^(?:expression|functionDeclaration)$/);
          if (
            expression ? !c.isConstant(expression) : /^\{\s*(?:[^{}]{0,200},\s*)?expression\s*[,}]/.test(c.text(first))
          )
            report(hit);
        } else if (
          /(?:^|\.)(?:evaluate|evaluateHandle|evaluateOnNewDocument|\$eval|addInitScript|setContent|goto)$/.test(
            callee,
          ) &&
          source.has(/puppeteer|playwright|chromium|phantom/)
        ) {
          if (
            varies() &&
            (c.isBuilt(first) ||
              (c.isParameter(first) && first.to - first.from <= (/goto|setContent/.test(callee) ? 1 : 3))) &&
            !callee.startsWith('document.') &&
            !/=>|function/.test(c.text(first))
          )
            report(
              /goto|setContent/.test(callee)
                ? {
                    ...hit,
                    message: 'A value decides what the browser on this server opens: choose from fixed addresses.',
                  }
                : hit,
            );
        } else if (/(?:^|\.)toFastProperties$/.test(callee)) {
          if (varies()) report(hit);
        } else if (callee === 'vm.createContext') {
          if (
            varies() &&
            (fromRequest(c, first) ||
              c.names(first).some((n) => c.facts.valuesOf(n, first.from).some((a) => c.isParameter(a))))
          )
            report(hit);
        } else if (callee === 'require' || callee === 'import') {
          if (
            varies() &&
            (c.isOutside(first) || fromRequest(c, first) || (first.to - first.from === 1 && c.isParameter(first)))
          )
            report({ ...hit, message: 'The module to load is chosen by a value: choose from a fixed table.' });
        } else if (
          /^(?:safeEval|notevil|safe_eval|staticEval|expr-eval)$/.test(callee) &&
          source.has(/notevil|static-eval|safe-eval/)
        ) {
          if (varies()) report(hit);
        } else if (/(?:^|\.)run$/.test(callee) && source.has(/['"]sandbox['"]/)) {
          if (varies()) report(hit);
        } else if (callee === 'deepDeserialize' && varies()) report(hit);
        else if (
          /^(?:\w+\.)?(?:pug|ejs|handlebars|Handlebars|nunjucks|_|lodash|dot|mustache)\.(?:compile|render|renderString|template)$/.test(
            callee,
          ) &&
          varies() &&
          (c.isOutside(first) || fromRequest(c, first))
        )
          report(hit);
        else if (
          /^\w+$/.test(callee) &&
          c.facts
            .valuesOf(callee, call.open)
            .some((a) => /\[[^\]]+\]$/.test(c.text(a)) && /\[\s*\w+\.(?:query|body|params)\b/.test(c.text(a)))
        )
          report({ ...hit, message: 'The caller names the function to run: choose from a fixed table.' });
      } else if (lang === 'java' || lang === 'kotlin' || lang === 'groovy' || lang === 'scala') {
        if (/(?:^|\.)parseClass$/.test(callee) && source.has(/Groovy/)) {
          if (varies()) report(hit);
        } else if (/^Class\.forName$|(?:^|\.)loadClass$|(?:^|\.)getMethod$/.test(callee)) {
          if (fromRequest(c, first))
            report({ ...hit, message: 'The caller names the class to load: choose from a fixed table.' });
        } else if (/(?:^|\.)parseExpression$|(?:^|\.)create(?:Value|Method)Expression$/.test(callee)) {
          // The text is the first of the arguments; what JSF and EL call a context stands before it.
          const text =
            callee.endsWith('Expression') && !callee.endsWith('parseExpression') ? (c.arg(call, 1) ?? first) : first;
          if (!c.isConstant(text) && (c.isParameter(text) || c.isBuilt(text) || c.isOutside(text))) report(hit);
        } else if (/(?:^|\.)MVEL\.(?:eval\w*|compileExpression|executeExpression)$/.test(callee)) {
          if (varies()) report(hit);
        } else if (/(?:jexl|engine)\w{0,60}\.create(?:Expression|Script)$/i.test(callee) && source.has(/jexl/i)) {
          if (varies()) report(hit);
        } else if (/(?:^|\.)(?:Velocity|velocity\w*|engine|ve)\.evaluate$/.test(callee) && source.has(/velocity/)) {
          const text = c.arg(call, 3);
          if (text && !c.isConstant(text)) report({ ...hit, message: templateText });
        } else if (call.isNew && name === 'Template' && source.has(/freemarker/)) {
          const text = c.arg(call, 1);
          if (text && /StringReader\s*\(/.test(c.text(text)) && !c.isConstant(text) && !isWrittenReader(c, text))
            report({ ...hit, message: templateText });
        } else if (name === 'eval' && source.has(/ScriptEngine|javax\.script|engine/i)) {
          if (varies()) report(hit);
        } else if (
          /(?:^|\.)evaluate$/.test(callee) &&
          !source.has(/FormulaEvaluator/) &&
          // What Jexl evaluates was compiled before, and got only a context here.
          source.has(/Groovy|Ognl|MVEL|TextParser|Evaluator/i)
        ) {
          if (varies()) report(hit);
        } else if (
          source.has(/Ognl|ognl/) &&
          /(?:^|\.)(?:getValue|setValue|findValue|findString|translateVariables|getGetMethod|getSetMethod|getField|getFields|setProperty|setProperties|getProperty|compile|createEvaluator|callMethod|parseExpression|isEvalExpression|executeMethod|evalExpression|getMethod|getSetMethod|getBeanMap|copy)$/.test(
            callee,
          )
        ) {
          if (
            call.args.some(
              (a) =>
                (!c.isConstant(a) &&
                  c.isParameter(a) &&
                  a.to - a.from <= 2 &&
                  !/^(?:type|clazz|cls|class|context|root|target|o|obj|object|bean|from|to|props)$/i.test(c.text(a))) ||
                (!c.isConstant(a) && c.isBuilt(a)),
            )
          )
            report(hit);
        }
      } else if (
        lang === 'ruby' &&
        (/(?:^|\.)(?:instance_eval|class_eval|module_eval|constantize|safe_constantize|send|public_send|__send__)$/.test(
          callee,
        ) ||
          ofRuby.test(callee))
      ) {
        if (varies() && (c.isOutside(first) || fromRequest(c, first))) report(hit);
      } else if (
        lang === 'php' &&
        /^(?:assert|create_function|call_user_func(?:_array)?|array_map|usort|array_filter)$/.test(callee)
      ) {
        if (varies() && c.isOutside(first)) report(hit);
      } else if (lang === 'php' && /^(?:include|include_once|require|require_once)$/.test(callee)) {
        if (varies() && c.isOutside(first) && !ownFile.test(c.text(first)))
          report({ ...hit, message: 'File to include comes from outside: choose from a fixed list.' });
      } else if (lang === 'php' && callee === 'extract') {
        if (
          /^\$?_(?:GET|POST|REQUEST|COOKIE)\b/.test(c.text(first)) &&
          !/EXTR_SKIP|EXTR_PREFIX/.test(c.text(call.args[1]))
        )
          report({ ...hit, message: 'The caller sets variables of this function: take the fields by name.' });
      } else if (lang === 'php' && call.isNew && /^Reflection(?:Class|Method|Function|Object|Property)$/.test(name)) {
        if (fromRequest(c, first))
          report({ ...hit, message: 'The caller names the class or function to use: choose from a fixed table.' });
      } else if (lang === 'php' && callee === 'preg_replace' && /\/[a-z]*e[a-z]*["']$/.test(c.text(first))) report(hit);
    }
    if (isJs) calledByName(c, report);
    if (lang === 'python') {
      // A variable by its name from a request, called or not.
      for (const call of c.facts.callsNamed('globals', 'locals', 'vars')) {
        const open = call.close + 1;
        const close = c.facts.match[open] ?? -1;
        if (call.args.length === 0 && c.facts.tokens[open]?.text === '[' && close > open)
          if (c.facts.tokens[close + 1]?.text !== '(' && fromRequest(c, { from: open + 1, to: close }))
            report({
              start: call.start,
              end: c.facts.tokens[close]!.end,
              message: 'The caller names the variable to use: choose from a fixed table.',
            });
      }
      for (const call of c.facts.callsNamed('render', 'render_template', 'render_to_string', 'render_to_response')) {
        const all = call.args.find((a) => /^(?:\*\*)?(?:locals|globals)\(\)$/.test(c.text(a)));
        if (all)
          report({
            start: call.start,
            end: call.end,
            tier: /globals/.test(c.text(all)) ? 'high' : 'medium',
            message: 'All variables of the function are handed to the template: name those it needs.',
          });
      }
      for (const m of source.text.matchAll(
        /\b(?:globals|locals|vars)\(\)\s*(?:\[\s*([^\]\n]{1,80})\]|\.get\(\s*([^)\n]{1,80})\))\s*\(/g,
      )) {
        const key = m[1] ?? m[2] ?? '';
        if (!/^["']/.test(key.trim()))
          report({
            start: m.index,
            end: m.index + m[0].length,
            message: 'A value names the function to run: choose from a fixed table.',
          });
      }
    }
    if (lang === 'php' && /\$_(?:GET|POST|REQUEST|COOKIE)\b/.test(source.text)) namedByCaller(c, report);
    if (lang === 'ruby')
      for (const m of source.text.matchAll(
        /\bparams\[[^\]]+\]\.(?:constantize|classify\.constantize|safe_constantize)\b/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
  },
};

/** A class `Function` of the file's own, outside of all blocks, or of a module that is no type: then it is not the language's. */
function hasOwnFunction(source: Source, c: Code): boolean {
  let known = ownFunctions.get(source);
  if (known === undefined)
    ownFunctions.set(source, (known = source.has(ownFunction) && declaresFunction(c.facts.tokens)));
  return known;
}
const ownFunctions = new WeakMap<Source, boolean>();

function declaresFunction(tokens: Code['facts']['tokens']): boolean {
  let depth = 0;
  let open = 0;
  for (const [i, { text }] of tokens.entries()) {
    if (text === '}') depth--;
    // What an import takes stands in braces of its own; in a comment or a text there are no such words.
    else if (text === '{') {
      if (depth++ === 0) open = i;
    } else if (text === 'Function' && depth <= 1) {
      if (depth === 0 && tokens[i - 1]?.text === 'class') return true;
      if (depth === 1 && isImported(tokens, open)) return true;
    }
  }
  return false;
}

/** Whether a brace opens what an import takes. */
function isImported(tokens: Code['facts']['tokens'], open: number): boolean {
  const head = tokens.slice(Math.max(0, open - 3), open).map((t) => t.text);
  return head.includes('import') && !head.includes('type');
}
const ownFunction =
  /^[ \t]*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+Function\b(?!\s+extends\s+(?:\w+\.)?Function\b)|^import\s+(?!type\b)(?:\w+\s*,\s*)?\{(?:[^{}'"]{0,2000}[,\s])?(?<!\b(?:type|as)\s{1,9})Function\s*[,}]/m;

const templateText = 'Template text is not constant, and templates run code: keep templates in files and pass values.';

/** Ruby: what takes the name of a method, a constant or a variable, and templates. */
const ofRuby =
  /^(?:(?:\w+\.){0,4}(?:const_get|const_set|method|instance_method|define_method|instance_variable_[gs]et|class_variable_[gs]et|try|try!|remove_const)|ERB\.new|(?:Liquid|Haml|Slim)\.(?:Template|Engine)\.(?:new|parse)|RubyVM\.InstructionSequence\.(?:new|compile|eval))$/;

/** PHP: `new $class` and `$function(…)`, where a request says which. */
function namedByCaller(c: Code, report: Parameters<Rule['check']>[1]): void {
  for (const call of c.facts.calls) {
    if (!/^\$\w+$/.test(call.callee)) continue;
    const values = c.facts.valuesOf(call.callee, call.open);
    if (!values.some((v) => v.to - v.from <= 12 && fromRequest(c, v))) continue;
    // Compared with what there is, or taken out of a table.
    if (/in_array|array_key_exists|isset|match\b|===|class_exists|is_subclass_of/.test(c.around(call.start, 8, 0)))
      continue;
    report({
      start: call.start,
      end: call.end,
      message: `The caller names the ${call.isNew ? 'class' : 'function'} to use: choose from a fixed table.`,
    });
  }
}

/** `new StringReader("…")`. */
const isWrittenReader = (c: Code, range: { from: number; to: number }): boolean =>
  /^new\s+(?:java\.io\.)?StringReader\s*\(\s*(?:"[^"\n]{0,2000}"|[A-Z][A-Z0-9_]{1,60})\s*\)$/.test(c.text(range));

/** A file by its own name below the folder that the server was told to serve. */
const ownFile = /^\(?\s*\$_SERVER\s*\[\s*["']DOCUMENT_ROOT["']\s*\]\s*\.\s*(?:'[^'\n]{0,300}'|"[^"$\n]{0,300}")\s*\)?$/;

/** `handlers[req.query.action](…)`: what an object inherits can be called, too. */
function calledByName(c: Code, report: (hit: Hit) => void): void {
  const { tokens, match } = c.facts;
  for (let i = 2; i < tokens.length; i++) {
    if (tokens[i]!.text !== '(' || tokens[i - 1]!.text !== ']') continue;
    const open = match[i - 1] ?? -1;
    const owner = tokens[open - 1];
    if (open < 1 || owner?.kind !== 'id' || i - open > 40) continue;
    const key = { from: open + 1, to: i - 1 };
    if (c.isConstant(key) || !fromRequest(c, key)) continue;
    // Looked up before: whether it is one of those that are meant.
    if (/hasOwn|\.has\(|\.includes\(|\bin\s+\w|Object\.create\(null\)/.test(c.around(owner.start, 12, 0))) continue;
    const end = match[i]! > i ? match[i]! : i;
    report({
      start: owner.start,
      end: tokens[end]!.end,
      message: 'The caller names the function to run: choose from a fixed table.',
    });
  }
}
