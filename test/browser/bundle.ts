/** Bundles test code for a browser, with the built package in place of the sources. */
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What users import instead of each entry. */
const built: Readonly<Record<string, string>> = {
  "src/index.ts": "dist/index.js",
  "src/webgpu.ts": "dist/webgpu.js",
  "laws/index.ts": "dist/laws.js",
};

const builtPackage: Plugin = {
  name: "built-package",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^#platform$/ }, () => ({ path: `${root}dist/platform.browser.js` }));
    onResolve({ filter: /(src\/index|src\/webgpu|laws\/index)\.ts$/ }, ({ path }) => {
      const entry = Object.keys(built).find((name) => path.endsWith(name));
      return entry === undefined ? undefined : { path: root + built[entry] };
    });
  },
};

/** The code of a script and all that it imports. @throws when it reaches for sources besides the entries */
export const bundleForBrowser = async (entry: string): Promise<string> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [root + entry],
    absWorkingDir: root,
    platform: "browser",
    target: "chrome120",
    format: "esm",
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    plugins: [builtPackage],
  });
  const sources = Object.keys(metafile.inputs).filter((path) => /^(compiler|backends|src|laws)\//.test(path));
  if (sources.length > 0) throw new Error(`not the built package: ${sources.join(", ")}`);
  return outputFiles.map(({ text }) => text).join("\n");
};
