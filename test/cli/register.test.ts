/** `medimages register`, and `medimages run --transform`, which applies what it found. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import { beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import { loadImage, saveImage } from "../../src/io/load.ts";
import { affine } from "../../src/ops/affine.ts";
import { crop } from "../../src/ops/crop.ts";
import { phantom } from "../../src/phantom/index.ts";
import { contentMapOf, loadTransform } from "../../src/register/index.ts";
import { call, callWith, countBeyond, lines, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const fixed = phantom({ kind: "mr", size: [40, 40, 32] });
  await saveImage(at("fixed.nii"), fixed);
  await saveImage(at("moving.nii"), await evaluate(pipe(fixed, affine({ rotate: [0, 0, 8], translate: [6, -5, 4] }))));
  await saveImage(at("mask.nii"), await evaluate(pipe(fixed, crop([4, 4, 4], [32, 32, 24]))));
});

const pair = ["--fixed", at("fixed.nii"), "--moving", at("moving.nii"), "--pyramid", "2,1"];

describe("medimages register", () => {
  test("finds the transform, says it, saves it, and brings the image there", async () => {
    const { status, out, err } = await call("register", ...pair, "--save-transform", at("t.tfm"), "-o", at("out.nii"));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(lines(out)[0]).toBe("rigid transform, from points of the fixed image to those of the moving one (LPS mm)");
    expect(out).toMatch(/rotation (7\.9|8|8\.0)\d*° about/);
    expect(out).toMatch(/\n {2}began with the (images as they lie|centres of)/);
    const { translation, matrix } = await loadTransform(at("t.tfm"));
    [6, -5, 4].forEach((mm, k) => {
      expect(translation[k]).toBeCloseTo(mm, 0);
    });
    expect(matrix[3]).toBeCloseTo(Math.sin((8 * Math.PI) / 180), 2);
    const [brought, fixed] = [await loadImage(at("out.nii")), await loadImage(at("fixed.nii"))];
    expect(brought.grid).toEqual(fixed.grid);
  });

  test.each(["t.tfm", "t.json", "t.txt"])("run --transform %s --like FIXED gives the same image", async (name) => {
    expect((await call("register", ...pair, "--save-transform", at(name), "-o", at("out.nii"))).status).toBe(0);
    const { status, out } = await call(
      "run",
      at("moving.nii"),
      "--transform",
      at(name),
      "--like",
      at("fixed.nii"),
      "-o",
      at("again.nii"),
      "--explain",
    );
    expect(status).toBe(0);
    expect(lines(out)[0]).toBe("1 pass");
    const [a, b] = [await loadImage(at("out.nii")), await loadImage(at("again.nii"))];
    expect(countBeyond(a.voxels.data, b.voxels.data, 1e-2)).toBe(0);
  });

  test("prints JSON, takes a start, a mask and other settings", async () => {
    await call("register", ...pair, "--save-transform", at("t.tfm"));
    const words = ["--transform", "similarity", "--metric", "ncc", "--optimizer", "adam", "--initial", at("t.tfm")];
    const { status, out } = await call("register", ...pair, ...words, "--mask", at("mask.nii"), "--json");
    expect(status).toBe(0);
    const record = JSON.parse(out);
    expect(record).toMatchObject({ metric: "ncc", transform: { kind: "similarity" }, start: "transform" });
    expect(record.parameters.rotateZ).toBeCloseTo(-8, 0);
    expect(record.levels.map(({ shrinkFactor }: { shrinkFactor: number }) => shrinkFactor)).toEqual([2, 1]);
    expect(record.content.offset).toEqual(contentMapOf(record.transform).offset);
    expect(record.value).toBeLessThan(-0.9);
  });

  test.each([
    [["register", "--moving", "b.nii", "-o", "c.nii"], /--fixed is missing/],
    [["register", ...pair], /nothing would be kept/],
    [["register", ...pair, "-o", at("c.nii"), "--transform", "warp"], /one of translation, rigid, similarity, affine/],
    [["register", ...pair, "-o", at("c.nii"), "--metric", "l2"], /one of mse, ncc, mi/],
    [["register", ...pair.slice(0, 4), "-o", at("c.nii"), "--pyramid", "4,0"], /shrink factors from 1/],
  ])("wrong usage is told: %j", async (words, reason) => {
    const { status, err } = await call(...words);
    expect(status).toBe(2);
    expect(err).toMatch(reason);
  });

  test("failures name the file, and leave nothing behind", async () => {
    writeFileSync(
      at("bad.tfm"),
      "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: 1\n",
    );
    const bad = await call("run", at("moving.nii"), "--transform", at("bad.tfm"), "-o", at("n.nii"));
    expect(bad.status).toBe(1);
    expect(bad.err).toMatch(/bad\.tfm: AffineTransform has 12 parameters, found 1/);
    const absent = await call("register", "--fixed", at("none.nii"), "--moving", at("moving.nii"), "-o", at("n.nii"));
    expect(absent).toMatchObject({ status: 1 });
    expect(absent.err).toMatch(/none\.nii: no such file/);
    expect((await call("register", ...pair, "--save-transform", at("t.xyz"))).err).toMatch(/\.json, \.tfm, \.txt/);
    const stopped = await callWith({ signal: AbortSignal.abort() }, ["register", ...pair, "-o", at("n.nii")]);
    expect(stopped.status).toBe(1);
    expect(existsSync(at("n.nii"))).toBe(false);
  });

  test("its help names what it takes", async () => {
    const { status, out } = await call("register", "--help");
    expect(status).toBe(0);
    for (const word of ["--fixed", "--moving", "--transform", "--metric", "--save-transform", "--initial"])
      expect(out).toContain(word);
    expect(readFileSync(at("t.json"), "utf8")).toContain("LPS mm");
  });
});
