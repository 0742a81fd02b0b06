/**
 * A head and neck on a head rest, in the style of Shepp and Logan's phantom but with more of it. The
 * origin is the middle of the head; x runs to the left, y to the back, z up (LPS mm). Later ellipsoids
 * cover earlier ones.
 */
import type { Vector3 } from "../../compiler/language/vector.ts";
import { type Ellipsoid, ellipsoid, onBothSides } from "./ellipsoid.ts";

const x: Vector3 = [1, 0, 0];
const y: Vector3 = [0, 1, 0];
const z: Vector3 = [0, 0, 1];

const couch: readonly Ellipsoid[] = [
  ellipsoid("carbon fibre", [0, 114, 0], [220, 6, 420]),
  ellipsoid("foam", [0, 114, 0], [215, 4, 415]),
  ellipsoid("carbon fibre", [0, 8, 32], [101, 98, 92]),
  ellipsoid("foam", [0, 8, 32], [98, 95, 91]),
  // What is in front of the crescent that holds the head.
  ellipsoid("air", [0, -62, 30], [150, 124, 160]),
];

const skin: readonly Ellipsoid[] = [
  ellipsoid("skin", [0, 25, -196], [190, 72, 80]),
  ellipsoid("fat", [0, 25, -196], [186, 68, 76]),
  ellipsoid("muscle", [0, 25, -196], [176, 58, 68]),
  ellipsoid("skin", [0, 18, -110], [56, 60, 130]),
  ellipsoid("skin", [0, -38, -38], [60, 64, 78]),
  ellipsoid("skin", [0, -102, -22], [12, 11, 20]),
  ...onBothSides(ellipsoid("skin", [78, 8, -8], [7, 18, 30], { about: x, degrees: -12 })),
  ellipsoid("skin", [0, -6, 32], [77, 98, 88]),
  ellipsoid("fat", [0, 18, -110], [53, 57, 130]),
  ellipsoid("fat", [0, -38, -38], [57, 61, 75]),
  ellipsoid("fat", [0, -6, 32], [74.5, 95.5, 85.5]),
  ellipsoid("muscle", [0, 18, -110], [47, 50, 130]),
  ellipsoid("muscle", [0, -32, -40], [51, 53, 68]),
  ...onBothSides(ellipsoid("muscle", [62, -26, 8], [12, 32, 38], { about: z, degrees: -8 })),
];

const skull: readonly Ellipsoid[] = [
  ellipsoid("bone", [0, -5, 34], [71, 91, 81]),
  ellipsoid("marrow", [0, -5, 34], [69.2, 89.2, 79.2]),
  ellipsoid("bone", [0, -5, 34], [67, 87, 77]),
  ellipsoid("fluid", [0, -5, 34], [65, 85, 75]),
];

const brain: readonly Ellipsoid[] = [
  ellipsoid("grey matter", [0, -5, 41], [60, 79, 64]),
  ...onBothSides(ellipsoid("fluid", [54, -30, 52], [14, 2, 26], { about: x, degrees: -20 })),
  ...onBothSides(ellipsoid("fluid", [52, -4, 58], [14, 1.8, 26], { about: x, degrees: 24 })),
  ...onBothSides(ellipsoid("fluid", [50, 24, 56], [15, 1.8, 22], { about: x, degrees: 36 })),
  ...onBothSides(ellipsoid("fluid", [22, -52, 70], [2, 24, 16], { about: x, degrees: 40 })),
  ...onBothSides(ellipsoid("fluid", [52, -14, 28], [10, 36, 2.2], { about: x, degrees: 18 })),
  ...onBothSides(ellipsoid("white matter", [27, -5, 43], [24, 68, 52])),
  ...onBothSides(ellipsoid("grey matter", [42, -16, 29], [8, 28, 5], { about: x, degrees: 18 })),
  ...onBothSides(ellipsoid("fluid", [46, -16, 29], [9, 30, 1.6], { about: x, degrees: 18 })),
  ellipsoid("fluid", [0, -5, 58], [1.4, 80, 58]),
  ellipsoid("white matter", [0, -4, 52], [16, 38, 5]),
  ...onBothSides(ellipsoid("deep grey matter", [15, -24, 44], [5, 14, 8], { about: z, degrees: 12 })),
  ...onBothSides(ellipsoid("deep grey matter", [27, -8, 31], [6, 18, 11], { about: z, degrees: 14 })),
  ...onBothSides(ellipsoid("deep grey matter", [11, 9, 31], [9, 14, 9], { about: z, degrees: -20 })),
  ...onBothSides(ellipsoid("ventricle", [9, -16, 43], [4.5, 30, 8], { about: z, degrees: -10 })),
  ...onBothSides(ellipsoid("ventricle", [20, 30, 39], [6, 22, 8], { about: z, degrees: 14 })),
  ellipsoid("ventricle", [0, 0, 29], [2.4, 13, 11]),
  ...onBothSides(ellipsoid("calcification", [20, 32, 37], [2.6, 4, 2.6])),
  ellipsoid("calcification", [0, 20, 27], [2.2, 3, 2.2]),
  ellipsoid("tumour", [-34, -38, 56], [12, 14, 11]),
  ellipsoid("fluid", [-35, -37, 56], [5, 6, 4.5]),
  // The tentorium: a gap between cerebrum and cerebellum.
  ellipsoid("fluid", [0, 36, -8], [46, 34, 21]),
  ...onBothSides(ellipsoid("cerebellar cortex", [20, 35, -10], [21, 23, 17])),
  ...onBothSides(ellipsoid("cerebellar white matter", [19, 33, -10], [12, 12, 9])),
  ellipsoid("brainstem", [0, 17, -10], [13, 13, 30], { about: x, degrees: -8 }),
  ellipsoid("ventricle", [0, 31, -9], [6.5, 4.5, 8]),
];

const face: readonly Ellipsoid[] = [
  ellipsoid("bone", [0, -44, -20], [50, 44, 5]),
  ellipsoid("muscle", [0, -44, -44], [48, 40, 22]),
  ...onBothSides(ellipsoid("bone", [38, 8, -21], [26, 9, 10], { about: z, degrees: 28 })),
  ...onBothSides(ellipsoid("bone", [56, 22, -28], [13, 16, 18])),
  ...onBothSides(ellipsoid("air cells", [56, 22, -29], [8, 10, 12])),
  ...onBothSides(ellipsoid("cavity", [66, 6, -20], [14, 2.6, 2.6])),
  ...onBothSides(ellipsoid("bone", [31, -64, -5], [20.5, 20, 18.5])),
  ...onBothSides(ellipsoid("fat", [31, -67, -5], [18, 17, 16])),
  ...onBothSides(ellipsoid("muscle", [43, -60, -5], [2, 15, 4], { about: z, degrees: -14 })),
  ...onBothSides(ellipsoid("nerve", [26, -53, -5], [2.2, 15, 2.2], { about: z, degrees: -16 })),
  ...onBothSides(ellipsoid("vitreous", [31, -72, -5], [12, 12, 12])),
  ...onBothSides(ellipsoid("lens", [31, -81, -5], [4.6, 2.2, 4.6])),
  ...onBothSides(ellipsoid("bone", [11, -89, 24], [11, 6, 12])),
  ...onBothSides(ellipsoid("cavity", [10, -89, 24], [8, 3.6, 9])),
  ...onBothSides(ellipsoid("bone", [28, -64, -38], [19, 21, 20])),
  ...onBothSides(ellipsoid("cavity", [28, -64, -38], [16, 18, 17])),
  ellipsoid("bone", [0, -38, -16], [19, 17, 13]),
  ...onBothSides(ellipsoid("cavity", [8, -38, -16], [7, 14, 10])),
  ellipsoid("bone", [0, -76, -24], [10, 24, 26]),
  ...onBothSides(ellipsoid("cavity", [5, -76, -28], [3.6, 26, 20])),
  ...onBothSides(ellipsoid("muscle", [7, -72, -34], [2, 18, 4])),
  ellipsoid("bone", [0, -64, -54], [29, 30, 5]),
  ellipsoid("tooth", [0, -70, -62], [26, 24, 6]),
  ellipsoid("tooth", [0, -70, -72], [25, 23, 5]),
  ellipsoid("bone", [0, -64, -84], [34, 32, 10]),
  ellipsoid("muscle", [0, -56, -72], [20, 30, 21]),
  ...onBothSides(ellipsoid("bone", [46, -30, -58], [4, 13, 34], { about: x, degrees: 12 })),
];

const neck: readonly Ellipsoid[] = [
  ...[-46, -63, -80, -97, -114, -131].flatMap((level) => [
    ellipsoid("bone", [0, 6, level], [13, 9, 7.6]),
    ellipsoid("marrow", [0, 6, level], [11, 7.4, 6.2]),
    ellipsoid("disc", [0, 6, level - 8.5], [12, 8, 2.2]),
    ellipsoid("bone", [0, 23, level], [21, 15, 5.6]),
    ellipsoid("marrow", [0, 23, level], [18, 12, 3.6]),
    ellipsoid("bone", [0, 46, level - 5], [3.6, 15, 4.6], { about: x, degrees: -18 }),
  ]),
  ellipsoid("fluid", [0, 25, -90], [9, 8, 76]),
  ellipsoid("brainstem", [0, 25, -90], [6, 5, 76]),
  ellipsoid("cavity", [0, -22, -58], [9, 7, 34]),
  ellipsoid("bone", [0, -32, -108], [14, 12, 7]),
  ellipsoid("cavity", [0, -24, -122], [8, 9, 44]),
  ...onBothSides(ellipsoid("thyroid", [15, -18, -124], [7, 9, 16], { about: y, degrees: -8 })),
  ...onBothSides(ellipsoid("vessel", [25, -8, -98], [3.4, 3.4, 62], { about: y, degrees: 4 })),
  ...onBothSides(ellipsoid("vessel", [32, 0, -98], [5.2, 4.6, 62], { about: y, degrees: 4 })),
];

export const head: readonly Ellipsoid[] = [...couch, ...skin, ...skull, ...brain, ...face, ...neck];
