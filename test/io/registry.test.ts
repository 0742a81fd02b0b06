/** Formats from outside the package, beside and before its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { imageFromArray, type MedImage } from "../../src/image.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { type CustomFormat, registerFormat } from "../../src/io/registry.ts";
import { gzipped } from "./handmade.ts";
import { temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();

/** A line of so many bytes. */
const line: CustomFormat = {
  name: "line",
  suffixes: [".line"],
  sniff: (head) => String.fromCharCode(...head.subarray(0, 4)) === "LINE",
  read: ({ bytes }) => {
    if (bytes.length < 5) throw new Error("nothing follows its magic number");
    return imageFromArray(bytes.slice(4), { size: [bytes.length - 4, 1, 1], spacing: [3, 1, 1] });
  },
  write: ({ voxels }: MedImage) => [Buffer.from("LINE"), Uint8Array.from(voxels.data as Uint8Array)],
};
const bytes = Uint8Array.from(Buffer.from("LINE\x01\x02\x03", "latin1"));

let remove = (): void => undefined;
afterEach(() => remove());

describe("a format that was added", () => {
  test("is read, gzipped or not, written, and taken away again", async () => {
    remove = registerFormat(line);
    for (const source of [bytes, gzipped(bytes)]) {
      const image = await loadImage(source);
      expect([...(image.voxels.data as Uint8Array)]).toEqual([1, 2, 3]);
      expect(image.grid).toMatchObject({ size: [3, 1, 1], spacing: [3, 1, 1] });
    }
    expect((await loadHeader(bytes, { verify: true })).format).toBe("line");
    const path = join(folder, "copy.line");
    await saveImage(path, await loadImage(bytes));
    expect(readFileSync(path)).toEqual(Buffer.from(bytes));
    remove();
    await expect(loadImage(bytes)).rejects.toThrow(/not an image that can be read/);
    await expect(saveImage(path, imageFromArray(new Uint8Array(1), { size: [1, 1, 1] }))).rejects.toThrow(/suffix|end/);
  });

  test("says why it cannot read a file", async () => {
    remove = registerFormat(line);
    await expect(loadImage(bytes.subarray(0, 4))).rejects.toMatchObject({
      error: { kind: "MalformedFile", reason: "cannot be read as line: nothing follows its magic number" },
    });
    await expect(loadImage(bytes, { memory: 3 })).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
    await expect(loadImage(gzipped(bytes), { memory: 3 })).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
  });

  test("comes before those of the package", async () => {
    remove = registerFormat({ ...line, sniff: (head) => head[0] === 0x4e });
    expect((await loadHeader(new TextEncoder().encode("NRRD0004\n"))).format).toBe("line");
  });

  test("may be read only", async () => {
    const { write: _, ...readOnly } = line;
    remove = registerFormat(readOnly);
    await expect(saveImage(join(folder, "x.line"), await loadImage(bytes))).rejects.toMatchObject({
      error: { kind: "UnsupportedFile" },
    });
  });
});
