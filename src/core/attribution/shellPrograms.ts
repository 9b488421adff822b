/** Which programs run in the editor's terminals: who may have changed a file outside the editor. */

/** A reload is noticed this long after the write at most. */
const lingersMs = 2000;
const maxKept = 50;

interface Execution {
  readonly program: string | undefined;
  endedAt: number | undefined;
}

/** Bounded; knows programs by name only, as command lines may hold secrets. Times in ms on one clock. */
export class ShellPrograms {
  readonly #executions = new Map<object, Execution>();

  start(execution: object, commandLine: string, at: number): void {
    this.#forget(at);
    this.#executions.set(execution, { program: programOf(commandLine), endedAt: undefined });
    if (this.#executions.size <= maxKept) return;
    const [oldest] = this.#executions.keys();
    this.#executions.delete(oldest as object);
  }

  end(execution: object, at: number): void {
    const known = this.#executions.get(execution);
    if (known) known.endedAt = at;
  }

  /** The one program that runs or ran just now; `undefined` when there is none, or several could have done it. */
  only(at: number): string | undefined {
    this.#forget(at);
    const [first, ...more] = new Set([...this.#executions.values()].map((e) => e.program));
    return more.length === 0 ? first : undefined;
  }

  #forget(at: number): void {
    for (const [execution, { endedAt }] of this.#executions)
      if (endedAt !== undefined && at - endedAt > lingersMs) this.#executions.delete(execution);
  }
}

/** The first program of a command line, without its folder; `undefined` for what is none. */
export function programOf(commandLine: string): string | undefined {
  const words = commandLine.slice(0, 2000).trim().split(/\s+/, 20);
  // Assignments and wrappers come first; a password may stand in an assignment.
  const word = words.find(
    (w) => !/^\w+=/.test(w) && !/^(?:sudo|env|nohup|time|exec|command|nice)$/.test(w) && !w.startsWith('-'),
  );
  const name = word
    ?.replace(/^["']|["']$/g, '')
    .split(/[\\/]/)
    .at(-1);
  return name !== undefined && /^[\w.+@-]{1,60}$/.test(name) ? name : undefined;
}
