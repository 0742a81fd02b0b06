/** The backend as a program of its own has it: the built package, in a process that ends when its work does. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { hasGpu } from "./has-gpu.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "medimages-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | string;
  readonly out: string;
  readonly err: string;
}

const node = (words: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, words, { env, cwd: folder, timeout: 30_000 }, (error, out, err) =>
      resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? "failed"), out, err }),
    );
  });

const script = (name: string, code: string): string => {
  const path = join(folder, `${name}.mjs`);
  const names = "evaluate, imageFromArray, rotate, scale";
  const imports = `import { ${names} } from "${root}dist/index.js";\nimport { toGpu, webgpu } from "${root}dist/webgpu.js";\n`;
  writeFileSync(
    path,
    `${imports}const image = imageFromArray(new Float32Array(4096), { size: [16, 16, 16] });\n${code}`,
  );
  return path;
};

describe.skipIf(!hasGpu)("a process", () => {
  test("ends after its last result, with the backend and images still in reach", async () => {
    const code = `
      globalThis.backend = webgpu();
      globalThis.kept = await toGpu(image, backend);
      const { grid } = await evaluate(rotate("z", 5)(kept), { backend });
      console.log(grid.size.join());`;
    expect(await node([script("ends", code)])).toEqual({ status: 0, out: "16,16,16\n", err: "" });
  });

  test("ends after a run that was given up", async () => {
    const code = `
      const signal = AbortSignal.timeout(100);
      const large = scale(8, { interpolation: "bspline" })(imageFromArray(new Float32Array(32768), { size: [32, 32, 32] }));
      await evaluate(large, { backend: webgpu(), signal }).catch(({ error }) => console.log(error.kind));`;
    expect(await node([script("aborted", code)])).toEqual({ status: 0, out: "Aborted\n", err: "" });
  });

  test("without a driver: the command line says what is missing, without a stack trace", async () => {
    const cli = `${root}dist/cli.js`;
    expect((await node([cli, "phantom", "-o", "ct.nii", "--size", "16,16,16"])).status).toBe(0);
    const words = [cli, "run", "ct.nii", "--rotate", "z:5", "--backend", "webgpu", "-o", "out.nii"];
    const { LD_LIBRARY_PATH: _, ...bare } = process.env;
    const failed = await node(words, { ...bare, VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" });
    expect(failed).toMatchObject({ status: 1, out: "" });
    const told = failed.err.split("\n").filter((line) => line.startsWith("medimages"));
    expect(told).toEqual([
      expect.stringContaining("the webgpu backend is not available: WebGPU found no adapter; install"),
    ]);
    expect(failed.err).not.toContain(".js:");
    expect(await node(words)).toEqual({ status: 0, out: "", err: "" });
  });
});
