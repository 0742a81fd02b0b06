/** The gather: evaluate the body at each voxel of the output and store it. */
import { product } from "../../compiler/language/vector.ts";
import { exactNumber, quantize, quantizeBigInt, type Voxels } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather } from "../../compiler/plan.ts";
import { lookOver, type Samples } from "./look.ts";
import type { Element } from "./scalar.ts";

/** Fills `output`, one row at each step of the generator, so that the caller can pause between rows. */
export const gather = (
  pass: Gather,
  domain: Pick<Buffer, "size" | "channels">,
  buffers: (buffer: number) => Samples,
  output: Voxels,
): Generator<void> => {
  const store = storeInto(output);
  const { size } = domain;
  const perChannel = product(size);
  return lookOver(pass, [pass.body], domain, buffers, ({ channel, x, y, z }, [value]) =>
    store(channel * perChannel + (z * size[1] + y) * size[0] + x, value === undefined ? 0 : value()),
  );
};

const storeInto = (output: Voxels): ((index: number, value: Element) => void) => {
  const { data, dtype } = output;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const kind = data instanceof BigInt64Array ? "int64" : "uint64";
    return (index, value) => {
      data[index] = quantizeBigInt(kind, value);
    };
  }
  return (index, value) => {
    data[index] = quantize(dtype, exactNumber(value));
  };
};
