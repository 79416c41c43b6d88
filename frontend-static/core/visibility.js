/** Which features are seen: hidden and isolated, one by one or by class, step by step so that each can be undone. */

/**
 * One feature by its number, or all of a class by its name.
 * @typedef {{number: number, name?: string} | {class: string}} What
 */

/** @typedef {{verb: "hide" | "isolate", what: What}} Step */

/**
 * What a shader needs to know: a byte (1: hidden) for each number from `first` on, and what holds for all others.
 * @typedef {{first: number, hidden: Uint8Array, others: boolean}} Mask
 */

export class Visibility extends EventTarget {
  /** @type {Step[]} */
  #steps = [];

  /** The steps that hold, oldest first. @returns {readonly Step[]} */
  get steps() {
    return this.#steps;
  }

  /** @param {What} what */
  hide(what) {
    this.#take([...this.#steps, { verb: "hide", what }]);
  }

  /** Nothing but this is seen. @param {What} what */
  isolate(what) {
    this.#take([...this.#steps, { verb: "isolate", what }]);
  }

  /** Takes the last step back. */
  undo() {
    if (this.#steps.length) this.#take(this.#steps.slice(0, -1));
  }

  /** Everything is seen again. */
  clear() {
    if (this.#steps.length) this.#take([]);
  }

  /** @param {Step[]} steps */
  #take(steps) {
    this.#steps = steps;
    this.dispatchEvent(new Event("change"));
  }

  /** Whether a step goes by a class, so that the classes have to be known. */
  get byClass() {
    return this.#steps.some(({ what }) => "class" in what);
  }

  /**
   * Whether a feature is hidden. The last step that says anything of it decides; isolating says something of all.
   * @param {number} number
   * @param {string | undefined} named its class, where it is known
   * @returns {boolean}
   */
  hides(number, named) {
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const { verb, what } = this.#steps[i];
      const meant = "class" in what ? what.class === named : what.number === number;
      if (verb === "isolate") return !meant;
      if (meant) return true;
    }
    return false;
  }

  /**
   * @param {Map<number, number>} classOf class 1, 2, … of each feature that has one
   * @param {string[]} names of class 1, 2, …
   * @returns {Mask | null} null: everything is seen
   */
  mask(classOf, names) {
    if (!this.#steps.length) return null;
    let [first, last] = [Infinity, -Infinity];
    const singles = this.#steps.flatMap(({ what }) => ("number" in what ? [what.number] : []));
    for (const numbers of [singles, classOf.keys()]) {
      for (const number of numbers) [first, last] = [Math.min(first, number), Math.max(last, number)];
    }
    const hidden = new Uint8Array(Math.max(0, last - first + 1));
    for (let i = 0; i < hidden.length; i++) {
      hidden[i] = Number(this.hides(first + i, names[(classOf.get(first + i) ?? 0) - 1]));
    }
    return { first: hidden.length ? first : 0, hidden, others: this.hides(-1, undefined) };
  }
}
