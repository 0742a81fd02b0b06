/**
 * What the package consists of: the library, its laws, the command line, and the platform of which
 * package.json picks the one for Node or for browsers. Dependencies stay dependencies.
 */
import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: {
    index: "src/index.ts",
    laws: "laws/index.ts",
    webgpu: "src/webgpu.ts",
    cli: "src/cli/main.ts",
    "platform.node": "src/platform/node.ts",
    "platform.browser": "src/platform/browser.ts",
  },
  format: "esm",
  platform: "neutral",
  target: ["node20", "es2023"],
  dts: { entry: ["src/index.ts", "laws/index.ts", "src/webgpu.ts"] },
  deps: { neverBundle: ["#platform", /^node:/] },
  sourcemap: true,
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
});
export default config;
