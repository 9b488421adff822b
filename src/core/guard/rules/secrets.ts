/** Reading, sending and deleting secrets. */
import { asksForHelp, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { About, Call, Context, Family, Hit } from '../model.ts';
import { pathOf } from '../places.ts';
import { secretName } from '../secretNames.ts';
import { deedOf, wordsOf } from '../verbs.ts';

/** Files that hold secrets, by their place in a home folder or by name. */
const secretPath = new RegExp(
  [
    String.raw`(?:^|/)\.ssh/(?!known_hosts|config$|authorized_keys|.*\.pub$)[^/]+$`,
    String.raw`(?:^|/)(?:[\w.-]{1,64}[_.-])?id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk)(?:[-_][\w-]{1,32}|\.(?:bak|backup|copy|disabled|key|old|orig|pem|save|tmp))?$`,
    String.raw`(?:^|/)[\w-]{1,64}_(?:rsa|dsa|ecdsa|ed25519)$`,
    String.raw`(?:^|/)\.(?:aws/(?:credentials|config|cli/cache|sso/cache)|gcp/.)`,
    String.raw`(?:^|/)\.(?:netrc|pgpass|my\.cnf|npmrc|pypirc|git-credentials|vault-token|htpasswd|s3cfg|boto|dockercfg|kaggle/kaggle\.json|terraformrc|rclone\.conf|passwd-s3fs|gem/credentials|cargo/credentials(?:\.toml)?|docker/config\.json(?:\.\w+)?|kube/config(?:\.\w+)?|azure/(?:accessTokens|msal_token_cache)\S*|config/(?:gcloud/(?:credentials\.db|access_tokens\.db|application_default_credentials\.json|legacy_credentials.*)|gh/hosts\.yml|hub|doctl/config\.yaml|rclone/rclone\.conf|op/.*)|terraform\.d/credentials\.tfrc\.json|password-store/.*|gnupg/(?:private-keys-v1\.d/.*|secring\.gpg)|electrum/.*|bitcoin/wallet\.dat)$`,
    String.raw`(?:^|/)\.(?:claude/\.credentials\.json|claude\.json|codex/(?:auth|\.credentials)\.json|gemini/(?:oauth_creds|mcp-oauth-tokens|a2a-oauth-tokens|google_accounts|gemini-credentials)\.json|antigravity/\S*(?:credential|oauth|token)\S*|config/github-copilot/(?:hosts|apps)\.json|copilot/(?:(?:config|auth)\.json|mcp-oauth-config/.*)|(?:config/)?cursor/(?:auth|credentials)\.json|local/share/(?:opencode/(?:mcp-)?auth|amp/secrets)\.json|kimi(?:-code)?/(?:.*\.json|server\.token|(?:credentials|mcp-oauth)/.*)|config/amp/.*\.json|amp/.*secrets.*|pi/agent/auth\.json)$`,
    String.raw`(?:^|/)\.env(?:\.(?!(?:example|sample|template|dist|defaults?|schema|test\.example|tpl)$)[\w.-]+)?$`,
    String.raw`(?:^|/)(?:prod(?:uction)?|staging|live|secrets?)\.env$`,
    String.raw`(?:^|/)(?:credentials|credential)(?:\.(?:json|ya?ml|toml|ini|xml|properties|csv))?$`,
    String.raw`(?:^|/)(?:service-account\S*|gcp-key\S*|client_secret\S*|serviceAccountKey)\.json$`,
    String.raw`(?:^|/)(?:secrets?)\.(?:ya?ml|json|toml|env|txt|ini|properties)$`,
    String.raw`\.(?:kdbx?|keystore|jks|p12|pfx|ppk|keychain(?:-db)?|agekey|asc\.key)$`,
    String.raw`(?:^|/)(?!.*(?:pub|public|localhost|test|example|fixture|mock|(?:d[hs]a?|ec)param)[^/]*$)[^/]+\.(?:key|pem)$`,
    String.raw`^/etc/(?:shadow|gshadow|sudoers|master\.passwd|ssl/private/.*|krb5\.keytab|ssh/ssh_host_\w+_key)$`,
    String.raw`^/proc/(?:self|\d+|\*)/(?:environ|mem)$`,
    String.raw`(?:^|/)\.(?:bash|zsh|sh|psql|mysql|python|node_repl|sqlite|rediscli|mongo)_history$`,
    String.raw`^/(?:var/)?run/secrets/`,
    String.raw`(?:Login Data|Cookies|logins\.json|key4\.db|cookies\.sqlite)$`,
  ].join('|'),
  'i',
);

/** Whether a path (canonical or not) holds secrets. */
const isSecretPath = (path: string): boolean => path.length < 4096 && secretPath.test(path);

/** Programs that show or carry off what they are given. */
const showing = new Set(
  'cat tac less more head tail bat batcat nl grep egrep fgrep rg ag ack sed awk gawk cut sort uniq strings xxd od hexdump base64 base32 rev fold pr paste join tee cp scp rsync mv tar zip gzip 7z curl wget nc ncat socat http https xh openssl jq yq python python3 node ruby perl php dd install ln split get-content gc type select-string sls findstr copy-item copy vim vi nano emacs view code open xdg-open diff cmp wc xclip pbcopy clip rclone aws gsutil gh glab sftp ftp mail sendmail dotenv iconv column csvlook sqlite3 gtar bsdtar 7za invoke-webrequest invoke-restmethod start-bitstransfer'.split(
    ' ',
  ),
);
/** Of these only counts or names come out. */
/** Folders that are full of them, for programs that take whole folders. */
const secretFolder =
  /(?:^|\/)\.(?:ssh|aws|gnupg|kube|docker|azure|password-store|config\/(?:gcloud|gh|op))\/?(?:\*|\.)?$/;
const takesFolders = new Set('tar gtar bsdtar zip 7z 7za rsync scp cp rclone sftp aws gsutil'.split(' '));
const harmless = new Set(['wc', 'ls', 'stat', 'test', '[']);
/** Programs that send to other machines. */
const senders = new Set(
  'curl wget nc ncat netcat socat http https xh scp rsync sftp ftp mail sendmail rclone telnet openssl invoke-webrequest invoke-restmethod iwr irm aws gsutil gh dig nslookup ping ssh'.split(
    ' ',
  ),
);

const sent = (what: string, file?: string): Hit =>
  hit(
    'secret-sent',
    'critical',
    'data-exposure',
    'deny',
    `This sends ${what} to another machine`,
    'Secrets must not leave this machine',
    about(file),
  );
const sentFile = (path: string, length?: number): Hit => sent(path.slice(0, length), path);
const read = (what: string, file?: string): Hit =>
  hit(
    'secret-read',
    'high',
    'secrets',
    'ask',
    `${what.slice(0, 120)} holds secrets, which would end up in the agent's conversation`,
    'Ask for the name of the setting instead of its value, or use an .env.example',
    about(file),
  );
const readFile = (path: string): Hit => read(path, path);

const manage = (rule: string, what: string, more?: About): Hit =>
  hit(rule, 'high', 'secrets', 'ask', what, 'Let a person do it; programs may stop working without the secret', more);

export const secrets: Family = {
  id: 'secrets',
  programs: ['*'],
  check(call, context) {
    if (
      senders.has(call.name) &&
      call.input.kind === 'secret' &&
      (call.name !== 'openssl' || call.args[0]?.text === 's_client')
    )
      return sent('secrets');
    if (call.input.kind === 'secret' && call.outputs.some((o) => /^\/dev\/(?:tcp|udp)\//.test(o.path.text)))
      return sent('secrets');
    if (call.printed && !call.remote) {
      const found = checkPrinted(call);
      if (found) return found;
    }
    const direct = Object.hasOwn(tools, call.name) && !asksForHelp(call) ? tools[call.name]!(call) : undefined;
    if (direct) return direct;
    if (!showing.has(call.name) || harmless.has(call.name)) return undefined;
    return checkFiles(call, context);
  },
};

const secretWord = /token|secret|passw|api_?key|_key|credential|\bkey\b/i;

/** Secrets shown on the terminal, which here means: sent to the model. */
function checkPrinted(call: Call): Hit | undefined {
  switch (call.name) {
    case 'echo':
    case 'printf':
    case 'write-output':
    case 'write-host':
    case 'print': {
      for (const { text, dynamic } of call.args) {
        const name = dynamic ? secretName.exec(text)?.[1] : undefined;
        if (name !== undefined) return read(`The variable ${name}`);
      }
      return undefined;
    }
    case 'grep':
    case 'egrep':
    case 'rg':
    case 'ag':
    case 'findstr':
    case 'select-string':
      return call.input.kind === 'secret' && call.args.some((a) => !a.text.startsWith('-') && secretWord.test(a.text))
        ? read('The environment')
        : undefined;
    case 'get-childitem':
    case 'gci':
    case 'dir':
    case 'ls':
    case 'get-item':
      return call.shell === 'powershell' && call.args.some((a) => /^env:\\?\*?$/i.test(a.text))
        ? read('The environment')
        : undefined;
    case '':
      return call.shell === 'powershell' && call.args.length === 0 && secretName.test(call.program.text)
        ? read(`The variable ${call.program.text.slice(0, 60)}`)
        : undefined;
    case 'env':
    case 'printenv':
      return call.args.length === 0 ? read('The environment') : undefined;
    case 'export':
    case 'declare':
    case 'typeset':
      return call.args.length === 1 && /^-p?x?p?$/.test(call.args[0]!.text) ? read('The environment') : undefined;
    case 'gcloud':
      return call.args.some((a) => /^print-(?:access|identity|refresh)-token$/.test(a.text))
        ? read('The token of the logged-in account')
        : readFromStore(call);
    case 'az':
      return call.args.some((a) => a.text === 'get-access-token')
        ? read('The token of the logged-in account')
        : readFromStore(call);
    default:
      return readFromStore(call);
  }
}

/** Stores of secrets: the words of the subcommand (and options) that print a value, not only names. */
const stores: Readonly<Record<string, RegExp>> = {
  aws: /^(?:secretsmanager (?:batch-)?get-secret-value\b|ssm get-parameters?(?:-by-path)?\b.* --with-decryption\b)/,
  gcloud: /^secrets versions access\b/,
  az: /^(?:keyvault secret (?:show|download)|storage account keys list|webapp config appsettings list|functionapp keys list|acr credential show|cosmosdb keys list|redis list-keys)\b/,
  vault: /^(?:kv get|read (?!(?:-\S+ )*(?:sys|auth|identity)\/)\S)/,
  bao: /^(?:kv get|read (?!(?:-\S+ )*(?:sys|auth|identity)\/)\S)/,
  op: /^(?:read\b|item get\b.* (?:--reveal|--fields?|--otp)\b|document get\b)/,
  bw: /^get (?:password|totp|item|notes)\b/,
  doppler: /^secrets(?: get\b| download\b|$| --)/,
  infisical: /^(?:secrets(?: get\b|$| --)|export\b)/,
  chamber: /^(?:read|export|env)\b/,
  lpass: /^show\b/,
  gopass: /^(?:show|cat)\b/,
};

function readFromStore(call: Call): Hit | undefined {
  const shows = Object.hasOwn(stores, call.name) ? stores[call.name] : undefined;
  if (!shows || asksForHelp(call)) return undefined;
  // Options may stand before the subcommand: `aws --region x secretsmanager …`.
  const words = call.args.slice(0, 64).map((a) => a.text);
  const options = readOptions(call.args.slice(0, 64), storeOptions).words.map((w) => w.text);
  if (words.includes('--only-names')) return undefined;
  const given = words.filter((w) => /^--?[a-z]/.test(w));
  return shows.test([...options, ...given].join(' ').slice(0, 2000)) ? read('This store') : undefined;
}

const storeOptions = new Set(
  'profile region output endpoint-url query project account vault vault-name name n session config token format mount namespace'.split(
    ' ',
  ),
);

function checkFiles(call: Call, context: Context): Hit | undefined {
  const sends = senders.has(call.name);
  const args = call.args;
  // In `cp a b`, `mv a b`, `ln a b` and `tee b` the last word is written, not read.
  const writes =
    call.name === 'tee'
      ? 0
      : call.name === 'cp' ||
          call.name === 'mv' ||
          call.name === 'install' ||
          call.name === 'ln' ||
          call.name === 'copy-item' ||
          call.name === 'copy'
        ? args.length - 1
        : args.length;
  // The first word of grep, sed, awk is a pattern or a program.
  let pattern =
    /^(?:e|f)?grep$|^(?:rg|ag|ack|sed|awk|gawk|jq|yq|select-string|sls|findstr)$/.test(call.name) &&
    !args.some(
      (a) =>
        /^(?:-Pattern$|\/c:|\/g:)/i.test(a.text) || a.text === '-e' || a.text === '-f' || a.text.startsWith('--regexp'),
    );
  for (let i = 0; i < Math.min(args.length, 512); i++) {
    const field = args[i]!;
    const { text } = field;
    if (call.name === 'ssh') return undefined;
    if (sends && field.dynamic && text.includes('$(secret)')) return sent('secrets');
    if (sends) {
      const file = /^(?:@|[^=@\s]{0,200}=@|.*<)([^;]+)/.exec(text)?.[1];
      const given = /^--(?:post-file|body-file|upload-file|data|data-binary|data-raw|form|json)=@?(.+)$/s.exec(
        text,
      )?.[1];
      if (given !== undefined && isSecretPath(pathOf({ ...field, text: given }, call, context)))
        return sentFile(given, 80);
      if (
        file !== undefined &&
        /(?:^@|=@|^<)/.test(text) &&
        isSecretPath(pathOf({ ...field, text: file }, call, context))
      )
        return sentFile(file, 80);
      if (
        (call.name === 'scp' ||
          call.name === 'rsync' ||
          call.name === 'sftp' ||
          call.name === 'rclone' ||
          call.name === 'aws' ||
          call.name === 'gsutil') &&
        /^-i$/.test(args[i - 1]?.text ?? '')
      )
        continue;
    }
    if (text.startsWith('-') && !text.startsWith('--from-file=') && !/^-(?:T|F)./.test(text)) {
      if (
        /^(?:-i|-E|--key|--cert|--cacert|--identity|--private-key|--env-file|-keyout|-inkey|-key|-CAkey|-signkey|-CA|--netrc-file)$/.test(
          text,
        )
      )
        i++;
      continue;
    }
    if (pattern) {
      pattern = false;
      continue;
    }
    if (
      i >= writes ||
      (call.name === 'openssl' && /^(?:-out|-keyout|-key|-in|-inkey|-CAkey|-signkey)$/.test(args[i - 1]?.text ?? '')) ||
      (call.name === 'dd' && !text.startsWith('if=')) ||
      (call.name === 'curl' &&
        /^(?:--cert|--key|--cacert|-E|-o|--output|-b|-c|--cookie)$/.test(args[i - 1]?.text ?? '')) ||
      /^-OutFile$/i.test(args[i - 1]?.text ?? '')
    )
      continue;
    const path = pathOf({ ...field, text: text.replace(/^if=/, '') }, call, context);
    if (!isSecretPath(path) && !(takesFolders.has(call.name) && secretFolder.test(path))) continue;
    // `/etc/sudoers` and friends named in a URL or a commit message are no files.
    if (/^\w+:\/\//.test(text) || /\s/.test(text)) continue;
    return sends && call.name !== 'openssl' ? sentFile(path) : readFile(path);
  }
  return undefined;
}

const tools: Readonly<Record<string, (call: Call) => Hit | undefined>> = {
  aws(call) {
    const [service, op = ''] = wordsOf(call, new Set('profile region output endpoint-url query'.split(' ')));
    if (service === 'secretsmanager' && deedOf(op) !== 'read' && !/^(?:tag|untag)/.test(op))
      return manage(`aws-secret-${op}`, `aws secretsmanager ${op} changes or deletes a secret`);
    if (service === 'ssm' && /^(?:delete|put)-parameter/.test(op))
      return manage('aws-ssm-parameter', `aws ssm ${op} changes or deletes settings and secrets`);
    return undefined;
  },
  vault(call) {
    const list = wordsOf(
      call,
      new Set(
        'address namespace ns ca-cert -address -namespace -ns -mount mount format -format field -field version'.split(
          ' ',
        ),
      ),
    );
    const [verb = '', sub = '', third = ''] = list;
    const pair = `${verb} ${sub}`;
    if (
      /^(?:kv (?:delete|destroy|put|patch|undelete|rollback)|kv metadata|secrets (?:disable|enable|move|tune)|auth (?:disable|enable|move|tune)|policy (?:delete|write)|token (?:revoke|create|renew)|lease (?:revoke|renew)|audit (?:disable|enable)|namespace (?:delete|create|patch|lock|unlock)|plugin (?:deregister|register|reload|runtime)|transit import|pki (?:issue|reissue))/.test(
        pair,
      )
    ) {
      if (pair === 'kv metadata' && third !== 'delete' && third !== 'put' && third !== 'patch') return undefined;
      if (pair.startsWith('audit disable'))
        return hit(
          'vault-audit-off',
          'critical',
          'logging-off',
          'ask',
          'This switches the audit log of Vault off',
          'Leave it on',
        );
      if (/^(?:policy|auth|token create)/.test(pair))
        return hit(
          `vault-${verb}-${sub}`,
          'critical',
          'iam-permission',
          'ask',
          `vault ${pair} changes who can get which secrets`,
          'Let a person do it',
        );
      return manage(`vault-${verb}-${sub}`, `vault ${pair} changes or deletes secrets`);
    }
    if (verb === 'delete' || verb === 'write' || verb === 'patch')
      return manage(`vault-${verb}`, `vault ${verb} changes or deletes ${sub.slice(0, 60)}`);
    return verb === 'operator' &&
      !/^(?:members|diagnose|key-status|usage|utilization)$/.test(sub) &&
      !(sub === 'raft' && /^(?:list-peers|autopilot)$/.test(third))
      ? hit(
          'vault-operator',
          'critical',
          'security-control-disabled',
          'ask',
          `vault operator ${sub} changes or seals the vault itself`,
          'Let a person do it',
        )
      : undefined;
  },
  bao: (call) => tools['vault']!(call),
  doppler: byVerb(new Set(['secrets', 'configs', 'projects', 'environments'])),
  infisical: byVerb(new Set(['secrets'])),
  op: byVerb(new Set(['item', 'vault', 'document', 'user', 'group', 'connect'])),
  bw: (call) =>
    /^(?:delete|edit|import|move|confirm)$/.test(wordsOf(call)[0] ?? '')
      ? manage('bw-change', 'This changes or deletes entries of the password safe')
      : undefined,
  lpass: (call) =>
    /^(?:rm|edit|mv|import|passwd|share)$/.test(wordsOf(call)[0] ?? '')
      ? manage('lpass-change', 'This changes or deletes entries of the password safe')
      : undefined,
  gopass: (call) => tools['pass']!(call),
  pass: (call) =>
    /^(?:rm|remove|delete|mv|edit|insert|generate)$/.test(wordsOf(call)[0] ?? '')
      ? manage('pass-change', 'This changes or deletes entries of the password safe')
      : wordsOf(call)[0] === 'show'
        ? read('The password store')
        : undefined,
  chamber: (call) =>
    /^(?:delete|write|import|tag)$/.test(wordsOf(call)[0] ?? '')
      ? manage('chamber-change', 'This changes or deletes secrets')
      : undefined,
  sops: (call) =>
    call.args.some((a) => /^(?:-d|--decrypt|decrypt|exec-env|exec-file)$/.test(a.text)) &&
    !call.args.some((a) => a.text.startsWith('exec'))
      ? read('The encrypted file')
      : undefined,
  security(call) {
    const verb = wordsOf(call)[0] ?? '';
    if (verb === 'dump-keychain' || verb === 'export')
      return hit(
        'keychain-dump',
        'critical',
        'secrets',
        'deny',
        'This prints every password of the keychain',
        'Leave the keychain alone',
      );
    if (/^find-(?:generic|internet)-password$/.test(verb))
      return call.args.some((a) => /^-\w*[wg]$/.test(a.text)) ? read('The keychain') : undefined;
    return /^(?:delete-(?:keychain|generic-password|internet-password)|set-keychain|unlock-keychain|create-keychain|import)/.test(
      verb,
    )
      ? manage(
          'keychain-change',
          `security ${verb} changes the keychain`,
          verb.startsWith('delete-') ? { manner: 'deleting' } : {},
        )
      : undefined;
  },
  'secret-tool': (call) =>
    /^(?:lookup|search)$/.test(wordsOf(call)[0] ?? '')
      ? read('The keyring')
      : /^(?:clear|store)$/.test(wordsOf(call)[0] ?? '')
        ? manage('keyring-change', 'This changes the keyring')
        : undefined,
  gpg(call) {
    const { flags } = readOptions(call.args);
    for (const name of [
      'delete-secret-keys',
      'delete-secret-key',
      'delete-secret-and-public-key',
      'delete-keys',
      'delete-key',
    ])
      if (flags.has(name))
        return hit(
          'gpg-delete',
          'critical',
          'secrets',
          'ask',
          'Without this key nothing it encrypted can be read',
          'Let a person do it',
        );
    return flags.has('export-secret-keys') || flags.has('export-secret-subkeys') || flags.has('export-secret-key')
      ? hit(
          'gpg-export',
          'critical',
          'secrets',
          'ask',
          'This prints the private key',
          'Leave private keys where they are',
        )
      : undefined;
  },
  printenv: (call) =>
    call.args.some((a) => /(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE|CREDENTIAL)/i.test(a.text))
      ? read(`The variable ${call.args[0]!.text}`)
      : undefined,
  git(call) {
    const list = call.args.map((a) => a.text);
    // `git show REF:.env` and `git diff --no-index /dev/null .env` print what is in it.
    const shows = list.findIndex((t) => /^(?:show|cat-file)$/.test(t));
    const shown =
      shows >= 0
        ? list.slice(shows + 1).find((t) => /^[\w./@^~-]*:./.test(t) && isSecretPath(t.slice(t.indexOf(':') + 1)))
        : list.includes('--no-index')
          ? list.find((t) => !t.startsWith('-') && isSecretPath(t))
          : undefined;
    if (shown !== undefined && call.printed) return readFile(shown);
    if (list[0] === 'credential' && list[1] === 'fill') return read("Git's store of passwords");
    if (list[0] === 'config' && list.some((t) => /extraheader$/i.test(t)) && list.some((t) => t.startsWith('--get')))
      return read('The header git sends to log in');
    if (list[0] !== 'add') return undefined;
    const file = list
      .slice(1)
      .find(
        (t) =>
          !t.startsWith('-') &&
          /(?:^|\/)(?:\.env(?:\.(?!example$|sample$|template$|dist$)[\w.]+)?|id_(?:rsa|ed25519)|.*\.(?:p12|pfx|kdbx|jks))$/.test(
            t,
          ),
      );
    return file
      ? hit(
          'secret-commit',
          'high',
          'secrets',
          'ask',
          `${file} holds secrets, which would stay in the history for good`,
          'Put it into .gitignore and commit an example',
          about(file),
        )
      : undefined;
  },
  npm: (call) =>
    call.args[0]?.text === 'config' &&
    call.args.some((a) => /_authToken|_password|_auth$/.test(a.text)) &&
    call.args[1]?.text === 'get'
      ? read('The token of the registry')
      : undefined,
  glab: (call) =>
    call.args[0]?.text === 'auth' && call.args.some((a) => /^(?:-t|--show-token)$/.test(a.text))
      ? read('The token of the logged-in account')
      : undefined,
  kubectl: kubeSecrets,
  oc: kubeSecrets,
  k: kubeSecrets,
  mimikatz: () =>
    hit('credential-theft', 'critical', 'secrets', 'deny', 'This takes credentials out of memory', 'Leave it'),
  lazagne: () => hit('credential-theft', 'critical', 'secrets', 'deny', 'This collects passwords', 'Leave it'),
  vaultcmd: (call) => (call.args.some((a) => /list/i.test(a.text)) ? read('The credential vault') : undefined),
  cmdkey: (call) =>
    call.args.some((a) => /\/(?:delete|add)/i.test(a.text))
      ? manage('cmdkey-change', 'This changes stored credentials')
      : undefined,
};

function byVerb(groups: ReadonlySet<string>): (call: Call) => Hit | undefined {
  return (call) => {
    const list = wordsOf(call, new Set('p project c config vault account env token scope session o format'.split(' ')));
    const at = groups.has(list[0] ?? '') ? list.findIndex((w, i) => i > 0 && deedOf(w) !== undefined) : -1;
    const word = at >= 0 ? list[at]! : '';
    const deed = deedOf(word);
    if (deed !== 'destroy' && !(deed === 'change' && call.name !== 'doppler' && word !== 'list')) return undefined;
    return manage(
      `${call.name}-${list[0]}-${word}`,
      `${call.name} ${list.slice(0, at + 1).join(' ')} ${deed === 'destroy' ? 'deletes' : 'changes'} ${list[0] === 'user' || list[0] === 'group' ? 'who can reach the secrets' : 'secrets'}`,
    );
  };
}

/** `kubectl get secret -o yaml` shows the values, a plain `get` or `describe` does not. */
function kubeSecrets(call: Call): Hit | undefined {
  const { flags, values, words } = readOptions(
    call.args,
    new Set('n namespace o output l selector context cluster kubeconfig template'.split(' ')),
  );
  const list = words.map((w) => w.text);
  if (list[0] === 'config' && list[1] === 'view' && flags.has('raw')) return read('The kubeconfig');
  if (
    list[0] !== 'get' ||
    !list.slice(1).some((w) => /^(?:secrets?)(?:[./,]|$)/.test(w) || /(?:^|,)secrets?(?:,|$)/.test(w))
  )
    return undefined;
  const output = values.get('o') ?? values.get('output') ?? '';
  return /^(?:ya?ml|json|jsonpath|go-template|custom-columns)/.test(output) && !/\.metadata\.|keys/.test(output)
    ? read('The secret in the cluster')
    : undefined;
}
