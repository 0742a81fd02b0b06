/** The stored numbers of every real DICOM file, against what pydicom, gdcm and OpenJPEG read in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VoxelArray } from "../../compiler/language/voxels.ts";
import { imageFileOf, openFrames, readDicomFile } from "../../src/io/dicom/file.ts";
import type { Frame } from "../../src/io/dicom/frames.ts";
import { expectedFiles, extremes, sha256 } from "./dicom-shared.ts";
import { dataFolder, hasData } from "./shared.ts";

/** As the reference tool leaves them: luminance and colour differences (PS3.3 C.7.6.3.1.2). */
const toYbr = (rgb: VoxelArray): VoxelArray => {
  const out = new Float32Array(rgb.length);
  for (let k = 0; k < rgb.length; k += 3) {
    const [r, g, b] = [Number(rgb[k]), Number(rgb[k + 1]), Number(rgb[k + 2])];
    out[k] = 0.299 * r + 0.587 * g + 0.114 * b;
    out[k + 1] = -0.168736 * r - 0.331264 * g + 0.5 * b + 128;
    out[k + 2] = 0.5 * r - 0.418688 * g - 0.081312 * b + 128;
  }
  return out;
};

const read = async (path: string): Promise<readonly VoxelArray[]> => {
  const file = imageFileOf(await readDicomFile(join(dataFolder, path), {}));
  const frames = await openFrames(file);
  const arrays: VoxelArray[] = [];
  for (let k = 0; k < file.layout.frames; k++) {
    const { stored, rgb } = await frames.read(k);
    arrays.push(rgb && file.layout.photometric.startsWith("YBR_FULL") ? toYbr(stored) : stored);
  }
  return arrays;
};

const all = hasData ? expectedFiles() : [];
const readable = all.filter(([, { decode_error_of_reference_tool: error }]) => error === undefined);
const lossless = readable.filter(([, { lossy }]) => !lossy);
const lossy = readable.filter(([, { lossy }]) => lossy);

describe.skipIf(!hasData)("stored numbers of real DICOM files (skipped without ../shared/data)", () => {
  test.each(lossless)("%s is exact", async (path, file) => {
    const frames = await read(path);
    const { min, max, mean } = extremes(frames);
    expect({ min, max }).toEqual({ min: file.stored!.min, max: file.stored!.max });
    expect(mean).toBeCloseTo(file.stored!.mean, 6);
    expect(sha256(frames)).toBe(file.sha256_pixels_le);
  });

  test.each(lossy)("%s is within the tolerance of its packing", async (path, file) => {
    const { min, max, mean } = extremes(await read(path));
    const { stored } = file;
    // Decoders of lossy packings differ by 1, and colours that were converted twice by a little more.
    expect(Math.abs(mean - stored!.mean)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(min - stored!.min)).toBeLessThanOrEqual(4);
    expect(Math.abs(max - stored!.max)).toBeLessThanOrEqual(4);
  });

  test("progressive JPEG of 12 bits is an error that says so, and what does it", async () => {
    const names = all.map(([path]) => path).filter((path) => /JPEGProcess(6_8|10_12)/.test(path));
    expect(names).toHaveLength(2);
    for (const path of names)
      await expect(read(path)).rejects.toThrow(
        /12-bit JPEG that is progressive, for which there is no decoder.*dcmdjpeg/,
      );
  });

  test("threads decode what is decoded here, and tell the same failures", async () => {
    const names = all
      .map(([path]) => path)
      .filter((path) =>
        /JPEGLSLoss|JPEG2000|JPEGProcess1T|JPEGProcess14|JPEGProcess2_4|RLELossless|htj2k|YBRFull/.test(path),
      );
    expect(names.length).toBeGreaterThan(5);
    await Promise.all(
      names.map(async (path) => {
        const file = imageFileOf(await readDicomFile(join(dataFolder, path), {}));
        const [here, there] = await Promise.all([openFrames(file), openFrames(file, true)]);
        expect(sha256([(await there.read(0)).stored])).toBe(sha256([(await here.read(0)).stored]));
        const bytes = new Uint8Array(readFileSync(join(dataFolder, path)));
        if (bytes.length < 20_000) return;
        for (let k = bytes.length - 3000; k < bytes.length - 2000; k++) bytes[k] = 0xff;
        const damaged = imageFileOf(await readDicomFile(bytes, {}));
        const outcome = async (beside: boolean): Promise<unknown> => {
          const frames = await openFrames(damaged, beside);
          const hash = (found: Frame): string => sha256([found.stored]);
          return frames.read(0).then(hash, (thrown: unknown) => (thrown as Error).message);
        };
        expect(await outcome(true)).toEqual(await outcome(false));
      }),
    );
  });
});
