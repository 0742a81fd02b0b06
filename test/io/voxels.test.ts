/** Voxels in and out of buffers that are longer than an engine's longest array, with a small such engine. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { type DType, dtypes } from "../../compiler/language/voxels.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { checkLength, longestArray } from "../../src/io/longest.ts";
import { voxelPieces, voxelSink } from "../../src/io/voxel-order.ts";
import { phantom } from "../../src/phantom/index.ts";
import { handmade, ramp } from "./handmade.ts";

/** Elements of the longest array of the engine that is played here. */
const longest = 2 ** 22;

type View = new (buffer: ArrayBufferLike, offset?: number, length?: number) => ArrayBufferView;
const limited = <A extends View>(array: A): A =>
  new Proxy(array, {
    construct: (target, args, newTarget) => {
      const made = Reflect.construct(target, args, newTarget) as ArrayBufferView & { readonly length: number };
      if (made.length > longest) throw new RangeError(`Invalid typed array length: ${made.length}`);
      return made;
    },
  });

const { Uint8Array: Bytes } = globalThis;
beforeEach(() => {
  vi.stubGlobal("Uint8Array", limited(Uint8Array));
  vi.stubGlobal("Uint16Array", limited(Uint16Array));
  vi.stubGlobal("Uint32Array", limited(Uint32Array));
});
afterEach(() => vi.unstubAllGlobals());

/** Fills a buffer from pieces of uneven length and reads it again. */
const through = (dtype: DType, components: number, volume: number, file: Uint8Array, swap = false): Buffer => {
  const order = { dtype, components, volume };
  const buffer = new ArrayBuffer(file.length);
  const sink = voxelSink(buffer, order, swap);
  for (let at = 0; at < file.length; at += 999_983) sink.write(file.subarray(at, at + 999_983));
  sink.finish();
  return Buffer.concat([...voxelPieces(new DataView(buffer), order)]);
};

describe("a buffer with more bytes than an array can have", () => {
  test.each<readonly [DType, number, number]>([
    ["int16", 1, 3_500_000],
    ["float32", 1, 3_000_001],
    ["float64", 1, 1_000_001],
    ["float32", 2, 700_001],
    ["float64", 2, 1_050_001],
    ["uint8", 3, 1_400_001],
  ])("%s of %i components", (dtype, components, volume) => {
    const file = new Bytes(volume * components * dtypes[dtype].bytes);
    file.set(ramp(longest), file.length - longest);
    expect(Buffer.compare(through(dtype, components, volume, file), file)).toBe(0);
  });

  test("big-endian voxels are swapped in it", () => {
    const file = new Bytes(longest * 2 + 4);
    file[file.length - 2] = 7;
    const after = through("int16", 1, file.length / 2, file, true);
    expect([...after.subarray(-2)]).toEqual([0, 7]);
  });
});

describe("more numbers than an array can hold", () => {
  test("are refused in words", () => {
    expect(() => checkLength("it", longestArray, "crop")).not.toThrow();
    expect(() => checkLength("it", longestArray + 1, "crop")).toThrow(/it has 4294967297 numbers.*; crop/);
  });
  test("in a phantom, before it is drawn", () => {
    expect(() => phantom({ kind: "labels", size: [2048, 2048, 1100] })).toThrow(MedImagesError);
    expect(() => phantom({ kind: "labels", size: [2048, 2048, 1100] })).toThrow(/more than the 4294967296/);
  });
  test("in a file, before memory is taken for them", async () => {
    const head = handmade({ dim: [2048, 2048, 1100], datatype: 2, bitpix: 8, data: new Bytes(0) });
    const size = head.length + 2048 * 2048 * 1100;
    const sparse = Object.assign(Object.create(Blob.prototype) as Blob, {
      slice: (start: number, end: number) =>
        new Blob([start < head.length ? head.slice(start, end) : new Bytes(Math.min(end, size) - start)]),
    });
    Object.defineProperty(sparse, "size", { value: size });
    expect((await loadHeader(sparse)).grid.size).toEqual([2048, 2048, 1100]);
    await expect(loadImage(sparse, { memory: 2 ** 36 })).rejects.toMatchObject({
      error: { kind: "UnsupportedVoxels" },
    });
  });
});
