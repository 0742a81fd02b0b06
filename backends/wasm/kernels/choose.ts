/**
 * Voxels chosen by conditions that lie in volumes of their own, moved as the bits that they are: where a displacement
 * has led out of an image, and where not. A unit is a row of the output.
 */
import type { Local } from "../assembler/index.ts";
import type { F, I32 } from "./context.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { moveElement, vectorBytes, type Width } from "./move-steps.ts";

/** A voxel of a tap, a value of the table, or one of both by the float of a tap or by a region. */
export type Choice =
  | { readonly kind: "tap"; readonly tap: number }
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "either"; readonly by: Condition; readonly then: Choice; readonly otherwise: Choice };
export type Condition = { readonly tap: number } | { readonly region: number };

export interface ChooseShape {
  readonly width: Width;
  readonly taps: number;
  readonly regions: number;
  readonly choice: Choice;
}

export const chooseKernel = ({ width, taps, regions, choice }: ChooseShape, shared: boolean): Kernel =>
  kernelOf(
    "choose",
    shared,
    () => undefined,
    ({ f, read, scratch, from, to }) => {
      const { i32 } = f;
      const nx = read.i32("nx");
      const perChannel = read.i32("rows");
      const [values, channels] = [read.i32("values"), read.i32("channels")];
      const sources = Array.from({ length: taps }, (_, k) => ({
        source: read.i32(`tap${k}.source`),
        channelBytes: read.i32(`tap${k}.channelBytes`),
        rowBytes: read.i32(`tap${k}.rowBytes`),
        row: f.local("i32", "row"),
      }));
      const intervals = Array.from({ length: regions }, (_, k) => ({
        table: read.i32(`region${k}`),
        start: f.local("i32", "start"),
        end: f.local("i32", "end"),
      }));
      const out = f.keep(scratch, "out");
      const unit = f.local("i32", "unit");
      f.forRange(unit, from, to, 1, () => {
        const channel = f.keep(i32.div_u(unit, perChannel), "channel");
        const number = f.keep(i32.rem_u(unit, perChannel), "number");
        for (const { source, channelBytes, rowBytes, row } of sources)
          row.set(i32.add(i32.add(source, i32.mul(channel, channelBytes)), i32.mul(number, rowBytes)));
        for (const { table, start, end } of intervals) {
          const entry = f.keep(i32.add(table, i32.shl(number, 3)));
          start.set(i32.load(entry));
          end.set(i32.load(entry, 4));
        }
        const x = f.local("i32", "x");
        f.forRange(x, i32.const(0), nx, 1, () => {
          const target = f.keep(i32.add(out, i32.mul(x, width)), "target");
          const at = (tap: number, bytes: number): I32 =>
            i32.add((sources[tap] as { row: Local<"i32"> }).row, i32.mul(x, bytes));
          const valueAt = (value: number): I32 =>
            i32.add(values, i32.mul(i32.add(i32.mul(channels, value), channel), vectorBytes));
          emit(f, choice, {
            condition: (by) => {
              if ("tap" in by) return f.f32.ne(f.f32.load(at(by.tap, 4)), 0);
              const { start, end } = intervals[by.region] as (typeof intervals)[number];
              return i32.and(i32.ge_s(x, start), i32.lt_s(x, end));
            },
            move: (from) => moveElement(f, width, target, from),
            voxel: (tap) => at(tap, width),
            value: valueAt,
          });
        });
        out.set(i32.add(out, i32.mul(nx, width)));
      });
    },
  );

interface Leaves {
  readonly condition: (by: Condition) => I32;
  readonly move: (from: I32) => void;
  readonly voxel: (tap: number) => I32;
  readonly value: (value: number) => I32;
}

const emit = (f: F, choice: Choice, leaves: Leaves): void => {
  switch (choice.kind) {
    case "tap":
      leaves.move(leaves.voxel(choice.tap));
      return;
    case "value":
      leaves.move(leaves.value(choice.value));
      return;
    case "either":
      f.if(
        leaves.condition(choice.by),
        () => emit(f, choice.then, leaves),
        () => emit(f, choice.otherwise, leaves),
      );
  }
};
