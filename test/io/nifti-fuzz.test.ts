/** Mutants of good NIfTI files: whatever is done to header, extensions or length, they are read or refused. */
import fc from "fast-check";
import { test } from "vitest";
import { reading, searchMutants, seedText, verifying } from "./fuzz.ts";
import { gzipped, handmade, ramp } from "./handmade.ts";

const data = ramp(6 * 5 * 4 * 2);
const srow = [2, 0, 0, -5, 0, 2, 0, -4, 0, 0, 3, -3];
const one = handmade({ dim: [6, 5, 4], datatype: 4, bitpix: 16, srow, sform_code: 1, data });
const big = handmade({ dim: [6, 5, 4], datatype: 4, bitpix: 16, srow, sform_code: 1, littleEndian: false, data });
const two = handmade({ version: 2, dim: [6, 5, 2, 2], datatype: 4, bitpix: 16, srow, sform_code: 1, data });

interface Mutation {
  readonly at: number;
  readonly bytes: Uint8Array;
}
/** Single bytes, and whole fields set to the numbers that break readers. */
const nasty = [0, 1, -1, 7, 8, 255, 256, 32767, -32768, 65535, 2 ** 31 - 1, -(2 ** 31)];
const field = fc
  .tuple(fc.constantFrom(...nasty), fc.boolean(), fc.constantFrom(2, 4, 8))
  .map(([value, little, width]) => {
    const view = new DataView(new ArrayBuffer(8));
    if (width === 2) view.setInt16(0, value, little);
    else if (width === 4) view.setInt32(0, value, little);
    else view.setBigInt64(0, BigInt(value), little);
    return new Uint8Array(view.buffer, 0, width);
  });
const float = fc
  .tuple(fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e-40, 1e30, 348.5, 1e9), fc.boolean())
  .map(([value, little]) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, little);
    return new Uint8Array(view.buffer);
  });
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.oneof({ weight: 3, arbitrary: fc.nat(351) }, { weight: 1, arbitrary: fc.nat(560) }),
  bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), field, float),
});

const mutant = fc
  .record({
    base: fc.constantFrom(one, big, two),
    mutations: fc.array(mutation, { maxLength: 4 }),
    length: fc.option(fc.nat(900), { freq: 4, nil: undefined }),
    packed: fc.boolean(),
    inPacked: fc.array(fc.record({ at: fc.nat(400), value: fc.nat(255) }), { maxLength: 2 }),
    packedLength: fc.option(fc.nat(500), { freq: 4, nil: undefined }),
  })
  .map(({ base, mutations, length, packed, inPacked, packedLength }) => {
    const bytes = base.slice();
    for (const { at, bytes: patch } of mutations)
      bytes.set(patch.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
    const cut = bytes.slice(0, length);
    if (!packed) return cut;
    const gz = gzipped(cut);
    for (const { at, value } of inPacked) if (at < gz.length) gz[at] = value;
    return gz.slice(0, packedLength);
  });

test(`mutants are read or refused, never worse (${seedText})`, { timeout: 300_000 }, () =>
  searchMutants(mutant, [reading, verifying]),
);
