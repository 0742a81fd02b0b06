/**
 * The house is one-way: compiler ← backends ← src ← laws ← test. Backends do not know each other, and
 * Node's own modules stay where browsers never come.
 */
const only = (from, to, comment) => ({
  name: `${from}-imports-only-what-it-may`,
  comment,
  severity: "error",
  from: { path: `^${from}/` },
  to: { path: "^(compiler|backends|src|laws|test|bench)/", pathNot: to },
});

module.exports = {
  forbidden: [
    only("compiler", "^compiler/", "the compiler imports nothing above it"),
    only("backends", "^(compiler|backends)/", "backends import the compiler"),
    only("src", "^(compiler|backends|src)/", "the library imports compiler and backends"),
    only("laws", "^(compiler|backends|src|laws)/", "laws judge the library; only tests import them"),
    {
      name: "backends-share-nothing-but-the-plan",
      severity: "error",
      from: { path: "^backends/([^/]+)/" },
      to: { path: "^backends/[^/]+/", pathNot: "^backends/$1/" },
    },
    {
      name: "language-stands-alone",
      severity: "error",
      from: { path: "^compiler/language/" },
      to: { path: "^compiler/", pathNot: "^compiler/(language/|errors)" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "node-only-at-the-edge",
      comment: "browsers run everything else",
      severity: "error",
      from: { path: "^(compiler|backends|src|laws)/", pathNot: "^src/(cli/|platform/node)" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-orphans",
      severity: "error",
      // Types of packages that have none are found by name, without an import.
      from: { orphan: true, path: "^(compiler|backends|src|laws)/", pathNot: "\\.d\\.ts$" },
      to: {},
    },
    {
      name: "ships-what-it-imports",
      comment: "what users run needs regular dependencies",
      severity: "error",
      from: { path: "^(compiler|backends|src|laws)/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};
