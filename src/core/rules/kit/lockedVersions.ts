/** Which versions of a package a lock file holds, looked up by name: such files are long, and few of their names matter. */

/** How a lock file begins the entry of a package, and how its version stands behind that. */
interface Form {
  readonly file: RegExp;
  starts(name: string): readonly string[];
  readonly version: RegExp;
}

const forms: readonly Form[] = [
  {
    file: /^(?:package-lock|npm-shrinkwrap)\.json$/,
    starts: (name) => [`node_modules/${name}": {`, `"${name}": {`],
    version: /^\s{0,40}"version":\s?"([^"\n]{1,100})"/,
  },
  {
    file: /^pnpm-lock\.yaml$/,
    starts: (name) => [`\n  ${name}@`, `\n  '${name}@`, `\n  /${name}@`, `\n  '/${name}@`],
    version: /^(\d[\w.+-]{0,100})/,
  },
  {
    file: /^yarn\.lock$/,
    starts: (name) => [`\n${name}@`, `\n"${name}@`],
    version: /^[^\n]{0,2000}\n {2}version:? "?([\w.+-]{1,100})/,
  },
  { file: /^bun\.lock$/, starts: (name) => [`["${name}@`], version: /^(\d[\w.+-]{0,100})"/ },
  {
    file: /^(?:Cargo|uv|poetry|pdm)\.lock$|^pylock(?:\.[\w-]{1,40})?\.toml$/,
    starts: (name) => [`\nname = "${name}"`],
    version: /^\r?\nversion = "([^"\n]{1,100})"/,
  },
  {
    file: /^composer\.lock$/,
    starts: (name) => [`"name": "${name}"`],
    version: /^,\s{1,40}"version": "([^"\n]{1,100})"/,
  },
  { file: /^Gemfile\.lock$/, starts: (name) => [`\n    ${name} (`], version: /^(\d[\w.-]{0,100})\)/ },
];

/** All versions of the package in the lock file of that name, in the order of the file. */
export function lockedVersions(file: string, text: string, name: string): readonly string[] {
  const form = forms.find((f) => f.file.test(file));
  const found = new Set<string>();
  for (const start of form?.starts(name) ?? [])
    for (let at = text.indexOf(start), n = 0; at >= 0 && n < maxEntries; at = text.indexOf(start, at + 1), n++) {
      const behind = at + start.length;
      const version = form!.version.exec(text.slice(behind, behind + maxHead))?.[1];
      if (version !== undefined) found.add(version);
    }
  return [...found];
}
/** Entries of one package that are looked at, and how far of each. */
const maxEntries = 200;
const maxHead = 2200;

/** The version that the package of a folder (of the lock file, '' for its own) gets itself; `undefined` where that is not known. */
export function lockedFor(file: string, text: string, name: string, folder: string): string | undefined {
  if (/^(?:package-lock|npm-shrinkwrap)\.json$/.test(file))
    for (const start of [`"${folder}node_modules/${name}": {`, `"node_modules/${name}": {`]) {
      const at = text.indexOf(start);
      if (at >= 0) return forms[0]!.version.exec(text.slice(at + start.length, at + start.length + maxHead))?.[1];
    }
  const [version, ...others] = lockedVersions(file, text, name);
  return others.length === 0 ? version : undefined;
}
