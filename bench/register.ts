/**
 * Registers real scans that were moved by known transforms, and says how far off the result is and how long it took;
 * beside elastix where it is installed.
 *
 *   npm run bench:register -- [--draws N] [--metric mse|ncc|mi] [--kind rigid|affine] [--scan NAME] [--threads N] [--peers]
 *     [--verbose]
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evaluate, loadImage, type MedImage, padOrCropTo, pipe, wasm } from "../src/index.ts";
import { register, type Transform } from "../src/register/index.ts";
import { type MetricName, metricNames } from "../src/register/metric.ts";
import { draw, errorsOf, type Kind, moved, noise } from "./registration/draws.ts";
import { elastix, hasElastix } from "./registration/elastix.ts";

const data = (path: string): string => fileURLToPath(new URL(`../../shared/data/${path}`, import.meta.url));
const load = (path: string): Promise<MedImage<"intensity">> => loadImage(data(path));

/** Scans at about 128³; the head of FLAIR fits into it. */
const scans: Readonly<Record<string, () => Promise<MedImage<"intensity">>>> = {
  "flair-128": async () => evaluate(pipe(await load("nifti/FLAIR.nii.gz"), padOrCropTo([128, 128, 128], { fill: 0 }))),
  "t1-91x109x91": () => load("nifti/avg152T1_LR_nifti.nii.gz"),
  "ct-161x143x48": () => load("nifti/sts002/CT_image.nii.gz"),
};

interface Outcome {
  readonly who: string;
  readonly errors: readonly number[];
  readonly ms: number;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const round = (n: number, digits = 4): number => Number(n.toFixed(digits));

const usage = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

const summary = (scan: string, kind: Kind, metric: string, who: string, outcomes: readonly Outcome[]): object => {
  const own = outcomes.filter((outcome) => outcome.who === who);
  const all = own.flatMap(({ errors }) => errors);
  return {
    scan,
    kind,
    metric,
    who,
    draws: own.length,
    mean_voxels: round(mean(all)),
    worst_voxels: round(Math.max(...all)),
    median_ms: round(median(own.map(({ ms }) => ms)), 0),
    slowest_ms: round(Math.max(...own.map(({ ms }) => ms)), 0),
  };
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      draws: { type: "string", default: "20" },
      metric: { type: "string", default: "mse" },
      kind: { type: "string", multiple: true, default: ["rigid", "affine"] },
      scan: { type: "string", multiple: true, default: Object.keys(scans) },
      threads: { type: "string", default: "2" },
      peers: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const metric: MetricName =
    metricNames.find((name) => name === values.metric) ?? usage(`--metric takes one of ${metricNames.join(", ")}`);
  const threads = Number(values.threads);
  // elastix is asked for what it has of the same name.
  const peerMetric = values.peers && metric !== "ncc" && hasElastix() ? metric : undefined;
  for (const name of values.scan) {
    const scan = await (scans[name] ?? usage(`no scan "${name}"; there are ${Object.keys(scans).join(", ")}`))();
    for (const text of values.kind) {
      const kind: Kind = text === "rigid" || text === "affine" ? text : usage("--kind takes rigid or affine");
      const next = noise(7);
      const outcomes: Outcome[] = [];
      for (let k = 0; k < Number(values.draws); k++) {
        const { moving, truth } = await moved(scan, draw(kind, next));
        const judge = (who: string, transform: Transform, ms: number): void => {
          const errors = errorsOf(transform, truth, scan.grid);
          outcomes.push({ who, errors, ms });
          if (values.verbose)
            process.stderr.write(
              `${k} ${who} ${mean(errors).toFixed(4)} ${Math.max(...errors).toFixed(4)} ${ms.toFixed(0)} ms\n`,
            );
        };
        const began = performance.now();
        const found = await register(scan, moving, { transform: kind, metric, backend: wasm, threads });
        judge("medimages", found.transform, performance.now() - began);
        if (peerMetric !== undefined) {
          const peer = await elastix(scan, moving, kind, peerMetric, threads);
          judge("elastix", peer.transform, peer.ms);
        }
      }
      for (const who of ["medimages", ...(peerMetric !== undefined ? ["elastix"] : [])])
        process.stdout.write(`${JSON.stringify(summary(name, kind, metric, who, outcomes))}\n`);
    }
  }
};

await main();
