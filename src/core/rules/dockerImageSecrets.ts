import type { Rule } from './rule.ts';

const secretName =
  /(?:^|_)(?:TOKEN|PASS(?:WORD|WD|PHRASE)?|SECRET|API_?KEY|(?:PRIVATE|ACCESS|SECRET|SIGNING|ENCRYPTION|AUTH)_?KEY|CREDENTIALS?)$/i;
/** Names that speak of where a secret is, or how it is made. */
const placeName = /_(?:FILE|PATH|DIR|URL|ID|NAME|TYPE|LENGTH|EXPIR\w*|TTL)$/i;
const secretFile =
  /(?:^|\/)(?:\.env(?:\.(?:local|prod(?:uction)?|staging))?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.git-credentials|\.aws\/credentials|\.docker\/config\.json|\.kube\/config|[\w.-]{0,60}service[-_]?account[\w.-]{0,60}\.json|[\w.-]{1,100}\.(?:pfx|p12|jks|keystore|ppk))$/i;

export const dockerImageSecrets: Rule = {
  id: 'docker-secret-in-image',
  title: 'Secret stays in the image',
  tier: 'medium',
  category: 'secrets',
  languages: ['dockerfile'],
  references: ['CWE-538', 'CWE-522', 'Docker: build secrets'],
  why: 'What an instruction copies or sets stays in a layer, and build arguments stay in its history: everybody who can pull the image can read them, also when a later step deletes the file.',
  remedy: 'mount it for the one step that needs it (`RUN --mount=type=secret`), or hand it over at run time',
  keywords: [],
  check(source, report) {
    for (const d of source.docker) {
      if (d.name === 'COPY' || d.name === 'ADD') {
        // From another stage: that one's concern.
        if (/^\s*(?:--\S+\s+)*--from=/.test(d.args)) continue;
        const words = d.args
          .replace(/^\s*(?:--\S+\s+)*/, '')
          .split(/[\s,"[\]]+/)
          .filter((w) => w !== '');
        const file = words
          .slice(0, -1)
          .find((w) => secretFile.test(w) && !/example|sample|template|test|dummy/i.test(w));
        if (file !== undefined)
          report({
            start: d.start,
            end: d.end,
            key: `copy:${file}`,
            tier: 'high',
            message: `'${file.slice(-60)}' is copied into the image and stays in its layers: mount it for the one step that needs it.`,
          });
        continue;
      }
      if (d.name !== 'ARG' && d.name !== 'ENV') continue;
      for (const m of d.args.matchAll(
        /(?:^|\s)([A-Za-z]\w{0,100})(?:=("[^"\n]{0,400}"|'[^'\n]{0,400}'|[^\s"']{0,400})|$|(?=\s))/g,
      )) {
        const name = m[1]!;
        if (!secretName.test(name) || placeName.test(name)) continue;
        // `ENV NAME value`, the old form.
        const old = d.name === 'ENV' && m[2] === undefined && m.index === 0;
        const value = (old ? d.args.slice(m[0].length) : (m[2] ?? '')).trim().replace(/^["']|["']$/g, '');
        const hit = { start: d.start, end: d.end, key: `${d.name}:${name}` };
        if (d.name === 'ARG' && (value === '' || value.startsWith('$')))
          report({
            ...hit,
            message: `The build argument '${name}' stays in the history of the image: mount it as a build secret.`,
          });
        // Longer ones are for the rules on secrets themselves.
        else if (
          value !== '' &&
          value.length < 16 &&
          !/[$<{]|^(?:x+|\*+|\.+|null|none|undefined|true|false|change_?me|placeholder|dummy|example|test)$/i.test(
            value,
          )
        )
          report({
            ...hit,
            message: `The value of '${name}' stays in the image for everybody who pulls it: hand it over at run time.`,
          });
        if (old) break;
      }
    }
  },
};
