/** Arithmetic on one value: every operator of the language, nested a few deep. */
import fc from "fast-check";
import type { BinaryOperator, Scalar, UnaryOperator } from "../../compiler/language/scalar.ts";
import * as scalar from "../../compiler/language/scalar.ts";
import { decimals } from "./numbers.ts";

const unaryNames = Object.keys(scalar.unaryOperators) as UnaryOperator[];
const binaryNames = Object.keys(scalar.binaryOperators) as BinaryOperator[];

/** Bodies of maps: scalars of one value. */
export const scalars: fc.Arbitrary<Scalar> = fc.letrec<{ scalar: Scalar; leaf: Scalar }>((tie) => ({
  leaf: fc.oneof(fc.constant(scalar.tap(0)), decimals(-4, 4).map(scalar.constant)),
  scalar: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    tie("leaf"),
    fc.tuple(fc.constantFrom(...unaryNames), tie("scalar")).map(([operator, a]) => scalar.unary(operator, a)),
    fc
      .tuple(fc.constantFrom(...binaryNames), tie("scalar"), tie("scalar"))
      .map(([operator, a, b]) => scalar.binary(operator, a, b)),
    fc
      .tuple(tie("scalar"), tie("scalar"), tie("scalar"))
      .map(([condition, then, otherwise]) => scalar.select(condition, then, otherwise)),
  ),
})).scalar;
