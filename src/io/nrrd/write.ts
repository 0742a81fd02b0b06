/**
 * Writing NRRD: `.nrrd`, or `.nhdr` with the voxels in a `.raw` (compressed: `.raw.gz`) file beside it. The space
 * is LPS, voxels are little endian, and axes that are not of space stand first or last as they were read.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { type Axis, axes, column, type Vector3 } from "../../../compiler/language/vector.ts";
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import { componentCount, type MedImage } from "../../image.ts";
import type { WriteOptions } from "../format.ts";
import { realVoxels } from "../real-voxels.ts";
import { vectorLength } from "../vector-axis.ts";
import { voxelPieces } from "../voxel-order.ts";
import { chained, textPiece, withProgress } from "../write-pieces.ts";
import { escaped, typeOf } from "./fields.ts";
import { type NrrdMetadata, nrrdMetadataIn } from "./metadata.ts";

/** An axis that is not of space. */
interface OtherAxis {
  readonly size: number;
  readonly kind: string;
  readonly spacing: string;
}

interface Arrangement {
  readonly before: readonly OtherAxis[];
  readonly after: readonly OtherAxis[];
}

const colourKinds: Readonly<Record<MedImage["channels"]["components"], string>> = {
  scalar: "list",
  rgb: "RGB-color",
  rgba: "RGBA-color",
  complex: "complex",
};

const kindNames: ReadonlyMap<string, string> = new Map(
  ["RGB-color", "HSV-color", "XYZ-color", "RGBA-color", "3D-symmetric-matrix", "3D-masked-symmetric-matrix"]
    .concat(["3D-matrix", "3D-masked-matrix", "2D-symmetric-matrix", "2D-masked-symmetric-matrix", "2D-matrix"])
    .concat(["2D-masked-matrix"])
    .map((name) => [name.toLowerCase(), name]),
);

/** Components of colours and vectors come first; other axes stand where they stood, or after those of space. */
const arrange = (image: MedImage, kept: NrrdMetadata | undefined): Arrangement => {
  const { channels } = image;
  const colour = channels.components === "scalar" ? [] : [componentCount[channels.components]];
  const sizes = [...colour, ...channels.shape];
  const known = kept?.other_kinds.length === sizes.length ? kept : undefined;
  const vectors = vectorLength(image) > 1;
  const others = sizes.map((size, k): OtherAxis => {
    const kind = known?.other_kinds[k] ?? (vectors && k === 0 ? "vector" : "");
    const named = kindNames.get(kind) ?? kind;
    const own = k < colour.length ? colourKinds[channels.components] : named === "" ? "list" : named;
    return { size, kind: own, spacing: known?.other_spacings[k] ?? "" };
  });
  const least = colour.length > 0 || (known === undefined && vectors) ? 1 : 0;
  const leading = known?.leading === 0 ? 0 : Math.max(least, known?.leading ?? 0);
  return { before: others.slice(0, leading), after: others.slice(leading) };
};

const vectorText = (v: Vector3): string => `(${v.join(",")})`;

const isLabel = (name: string): boolean => /^[a-z]+$/.test(name);

const headerOf = (image: MedImage, dtype: DType, { before, after }: Arrangement, encoding: string): string => {
  const kept = nrrdMetadataIn(image.metadata);
  const { grid } = image;
  const columns = axes.map((k: Axis) => {
    const [x, y, z] = column(grid.direction, k);
    const step = grid.spacing[k];
    return vectorText([x * step, y * step, z * step]);
  });
  const around = (of: (other: OtherAxis) => string, own: readonly string[]): string =>
    [...before.map(of), ...own, ...after.map(of)].join(" ");
  const others = [...before, ...after];
  const fields: readonly (readonly [string, string])[] = [
    ["type", typeOf(dtype)],
    ["dimension", String(3 + others.length)],
    ["space", "left-posterior-superior"],
    ["sizes", around(({ size }) => String(size), grid.size.map(String))],
    ["space directions", around(() => "none", columns)],
    ["kinds", around(({ kind }) => kind, ["domain", "domain", "domain"])],
    ...(others.some(({ spacing }) => spacing !== "")
      ? [["spacings", around(({ spacing }) => spacing || "nan", ["nan", "nan", "nan"])] as const]
      : []),
    ...(dtypes[dtype].bytes > 1 ? [["endian", "little"] as const] : []),
    ["encoding", encoding],
    ["space origin", vectorText(grid.origin)],
    // It is relative to the axes of the space, so that it holds in no other.
    ...(kept !== undefined && kept.measurement_frame !== "" && /^(left-posterior-superior|lps)$/.test(kept.read_space)
      ? [["measurement frame", kept.measurement_frame] as const]
      : []),
    ...Object.entries(kept?.fields ?? {}).filter(([name]) => isLabel(name)),
  ];
  const keys = Object.entries(kept?.keys ?? {}).filter(([key]) => /^[^:\r\n#]+$/.test(key));
  return [
    "NRRD0005",
    ...fields.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, " ")}`),
    ...keys.map(([key, value]) => `${escaped(key)}:=${escaped(value)}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
};

/**
 * Writes an NRRD file: `.nrrd`, gzipped inside unless `compress` is false, or `.nhdr` and beside it a file with the
 * voxels. Each file is complete or absent. NRRD has no scaling: voxels with a rescale are written as their real
 * numbers.
 * @throws MedImagesError `UnsupportedFile` for another suffix, `UnsupportedVoxels`, `FileAccess`, `Aborted`
 */
export const saveNrrd = async (path: string, image: MedImage, options: WriteOptions = {}): Promise<void> => {
  const single = /\.nrrd$/i.test(path);
  const { signal, compress = single } = options;
  if (!single && !/\.nhdr$/i.test(path))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: "is not a name for an NRRD file",
      remedy: "let it end in .nrrd or .nhdr",
    });
  const voxels = realVoxels(image.voxels);
  const arrangement = arrange(image, nrrdMetadataIn(image.metadata));
  const components = arrangement.before.reduce((n, { size }) => n * size, 1);
  const order = { dtype: voxels.dtype, components, volume: voxelCount(image.grid) };
  const plain = withProgress(undefined, voxelPieces(voxels.data, order), voxels.data.byteLength, options);
  const packed = compress ? platform.gzip(plain) : plain;
  const header = headerOf(image, voxels.dtype, arrangement, compress ? "gzip" : "raw");
  if (single) {
    await platform.writeFile(path, chained([textPiece(`${header}\n`)], packed), signal);
    return;
  }
  const dataPath = path.replace(/\.nhdr$/i, compress ? ".raw.gz" : ".raw");
  await platform.writeFile(dataPath, packed, signal);
  const name = dataPath.slice(dataPath.search(/[^\\/]*$/));
  await platform.writeFile(path, chained([textPiece(`${header}data file: ${name}\n`)]), signal);
};
