/**
 * Moving the nearest voxel along lines in any direction. Coordinates are float64 throughout, so that a tie
 * falls as it does in the reference; only the index of the voxel is taken to 32 bits.
 */
import type { TapBoundary } from "../../../compiler/plan.ts";
import { tieTolerance } from "../../../compiler/stencil.ts";
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F, V128 } from "./context.ts";
import { loadLanes, moveElement, unsignedOf, type Width } from "./move-steps.ts";
import { addressHelper } from "./slow.ts";

/** A stretch: its row's coordinates at x = 0 and the step from voxel to voxel, the source, and x of its first voxel. */
const stretch = {
  at: "i32",
  source: "i32",
  nx: "i32",
  ny: "i32",
  nz: "i32",
  rowBytes: "i32",
  planeBytes: "i32",
  bx: "f64",
  by: "f64",
  bz: "f64",
  sx: "f64",
  sy: "f64",
  sz: "f64",
  x: "i32",
  count: "i32",
} as const;
export type Nearest = Func<typeof stretch, readonly []>;

/** Moves voxels wherever their coordinates lie, one at a time. */
export const anywhereHelper = (context: Context, width: Width, boundary: TapBoundary, k: number): Nearest => {
  const address = addressHelper(context, boundary, unsignedOf[width], k);
  return context.module.helper(`anywhere${k}`, stretch, [], (f, p) => {
    const { i32, f64 } = f;
    const end = f.keep(i32.add(p.x, p.count));
    const { source, nx, ny, nz, rowBytes, planeBytes } = p;
    const to = f.keep(p.at);
    f.while(i32.lt_s(p.x, end), () => {
      const place = f.keep(f64.convert_i32_s(p.x));
      const [x, y, z] = (
        [
          [p.bx, p.sx],
          [p.by, p.sy],
          [p.bz, p.sz],
        ] as const
      ).map(([b, s]) => f64.add(b, f64.mul(s, place))) as [V64, V64, V64];
      const from = f.call(address, { source, nx, ny, nz, sy: rowBytes, sz: planeBytes, x, y, z });
      moveElement(f, width, to, f.keep(from));
      to.set(i32.add(to, width));
      p.x.set(i32.add(p.x, 1));
    });
  });
};

type V64 = ReturnType<F["f64"]["add"]>;

/** Coordinates are taken anew after this many voxels: adding up steps must not gather rounding. */
const longestRun = 256;
/** Added to a float64 this leaves the nearest whole number in the low bits. */
const magic = 1.5 * 2 ** 52;
/** Voxels of which the addresses are found together. */
const together = 4;

/** Moves voxels whose coordinates all lie within the source. */
export const withinHelper = (context: Context, width: Width, anywhere: Nearest, k: number): Nearest =>
  context.module.helper(`within${k}`, stretch, [], (f, p) => {
    const { i32, f64, f64x2, i32x4 } = f;
    f.if(i32.lt_s(p.count, together), () => {
      f.call(anywhere, p);
      f.return();
    });
    const axes = (
      [
        [p.bx, p.sx],
        [p.by, p.sy],
        [p.bz, p.sz],
      ] as const
    ).map(([b, s]) => ({
      base: f.keep(f64.add(b, tieTolerance)),
      s,
      step: f.keep(f64x2.splat(f64.mul(s, together))),
      low: f.local("v128"),
      high: f.local("v128"),
    }));
    const strides = [f.keep(i32x4.splat(width)), f.keep(i32x4.splat(p.rowBytes)), f.keep(i32x4.splat(p.planeBytes))];
    const rounds = f.keep(f64x2.splat(magic));
    const source = f.keep(i32x4.splat(p.source));
    const done = f.keep(i32.const(0), "done");
    f.while(i32.lt_s(done, p.count), () => {
      const left = f.keep(i32.sub(p.count, done));
      const run = f.keep(f.select(i32.lt_s(left, longestRun), left, i32.const(longestRun)));
      // Too short for a step of its own, a run reaches back into the one before.
      f.if(i32.lt_s(run, together), () => {
        done.set(i32.sub(p.count, together));
        run.set(together);
      });
      const place = f.keep(f64.convert_i32_s(i32.add(p.x, done)));
      for (const { base, s, low, high } of axes) {
        const lane = (n: number) => f64.add(base, f64.mul(s, f64.add(place, n)));
        low.set(f64x2.replace_lane(f64x2.splat(lane(0)), 1, lane(1)));
        high.set(f64x2.replace_lane(f64x2.splat(lane(2)), 1, lane(3)));
      }
      const to = f.keep(i32.add(p.at, i32.mul(done, width)));
      const end = f.keep(i32.sub(i32.add(to, i32.mul(run, width)), together * width));
      const step = (): void => {
        const offset = axes
          .map(({ low, high }, a) => {
            const index = i32x4.shuffle(f64x2.add(low, rounds), f64x2.add(high, rounds), [0, 2, 4, 6]);
            return a === 0 ? i32x4.shl(index, Math.log2(width)) : i32x4.mul(index, strides[a] as Local<"v128">);
          })
          .reduce<V128>((sum, part) => i32x4.add(sum, part), source);
        moveFour(f, width, to, f.keep(offset));
      };
      f.while(i32.lt_u(to, end), () => {
        step();
        for (const { step: by, low, high } of axes) {
          low.set(f64x2.add(low, by));
          high.set(f64x2.add(high, by));
        }
        to.set(i32.add(to, together * width));
      });
      done.set(i32.add(done, run));
      // What is left are one to four voxels; four that end where the run does hold them.
      const back = f.keep(f64.convert_i32_s(i32.sub(i32.add(p.x, done), together)));
      for (const { base, s, low, high } of axes) {
        const lane = (n: number) => f64.add(base, f64.mul(s, f64.add(back, n)));
        low.set(f64x2.replace_lane(f64x2.splat(lane(0)), 1, lane(1)));
        high.set(f64x2.replace_lane(f64x2.splat(lane(2)), 1, lane(3)));
      }
      to.set(end);
      step();
    });
  });

/** Moves the elements at four addresses to four places in a row. */
const moveFour = (f: F, width: Width, to: Local<"i32">, addresses: Local<"v128">): void => {
  const { v128, i32x4 } = f;
  const lane = (k: number) => i32x4.extract_lane(addresses, k);
  const lanes = [0, 1, 2, 3].map(lane);
  switch (width) {
    case 1:
      v128.store32_lane(to, loadLanes(f, 1, lanes), 0);
      return;
    case 2:
      v128.store64_lane(to, loadLanes(f, 2, lanes), 0);
      return;
    case 4:
      v128.store(to, loadLanes(f, 4, lanes));
      return;
    case 8:
      v128.store(to, loadLanes(f, 8, lanes.slice(0, 2)));
      v128.store(to, loadLanes(f, 8, lanes.slice(2)), 16);
      return;
  }
};
