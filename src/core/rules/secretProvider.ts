import { entropy, isPlaceholder } from './kit/secretText.ts';
import type { Rule } from './rule.ts';

/** Formats that name their issuer: name, pattern, least entropy of the match. Public knowledge of the issuers' own documentation. */
const formats: readonly [string, RegExp, number][] = [
  ['AWS access key', /\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g, 3],
  ['AWS Bedrock key', /\b(?:ABSK[A-Za-z0-9+/]{109,269}={0,2}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t)/g, 3],
  ['GitHub token', /\b(?:ghp|gho|ghu|ghs|ghr)_[0-9a-zA-Z]{36,}\b/g, 3],
  ['GitHub fine-grained token', /\bgithub_pat_\w{60,}\b/g, 3],
  [
    'GitLab token',
    /\b(?:glpat|gldt|glrt|glrtr|glptt|glft|glimt|glagent|gloas|glcbt|glsoat|glffct|GR1348941|glwt)-?[\w-]{16,}(?:\.[\w-]+)?/g,
    3,
  ],
  ['GitLab session', /_gitlab_session=[0-9a-z]{32}/g, 3],
  [
    'Slack token',
    /\bxox[abeoprs]-(?:\d-)?[0-9A-Za-z]{8,}(?:-[0-9A-Za-z]{6,})*(?:-[0-9A-Za-z]{10,})\b|\bxox[abpros]-[\w-]{20,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+|\bxoxe\.xox[bp]-\d-[A-Z0-9]{100,}/gi,
    3,
  ],
  ['Slack webhook', /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{40,60}/g, 3],
  ['Teams webhook', /\.webhook\.office\.com\/webhookb2\/[\w-]{36}@[\w-]{36}\/IncomingWebhook\/[a-z0-9]{32}/gi, 3],
  ['Discord webhook', /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,}/g, 3],
  ['Stripe key', /\b(?:sk|rk)_(?:test|live|prod)_[0-9a-zA-Z]{10,99}\b/g, 3],
  ['Square key', /\b(?:sq0[a-z]{3}-[0-9A-Za-z\-_]{22,60}|EAAA[0-9A-Za-z\-_]{22,60})\b/g, 3],
  ['Google API key', /\bAIza[\w-]{35}(?![\w-])/g, 3.2],
  ['Google OAuth secret', /\bGOCSPX-[\w-]{28}\b|\bya29\.[\w-]{20,}/g, 3],
  ['OpenAI key', /\bsk-(?:proj|svcacct|admin|None)-[\w-]{20,}|\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b/g, 3],
  ['Anthropic key', /\bsk-ant-(?:api|admin|oat)\d{2}-[\w-]{60,}/g, 3],
  ['Hugging Face token', /\b(?:hf_[A-Za-z]{34}|hf_[A-Za-z0-9]{34,}|api_org_[A-Za-z]{34})\b/g, 3],
  ['Groq key', /\bgsk_[A-Za-z0-9]{48,}\b/g, 3],
  ['Perplexity key', /\bpplx-[A-Za-z0-9]{40,}\b/g, 3],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g, 3],
  ['npm token', /_authToken\s*=\s*(?!\$|npm_|<|\{)[A-Za-z0-9\-_+=/.]{20,}/g, 3],
  ['PyPI token', /\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}/g, 3],
  ['RubyGems key', /\brubygems_[a-f0-9]{48}\b/g, 3],
  ['Clojars token', /\bCLOJARS_[a-z0-9]{60}\b/gi, 3],
  ['NuGet key', /\boy2[a-z0-9]{43}\b/g, 3],
  ['crates.io token', /\bcio[A-Za-z0-9]{32}\b/g, 3.3],
  ['Docker token', /\bdckr_(?:pat|oat)_[\w-]{27,}/g, 3],
  ['SendGrid key', /\bSG\.[\w-]{16,32}\.[\w-]{16,64}\b/g, 3],
  ['Mailgun key', /\b(?:pubkey|key)-[0-9a-f]{32}\b/g, 3],
  ['Mailchimp key', /\b[0-9a-f]{32}-us\d{1,2}\b/g, 3],
  ['Brevo key', /\bxkeysib-[a-f0-9]{64}-[a-z0-9]{16}\b/gi, 3],
  ['Twilio key', /\bSK[0-9a-f]{32}\b/g, 3],
  ['Telegram token', /\b\d{8,10}:A[\w-]{34}\b/g, 3],
  ['DigitalOcean token', /\bdo[opr]_v1_[a-f0-9]{64}\b/g, 3],
  ['Doppler token', /\bdp\.(?:pt|st|ct|sa|scim|audit)\.[a-z0-9._-]{30,}/gi, 3],
  ['Databricks token', /\bdapi[a-f0-9]{32}(?:-\d)?\b/g, 3],
  ['HashiCorp token', /\b[a-z0-9]{14}\.atlasv1\.[a-z0-9\-_=]{60,70}/gi, 3],
  ['Vault token', /\bhv[sbr]\.[\w-]{20,300}|\bs\.[A-Za-z0-9]{24}\b/g, 3.3],
  [
    'Grafana token',
    /\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}\b|\bglc_[A-Za-z0-9+/]{32,400}={0,3}|\beyJrIjoi[A-Za-z0-9]{60,400}={0,3}/g,
    3,
  ],
  ['Shopify token', /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g, 3],
  ['Linear key', /\blin_(?:api|oauth)_[A-Za-z0-9]{32,}\b/g, 3],
  ['Notion token', /\b(?:ntn_\d{11}[A-Za-z0-9]{32}[A-Za-z0-9]{3}|secret_[A-Za-z0-9]{43})\b/g, 3],
  ['Figma token', /\bfig[dou]r?_[\w-]{40,}/g, 3],
  ['Vercel token', /\b(?:vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{24,}\b/g, 3],
  ['Netlify token', /\bnf[pcub]_[A-Za-z0-9]{36,}\b/g, 3],
  ['Fly.io token', /\b(?:fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{90,}={0,3})/g, 3],
  ['Heroku key', /\bHRKU-[\w-]{36,}/g, 3],
  ['Cloudflare origin key', /\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b/g, 3],
  ['Cloudflare token', /\bcf(?:ut|at|k)_[A-Za-z0-9_-]{40,}/g, 3],
  ['Tailscale key', /(?<![A-Za-z0-9])tskey-(?:api|auth|client|scim|webhook)-[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}/g, 0.5],
  ['Sentry token', /\bsntrys_eyJpYXQiO[\w+/]{10,}={0,2}_[\w+/]{43}|\bsntryu_[a-f0-9]{64}\b/g, 3],
  ['New Relic key', /\bNR(?:AK|JS|II|RA)-[A-Za-z0-9-]{19,36}\b/g, 3],
  ['PlanetScale token', /\bpscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}/g, 3],
  ['Postman key', /\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b/gi, 3],
  ['Prefect key', /\bpn[ub]_[A-Za-z0-9]{36}\b/g, 3],
  ['Pulumi token', /\bpul-[a-f0-9]{40}\b/g, 3],
  ['readme token', /\brdme_[a-z0-9]{70}\b/g, 3],
  ['Scalingo token', /\btk-us-[\w-]{48}\b/g, 3],
  ['Sourcegraph token', /\bsgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}\b/g, 3],
  ['Snyk token', /\bsnyk_(?:sat|uat|pat)\.[\w.-]{20,}/g, 3],
  ['Sonar token', /\bsq[upa]_[a-f0-9]{40}\b/gi, 3],
  ['Typeform token', /\btfp_[a-z0-9\-_.=]{59}\b/gi, 3],
  ['Airtable token', /\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b/g, 3],
  ['Adobe secret', /\bp8e-[a-z0-9]{32}\b/gi, 3],
  ['age key', /\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}/g, 3],
  ['Alibaba key', /\bLTAI[A-Za-z0-9]{20}\b/g, 3],
  ['Artifactory key', /\bAKCp[A-Za-z0-9]{69}\b|\bcmVmd[A-Za-z0-9]{59}\b/g, 3],
  ['Atlassian token', /\bATATT3[A-Za-z0-9_\-=]{180,}/g, 3],
  [
    'Authress key',
    /\b(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.(?:acc)[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,120}/gi,
    3,
  ],
  ['Azure AD secret', /(?<![\w~.])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g, 3],
  ['Azure storage key', /\bAccountKey=[A-Za-z0-9+/]{86}==/g, 3],
  ['Azure SAS', /\bSharedAccessKey=[A-Za-z0-9+/]{43}=/g, 3],
  ['ClickHouse key', /\b4b1d[A-Za-z0-9]{38}\b/g, 3],
  ['Defined Networking token', /\bdnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}\b/gi, 3],
  ['Duffel token', /\bduffel_(?:test|live)_[\w=-]{43}/g, 3],
  ['Dynatrace token', /\bdt0[a-z]\d{2}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}\b/g, 3],
  ['EasyPost key', /\bEZ[AT]K[a-z0-9]{54}\b/gi, 3],
  ['Facebook token', /\bEAA[MC][A-Za-z0-9]{100,}\b|\b\d{15,16}\|[\w-]{27}\b/g, 3],
  ['Flutterwave key', /\bFLW(?:PUBK|SECK)(?:_TEST)?-[a-h0-9]{12,32}(?:-X)?\b/gi, 3],
  ['Frame.io token', /\bfio-u-[\w=-]{64}\b/gi, 3],
  ['Harness key', /\b(?:pat|sat)\.[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}\b/g, 3],
  ['Infracost key', /\bico-[A-Za-z0-9]{32}\b/g, 3],
  ['Intra42 secret', /\bs-s4t2(?:ud|af)-[a-f0-9]{64}\b/g, 3],
  ['JFrog token', /\bcmVmdGtu[A-Za-z0-9]{56}\b/g, 3],
  ['Lob key', /\b(?:live|test)_(?:pub_)?[a-f0-9]{31,35}\b/g, 3],
  ['Mapbox token', /\b[ps]k\.[a-z0-9]{50,90}\.[a-z0-9\-_]{20,30}\b/gi, 3],
  ['MaxMind key', /\b[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b/g, 3],
  ['Octopus key', /\bAPI-[A-Z0-9]{26}\b/g, 3],
  ['OpenShift token', /\bsha256~[\w-]{43}(?![\w-])/g, 3],
  ['Plaid token', /\baccess-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{27}\b/g, 3],
  ['SettleMint token', /\bsm_(?:aat|pat|sat)_[A-Za-z0-9]{16}\b/g, 3],
  ['Shippo token', /\bshippo_(?:live|test)_[a-fA-F0-9]{40}\b/g, 3],
  [
    'Sumo Logic id',
    /\bsu[A-Za-z0-9]{12}\b(?=["'\s;,]|$)(?<=(?:sumo\w*["']?\s{0,4}[:=]{1,2}>?\s{0,4}["']?)su[A-Za-z0-9]{12})/gi,
    3,
  ],
  ['Yandex key', /\bAQVN[\w-]{35,38}\b|\bYC[\w-]{38}\b|\bt1\.[A-Z0-9a-z_-]+={0,2}\.[A-Z0-9a-z_-]{86}={0,2}/g, 3],
  [
    '1Password token',
    /\bops_eyJ[A-Za-z0-9+/]{200,}={0,3}|\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}\b/g,
    3,
  ],
  ['Okta token', /(?<=okta\w*["']?\s{0,4}[:=]{1,2}>?\s{0,4}["']?)00[\w=-]{40}\b/gi, 3],
  ['Freemius secret', /\bsk_[\S]{29}(?=["'])/g, 3.5],
  ['Asymmetric JWK', /"d"\s*:\s*"[\w-]{40,}"/g, 3],
  ['JSON Web Token', /\bey[A-Za-z0-9]{17,}\.ey[A-Za-z0-9/\\_-]{17,}\.(?:[A-Za-z0-9/\\_-]{10,}={0,2})/g, 3.5],
  ['JSON Web Token', /\bZXlK(?:[A-Za-z0-9+/]{60,})={0,2}/g, 3.5],
  [
    'Secret key of an elliptic curve',
    /\b(?:secp256k1|PRIVATE_KEY|private_key|privateKey)["']?\s*[:=]\s*["']?(?:0x)?[0-9a-f]{64}\b/g,
    3,
  ],
  ['xAI key', /\bxai-[A-Za-z0-9]{70,}\b/g, 3],
  ['Replicate token', /\br8_[A-Za-z0-9]{37}\b/g, 3],
  ['Supabase key', /\bsb(?:p|_secret)_[A-Za-z0-9_-]{30,}/g, 3],
  ['Resend key', /\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}\b/g, 3],
  ['Contentful token', /\bCFPAT-[\w-]{43}\b/g, 3],
  ['Asana token', /\b[12]\/\d{13,20}(?:\/\d+)?:[0-9a-f]{32}\b/g, 3],
  ['Weights & Biases key', /(?<=(?:wandb)\w{0,20}["']?\s{0,4}[:=]{1,2}\s{0,4}["']?)[0-9a-f]{40}\b/gi, 3],
];

/** What every format above contains; most files hold none of it, and then no format is tried. */
const gate =
  /A3T|AKIA|ASIA|ABIA|ACCA|ABSK|bedrock|gh[pousr]_|github_pat|gl(?:pat|dt|rt|ptt|ft|imt|agent|oas|cbt|soat|ffct|wt|sa_|c_)|GR1348941|gitlab_session|xox|xapp|XOX|hooks\.slack|webhook|[sr]k_|sq0|EAAA|AIza|GOCSPX|ya29|sk-|hf_|api_org_|gsk_|pplx|npm_|_authToken|pypi-|rubygems_|clojars_|CLOJARS_|oy2|cio|dckr_|SG\.|key-|-us\d|xkeysib|SK[0-9a-f]|:A|do[opr]_v1|dp\.|dapi|atlasv1|hv[sbr]\.|\bs\.[A-Za-z0-9]{24}|eyJ|ey[A-Za-z0-9]{17}|shp(?:at|ca|pa|ss)_|lin_|ntn_|secret_|fig[dou]|vc[piark]_|nf[pcub]_|fo1_|fm[12]|HRKU|v1\.0-|cf(?:ut|at|k)_|tskey|sntry|NR(?:AK|JS|II|RA)|pscale|PMAK|pn[ub]_|pul-|rdme_|tk-us|sgp_|snyk_|sq[upa]_|tfp_|pat[A-Za-z0-9]{14}|p8e-|AGE-SECRET|LTAI|AKCp|cmVm|ATATT3|\.acc[_-]|Q~|AccountKey=|SharedAccessKey=|4b1d|dnkey|duffel_|dt0|EZ[AT]K|EAA[MC]|\d\|[\w-]{27}|FLW|fio-u|[ps]at\.|ico-|s-s4t2|(?:live|test)_|[ps]k\.|_mmk|API-|sha256~|access-(?:sandbox|dev|prod)|sm_|shippo|su[A-Za-z0-9]{12}|AQVN|YC|t1\.|ops_|A3-|okta|"d"|ZXlK|secp256k1|[Pp][Rr][Ii][Vv][Aa][Tt][Ee]_?[Kk][Ee][Yy]|xai-|r8_|sb[p_]|re_|CFPAT|\/\d{13}|wandb/;

/** No token is shorter; this looks at a character once, the gate tries every format. */
const run = /[\w\-.+/=~:|]{15}/;

export const secretProvider: Rule = {
  id: 'secret-token',
  title: 'Access token in the text',
  tier: 'high',
  category: 'secrets',
  languages: [],
  references: ['CWE-798', 'CWE-312', 'OWASP LLM02:2025'],
  why: "The format is the issuer's own, so it is a credential, whatever it is called here. Once pushed it is public for good: deleting it does not take it out of history, and robots try it within minutes.",
  remedy: 'take it out, revoke it with its issuer, and read it from the environment or a secret store',
  keywords: [],
  inTests: true,
  perLine: true,
  check(source, report) {
    const scan = (piece: string, shift: number): void => {
      for (const [name, pattern, least] of formats) {
        pattern.lastIndex = 0;
        for (const m of piece.matchAll(pattern)) {
          const value = m[0];
          if (isPlaceholder(value) || entropy(value) < least) continue;
          // Inside a longer word, path or URL query it is something else.
          if (/[A-Za-z0-9]/.test(piece[m.index - 1] ?? ' ') && /^[A-Za-z0-9]/.test(value)) continue;
          if (/^(?:Slack token|Mailgun key|Lob key)$/.test(name) && /[/.\w-]/.test(piece[m.index - 1] ?? ' ')) continue;
          if (/^Slack token$/.test(name) && !/\d/.test(value)) continue;
          report({
            start: shift + m.index,
            end: shift + m.index + value.length,
            key: `${name}:${hash(value)}`,
            message: `${name} in the text: take it out, revoke it with its issuer, and read it from the environment or a secret store.`,
          });
        }
      }
    };
    // Only lines that pass the gate, so that a big file costs one pass.
    let at = 0;
    for (const line of source.lines) {
      const n = at + 1;
      at++;
      if (source.changed !== undefined && !source.changed.has(n)) continue;
      if (line.length > 8 && run.test(line) && gate.test(line))
        scan(line.length > 20_000 ? line.slice(0, 20_000) : line, source.starts[n - 1]!);
    }
  },
};

/** Keys must not carry the secret itself (they may be logged): a short checksum will do. */
function hash(text: string): string {
  let h = 5381;
  for (let i = 0; i < text.length; i++) h = ((h * 33) ^ text.charCodeAt(i)) >>> 0;
  return h.toString(36);
}
