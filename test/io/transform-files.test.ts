/** Transform files: what ITK wrote is read as ITK means it, what is written is read again, what is damaged is named. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PipelineError, toPipelineError } from "../../compiler/errors.ts";
import { affineOf, transformPoint } from "../../compiler/language/affine.ts";
import { norm, rotation3, scale9, subtract, type Vector3 } from "../../compiler/language/vector.ts";
import { affines, rotationAxes } from "../../laws/index.ts";
import { insightFormat } from "../../src/io/transform/insight.ts";
import { jsonFormat } from "../../src/io/transform/json.ts";
import { matrixFormat } from "../../src/io/transform/matrix.ts";
import {
  inverseTransform,
  loadTransform,
  parseTransform,
  pointMapOf,
  saveTransform,
  type Transform,
  transformOf,
} from "../../src/register/index.ts";
import { temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();

interface Made {
  readonly name: string;
  readonly text: string;
  readonly points: readonly (readonly [Vector3, Vector3])[];
}
const made: readonly Made[] = JSON.parse(readFileSync(new URL("../fixtures/transforms.json", import.meta.url), "utf8"));

const numbers = fc.double({ min: -200, max: 200, noNaN: true });
const points: fc.Arbitrary<Vector3> = fc.tuple(numbers, numbers, numbers);
const turns = fc
  .tuple(rotationAxes, fc.double({ min: -180, max: 180, noNaN: true }))
  .map(([axis, degrees]) => rotation3(axis, degrees));
/** Transforms of every kind, about any centre. */
const transforms: fc.Arbitrary<Transform> = fc.oneof(
  fc.tuple(points, points).map(([shift, center]) => transformOf(affineOf(rotation3([1, 0, 0], 0), shift), center)),
  fc.tuple(turns, points, points).map(([turn, shift, center]) => transformOf(affineOf(turn, shift), center)),
  fc
    .tuple(turns, fc.double({ min: 0.5, max: 2, noNaN: true }), points, points)
    .map(([turn, factor, shift, center]) => transformOf(affineOf(scale9(turn, factor), shift), center)),
  fc.tuple(affines, points).map(([map, center]) => transformOf(map, center)),
);
const apart = (a: Transform, b: Transform, at: Vector3): number =>
  norm(subtract(transformPoint(pointMapOf(a), at), transformPoint(pointMapOf(b), at)));

describe("transforms as ITK keeps them", () => {
  test.each(made.map((given) => [given.name, given] as const))("%s", (_, { text, points: known }) => {
    const map = pointMapOf(parseTransform(text, "made.tfm"));
    expect(known.length).toBeGreaterThan(3);
    for (const [from, to] of known) expect(norm(subtract(transformPoint(map, from), to))).toBeLessThan(1e-6);
  });
});

describe("what is written is read again", () => {
  // A versor keeps three of the four parts of a quaternion; of turns by nearly 180° the fourth loses half of its digits.
  test.each([
    [insightFormat.name, insightFormat, 1e-7],
    [matrixFormat.name, matrixFormat, 1e-9],
    [jsonFormat.name, jsonFormat, 1e-9],
  ] as const)("%s", (_, format, tolerance) => {
    const property = fc.property(transforms, points, (transform, point) => {
      const text = format.print(transform);
      expect(format.recognizes(text)).toBe(true);
      const again = parseTransform(text, "t");
      expect(again.kind).toBe(transform.kind);
      expect(apart(again, transform, point)).toBeLessThan(tolerance * (1 + norm(point) + norm(transform.center)));
    });
    fc.assert(property, { numRuns: 300, seed: 4 });
  });

  test("through files, by their names", async () => {
    const transform = transformOf(affineOf(rotation3([1, 2, 3], 40), [5, 6, 7]), [10, -20, 30]);
    for (const name of ["t.tfm", "T.TXT", "t.json"]) {
      await saveTransform(join(folder, name), transform);
      expect(apart(await loadTransform(join(folder, name)), transform, [50, 60, -70])).toBeLessThan(1e-12);
    }
    await expect(saveTransform(join(folder, "t.xyz"), transform)).rejects.toThrow(/t\.xyz.*\.json, \.tfm, \.txt/s);
  });

  test("an inverse leads back", () => {
    fc.assert(
      fc.property(transforms, points, (transform, point) => {
        const there = transformPoint(pointMapOf(transform), point);
        const back = transformPoint(pointMapOf(inverseTransform(transform)), there);
        expect(norm(subtract(back, point))).toBeLessThan(1e-8 * (1 + norm(point) + norm(there)));
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});

const refusal = (text: string): PipelineError => {
  try {
    parseTransform(text, "bad.tfm");
  } catch (thrown) {
    return toPipelineError(thrown, "test");
  }
  throw new Error(`was read: ${text}`);
};
const head = "#Insight Transform File V1.0\n#Transform 0\n";
const affineHead = `${head}Transform: AffineTransform_double_3_3\n`;

describe("damaged transform files are refused by name", () => {
  test.each([
    ["empty of transforms", head, "MalformedFile", /holds no transform/],
    [
      "a parameter too few",
      `${affineHead}Parameters: 1 0 0 0 1 0 0 0 1 0 0\n`,
      "MalformedFile",
      /12 parameters, found 11/,
    ],
    ["a word among numbers", `${affineHead}Parameters: 1 0 0 0 one 0 0 0 1 0 0 0\n`, "MalformedFile", /"one"/],
    ["not finite", `${affineHead}Parameters: 1 0 0 0 nan 0 0 0 1 0 0 0\n`, "MalformedFile", /"nan"/],
    ["no parameters", affineHead, "MalformedFile", /no line Parameters/],
    [
      "a centre of two",
      `${affineHead}Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 1 2\n`,
      "MalformedFile",
      /fixed/,
    ],
    [
      "singular",
      `${affineHead}Parameters: 1 0 0 0 1 0 0 0 0 0 0 0\nFixedParameters: 0 0 0\n`,
      "MalformedFile",
      /singular/,
    ],
    [
      "a versor too long",
      `${head}Transform: VersorRigid3DTransform_double_3_3\nParameters: 1 1 0 0 0 0\n`,
      "MalformedFile",
      /longer than 1/,
    ],
    [
      "of two dimensions",
      `${head}Transform: Euler2DTransform_double_2_2\nParameters: 0 0 0\n`,
      "UnsupportedFile",
      /2 dimensions/,
    ],
    [
      "another class",
      `${head}Transform: BSplineTransform_double_3_3\nParameters: 0\n`,
      "UnsupportedFile",
      /BSplineTransform/,
    ],
    [
      "several",
      `${affineHead}Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nTransform: TranslationTransform_double_3_3\nParameters: 1 2 3\n`,
      "UnsupportedFile",
      /2 transforms/,
    ],
    ["a foreign line", `${affineHead}Bananas: 3\n`, "MalformedFile", /line 4/],
    ["three rows", "1 0 0 0\n0 1 0 0\n0 0 1 0\n", "MalformedFile", /4 \+ 4 \+ 4/],
    ["a perspective", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0.5 1\n", "MalformedFile", /last row/],
    ["prose", "Dear colleague, the patient moved.", "MalformedFile", /is no transform/],
    ["broken JSON", '{"medimages": 1,', "MalformedFile", /not JSON/],
    ["a pipeline", '{"medimages":1,"steps":[]}', "MalformedFile", /pipeline/],
    ["JSON without a matrix", '{"medimages":1,"transform":{"kind":"rigid"}}', "MalformedFile", /nine finite numbers/],
    [
      "JSON that says what it is not",
      '{"medimages":1,"transform":{"kind":"rigid","matrix":[2,0,0,0,1,0,0,0,1],"translation":[0,0,0],"center":[0,0,0]}}',
      "MalformedFile",
      /rigid, but it is affine/,
    ],
  ] as const)("%s", (_, text, kind, reason) => {
    const error = refusal(text);
    expect(error).toMatchObject({ kind, path: "bad.tfm" });
    expect("reason" in error && `${error.reason}`).toMatch(reason);
  });

  test("whatever text there is, it is read or refused with a tagged error", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((rest) => affineHead + rest),
      fc.tuple(fc.constantFrom(...made), fc.nat(), fc.string()).map(([{ text }, at, put]) => {
        const k = at % text.length;
        return text.slice(0, k) + put + text.slice(k + 1);
      }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseTransform(text, "t");
        } catch (thrown) {
          expect(["MalformedFile", "UnsupportedFile"]).toContain(toPipelineError(thrown, "").kind);
        }
      }),
      { numRuns: 1000, seed: 6 },
    );
  });

  test("binary and huge files", async () => {
    writeFileSync(join(folder, "b.tfm"), new Uint8Array([1, 0, 2]));
    await expect(loadTransform(join(folder, "b.tfm"))).rejects.toThrow(/binary/);
    writeFileSync(join(folder, "h.tfm"), "#".repeat(2 ** 20 + 5));
    await expect(loadTransform(join(folder, "h.tfm"))).rejects.toMatchObject({ error: { kind: "UnsupportedFile" } });
  });
});
