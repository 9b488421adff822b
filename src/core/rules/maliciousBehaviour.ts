import type { Call } from '../languages/facts.ts';
import { code, type Code } from './kit/code.ts';
import { codeLanguages, type Rule } from './rule.ts';

/** What such a hit says, in whatever language. */
const remoteShell = {
  key: 'remote shell',
  tier: 'critical',
  message: 'A shell is handed to a connection: find out who wanted this.',
} as const;

export const maliciousBehaviour: Rule = {
  id: 'malicious-behaviour',
  title: 'Behaviour of malicious packages',
  tier: 'high',
  category: 'data-exposure',
  languages: codeLanguages,
  references: ['CWE-506', 'CWE-200', 'OWASP LLM03:2025', 'MITRE ATT&CK T1041'],
  why: 'Secrets of the environment sent away, code that is decoded and run, processes started to outlive their parent in silence: each is the signature of a planted backdoor, and hardly ever anything else.',
  remedy: 'find out where it came from before anything else is merged',
  keywords: [
    'environ',
    'curl',
    'wget',
    'dup2',
    'virtualallocex',
    'createremotethread',
    'writeprocessmemory',
    'keyboard',
    'pyperclip',
    'winreg',
    'setvalueex',
    'gethostbyname',
    'net',
    'getenv',
    'env',
    'detached',
    'b64decode',
    'fromhex',
    'atob',
    'decompress',
    'frombase64string',
    'exec',
    'eval',
    'clipboard',
    'pastebin',
    'webhook',
    'discord',
    'telegram',
    'ngrok',
    'interactsh',
    'burpcollaborator',
    'stratum',
    'xmrig',
    'keylogger',
    'gethostname',
    'getuser',
    'hostname',
    'userinfo',
    'base64',
    'rot13',
    'codecs',
    'unhexlify',
    'screenshot',
    'imagegrab',
    'pynput',
    'hasattr',
    'osascript',
    'powershell',
    'read_text',
    'ssh',
    'npmrc',
    'id_rsa',
    'networkinterfaces',
    'dns',
    'marshal',
    'oast',
    'pipedream',
    'requestbin',
    'credentials',
    'cookies',
    'urlretrieve',
    'chmod',
    'loadlibrary',
  ],
  check(source, report) {
    const c = code(source);
    const { text } = source;
    const secrets =
      /(?:environ|getenv|process\.env|Getenv|System\.getenv|ENV\[)[^\n]{0,60}(?:AWS_|SECRET|TOKEN|PASSWORD|API_?KEY|CREDENTIAL|PRIVATE|ACCESS_KEY)|\.(?:aws\/credentials|ssh\/id_\w+|npmrc|netrc|docker\/config\.json|kube\/config|pypirc|git-credentials)|\/etc\/(?:passwd|shadow)|Login Data|wallet\.dat|\.bash_history/;
    const sends =
      /^(?:requests\.(?:post|put|get|request)|httpx\.(?:post|put|get)|urllib\.request\.(?:urlopen|Request)|urlopen|aiohttp\.\w+|session\.post|axios(?:\.\w+)?|fetch|got(?:\.\w+)?|https?\.(?:request|get|Post|PostForm|Get)|http\.(?:Post|PostForm|Get|NewRequest)|socket\.\w+|\w+\.sendall|\w+\.send|Net\.HTTP\.\w+|dns\.(?:resolve|lookup)|needle\.\w+|request(?:\.post)?)$/;
    for (const call of c.facts.calls) {
      const hit = { start: call.start, end: call.end };
      if (
        /(?:^|\.)(?:gethostbyname|getaddrinfo|resolve|lookup)$/.test(call.callee) &&
        call.args[0] &&
        /\b(?:getpass\.getuser|gethostname|os\.hostname|os\.userInfo|platform\.node|os\.environ|process\.env)\b/.test(
          c.text(call.args[0]),
        ) &&
        /["'`]\.?[\w-]{1,60}\.[\w.-]{1,80}["'`]|\.[a-z]{2,12}`/.test(c.text(call.args[0]))
      )
        report({
          ...hit,
          message: 'Names of this machine or its user leave it as a DNS question: find out who wanted this.',
        });
      else if (sends.test(call.callee)) {
        const body = c.text({ from: call.open, to: call.close + 1 });
        const all = deep(c, { from: call.open + 1, to: call.close }, 0);
        // An own API called with its own token is what tokens are for: a bare address, or the token as data, is not.
        const ownFiles =
          /\.(?:ssh\/(?:id_\w+|authorized_keys)|aws\/credentials|netrc|pypirc|git-credentials|kube\/config)/;
        const asHeader = /headers\s*[=:]|Authorization|Bearer|auth\s*=/i.test(body);
        if (
          secrets.test(all) &&
          (/["'`]https?:\/\/\d{1,3}(?:\.\d{1,3}){3}|pastebin|discord(?:app)?\.com\/api\/webhooks|api\.telegram|ngrok|oast|burpcollaborator|requestbin|webhook\.site|pipedream/.test(
            all,
          ) ||
            (!asHeader && /(?:data|json|params|body)\s*[=:]/.test(body)) ||
            (/\?[^"'`]{0,400}["'`]\s*\+|\$\{process\.env/.test(body) && !asHeader))
        )
          report(
            ownHost.test(c.text(call.args[0])) && isOneSecret(all)
              ? {
                  ...hit,
                  tier: 'medium',
                  message: 'A secret stands in an address, and addresses are logged: send it in a header.',
                }
              : hit,
          );
        else if (readsFile(c, call, ownFiles))
          report({
            ...hit,
            message: "Keys and passwords of this machine's user are sent away: find out who wanted this.",
          });
        else if (/\b(?:pyperclip|clipboard(?:y)?)\.(?:paste|read|readSync)\(|\bImageGrab\.grab\(/.test(all))
          report({
            ...hit,
            message: 'What is on the screen or in the clipboard is sent away: find out who wanted this.',
          });
        else if (
          /(?:environ(?:\.copy\(\))?\b(?!\s*[.[])|process\.env(?!\s*[.[])|JSON\.stringify\(\s*process\.env\s*\)|dict\(os\.environ\)|os\.Environ\(\))/.test(
            body,
          ) &&
          call.args.length > 0 &&
          !/env\s*[:=]/.test(body)
        )
          report({ ...hit, message: 'The whole environment is sent away: send single, named values.' });
        else if (
          /(?:gethostname|getpass\.getuser|os\.hostname\(\)|os\.userInfo|platform\.node)/.test(all) &&
          /["'`]https?:\/\/[^"'`]{0,400}(?:\d{1,3}(?:\.\d{1,3}){3}|oast|ngrok|burp|pipedream|interact|requestbin|webhook\.site)/.test(
            all,
          )
        )
          report(hit);
      } else if (
        /(?:^|\.)(?:write|end)$/.test(call.callee) &&
        /^JSON\.stringify\(\s*process\.env\s*\)$|^process\.env$/.test(c.text(call.args[0])) &&
        /\bhttps?\.request\(|\bnet\.(?:connect|createConnection|Socket)\b|\btls\.connect\(/.test(text)
      )
        report({ ...hit, message: 'The whole environment is sent away: send single, named values.' });
      else if (
        source.language === 'python' &&
        call.callee === 'os.dup2' &&
        /\.fileno\(\)/.test(c.text(call.args[0])) &&
        source.has(/\bsocket\b/) &&
        /\/bin\/(?:ba|z|da)?sh\b|\bcmd\.exe\b|\bpty\.spawn\b|\bpowershell\b|["'](?:ba)?sh["']/.test(text)
      )
        report({ ...hit, ...remoteShell });
      else if (
        /(?:^|\.)(?:VirtualAllocEx|WriteProcessMemory|CreateRemoteThread|NtCreateThreadEx|QueueUserAPC)$/.test(
          call.callee,
        )
      )
        report({
          ...hit,
          tier: 'critical',
          message: 'Code is written into another process: find out who wanted this.',
        });
      else if (
        /(?:^|\.)(?:SetValueEx|RegSetValueEx[AW]?)$/.test(call.callee) &&
        /CurrentVersion\\{1,2}Run(?:Once)?\b/.test(c.around(call.start, 12, 0))
      )
        report({
          ...hit,
          message: 'Program starts itself with every login from now on: let its installer do so, openly.',
        });
      else if (
        source.language === 'python' &&
        (/^(?:(?:pynput\.)?keyboard\.)?Listener$/.test(call.callee)
          ? source.has(/\bpynput\b/) && c.named(call, 'on_press', 'on_release') !== undefined
          : /^keyboard\.(?:on_press|hook|on_release|start_recording)$/.test(call.callee))
      )
        report({ ...hit, message: 'All keys that are pressed are recorded: find out who wanted this.' });
      else if (
        call.name === 'pipe' &&
        /^(?:javascript|typescript)$/.test(source.language) &&
        c.text(call.args[0]).endsWith('.stdin') &&
        /\bnet\.(?:connect|createConnection|Socket)\b/.test(text) &&
        /["'`](?:\/bin\/)?(?:ba|z|da)?sh["'`]|cmd\.exe|powershell/.test(text)
      )
        report({ ...hit, ...remoteShell });
      else if (
        /(?:^|\.)(?:exec|execSync|spawn|spawnSync)$/.test(call.callee) &&
        /^(?:javascript|typescript)$/.test(source.language) &&
        /\bcurl\b[^|]{0,400}\|\s*(?:ba|z)?sh\b|\bwget\b[^|]{0,400}\|\s*(?:ba|z)?sh\b|powershell[^"'`]{0,400}(?:-enc|-EncodedCommand|hidden)/i.test(
          c.facts.literal(call.args[0]) ?? '',
        )
      )
        report({ ...hit, message: 'What an address answers is run as a program: pin it and check its digest first.' });
      else if (
        /(?:^|\.)(?:spawn|spawnSync|exec|execSync|fork|execFile)$/.test(call.callee) &&
        /^(?:javascript|typescript)$/.test(source.language)
      ) {
        const body = c.text({ from: call.open, to: call.close + 1 });
        if (
          /detached\s*:\s*true/.test(body) &&
          /stdio\s*:\s*(?:["']ignore["']|\[\s*["']ignore["']\s*,\s*["']ignore["'])/.test(body)
        )
          report({
            ...hit,
            key: 'silent',
            message: 'Process is started to outlive its parent without any output: say what it is for, and log it.',
          });
      } else if (source.language === 'python' && /^(?:exec|eval|compile|__import__)$/.test(call.callee)) {
        const body = c.text({ from: call.open, to: call.close + 1 });
        if (
          /b64decode|fromhex|unhexlify|decompress|rot_?13|marshal\.loads|urlopen|requests\.get|\[::-1\]|codecs\.decode|bytes\.fromhex|\.decode\(/.test(
            body,
          )
        )
          report({ ...hit, tier: 'critical', message: 'Hidden code is decoded and run: find out where it came from.' });
      } else if (
        /^(?:eval|Function)$/.test(call.callee) &&
        /\batob\(|Buffer\.from\([^)]{0,400}(?:base64|hex)|String\.fromCharCode|(?:unescape|decodeURIComponent)\(\s*["'`][^"'`]{0,200}%[0-9a-f]{2}/i.test(
          c.text({ from: call.open, to: call.close + 1 }),
        )
      )
        report({ ...hit, tier: 'critical', message: 'Hidden code is decoded and run: find out where it came from.' });
      else if (source.language === 'python' && /^(?:os\.system|subprocess\.\w+|os\.popen)$/.test(call.callee)) {
        const body = c.text({ from: call.open, to: call.close + 1 });
        if (
          /powershell[^"']{0,400}(?:-enc|-EncodedCommand|hidden)|\bcurl\b[^"'|]{0,400}\|\s*(?:ba)?sh|\bwget\b[^"']{0,400}(?:&&|;|\|)\s*(?:sh|bash|chmod)|bitsadmin|certutil\s+-urlcache|mshta\b|regsvr32/i.test(
            body,
          )
        )
          report({ ...hit, tier: 'critical' });
      }
    }
    for (const m of text.matchAll(
      /["'`](?:stratum\+tcp:\/\/|[^"'`\n]{0,400}\b(?:xmrig|minerd|cryptonight)\b)[^"'`\n]{0,400}["'`]/g,
    ))
      report({
        start: m.index,
        end: m.index + m[0].length,
        tier: 'critical',
        message: 'Crypto-mining address or program: find out where it came from.',
      });
  },
};

function deep(c: ReturnType<typeof code>, range: { from: number; to: number }, depth: number): string {
  let text = c.text(range);
  if (depth < 3)
    for (const name of new Set(c.names(range)))
      for (const a of c.facts.valuesOf(name, range.from).slice(0, 4))
        if (a.from !== range.from) text += ` ${deep(c, a, depth + 1)}`;
  return text.slice(0, 8000);
}

/** Whether what is sent was read from a file of that name: `open(path)` or `with open(path) as f`. */
function readsFile(c: Code, send: Call, files: RegExp): boolean {
  const sent = c.text({ from: send.open, to: send.close });
  let looked = 0;
  for (const call of c.facts.callsNamed('open', 'read_text', 'read_bytes', 'readFileSync')) {
    // Nobody opens more in one function; what is longer is no program.
    if (++looked > 50) return false;
    if (call.start > send.end || c.facts.scopeAt(call.open) !== c.facts.scopeAt(send.open)) continue;
    const owner = c.text({ from: call.first, to: call.close + 1 });
    if (!files.test(owner)) continue;
    if (call.start >= send.start) return true;
    const { tokens } = c.facts;
    const name =
      tokens[call.close + 1]?.text === 'as'
        ? tokens[call.close + 2]?.text
        : tokens[call.first - 1]?.text === '='
          ? tokens[call.first - 2]?.text
          : undefined;
    if (name !== undefined && /^\w+$/.test(name) && new RegExp(`\\b${name}\\b`).test(sent)) return true;
  }
  return false;
}

/** An address of a service whose host the settings of the program name. */
const ownHost =
  /^`\$\{(?:process\.env|import\.meta\.env)\.(?:\w{0,40}_)?(?:URL|HOST|ORIGIN|ENDPOINT|BASE)\}\/[\w/.-]{1,120}\?|^`\$\{process\.env\.(?:NEXT_PUBLIC_)?(?:BASE|SITE|APP|API)_?URL\}\//;
/** One secret by its name, and neither more of the environment nor another host. */
const isOneSecret = (text: string): boolean =>
  !/process\.env(?!\.)|environ|["'`]https?:\/\//.test(text) &&
  new Set([...text.matchAll(/process\.env\.(\w+)/g)].map((m) => m[1]!)).size <= 2;
