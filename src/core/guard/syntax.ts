/**
 * The syntax tree all three shell parsers (POSIX, PowerShell, cmd) produce. It keeps what matters for judging a
 * command: words with their quoting and expansions, redirections, here-documents, nesting. Nothing is evaluated here.
 */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  /** `$name`, `${name<op><arg>}`. */
  | {
      readonly kind: 'var';
      readonly name: string;
      readonly op: string;
      readonly arg: readonly Part[];
      readonly quoted: boolean;
    }
  /** `$(…)`, backticks, `<(…)`, `$((…))`. */
  | {
      readonly kind: 'sub';
      readonly form: 'command' | 'process' | 'arith';
      readonly list: List;
      readonly quoted: boolean;
    };

export interface Word {
  readonly parts: readonly Part[];
}

export interface Redirect {
  /** `>`, `>>`, `>|`, `&>`, `&>>`, `>&`, `<`, `<>`, `<<`, `<<<`. */
  readonly op: string;
  readonly fd: number | undefined;
  readonly target: Word;
  /** The text of a here-document, filled in when its line has ended. */
  body?: Word;
}

export interface Assignment {
  readonly name: string;
  readonly value: Word;
  readonly append: boolean;
}

export interface Simple {
  readonly kind: 'simple';
  readonly assigns: Assignment[];
  readonly words: Word[];
  readonly redirects: Redirect[];
}

export interface Compound {
  readonly kind: 'compound';
  readonly word: '(' | '{' | 'if' | 'while' | 'until' | 'for' | 'select' | 'case' | 'function' | 'arith';
  readonly list: List;
  readonly redirects: Redirect[];
  /** `for name in items`, or the name of a function. */
  readonly name?: string;
  readonly items?: readonly Word[];
}

export type Command = Simple | Compound;
/** Commands joined by `|`. */
export type Pipeline = readonly Command[];
export type List = readonly Pipeline[];

export interface Parsed {
  readonly list: List;
  /** Nesting deeper than we follow: what is inside has not been seen. */
  readonly overflow: boolean;
}

/** How deep `$(`, `(`, `{`, `if` … are followed. People stay below ten; hostile input does not. */
export const maxNesting = 100;
