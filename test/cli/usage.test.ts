/** Wrong usage: which option, what was expected, an example, where to read on; nothing is done. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { suggest } from "../../src/cli/suggest.ts";
import { call, lines, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const o = ["-o", `${folder}/out.nii`] as const;

describe("wrong usage ends with status 2 and says what to do", () => {
  test.each<readonly [string, readonly string[], string | RegExp]>([
    ["no command", [], /a command is missing: info, run/],
    ["a mistyped command", ["rnu"], "there is no command rnu; did you mean run?"],
    ["a mistyped step", ["run", "a.nii", "--spacng", "1,1,1", ...o], "no option --spacng; did you mean --spacing?"],
    ["exchanged letters", ["run", "a.nii", "--corp", "1,1,1:2,2,2", ...o], "did you mean --crop?"],
    ["a longer name", ["run", "a.nii", "--orientation", "RAS", ...o], "did you mean --orient?"],
    ["an unheard-of option", ["run", "a.nii", "--quux", ...o], /there is no option --quux$/m],
    ["too few numbers", ["run", "a.nii", "--spacing", "1,1", ...o], "--spacing 1,1: expected three lengths in mm"],
    ["a spacing of 0", ["run", "a.nii", "--spacing", "0,1,1", ...o], "such as --spacing 1,1,1"],
    ["a wrong word after the colon", ["run", "a.nii", "--spacing", "1:edge", ...o], "--spacing 1:edge: expected"],
    ["no such orientation", ["run", "a.nii", "--orient", "RAR", ...o], "--orient RAR: expected one of the 48"],
    ["half a box", ["run", "a.nii", "--crop", "1,1,1", ...o], "such as --crop 50,30,20:160,200,180"],
    ["half a voxel", ["run", "a.nii", "--crop", "1,1,0.5:2,2,2", ...o], "--crop 1,1,0.5:2,2,2: expected"],
    ["no such axis", ["run", "a.nii", "--rotate", "q:5", ...o], "such as --rotate z:5"],
    ["an unknown part", ["run", "a.nii", "--affine", "turn=1,2,3", ...o], "--affine turn=1,2,3: expected parts of"],
    ["no such interpolation", ["run", "a.nii", "--interp", "cubic", ...o], "one of nearest, linear, bspline"],
    ["no such fill", ["run", "a.nii", "--fill", "black", ...o], "--fill black: expected a number or one of"],
    ["a fill that cannot pad", ["run", "a.nii", "--fill", "wrap", "--pad", "1,1,1:1,1,1", ...o], "--pad cannot fill"],
    [
      "a sampling for no step",
      ["run", "a.nii", "--flip", "x", "--interp", "nearest", ...o],
      "--interp nearest would do",
    ],
    [
      "two of them",
      ["run", "a.nii", "--rotate", "z:5", "--fill", "0", "--interp", "linear", ...o],
      "--fill 0 and --interp linear would do nothing: --interp and --fill hold for the steps after them",
    ],
    ["an empty output", ["run", "a.nii", "-o="], "--output needs a value: --output OUTPUT"],
    ["a missing value", ["run", "a.nii", "--spacing", "--flip", "x", ...o], "--spacing needs a value: --spacing X,Y,Z"],
    ["a value for a switch", ["info", "a.nii", "--json=yes"], "--json is a switch and takes no value"],
    ["an option twice", ["run", "a.nii", ...o, ...o], "--output is given twice"],
    ["no input", ["run", ...o], "INPUT is missing"],
    ["no output", ["run", "a.nii"], "-o is missing: the path to write to, such as -o out.nii.gz"],
    ["two inputs", ["run", "a.nii", "b.nii", ...o], "too many arguments: b.nii"],
    ["one operand of two", ["convert", "a.nii"], "OUTPUT is missing"],
    ["no paths", ["info"], "PATH is missing"],
    ["no such backend", ["run", "a.nii", "--backend", "cuda", ...o], "one of auto, reference, wasm, webgpu"],
    ["no such dtype", ["convert", "a.nii", "b.nii", "--dtype", "short"], "--dtype short: expected one of int8"],
    ["no threads", ["run", "a.nii", "--threads", "0", ...o], "--threads 0: expected a whole number from 1"],
    ["negative memory", ["info", "a.nii", "--memory", "-1"], "--memory -1: expected a number of MiB over 0"],
    ["no such phantom", ["phantom", ...o, "--kind", "dog"], "--kind dog: expected one of ct, mr, labels"],
    ["no such topic", ["help", "fly"], "there is no command fly"],
  ])("%s", async (_, words, message) => {
    const { status, out, err } = await call(...words);
    expect(status).toBe(2);
    expect(out).toBe("");
    if (typeof message === "string") expect(err).toContain(message);
    else expect(err).toMatch(message);
    expect(lines(err).at(-1)).toMatch(/^`medimages.* --help` shows how it is used\.$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("all mistakes are told at once", async () => {
    const { err } = await call(
      "run",
      "a.nii",
      "--spacing",
      "1,1",
      "--rotate",
      "q:5",
      "--fill",
      "x",
      "--threads",
      "x",
      ...o,
    );
    for (const option of ["--spacing", "--rotate", "--fill", "--threads"]) expect(err).toContain(option);
    expect(lines(err)).toHaveLength(5);
  });
});

describe("help", () => {
  test.each(["info", "run", "convert", "phantom", "help", "version"])(
    "%s explains itself in either way",
    async (name) => {
      const asked = await call(name, "--help");
      const topic = await call("help", name);
      if (name !== "help") expect(asked).toEqual(topic);
      expect(topic.status).toBe(0);
      expect(topic.out).toContain(`usage: medimages ${name}`);
      expect(topic.out).toContain("Examples:");
      expect(Math.max(...lines(topic.out).map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );
  test("asks for nothing else, however wrong the rest is", async () => {
    expect((await call("run", "--spacing", "x", "--help")).status).toBe(0);
  });
  test("lists the commands", async () => {
    for (const words of [["--help"], ["-h"], ["help"]]) {
      const { status, out } = await call(...words);
      expect(status).toBe(0);
      for (const name of ["info", "run", "convert", "phantom"]) expect(out).toContain(`\n  ${name}`);
    }
  });
  test("the version is the package's", async () => {
    expect((await call("--version")).out).toMatch(/^medimages \d+\.\d+\.\d+\n$/);
    expect(await call("version")).toEqual(await call("--version"));
  });
});

describe("suggest", () => {
  test.each([
    ["spacng", "spacing"],
    ["roatte", "rotate"],
    ["pad-or-crop", "pad-or-crop-to"],
    ["PAD", "pad"],
  ])("%s means %s", (word, meant) => {
    expect(suggest(word, ["spacing", "rotate", "pad", "pad-or-crop-to"])).toBe(meant);
  });
  test.each(["zzz", "x", ""])("%j means nothing", (word) => {
    expect(suggest(word, ["spacing", "rotate", "pad"])).toBeUndefined();
  });
});
