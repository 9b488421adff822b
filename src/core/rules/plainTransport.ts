import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const clients =
  /^(?:requests(?:\.\w+)?\.\w+|httpx\.\w+|grequests\.\w+|aiohttp\.\w+|(?:\w+\.)*session\.(?:get|post|put|delete|patch|head|request)|urllib\.request\.\w+|(?:\w+\.)?urlopen|(?:\w+\.)?urlretrieve|URLopener\(\)\.\w+|OpenerDirector\(\)\.\w+|Request|http\.(?:Get|Post|PostForm|Head|NewRequest|NewRequestWithContext|get|request)|(?:\w+\.)?[cC]lient\.(?:Get|Post|Head|PostForm|get|post|GetAsync|PostAsync|GetStringAsync)|fetch|axios(?:\.\w+)?|got(?:\.\w+)?|needle(?:\.\w+)?|superagent\.\w+|request(?:\.\w+)?|rp|ky(?:\.\w+)?|URL|URI|URI\.create|HttpGet|HttpPost|HttpPut|HttpDelete|Unirest\.\w+|HttpRequest\.newBuilder\(\)\.uri|HttpRequest\.newBuilder|restTemplate\.\w+|RestTemplate\(\)\.\w+|Jsoup\.connect|Net\.HTTP\.\w+|HTTParty\.\w+|Faraday\.\w+|RestClient\.\w+|URI\.open|curl_init|WebSocket|websocket\.\w+|websockets\.connect|ws\.connect|io|Dial(?:Context)?|(?:\w+\.)?DefaultDialer\.Dial|reqwest\.get|gorequest\.\w+|XMLHttpRequest\.open|xhr\.open|\$\.(?:ajax|get|post|getJSON))$/;
/** Clients of Ruby. */
const ofRuby =
  /^(?:Excon(?:\.Connection)?\.\w+|Curl(?:\.Easy)?\.\w+|HTTP\.\w+|Typhoeus\.\w+|Faye\.WebSocket\.Client\.new|WebSocket\.Client\.Simple\.connect|Kontena\.Websocket\.Client\.\w+)$/;
const near =
  /^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[::1?\]|host\.docker\.internal|metadata\.google\.internal|[\w-]+(?:[:/]|$)|[\w.-]+\.(?:local|localhost|internal|test|svc|lan|home|cluster\.local)(?:[:/]|$)|\$|\{|%)/i;

export const plainTransport: Rule = {
  id: 'plain-transport',
  title: 'Data sent over an unencrypted connection',
  tier: 'high',
  category: 'encryption-off',
  languages: codeLanguages,
  references: ['CWE-319', 'OWASP A02:2021'],
  why: 'Everybody on the way can read and change what goes over http, ws or ftp: passwords, cookies, and the answer the program then trusts.',
  remedy: 'use https, wss or sftp',
  keywords: ['http', 'ws', 'ftp'],
  check(source, report) {
    const c = code(source);
    const { tokens } = c.facts;
    // Few texts hold such an address at all.
    if (!/["'`](?:http|ws|ftp):\/\//i.test(source.text)) return;
    for (const call of c.facts.calls) {
      if (
        !clients.test(call.callee) &&
        !(call.isNew && clients.test(call.name)) &&
        !(source.language === 'ruby' && ofRuby.test(call.callee))
      )
        continue;
      for (const a of call.args.slice(0, 3)) {
        const address =
          c.facts.literal(a) ?? (tokens[a.from]?.kind === 'str' ? c.facts.stringOf(tokens[a.from]!) : undefined);
        const m = address === undefined ? null : /^(http|ws|ftp):\/\/(.{0,200})/is.exec(address);
        if (!m || near.test(m[2]!)) continue;
        // The second part of `new URL(path, base)` only completes a path.
        if (call.name === 'URL' && /^(?:javascript|typescript|tsx)$/.test(source.language)) continue;
        report({
          start: call.start,
          end: call.end,
          key: `${call.name}:${m[0].slice(0, 60)}`,
          message: `Connection to '${m[2]!.split('/')[0]!.slice(0, 60)}' is not encrypted: use ${m[1]!.toLowerCase() === 'ws' ? 'wss' : m[1]!.toLowerCase() === 'ftp' ? 'sftp' : 'https'}.`,
        });
        break;
      }
    }
  },
  fix(text) {
    const found = [...text.matchAll(/(["'`])(http|ws):\/\//g)];
    if (found.length !== 1) return undefined;
    const at = found[0]!.index + 1 + found[0]![2]!.length;
    return { title: 'Use the encrypted form', newText: `${text.slice(0, at)}s${text.slice(at)}` };
  },
};
