import { fromBinary, removeRecords, toBinary } from '../../core/provenance/trailers.ts';
import { recordLines } from '../../core/provenance/trailers.ts';
import { findRepository, git, hookEnvironment } from '../../platform/git.ts';
import { GuardError } from '../../platform/guardError.ts';
import { requireCached } from '../codeCache.ts';
import { readAll, UsageError, type Command } from '../command.ts';

/** What the hooks would write for what is staged now. Writes nothing, asks nobody, signs nothing. */
export const preview: Command = {
  name: 'preview',
  summary: 'show the provenance record that a commit of what is staged would get',
  usage: `usage: countersign preview [--message -] [--format text|json]

Works the record out from what is staged, as the git hooks will at commit, and prints its lines, or with --message - the
message on standard input with the record in it. Then says what the policy would refuse.

exit codes: 0 the commit would pass (or nothing is staged), 1 it would be refused, 2 misuse or internal error
`,
  async run(args, io) {
    let format = 'text';
    let withMessage = false;
    for (let i = 0; i < args.length; i++) {
      const [name, value] = (args[i] as string).split(/=(.*)/s, 2);
      if (name === '--message' && (value ?? args[++i]) === '-') withMessage = true;
      else if (name === '--format') format = value ?? args[++i] ?? '';
      else throw new UsageError(`unknown option '${args[i] ?? name}'; 'countersign preview --help' lists them`);
    }
    if (format !== 'text' && format !== 'json') throw new UsageError('--format is text or json');
    const env = hookEnvironment(io.env);
    const repo = await findRepository(io.cwd, env);
    if (!repo) throw new UsageError(`${io.cwd} is not in a git work tree`);
    const message = withMessage ? toBinary(await readAll(io.stdin)) : '';
    const staged = await git(['diff', '--cached', '--quiet', '--no-ext-diff', '--ignore-submodules=none'], {
      cwd: repo.root,
      env,
    });
    if (staged.code === 0) {
      if (format === 'json')
        io.out(`${JSON.stringify({ staged: false, message: fromBinary(removeRecords(message)) })}\n`);
      else io.err('countersign preview: nothing is staged\n');
      return 0;
    }
    const { prepareRecord } = requireCached('record.js') as typeof import('../record.ts');
    try {
      const made = await prepareRecord({
        repo,
        env,
        message,
        source: 'message',
        sha: '',
        hasEditor: false,
        now: new Date().toISOString(),
        parent: process.ppid,
        isPreview: true,
      });
      const refusals = made.refusals.map((r) => `${r.path}: ${r.evaluation.reasons[0] ?? 'not allowed'}`);
      if (format === 'json')
        io.out(
          `${JSON.stringify({ staged: true, message: fromBinary(made.message), record: made.record ? recordLines(made.record) : [], refusals })}\n`,
        );
      else {
        if (withMessage) io.out(fromBinary(made.message));
        else if (made.record) io.out(`${recordLines(made.record).join('\n')}\n`);
        else io.err("countersign preview: no record: the policy's commit.trailers asks for none here\n");
        for (const r of refusals) io.err(`refused: ${r}\n`);
      }
      return refusals.length > 0 ? 1 : 0;
    } catch (error) {
      if (GuardError.is(error)) throw new UsageError(error.message);
      throw error;
    }
  },
};
