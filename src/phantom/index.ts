/**
 * An image without a patient: a head and neck drawn analytically on any grid, as a CT, a T1-weighted MR or
 * a label image, so that examples, tests and benchmarks need no data.
 */
import { fail } from "../../compiler/errors.ts";
import { type Grid, gridOf, gridProblem, pointAt, voxelCount } from "../../compiler/language/grid.ts";
import { identity3, type Matrix3, rotation3, type Vector3, vector } from "../../compiler/language/vector.ts";
import { allocate, type DType, dtypes, type VoxelArray, voxelsOf } from "../../compiler/language/voxels.ts";
import { intensityImage, labelImage, type MedImage, type MedImageParts } from "../image.ts";
import { checkLength } from "../io/longest.ts";
import { rasterizer } from "./ellipsoid.ts";
import { head } from "./head.ts";
import { normalNoise } from "./noise.ts";
import { phantomLabels, tissueNames, tissues } from "./tissues.ts";

export { type PhantomLabel, phantomLabels } from "./tissues.ts";

export type PhantomKind = "ct" | "mr" | "labels";
export const phantomKinds: readonly PhantomKind[] = ["ct", "mr", "labels"];

export interface PhantomOptions<P extends PhantomKind = PhantomKind> {
  /**
   * `"ct"` (default): int16, HU. `"mr"`: uint16, T1-weighted with a smooth bias field, tilted by 8° as
   * neuroradiologists plan it. `"labels"`: uint8, numbered as {@link phantomLabels}.
   */
  readonly kind?: P;
  /** Voxels along x, y, z; 256, 256, 180 unless said. */
  readonly size?: Vector3;
  /** mm; unless said, what makes the grid 230.4 × 230.4 × 270 mm large: 0.9, 0.9, 1.5 at the default size. */
  readonly spacing?: Vector3;
  /** Seed of the noise, a whole number; the same seed gives the same image on every machine. 1 unless said. */
  readonly seed?: number;
}

const extent: Vector3 = [230.4, 230.4, 270];
const defaultSize: Vector3 = [256, 256, 180];

/** Everything that is made differently for each kind of image. */
interface Kind {
  readonly dtype: DType;
  readonly direction: Matrix3;
  /** Turns the tissue numbers of a slice into voxels. */
  readonly expose: (grid: Grid, seed: number) => Exposure;
}
type Exposure = (z: number, slice: Uint8Array, voxels: VoxelArray, offset: number) => void;

const kinds: Readonly<Record<PhantomKind, Kind>> = {
  ct: {
    dtype: "int16",
    direction: identity3,
    expose: (_, seed) => {
      const noise = normalNoise(seed);
      const table = Float64Array.from(tissueNames, (name) => tissues[name].hounsfield);
      const deviation = 9;
      return (_z, slice, voxels, offset) => {
        for (let i = 0; i < slice.length; i++) {
          const value = (table[slice[i] as number] as number) + deviation * noise();
          voxels[offset + i] = Math.max(-1024, Math.floor(value + 0.5));
        }
      };
    },
  },
  mr: {
    dtype: "uint16",
    direction: rotation3([1, 0, 0], 8),
    expose: (grid, seed) => {
      const noise = normalNoise(seed);
      const table = Float64Array.from(tissueNames, (name) => tissues[name].t1);
      const deviation = 14;
      const [width, height] = grid.size;
      return (z, slice, voxels, offset) => {
        for (let y = 0, i = 0; y < height; y++) {
          const first = pointAt(grid, [0, y, z]);
          const last = pointAt(grid, [width - 1, y, z]);
          for (let x = 0; x < width; x++, i++) {
            const along = width === 1 ? 0 : x / (width - 1);
            const signal =
              (table[slice[i] as number] as number) *
              receiveBias(
                first[0] + along * (last[0] - first[0]),
                first[1] + along * (last[1] - first[1]),
                first[2] + along * (last[2] - first[2]),
              );
            // The magnitude of a complex signal with noise in both parts: Rician, so air is not black.
            const real = signal + deviation * noise();
            const imaginary = deviation * noise();
            voxels[offset + i] = Math.floor(Math.sqrt(real * real + imaginary * imaginary) + 0.5);
          }
        }
      };
    },
  },
  labels: {
    dtype: "uint8",
    direction: identity3,
    expose: () => {
      const table = Uint8Array.from(tissueNames, (name) => phantomLabels.indexOf(tissues[name].label));
      return (_z, slice, voxels, offset) => {
        for (let i = 0; i < slice.length; i++) voxels[offset + i] = table[slice[i] as number] as number;
      };
    },
  },
};

/** How strongly the receive coil hears a point (world mm): within 0.7 to 1.2 over the default extent. */
const receiveBias = (x: number, y: number, z: number): number =>
  1.08 + 0.0008 * x - 0.0006 * y + 0.0005 * z - 0.000006 * (x * x + y * y) - 0.000004 * z * z;

/**
 * A head and neck of some hundred ellipsoids with noise, on a grid around the world origin: the middle of
 * the head is at (0, 0, 0), x runs to the left, y to the back, z up (LPS mm). CT and labels share a grid of
 * identity direction, so the labels annotate the CT; the anatomy lies at the same world points in all three.
 * Takes a few seconds for 512 × 512 × 300 voxels.
 * @throws MedImagesError `InvalidDocument` for sizes or spacings that cannot be, `UnsupportedVoxels` when
 * memory does not suffice.
 */
export function phantom(options?: PhantomOptions<"ct" | "mr">): MedImage<"intensity">;
export function phantom(options: PhantomOptions<"labels">): MedImage<"label">;
export function phantom(options?: PhantomOptions): MedImage;
export function phantom(options: PhantomOptions = {}): MedImage {
  const { kind = "ct", seed = 1, size = defaultSize } = options;
  const { dtype, direction, expose } = kinds[kind];
  const grid = centred(size, options.spacing ?? vector((k) => extent[k] / size[k]), direction);
  const data = allocateFor(grid, dtype);
  draw(grid, expose(grid, seed), data);
  const parts = { voxels: voxelsOf(data), grid };
  return kind === "labels" ? labelImage(parts) : intensityImage({ ...parts, ...description[kind] });
}

const description: Readonly<Record<"ct" | "mr", Partial<MedImageParts<"intensity">>>> = {
  ct: {
    modality: { kind: "CT" },
    study: { studyDescription: "Analytic phantom", seriesDescription: "Head and neck CT" },
    display: { window: { center: 40, width: 400 } },
  },
  mr: {
    modality: { kind: "MRI", subtype: "T1" },
    study: { studyDescription: "Analytic phantom", seriesDescription: "Head and neck T1" },
    display: { window: { center: 450, width: 900 } },
  },
};

/** The grid whose centre is the world origin. */
const centred = (size: Vector3, spacing: Vector3, direction: Matrix3): Grid => {
  const atZero = gridOf(size, { spacing, direction });
  const problem = gridProblem(atZero);
  if (problem !== undefined) fail({ kind: "InvalidDocument", errors: [`a phantom cannot be made: ${problem}`] });
  const middle = pointAt(
    atZero,
    vector((k) => (size[k] - 1) / 2),
  );
  return { ...atZero, origin: vector((k) => 0 - middle[k]) };
};

const allocateFor = (grid: Grid, dtype: DType): VoxelArray => {
  checkLength(`a phantom of ${grid.size.join("×")} voxels`, voxelCount(grid), "ask for a smaller size");
  try {
    return allocate(dtype, voxelCount(grid));
  } catch (thrown) {
    const gibibytes = (voxelCount(grid) * dtypes[dtype].bytes) / 2 ** 30;
    return fail(
      {
        kind: "UnsupportedVoxels",
        reason: `a phantom of ${grid.size.join("×")} voxels takes ${gibibytes.toPrecision(3)} GiB, more than there is`,
        remedy: "ask for a smaller size",
      },
      thrown,
    );
  }
};

const draw = (grid: Grid, expose: Exposure, voxels: VoxelArray): void => {
  const [width, height, depth] = grid.size;
  const shapes = head.map((shape) => ({
    paint: rasterizer(shape, grid),
    tissue: tissueNames.indexOf(shape.tissue),
  }));
  const slice = new Uint8Array(width * height);
  for (let z = 0; z < depth; z++) {
    slice.fill(0);
    for (const { paint, tissue } of shapes)
      paint(z, (y, start, end) => {
        slice.fill(tissue, y * width + start, y * width + end);
      });
    expose(z, slice, voxels, z * width * height);
  }
};
