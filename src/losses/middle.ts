/**
 * About where the values of a field lie. Losses that subtract squares measure values from there: in float32 the variance
 * of values near 10 000 that differ by 1 would be lost in their squares. It need not be exact, as it changes nothing else.
 */
import { isOnDevice } from "../../backends/backend.ts";
import type { Field } from "../../compiler/language/field.ts";
import { valueOfScalar } from "../../compiler/language/scalar-value.ts";
import type { Voxels } from "../../compiler/language/voxels.ts";

const most = 256;

/** The mean of some values of a field; 0 where they lie on a GPU, or none is finite. */
export const middleOf = (field: Field): number => {
  const finite = someOf(field, new Map()).filter(Number.isFinite);
  return finite.reduce((sum, value) => sum + value / finite.length, 0);
};

/**
 * The same voxels of each image, with what maps make of them; moving and clipping leave most values as they are. What is
 * looked at many times, as by windows, is `known` after the first.
 */
const someOf = (field: Field, known: Map<Field, readonly number[]>): readonly number[] => {
  const values = known.get(field) ?? valuesOf(field, (inner) => someOf(inner, known));
  known.set(field, values);
  return values;
};

const valuesOf = (field: Field, some: (inner: Field) => readonly number[]): readonly number[] => {
  switch (field.kind) {
    case "interpolate":
      return field.volume.kind === "input" ? someVoxels(field.volume.voxels) : some(field.volume.field);
    case "map": {
      const taps = field.fields.map(some);
      const { body } = field;
      return Array.from({ length: most }, (_, k) =>
        valueOfScalar(
          body,
          taps.map((values) => values[k] ?? Number.NaN),
        ),
      );
    }
    default:
      return some(field.field);
  }
};

const someVoxels = (voxels: Voxels): readonly number[] => {
  if (isOnDevice(voxels)) return [];
  const { data, rescale } = voxels;
  // Spread evenly, and in step with no row or plane.
  return Array.from({ length: most }, (_, k) => {
    const at = Math.floor(((k * 0.6180339887498949) % 1) * data.length);
    return Number(data[at]) * rescale.slope + rescale.intercept;
  });
};
