/** The functions that kernels call: a kernel carries those that it uses and no more. */
import type { Helper } from "./helper.ts";
import { type SamplingHelper, samplingHelpers } from "./sampling-helpers.ts";
import { type ValueHelper, valueHelpers } from "./value-helpers.ts";

export type HelperName = SamplingHelper | ValueHelper;

const helpers: Readonly<Record<HelperName, Helper<HelperName>>> = { ...samplingHelpers, ...valueHelpers };

/** Notes which helpers a kernel calls while it is printed. */
export class Helpers {
  readonly #used = new Set<HelperName>();

  /** The name, after noting it and what it needs. */
  use(name: HelperName): HelperName {
    if (this.#used.has(name)) return name;
    for (const need of helpers[name].needs ?? []) this.use(need);
    this.#used.add(name);
    return name;
  }

  /** The definitions of all that were used, each after what it needs. */
  definitions(): readonly string[] {
    return [...this.#used].map((name) => helpers[name].code);
  }
}
