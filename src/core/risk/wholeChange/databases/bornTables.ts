/** Migrations of tables that the same change makes: nobody waits for them, and they have nothing to lose. */
import { detectLanguage } from '../../../languages/detect.ts';
import { hasLexer } from '../../../languages/lexer.ts';
import type { Source } from '../../../languages/source.ts';
import type { FileChange } from '../../../model.ts';
import { mayFill, tablesMade, type MadeTable } from '../../../rules/kit/migration.ts';
import { backgroundOf, withOther } from '../../background.ts';
import { isRead, keep, sourceOf, type FileClassification } from '../pass.ts';

const dropped = 'What goes is of a table that this very change makes: nothing is lost, but make it without.';

/** Of so many migrations of a change those that come earlier are read. */
const maxMigrations = 200;

interface Migration {
  readonly source: Source;
  /** Where its tool looks for all of them. */
  readonly folder: string;
  /** Its place among them: numbers in front of its name. */
  readonly version: readonly string[];
  made?: readonly MadeTable[];
}

/**
 * Takes out operations on tables that a migration makes which is new in the change and runs earlier, when no row is put in
 * between. A migration that was there, though edited, may have run where it matters.
 */
export function withoutBornTables(files: readonly FileChange[], judged: FileClassification[]): void {
  if (!judged.some((j) => j.classification.findings.some((f) => backgroundOf(f).tables !== undefined))) return;
  if (files.some((f) => [f.before, f.after].some((t) => isRead(t) && takesOver.test(t)))) return;
  const migrations: Migration[] = [];
  for (const { path, before, after } of files) {
    if (before !== null || !isRead(after)) continue;
    const place = placeOf(path);
    const language = detectLanguage(path, after);
    if (place && migrations.length < maxMigrations && (language === 'sql' || hasLexer(language)))
      migrations.push({ ...place, source: sourceOf(path, after) });
  }
  const chain = revisions(migrations);
  let known: ReadonlySet<string> | undefined;
  for (const [i, { path, classification }] of judged.entries()) {
    const own = migrations.find((m) => m.source.path === path);
    if (!own || !classification.findings.some((f) => backgroundOf(f).tables !== undefined)) continue;
    const earlier = chain ? chain(own) : migrations.filter((m) => runsBefore(m, own));
    const bornAt = (name: string): Migration | undefined => {
      const at = name === '' ? undefined : [...earlier, own].find((m) => m.folder === own.folder && makes(m, name));
      known ??= tablesBefore(files);
      if (!at || [name, name.slice(name.lastIndexOf('.') + 1)].some((n) => known!.has(n.toLowerCase())))
        return undefined;
      // Whoever runs between them, of whatever folder.
      const between = earlier.filter((m) => m === at || chain !== undefined || runsBefore(at, m));
      return [...between, own].some((m) => mayFill(m.source, name)) ? undefined : at;
    };
    const born = new Map<string, Migration | undefined>();
    const isBorn = (name: string, line: number): boolean => {
      if (!born.has(name)) born.set(name, bornAt(name));
      const at = born.get(name);
      return at !== undefined && (at !== own || makes(own, name, line));
    };
    keep(
      judged,
      i,
      classification.findings.flatMap((f) => {
        const tables = backgroundOf(f).tables;
        if (!tables || !tables.every((t) => isBorn(t, f.line))) return [f];
        // To make and to drop in one change is worth a word.
        return f.tier === 'critical' ? [withOther(f, { tier: 'medium', message: dropped })] : [];
      }),
    );
  }
}

function makes(m: Migration, name: string, before = Infinity): boolean {
  m.made ??= isBaseline(m.source.path) ? [] : tablesMade(m.source);
  return m.made.some((t) => t.name === name && m.source.lineAt(t.end) <= before);
}

/** `db/migrate/20250101_a.rb`, `migrations/20250101_a/migration.sql`, `V1.2__a.sql`, `upgrade-87.sql`. */
function placeOf(path: string): Pick<Migration, 'folder' | 'version'> | undefined {
  const parts = path.split('/');
  let name = parts.pop() ?? '';
  // What its tool does not read is no earlier migration: `1_a.sql` beside `2_b.up.sql`.
  const kind = name.slice(name.search(/(?:\.[A-Za-z]{1,20})+$/));
  if (/^(?:migration|up)\.sql$/.test(name)) name = parts.pop() ?? '';
  const folder = `${parts.join('/')}/*${kind}`;
  const front = /^[Vv]?(\d{1,30}(?:[._-]\d{1,20}){0,6})(?![A-Za-z\d])/.exec(name)?.[1];
  if (front !== undefined) return { folder, version: front.split(/[._-]/) };
  const [, stem, number] = /^([A-Za-z]{1,30}[._-])(\d{1,30})(?=\.\w{1,4}$)/.exec(name) ?? [];
  if (number !== undefined) return { folder: `${folder}/${stem}`, version: [number] };
  return name.endsWith('.py') ? { folder, version: [] } : undefined;
}

function runsBefore(a: Migration, b: Migration): boolean {
  if (a.version.length === 0 || b.version.length === 0) return false;
  for (let i = 0; i < Math.min(a.version.length, b.version.length); i++) {
    const [x, y] = [a.version[i]!.replace(/^0+(?=\d)/, ''), b.version[i]!.replace(/^0+(?=\d)/, '')];
    if (x !== y) return x.length === y.length ? x < y : x.length < y.length;
  }
  return a.version.length < b.version.length;
}

/** Alembic's migrations name the one that they follow. */
function revisions(migrations: readonly Migration[]): ((of: Migration) => Migration[]) | undefined {
  const byRevision = new Map<string, Migration>();
  for (const m of migrations) {
    const own = /^revision\b[^=\n]{0,40}=\s*["']([\w-]{1,80})["']/m.exec(m.source.text)?.[1];
    if (own !== undefined) byRevision.set(own, m);
  }
  if (byRevision.size === 0) return undefined;
  return (of) => {
    const before = new Set<Migration>();
    const left = [of];
    for (let m = left.pop(); m; m = left.pop()) {
      const down = /^down_revision\b[^=\n]{0,60}=([^\n]{0,400})/m.exec(m.source.text)?.[1] ?? '';
      for (const [, id] of down.matchAll(/["']([\w-]{1,80})["']/g)) {
        const next = byRevision.get(id!);
        if (!next || next === of || before.has(next)) continue;
        before.add(next);
        left.push(next);
      }
    }
    return [...before];
  };
}

/** A data base that is there already is told that these migrations have run. */
const takesOver =
  /baseline[_-]?on[_-]?migrate|--fake-initial|\bmigrate\s+resolve\b|\balembic\b[^\n]{0,80}\bstamp\b|<baselineOnMigrate/i;
/** `V1__baseline.sql`, `0_init/migration.sql`, `0001_init_existing.py`: it writes down what is there. */
const isBaseline = (path: string): boolean =>
  /baseline|(?:^|[/_.-])(?:existing|squashed|introspect\w{0,10})(?=[/_.-])|(?:^|\/)0+_(?:init|base)[/._]/i.test(path);

const makesTable =
  /\b(?:create_?table|CreateModel|create\s{1,4}(?:\w{1,12}\s{1,4})?table(?:\s{1,4}if\s{1,4}not\s{1,4}exists)?|Schema::create)\s{0,4}\(?\s{0,40}(?:\w{1,20}\s?[=:]\s?)?[:"'`[]?([\w.\]["`]{1,120})/gi;
/** Models, and the names that they give their tables: of Prisma, Django, SQLAlchemy, JPA, Doctrine, TypeORM and others. */
const modelled = [
  /^[ \t]{0,8}model\s{1,8}(\w{1,120})\s{0,8}\{/gm,
  /@@map\(\s{0,8}(?:name:\s{0,8})?"([\w.]{1,120})"/g,
  /^[ \t]{0,12}class\s{1,4}(\w{1,120})\s{0,4}\([^)\n]{0,200}\)\s{0,4}:/gm,
  /\b(?:db_table|__tablename__|table_name)\b\s{0,4}=\s{0,4}["']([\w."]{1,120})["']/g,
  /@(?:ORM\\)?(?:Table|Entity)\([^)"'`]{0,80}["'`]([\w.]{1,120})["'`]/g,
  /\b(?:pg|mysql|sqlite)Table\(\s{0,8}["'`]([\w.]{1,120})["'`]/g,
  /\b(?:protected\s{1,4}\$table|self\.table_name|tableName)\s{0,4}[=:]\s{0,4}["'`]([\w.]{1,120})["'`]/g,
];
/** An entity whose table has its own name or the plural of that. */
const entity =
  /@Entity\b[^{]{0,300}\bclass\s{1,4}(\w{1,120})|\bclass\s{1,4}(\w{1,120})\s{1,4}<\s{1,4}ApplicationRecord\b/g;

/** Tables that some text knew before the change: a schema that is kept, a model, a migration that is edited or gone. */
function tablesBefore(files: readonly FileChange[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string): void => {
    const plain = name.replace(/[^\w.]/g, '').toLowerCase();
    names.add(plain).add(plain.slice(plain.lastIndexOf('.') + 1));
  };
  for (const { before } of files) {
    if (!isRead(before)) continue;
    for (const pattern of [makesTable, ...modelled]) for (const [, name] of before.matchAll(pattern)) add(name!);
    for (const [, typed, record] of before.matchAll(entity)) {
      const name = (typed ?? record)!;
      const snake = name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_');
      for (const form of [name, snake]) for (const end of ['', 's', 'es']) add(form + end);
      if (snake.endsWith('y')) add(`${snake.slice(0, -1)}ies`);
    }
  }
  return names;
}
