/**
 * A network small enough to write down: y = 2 · max(x, 0), as an ONNX model. Models are protocol buffers, of which
 * this takes whole numbers and what has a length.
 */

type Field = readonly [number: number, value: number | string | Uint8Array];

const varint = (value: number): readonly number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

const message = (...fields: readonly Field[]): Uint8Array =>
  Uint8Array.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [...varint(8 * number), ...varint(value)];
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      return [...varint(8 * number + 2), ...varint(bytes.length), ...bytes];
    }),
  );

const float = 1;

/** A value of the graph: a float tensor of this shape. */
const tensorType = (name: string, shape: readonly number[]): Uint8Array => {
  const dimensions = message(...shape.map((n): Field => [1, message([1, n])]));
  return message([1, name], [2, message([1, message([1, float], [2, dimensions])])]);
};

const node = (operator: string, inputs: readonly string[], output: string): Uint8Array =>
  message(...inputs.map((name): Field => [1, name]), [2, output], [4, operator]);

export const doubledPositive = (shape: readonly number[]): Uint8Array => {
  const two = message([2, float], [8, "two"], [9, new Uint8Array(Float32Array.of(2).buffer)]);
  const graph = message(
    [1, node("Relu", ["x"], "positive")],
    [1, node("Mul", ["positive", "two"], "y")],
    [2, "doubledPositive"],
    [5, two],
    [11, tensorType("x", shape)],
    [12, tensorType("y", shape)],
  );
  // The eighth format of files, and the 13th edition of operators.
  return message([1, 8], [7, graph], [8, message([1, ""], [2, 13])]);
};
