/**
 * What the package consists of: the library, its laws, the command line, and the platform of which
 * package.json picks the one for Node or for browsers. Dependencies stay dependencies, but for the few functions
 * of fp-ts and io-ts that are called: what Node can import of these is CommonJS, of which bundlers cannot leave
 * anything out, so that their ES modules are taken into the package. Its types are theirs all the same.
 */
import { createRequire } from "node:module";
import { defineConfig, type Rolldown, type UserConfig } from "tsdown";

const { resolve } = createRequire(import.meta.url);

const fromEsModules: Rolldown.Plugin = {
  name: "from-es-modules",
  resolveId: {
    order: "pre",
    handler: (id, importer) =>
      /^(fp|io)-ts(\/|$)/.test(id) && importer !== undefined && !/\.d\.[cm]?ts$/.test(importer)
        ? { id: resolve(id).replace(/\/lib\/(?=[^/]+$)/, "/es6/") }
        : undefined,
  },
  // That what they define may be left out, they do not say everywhere in a way that bundlers understand.
  transform: {
    filter: { id: /\/(fp|io)-ts\/es6\// },
    handler: (code) =>
      code
        .replaceAll("/** @class */", "/* @__PURE__ */")
        .replaceAll(/^((?:export )?var \w+ = )(?=(?:new )?[\w.]+\()/gm, "$1/* @__PURE__ */ ")
        .replaceAll(/\bdual\(2, (?=[\w.]+\()/g, "dual(2, /* @__PURE__ */ "),
  },
};

const config: UserConfig = defineConfig({
  entry: {
    index: "src/index.ts",
    laws: "laws/index.ts",
    dicom: "src/dicom.ts",
    webgpu: "src/webgpu.ts",
    register: "src/register/index.ts",
    augment: "src/augment/index.ts",
    train: "src/train/index.ts",
    labels: "src/labels/index.ts",
    cli: "src/cli/main.ts",
    "platform.node": "src/platform/node.ts",
    "platform.browser": "src/platform/browser.ts",
  },
  format: "esm",
  platform: "neutral",
  target: ["node20", "es2023"],
  dts: {
    entry: [
      "src/index.ts",
      "laws/index.ts",
      "src/dicom.ts",
      "src/webgpu.ts",
      "src/register/index.ts",
      "src/augment/index.ts",
      "src/train/index.ts",
      "src/labels/index.ts",
    ],
  },
  deps: { neverBundle: ["#platform", /^node:/], onlyBundle: ["fp-ts", "io-ts"] },
  plugins: [fromEsModules],
  sourcemap: true,
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
});
export default config;
