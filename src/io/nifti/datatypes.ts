/**
 * The datatypes of NIfTI-1.1 and how each is held here. One total table: a code that is not in it is not
 * a datatype, and one that cannot be held says so.
 */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Channels } from "../../image.ts";

export type Components = Channels["components"];

export type Datatype =
  | { readonly kind: "held"; readonly name: string; readonly dtype: DType; readonly components: Components }
  | { readonly kind: "refused"; readonly name: string; readonly reason: string };

const scalar = (dtype: DType): Datatype => ({ kind: "held", name: dtype, dtype, components: "scalar" });
const held = (name: string, dtype: DType, components: Components): Datatype => ({
  kind: "held",
  name,
  dtype,
  components,
});
const refused = (name: string, reason: string): Datatype => ({ kind: "refused", name, reason });
const noWideFloats = "floating point numbers of 128 bits are not supported";

/** By the number that stands in the header. */
export const datatypes: ReadonlyMap<number, Datatype> = new Map([
  [0, refused("unknown", "the header does not say what its voxels are")],
  [1, refused("binary", "voxels of one bit are not supported, by NIfTI neither")],
  [2, scalar("uint8")],
  [4, scalar("int16")],
  [8, scalar("int32")],
  [16, scalar("float32")],
  [32, held("complex64", "float32", "complex")],
  [64, scalar("float64")],
  [128, held("RGB24", "uint8", "rgb")],
  [256, scalar("int8")],
  [512, scalar("uint16")],
  [768, scalar("uint32")],
  [1024, scalar("int64")],
  [1280, scalar("uint64")],
  [1536, refused("float128", noWideFloats)],
  [1792, held("complex128", "float64", "complex")],
  [2048, refused("complex256", noWideFloats)],
  [2304, held("RGBA32", "uint8", "rgba")],
]);

/** The code whose voxels are interleaved `components` of `dtype`, if NIfTI has one. */
export const datatypeCode = (dtype: DType, components: Components): number | undefined => {
  for (const [code, type] of datatypes)
    if (type.kind === "held" && type.dtype === dtype && type.components === components) return code;
  return undefined;
};
