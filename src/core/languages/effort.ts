/**
 * How far rules follow values through a file. Names lead to values that hold names: on code made for it, the ways
 * multiply at every step, so each question has a number of steps, and all questions about a file have one together.
 */

/** Steps (tokens looked at) of one question; ordinary code needs some hundreds. */
const perQuestion = 60_000;
/** Steps of one question once the file's are used up: enough for what stands at the place itself. */
const afterwards = 3000;
/** Steps of all questions about a file, beside some per token of it. */
const perFile = 3_000_000;
const perToken = 60;

export class Effort {
  #left: number;
  #question = 0;
  #asking = false;

  /** `tokens`: how many the file has. */
  constructor(tokens: number) {
    this.#left = perFile + tokens * perToken;
  }

  /** Answers one question of a rule; questions asked on the way share its steps. */
  ask<T>(question: () => T): T {
    if (this.#asking) return question();
    this.#asking = true;
    const allowed = this.#left > 0 ? perQuestion : afterwards;
    this.#question = allowed;
    try {
      return question();
    } finally {
      this.#left -= allowed - Math.max(0, this.#question);
      this.#asking = false;
    }
  }

  /** Takes steps from the question; false when it has none left, and the answer is then what a reader would say at a glance. */
  spend(steps: number): boolean {
    if (!this.#asking) return true;
    this.#question -= steps;
    return this.#question >= 0;
  }
}
