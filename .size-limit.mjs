/**
 * What a page that uses the built package has to load, minified and compressed, dependencies included. The GPU
 * backend is loaded when it is first used, and so counted by itself.
 */
const core =
  "{ imageFromArray, pipe, rotate, crop, pad, affine, translate, scale, resampleToSpacing, resampleToImage, changeOrientation, flip, rescale, window, gamma, map, as, materialize, evaluate, explain, run }";

const loadedLater = {
  name: "loaded-later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : undefined)),
};

/** As a bundler outside this repository sees the package: its own conditions, not our tsconfig. */
const inBrowsers = (config) => ({
  ...config,
  platform: "browser",
  tsconfigRaw: {},
  alias: { "#platform": "./dist/platform.browser.js" },
  plugins: [...(config.plugins ?? []), loadedLater],
});
const entry = (name, file, names, limit) => ({
  name,
  path: `dist/${file}`,
  import: names,
  gzip: true,
  limit,
  modifyEsbuildConfig: inBrowsers,
});

export default [
  entry("core without files", "index.js", core, "70 kB"),
  entry("the GPU backend", "webgpu.js", "{ webgpu }", "29 kB"),
  entry("registration, with what it needs of the core", "register.js", "{ register }", "76 kB"),
  entry("augmentation, with what it needs of the core", "augment.js", "*", "77 kB"),
  entry("batches and the loader, with what they need of the core", "train.js", "*", "68 kB"),
  entry("everything of the main entry", "index.js", "*", "103 kB"),
];
