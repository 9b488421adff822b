import type { Call } from '../languages/facts.ts';
import { code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

const fetches =
  /^(?:requests(?:\.\w+)?\.(?:get|post|put|delete|patch|head|options|request)|requests\.(?:get|post|put|delete|patch|head|options|request)|httpx\.\w+|urllib\.request\.(?:urlopen|Request|urlretrieve)|urllib2\.urlopen|urllib\.urlopen|urlopen|aiohttp\.\w+|session\.(?:get|post|put|delete|request)|http\.(?:Get|Post|PostForm|Head|NewRequest|NewRequestWithContext|get|request)|https\.(?:get|request)|fetch|axios|axios\.\w+|got|got\.\w+|needle|needle\.\w+|superagent\.\w+|request|request\.(?:get|post)|undici\.\w+|node_fetch|URL|HttpGet|HttpPost|HttpClient\.\w+|WebClient\.\w+|client\.(?:GetAsync|PostAsync|GetStringAsync|DownloadString)|HttpRequest\.newBuilder|RestTemplate(?:\(\))?\.\w+|restTemplate\.\w+|(?:\w+\.)?HttpClient\(\)\.(?:GetAsync|PostAsync|PutAsync|GetStringAsync|GetStreamAsync|GetByteArrayAsync)|(?:\w+\.)?WebClient\(\)\.Download\w+|Net\.HTTP\.\w+|HTTParty\.\w+|Faraday\.\w+|RestClient\.\w+|URI\.open|curl_init|file_get_contents|curl_setopt|WebRequest\.Create|webClient\.\w+|page\.(?:goto|setContent)|Page\.navigate|driver\.get|wkhtmlto(?:pdf|image)(?:\.generate)?|pdfkit\.from_url|phantom\.\w+|http\.DefaultClient\.Get|(?:httpC|c|hc)lient\.(?:Get|Post|PostForm|Head|get|post|put|delete|request|execute|GetStreamAsync|GetByteArrayAsync|SendAsync|fetch)|_?(?:httpC|c)lient\.(?:GetAsync|PostAsync|PutAsync|GetStringAsync|GetStreamAsync)|reqwest\.(?:get|blocking\.get)|ureq\.get|surf\.get|Http\.(?:get|post|put|withHeaders)|Guzzle\w*|\$client->\w+|urllib3\.\w+|http\.(?:urlopen|request)|pool\.request|grequests\.\w+|ky(?:\.\w+)?|ofetch|\$fetch|superagent|Jsoup\.connect|URI\.create|WebClient\.create|webClient\.(?:get|post)\(\)\.uri|URI\.parse|Typhoeus\.\w+|Excon\.\w+|open|getimagesize|fsockopen|copy|curl_multi_init|SoapClient|feedparser\.parse|pycurl\.\w+|websockets\.connect|ImageIO\.read|new\.Request|HttpWebRequest\.Create|HttpRequestMessage|RestClient|Unirest\.\w+|OkHttp\w*|\w+\.newCall|Request\.(?:Get|Post))$/;

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
    'getstringasync',
    'getasync',
    'wkhtmltopdf',
    'wkhtmltoimage',
    'jsoup',
    'reqwest',
    'http',
    'ky',
    'ofetch',
    'open',
    'unirest',
    'typhoeus',
    'excon',
    'fsockopen',
    'getimagesize',
    'setcontent',
    'pdfkit',
    'phantom',
    'ureq',
  ],
  check(source, report) {
    const c = code(source);
    for (const call of c.facts.calls) {
      if (!fetches.test(call.callee) && !jvmBuilders.test(call.callee) && !isPhpClient(c, call)) continue;
      if (call.callee === 'URL' && !(call.isNew && /^(?:java|kotlin|scala|groovy)$/.test(source.language))) continue;
      if (call.callee === 'fetch' && source.language === 'python') continue;
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
      // Options: only the address in them counts.
      if (arg && c.text(arg).startsWith('{')) {
        const { start, end } = c.facts.offsets(arg);
        arg = c.facts.assignments.find(
          (a) => a.start >= start && a.end <= end && /^(?:url|uri|baseURL|host|hostname)$/.test(a.name),
        );
      }
      if (arg && /=>|\bfunction\b/.test(c.text(arg))) continue;
      if (!arg || c.isConstant(arg)) continue;
      // A fixed host in front leaves only the path to the caller.
      const text = c.text(arg);
      if (fixedHost(wholeAddress(c, arg, text))) continue;
      if (/^(?:open|copy)$/.test(call.callee) && (source.language !== 'ruby' || !source.has(/open-uri/))) continue;
      if (/^URI\.(?:parse|create)$/.test(call.callee) && !source.has(/Net::HTTP|HttpClient|WebClient|RestTemplate/))
        continue;
      if (!fromRequest(c, arg)) continue;
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

/** A variable of PHP that is called like a client, or holds one. */
function isPhpClient(c: ReturnType<typeof code>, call: Call): boolean {
  if (
    c.source.language !== 'php' ||
    !/^\$\w+(?:\.\w+)?\.(?:get|post|put|patch|delete|head|options|request|requestAsync|getAsync|postAsync)$/.test(
      call.callee,
    )
  )
    return false;
  const owner = call.callee.split('.').at(-2)!;
  return /client|guzzle|http|curl|browser/i.test(owner) && !/kernel|request|cache|redis/i.test(owner);
}

/** The address of a request that is built step by step: `HttpRequest.newBuilder().uri(…)`. */
const jvmBuilders =
  /(?:HttpRequest\.newBuilder\(\)|Request\.Builder\(\)|[wW]ebClient(?:\.\w+\(\))*|[rR]estClient(?:\.\w+\(\))*|RequestEntity)\.(?:uri|url|get|post|put|delete)$/;

/** What the address starts with: the text itself, or the format or first part of the variable it is in. */
function wholeAddress(c: ReturnType<typeof code>, arg: { from: number; to: number }, text: string): string {
  if (!/^\w+$/.test(text)) return text;
  const values = c.facts.valuesOf(text, arg.from);
  return values.length === 1 ? c.text(values[0]) : text;
}

const fixedHost = (text: string): boolean =>
  /^(?:\$?@?"|[fFuU]?["'`]|(?:fmt\.Sprintf|String\.format|sprintf|format|URI\.create|new URL|URI\.parse)\(\s*["'`])https?:\/\/[\w.-]+(?::\d+)?[/?]/.test(
    text,
  );
