/** All operations by name. The type is total: a step without an entry here does not compile. */
import type { OperationName } from "../step.ts";
import { affineDefinition } from "./affine.ts";
import { biasFieldDefinition } from "./bias.ts";
import { argMaxDefinition, oneHotDefinition } from "./classes.ts";
import { cropDefinition, padDefinition, padOrCropToDefinition } from "./crop.ts";
import { displaceDefinition } from "./displace.ts";
import {
  asDefinition,
  clampDefinition,
  gammaDefinition,
  mapDefinition,
  rescaleDefinition,
  windowDefinition,
} from "./intensity.ts";
import { materializeDefinition } from "./materialize.ts";
import {
  clipPercentilesDefinition,
  histogramMatchDefinition,
  minMaxDefinition,
  nyulApplyDefinition,
  zScoreDefinition,
} from "./normalise.ts";
import type { OperationDefinition } from "./operation.ts";
import { changeOrientationDefinition, flipDefinition } from "./orient.ts";
import { resampleToImageDefinition, resampleToSpacingDefinition, scaleDefinition } from "./resample.ts";
import { rotateDefinition } from "./rotate.ts";
import { smoothDefinition } from "./smooth.ts";
import { transformDefinition } from "./transform.ts";
import { translateDefinition } from "./translate.ts";

export const operations: { readonly [N in OperationName]: OperationDefinition<N> } = {
  rotate: rotateDefinition,
  affine: affineDefinition,
  transform: transformDefinition,
  displace: displaceDefinition,
  translate: translateDefinition,
  scale: scaleDefinition,
  resampleToSpacing: resampleToSpacingDefinition,
  resampleToImage: resampleToImageDefinition,
  crop: cropDefinition,
  pad: padDefinition,
  padOrCropTo: padOrCropToDefinition,
  flip: flipDefinition,
  changeOrientation: changeOrientationDefinition,
  materialize: materializeDefinition,
  as: asDefinition,
  biasField: biasFieldDefinition,
  rescale: rescaleDefinition,
  clamp: clampDefinition,
  window: windowDefinition,
  gamma: gammaDefinition,
  map: mapDefinition,
  zScore: zScoreDefinition,
  minMax: minMaxDefinition,
  clipPercentiles: clipPercentilesDefinition,
  histogramMatch: histogramMatchDefinition,
  nyulApply: nyulApplyDefinition,
  smooth: smoothDefinition,
  oneHot: oneHotDefinition,
  argMax: argMaxDefinition,
};
