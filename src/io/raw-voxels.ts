/**
 * Voxels that lie in a file as they are, one after the other: the claim of a header held against the bytes
 * that are there, and the bytes streamed from where they begin to where they should end.
 */
import { fail, MedImagesError } from "../../compiler/errors.ts";
import type { Content } from "./content.ts";
import type { Progress } from "./format.ts";

/** At most this much is inflated behind the voxels, so that a stream that goes on is not followed. */
const tailLimit = 2 ** 20;

/** Refuses a claim that the bytes there cannot keep. */
export const checkClaim = (content: Content, offset: number, bytes: number): void => {
  const { name: path, capacity, gzipped, sourceSize } = content;
  if (offset + bytes <= capacity) return;
  const there = gzipped
    ? `at most ${capacity} that ${sourceSize} compressed bytes can hold`
    : `${capacity} of the file`;
  fail({
    kind: "MalformedFile",
    path,
    reason:
      offset >= capacity
        ? `its header puts ${bytes} bytes of voxels at byte ${offset}, beyond the ${there}`
        : gzipped
          ? `its header claims ${bytes} bytes of voxels, more than the ${there}`
          : `is cut off: ${capacity - offset} of ${bytes} bytes of voxels are there`,
    remedy: "get the file again from where it came",
  });
};

/** Hands all voxel bytes to `accept` in order, then makes sure that the content ends soon after. */
export const pump = async (
  content: Content,
  offset: number,
  bytes: number,
  { signal, onProgress }: Progress,
  accept: (piece: Uint8Array) => void,
  warn: (kind: string, message: string) => void,
): Promise<void> => {
  const path = content.name;
  let done = 0;
  const cut = (): never =>
    fail({
      kind: "MalformedFile",
      path,
      reason: `is cut off: ${done} of ${bytes} bytes of voxels are there`,
      remedy: "get the file again from where it came",
    });
  try {
    const gap = offset - content.position();
    if ((await content.skip(gap)) < gap) cut();
    while (done < bytes) {
      if (signal?.aborted) fail({ kind: "Aborted" });
      const piece = (await content.next(bytes - done)) ?? cut();
      accept(piece);
      done += piece.length;
      onProgress?.(done / bytes);
    }
    let extra = 0;
    while (extra <= tailLimit) {
      const piece = await content.next(tailLimit);
      if (piece === undefined) break;
      extra += piece.length;
    }
    if (extra > tailLimit && content.gzipped)
      fail({
        kind: "MalformedFile",
        path,
        reason: `its compressed stream goes on after the ${bytes} bytes of voxels it claims`,
      });
    if (extra > 0)
      warn("trailing-bytes", `${extra > tailLimit ? "more than " : ""}${extra} bytes after the voxels were left out`);
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError) || thrown.error.kind !== "MalformedFile" || done === bytes) throw thrown;
    const { reason, ...rest } = thrown.error;
    const where = reason.startsWith("is cut off:") ? "" : ` after ${done} of ${bytes} bytes of voxels`;
    fail({ ...rest, reason: `${reason}${where}` }, thrown.cause);
  }
};
