/**
 * Writing MetaImage: `.mha`, or `.mhd` with the voxels in a `.raw` (compressed: `.zraw`) file beside it. Voxels
 * are little endian.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { column } from "../../../compiler/language/vector.ts";
import { componentCount, type MedImage, type Modality } from "../../image.ts";
import { orientationOf } from "../../orientation.ts";
import type { WriteOptions } from "../format.ts";
import { realVoxels } from "../real-voxels.ts";
import { vectorLength } from "../vector-axis.ts";
import { voxelPieces } from "../voxel-order.ts";
import { chained, collected, textPiece, withProgress } from "../write-pieces.ts";
import { turnedRound } from "./anatomy.ts";
import { elementTypeOf, ownNames } from "./fields.ts";
import { metaImageMetadataIn } from "./metadata.ts";

/** How many components of a voxel lie together: those of colours, complex numbers and vectors. */
const interleavedIn = (image: MedImage): number => {
  const own = componentCount[image.channels.components];
  return own > 1 ? own : vectorLength(image);
};

/** Whether the third axis is one that a 2-D image does not have. */
const isFlat = ({ grid }: MedImage): boolean => {
  const [, , xz, , , yz, zx, zy, zz] = grid.direction;
  return grid.size[2] === 1 && [xz, yz, zx, zy, grid.origin[2]].every((n) => n === 0) && zz === 1;
};

const modalityNames: Readonly<Record<Modality["kind"], string | undefined>> = {
  CT: "MET_MOD_CT",
  MRI: "MET_MOD_MR",
  PET: "MET_MOD_PET",
  other: undefined,
};

/** Kept fields must not say otherwise what the image itself says. */
const isFree = (name: string): boolean => !ownNames.has(name) && /^[A-Za-z][\w.-]*$/.test(name);

const headerOf = (
  image: MedImage,
  dtype: MedImage["voxels"]["dtype"],
  packing: Readonly<Record<string, string>>,
): string => {
  const kept = metaImageMetadataIn(image.metadata);
  const { grid, channels, modality } = image;
  const interleaved = interleavedIn(image);
  const rest = channels.components === "scalar" && interleaved > 1 ? channels.shape.slice(1) : channels.shape;
  const count = 3 + rest.length === 3 && kept?.dimensions === 2 && isFlat(image) ? 2 : 3 + rest.length;
  const along = (of: (axis: number) => number): string => Array.from({ length: count }, (_, k) => of(k)).join(" ");
  // Row by row, each the direction of an axis.
  const matrix = Array.from({ length: count }, (_, c) =>
    along((r) => (r < 3 && c < 3 ? (column(grid.direction, c as 0 | 1 | 2)[r] ?? 0) : Number(r === c))),
  ).join(" ");
  const modalityName = modalityNames[modality.kind];
  const fields: Readonly<Record<string, string>> = {
    ObjectType: "Image",
    NDims: String(count),
    BinaryData: "True",
    BinaryDataByteOrderMSB: "False",
    ...packing,
    TransformMatrix: matrix,
    Offset: along((k) => grid.origin[k] ?? kept?.rest_origin[k - 3] ?? 0),
    CenterOfRotation: along(() => 0),
    ...(count === 3 ? { AnatomicalOrientation: turnedRound(orientationOf(grid)) } : {}),
    ElementSpacing: along((k) => grid.spacing[k] ?? kept?.rest_spacing[k - 3] ?? 1),
    DimSize: along((k) => grid.size[k] ?? rest[k - 3] ?? 1),
    ...(interleaved > 1 ? { ElementNumberOfChannels: String(interleaved) } : {}),
    ...Object.fromEntries(Object.entries(kept?.fields ?? {}).filter(([name]) => isFree(name))),
    ...(modalityName === undefined ? {} : { Modality: modalityName }),
    ElementType: elementTypeOf[dtype],
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name} = ${value.replaceAll(/[\r\n]+/g, " ")}\n`)
    .join("");
};

/**
 * Writes a MetaImage: `.mha`, or `.mhd` and beside it a file with the voxels. Each file is complete or absent.
 * MetaImage has no scaling that its readers agree on: voxels with a rescale are written as their real numbers.
 * @throws MedImagesError `UnsupportedFile` for another suffix, `UnsupportedVoxels`, `FileAccess`, `Aborted`
 */
export const saveMetaImage = async (path: string, image: MedImage, options: WriteOptions = {}): Promise<void> => {
  const { signal, compress = false } = options;
  const single = /\.mha$/i.test(path);
  if (!single && !/\.mhd$/i.test(path))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: "is not a name for a MetaImage",
      remedy: "let it end in .mha or .mhd",
    });
  const voxels = realVoxels(image.voxels);
  const components = interleavedIn(image);
  const order = { dtype: voxels.dtype, components, volume: voxelCount(image.grid) };
  const plain = withProgress(undefined, voxelPieces(voxels.data, order), voxels.data.byteLength, options);
  // Readers want to know how long compressed voxels are before they come, so that these are kept until then.
  const kept = compress ? await collected(platform.zlib(plain)) : undefined;
  const packed = kept === undefined ? plain : chained(kept.pieces);
  const header = headerOf(
    image,
    voxels.dtype,
    kept === undefined
      ? { CompressedData: "False" }
      : { CompressedData: "True", CompressedDataSize: String(kept.length) },
  );
  if (single) {
    await platform.writeFile(path, chained([textPiece(`${header}ElementDataFile = LOCAL\n`)], packed), signal);
    return;
  }
  const suffix = compress ? ".zraw" : ".raw";
  const dataPath = path.replace(/\.mhd$/i, suffix);
  await platform.writeFile(dataPath, packed, signal);
  const name = dataPath.slice(dataPath.search(/[^\\/]*$/));
  await platform.writeFile(path, chained([textPiece(`${header}ElementDataFile = ${name}\n`)]), signal);
};
