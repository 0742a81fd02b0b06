/** The passes that only gradients have, together, because they are loaded when gradients are first asked for. */
export { histogram } from "./histogram.ts";
export { reduce } from "./reduce.ts";
export { scatter } from "./scatter.ts";
