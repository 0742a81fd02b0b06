/**
 * Numbers that are measured: statistics of a field that stand in the body of a map of it. In the body they are
 * parameters, so that gradients can be taken by them; whoever runs a program finds their values first, the innermost
 * first, and puts them in. What follows is compiled as if they had been written there.
 */
import {
  clip,
  displace,
  type Field,
  interpolateAs,
  type Measure,
  mapFields,
  type Quantity,
  sample,
  type Volume,
  warp,
} from "./field.ts";
import { type Parameter, parameter, replaceLeaves, type Scalar } from "./scalar.ts";

/** The values of measures: for each its numbers in order. */
export type Measured = ReadonlyMap<Measure, readonly number[]>;

/** How many numbers a quantity is. */
export const countOfNumbers = (quantity: Quantity): number => {
  switch (quantity.kind) {
    case "mean":
      return 1;
    case "quantiles":
      return quantity.shares.length;
    case "matching":
      return 3 * quantity.knots;
  }
};

const nameOf = ({ name, id }: Measure, k: number): string => `${name}#${id}.${k}`;

/** The numbers of a measure as they stand in bodies; without values they are not-a-number. */
export const numbersOf = (of: Measure, values: readonly number[] = []): readonly Parameter[] =>
  Array.from({ length: countOfNumbers(of.quantity) }, (_, k) => parameter(nameOf(of, k), values[k] ?? Number.NaN));

/** All that has to be measured before fields can be looked at, each once and after what it needs itself. */
export const measuresIn = (fields: readonly Field[]): readonly Measure[] => {
  const seen = new Set<Field>();
  const found = new Set<Measure>();
  const go = (field: Field): void => {
    if (seen.has(field)) return;
    seen.add(field);
    switch (field.kind) {
      case "interpolate":
        if (field.volume.kind === "sample") go(field.volume.field);
        return;
      case "warp":
      case "clip":
        go(field.field);
        return;
      case "displace":
        go(field.field);
        field.by.forEach(go);
        return;
      case "map":
        field.fields.forEach(go);
        for (const each of field.measures) {
          each.fields.forEach(go);
          found.add(each);
        }
    }
  };
  fields.forEach(go);
  return [...found];
};

/** Puts numbers where they are measured: all that fields are made of must be among them. */
export const putNumbers = (measured: Measured): ((field: Field) => Field) => {
  const done = new Map<Field, Field>();
  const values = new Map<string, Parameter>();
  for (const [of, numbers] of measured)
    numbersOf(of, numbers).forEach((number, k) => {
      values.set(nameOf(of, k), number);
    });
  const inBody = (body: Scalar): Scalar =>
    replaceLeaves(body, (leaf) =>
      leaf.kind === "const" && leaf.parameter !== undefined ? values.get(leaf.parameter) : undefined,
    );
  const go = (field: Field): Field => {
    const result = done.get(field) ?? rebuilt(field);
    done.set(field, result);
    return result;
  };
  const rebuilt = (field: Field): Field => {
    switch (field.kind) {
      case "interpolate":
        return interpolateAs(field, inVolume(field.volume));
      case "warp":
        return warp(go(field.field), field.pull);
      case "clip":
        return clip(go(field.field), field.to, field.fill);
      case "map":
        return mapFields(inBody(field.body), field.fields.map(go), field.channels);
      case "displace": {
        const [x, y, z] = field.by;
        return displace(go(field.field), [go(x), go(y), go(z)]);
      }
    }
  };
  const inVolume = (volume: Volume): Volume =>
    volume.kind === "input" ? volume : sample(go(volume.field), volume.grid, volume.storage, volume.reason);
  return go;
};
