/** What kernels say of the filter that makes B-spline coefficients. */
import type { PrefilterBoundary } from "../../../compiler/plan.ts";
import type { HelperName } from "./library.ts";

export const indexRule: Readonly<Record<PrefilterBoundary, HelperName>> = {
  mirror: "mirrorIndex",
  reflect: "reflectIndex",
  wrap: "wrapIndex",
};

/** Its pole, and the factor that makes coefficients of a constant that constant. */
export const filterConstants = [
  "const pole = -0.2679491924311227; // the square root of 3, less 2",
  "const gain = -6.0 * pole / (1.0 - pole * pole);",
] as const;
