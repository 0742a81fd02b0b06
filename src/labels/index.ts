/**
 * Label images measured, for `medimages/labels`: where a class lies, how much there is of it, what of it hangs
 * together, and how far two images agree about it. Lengths are mm, points world mm (LPS).
 *
 * ```ts
 * import { phantom } from "medimages";
 * import { barycentre, dice } from "medimages/labels";
 *
 * const labels = phantom({ kind: "labels" });
 * console.log(barycentre(labels, { class: 2 }), dice(labels, labels, { class: 2 }));
 * ```
 *
 * @packageDocumentation
 */

export type { Box } from "../box.ts";
export { dice, hausdorff, type SurfaceDistances } from "./agreement.ts";
export { type ComponentOptions, type Connectivity, components, largestComponent } from "./component.ts";
export { distanceTo } from "./distance.ts";
export type { ClassOptions } from "./region.ts";
export { barycentre, boundingBox, maximalRadius, pointsOf } from "./shape.ts";
export { type ClassVolume, volumes } from "./volumes.ts";
