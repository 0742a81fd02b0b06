/** The printer of WGSL: what it prints is valid on any device, readable, and depends on structure only. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { place } from "../../../backends/webgpu/place.ts";
import { kernelOf } from "../../../backends/webgpu/print.ts";
import { pipelines } from "../../../laws/index.ts";
import {
  as,
  compile,
  crop,
  type Expression,
  gamma,
  imageFromArray,
  type MedImage,
  pipe,
  resampleToSpacing,
  rescale,
  rotate,
  type Source,
} from "../../../src/index.ts";
import { applySteps } from "../../../src/json.ts";
import { webgpu } from "../../../src/webgpu.ts";
import { noise } from "../noise.ts";
import { openDevice } from "./devices.ts";

const kernelsOf = (source: Source): readonly string[] => webgpu().kernels(compile(source).plan);

/** What a device says about a kernel: nothing when it is valid, and can be bound as all kernels are. */
const complaint = async (device: GPUDevice, code: string, sources: number): Promise<string | undefined> => {
  device.pushErrorScope("validation");
  const types: GPUBufferBindingType[] = ["uniform", "read-only-storage", "storage"];
  for (let k = 0; k < sources; k++) types.push("read-only-storage");
  const entries = types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } }));
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
  const module = device.createShaderModule({ code });
  device.createComputePipeline({ layout, compute: { module, entryPoint: "main" } });
  return (await device.popErrorScope())?.message;
};

describe("kernels", () => {
  test.each(["float32", "float16"] as const)(
    "of random pipelines in %s are valid, on a device with the least that the standard allows",
    async (precision) => {
      const device = await openDevice({}, "backend=null");
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(pipelines(), async ({ image, steps }) => {
          const { plan } = place(compile(applySteps(steps, image)).plan, precision, () => 1);
          for (const pass of plan.passes) {
            const { code, sources } = kernelOf(pass, plan);
            if (seen.has(code)) continue;
            seen.add(code);
            const wrong = await complaint(device, code, sources.length);
            if (wrong !== undefined) throw new Error(`${wrong}\n${code}`);
          }
        }),
        { numRuns: 1000, seed: 3 },
      );
      expect(seen.size).toBeGreaterThan(300);
      const halves = [...seen].filter((code) => code.includes("unpack2x16float")).length;
      if (precision === "float16") expect(halves).toBeGreaterThan(100);
      else expect(halves).toBe(0);
    },
  );

  test("the check can fail", async () => {
    const device = await openDevice({}, "backend=null");
    const [code = ""] = kernelsOf(rotate("z", 5)(noise([8, 8, 8])));
    expect(await complaint(device, code, 1)).toBeUndefined();
    expect(await complaint(device, code.replace("fn blend(", "fn blond("), 1)).toContain("blend");
  });

  const turned = (image: MedImage<"intensity">, degrees: number, fill: number): Expression =>
    pipe(image, rotate([1, 2, 3], degrees, { interpolation: "bspline", fill }), rescale(1 + fill / 100, 3));

  test("do not depend on angles, fills, sizes or slopes: nothing is compiled again", () => {
    const some = kernelsOf(turned(noise([9, 8, 7]), 5, 0));
    expect(some).toHaveLength(4);
    expect(kernelsOf(turned(noise([9, 8, 7]), 17, 12))).toEqual(some);
    expect(kernelsOf(turned(noise([20, 31, 12]), 5, 7))).toEqual(some);
  });

  test("depend on structure: dtype, interpolation, boundary, body, and which axes mix", () => {
    const image = noise([8, 8, 8]);
    const variants = [
      rotate([1, 2, 3], 5, { fill: 0 })(image),
      rotate("z", 5, { fill: 0 })(image),
      rotate([1, 2, 3], 5, { fill: "wrap" })(image),
      rotate([1, 2, 3], 5, { fill: 0, interpolation: "nearest" })(image),
      pipe(image, rotate([1, 2, 3], 5, { fill: 0 }), as("int16")),
      pipe(image, rotate([1, 2, 3], 5, { fill: 0 }), gamma(2)),
      resampleToSpacing([2, 2, 2], { fill: 0 })(image),
    ];
    const all = variants.flatMap(kernelsOf);
    expect(new Set(all).size).toBe(variants.length);
  });

  test.each(
    Object.entries({
      "rotate-linear": rotate([1, 2, 3], 12, { fill: 0 })(noise([8, 8, 8])),
      "resample-linear-uint8": pipe(noise([8, 8, 8]), resampleToSpacing([2, 2, 2], { fill: "clamp" }), as("uint8")),
      "crop-int16": crop([1, 1, 1], [5, 6, 7])(imageFromArray(new Int16Array(512), { size: [8, 8, 8] })),
      "rotate-bspline": rotate("z", 12, { interpolation: "bspline", fill: "reflect" })(noise([8, 8, 1])),
    }),
  )("%s is as it was", async (name, source) => {
    await expect(kernelsOf(source).join("\n")).toMatchFileSnapshot(`kernels/${name}.wgsl`);
  });

  test("are for people: the body on top, bindings by name, no numbers of the run", () => {
    const [code = ""] = kernelsOf(rotate("z", 12.345, { fill: -1000 })(noise([8, 8, 8])));
    expect(code).toContain("// voxel = select(inside0, tap0, 0)");
    expect(code).toContain("@group(0) @binding(3) var<storage, read> voxels0: array<f32>;");
    expect(code).toContain("// linear from voxels0, beyond the edges clamp");
    expect(code).not.toContain("1000");
  });
});
