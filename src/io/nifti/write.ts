/**
 * Writing NIfTI to files, atomically: .nii, .nii.gz and .hdr/.img pairs, by suffix.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import type { MedImage } from "../../image.ts";
import type { Progress } from "../format.ts";
import { withProgress } from "../write-pieces.ts";
import { encodeImage } from "./encode.ts";
import { pairNames } from "./pair.ts";

export const niftiSuffixes: readonly string[] = [".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"];

const maybeGzip = (chunks: AsyncIterable<Uint8Array>, compress: boolean): AsyncIterable<Uint8Array> =>
  compress ? platform.gzip(chunks) : chunks;

/**
 * The bytes of a `.nii` file, or of a `.nii.gz` with `compress`, in pieces; for browsers and streams.
 * @throws MedImagesError `UnsupportedVoxels` when NIfTI has no datatype for the voxels.
 */
export const encodeNifti = (
  image: MedImage,
  options: { readonly compress?: boolean } = {},
): AsyncIterable<Uint8Array> => {
  const { header, voxels, voxelBytes } = encodeImage(image, false);
  return maybeGzip(withProgress(header, voxels(), voxelBytes, {}), options.compress ?? false);
};

/**
 * Writes a NIfTI file: `.nii`, `.nii.gz`, or `.hdr`/`.img` (also `.gz`), of which both files are written.
 * Each file is complete or absent. Coordinates go out in RAS millimetres as the standard asks. While the
 * grid is the one that a NIfTI file gave, sform and qform say what they said there, under their codes. On
 * another grid both say the same under the code of the form that was read (2, aligned, if there was none),
 * the qform only when the axes are orthonormal. Images from elsewhere get code 1 (scanner).
 * @throws MedImagesError `UnsupportedFile` for another suffix, `UnsupportedVoxels` when NIfTI has no
 * datatype for the voxels, `FileAccess`, `Aborted`.
 */
export const saveNifti = async (path: string, image: MedImage, options: Progress = {}): Promise<void> => {
  const compress = /\.gz$/i.test(path);
  const { signal } = options;
  if (/\.nii(\.gz)?$/i.test(path)) {
    const { header, voxels, voxelBytes } = encodeImage(image, false);
    await platform.writeFile(path, maybeGzip(withProgress(header, voxels(), voxelBytes, options), compress), signal);
    return;
  }
  if (!/\.(hdr|img)(\.gz)?$/i.test(path))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: "is not a name for a NIfTI file",
      remedy: `let it end in ${niftiSuffixes.join(", ")}`,
    });
  const names = pairNames(path);
  const { header, voxels, voxelBytes } = encodeImage(image, true);
  await platform.writeFile(
    names.image,
    maybeGzip(withProgress(undefined, voxels(), voxelBytes, options), compress),
    signal,
  );
  await platform.writeFile(
    names.header,
    maybeGzip(withProgress(header, [], 0, { ...(signal && { signal }) }), compress),
    signal,
  );
};
