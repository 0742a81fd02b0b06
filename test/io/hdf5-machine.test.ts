/** What a damaged file does to the HDF5 library is gone with it, and others who use the library are left alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as h5wasm from "h5wasm";
import { expect, test } from "vitest";
import { imageFromArray } from "../../src/image.ts";
import { withMachine } from "../../src/io/hdf5/machine.ts";
import { loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { temporaryFolder } from "./shared.ts";

/** A module whose memory, stack pointer and one function are exported: it writes what it is told to where it is told. */
const bytes = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // (func (param i32 i32))
  ...[1, 6, 1, 0x60, 2, 0x7f, 0x7f, 0],
  ...[3, 2, 1, 0],
  // (memory 1)
  ...[5, 3, 1, 0, 1],
  // (global (mut i32) (i32.const 64))
  ...[6, 7, 1, 0x7f, 1, 0x41, 0xc0, 0, 0x0b],
  ...[7, 36, 3, 6, ...Buffer.from("memory"), 2, 0, 15, ...Buffer.from("__stack_pointer"), 3, 0, 5],
  ...[...Buffer.from("store"), 0, 0],
  // local.get 0, local.get 1, i32.store8, and the stack pointer is set to the second.
  ...[10, 15, 1, 13, 0, 0x20, 0, 0x20, 1, 0x3a, 0, 0, 0x20, 1, 0x24, 0, 0x0b],
]);

test("memory and stack are what they were, whatever was done", async () => {
  const { library, machine } = await withMachine(
    async () => {
      const { instance } = await WebAssembly.instantiate(bytes);
      const { memory, store, __stack_pointer } = instance.exports as {
        memory: WebAssembly.Memory;
        store: (at: number, value: number) => void;
        __stack_pointer: WebAssembly.Global;
      };
      store(1000, 7);
      __stack_pointer.value = 64;
      return { memory, store, stack: __stack_pointer };
    },
    ({ memory }) => memory.buffer,
  );
  const { memory, store, stack } = library;
  const at = (where: number): number => new Uint8Array(memory.buffer)[where]!;
  expect(
    machine.run(2 ** 20, () => {
      store(10, 3);
      store(1000, 9);
      return [at(10), at(1000), stack.value];
    }),
  ).toEqual([3, 9, 9]);
  expect([at(10), at(1000), stack.value]).toEqual([0, 7, 64]);
  const trap = (): never => {
    store(10, 5);
    store(2 ** 20, 1);
    throw new Error("it was stored beyond the end");
  };
  expect(() => machine.run(2 ** 20, trap)).toThrow(WebAssembly.RuntimeError);
  expect([at(10), at(1000), stack.value]).toEqual([0, 7, 64]);
  expect(() => machine.run(2 ** 17, () => memory.grow(2))).toThrow(RangeError);
  expect(machine.run(2 ** 17, () => memory.grow(1))).toBe(1);
});

test("files that others have open in the library stay open", async () => {
  await h5wasm.ready;
  const file = new h5wasm.File("theirs.h5", "w");
  file.create_dataset({ name: "numbers", data: new Int32Array([1, 2, 3]) });
  const path = join(temporaryFolder(), "ours.h5");
  const image = imageFromArray(
    Uint8Array.from({ length: 8 }, (_, k) => k),
    { size: [2, 2, 2] },
  );
  await saveHdf5(path, image);
  expect(await loadHdf5(path)).toEqual(image);
  await expect(loadHdf5(new Uint8Array(readFileSync(path)).subarray(0, 2000))).rejects.toThrow(/damaged/);
  file.create_dataset({ name: "more", data: new Int32Array([4]) });
  expect(file.keys()).toEqual(["more", "numbers"]);
  expect([...((file.get("numbers") as h5wasm.Dataset).value as Int32Array)]).toEqual([1, 2, 3]);
  file.close();
});
