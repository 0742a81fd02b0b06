/** `medimages run`: steps from flags and files, what it announces, what it refuses. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import { beforeAll, describe, expect, test } from "vitest";
import { voxelCount } from "../../compiler/language/grid.ts";
import { evaluate } from "../../src/evaluate.ts";
import { imageFromArray } from "../../src/image.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { affine } from "../../src/ops/affine.ts";
import { crop, pad } from "../../src/ops/crop.ts";
import { displace } from "../../src/ops/displace.ts";
import { as, clamp, gamma, rescale, window } from "../../src/ops/intensity.ts";
import { materialize } from "../../src/ops/materialize.ts";
import { changeOrientation, flip } from "../../src/ops/orient.ts";
import { resampleToSpacing, scale } from "../../src/ops/resample.ts";
import { rotate } from "../../src/ops/rotate.ts";
import { translate } from "../../src/ops/translate.ts";
import { phantom } from "../../src/phantom/index.ts";
import { call, callWith, countBeyond, lines, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const small = phantom({ size: [24, 20, 16] });

beforeAll(async () => {
  await saveImage(at("ct.nii"), small);
  await saveImage(at("labels.nii"), phantom({ kind: "labels", size: [24, 20, 16] }));
  await saveImage(at("ref.nii"), phantom({ kind: "mr", size: [10, 12, 9] }));
});

describe("steps of the command line are the operations of the library", () => {
  const image = small;
  test.each([
    [
      "spacing, orientation, crop, rotation",
      ["--spacing", "12,12,20", "--orient", "ras", "--crop", "2,1,1:14,12,9", "--rotate", "z:5"],
      pipe(
        image,
        resampleToSpacing([12, 12, 20]),
        changeOrientation("RAS"),
        crop([2, 1, 1], [14, 12, 9]),
        rotate("z", 5),
      ),
    ],
    [
      "sampling for the steps after it, negative values",
      ["--interp", "bspline", "--fill", "-1000", "--rotate", "-0.3,-0.5,0.8:-35.6", "--pad", "1,0,2:3,0,0"],
      pipe(
        image,
        rotate([-0.3, -0.5, 0.8], -35.6, { interpolation: "bspline", fill: -1000 }),
        pad([1, 0, 2], [3, 0, 0], { fill: -1000 }),
      ),
    ],
    [
      "sampling that changes half way",
      ["--interp", "nearest", "--scale", "2", "--fill", "background", "--interp", "linear", "--scale", "0.5,1,1"],
      pipe(
        image,
        scale(2, { interpolation: "nearest" }),
        scale([0.5, 1, 1], { interpolation: "linear", fill: "background" }),
      ),
    ],
    [
      "affine with some of its parts",
      ["--affine", "rotate=0,0,30;scale=0.8;translate=5,-2,0"],
      pipe(image, affine({ rotate: [0, 0, 30], scale: [0.8, 0.8, 0.8], translate: [5, -2, 0] })),
    ],
    [
      "edges instead of centres, a value to pad with",
      ["--spacing", "15:extent", "--pad", "1,1,1:1,1,1:-7", "--translate", "y:-25"],
      pipe(
        image,
        resampleToSpacing([15, 15, 15], { align: "extent" }),
        pad([1, 1, 1], [1, 1, 1], { fill: -7 }),
        translate("y", -25),
      ),
    ],
    [
      "intensities",
      [
        "--clamp",
        "-1000,1000",
        "--rescale",
        "0.001,-0.5",
        "--gamma",
        "0.5",
        "--window",
        "0,2:0,255",
        "--dtype",
        "uint8",
      ],
      pipe(image, clamp(-1000, 1000), rescale(0.001, -0.5), gamma(0.5), window(0, 2, [0, 255]), as("uint8")),
    ],
    [
      "mirror, then step by step",
      ["--flip", "x", "--materialize", "--rotate", "x:9"],
      pipe(image, flip("x"), materialize, rotate("x", 9)),
    ],
  ])("%s", async (_, words, expression) => {
    const output = at("steps.nii");
    expect(await call("run", at("ct.nii"), ...words, "-o", output)).toEqual({ status: 0, out: "", err: "" });
    const found = await loadImage(output);
    const wanted = await evaluate(expression);
    expect(found.grid.size).toEqual(wanted.grid.size);
    for (const [k, value] of wanted.grid.origin.entries()) expect(found.grid.origin[k]).toBeCloseTo(value, 4);
    expect(found.voxels.dtype).toBe(wanted.voxels.dtype);
    // The file holds its geometry in float32, so what is compared was computed from slightly other matrices.
    expect(countBeyond(wanted.voxels.data, found.voxels.data, 0.05)).toBe(0);
  });

  test("--like takes the grid of another image", async () => {
    expect((await call("run", at("labels.nii"), "--label", "--like", at("ref.nii"), "-o", at("like.nii"))).status).toBe(
      0,
    );
    const found = await loadImage(at("like.nii"));
    const { grid } = await loadHeader(at("ref.nii"));
    expect(found.grid).toEqual(grid);
    expect(found.voxels.dtype).toBe("uint8");
  });

  test("--displace takes vectors from a file, in the order of the steps", async () => {
    const image = await loadImage(at("ct.nii"), { kind: "intensity" });
    const vectors = imageFromArray(
      Float32Array.from({ length: 3 * voxelCount(image.grid) }, (_, k) => 3 * Math.sin(k / 50)),
      image.grid,
      { channels: 3 },
    );
    await saveImage(at("warp.nii.gz"), vectors);
    const words = ["--interp", "linear", "--fill", "0", "--rotate", "z:10", "--displace", at("warp.nii.gz")];
    expect(await call("run", at("ct.nii"), ...words, "-o", at("bent.mha"))).toEqual({ status: 0, out: "", err: "" });
    const due = await evaluate(pipe(image, rotate("z", 10, { interpolation: "linear", fill: 0 }), displace(vectors)));
    const found = await loadImage(at("bent.mha"));
    const error = Math.max(
      ...Array.from(found.voxels.data, (v: unknown, k: number) => Math.abs(Number(v) - Number(due.voxels.data[k]))),
    );
    expect(error).toBeLessThan(0.01);
    expect((await call("run", at("ct.nii"), "--displace", at("ct.nii"), "-o", at("x.nii"))).err).toContain(
      "3 channels",
    );
  });

  test("a pipeline file comes first, then the flags", async () => {
    writeFileSync(at("steps.json"), JSON.stringify([{ op: "crop", start: [0, 0, 0], size: [8, 8, 8] }]));
    const { status } = await call(
      "run",
      at("ct.nii"),
      "--pad",
      "1,1,1:1,1,1",
      "--pipeline",
      at("steps.json"),
      "-o",
      at("both.nii"),
    );
    expect(status).toBe(0);
    expect((await loadHeader(at("both.nii"))).grid.size).toEqual([10, 10, 10]);
  });

  test("a pipeline file may begin with a byte order mark", async () => {
    writeFileSync(at("marked.json"), `\uFEFF${JSON.stringify([{ op: "flip", axis: "x" }])}`);
    const words = ["run", at("ct.nii"), "--pipeline", at("marked.json"), "-o", at("marked.nii")];
    expect(await call(...words)).toEqual({ status: 0, out: "", err: "" });
  });

  test("-o=FILE is -o FILE", async () => {
    expect((await call("run", at("ct.nii"), "--flip", "x", `-o=${at("short.nii")}`)).status).toBe(0);
    expect(existsSync(at("short.nii"))).toBe(true);
  });

  test("the output may be the input", async () => {
    await saveImage(at("same.nii"), small);
    expect((await call("run", at("same.nii"), "--flip", "x", "-o", at("same.nii"))).status).toBe(0);
    expect((await call("run", at("same.nii"), "--flip", "x", "-o", at("same.nii"))).status).toBe(0);
    expect((await loadImage(at("same.nii"))).voxels.data).toEqual(small.voxels.data);
  });
});

describe("what it tells", () => {
  test("--explain announces the passes and the geometry that the file has", async () => {
    await call("phantom", "-o", at("readme.nii.gz"));
    const steps = ["--spacing", "1,1,1", "--orient", "RAS", "--crop", "50,30,20:120,120,100", "--rotate", "z:5"];
    const { status, out } = await call("run", at("readme.nii.gz"), ...steps, "-o", at("out.nii.gz"), "--explain");
    expect(status).toBe(0);
    expect(out).toMatch(/^1 pass$/m);
    expect(out).toContain("result: 120×120×100 voxels of 1 × 1 × 1 mm, RAS, float32");
    const { grid } = await loadHeader(at("out.nii.gz"));
    expect(grid.size).toEqual([120, 120, 100]);
    expect(grid.spacing).toEqual([1, 1, 1]);
    expect(out).toContain(`origin ${grid.origin.join(", ")} mm (LPS)`);
    expect(out).toContain(`direction ${grid.direction.join(" ")} (row-major)`);
  });

  test("--explain alone computes nothing", async () => {
    const before = readdirSync(folder);
    const { status, out } = await call("run", at("ct.nii"), "--rotate", "z:5", "--explain");
    expect(status).toBe(0);
    expect(out).toContain("1 pass");
    expect(readdirSync(folder)).toEqual(before);
  });

  test("--explain prints the kernels of a backend that was asked for, with or without a GPU", async () => {
    const words = ["run", at("ct.nii"), "--rotate", "z:5", "--explain"];
    const { status, out } = await call(...words, "--backend", "webgpu");
    expect(status).toBe(0);
    expect(out.startsWith("1 pass\n")).toBe(true);
    expect(out).toMatch(
      /\n {2}direction .* \(row-major\)\n\n\/\/ voxel = select\(inside0, tap0, .*\)\n\nstruct Numbers \{\n/,
    );
    expect((await call(...words)).out).not.toContain("struct Numbers");
  });

  test("what the reader put up with is a warning on stderr, not in the results", async () => {
    writeFileSync(at("longer.nii"), Buffer.concat([readFileSync(at("ct.nii")), Buffer.alloc(1000)]));
    for (const words of [
      ["run", at("longer.nii"), "--flip", "x", "-o"],
      ["convert", at("longer.nii")],
    ]) {
      const { status, out, err } = await call(...words, at("warned.nii"));
      expect({ status, out }).toEqual({ status: 0, out: "" });
      expect(err).toMatch(/^medimages (run|convert): warning: .+\n$/);
    }
  });

  test("--timing prints one line of JSON on stderr", async () => {
    const { out, err } = await call(
      "run",
      at("ct.nii"),
      "--rotate",
      "z:5",
      "--timing",
      "--threads",
      "2",
      "-o",
      at("t.nii"),
    );
    expect(out).toBe("");
    expect(lines(err)).toHaveLength(1);
    const timing = JSON.parse(err);
    expect(Object.keys(timing)).toEqual(["phases", "backend", "threads", "passes", "peak_rss_mib"]);
    expect(Object.keys(timing.phases)).toEqual(["read_ms", "compile_ms", "run_ms", "write_ms"]);
    for (const time of Object.values(timing.phases)) expect(time).toBeGreaterThan(0);
    expect(timing).toMatchObject({ backend: "wasm", threads: 2, passes: 1 });
    expect(timing.peak_rss_mib).toBeGreaterThan(20);
  });
});

describe("classes survive a change of dtype or are refused", () => {
  const o = ["--label", "-o", at("classes-out.nii")];
  beforeAll(async () => {
    const classes = Int16Array.from({ length: 8 * 8 * 8 }, (_, k) => k);
    await saveImage(at("classes.nii"), imageFromArray(classes, { size: [8, 8, 8] }));
    await saveImage(at("wide.nii"), imageFromArray(BigInt64Array.of(1n, 2n ** 53n + 1n, -1n, 0n), { size: [4, 1, 1] }));
    await saveImage(at("parts.nii"), imageFromArray(Float32Array.of(0, 1.5, 2), { size: [3, 1, 1] }));
  });
  test.each<readonly [string, readonly string[], string]>([
    ["classes.nii", ["--dtype", "uint8"], "uint8 cannot hold class 256"],
    ["classes.nii", ["--orient", "RAS", "--dtype", "int8"], "int8 cannot hold class"],
    [
      "classes.nii",
      ["--fill", "300", "--crop", "0,0,0:1,1,1", "--pad", "1,0,0:0,0,0", "--dtype", "uint8"],
      "class 300",
    ],
    ["wide.nii", ["--dtype", "float64"], "float64 cannot hold class 9007199254740993"],
    ["wide.nii", ["--dtype", "uint64"], "uint64 cannot hold class -1"],
    ["parts.nii", ["--dtype", "uint8"], "uint8 cannot hold class 1.5"],
  ])("%s %j", async (name, words, message) => {
    const { status, err } = await call("run", at(name), ...words, ...o);
    expect(status).toBe(1);
    expect(err).toContain(message);
    expect(lines(err)).toHaveLength(1);
    expect(existsSync(at("classes-out.nii"))).toBe(false);
  });
  test("in a step of a pipeline file, too", async () => {
    writeFileSync(
      at("narrow.json"),
      JSON.stringify([
        { op: "as", dtype: "uint8" },
        { op: "as", dtype: "int16" },
      ]),
    );
    const { status, err } = await call("run", at("classes.nii"), "--pipeline", at("narrow.json"), ...o);
    expect({ status, named: err.includes("uint8 cannot hold class 256") }).toEqual({ status: 1, named: true });
  });
  test.each<readonly [readonly string[]]>([
    [["--dtype", "uint16"]],
    [["--dtype", "float32"]],
    [["--crop", "0,0,0:8,8,4", "--dtype", "uint8"]],
  ])("%j loses none", async (words) => {
    const output = at("kept-classes.nii");
    expect(await call("run", at("classes.nii"), ...words, "--label", "-o", output)).toMatchObject({
      status: 0,
      err: "",
    });
    const { data } = (await loadImage(output)).voxels;
    expect(data.every((value: number | bigint, k: number) => Number(value) === k)).toBe(true);
  });
  test("intensities saturate as ever", async () => {
    expect((await call("run", at("classes.nii"), "--dtype", "uint8", "-o", at("saturated.nii"))).status).toBe(0);
  });
});

describe("failures end with status 1 and one clear message", () => {
  const o = ["-o", at("failed.nii")];
  test.each<readonly [string, readonly string[], RegExp]>([
    ["no such input", ["run", at("no.nii"), ...o], /no\.nii: no such file/],
    ["no such reference", ["run", at("ct.nii"), "--like", at("no.nii"), ...o], /no\.nii: no such file/],
    ["no such pipeline", ["run", at("ct.nii"), "--pipeline", at("no.json"), ...o], /no\.json: no such file/],
    ["no known suffix", ["run", at("ct.nii"), "-o", at("out.jpg")], /out\.jpg: .*let it end in one of \.nii/],
    ["no such folder", ["run", at("ct.nii"), "-o", at("no/out.nii")], /out\.nii: its folder does not exist/],
    ["a folder as output", ["run", at("ct.nii"), "-o", "/"], /\/: /],
    [
      "interpolated labels",
      ["run", at("labels.nii"), "--label", "--interp", "linear", "--rotate", "z:5", ...o],
      /invent classes/,
    ],
    ["no memory to read", ["run", at("ct.nii"), "--memory", "0.01", ...o], /ct\.nii: .* over the limit/],
    ["no memory to compute", ["run", at("ct.nii"), "--memory", "1", "--scale", "20", ...o], /over the limit of 1 MiB/],
    [
      "no series",
      ["run", at("ct.nii"), "--series", "1.2.3", ...o],
      /ct\.nii: holds no series 1\.2\.3; leave --series out/,
    ],
    ["a folder without images", ["convert", at("./"), at("failed.nii")], /holds no images/],
    ["a phantom beyond memory", ["phantom", "--size", "99999,99999,99999", ...o], /over the limit of .*--size/],
  ])("%s", async (_, words, message) => {
    const { status, out, err } = await call(...words);
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(message);
    expect(lines(err)).toHaveLength(1);
    expect(existsSync(at("failed.nii"))).toBe(false);
  });

  test("all steps that cannot be are listed", async () => {
    const { status, err } = await call(
      ...["run", at("ct.nii"), "--crop", "0,0,0:99,1,1", "--rotate", "0,0,0:5", "--clamp", "5,1", "--flip", "x", ...o],
    );
    expect(status).toBe(1);
    expect(lines(err)).toHaveLength(3);
    expect(err).toMatch(/ct\.nii: step 1 \(crop\): .* do not lie in the grid of 24×20×16/);
    expect(err).toMatch(/step 2 \(rotate\)/);
    expect(err).toMatch(/step 3 \(clamp\)/);
  });

  test("all mistakes of a pipeline file are listed", async () => {
    const steps = [{ op: "crop", start: [0, 0] }, { op: "spin" }, { op: "resampleToImage", image: "absent.nii" }];
    writeFileSync(at("bad.json"), JSON.stringify({ medimages: 1, steps }));
    const { status, err } = await call("run", at("ct.nii"), "--pipeline", at("bad.json"), ...o);
    expect(status).toBe(1);
    for (const part of [
      'field "start"',
      'field "size"',
      'found "spin"',
      "step 3 (resampleToImage)",
      "absent.nii: no such file",
    ])
      expect(err).toContain(part);
    for (const line of lines(err)) expect(line).toContain("bad.json: ");
    writeFileSync(at("bad.json"), "{");
    expect((await call("run", at("ct.nii"), "--pipeline", at("bad.json"), ...o)).err).toContain(
      "bad.json: is not JSON",
    );
  });

  test("all mistakes of one step are listed, and a missing image once", async () => {
    const step = { op: "resampleToImage", image: "absent.nii", interpolation: "cubic", speed: 3 };
    writeFileSync(at("bad.json"), JSON.stringify([step, { ...step, image: 7 }]));
    const { err } = await call("run", at("ct.nii"), "--pipeline", at("bad.json"), ...o);
    expect(lines(err)).toHaveLength(6);
    for (const k of [1, 2])
      for (const part of ["image", "interpolation", "speed"])
        expect(err).toMatch(new RegExp(`step ${k} \\(resampleToImage\\): .*"${part}"`));
    expect(lines(err).filter((line) => line.includes("absent.nii"))).toHaveLength(1);
    expect(err).toMatch(/step 1 \(resampleToImage\): field "image": .*absent\.nii: no such file/);
  });

  test("all images that are missing are named, each once", async () => {
    writeFileSync(at("bad.json"), JSON.stringify([{ op: "spin" }]));
    const like = ["--like", at("a.nii"), "--like", at("b.nii"), "--like", at("a.nii")];
    const { status, err } = await call("run", at("ct.nii"), "--pipeline", at("bad.json"), ...like, ...o);
    expect(status).toBe(1);
    expect(lines(err)).toHaveLength(3);
    for (const part of ['found "spin"', "a.nii: no such file", "b.nii: no such file"]) expect(err).toContain(part);
  });

  test("a result with more numbers than an array holds is refused before it is computed", async () => {
    const start = performance.now();
    const { status, err } = await call(
      ...["run", at("labels.nii"), "--label", "--memory", "99999", "--scale", "90,90,90", ...o],
    );
    expect(status).toBe(1);
    expect(err).toMatch(/the result has \d+ numbers, more than the 4294967296 that one array can hold; crop/);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("--debug adds where it happened", async () => {
    const { err } = await call("run", at("no.nii"), "--debug", ...o);
    expect(err).toMatch(/^ +at /m);
    expect((await call("run", at("no.nii"), ...o)).err).not.toMatch(/^ +at /m);
  });

  test("an abort leaves nothing behind", async () => {
    const before = readdirSync(folder);
    const soon = AbortSignal.timeout(50);
    const { status, err } = await callWith({ signal: soon }, [
      "run",
      at("ct.nii"),
      "--interp",
      "bspline",
      "--scale",
      "12",
      ...o,
    ]);
    expect(status).toBe(1);
    expect(err).toBe("medimages run: aborted before it was done\n");
    expect(readdirSync(folder)).toEqual(before);
  });
});
