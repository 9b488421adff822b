/** `countersign lsp`: the language server for editors other than VS Code. Ends when its client goes. */
import { UsageError, type Command } from '../command.ts';

const usage = `usage: countersign lsp --stdio | --socket=PORT

Serves the Language Server Protocol: findings on AI-written lines, hover, quick fixes, and completion and
validation of countersign.yaml. Lines that an agent's hook reported are known as AI; what the editor itself can't
tell stays "unknown", never "human".

options:
  --stdio         messages on standard input and output
  --socket=PORT   connects to a local port

initialization options (all optional):
  storage   folder for state of files outside git; absent: kept in memory
  trusted   false: runs no git, uses nothing of the repository
  labels    "ai" (default), "ai-and-unknown" or "all"

example (Neovim):
  vim.lsp.start({ name = "countersign", cmd = { "countersign", "lsp", "--stdio" }, root_dir = vim.fn.getcwd() })
`;

const isTransport = (arg: string): boolean =>
  arg === '--stdio' || arg === '--node-ipc' || /^--socket=\d{1,5}$/.test(arg);

export const lsp: Command = {
  name: 'lsp',
  summary: 'serve the language server protocol to an editor',
  usage,
  async run(args) {
    const transports = args.filter(isTransport);
    // Clients append --clientProcessId.
    const others = args.filter((a) => !isTransport(a) && !/^--clientProcessId=\d+$/.test(a));
    if (others[0] !== undefined)
      throw new UsageError(`unknown option '${others[0].slice(0, 80)}'; see countersign lsp --help`);
    if (transports.length !== 1) throw new UsageError('say how to talk: countersign lsp --stdio');
    // A bundle of its own, beside this one: other commands never load it.
    const { serve } = require('./server.js') as typeof import('../../server/main.ts');
    serve();
    // The connection ends the process (`exit`, or the end of its input).
    return new Promise<number>(() => undefined);
  },
};
