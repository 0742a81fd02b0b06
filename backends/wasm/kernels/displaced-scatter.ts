/**
 * The transpose of displaced looks. As in other scatters a job owns some planes of the output and goes over all of the
 * domain, so that no two threads add to one voxel and each voxel gets what it gets in the order of the domain.
 */
import { AimEmitter } from "./aim.ts";
import { giveHelper } from "./give.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import type { ScatterShape } from "./scatter.ts";

/** Planes that a stencil reaches from the one it is at, rounding included, and farther at the edges, where it comes back. */
const reach = 3;

export const displacedScatterKernel = ({ by, boundary }: ScatterShape, shared: boolean): Kernel =>
  kernelOf(
    "displaced_scatter",
    shared,
    (context) => giveHelper(context, by, boundary),
    ({ f, read, scratch, from, to }, give) => {
      const { i32, f64, f32 } = f;
      const aim = new AimEmitter(f, read);
      const [nx, ny, nz] = [read.i32("n0"), read.i32("n1"), read.i32("n2")];
      const perChannel = f.keep(i32.mul(read.i32("ny"), read.i32("nz")));
      const rowBytes = f.keep(i32.shl(read.i32("nx"), 2));
      const channel = f.keep(i32.div_u(from, nz), "channel");
      const first = f.keep(i32.rem_u(from, nz), "first");
      const past = f.keep(i32.add(first, i32.sub(to, from)), "past");
      const sy = f.keep(i32.shl(nx, 2), "sy");
      const sz = f.keep(i32.mul(sy, ny), "sz");
      f.memory.fill(scratch, 0, i32.mul(sz, i32.sub(to, from)));
      const origin = f.keep(i32.sub(scratch, i32.mul(sz, first)), "origin");
      const [low, high] = [
        f.keep(f64.convert_i32_s(i32.sub(first, reach)), "low"),
        f.keep(f64.convert_i32_s(i32.add(past, reach - 1)), "high"),
      ];
      const inner = f.keep(f64.convert_i32_s(i32.sub(nz, reach + 1)), "inner");
      const given = f.keep(i32.add(read.i32("given"), i32.mul(i32.mul(channel, perChannel), rowBytes)), "values");
      const number = f.local("i32", "number");
      f.forRange(number, i32.const(0), perChannel, 1, () => {
        const row = f.keep(i32.add(given, i32.mul(number, rowBytes)));
        aim.row(number, (x, [px, py, pz]) => {
          const value = f.keep(f32.load(i32.add(row, i32.shl(x, 2))));
          // Well within the output nothing comes back from an edge: what is far from the planes gives them nothing.
          const near = i32.and(f64.ge(pz, low), f64.le(pz, high));
          const atEdge = i32.or(f64.lt(pz, reach), f64.gt(pz, inner));
          f.if(i32.and(f32.ne(value, 0), i32.or(near, atEdge)), () => {
            f.call(give, { origin, first, past, value, nx, ny, nz, sy, sz, x: px, y: py, z: pz });
          });
        });
      });
    },
  );
