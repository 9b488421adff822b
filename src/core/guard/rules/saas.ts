/** Command lines and web interfaces of hosted services: source hosting, hosting, CI, messaging, monitoring, payments. */
import { asksForHelp, readOptions } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { isDryRun, verbOf } from '../verbs.ts';

interface Tool {
  /** What it works on, for the reason. */
  readonly what: string;
  /** Words that look like verbs and are groups. */
  readonly nouns?: ReadonlySet<string>;
  /** Verbs that are harmless here. */
  readonly fine?: RegExp;
  /** Further verbs to ask about: `group verb` is matched. */
  readonly also?: RegExp;
}

const nouns = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const t = (what: string, more: Omit<Tool, 'what'> = {}): Tool => ({ what, ...more });

const tools: Readonly<Record<string, Tool>> = {
  gh: t('GitHub', {
    nouns: nouns('release run search browse status label secret deploy-key'),
    fine: /^(?:pr close|issue close|pr unlock|issue unlock|run watch|cache delete|pr (?:reopen|lock)|issue (?:lock|unpin|pin)|extension remove|alias delete|codespace stop|cs stop|config clear-cache|auth logout|label clone|release download|workflow view|run (?:view|rerun|download))$/,
    also: /^(?:repo (?:edit|rename|create --public)|secret set|variable set|ssh-key add|gpg-key add|repo deploy-key add|workflow disable|pr merge .*--admin|auth token|auth status (?:--show-token|-t\b)|release (?:create|upload|edit)|repo create .*--public|ruleset)/,
  }),
  hub: t('GitHub'),
  glab: t('GitLab', {
    nouns: nouns('release ci pipeline'),
    fine: /^(?:mr close|issue close|ci (?:status|trace)|auth logout|alias delete)$/,
    also: /^(?:variable set|repo transfer|repo archive|schedule delete)/,
  }),
  tea: t('Gitea', { fine: /close$/ }),
  bb: t('Bitbucket'),
  'gitlab-runner': t('the GitLab runner', {
    also: /^(?:stop|uninstall|unregister)/,
    fine: /^(?:restart|verify|list|status)$/,
  }),
  'gitlab-rails': t('GitLab'),
  'gitlab-rake': t('GitLab'),
  'gitlab-ctl': t('GitLab'),
  heroku: t('Heroku', {
    also: /(?:^ps:scale \S+=0\b|^config$|^config:get|:(?:destroy|remove|delete|reset|unset|detach|revoke|rollback|wipe|leave|disable|kill|stop|clear|transfer|promote|credentials:rotate)|^(?:destroy|rollback))/,
    nouns: nouns('releases run'),
  }),
  vercel: t('Vercel', {
    also: /^(?:rm|remove|env rm|domains rm|dns rm|secrets rm|alias rm|project rm|rollback|promote)/,
    nouns: nouns('env'),
  }),
  now: t('Vercel'),
  netlify: t('Netlify', {
    nouns: nouns('env status'),
    also: /:(?:delete|unset|destroy)\b|^env:(?:get|list)\b/,
  }),
  fly: t('Fly.io', {
    nouns: nouns('status machine scale'),
    also: /^(?:apps destroy|scale count 0|secrets unset|volumes destroy|machine destroy)/,
  }),
  flyctl: t('Fly.io', { nouns: nouns('status machine scale') }),
  railway: t('Railway', { also: /^down/ }),
  render: t('Render'),
  dokku: t('Dokku', { also: /:(?:destroy|remove|unlink|rebuild|stop|clear|unset|delete|purge)/ }),
  cf: t('Cloud Foundry', { also: /^(?:delete|unbind|unset|purge|stop|unmap|disable)/ }),
  surge: t('surge.sh', { also: /^teardown/ }),
  firebase: t('Firebase', {
    also: /(?::(?:delete|disable|destroy|remove|rollback|clear|stop)|^(?:hosting:disable|firestore:delete|database:remove|projects:delete|functions:delete))/,
  }),
  amplify: t('Amplify'),
  pulumi_esc: t('Pulumi ESC'),
  wrangler: t('Cloudflare', {
    nouns: nouns('deployments d1 kv'),
    also: /^(?:rollback|deployments rollback|secret delete|pages project delete|d1 migrations apply(?!.*--local))/,
    fine: /^(?:dev|tail|types|pages dev|login|logout|d1 migrations)$/,
  }),
  flarectl: t('Cloudflare'),
  cloudflared: t('Cloudflare', { fine: /^(?:tunnel (?:run|info|list)|update|version)$/ }),
  fastly: t('Fastly', {
    nouns: nouns('compute service'),
    also: /(?:^service-version activate|version activate|purge)/,
  }),
  bunny: t('Bunny'),
  akamai: t('Akamai'),
  circleci: t('CircleCI', {
    nouns: nouns('context orb config'),
    also: /(?:remove-secret|delete)/,
    fine: /^(?:setup|local|config)/,
  }),
  'jenkins-cli': t('Jenkins', {
    also: /^(?:delete|disable|quiet-down|safe-|shutdown|restart|clear-queue|offline-node|groovy|remove|stop)/,
  }),
  buildkite: t('Buildkite'),
  bk: t('Buildkite'),
  travis: t('Travis CI'),
  drone: t('Drone'),
  tkn: t('Tekton'),
  argo: t('Argo Workflows'),
  act: t('act', { fine: /.*/ }),
  teamcity: t('TeamCity'),
  stripe: t('Stripe', {
    fine: /^(?:listen|login|logs|trigger|samples|open|serve)/,
    also: /^(?:api_keys roll|.*\broll\b)/,
  }),
  square: t('Square', { fine: /list$/ }),
  braintree: t('Braintree'),
  paypal: t('PayPal'),
  paddle: t('Paddle'),
  shopify: t('Shopify', { fine: /^(?:app|theme) (?:dev|build|check|info|list|init|pull)/ }),
  twilio: t('Twilio', { also: /:(?:remove|delete)/ }),
  sendgrid: t('SendGrid'),
  mailgun: t('Mailgun'),
  postmark: t('Postmark'),
  mailchimp: t('Mailchimp'),
  ses: t('SES'),
  resend: t('Resend'),
  ldcli: t('LaunchDarkly', { also: /(?:archive|delete|toggle)/ }),
  launchdarkly: t('LaunchDarkly'),
  flipt: t('Flipt'),
  split: t('Split', {
    nouns: nouns(''),
    also: /^(?:splits|environments|segments|traffic-types|workspaces) (?:delete|kill)/,
    fine: /^(?!(?:splits|environments|segments|traffic-types|workspaces)\b).*/,
  }),
  unleash: t('Unleash', { also: /archive/ }),
  'unleash-cli': t('Unleash', { also: /archive/ }),
  growthbook: t('GrowthBook'),
  configcat: t('ConfigCat'),
  statsig: t('Statsig'),
  flagsmith: t('Flagsmith'),
  nats: t('NATS', {
    nouns: nouns('stream kv'),
    fine: /^(?:sub|pub|req|reply|bench|rtt|server (?:ls|list|info|report)|context|stream (?:info|ls|view|get|report|backup)|kv (?:get|ls|watch|put|info|status|history|create|update)|object (?:get|ls|info|put|watch))/,
    also: /(?:purge|\b(?:del|rm|rmm)\b)/,
  }),
  rabbitmqctl: t('RabbitMQ', {
    also: /^(?:delete_|purge_|reset|force_reset|forget_cluster_node|stop|shutdown|clear_|close_|change_password|set_permissions|rotate_logs|disable_)/,
    fine: /^(?:status|list_|cluster_status|ping|await|report|environment|eval|node_health)/,
  }),
  rabbitmqadmin: t('RabbitMQ', {
    also: /^(?:delete|purge|close|import)/,
    fine: /^(?:publish|declare|get|list|show|export)/,
  }),
  'rabbitmq-plugins': t('RabbitMQ'),
  rpk: t('Redpanda', {
    nouns: nouns('cluster topic'),
    fine: /^(?:topic (?:produce|consume|create|list|describe)|container)/,
  }),
  confluent: t('Confluent', {
    nouns: nouns('kafka topic cluster environment'),
    fine: /^(?:login|logout|local|context|update|version)/,
  }),
  nsc: t('NATS'),
  kcat: t('Kafka', { fine: /.*/ }),
  pulsar_admin: t('Pulsar'),
  'pulsar-admin': t('Pulsar'),
  mqtt: t('MQTT', { fine: /.*/ }),
  temporal: t('Temporal', { also: /(?:terminate|cancel|delete|reset)/ }),
  tctl: t('Temporal', { also: /(?:terminate|cancel|delete|reset)/ }),
  algolia: t('Algolia', { also: /(?:delete|clear)/ }),
  typesense: t('Typesense'),
  meilisearch: t('Meilisearch', { fine: /.*/ }),
  elasticsearch: t('Elasticsearch', { fine: /.*/ }),
  'elasticsearch-plugin': t('Elasticsearch'),
  'opensearch-cli': t('OpenSearch'),
  es: t('Elasticsearch'),
  curator_cli: t('Elasticsearch', { also: /delete|close|shrink/ }),
  curator: t('Elasticsearch'),
  'datadog-ci': t('Datadog', { also: /delete/ }),
  dog: t('Datadog'),
  dogshell: t('Datadog'),
  newrelic: t('New Relic', { nouns: nouns('workload'), also: /delete/ }),
  pd: t('PagerDuty', { also: /delete|remove/ }),
  'sentry-cli': t('Sentry', {
    also: /delete|deploys new/,
    fine: /^(?:releases (?:new|finalize|set-commits)|sourcemaps|debug-files|send-event|login)/,
  }),
  'grafana-cli': t('Grafana', { also: /(?:uninstall|remove|reset-admin-password)/ }),
  grafana: t('Grafana', { also: /uninstall|remove|reset-admin/ }),
  grafanactl: t('Grafana'),
  promtool: t('Prometheus', { also: /^tsdb (?:delete|create)/, fine: /^(?:check|query|test|push)/ }),
  amtool: t('Alertmanager', { also: /^silence (?:expire|add|import)/ }),
  splunk: t('Splunk', {
    also: /^(?:remove|clean|stop|delete|disable|reset)/,
    fine: /^(?:list|search|show|status|version|start|restart|btool)/,
  }),
  honeycomb: t('Honeycomb'),
  opsgenie: t('Opsgenie'),
  apigeecli: t('Apigee'),
  deck: t('Kong', {
    also: /^(?:reset|sync|gateway (?:reset|sync|apply))/,
    fine: /^(?:diff|dump|validate|ping|convert|file|gateway (?:diff|dump|validate|ping))/,
  }),
  kong: t('Kong', {
    also: /^(?:stop|quit|migrations (?:reset|down)|restart)/,
    fine: /^(?:health|version|check|config parse)/,
  }),
  tyk: t('Tyk'),
  auth0: t('Auth0'),
  okta: t('Okta'),
  clerk: t('Clerk'),
  ory: t('Ory'),
  keycloak: t('Keycloak'),
  'kcadm.sh': t('Keycloak'),
  databricks: t('Databricks', { nouns: nouns('jobs clusters fs'), fine: /^fs (?:ls|cat|cp)/ }),
  snow: t('Snowflake'),
  dbt: t('dbt', { also: /^(?:run-operation|clean).*\b(?:drop|delete)/, fine: /.*/ }),
  fivetran: t('Fivetran'),
  airbyte: t('Airbyte'),
  prefect: t('Prefect'),
  dagster: t('Dagster', { fine: /^(?:dev|asset|job list)/ }),
  airflow: t('Airflow', {
    also: /^(?:db (?:reset|clean|downgrade)|dags delete|connections delete|variables delete|pools delete|users delete|tasks clear)/,
    fine: /^(?:dags (?:list|show|test|trigger|pause|unpause)|tasks (?:list|test|run)|db (?:check|migrate|init)|webserver|scheduler|standalone)/,
  }),
  tailscale: t('Tailscale', { also: /^(?:down|logout|funnel|serve|set)/, fine: /^(?:status|ip|ping|up|netcheck)/ }),
  zerotier: t('ZeroTier'),
  eas: t('Expo', { fine: /^(?:build|update|submit)(?! ?:)/ }),
  appcenter: t('App Center'),
  hf: t('Hugging Face'),
  'huggingface-cli': t('Hugging Face', { also: /^(?:delete-cache|repo delete|repo-files delete)/ }),
  wandb: t('Weights & Biases'),
  kaggle: t('Kaggle'),
  modal: t('Modal', { nouns: nouns('run') }),
  replicate: t('Replicate'),
  contentful: t('Contentful'),
  sanity: t('Sanity', { also: /^(?:dataset|documents|cors|hook) delete/ }),
  linear: t('Linear', { fine: /.*/ }),
  jira: t('Jira', { also: /delete/ }),
  acli: t('Atlassian'),
  slack: t('Slack'),
  notion: t('Notion'),
  dnscontrol: t('DNS', { also: /^push/, fine: /^(?:preview|check|get-zones)/ }),
  octodns_sync: t('DNS'),
  'octodns-sync': t('DNS'),
  pdnsutil: t('DNS'),
  rndc: t('DNS', { also: /^(?:stop|halt|delzone|freeze|clean)/, fine: /^(?:status|reload|flush|dumpdb|stats)/ }),
  certbot: t('certificates', { also: /^(?:revoke|delete|unregister|rollback)/ }),
  step: t('certificates', { also: /revoke/, fine: /^(?:certificate|crypto)/ }),
  mkcert: t('certificates', { also: /^-uninstall/ }),
};

const harm = (rule: string, what: string, object?: string): Hit =>
  hit(
    rule,
    'high',
    'environment',
    'ask',
    what,
    'Let a person do it, or show them first what would be affected',
    about(object),
  );

const http = [
  'curl',
  'wget',
  'http',
  'https',
  'xh',
  'httpie',
  'curlie',
  'invoke-restmethod',
  'invoke-webrequest',
  'irm',
  'iwr',
  'hurl',
];
const kafka = [
  'kafka-topics',
  'kafka-topics.sh',
  'kafka-consumer-groups',
  'kafka-consumer-groups.sh',
  'kafka-configs',
  'kafka-configs.sh',
  'kafka-acls',
  'kafka-acls.sh',
  'kafka-delete-records',
  'kafka-delete-records.sh',
  'kafka-streams-application-reset',
  'kafka-leader-election',
  'kafka-reassign-partitions',
  'kafka-reassign-partitions.sh',
  'kafka-storage',
  'zookeeper-shell',
  'zkcli.sh',
  'kafkactl',
];

export const saas: Family = {
  id: 'saas',
  programs: [...Object.keys(tools), ...http, ...kafka, 'java', 'nsupdate', 'dig', 'host', 'sendmail', 'prometheus'],
  check(call) {
    if (asksForHelp(call) || isDryRun(call)) return undefined;
    const { name } = call;
    if (http.includes(name)) return checkHttp(call);
    if (kafka.includes(name)) return checkKafka(call);
    if (name === 'java') {
      const at = call.args.findIndex((a) => /jenkins-cli[\w.-]*\.jar$/.test(a.text));
      return at < 0 ? undefined : checkTool({ ...call, name: 'jenkins-cli', args: call.args.slice(at + 1) });
    }
    if (name === 'nsupdate') return harm('dns-change', 'This changes DNS records');
    if (name === 'dig' || name === 'host')
      return call.args.some((a) => (name === 'dig' ? /^axfr(?:=|$)/i : /^-\w*l|^axfr$/i).test(a.text))
        ? hit(
            'dns-zone-transfer',
            'high',
            'data-exposure',
            'ask',
            'This asks for every record of the zone',
            'Ask for single names',
          )
        : undefined;
    return Object.hasOwn(tools, name) ? checkTool(call) : undefined;
  },
};

const valued: ReadonlySet<string> = new Set(
  'R repo a app o org team token t s server u user p project profile region account env environment e hostname g group auth c config namespace n access-token url api-key scope target site id version name H header method X remote stage instance vhost V context api-token service-id f F field input q jq template'.split(
    ' ',
  ),
);

function checkTool(call: Call): Hit | undefined {
  const tool = tools[call.name]!;
  const list = readOptions(call.args, valued).words.map((w) => w.text);
  // Flags that change what a verb does stand behind it.
  const weighty = call.args
    .filter((a) => /^--(?:admin|public|visibility|show-token|local)\b|^-t$/.test(a.text))
    .map((a) => a.text.replace(/=.*/, ''));
  const phrase = [...list.slice(0, 4), ...weighty].join(' ').toLowerCase();
  if ((call.name === 'gh' || call.name === 'glab') && list[0] === 'api') return checkApi(call, list[1] ?? '');
  if (
    (call.name === 'gitlab-rails' || call.name === 'gitlab-rake') &&
    /destroy|delete|drop|remove|truncate|purge|reset|cleanup|backup:restore/i.test(
      call.args.map((a) => a.text).join(' '),
    )
  )
    return harm('gitlab-destroy', `This deletes data of GitLab`);
  if (tool.also?.test(phrase))
    return harm(
      `${call.name}-${slug(phrase)}`,
      `${call.name} ${phrase} changes or removes something at ${tool.what} that others use`,
    );
  if (tool.fine?.test(list.slice(0, 2).join(' ').toLowerCase())) return undefined;
  const verb = verbOf(call, valued, tool.nouns);
  if (verb?.deed === 'destroy')
    return harm(
      `${call.name}-${slug(`${verb.group} ${verb.word}`)}`,
      `${call.name} ${verb.group} ${verb.word} takes something away at ${tool.what} that others use`.replace(
        / {2,}/g,
        ' ',
      ),
    );
  return undefined;
}

const slug = (phrase: string): string =>
  phrase
    .trim()
    .replace(/[^a-z0-9]+/gi, '-')
    .slice(0, 40)
    .replace(/-$/, '');

function checkApi(call: Call, path: string): Hit | undefined {
  const method = (
    readOptions(
      call.args,
      new Set([
        'X',
        'method',
        'f',
        'F',
        'field',
        'raw-field',
        'H',
        'header',
        'input',
        'q',
        'jq',
        't',
        'template',
        'hostname',
        'cache',
      ]),
    ).values.get('X') ??
    readOptions(call.args, new Set(['X', 'method'])).values.get('method') ??
    ''
  ).toUpperCase();
  if (method === 'DELETE')
    return harm(`${call.name}-api-delete`, `This deletes ${path.slice(0, 80) || 'something'} through the API`, path);
  if (
    path === 'graphql' &&
    call.args.some((a) => /\bmutation\b[\s\S]*\b(?:delete|remove|archive|disable)\w*/i.test(a.text))
  )
    return harm(`${call.name}-api-delete`, 'This deletes something through the API');
  if (
    /^(?:PATCH|PUT)$/.test(method) &&
    call.args.some((a) => /^(?:private=false|visibility=public|archived=true|default_branch_protection=)/.test(a.text))
  )
    return harm(`${call.name}-api-change`, 'This changes who can see the repository');
  return /^(?:PUT|PATCH|POST)$/.test(method) &&
    /(?:branches\/[^/]+\/protection|rulesets|collaborators|actions\/permissions|protected_branches|hooks|keys|visibility|secrets|transfer|archive)/.test(
      path,
    )
    ? harm(`${call.name}-api-change`, `This changes protection or access (${path.slice(0, 80)})`, path)
    : undefined;
}

function checkKafka(call: Call): Hit | undefined {
  const list = call.args.map((a) => a.text);
  if (call.name.startsWith('kafka-delete-records') || call.name.startsWith('kafka-streams-application-reset'))
    return harm('kafka-delete', 'This deletes messages or resets an application');
  if (
    list.some(
      (a) =>
        /^--(?:delete(?:-.*)?|remove|reset-offsets|alter|execute|force)$/.test(a) &&
        !(a === '--alter' && !list.some((x) => x === '--delete-config')),
    )
  )
    return harm('kafka-delete', 'This deletes topics, messages, offsets or access rules');
  // A retention of moments empties the topic.
  if (list.includes('--alter') && list.some((a) => /\bretention\.(?:ms|bytes)=\d{1,5}(?:,|$)/.test(a)))
    return harm('kafka-delete', 'With this retention the topic loses what it holds');
  return /^(?:zookeeper-shell|zkcli\.sh|kafkactl)$/.test(call.name) &&
    list.some((a) => /^(?:delete|deleteall|rmr|reset|drop)\b/.test(a))
    ? harm('kafka-delete', 'This deletes data of the cluster')
    : undefined;
}

const localHost =
  /^(?:https?:\/\/)?(?:[^/@]*@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal)?(?::(\d+))?(?:\/|$|\?)/i;
/** Ports where data stores and gateways listen, unlike an application under development. */
const servicePorts = new Set([
  '9200',
  '9201',
  '5601',
  '7700',
  '8001',
  '8444',
  '9090',
  '9091',
  '9093',
  '3100',
  '15672',
  '8500',
  '4646',
  '8200',
  '2379',
  '6333',
  '8108',
  '19530',
  '8983',
  '5984',
  '9000',
  '9001',
  '8086',
  '8123',
  '7474',
  '8529',
  '8161',
  '8083',
  '8081',
  '2019',
  '10000',
  '4002',
  '4242',
  '2375',
  '2376',
  '6443',
  '8089',
  '8088',
]);
const servicePaths =
  /\/(?:_cluster|_close|_delete_by_query|_all|_bulk|_aliases|_settings|indexes|indices|collections\/|documents|api\/v\d+\/namespaces|api\/v\d+\/admin|api\/admin|api\/dashboards|api\/datasources|api\/alert|api\/providers|api\/http|services|routes|upstreams|plugins|consumers|certificates|snis|api\/queues|api\/exchanges|api\/vhosts|v1\/(?:kv|agent|catalog|sys|secret|jobs)|containers|images|volumes|doDelete|monitors|splits|flags|features|segments)(?:\/|\b)/i;

function checkHttp(call: Call): Hit | undefined {
  let method = '';
  const urls: string[] = [];
  let body = '';
  const httpie = !/^(?:curl|wget|invoke|irm|iwr|hurl)/.test(call.name);
  for (let i = 0; i < call.args.length; i++) {
    const text = call.args[i]!.text;
    const next = call.args[i + 1]?.text ?? '';
    if (/^(?:-X|--request|--method|-Method)$/i.test(text) && !(text === '-x')) {
      method = next.toUpperCase();
      i++;
    } else if (/^-X\w+$/.test(text)) method = text.slice(2).toUpperCase();
    else if (/^--(?:request|method)=/.test(text)) method = text.slice(text.indexOf('=') + 1).toUpperCase();
    else if (/^-s?[a-zA-Z]*X$/.test(text) && !httpie && text.length > 2) {
      method = next.toUpperCase();
      i++;
    } else if (/^(?:-d|--data(?:-\w+)?|--body-data|--json|-Body)$/i.test(text)) {
      body += ` ${next}`;
      if (method === '') method = 'POST';
      i++;
    } else if (
      /^(?:-H|--header|-A|--user-agent|-o|--output|-u|--user|-b|--cookie|-e|--referer|-F|--form|-w|--write-out|-T|--cacert|--cert|--key|-m|--max-time|--retry|--connect-timeout|-Headers|-ContentType|-OutFile|-x|--proxy)$/.test(
        text,
      )
    )
      i++;
    else if (text === '-G' || text === '--get') method = 'GET';
    else if (!text.startsWith('-')) {
      if (httpie && /^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/i.test(text)) method = text.toUpperCase();
      else urls.push(text);
    }
  }
  for (const url of urls.slice(0, 64)) {
    const local = localHost.exec(url);
    const port = local?.[1] ?? '';
    const dev = local !== null && !servicePorts.has(port) && !servicePaths.test(url);
    if (method === 'DELETE') {
      if (!dev) return harm('http-delete', `This deletes ${url.slice(0, 100)}`, url);
    } else if (method === 'POST' || method === 'PUT' || method === 'PATCH') {
      if (
        /\/_(?:close|delete_by_query|forcemerge|shutdown|shrink|rollover)\b|\/_cluster\/(?:settings|reroute|nodes)|\/doDelete\b|\/delete-batch\b|\/documents\/delete|\/(?:delete_series|clean_tombstones|quitquitquit|-\/quit|shutdown)\b|\/archive(?:\/|$)|\/(?:kill|purge|flush|wipe|reset|terminate|destroy|uninstall|disable)(?:\/|$|\?)/i.test(
          url,
        )
      )
        return harm('http-destructive', `This ends or deletes something: ${url.slice(0, 100)}`, url);
      if (!dev && /\/delete(?:\/|$|\?)/i.test(url))
        return harm('http-destructive', `This deletes ${url.slice(0, 100)}`, url);
      if (/\bmutation\b[\s\S]{0,400}\b\w*(?:delete|destroy|remove|purge)\w*/i.test(body))
        return harm('http-destructive', 'This mutation deletes something');
      if (/"?(?:action|op|cmd|method)"?\s*:\s*"(?:delete\w*|drop\w*|destroy\w*|flush\w*|truncate\w*)"/i.test(body))
        return harm('http-destructive', 'This request deletes something');
    }
  }
  return undefined;
}
