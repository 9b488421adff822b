import type { Rule } from './rule.ts';

/** Registries that come with the package managers. */
const known =
  /^https:\/\/(?:api\.nuget\.org|www\.nuget\.org|repo1?\.maven\.(?:apache\.)?org|repo\.maven\.apache\.org|central\.sonatype\.com|oss\.sonatype\.org|s01\.oss\.sonatype\.org|plugins\.gradle\.org|dl\.google\.com|maven\.google\.com|registry\.npmjs\.org|registry\.yarnpkg\.com|registry\.npmmirror\.com|pypi\.org|files\.pythonhosted\.org|rubygems\.org|packagist\.org|repo\.packagist\.org|npm\.pkg\.github\.com|repo\.spring\.io)(?:[/:]|$)/i;

const lookIn: readonly { readonly path: RegExp; readonly pattern: RegExp }[] = [
  // NuGet
  { path: /(?:^|\/)nuget\.config$/i, pattern: /<add\s+key="[^"\n]{1,200}"\s+value="(https?:[^"\n]{1,400})"/gi },
  {
    path: /\.(?:csproj|props|targets)$/i,
    pattern: /<Restore(?:Additional)?(?:Project)?Sources>\s*[^<]{0,400}?(https?:[^<;\s]{1,400})/gi,
  },
  // Gradle and Maven
  {
    path: /\.gradle(?:\.kts)?$/i,
    pattern:
      /\b(?:maven|ivy)\s*(?:\(\s*(?:url\s*=\s*)?(?:uri\(\s*)?|\{[^{}]{0,200}?\burl\s*(?:=\s*|\(\s*)?(?:uri\(\s*)?)["'](https?:[^"'\n]{1,400})["']/g,
  },
  {
    path: /(?:^|\/)(?:pom|settings)\.xml$/i,
    pattern:
      /<(?:repository|pluginRepository|mirror)>(?:(?!<\/(?:repository|pluginRepository|mirror)>)[\s\S]){0,800}?<url>\s*(https?:[^<\s]{1,400})/g,
  },
  // Yarn, Bun, uv, Poetry, Cargo, Composer, Bundler
  { path: /(?:^|\/)\.yarnrc\.yml$/i, pattern: /^[ \t]*npmRegistryServer:[ \t]*["']?(https?:[^"'\s]{1,400})/gm },
  {
    path: /(?:^|\/)bunfig\.toml$/i,
    pattern:
      /^[ \t]*(?:registry|"?@[\w-]+"?)[ \t]*=[ \t]*(?:\{[^}\n]{0,200}url[ \t]*=[ \t]*)?"(https?:[^"\n]{1,400})"/gm,
  },
  {
    path: /(?:^|\/)(?:pyproject|uv|pixi)\.toml$/i,
    pattern: /^[ \t]*(?:url|index-url|extra-index-url)[ \t]*=[ \t]*\[?[ \t]*"(https?:[^"\n]{1,400})"/gm,
  },
  { path: /(?:^|\/)pipfile$/i, pattern: /^[ \t]*url[ \t]*=[ \t]*"(https?:[^"\n]{1,400})"/gm },
  {
    path: /(?:^|\/)\.cargo\/config(?:\.toml)?$/i,
    pattern: /^[ \t]*(?:registry|index)[ \t]*=[ \t]*"((?:sparse\+)?https?:[^"\n]{1,400})"/gm,
  },
  { path: /(?:^|\/)gemfile$/i, pattern: /^[ \t]*source[ \t(]+["'](https?:[^"'\n]{1,400})["']/gm },
  {
    path: /(?:^|\/)composer\.json$/i,
    pattern: /"type"\s*:\s*"(?:composer|vcs|git)"\s*,\s*"url"\s*:\s*"(https?:[^"\n]{1,400})"/g,
  },
];

/** Checks of what is downloaded, switched off. */
const unchecked: readonly { readonly path: RegExp; readonly pattern: RegExp }[] = [
  {
    path: /\.gradle(?:\.kts)?$/i,
    pattern:
      /\b(?:allowInsecureProtocol\s*(?:=|\()\s*true|isAllowInsecureProtocol\s*=\s*true|setAllowInsecureProtocol\s*\(\s*true)/g,
  },
  {
    path: /verification-metadata\.xml$/i,
    pattern: /<verify-(?:metadata|signatures)>\s*false\s*<|<trust\s[^>\n]{0,80}\bgroup="[^"\n]{0,10}\*"/g,
  },
  {
    path: /gradle\.properties$/i,
    pattern: /^[ \t]*org\.gradle\.dependency\.verification[ \t]*=[ \t]*(?:off|lenient)\b/gm,
  },
  {
    path: /(?:^|\/)(?:pom|settings)\.xml$/i,
    pattern: /<checksumPolicy>\s*(?:ignore|warn)\s*<|<maven\.wagon\.http\.ssl\.(?:insecure|allowall)>\s*true/g,
  },
  {
    path: /(?:^|\/)nuget\.config$/i,
    pattern:
      /\ballowInsecureConnections="true"|\bdisableTLSCertificateValidation="true"|<add\s+key="signatureValidationMode"\s+value="accept"/gi,
  },
  {
    path: /(?:^|\/)\.yarnrc\.yml$/i,
    pattern:
      /^[ \t]*(?:enableStrictSsl:[ \t]*false|checksumBehavior:[ \t]*["']?(?:ignore|update)|enableImmutableInstalls:[ \t]*false|unsafeHttpWhitelist:|enableScripts:[ \t]*true|enableHardenedMode:[ \t]*false)/gm,
  },
  {
    path: /(?:^|\/)pnpm-workspace\.yaml$/i,
    pattern:
      /^[ \t]*(?:dangerouslyAllowAllBuilds:[ \t]*true|strictSsl:[ \t]*false|minimumReleaseAge:[ \t]*0\b|blockExoticSubdeps:[ \t]*false|strictDepBuilds:[ \t]*false)/gm,
  },
  {
    path: /(?:^|\/)(?:requirements|constraints)[^/]{0,60}\.(?:txt|in)$/i,
    pattern: /^[ \t]*--trusted-host[ =]\S/gm,
  },
  {
    path: /(?:^|\/)(?:pyproject|uv)\.toml$/i,
    pattern: /^[ \t]*(?:index-strategy[ \t]*=[ \t]*["']unsafe-|allow-insecure-host[ \t]*=|trusted-host[ \t]*=)/gm,
  },
  {
    path: /(?:^|\/)\.npmrc$/i,
    pattern: /^[ \t]*min-release-age[ \t]*=[ \t]*0\b/gm,
  },
  {
    path: /(?:^|\/)\.cargo\/config(?:\.toml)?$/i,
    pattern: /^[ \t]*(?:check-revoke[ \t]*=[ \t]*false|git-fetch-with-cli-insecure[ \t]*=[ \t]*true)/gm,
  },
  {
    path: /(?:^|\/)composer\.json$/i,
    pattern: /"(?:secure-http|disable-tls)"\s*:\s*(?:(?<="secure-http"\s*:\s*)false|(?<="disable-tls"\s*:\s*)true)/g,
  },
];

export const packageSources: Rule = {
  id: 'package-source-changed',
  title: 'Packages come from another place, or unchecked',
  tier: 'high',
  category: 'supply-chain',
  languages: ['xml', 'manifest', 'yaml', 'toml', 'ini', 'properties', 'unknown'],
  references: ['CWE-829', 'CWE-427', 'CWE-494', 'OWASP LLM03:2025'],
  why: 'Whoever runs a package source decides what code the build gets; an additional one can answer for names of your own (dependency confusion), and a switched-off check lets anybody on the way do it.',
  remedy: 'keep to the registry, map names to sources, and leave checksums and TLS on',
  keywords: [],
  check(source, report) {
    for (const { path, pattern } of lookIn) {
      if (!path.test(source.path)) continue;
      for (const m of source.text.matchAll(pattern)) {
        const url = m[1]!;
        if (known.test(url)) continue;
        const start = m.index + m[0].lastIndexOf(url);
        const isPlain = url.startsWith('http:') && !/^http:\/\/(?:localhost|127\.)/.test(url);
        report({
          start,
          end: start + url.length,
          key: `source:${url}`,
          ...(isPlain
            ? { tier: 'critical' as const, message: 'Packages come over an unencrypted connection: use https.' }
            : {
                message: 'Packages come from another source now: check who runs it, and which names it may answer for.',
              }),
        });
      }
    }
    for (const { path, pattern } of unchecked)
      if (path.test(source.path))
        for (const m of source.text.matchAll(pattern)) {
          const start = m.index + (m[0].length - m[0].trimStart().length);
          report({
            start,
            end: m.index + m[0].length,
            message: 'A check of downloaded packages is switched off: leave it on.',
          });
        }
  },
};
