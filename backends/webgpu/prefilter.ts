/** B-spline coefficients as a kernel, by how they are kept. */
import type { Prefilter } from "../../compiler/plan.ts";
import type { Kernel } from "./kernel.ts";
import { bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { linesKernel } from "./prefilter-lines.ts";
import { sumsKernel } from "./prefilter-sums.ts";

export const prefilterKernel = (pass: Prefilter, plan: PlacedBuffers): Kernel =>
  (bufferOf(plan, pass.output).format === "float16" ? sumsKernel : linesKernel)(pass, plan);
