/** Publishing packages and removing programs: what others install, and what this machine runs on. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { isDryRun } from '../verbs.ts';

const publish = (what: string): Hit =>
  hit(
    'publish',
    'high',
    'supply-chain',
    'ask',
    what,
    'Let the release pipeline publish; try --dry-run to see what would go out',
  );
const remove = (what: string): Hit => hit('package-remove', 'high', 'environment', 'ask', what, 'Let a person do it');
const foreign = (what: string): Hit =>
  hit('install-from-url', 'high', 'supply-chain', 'ask', what, 'Install a released version from the registry, pinned');

type Check = (call: Call, words: readonly string[], flags: ReadonlySet<string>) => Hit | undefined;

const node: Check = (call, given) => {
  // `yarn workspace NAME npm publish`, `yarn workspaces foreach npm publish`
  const w = call.name === 'yarn' && /^workspaces?$/.test(given[0] ?? '') ? given.slice(2) : given;
  const verb = w[0] === 'npm' && call.name === 'yarn' ? (w[1] ?? '') : (w[0] ?? '');
  if (verb === 'publish' || verb === 'stage') return publish(`${call.name} publish makes this version public for good`);
  if (
    verb === 'unpublish' ||
    verb === 'deprecate' ||
    (verb === 'dist-tag' && /^(?:add|rm|set)$/.test(w[1] ?? '')) ||
    (verb === 'tag' && call.name === 'yarn')
  )
    return publish(`${call.name} ${verb} changes what others install`);
  if (
    /^(?:owner|access|team|org|token|hook)$/.test(verb) &&
    /^(?:add|rm|remove|grant|revoke|set|create|public|restricted|destroy|delete)$/.test(w[1] ?? '')
  )
    return hit(
      'registry-rights',
      'critical',
      'iam-permission',
      'ask',
      'This changes who may publish the package',
      'Let a person do it',
    );
  if (/^(?:install|i|add)$/.test(verb) && w.slice(1).some((p) => /^https?:\/\/.*\.(?:tgz|tar\.gz)/.test(p)))
    return foreign('This installs code from an address, past the registry');
  return undefined;
};

const python: Check = (call, w, f) => {
  const verb = w[0] ?? '';
  if (verb === 'uninstall') return remove('This removes packages other programs may need');
  if (verb !== 'install' && verb !== 'download') return undefined;
  if (w.slice(1).some((p) => /^(?:git\+)?https?:\/\//.test(p) && !/^git\+https:\/\/.*@[0-9a-f]{40}/.test(p)))
    return foreign('This installs code from an address, past the registry');
  if (call.args.some((a) => a.text === '--break-system-packages') || (call.raised && !hasAny(f, 'user', 't', 'target')))
    return hit(
      'pip-system',
      'high',
      'environment',
      'ask',
      "This changes the system's own Python",
      'Use a virtual environment',
    );
  return undefined;
};

const system: Check = (call, w, f) => {
  const verb = w[0] ?? '';
  if (
    /^(?:remove|purge|autoremove|autopurge|erase|uninstall|rm|del|delete|full-upgrade|dist-upgrade|downgrade)$/.test(
      verb,
    )
  )
    return remove(`${call.name} ${verb} removes or replaces programs of the system`);
  if (
    (call.name === 'pacman' || call.name === 'yay' || call.name === 'paru') &&
    call.args.some((a) => a.text.startsWith('-R'))
  )
    return remove('This removes programs of the system');
  if (
    (call.name === 'dpkg' && hasAny(f, 'r', 'P', 'remove', 'purge', 'force-all')) ||
    (call.name === 'rpm' && hasAny(f, 'e', 'erase', 'nodeps'))
  )
    return remove('This removes programs of the system');
  return undefined;
};

const checks: Readonly<Record<string, Check>> = {
  npm: node,
  pnpm: node,
  yarn: node,
  bun: node,
  npx: (_, w) =>
    w.slice(0, 1).some((p) => /^https?:\/\//.test(p))
      ? foreign('This runs code from an address, past the registry')
      : undefined,
  cargo: (_, w) =>
    w[0] === 'publish' || w[0] === 'yank' || (w[0] === 'owner' && w.length > 1)
      ? publish(`cargo ${w[0]} changes what others build with, for good`)
      : undefined,
  gem: (_, w) =>
    /^(?:push|yank|owner)$/.test(w[0] ?? '') ? publish(`gem ${w[0]} changes what others install`) : undefined,
  twine: (_, w) => (w[0] === 'upload' ? publish('This makes the version public for good') : undefined),
  poetry: project,
  pipenv: project,
  flit: (_, w) => (w[0] === 'publish' ? publish('This makes the version public for good') : undefined),
  hatch: (_, w) => (w[0] === 'publish' ? publish('This makes the version public for good') : undefined),
  pdm: project,
  uv: (call, w, f) =>
    w[0] === 'publish'
      ? publish('This makes the version public for good')
      : w[0] === 'pip'
        ? python(call, w.slice(1), f)
        : undefined,
  maturin: (_, w) =>
    /^(?:publish|upload)$/.test(w[0] ?? '') ? publish('This makes the version public for good') : undefined,
  pip: python,
  pip3: python,
  pipx: (_, w) => (/^(?:uninstall|uninstall-all)$/.test(w[0] ?? '') ? remove('This removes a program') : undefined),
  mvn: (_, w) =>
    w.some((x) => /^(?:deploy|release:perform|release:prepare|.*:deploy(?:-file)?|nexus-staging:release)$/.test(x))
      ? publish('This publishes artifacts')
      : undefined,
  mvnw: (_, w) =>
    w.some((x) => /^(?:deploy|release:perform|.*:deploy(?:-file)?)$/.test(x))
      ? publish('This publishes artifacts')
      : undefined,
  gradle: gradle,
  gradlew: gradle,
  sbt: (_, w) =>
    w.some((x) => /^(?:publish|publishSigned|sonatypeRelease|release$)/.test(x) && !/Local/.test(x))
      ? publish('This publishes artifacts')
      : undefined,
  hex: (_, w) => (w[0] === 'publish' || w[0] === 'retire' ? publish('This changes what others install') : undefined),
  conda: conda,
  mamba: conda,
  micromamba: conda,
  anaconda: (_, w) =>
    /^(?:upload|remove|copy|move)$/.test(w[0] ?? '') ? publish('This changes what others install') : undefined,
  'cpan-upload': () => publish('This makes the version public for good'),
  lein: (_, w) => (w[0] === 'deploy' || w[0] === 'release' ? publish('This makes the version public') : undefined),
  clojure: (call) =>
    call.args.some((a) => /^(?:deploy|:deploy)$/.test(a.text)) ? publish('This makes the version public') : undefined,
  clj: (call) =>
    call.args.some((a) => /^(?:deploy|:deploy)$/.test(a.text)) ? publish('This makes the version public') : undefined,
  lerna: (_, w) => (w[0] === 'publish' ? publish('This publishes every changed package') : undefined),
  changeset: (_, w) => (w[0] === 'publish' ? publish('This publishes every changed package') : undefined),
  'semantic-release': () => publish('This makes and publishes a release'),
  'release-it': () => publish('This makes and publishes a release'),
  np: () => publish('This makes and publishes a release'),
  goreleaser: (call, w) =>
    w[0] === 'release' && !call.args.some((a) => a.text === '--snapshot' || a.text === '--skip=publish')
      ? publish('This makes and publishes a release')
      : undefined,
  vsce: (_, w) => (/^(?:publish|unpublish)$/.test(w[0] ?? '') ? publish('This changes what users install') : undefined),
  ovsx: (_, w) => (/^(?:publish|unpublish)$/.test(w[0] ?? '') ? publish('This changes what users install') : undefined),
  dotnet: (_, w) =>
    w[0] === 'nuget' && /^(?:push|delete)$/.test(w[1] ?? '')
      ? publish('This changes what others install')
      : w[0] === 'ef' && w[1] === 'database' && w[2] === 'drop'
        ? hit(
            'db-drop',
            'critical',
            'data-deletion',
            'ask',
            'This deletes the database',
            'Use a fresh database for tests',
          )
        : undefined,
  nuget: (_, w) => (/^(?:push|delete)$/.test(w[0] ?? '') ? publish('This changes what others install') : undefined),
  pod: (_, w) =>
    (w[0] === 'trunk' && /^(?:push|delete|deprecate)$/.test(w[1] ?? '')) || (w[0] === 'repo' && w[1] === 'push')
      ? publish('This changes what others install')
      : undefined,
  jsr: (_, w) => (w[0] === 'publish' ? publish('This makes the version public for good') : undefined),
  deno: (_, w) =>
    w[0] === 'publish'
      ? publish('This makes the version public for good')
      : /^(?:run|install|eval)$/.test(w[0] ?? '') &&
          /^https?:\/\/(?!deno\.land\/(?:std|x)\b|jsr\.io\b|localhost\b)/.test(w[1] ?? '')
        ? foreign('This runs code from an address, unseen')
        : undefined,
  mix: (_, w) =>
    w[0]?.startsWith('hex.publish') || w[0] === 'hex.retire'
      ? publish('This changes what others install')
      : /^ecto\.(?:drop|reset|rollback)$/.test(w[0] ?? '')
        ? hit(
            'db-drop',
            'critical',
            'data-deletion',
            'ask',
            'This deletes the database or undoes its migrations',
            'Use a test database',
          )
        : undefined,
  dart: (call, w) =>
    w[0] === 'pub' && w[1] === 'publish'
      ? publish('This makes the version public for good')
      : call.name === ''
        ? undefined
        : undefined,
  flutter: (_, w) =>
    w[0] === 'pub' && w[1] === 'publish' ? publish('This makes the version public for good') : undefined,
  conan: (_, w) => (/^(?:upload|remove)$/.test(w[0] ?? '') ? publish('This changes what others install') : undefined),
  luarocks: (_, w) => (w[0] === 'upload' ? publish('This makes the version public') : undefined),
  snapcraft: (_, w) =>
    /^(?:upload|release|push|promote|close)$/.test(w[0] ?? '') ? publish('This changes what users install') : undefined,
  fastlane: (_, w) =>
    /(?:release|deliver|upload|supply|pilot|deploy)/.test(w.join(' '))
      ? publish('This sends the app to the store')
      : undefined,
  setup_py: (_, w) => (w.includes('upload') ? publish('This makes the version public') : undefined),
  'setup.py': (_, w) => (w.includes('upload') ? publish('This makes the version public') : undefined),
  apt: system,
  'apt-get': system,
  aptitude: system,
  dnf: system,
  yum: system,
  zypper: system,
  apk: system,
  pacman: system,
  yay: system,
  paru: system,
  dpkg: system,
  rpm: system,
  brew: system,
  port: system,
  choco: (call, w, f) => (w[0] === 'push' ? publish('This makes the version public for good') : system(call, w, f)),
  winget: system,
  scoop: system,
  snap: system,
  flatpak: system,
  pkg: system,
  emerge: (_, __, f) =>
    hasAny(f, 'C', 'unmerge', 'depclean') ? remove('This removes programs of the system') : undefined,
  'nix-env': (_, __, f) => (hasAny(f, 'e', 'uninstall') ? remove('This removes programs') : undefined),
  'nix-collect-garbage': (_, __, f) =>
    hasAny(f, 'd', 'delete-old') ? remove('This deletes all older generations, and with them the way back') : undefined,
  'uninstall-package': () => remove('This removes a program'),
  'uninstall-module': () => remove('This removes a module'),
  'remove-appxpackage': () => remove('This removes a program'),
  msiexec: (call) =>
    call.args.some((a) => /^\/(?:x|uninstall)/i.test(a.text)) ? remove('This removes a program') : undefined,
  'publish-module': () => publish('This changes what others install'),
  'publish-script': () => publish('This changes what others install'),
};

function project(call: Call, w: readonly string[]): Hit | undefined {
  if (w[0] === 'publish') return publish('This makes the version public for good');
  return /^(?:remove|uninstall)$/.test(w[0] ?? '') || (w[0] === 'env' && w[1] === 'remove')
    ? remove(`${call.name} ${w[0]} removes packages the program may need`)
    : undefined;
}

function conda(_call: Call, w: readonly string[]): Hit | undefined {
  if (w[0] === 'upload') return publish('This makes the version public');
  return /^(?:remove|uninstall)$/.test(w[0] ?? '') || (w[0] === 'env' && w[1] === 'remove')
    ? remove('This removes packages or a whole environment')
    : undefined;
}

function gradle(_call: Call, w: readonly string[]): Hit | undefined {
  return w.some(
    (x) =>
      /^(?:.*:)?(?:publish(?!ToMavenLocal)\w*|uploadArchives|closeAndRelease\w*|bintrayUpload)$/.test(x) &&
      !/ToMavenLocal/.test(x),
  )
    ? publish('This publishes artifacts')
    : undefined;
}

export const publishing: Family = {
  id: 'publishing',
  programs: Object.keys(checks),
  check(call) {
    if (asksForHelp(call) || isDryRun(call)) return undefined;
    const { words, flags } = readOptions(call.args, valued);
    // apt -s only tells what it would do.
    if (call.name.startsWith('apt') && hasAny(flags, 's', 'just-print', 'recon', 'no-act')) return undefined;
    return checks[call.name]?.(
      call,
      // `cargo +nightly publish` names a toolchain first.
      words.map((w) => w.text).filter((w, i) => i > 0 || call.name !== 'cargo' || !w.startsWith('+')),
      flags,
    );
  },
};
const valued: ReadonlySet<string> = new Set([
  'prefix',
  'C',
  'cwd',
  'workspace',
  'w',
  'filter',
  'F',
  'registry',
  'tag',
  'manifest-path',
  'f',
  'file',
  'p',
]);
