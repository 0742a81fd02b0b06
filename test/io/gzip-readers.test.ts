/** Files that were deflated in parallel pieces are one gzip member to readers that were not made here. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync as inflateByNode } from "node:zlib";
import { Gunzip, gunzipSync } from "fflate";
import { expect, test } from "vitest";
import { saveImage } from "../../src/index.ts";
import { noise } from "../backends/noise.ts";

test("fflate reads them, at once and as a stream, to the bytes of the plain file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "medimages-gzip-"));
  try {
    // Several pieces long.
    const image = noise([160, 150, 70]);
    await saveImage(join(folder, "plain.nii"), image);
    await saveImage(join(folder, "packed.nii.gz"), image);
    const plain = readFileSync(join(folder, "plain.nii"));
    const packed = readFileSync(join(folder, "packed.nii.gz"));
    expect(Buffer.compare(gunzipSync(packed), plain)).toBe(0);
    expect(Buffer.compare(inflateByNode(packed), plain)).toBe(0);
    const pieces: Uint8Array[] = [];
    let isOver = false;
    const stream = new Gunzip((piece, final) => {
      pieces.push(piece);
      isOver = final;
    });
    for (let at = 0; at < packed.length; at += 100_003)
      stream.push(packed.subarray(at, at + 100_003), at + 100_003 >= packed.length);
    expect(isOver).toBe(true);
    expect(Buffer.compare(Buffer.concat(pieces), plain)).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
