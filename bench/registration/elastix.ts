/** elastix as a peer: the same pairs through its program, with the settings that its manual recommends. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Matrix3, multiply3, rotation3, type Vector3 } from "../../compiler/language/vector.ts";
import { type MedImage, saveImage } from "../../src/index.ts";
import type { Transform } from "../../src/register/index.ts";
import type { Kind } from "./draws.ts";

const start = promisify(execFile);

export const hasElastix = (): boolean => {
  try {
    execFileSync("elastix", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const settings = (kind: Kind, metric: "AdvancedMeanSquares" | "AdvancedMattesMutualInformation"): string =>
  `(FixedInternalImagePixelType "float")
(MovingInternalImagePixelType "float")
(UseDirectionCosines "true")
(Registration "MultiResolutionRegistration")
(FixedImagePyramid "FixedRecursiveImagePyramid")
(MovingImagePyramid "MovingRecursiveImagePyramid")
(NumberOfResolutions 4)
(Interpolator "LinearInterpolator")
(ResampleInterpolator "FinalBSplineInterpolator")
(FinalBSplineInterpolationOrder 1)
(Resampler "DefaultResampler")
(Metric "${metric}")
(NumberOfHistogramBins 32)
(ImageSampler "RandomCoordinate")
(NumberOfSpatialSamples 2048)
(NewSamplesEveryIteration "true")
(Optimizer "AdaptiveStochasticGradientDescent")
(MaximumNumberOfIterations 250)
(Transform "${kind === "rigid" ? "EulerTransform" : "AffineTransform"}")
(HowToCombineTransforms "Compose")
(AutomaticTransformInitialization "true")
(AutomaticTransformInitializationMethod "CenterOfGravity")
(AutomaticScalesEstimation "true")
(WriteResultImage "false")
`;

const field = (text: string, name: string): readonly number[] =>
  (new RegExp(`\\(${name} ([^)]*)\\)`).exec(text)?.[1] ?? "").split(" ").map(Number);

const three = (numbers: readonly number[], from = 0): Vector3 => [
  numbers[from] ?? Number.NaN,
  numbers[from + 1] ?? Number.NaN,
  numbers[from + 2] ?? Number.NaN,
];

const read = (text: string, kind: Kind): Transform => {
  const numbers = field(text, "TransformParameters");
  const center = three(field(text, "CenterOfRotationPoint"));
  if (kind === "affine") {
    const matrix: Matrix3 = [...three(numbers), ...three(numbers, 3), ...three(numbers, 6)];
    return { kind, matrix, translation: three(numbers, 9), center };
  }
  const turn = (axis: Vector3, radians: number): Matrix3 => rotation3(axis, (radians * 180) / Math.PI);
  const [x, y, z] = three(numbers);
  const [rx, ry, rz] = [turn([1, 0, 0], x), turn([0, 1, 0], y), turn([0, 0, 1], z)];
  const isZyx = text.includes('(ComputeZYX "true")');
  const matrix = multiply3(rz, isZyx ? multiply3(ry, rx) : multiply3(rx, ry));
  return { kind, matrix, translation: three(numbers, 3), center };
};

/** Registers with elastix; `ms` is its whole process, files included. */
export const elastix = async (
  fixed: MedImage<"intensity">,
  moving: MedImage<"intensity">,
  kind: Kind,
  metric: "mse" | "mi",
  threads: number,
): Promise<{ readonly transform: Transform; readonly ms: number }> => {
  const folder = mkdtempSync(join(tmpdir(), "medimages-elastix-"));
  const at = (name: string): string => join(folder, name);
  try {
    await saveImage(at("fixed.nii"), fixed);
    await saveImage(at("moving.nii"), moving);
    writeFileSync(
      at("settings.txt"),
      settings(kind, metric === "mse" ? "AdvancedMeanSquares" : "AdvancedMattesMutualInformation"),
    );
    const began = performance.now();
    const words = ["-f", at("fixed.nii"), "-m", at("moving.nii"), "-p", at("settings.txt"), "-out", folder];
    await start("elastix", [...words, "-threads", `${threads}`], { maxBuffer: 2 ** 28 });
    const ms = performance.now() - began;
    return { transform: read(readFileSync(at("TransformParameters.0.txt"), "utf8"), kind), ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
