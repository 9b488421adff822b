import { isTestPath } from '../languages/kinds.ts';
import { code } from './kit/code.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

export const debugEnabled: Rule = {
  id: 'debug-enabled',
  title: 'Debug mode switched on',
  tier: 'high',
  category: 'configuration',
  languages: [
    'python',
    'php',
    'javascript',
    'typescript',
    'java',
    'go',
    'ruby',
    'c-sharp',
    'dotenv',
    'ini',
    'yaml',
    'xml',
    'properties',
  ],
  references: ['CWE-489', 'CWE-215', 'OWASP A05:2021'],
  why: 'Debug modes show source, settings and stack traces to visitors; the Werkzeug debugger runs code for them.',
  remedy: 'read it from the environment, off by default',
  keywords: [
    'debug',
    'app_debug',
    'flask_debug',
    'customerrors',
    'display_errors',
    'consider_all_requests_local',
    'pprof',
    'usedeveloperexceptionpage',
    'setwebcontentsdebuggingenabled',
    'websecurityconfiguration',
    'flask_env',
    'template_debug',
    'rails_env',
    'node_env',
    'enablewebsecurity',
    'setdebug',
    'phpinfo',
  ],
  check(source, report) {
    if (isTestPath(source.path)) return;
    const { text, language } = source;
    if (language === 'python') {
      const c = code(source);
      for (const call of c.facts.calls) {
        const arg = c.named(call, 'debug', 'use_debugger');
        if (
          /(?:^|\.)(?:run|run_simple|Flask|create_app|FastAPI|Application)$/.test(call.callee) &&
          arg &&
          /^(?:True|1)$/.test(c.text(arg))
        )
          report({ start: call.start, end: call.end, key: 'debug' });
      }
      for (const a of c.facts.assignments)
        if (
          /^(?:DEBUG|TEMPLATE_DEBUG|DEBUG_PROPAGATE_EXCEPTIONS)$/.test(a.name) &&
          c.text(a) === 'True' &&
          /settings|config|app|main|wsgi|prod/i.test(source.path)
        )
          report({ start: a.start, end: a.end, key: a.name });
      return;
    }
    const pattern =
      language === 'go'
        ? /^[ \t]*_[ \t]*"net\/http\/pprof"|^[ \t]+"net\/http\/pprof"/gm
        : language === 'dotenv' || language === 'ini' || language === 'properties'
          ? /^[ \t]*(?:APP_DEBUG|FLASK_DEBUG|DJANGO_DEBUG|DEBUG|display_errors)\s*=\s*(?:true|1|on|True)\b/gm
          : language === 'ruby'
            ? /consider_all_requests_local\s*=\s*true/g
            : language === 'xml'
              ? /<customErrors\s+mode="Off"|<compilation[^>]{0,400}\bdebug="true"/gi
              : language === 'java'
                ? /@EnableWebSecurity\s*\(\s*debug\s*=\s*true|setWebContentsDebuggingEnabled\s*\(\s*true/g
                : language === 'php'
                  ? /ini_set\s*\(\s*['"]display_errors['"]\s*,\s*(?:1|['"](?:1|on)['"])|^[ \t]*(?:echo\s+)?phpinfo\s*\(/gim
                  : undefined;
    if (language === 'c-sharp') {
      const c = code(source);
      for (const call of c.facts.callsNamed('UseDeveloperExceptionPage'))
        if (!/IsDevelopment\(|IsEnvironment\(|#if DEBUG/.test(c.around(call.start, 6, 0)))
          report({ start: call.start, end: call.end, key: 'debug' });
      return;
    }
    if (!pattern) return;
    if (language === 'ruby' && /environments\/(?:development|test)/.test(source.path)) return;
    if ((language === 'dotenv' || language === 'ini') && /example|sample|dev|local|test/i.test(source.path)) return;
    for (const m of text.matchAll(pattern)) report({ start: m.index, end: m.index + m[0].length, key: 'debug' });
  },
  fix: switchBack('Switch debug mode off'),
};
