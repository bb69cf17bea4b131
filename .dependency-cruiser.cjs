// The layer law: imports only look back along the flow. scripts/layers.mjs runs it and fails if nothing was read.
const flow = [
  "core",
  "history",
  "persona",
  "model",
  "prompt",
  "engine",
  "scores",
  "attribution",
  "adapt",
  "evaluate",
  "worker",
  "state",
  "view",
];
const uphill = flow.slice(0, -1).map((layer, i) => ({
  name: `${layer}-looks-ahead`,
  severity: "error",
  comment: "Data flows down this list; an import in the other direction ties an early layer to a late one.",
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(${flow.slice(i + 1).join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...uphill,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "tfjs-lives-in-engine",
      severity: "error",
      comment: "Everything after the engine knows numbers, not tensors.",
      from: { path: "^src/", pathNot: "^src/engine/" },
      to: { path: "node_modules/@tensorflow/" },
    },
    {
      name: "evaluate-is-pure",
      severity: "error",
      from: { path: "^src/evaluate/" },
      to: { path: "^src/", pathNot: "^src/(core|evaluate)/" },
    },
    {
      name: "page-meets-worker-by-protocol",
      severity: "error",
      comment: "The page stays responsive only if no engine code can run in it.",
      from: { path: "^src/(state|view)/" },
      to: { path: "(^src/engine/|\\.worker\\.ts$)" },
    },
    {
      name: "cli-has-no-page",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^src/(worker|state|view)/" },
    },
    {
      name: "nothing-imports-cli",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "nothing-imports-bench",
      severity: "error",
      comment: "The benchmark measures the product; it is no part of it.",
      from: { path: "^src/", pathNot: "^src/(bench/|bench-page\\.ts$)" },
      to: { path: "^src/bench/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(\\.(test|gpu\\.test)\\.tsx?$|^src/engine/wasm/assembly/)" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
  },
};
