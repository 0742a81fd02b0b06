/**
 * What a page that uses the built package has to load, minified and compressed. The GPU backend and its loader
 * are counted with the core, although a bundler that splits loads them when they are used.
 */
const core =
  "{ imageFromArray, pipe, rotate, crop, pad, affine, translate, scale, resampleToSpacing, resampleToImage, changeOrientation, flip, rescale, window, gamma, map, as, materialize, evaluate, explain, run }";

/** As a bundler outside this repository sees the package: its own conditions, not our tsconfig. */
const inBrowsers = (config) => ({
  ...config,
  platform: "browser",
  tsconfigRaw: {},
  alias: { "#platform": "./dist/platform.browser.js" },
});
const entry = (name, file, names, rest = {}) => ({
  name,
  path: `dist/${file}`,
  import: names,
  gzip: true,
  modifyEsbuildConfig: inBrowsers,
  ...rest,
});

export default [
  entry("core without files: operations, compiler, all backends", "index.js", core),
  entry("the GPU backend by itself", "webgpu.js", "{ webgpu }"),
  entry("everything, files too", "index.js", "*"),
];
