/** Backends by the name that the command line has for them. */
import { platform } from "#platform";
import type { Backend } from "../../backends/backend.ts";
import { reference } from "../../backends/reference/index.ts";
import type { Program } from "../../compiler/plan.ts";
import { automaticBackend } from "../automatic.ts";
import { wasm } from "../backends.ts";
import { webgpu } from "../webgpu.ts";
import { wordFormat } from "./formats.ts";
import type { Format } from "./usage.ts";

export type BackendName = "auto" | "reference" | "wasm" | "webgpu";

export interface ChosenBackend {
  readonly backend: Backend;
  /** How many threads it will use when asked for so many, or for none in particular. */
  readonly threads: (asked: number | undefined) => number;
}

/** The reference backend does everything on the main thread, so that it can be read. */
const onReference: ChosenBackend = { backend: reference, threads: () => 1 };

/** Threads are those of the machine unless told otherwise. */
const onWasm: ChosenBackend = { backend: wasm, threads: (asked) => asked ?? platform.threads?.processors ?? 1 };

type Choice = (program: Program) => ChosenBackend | Promise<ChosenBackend>;

/** The device has threads of its own. */
const onWebGpu: ChosenBackend = { backend: webgpu(), threads: () => 1 };

const backends: Readonly<Record<BackendName, () => Choice>> = {
  auto: () => async (program) => {
    const backend = await automaticBackend(program);
    return backend === wasm ? onWasm : { backend, threads: () => 1 };
  },
  reference: () => () => onReference,
  wasm: () => () => onWasm,
  webgpu: () => () => onWebGpu,
};
const named: Readonly<Record<BackendName, Backend | "auto">> = {
  auto: "auto",
  reference,
  wasm,
  webgpu: onWebGpu.backend,
};
const names: readonly BackendName[] = ["auto", "reference", "wasm", "webgpu"];

export const backendFormat: Format<BackendName> = wordFormat(names, "reference");

/** As the library takes it. */
export const backendNamed = (name: BackendName): Backend | "auto" => named[name];

/** What runs plans under this name. */
export const chooseBackend = (name: BackendName): Choice => backends[name]();
