/**
 * The declarations of the built package as programs of others meet them: under strict settings, by either way of
 * finding modules, checked themselves and not skipped, and in a program for Node that has no types of a browser.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "medimages-types-"));
mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
symlinkSync(root, join(folder, "node_modules", "medimages"));
symlinkSync(join(root, "node_modules", "@types", "node"), join(folder, "node_modules", "@types", "node"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const finding = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} as const;
const libraries = {
  "Node alone": ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  "the DOM": ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
} as const;

const complaints = (
  code: string,
  how: keyof typeof finding,
  lib: keyof typeof libraries = "Node alone",
): readonly string[] => {
  const file = join(folder, "program.ts");
  writeFileSync(file, code);
  const program = ts.createProgram([file], {
    ...finding[how],
    target: ts.ScriptTarget.ES2022,
    lib: [...libraries[lib]],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  });
  return ts
    .getPreEmitDiagnostics(program)
    .filter((one) => one.file === undefined || !/node_modules\/(?!medimages)/.test(one.file.fileName))
    .map((one) => `${one.file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(one.messageText, "\n")}`);
};

const everything = ["", "/laws", "/dicom", "/register", "/train", "/augment", "/labels", "/webgpu"]
  .map((name, k) => `import * as all${k} from "medimages${name}";\nvoid all${k};`)
  .join("\n");

test.each([
  ["nodenext", "Node alone"],
  ["bundler", "the DOM"],
] as const)("all declarations hold by themselves: %s, %s", (how, lib) => {
  expect(complaints(everything, how, lib)).toEqual([]);
});

const code = `
import { argMax, as, crop, evaluate, flip, fromJSON, loadImage, mse, oneHot, param, phantom, pipe, resampleToImage, rotate, smooth, sum, valueAndGradient, zScore, type Expression, type MedImage } from "medimages";
import { augment, draw, evaluateSubject, integer, randomAffine, struct, subject, uniform } from "medimages/augment";
import { datasetOf, evaluateBatch, loader } from "medimages/train";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(): void => undefined;
const ct = phantom({ kind: "ct" });
const seg = phantom({ kind: "labels" });
is<Same<typeof ct, MedImage<"intensity">>>();
const moved = await evaluate(pipe(seg, rotate("z", 5), flip("x"), crop([0, 0, 0], [4, 4, 4]), resampleToImage(ct)));
is<Same<typeof moved, MedImage<"label">>>();
const voted = await evaluate(pipe(seg, oneHot(3), rotate("z", 5, { interpolation: "linear" }), argMax));
is<Same<typeof voted, MedImage<"label">>>();
const normal = await evaluate(pipe(ct, rotate("z", 5, { interpolation: "bspline" }), as("int16"), zScore(), smooth({ sigma: 1 })));
is<Same<typeof normal, MedImage<"intensity">>>();
const read = await loadImage("mask.nii.gz", { kind: "label" });
is<Same<typeof read, MedImage<"label">>>();
const generic = <K extends "intensity" | "label">(source: Expression<K>) => pipe(source, rotate("z", 3), flip("x"));
const kept = await evaluate(generic(pipe(seg, flip("x"))));
is<Same<typeof kept, MedImage<"label">>>();
const angle = param("angle", 1);
const { gradient } = await valueAndGradient(pipe(ct, rotate("z", angle), mse(ct)), { wrt: { angle, ct } });
is<Same<typeof gradient.angle, number>>();
is<Same<typeof gradient.ct, MedImage<"intensity">>>();
const listed = await valueAndGradient(pipe(ct, rotate("z", angle), sum), { wrt: [angle, ct] });
is<Same<(typeof listed.gradient)[0], number>>();
const patient = subject({ ct, seg, marks: [[1, 2, 3]] });
const augmented = await evaluateSubject(pipe(patient, augment(randomAffine({ rotate: [-5, 5] }))(3)));
is<Same<typeof augmented.ct, MedImage<"intensity">>>();
is<Same<typeof augmented.seg, MedImage<"label">>>();
const drawn = draw(struct({ a: uniform(0, 1), b: integer(1, 6) }))(1);
is<Same<typeof drawn.a, number>>();
const [first] = await evaluateBatch([ct, pipe(seg, rotate("z", 4))]);
is<Same<typeof first, MedImage<"intensity">>>();
for await (const batch of loader({ dataset: datasetOf(["a"], async () => ({ ct, seg, grade: 3 })), batchSize: 1 })) {
  const sample = batch.samples[0];
  is<Same<NonNullable<typeof sample>["seg"], MedImage<"label">>>();
  is<Same<NonNullable<typeof sample>["grade"], number>>();
}
const steps = fromJSON([{ op: "rotate", axis: "z", degrees: 3 }]);
if (steps._tag === "Right") is<Same<ReturnType<typeof steps.right<"label">>, Expression<"label">>>();
// What is not so is refused: a line that were accepted would be a complaint about its comment.
// @ts-expect-error labels are not blended
pipe(seg, rotate("z", 5, { interpolation: "linear" }));
// @ts-expect-error labels are not normalised
pipe(seg, zScore());
// @ts-expect-error labels are not smoothed
pipe(seg, smooth({ sigma: 1 }));
// @ts-expect-error a promise is not an image
pipe(loadImage("ct.nii"), rotate("z", 5));
// @ts-expect-error a Gaussian has one width
smooth({ sigma: 1, fwhm: 2 });
// @ts-expect-error space has three axes
crop([1, 2], [3, 4, 5]);
`;

test("kinds, names and numbers are inferred, and nothing is any", () => {
  expect(complaints(code, "nodenext")).toEqual([]);
});
