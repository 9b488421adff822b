import { code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

const fetches =
  /^(?:requests(?:\.\w+)?\.(?:get|post|put|delete|patch|head|options|request)|requests\.(?:get|post|put|delete|patch|head|options|request)|httpx\.\w+|urllib\.request\.(?:urlopen|Request|urlretrieve)|urllib2\.urlopen|urllib\.urlopen|urlopen|aiohttp\.\w+|session\.(?:get|post|put|delete|request)|http\.(?:Get|Post|PostForm|Head|NewRequest|NewRequestWithContext|get|request)|https\.(?:get|request)|fetch|axios|axios\.\w+|got|got\.\w+|needle|needle\.\w+|superagent\.\w+|request|request\.(?:get|post)|undici\.\w+|node_fetch|URL|HttpGet|HttpPost|HttpClient\.\w+|WebClient\.\w+|client\.(?:GetAsync|PostAsync|GetStringAsync|DownloadString)|HttpRequest\.newBuilder|RestTemplate\.\w+|restTemplate\.\w+|Net\.HTTP\.\w+|HTTParty\.\w+|Faraday\.\w+|RestClient\.\w+|URI\.open|curl_init|file_get_contents|curl_setopt|WebRequest\.Create|webClient\.\w+|page\.goto|Page\.navigate|driver\.get|wkhtmltopdf)$/;

export const serverSideRequest: Rule = {
  id: 'request-forgery',
  title: 'Address of a request comes from outside',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-918', 'OWASP A10:2021'],
  why: 'The caller chooses whom this server talks to: cloud metadata, the internal network, or a host that takes what is sent along.',
  remedy: 'choose the host from a fixed list and build only the path from input',
  keywords: [
    'requests',
    'httpx',
    'urlopen',
    'urllib',
    'aiohttp',
    'get',
    'post',
    'newrequest',
    'fetch',
    'axios',
    'got',
    'needle',
    'superagent',
    'request',
    'url',
    'httpget',
    'httpclient',
    'webclient',
    'resttemplate',
    'httparty',
    'faraday',
    'restclient',
    'curl_init',
    'curl_setopt',
    'file_get_contents',
    'uri',
    'webrequest',
    'goto',
    'navigate',
    'newbuilder',
    'client',
    'undici',
    'net',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      if (!fetches.test(call.callee)) continue;
      if (call.callee === 'URL' && !(call.isNew && source.language === 'java')) continue;
      let arg =
        call.args.find((a) => a.name === 'url' || a.name === 'uri') ??
        call.args.filter((a) => a.name === undefined)[
          /request$|NewRequest$/.test(call.callee) && call.args.length > 1
            ? 1
            : call.callee.endsWith('NewRequestWithContext')
              ? 2
              : 0
        ];
      if (call.callee === 'curl_setopt') {
        if (!/CURLOPT_URL/.test(c.text(call.args[1]))) continue;
        arg = call.args[2];
      }
      if (!arg || c.isConstant(arg)) continue;
      // A fixed host in front leaves only the path to the caller.
      const text = c.text(arg);
      if (
        /^f?["'`](?:https?:\/\/)?[\w.-]+(?:\.\w{2,}|:\d+)\/|^f?["'`]https?:\/\/[\w.-]+["'`]?\s*\+?/.test(text) &&
        /^f?["'`]https?:\/\/[\w.-]+[/?]/.test(text)
      )
        continue;
      if (!fromRequest(c, arg, 0)) continue;
      if (
        /allow(?:ed)?_?(?:hosts|list|urls)|whitelist|is_safe_url|validate_?url|isAllowed/i.test(
          c.around(call.start, 12, 0),
        )
      )
        continue;
      report({ start: call.start, end: call.end });
    }
  },
};

function fromRequest(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): boolean {
  if (
    /\breq(?:uest)?\.(?:args|form|values|json|data|cookies|headers|params|GET|POST|body|query|url|get_json|input|getParameter|QueryString|Query|Form)|\br\.(?:URL|FormValue|Form)|\$_(?:GET|POST|REQUEST)|\bparams\s*\[|getParameter|\bctx\.(?:query|params|Query|Param|request)|\bc\.(?:Query|Param)|\bRequest\s*(?:\.|\[)|\bevent(?:\.|\[)['"]?(?:body|query)/.test(
      c.text(range),
    )
  )
    return true;
  if (depth > 3) return false;
  for (const name of c.names(range)) {
    if (c.params.has(name)) return true;
    for (const a of c.facts.valuesOf(name, range.from))
      if (a.from !== range.from && fromRequest(c, a, depth + 1)) return true;
  }
  return false;
}
