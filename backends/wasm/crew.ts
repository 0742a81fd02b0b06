/**
 * From what runs ask for to what threads work off: each kernel gets room for its numbers, tables and scratch areas
 * behind the volumes of the memory that it works in, and its rows are cut into jobs.
 */
import type { RunOptions } from "../backend.ts";
import { ensureLength } from "./memory.ts";
import type { Places } from "./places.ts";
import type { Pool } from "./pool.ts";
import type { Part, Pieces } from "./task.ts";
import type { Work } from "./work.ts";

/** Output of a job, in bytes, where the kernel has no wish: larger pieces are copied out faster. */
const jobBytes = 2 ** 20;
/** Output of a request, in bytes, that is computed sooner than a thread hears of it. */
const tooSmallToShare = 2 ** 15;
/** Rows are stored four voxels at a time, so the last may reach this far beyond. */
const padding = 64;

/** Units of a pass that are computed: from `first` on and before `end`. */
export interface Units {
  readonly first: number;
  readonly end: number;
}

/** Where the rows that a kernel leaves in its scratch area belong. */
export interface OutputPlace {
  /** Asked when all memories have grown as far as they will: those that are not shared get another buffer then. */
  readonly buffer: () => ArrayBufferLike;
  readonly offset: number;
  readonly bytesPerUnit: number;
}

/** A kernel, and what it shall compute. */
export interface Request {
  readonly work: Work;
  readonly memory: WebAssembly.Memory;
  readonly units: Units;
  readonly output: OutputPlace | undefined;
  /** Told of the share of the work that is done. */
  readonly report: ((fraction: number) => void) | undefined;
}

/** Who does the work of runs, and where their volumes lie meanwhile. */
export interface Crew {
  readonly room: Places;
  /** @throws MedImagesError `Aborted`, `InternalError` */
  work(request: Request): Promise<void>;
}

/** The crew of a run that has the threads for itself. */
export const crewOf = (room: Places, pool: Pool, options: Pick<RunOptions, "threads" | "signal">): Crew => ({
  room,
  work: (request) => workTogether([request], room, pool, options),
});

/** Does what several runs ask for at a time, as one task. @throws MedImagesError `Aborted`, `InternalError` */
export const workTogether = async (
  requests: readonly Request[],
  room: Places,
  pool: Pool,
  { threads: wanted, signal }: Pick<RunOptions, "threads" | "signal">,
): Promise<void> => {
  const bytes = requests.reduce((sum, request) => sum + countOf(request) * workPerUnitOf(request), 0);
  const threads = bytes <= tooSmallToShare * requests.length ? 1 : pool.threadsFor(wanted);
  const jobsEach = Math.ceil((threads * 4) / requests.length);
  const sized = requests.map((request) => sizesOf(request, jobsEach, threads));
  const placed = [...new Set(requests.map(({ memory }) => memory))].flatMap((memory) => {
    const here = sized.filter(({ request }) => request.memory === memory);
    return placedIn(memory, room.end(memory), here, threads);
  });
  const reports = requests.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const onProgress =
    reports.length === 0
      ? undefined
      : (fraction: number): void => {
          for (const report of reports) report(fraction);
        };
  await pool.run(placed.map(partOf), { threads, signal, onProgress });
};

const countOf = ({ units: { first, end } }: Request): number => end - first;
const onePiece: Pieces = { count: 1, stride: 0, spill: 0 };
const bytesPerUnitOf = ({ work: { bytesPerUnit = jobBytes / 8, pieces = onePiece } }: Request): number =>
  bytesPerUnit * pieces.count;
const workPerUnitOf = (request: Request): number => request.work.workPerUnit ?? bytesPerUnitOf(request);
const align = (n: number): number => Math.ceil(n / 64) * 64;

interface Sized {
  readonly request: Request;
  readonly unitsPerJob: number;
  readonly scratchBytes: number;
}

const sizesOf = (request: Request, jobsEach: number, threads: number): Sized => {
  const { work, output } = request;
  const [count, perUnit] = [countOf(request), bytesPerUnitOf(request)];
  const fair = Math.ceil(count / jobsEach);
  const wished = work.unitsPerJob ?? Math.max(1, Math.min(fair, Math.floor(jobBytes / perUnit)));
  const unitsPerJob = threads === 1 && count * workPerUnitOf(request) <= tooSmallToShare ? count : wished;
  const scratchBytes = align(work.scratchBytes + (output === undefined ? 0 : unitsPerJob * perUnit + padding));
  return { request, unitsPerJob, scratchBytes };
};

interface Placed extends Sized {
  readonly uniforms: number;
  readonly tables: number;
  readonly scratch: number;
}

/**
 * What works in one memory, from `from` on: the numbers and tables of each, then scratch areas, of which a thread
 * has one for all of them, because it works on one at a time.
 */
const placedIn = (
  memory: WebAssembly.Memory,
  from: number,
  sized: readonly Sized[],
  threads: number,
): readonly Placed[] => {
  let end = from;
  const placed = sized.map((each) => {
    const { kernel, tableBytes } = each.request.work;
    const uniforms = end;
    const tables = align(uniforms + kernel.layout.bytes);
    end = align(tables + tableBytes);
    return { ...each, uniforms, tables };
  });
  const scratch = end + align(Math.max(0, ...sized.map(({ request }) => request.work.leadBytes ?? 0)));
  const scratchBytes = Math.max(0, ...sized.map((each) => each.scratchBytes));
  ensureLength(memory, scratch + threads * scratchBytes);
  return placed.map((each) => ({ ...each, scratch, scratchBytes }));
};

const partOf = ({ request, unitsPerJob, uniforms, tables, scratch, scratchBytes }: Placed): Part => {
  const { work, memory, units, output } = request;
  work.writeTables(memory.buffer, tables);
  work.kernel.layout.write(memory.buffer, uniforms, (name) => work.valueOf(name, tables));
  return {
    objects: { module: work.kernel.module, memory, output: output?.buffer() },
    jobs: Math.ceil((units.end - units.first) / unitsPerJob),
    ...units,
    unitsPerJob,
    uniforms,
    scratch,
    scratchBytes,
    bytesPerUnit: output?.bytesPerUnit ?? 0,
    pieces: work.pieces ?? onePiece,
    offset: output?.offset ?? 0,
  };
};
