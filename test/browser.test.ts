/** The entries, bundled as a bundler for browsers does it: nothing of Node may be reached. */
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

const bundle = async (entry: string): Promise<{ readonly builtins: readonly string[]; readonly code: string }> => {
  const builtins: string[] = [];
  const noteBuiltins: Plugin = {
    name: "note-builtins",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^#platform$/ }, () => ({ path: `${root}src/platform/browser.ts` }));
      onResolve({ filter: /^[^./]/ }, ({ path }) => {
        if (!isBuiltin(path)) return undefined;
        builtins.push(path);
        return { path, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [`${root}${entry}`],
    platform: "browser",
    format: "esm",
    bundle: true,
    write: false,
    logLevel: "silent",
    plugins: [noteBuiltins],
  });
  return { builtins, code: outputFiles.map((file) => file.text).join("\n") };
};

describe("the browser's entry", () => {
  test.each(["src/index.ts", "laws/index.ts", "src/dicom.ts", "src/webgpu.ts"])(
    "%s reaches no Node module",
    async (entry) => {
      const { builtins, code } = await bundle(entry);
      expect(builtins).toEqual([]);
      expect(code).not.toMatch(/["']node:/);
      expect(code.length).toBeGreaterThan(10_000);
    },
  );

  test("the check can fail: the platform for Node is found out", async () => {
    const { builtins } = await bundle("src/platform/node.ts");
    expect(builtins).toContain("node:zlib");
  });
});
