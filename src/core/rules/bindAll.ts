import { code } from './kit/code.ts';
import type { Rule } from './rule.ts';

export const bindAll: Rule = {
  id: 'listen-on-all-interfaces',
  title: 'Service listens on every network interface',
  tier: 'high',
  category: 'network-exposure',
  languages: ['python', 'go'],
  references: ['CWE-605', 'CWE-668'],
  why: 'On a machine with a public address the service is offered to the internet, often without anybody meaning it.',
  remedy: 'bind to localhost, or to an address that configuration names',
  keywords: ['bind', 'listen', '0'],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      const body = c.text({ from: call.open, to: call.close + 1 });
      if (
        source.language === 'python'
          ? /(?:^|\.)(?:bind|run|serve|run_simple|create_server|start_server|make_server|HTTPServer|TCPServer|UDPServer)$/.test(
              call.callee,
            ) && /["']0\.0\.0\.0["']|\(\s*\(?\s*["']{2}\s*,\s*\d/.test(body)
          : /^(?:net|tls)\.Listen$/.test(call.callee) && /"(?:0\.0\.0\.0)?:\d+"|"0\.0\.0\.0:/.test(body)
      )
        report({ start: call.start, end: call.end });
    }
  },
  fix(text) {
    const newText = text.replace(/(["'])0\.0\.0\.0(?=[:"'])/, '$1127.0.0.1');
    return newText === text ? undefined : { title: 'Listen on this machine only', newText };
  },
};
