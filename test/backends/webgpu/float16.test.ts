/** Float16 in ordinary memory, and what is decided before a run. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluator } from "../../../backends/reference/scalar.ts";
import { boundOf } from "../../../backends/webgpu/bounds.ts";
import { float16Ends, float16Unit, fromFloat16, largestIn, toFloat16 } from "../../../backends/webgpu/float16.ts";
import { place } from "../../../backends/webgpu/place.ts";
import { affineOf } from "../../../compiler/language/affine.ts";
import { binary, constant, type Scalar, tap, unary } from "../../../compiler/language/scalar.ts";
import { identity3 } from "../../../compiler/language/vector.ts";
import { storedAs } from "../../../compiler/language/voxels.ts";
import type { Gather, Plan } from "../../../compiler/plan.ts";
import { scalars } from "../../../laws/index.ts";
import { as, evaluate, rotate } from "../../../src/index.ts";
import { type Precision, webgpu } from "../../../src/webgpu.ts";
import { noise } from "../noise.ts";
import { openDevice } from "./devices.ts";
import { hasGpu } from "./has-gpu.ts";

const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
const isNan = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;

describe("float16", () => {
  test("some numbers that everybody knows", () => {
    const known = [1, -2, 65504, 2 ** -14, 2 ** -24, 0, -0, Infinity, -Infinity, Number.NaN, 1 / 3];
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555];
    expect([...toFloat16(Float32Array.from(known), 1)]).toEqual(bits);
    expect([...fromFloat16(Uint16Array.from(bits), 1)]).toEqual([...known.slice(0, -1), 0.333251953125]);
  });

  test.each([1, 2 ** -40, 2 ** 10])("all of them go there and back, in units of %d", (unit) => {
    const back = toFloat16(fromFloat16(all, unit), unit);
    const wanted = all.map((bits) => (isNan(bits) ? 0x7e00 : bits));
    expect(
      Buffer.compare(Buffer.from(back.map((bits) => (isNan(bits) ? 0x7e00 : bits)).buffer), Buffer.from(wanted.buffer)),
    ).toBe(0);
  });

  test("between two neighbours the nearer one is taken, of two that are as near the even one", () => {
    const finite = fromFloat16(all.subarray(0, 0x7c00), 1);
    for (let low = 0; low + 1 < finite.length; low++) {
      const [a, b] = [finite[low]!, finite[low + 1]!];
      const middle = (a + b) / 2;
      const step = (b - a) / 2 ** 12;
      const found = toFloat16(Float32Array.of(middle - step, middle, middle + step, -middle), 1);
      const even = low % 2 === 0 ? low : low + 1;
      if (found.join() !== [low, even, low + 1, 0x8000 | even].join()) throw new Error(`after ${a}: ${found.join()}`);
    }
    expect([...toFloat16(Float32Array.of(65519.99, 65520, 1e38), 1)]).toEqual([0x7bff, 0x7c00, 0x7c00]);
  });

  test("numbers in units of their own keep 11 bits", () => {
    const largest = fc.double({ min: 1e-25, max: float16Ends, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(largest, fc.double({ min: 1e-6, max: 1, noNaN: true }), (m, share) => {
        const unit = float16Unit(m)!;
        const value = m * share;
        const [back = 0] = fromFloat16(toFloat16(Float64Array.of(value), unit), unit);
        // It is rounded to float32 first.
        expect(Math.abs(back - value)).toBeLessThanOrEqual(value * (2 ** -11 + 2 ** -23));
      }),
      { numRuns: 2000 },
    );
    const units = [2 ** -100, 2 ** -15, 2, undefined, undefined, undefined];
    expect([0, 1, 65504, float16Ends, Infinity, Number.NaN].map(float16Unit)).toEqual(units);
  });

  test("the largest magnitude is that of finite numbers", () => {
    expect(largestIn(Float32Array.of(1, -7, Number.NaN, Infinity, 3))).toBe(7);
    expect(largestIn(BigInt64Array.of(1n, -(2n ** 40n)))).toBe(2 ** 40);
    expect(largestIn(new Float64Array(0))).toBe(0);
  });
});

describe("bounds", () => {
  test("no value that comes of bounded ones is larger", () => {
    fc.assert(
      fc.property(scalars, fc.double({ min: -50, max: 50, noNaN: true }), (body, v) => {
        const value = Number(
          evaluator(body, {
            channel: 1,
            slope: () => 0,
            lookup: () => 0,
            tap: () => v,
            inside: () => true,
            background: () => 0,
          })(),
        );
        const bound = boundOf(body, { tap: () => 50, background: () => 50, channels: 2 });
        expect(!Number.isFinite(value) || !Number.isFinite(bound) || Math.abs(value) <= bound).toBe(true);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  test("are as near as they need be, and there is none where small numbers divide", () => {
    const boundFor = (body: Scalar): number => boundOf(body, { tap: () => 1000, background: () => 0, channels: 1 });
    expect(boundFor(binary("add", binary("mul", tap(0), constant(-0.5)), constant(3)))).toBe(503);
    expect(boundFor(binary("div", tap(0), constant(4)))).toBe(250);
    expect(boundFor(binary("div", constant(1), tap(0)))).toBe(Infinity);
    expect(boundFor(binary("pow", tap(0), constant(2)))).toBe(Infinity);
    expect(boundFor(unary("exp", tap(0)))).toBe(Infinity);
  });
});

describe("what is kept as float16", () => {
  const float = { size: [4, 4, 4], channels: 1, storage: storedAs("float32") } as const;
  const gather = (source: number, output: number, body: Scalar): Gather => ({
    kind: "gather",
    output,
    taps: [{ source, pull: affineOf(identity3, [0, 0, 0]), by: "nearest", boundary: "clamp", class: "copy" }],
    regions: [],
    body,
    reason: "",
  });
  const formatsOf = (passes: Plan["passes"], largest = 1): readonly string[] => {
    const { plan } = place({ buffers: [float, float, float], inputs: 1, passes, result: 2 }, "float16", () => largest);
    return plan.buffers.map(({ format }) => format);
  };
  const twice = binary("add", tap(0), tap(0));

  test("what is computed with, but neither the result nor what some pass only moves", () => {
    expect(formatsOf([gather(0, 1, twice), gather(1, 2, twice)])).toEqual(["float16", "float16", "float32"]);
    expect(formatsOf([gather(0, 1, tap(0)), gather(1, 2, twice)])).toEqual(["float32", "float16", "float32"]);
    expect(formatsOf([gather(0, 1, tap(0)), gather(0, 2, twice)])).toEqual(["float32", "float32", "float32"]);
  });

  test("and is in range", () => {
    const passes = [gather(0, 1, twice), gather(1, 2, twice)];
    expect(formatsOf(passes, float16Ends / 2)).toEqual(["float16", "float32", "float32"]);
    expect(formatsOf(passes, Infinity)).toEqual(["float32", "float32", "float32"]);
  });

  test("integers in between are as large as their dtype lets them be", () => {
    const int8 = { ...float, storage: storedAs("int8") };
    const passes = [gather(0, 1, unary("exp", tap(0))), gather(1, 2, twice), gather(2, 3, twice)];
    const { plan } = place(
      { buffers: [float, int8, float, float], inputs: 1, passes, result: 3 },
      "float16",
      () => 1e5,
    );
    expect(plan.buffers[2]).toMatchObject({ format: "float16", unit: 2 ** (8 - 15) });
    // A half becomes a whole.
    const halves = [gather(0, 1, tap(0)), gather(1, 2, tap(0)), gather(2, 3, twice)];
    const small = place(
      { buffers: [float, int8, float, float], inputs: 1, passes: halves, result: 3 },
      "float16",
      () => 0.5,
    );
    expect(small.plan.buffers[2]?.unit).toBeGreaterThanOrEqual(2 ** -15);
  });

  test("numbers beyond float32 are told of, in either precision", () => {
    const wide = { ...float, storage: storedAs("float64") };
    const warned = (body: Scalar, largest: number): readonly string[] => {
      const plan = { buffers: [wide, wide], inputs: 1, passes: [gather(0, 1, body)], result: 1 };
      return place(plan, "float32", () => largest).warnings.map(({ kind }) => kind);
    };
    expect(warned(twice, 1e300)).toEqual(["BeyondFloat32"]);
    expect(warned(twice, 3e38)).toEqual([]);
    expect(warned(twice, Infinity)).toEqual([]);
    expect(warned(tap(0), 1e300)).toEqual([]);
  });
});

describe.skipIf(!hasGpu)("float16 on a device", () => {
  /** Bytes written to the device, and of the buffers that are made there. */
  const bytesOf = async (precision: Precision): Promise<{ readonly written: number; readonly made: number }> => {
    const device = await openDevice();
    let [written, made] = [0, 0];
    const [write, create] = [device.queue.writeBuffer.bind(device.queue), device.createBuffer.bind(device)];
    device.queue.writeBuffer = (buffer, at, data, from, size) => {
      written += size ?? data.byteLength;
      write(buffer, at, data, from, size);
    };
    device.createBuffer = (descriptor) => {
      if (descriptor.label === "medimages volume") made += descriptor.size;
      return create(descriptor);
    };
    const backend = webgpu({ device, precision });
    const turned = rotate("z", 12, { interpolation: "bspline", fill: 0 })(noise([64, 48, 40]));
    await evaluate(as("int16")(turned), { backend });
    device.destroy();
    return { written, made };
  };

  test("takes half the bus and half the room", async () => {
    const [single, half] = [await bytesOf("float32"), await bytesOf("float16")];
    const voxels = 64 * 48 * 40;
    expect(single.written).toBeGreaterThan(4 * voxels);
    expect(half.written).toBeLessThan(2.1 * voxels);
    // The result is int16 in both.
    expect(half.made).toBeLessThan(0.6 * single.made);
  });
});
