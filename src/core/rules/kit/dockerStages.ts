/** The stages of a Dockerfile, and which of them is built from which. */
import type { Instruction } from '../../languages/docker.ts';

export interface Stage {
  readonly from: Instruction;
  /** What stands below its FROM. */
  readonly instructions: readonly Instruction[];
  /** In lower case: how others call it. */
  readonly name: string | undefined;
  /** What it is made from, as it is written but in lower case: an image, a stage or a variable. */
  readonly base: string;
  /** The stage that it is made from, by its place; −1 where that is an image. Always one above. */
  readonly parent: number;
}

/** In their order. A name stands for the last stage above that bears it; none above, and it is an image. */
export function stagesOf(all: readonly Instruction[]): readonly Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const named = new Map<string, number>();
  for (const d of all) {
    if (d.name !== 'FROM') {
      stages.at(-1)?.instructions.push(d);
      continue;
    }
    const base = /^\s*(?:--\S+\s+)*(\S+)/.exec(d.args)?.[1]?.toLowerCase() ?? '';
    const parent = named.get(base) ?? -1;
    const name = /\sAS\s+(\S+)\s*$/i.exec(d.args)?.[1]?.toLowerCase();
    if (name !== undefined) named.set(name, stages.length);
    stages.push({ from: d, instructions: [], name, base, parent });
  }
  return stages;
}

/** A stage and those that it is built from, itself first. */
export function* lineOf(stages: readonly Stage[], place: number): Generator<Stage> {
  for (let i = place; i >= 0; i = stages[i]!.parent) yield stages[i]!;
}
