/**
 * The assembler. Each row of the opcode tables is emitted into a function that the engine must accept, and run
 * against a model in JavaScript, since a wrong code may well have the right signature.
 */
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../backends/wasm/assembler/bytes.ts";
import {
  type AnyCode,
  type FunctionBuilder,
  type Instruction,
  ModuleBuilder,
  supportsSimd,
  supportsThreads,
  toText,
} from "../../../backends/wasm/assembler/index.ts";
import * as operations from "../../../backends/wasm/assembler/operations.ts";
import { type Shape, shapeNames, shapes, type ValueType } from "../../../backends/wasm/assembler/types.ts";

const keys = <K extends string>(record: Readonly<Record<K, unknown>>): readonly K[] => Object.keys(record) as K[];

/** Runs `build` as the only function of a module with one page of memory and gives the memory. */
const run = (build: (f: FunctionBuilder) => void, bytes: Uint8Array = new Uint8Array()): Uint8Array => {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  module.func("run", {}, [], build);
  return instantiate(module, bytes).run();
};

const instantiate = (module: ModuleBuilder, bytes: Uint8Array) => {
  const encoded = module.encode();
  expect(WebAssembly.validate(encoded), toText(module.parts())).toBe(true);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const all = new Uint8Array(memory.buffer);
  all.set(bytes);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encoded), { env: { memory } });
  const call = exports.run as () => void;
  return {
    run: (): Uint8Array => {
      call();
      return all;
    },
    all,
  };
};

const typeLoads = { i32: "i32.load", i64: "i64.load", f32: "f32.load", f64: "f64.load", v128: "v128.load" } as const;
const typeStores = {
  i32: "i32.store",
  i64: "i64.store",
  f32: "f32.store",
  f64: "f64.store",
  v128: "v128.store",
} as const;
const resultAt = 64;

/** Operands from memory at 0, 16, 32, the instruction, the result to memory at 64. */
const around = (instruction: Instruction, pops: readonly ValueType[], pushes: readonly ValueType[]) => {
  return (f: FunctionBuilder): void => {
    const local = pushes[0] === undefined ? undefined : f.local(pushes[0]);
    pops.forEach((type, k) => {
      f.emit({ kind: "const", value: { type: "i32", value: 16 * k } });
      f.emit({ kind: "load", name: typeLoads[type], offset: 0 });
    });
    f.emit(instruction);
    if (local === undefined) return;
    local.receive();
    f.emit({ kind: "const", value: { type: "i32", value: resultAt } });
    local.emit();
    f.emit({ kind: "store", name: typeStores[local.type], offset: 0 });
  };
};

type LaneType = "i8" | "i16" | "i32" | "i64" | "f32" | "f64";
const bitsOf = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 } as const;
const laneTypeOf = (name: string): LaneType => (name === "v128" ? "i64" : name.slice(0, name.indexOf("x"))) as LaneType;
const isShape = (name: string): name is Shape => name in shapes;
const isFloat = (type: LaneType): boolean => type.startsWith("f");

/** Integers as unsigned bigint, floats as number. */
type Lane = bigint | number;
const read = (bytes: Uint8Array, type: LaneType, count: number): Lane[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const readers: Readonly<Record<LaneType, (k: number) => Lane>> = {
    i8: (k) => BigInt(view.getUint8(k)),
    i16: (k) => BigInt(view.getUint16(2 * k, true)),
    i32: (k) => BigInt(view.getUint32(4 * k, true)),
    i64: (k) => view.getBigUint64(8 * k, true),
    f32: (k) => view.getFloat32(4 * k, true),
    f64: (k) => view.getFloat64(8 * k, true),
  };
  return Array.from({ length: count }, (_, k) => readers[type](k));
};

const s = (a: bigint, bits: number): bigint => BigInt.asIntN(bits, a);
const clamp = (a: bigint, bits: number, signed: boolean): bigint => {
  const [low, high] = signed
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  return a < low ? low : a > high ? high : a;
};
const trap = (): never => {
  throw new Error("trap");
};
const choose = <T extends Lane>(condition: boolean, a: T, b: T): T => (condition ? a : b);

type Int = (a: bigint, b: bigint, bits: number) => bigint | boolean;
const shift = (b: bigint, bits: number): bigint => b % BigInt(bits);
const rotl: Int = (a, b, bits) => (a << shift(b, bits)) | (a >> (BigInt(bits) - shift(b, bits)));
const signedOrNot = (op: string, f: (a: bigint, b: bigint, bits: number, signed: boolean) => bigint | boolean) => ({
  [`${op}_s`]: (a: bigint, b: bigint, bits: number) => f(s(a, bits), s(b, bits), bits, true),
  [`${op}_u`]: (a: bigint, b: bigint, bits: number) => f(a, b, bits, false),
});
const ints: Readonly<Record<string, Int>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  andnot: (a, b) => a & ~b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << shift(b, bits),
  shr_s: (a, b, bits) => s(a, bits) >> shift(b, bits),
  shr_u: (a, b, bits) => a >> shift(b, bits),
  rotl,
  rotr: (a, b, bits) => rotl(a, BigInt(bits) - shift(b, bits), bits),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  ...signedOrNot("lt", (a, b) => a < b),
  ...signedOrNot("gt", (a, b) => a > b),
  ...signedOrNot("le", (a, b) => a <= b),
  ...signedOrNot("ge", (a, b) => a >= b),
  ...signedOrNot("min", (a, b) => choose(a < b, a, b)),
  ...signedOrNot("max", (a, b) => choose(a > b, a, b)),
  ...signedOrNot("div", (a, b, bits, signed) => (b === 0n || clamp(a / b, bits, signed) !== a / b ? trap() : a / b)),
  ...signedOrNot("rem", (a, b) => (b === 0n ? trap() : a % b)),
  ...signedOrNot("add_sat", (a, b, bits, signed) => clamp(a + b, bits, signed)),
  ...signedOrNot("sub_sat", (a, b, bits, signed) => clamp(a - b, bits, signed)),
  avgr_u: (a, b) => (a + b + 1n) >> 1n,
  q15mulr_sat_s: (a, b) => clamp((s(a, 16) * s(b, 16) + 0x4000n) >> 15n, 16, true),
};

const binary = (a: bigint, bits: number): string => a.toString(2).padStart(bits, "0");
const intsUnary: Readonly<Record<string, (a: bigint, bits: number) => bigint | boolean>> = {
  abs: (a, bits) => choose(s(a, bits) > 0n, a, -s(a, bits)),
  neg: (a) => -a,
  not: (a) => ~a,
  popcnt: (a, bits) => BigInt(binary(a, bits).replaceAll("0", "").length),
  clz: (a, bits) => BigInt(`${binary(a, bits)}1`.indexOf("1")),
  ctz: (a, bits) => BigInt(`${[...binary(a, bits)].reverse().join("")}1`.indexOf("1")),
  eqz: (a) => a === 0n,
  extend8_s: (a) => s(a, 8),
  extend16_s: (a) => s(a, 16),
  extend32_s: (a) => s(a, 32),
};

const floats: Readonly<Record<string, (a: number, b: number) => number | boolean>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  // Not Math.min: of NaN, and of 0 and −0, these give the first.
  pmin: (a, b) => choose(b < a, b, a),
  pmax: (a, b) => choose(a < b, b, a),
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};
const nearest = (a: number): number => {
  if (!Number.isFinite(a) || Math.abs(a) >= 2 ** 52) return a;
  const up = Math.floor(a + 0.5);
  const even = a + 0.5 === up && up % 2 !== 0 ? up - 1 : up;
  return even === 0 && (a < 0 || Object.is(a, -0)) ? -0 : even;
};
const { abs, ceil, floor, trunc, sqrt } = Math;
const floatsUnary: Readonly<Record<string, (a: number) => number>> = {
  ...{ abs, ceil, floor, trunc, sqrt, nearest },
  neg: (a) => -a,
};

/** Saturates; NaN is 0. */
const saturate = (a: number, bits: number, signed: boolean): bigint =>
  Number.isNaN(a) ? 0n : clamp(BigInt(Math.max(-1e300, Math.min(1e300, trunc(a)))), bits, signed);
const exactly = (a: number, bits: number, signed: boolean): bigint =>
  Number.isFinite(a) && BigInt(trunc(a)) === saturate(a, bits, signed) ? saturate(a, bits, signed) : trap();

/** What an instruction without immediates must leave, given the bytes of its operands. */
const model = (name: string, operands: readonly Uint8Array[]): readonly (Lane | boolean)[] => {
  const [ns = "", op = ""] = name.split(".");
  const vector = ns === "v128" || isShape(ns);
  const type = vector ? laneTypeOf(ns) : (ns as LaneType);
  const bits = bitsOf[type];
  const count = vector ? 128 / bits : 1;
  const [a = new Uint8Array(), b = new Uint8Array(), c = new Uint8Array()] = operands;
  const ofInts = (bytes: Uint8Array, t: LaneType = type, n: number = vector ? 128 / bitsOf[t] : 1): bigint[] =>
    read(bytes, t, n) as bigint[];
  const ofFloats = (bytes: Uint8Array, t: LaneType = type, n: number = vector ? 128 / bitsOf[t] : 1): number[] =>
    read(bytes, t, n) as number[];

  const conversion = /^(\w+?)_(i\d+x\d+|f\d+x\d+|[if]\d\d)(?:_([su]))?(_zero)?$/.exec(op);
  if (conversion?.[2] !== undefined) {
    const [, verb = "", source = "", sign, zero] = conversion;
    const signed = sign === "s";
    const from = isShape(source) ? laneTypeOf(source) : (source as LaneType);
    const n = isShape(source) ? shapes[source].lanes : 1;
    const wide = (bytes: Uint8Array): bigint[] => ofInts(bytes, from, n).map((x) => (signed ? s(x, bitsOf[from]) : x));
    const half = <T>(lanes: readonly T[]): readonly T[] =>
      verb.includes("low") ? lanes.slice(0, n / 2) : verb.includes("high") ? lanes.slice(n / 2) : lanes;
    const filled = <T>(lanes: readonly T[], nil: T): readonly T[] => (zero ? [...lanes, nil, nil] : lanes);
    switch (verb) {
      case "wrap":
      case "extend":
      case "extend_low":
      case "extend_high":
        return half(wide(a));
      case "extmul_low":
      case "extmul_high":
        return half(wide(a).map((x, k) => x * (wide(b)[k] ?? 0n)));
      case "extadd_pairwise":
        return Array.from({ length: n / 2 }, (_, k) => (wide(a)[2 * k] ?? 0n) + (wide(a)[2 * k + 1] ?? 0n));
      case "dot": {
        const products = wide(a).map((x, k) => x * (wide(b)[k] ?? 0n));
        return Array.from({ length: n / 2 }, (_, k) => (products[2 * k] ?? 0n) + (products[2 * k + 1] ?? 0n));
      }
      case "narrow":
        return [...ofInts(a, from, n), ...ofInts(b, from, n)].map((x) => clamp(s(x, bitsOf[from]), bits, signed));
      case "trunc":
        return ofFloats(a, from, n).map((x) => exactly(x, bits, signed));
      case "trunc_sat":
        return filled(
          ofFloats(a, from, n).map((x) => saturate(x, bits, signed)),
          0n,
        );
      case "convert":
      case "convert_low":
        return half(wide(a)).map((x) => (type === "f32" ? Math.fround(Number(x)) : Number(x)));
      case "demote":
        return filled(ofFloats(a, from, n).map(Math.fround), 0);
      case "promote":
      case "promote_low":
        return half(ofFloats(a, from, n));
      case "reinterpret":
        return read(a, type, 1);
    }
  }
  switch (op) {
    case "splat":
      return Array.from({ length: count }, () => read(a, type, 1)[0] ?? 0n);
    case "any_true":
      return [ofInts(a).some((x) => x !== 0n)];
    case "all_true":
      return [ofInts(a).every((x) => x !== 0n)];
    case "bitmask":
      return [ofInts(a).reduce((mask, x, k) => mask | ((x >> BigInt(bits - 1)) << BigInt(k)), 0n)];
    case "swizzle":
      return ofInts(b).map((k) => (k < 16n ? BigInt(a[Number(k)] ?? 0) : 0n));
    case "bitselect":
      return ofInts(a).map((x, k) => (x & (ofInts(c)[k] ?? 0n)) | ((ofInts(b)[k] ?? 0n) & ~(ofInts(c)[k] ?? 0n)));
  }
  const unary = operands.length === 1;
  if (isFloat(type)) {
    const round = (x: number | boolean): Lane | boolean =>
      typeof x === "number" && type === "f32" ? Math.fround(x) : x;
    const [one, two] = [unary ? floatsUnary[op] : undefined, unary ? undefined : floats[op]];
    if (one !== undefined) return ofFloats(a).map((x) => round(one(x)));
    if (two !== undefined) return ofFloats(a).map((x, k) => round(two(x, ofFloats(b)[k] ?? 0)));
  } else {
    const [one, two] = [unary ? intsUnary[op] : undefined, unary ? undefined : ints[op]];
    if (one !== undefined) return ofInts(a).map((x) => one(x, bits));
    const isShift = vector && op.startsWith("sh");
    const right = isShift ? Array<bigint>(count).fill(ofInts(b, "i32", 1)[0] ?? 0n) : ofInts(b);
    if (two !== undefined) return ofInts(a).map((x, k) => two(x, right[k] ?? 0n, bits));
  }
  throw new Error(`${name} has no model`);
};

/** A repeatable stream of numbers in 0 … 2³²−1. */
const random = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0;
};

const pick = <T>(next: () => number, items: readonly T[]): T => items[next() % items.length] as T;
const someFloats = [
  0,
  -0,
  0.5,
  -0.5,
  1.5,
  2.5,
  -3.5,
  1e-30,
  300.75,
  -7e4,
  2147483648,
  -3e9,
  5e9,
  1e19,
  -1e19,
  NaN,
  Infinity,
  -Infinity,
];

/** Operand bytes with the values where instructions differ: extremes, ties, NaN. */
const operand = (next: () => number, type: LaneType): Uint8Array => {
  const view = new DataView(new ArrayBuffer(16));
  if (type === "f32") for (let k = 0; k < 16; k += 4) view.setFloat32(k, pick(next, someFloats), true);
  else if (type === "f64") for (let k = 0; k < 16; k += 8) view.setFloat64(k, pick(next, someFloats), true);
  else if (next() % 3 === 0)
    for (let k = 0; k < 16; k += 4) view.setInt32(k, pick(next, [0, -1, 5, -(2 ** 31), 2 ** 31 - 1]), true);
  else for (let k = 0; k < 16; k++) view.setUint8(k, pick(next, [0, 3, 9, 127, 128, 255, next() & 255]));
  return new Uint8Array(view.buffer);
};

const same = (a: Lane, b: Lane): boolean => Object.is(a, b);

describe("opcode tables", () => {
  test.each(keys(operations.plain))("%s", (name) => {
    const { pops, pushes } = operations.plain[name];
    const [ns = ""] = name.split(".");
    const source =
      /_(f\d\d)/.exec(name)?.[1] ?? (/_i\d/.test(name) ? "i64" : ns === "v128" ? "i64" : /^[if]\d+/.exec(ns)?.[0]);
    const next = random(name.length);
    const module = new ModuleBuilder();
    module.importMemory("env", "memory", { initial: 1 });
    module.func("run", {}, [], around({ kind: "plain", name }, pops, pushes));
    const instance = instantiate(module, new Uint8Array());
    for (let round = 0; round < 60; round++) {
      const operands = pops.map(() => operand(next, source as LaneType));
      operands.forEach((bytes, k) => {
        instance.all.set(bytes, 16 * k);
      });
      let expected: readonly (Lane | boolean)[] | undefined;
      try {
        expected = model(name, operands);
      } catch (error) {
        if ((error as Error).message !== "trap") throw error;
      }
      if (expected === undefined) {
        expect(() => instance.run()).toThrow(WebAssembly.RuntimeError);
        continue;
      }
      const result = instance.run().subarray(resultAt);
      const [type] = pushes;
      const laneType = type === "v128" ? laneTypeOf(ns) : (type as LaneType);
      // A comparison gives −1 or 0 in the lanes of a vector, 1 or 0 as a scalar, and integers even for floats.
      const asMask = expected.every((lane) => typeof lane === "boolean");
      const resultType = asMask && isFloat(laneType) ? (`i${bitsOf[laneType]}` as LaneType) : laneType;
      const truth = type === "v128" ? -1n : 1n;
      const wanted = expected.map((lane) =>
        typeof lane === "number"
          ? lane
          : BigInt.asUintN(bitsOf[resultType], typeof lane === "bigint" ? lane : lane ? truth : 0n),
      );
      const found = read(result, resultType, wanted.length);
      const differs = wanted.some((lane, k) => !same(lane, found[k] as Lane));
      if (differs) expect(found, `${name} of ${operands.map((o) => o.join(" ")).join(" and ")}`).toEqual(wanted);
    }
  });

  const bytes = Uint8Array.from({ length: 256 }, (_, k) => (k * 37 + 129) & 255);
  const at = 21;

  test.each(keys(operations.load))("%s", (name) => {
    const { width, pushes } = operations.load[name];
    const [type = "i32"] = pushes;
    const memory = run((f) => {
      const local = f.local(type);
      f.emit({ kind: "const", value: { type: "i32", value: at - 5 } });
      f.emit({ kind: "load", name, offset: 5 });
      local.receive();
      f.emit({ kind: "const", value: { type: "i32", value: 512 } });
      local.emit();
      f.emit({ kind: "store", name: typeStores[type], offset: 0 });
    }, bytes);
    const raw = bytes.slice(at, at + width);
    const size = type === "v128" ? 16 : type.endsWith("64") ? 8 : 4;
    const lanes = /load(\d+)x(\d+)/.exec(name);
    const parts = lanes === null ? 1 : Number(lanes[2]);
    const step = width / parts;
    const fill = (part: Uint8Array): number => (name.endsWith("_s") && (part.at(-1) ?? 0) > 127 ? 255 : 0);
    const widened = Array.from({ length: parts }, (_, k) => raw.slice(k * step, (k + 1) * step)).flatMap((part) => [
      ...part,
      ...Array<number>((name.includes("_") && !/splat|zero/.test(name) ? size / parts : step) - step).fill(fill(part)),
    ]);
    const expected = Array.from({ length: size }, (_, k) =>
      name.endsWith("splat") ? (raw[k % width] ?? 0) : (widened[k] ?? 0),
    );
    expect([...memory.slice(512, 512 + size)]).toEqual(expected);
  });

  test.each(keys(operations.store))("%s", (name) => {
    const { width, pops } = operations.store[name];
    const type = pops[1] ?? "i32";
    const memory = run((f) => {
      f.emit({ kind: "const", value: { type: "i32", value: 512 } });
      f.emit({ kind: "const", value: { type: "i32", value: at } });
      f.emit({ kind: "load", name: typeLoads[type], offset: 0 });
      f.emit({ kind: "store", name, offset: 300 });
    }, bytes);
    expect([...memory.slice(812, 812 + 16)]).toEqual(
      Array.from({ length: 16 }, (_, k) => (k < width ? bytes[at + k] : 0)),
    );
  });

  test.each([...keys(operations.laneLoad), ...keys(operations.laneStore)])("%s", (name) => {
    const isLoad = name.includes("load");
    const { width } = { ...operations.laneLoad, ...operations.laneStore }[name];
    const lane = 16 / width - 1;
    const memory = run((f) => {
      const vector = f.v128.load(0);
      const method = name.slice("v128.".length) as "load8_lane" | "store8_lane";
      const result = f.v128[method](512, vector, lane, 4);
      if (result !== undefined) f.v128.store(600, result);
    }, bytes);
    const [start, end] = [lane * width, (lane + 1) * width];
    const expected = isLoad
      ? [...bytes.slice(0, 16)].map((byte, k) => (k >= start && k < end ? 0 : byte))
      : Array.from({ length: 16 }, (_, k) => (k < width ? (bytes[start + k] ?? 0) : 0));
    expect([...memory.slice(isLoad ? 600 : 516, isLoad ? 616 : 532)]).toEqual(expected);
  });

  test.each(keys(operations.extract))("%s", (name) => {
    const { lanes, pops, pushes } = operations.extract[name];
    const memory = run(around({ kind: "extract", name, lane: lanes - 2 }, pops, pushes), bytes);
    const [type = "i32"] = pushes;
    const width = 16 / lanes;
    const raw = [...bytes.slice((lanes - 2) * width, (lanes - 1) * width)];
    const sign = name.endsWith("_s") && (raw.at(-1) ?? 0) > 127 ? 255 : 0;
    const size = type.endsWith("64") ? 8 : 4;
    expect([...memory.slice(resultAt, resultAt + size)]).toEqual([...raw, ...Array<number>(size - width).fill(sign)]);
  });

  test.each(keys(operations.replace))("%s", (name) => {
    const { lanes, pops, pushes } = operations.replace[name];
    const memory = run(around({ kind: "replace", name, lane: lanes - 1 }, pops, pushes), bytes);
    const width = 16 / lanes;
    const expected = [...bytes.slice(0, 16 - width), ...bytes.slice(16, 16 + width)];
    expect([...memory.slice(resultAt, resultAt + 16)]).toEqual(expected);
  });

  test("all 236 instructions of fixed-width SIMD are there", () => {
    const { plain, load, store, laneLoad, laneStore, extract, replace } = operations;
    const tables = [plain, load, store, laneLoad, laneStore, extract, replace];
    const codes = tables.flatMap((table) => Object.values(table).map(({ code }) => code));
    expect(new Set(codes).size).toBe(codes.length);
    // v128.const and i8x16.shuffle are the two that no table holds.
    expect(codes.filter((code) => code >> 8 === 0xfd)).toHaveLength(236 - 2);
  });

  test("memory.size, grow, copy and fill", () => {
    const memory = run((f) => {
      f.memory.copy(300, 0, 10);
      f.memory.fill(310, 7, 2);
      f.i32.store(316, f.memory.size());
      // Growing detaches the buffer that the test looks at, unless it fails.
      f.i32.store(320, f.memory.grow(65536));
    }, bytes);
    expect([...memory.slice(300, 324)]).toEqual([
      ...bytes.slice(0, 10),
      7,
      7,
      0,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      255,
      255,
      255,
      255,
    ]);
  });

  test("constants of all shapes, and shuffles by their lanes", () => {
    const memory = run((f) => {
      const all = [
        f.i8x16.const([0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, 252, 253, 254, 255]),
        f.i16x8.const([0, 1, -1, 65535, 256, 5, 6, 7]),
        f.i32x4.const([0, -1, 2 ** 32 - 1, 65536]),
        f.i64x2.const([-2n, 1n << 40n]),
        f.f32x4.const([0.1, -0, Number.NaN, Number.POSITIVE_INFINITY]),
        f.f64x2.const([0.1, -1e-300]),
        f.i32x4.shuffle(f.i32x4.const([0, 1, 2, 3]), f.i32x4.const([4, 5, 6, 7]), [7, 0, 2, 5]),
      ];
      all.forEach((vector, k) => {
        f.v128.store(16 * k, vector);
      });
    });
    const { buffer } = memory;
    expect([...new Int8Array(buffer, 0, 16)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1]);
    expect([...new Int16Array(buffer, 16, 8)]).toEqual([0, 1, -1, -1, 256, 5, 6, 7]);
    expect([...new Int32Array(buffer, 32, 4)]).toEqual([0, -1, -1, 65536]);
    expect([...new BigInt64Array(buffer, 48, 2)]).toEqual([-2n, 1n << 40n]);
    expect([...new Float32Array(buffer, 64, 4)]).toEqual([Math.fround(0.1), -0, Number.NaN, Number.POSITIVE_INFINITY]);
    expect([...new Float64Array(buffer, 80, 2)]).toEqual([0.1, -1e-300]);
    expect([...new Int32Array(buffer, 96, 4)]).toEqual([7, 0, 2, 5]);
  });
});

describe("LEB128", () => {
  const bytes = (write: (w: ByteWriter) => void): number[] => {
    const writer = new ByteWriter();
    write(writer);
    return [...writer.finish()];
  };
  test.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x08]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])("unsigned %d", (value, expected) => expect(bytes((w) => w.u32(value))).toEqual(expected));
  test.each([
    [0, [0]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
    [2 ** 32 - 1, [0x7f]],
  ])("signed %d", (value, expected) => {
    expect(bytes((w) => w.s32(value))).toEqual(expected);
    if (value < 2 ** 31) expect(bytes((w) => w.s64(BigInt(value)))).toEqual(expected);
  });
  test("constants come back from the engine", () => {
    const module = new ModuleBuilder();
    const i32s = [0, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31)];
    const i64s = [...i32s.map(BigInt), (1n << 63n) - 1n, -(1n << 63n), 1n << 62n, 1n << 32n];
    for (const [k, value] of i32s.entries()) module.func(`i${k}`, {}, ["i32"], () => value);
    for (const [k, value] of i64s.entries()) module.func(`l${k}`, {}, ["i64"], () => value);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
    const call = (name: string): unknown => (exports[name] as () => unknown)();
    expect(i32s.map((_, k) => call(`i${k}`))).toEqual(i32s);
    expect(i64s.map((_, k) => call(`l${k}`))).toEqual(i64s);
  });
});

describe("mistakes are found where they are made", () => {
  const building = (build: (f: FunctionBuilder) => void) => (): void => {
    const module = new ModuleBuilder();
    module.func("kernel", {}, [], build);
  };
  const number = (value: number): Instruction => ({ kind: "const", value: { type: "i32", value } });

  test.each<[string, (f: FunctionBuilder) => void, string]>([
    [
      "an operand of another type",
      (f) => {
        f.emit(number(1));
        f.emit({ kind: "const", value: { type: "f32", value: 1 } });
        f.emit({ kind: "plain", name: "f32.add" });
      },
      "kernel: f32.add expects [f32 f32], the stack holds [i32 f32]",
    ],
    [
      "an operand that is not there",
      (f) => f.emit({ kind: "plain", name: "f32x4.add" }),
      "kernel: f32x4.add expects [v128 v128], the stack holds []",
    ],
    ["leftover operands", (f) => f.emit(number(1)), "kernel: [i32] is left over at the end of the function"],
    [
      "leftovers in a block",
      (f) => f.block(() => f.emit(number(1))),
      "kernel: [i32] is left over at the end of the block",
    ],
    [
      "an operand of an outer block",
      (f) => {
        f.emit(number(1));
        f.block(() => f.emit({ kind: "plain", name: "i32.eqz" }));
      },
      "kernel: i32.eqz expects [i32], the stack holds []",
    ],
    [
      "a block that does not end",
      (f) => f.emit({ kind: "open", name: "block", label: { name: "l" } }),
      "the function ends inside a block",
    ],
    ["an end of nothing", (f) => f.emit({ kind: "end" }), "end closes no block"],
    ["an else outside an if", (f) => f.block(() => f.emit({ kind: "else" })), "else stands in a block, not in an if"],
    [
      "a branch to a block that is over",
      (f) => {
        let label = { name: "" };
        f.block((leave) => {
          label = leave;
        });
        f.br(label);
      },
      "br to leave1, which is not around it",
    ],
    [
      "memory without memory",
      (f) => f.v128.store(0, f.f32x4.splat(0)),
      "v128.store needs a memory, and the module has none",
    ],
    ["a local that is not set", (f) => f.drop(f.local("f32", "sum")), "kernel: local sum is read before it is set"],
    [
      "a local after its block",
      (f) => {
        const kept = f.scope(() => f.keep(f.i32.const(1), "inner"));
        f.drop(kept);
      },
      "local inner is used after its release or its block",
    ],
    [
      "a local released in a loop around which it lives",
      (f) => {
        const kept = f.keep(f.i32.const(1), "outer");
        f.loop(() => f.release(kept));
      },
      "local outer is released outside of its own block",
    ],
    [
      "a tee that is used twice",
      (f) => {
        const teed = f.local("i32").tee(1);
        f.drop(f.i32.add(teed, teed));
      },
      "the value of the tee of local 0 is used twice",
    ],
    ["a tee that is not used", (f) => void f.local("i32").tee(1), "the value of the tee of local 0 is never used"],
    ["an i32 that is not one", (f) => f.drop(f.i32.const(0.5)), "an i32 constant must be a whole number"],
    [
      "a lane too many",
      (f) => f.drop(f.f32x4.extract_lane(f.f32x4.splat(0), 4)),
      "the lane of f32x4.extract_lane must be a whole number from 0 to 3, not 4",
    ],
    ["a step of 0", (f) => f.forRange(f.local("i32"), 0, 1, 0, () => undefined), "step 0"],
    [
      "results that are not those of the function",
      (f) => f.return(f.i32.const(1)),
      "return gives [i32], the function []",
    ],
    [
      "types that were erased",
      // @ts-expect-error an i32 is no vector
      (f) => f.drop(f.f32x4.add(f.i32.const(1), f.f32x4.splat(1))),
      "an expression of type i32 stands where v128 is due",
    ],
    // @ts-expect-error a vector is no number
    ["a number for a vector", (f) => f.drop(f.f32x4.add(1, f.f32x4.splat(1))), "the number 1 stands where v128 is due"],
  ])("%s", (_, build, message) => expect(building(build)).toThrow(message));

  test("a result that is missing", () => {
    const module = new ModuleBuilder();
    // @ts-expect-error a function that gives f32 must return one
    expect(() => module.func("kernel", {}, ["f32"], () => undefined)).toThrow("nothing stands where f32 is due");
    const missing = (f: FunctionBuilder): AnyCode => ({ ...f.f32.const(1), emit: () => undefined }) as AnyCode;
    expect(() => module.func("kernel", {}, ["f32"], (f) => missing(f) as never)).toThrow(
      "kernel: the end of the function expects [f32], the stack holds []",
    );
  });

  test("an expression of another function", () => {
    const module = new ModuleBuilder();
    let other: AnyCode | undefined;
    module.func("one", { x: "i32" }, [], (_, p) => {
      other = p.x;
    });
    expect(() => module.func("two", {}, ["i32"], () => other as never)).toThrow(
      "two: an expression of one is used in here",
    );
  });

  test("what differs on the level of the module", () => {
    const module = new ModuleBuilder();
    const other = new ModuleBuilder().func("other", {}, [], () => undefined);
    module.func("twice", {}, [], () => undefined);
    expect(() => module.func("twice", {}, [], () => undefined)).toThrow("there are two functions twice");
    expect(() => module.func("caller", {}, [], (f) => f.call(other, {}))).toThrow("a function of another module");
    expect(() => module.func("number", { 1: "i32" }, [], () => undefined)).toThrow("cannot be called 1");
    module.memory({ initial: 1 });
    expect(() => module.memory({ initial: 1 })).toThrow("one memory");
  });
});

/** y += a·x, four at a time, the rest one by one. */
const axpy = (shared: boolean): ModuleBuilder => {
  const module = new ModuleBuilder("blas");
  module.importMemory("env", "memory", shared ? { initial: 1, maximum: 65536, shared } : { initial: 1 });
  module.func("axpy", { n: "i32", x: "i32", y: "i32", a: "f32" }, [], (f, p) => {
    const vector = f.keep(f.f32x4.splat(p.a), "a4");
    const i = f.keep(f.i32.const(0), "i");
    const x = f.i32.add(p.x, f.i32.shl(i, 2));
    const y = f.i32.add(p.y, f.i32.shl(i, 2));
    f.comment("four at a time");
    f.forRange(i, 0, f.i32.sub(p.n, 3), 4, () => {
      const at = f.keep(y, "at");
      f.v128.store(at, f.f32x4.add(f.v128.load(at), f.f32x4.mul(vector, f.v128.load(x))));
    });
    f.comment("the rest");
    f.forRange(i, i, p.n, 1, () => {
      const at = f.keep(y, "at");
      f.f32.store(at, f.f32.add(f.f32.load(at), f.f32.mul(p.a, f.f32.load(x))));
    });
  });
  return module;
};

describe("modules", () => {
  test.each([false, true])("axpy runs, shared memory: %s", (shared) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
    const bytes = axpy(shared).encode();
    const unshared = shared ? memory : new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: unshared } });
    const floats = new Float32Array(unshared.buffer);
    for (let n = 0; n < 12; n++) {
      for (let k = 0; k < 32; k++) floats[k] = k;
      (exports.axpy as (...args: number[]) => void)(n, 0, 64, 0.5);
      const expected = Array.from({ length: 32 }, (_, k) => (k >= 16 && k < 16 + n ? k + 0.5 * (k - 16) : k));
      expect([...floats.subarray(0, 32)]).toEqual(expected);
    }
  });

  test("as text", () => {
    expect(toText(axpy(true).parts())).toMatchInlineSnapshot(`
      "(module $blas
        (import "env" "memory" (memory 1 65536 shared))
        (func $axpy (export "axpy") (param $n i32) (param $x i32) (param $y i32) (param $a f32)
          (local $a4 v128)
          (local $i i32)
          (local $v6 i32)
          (local $at i32)
          (local.set $a4 (f32x4.splat (local.get $a)))
          (local.set $i (i32.const 0))
          ;; four at a time
          (local.set $v6 (i32.sub (local.get $n) (i32.const 3)))
          (local.set $i (i32.const 0))
          (if
            (i32.lt_s (local.get $i) (local.get $v6))
            (then
              (loop $again2
                (local.set $at (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 2))))
                (v128.store
                  (local.get $at)
                  (f32x4.add
                    (v128.load (local.get $at))
                    (f32x4.mul
                      (local.get $a4)
                      (v128.load (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 2)))))))
                (br_if $again2
                  (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $v6))))))
          ;; the rest
          (if
            (i32.lt_s (local.get $i) (local.get $n))
            (then
              (loop $again4
                (local.set $at (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 2))))
                (f32.store
                  (local.get $at)
                  (f32.add
                    (f32.load (local.get $at))
                    (f32.mul
                      (local.get $a)
                      (f32.load (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 2)))))))
                (br_if $again4
                  (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))))))
      "
    `);
  });

  test("control flow, calls, globals and several results", () => {
    const module = new ModuleBuilder();
    const seen: number[] = [];
    const log = module.importFunc("env", "log", { value: "i32" }, []);
    const calls = module.global("calls", "i32", 0, { mutable: true, export: true });
    const divide = module.helper("divide", { a: "i32", b: "i32" }, ["i32", "i32"], (f, p) => {
      f.set(calls, f.i32.add(f.get(calls), 1));
      return [f.i32.div_s(p.a, p.b), f.i32.rem_s(p.a, p.b)] as const;
    });
    const gcd = module.func("gcd", { a: "i32", b: "i32" }, ["i32"], (f, p) => {
      f.while(p.b, () => {
        const [, rest] = f.call(divide, p);
        p.a.set(p.b);
        p.b.set(rest);
      });
      return p.a;
    });
    module.func("steps", { n: "i32" }, ["i32"], (f, p) => {
      const i = f.local("i32");
      const sum = f.keep(f.i32.const(0), "sum");
      f.forRange(i, p.n, 0, -3, (leave) => {
        f.brIf(leave, f.i32.lt_s(i, 3));
        f.call(log, { value: i });
        f.if(
          f.i32.and(i, 1),
          () => sum.set(f.i32.add(sum, i)),
          () => sum.set(f.i32.sub(sum, i)),
        );
      });
      f.if(f.i32.eqz(p.n), () => f.return(f.i32.const(-1)));
      return f.i32.add(sum, f.call(gcd, { a: p.n, b: 6 }));
    });
    module.func("root", { x: "f64" }, ["f64"], (f, p) => {
      const negative = f.f64.lt(p.x, 0);
      const size = f.ifElse(
        "f64",
        negative,
        () => f.f64.sqrt(f.f64.neg(p.x)),
        () => {
          const root = f.keep(f.f64.sqrt(p.x));
          return f.f64.add(root, 0);
        },
      );
      return f.f64.mul(size, f.select(negative, f.f64.const(-1), f.f64.const(1)));
    });
    const compiled = new WebAssembly.Module(module.encode());
    const { exports } = new WebAssembly.Instance(compiled, { env: { log: (value: number) => seen.push(value) } });
    const call = (name: string, ...args: number[]): unknown =>
      (exports[name] as (...args: number[]) => unknown)(...args);
    expect(exports.divide).toBeUndefined();
    expect(call("gcd", 84, 36)).toBe(12);
    expect((exports.calls as WebAssembly.Global).value).toBe(2);
    // 10 7 4 and not 1: −10 + 7 − 4, and the divisor 2.
    expect(call("steps", 10)).toBe(-5);
    expect(seen).toEqual([10, 7, 4]);
    expect(call("steps", 0)).toBe(-1);
    expect([call("root", 9), call("root", -16)]).toEqual([3, -4]);
    expect(WebAssembly.Module.customSections(compiled, "name")).toHaveLength(1);
    const names = new TextDecoder().decode(WebAssembly.Module.customSections(compiled, "name")[0]);
    for (const name of ["kernels", "divide", "gcd", "steps", "sum"]) expect(names).toContain(name);
  });

  test("function types are shared, and locals of a name are used again after their block", () => {
    const size = (functions: number): number => {
      const module = new ModuleBuilder();
      for (let k = 0; k < functions; k++)
        module.helper(`f${k}`, { x: "f32" }, ["f32"], (f, p) => {
          for (let block = 0; block < 50; block++) f.scope(() => f.keep(p.x, "same"));
          return p.x;
        });
      expect(toText(module.parts()).match(/\(local \$same f32\)/g)).toHaveLength(functions);
      return (module.encode()[9] ?? 0) - 1;
    };
    expect(size(1)).toBe(size(5));
  });

  test("own memory, exported", () => {
    const module = new ModuleBuilder();
    module.memory({ initial: 2, maximum: 3 }, "memory");
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
    expect((exports.memory as WebAssembly.Memory).buffer.byteLength).toBe(2 * 65536);
  });

  test("every shape has its methods", () => {
    new ModuleBuilder().func("shapes", {}, [], (f) => {
      for (const shape of shapeNames) expect(typeof f[shape].splat).toBe("function");
    });
  });

  test("features of this engine", () => {
    expect(supportsSimd()).toBe(true);
    expect(supportsThreads()).toBe(true);
  });
});
