/** The two platforms: gzip with all that is wrong with it, backpressure, and files that are whole or absent. */
import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { platform as browser } from "../../src/platform/browser.ts";
import { memberHeader } from "../../src/platform/gzip-member.ts";
import { platform as node } from "../../src/platform/node.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { ramp } from "./handmade.ts";
import { temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
const inflate = async (
  platform: Platform,
  bytes: Uint8Array,
  length = 1000,
): Promise<{ readonly bytes: Uint8Array; readonly warnings: readonly string[] }> => {
  const pieces = platform.gunzip(inPieces(bytes, length), "some.gz");
  const parts: Uint8Array[] = [];
  for (;;) {
    const step = await pieces.next();
    if (step.done) return { bytes: new Uint8Array(Buffer.concat(parts)), warnings: step.value.warnings };
    parts.push(step.value);
  }
};

/** Bytes that deflate neither to nothing nor not at all. */
const plain = Uint8Array.from({ length: 80_000 }, (_, k) => ((k * 2654435761) >>> 24) & (k % 7 === 0 ? 255 : 15));
const gz = new Uint8Array(gzipSync(plain));
const join2 = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe.each([
  ["Node", node],
  ["browser", browser],
] as const)("gzip on %s", (_, platform) => {
  test("what was deflated is inflated, in pieces of any length", async () => {
    for (const length of [1, 7, 1000, 2 ** 20]) {
      const bytes = length === 1 ? gz.subarray(0, gz.length) : gz;
      expect(Buffer.compare((await inflate(platform, bytes, length)).bytes, plain)).toBe(0);
    }
  });
  test("zlib reads what is written, from shared memory too", async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(5_000_000));
    shared.set(ramp(5_000_000));
    for (const bytes of [plain, shared, new Uint8Array(0)]) {
      const parts: Uint8Array[] = [];
      for await (const part of platform.gzip(inPieces(bytes, 1_234_567))) parts.push(part);
      expect(Buffer.compare(gunzipSync(Buffer.concat(parts)), bytes)).toBe(0);
    }
  });
  test("cut and corrupt streams are malformed", async () => {
    for (const bad of [gz.subarray(0, 5), gz.subarray(0, 12), gz.subarray(0, gz.length / 2), ramp(100)])
      await expect(inflate(platform, bad)).rejects.toMatchObject({ error: { kind: "MalformedFile", path: "some.gz" } });
  });
  test("errors of the source pass through", async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield gz.subarray(0, 1000);
      throw new MedImagesError({ kind: "FileAccess", path: "x", reason: "gone" });
    }
    const pieces = platform.gunzip(broken(), "some.gz");
    await expect(
      (async () => {
        for await (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
      })(),
    ).rejects.toMatchObject({ error: { kind: "FileAccess" } });
  });
});

describe("gzip on Node, in detail", () => {
  const withTrailer = (change: (trailer: DataView) => void): Uint8Array => {
    const copy = gz.slice();
    change(new DataView(copy.buffer, copy.length - 8));
    return copy;
  };
  test("several members, zeros after them, and garbage after them", async () => {
    const halves = join2(gzipSync(plain.subarray(0, 1000)), gzipSync(plain.subarray(1000)));
    for (const length of [1, 13, 1009, 2 ** 20]) {
      const found = await inflate(node, halves, length);
      expect(Buffer.compare(found.bytes, plain)).toBe(0);
      expect(found.warnings).toEqual([]);
    }
    expect((await inflate(node, join2(gz, new Uint8Array(512)))).warnings).toEqual([]);
    expect((await inflate(node, join2(gz, ramp(30)))).warnings).toHaveLength(1);
  });
  test("a wrong trailer warns while the data can be right, and rejects when they cannot", async () => {
    for (const warned of [
      withTrailer((trailer) => trailer.setUint32(0, 1)),
      withTrailer((trailer) => trailer.setUint32(4, 1)),
      gz.subarray(0, gz.length - 8),
      gz.subarray(0, gz.length - 3),
    ]) {
      const found = await inflate(node, warned);
      expect(Buffer.compare(found.bytes, plain)).toBe(0);
      expect(found.warnings).toHaveLength(1);
    }
    await expect(
      inflate(
        node,
        withTrailer((trailer) => trailer.setBigUint64(0, 1n)),
      ),
    ).rejects.toThrow(/damaged/);
  });
  test("all optional parts of a member header are passed over", async () => {
    const header = Uint8Array.of(
      0x1f,
      0x8b,
      8,
      2 | 4 | 8 | 16,
      0,
      0,
      0,
      0,
      0,
      3,
      3,
      0,
      9,
      9,
      9,
      65,
      0,
      66,
      67,
      0,
      1,
      2,
    );
    expect(memberHeader(header)).toEqual({ kind: "member", length: header.length });
    for (let cut = 0; cut < header.length; cut++) expect(memberHeader(header.subarray(0, cut)).kind).toBe("short");
    const trailer = gz.subarray(gz.length - 8);
    const whole = join2(header, deflateRawSync(plain), trailer);
    expect((await inflate(node, whole, 1)).bytes.length).toBe(plain.length);
  });
  test("deflates to a stream that does not depend on the pieces' timing", async () => {
    const once = async (): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for await (const part of node.gzip(inPieces(ramp(6_000_000), 999_999))) parts.push(part);
      return Buffer.concat(parts);
    };
    expect(Buffer.compare(await once(), await once())).toBe(0);
  });
  test("inflates only as far as it is pulled, and lets go when nobody pulls", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 28), { level: 9, strategy: constants.Z_DEFAULT_STRATEGY });
    let handed = 0;
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array, void> {
      try {
        for await (const piece of inPieces(bomb, 4096)) {
          handed += piece.length;
          yield piece;
        }
      } finally {
        closed = true;
      }
    }
    for await (const piece of node.gunzip(source(), "bomb.gz")) {
      expect(piece.length).toBeLessThanOrEqual(2 ** 20);
      await new Promise((wake) => setTimeout(wake, 50));
      break;
    }
    expect(closed).toBe(true);
    expect(handed).toBeLessThan(bomb.length / 4);
  });
});

describe("files on Node", () => {
  test("a missing file, a folder and a missing folder are named", async () => {
    await expect(node.openFile(join(folder, "none"))).rejects.toThrow(/none: no such file/);
    await expect(node.openFile(folder)).rejects.toThrow(/is a folder/);
    await expect(node.writeFile(join(folder, "no/where"), inPieces(plain, 1000))).rejects.toThrow(
      /folder does not exist/,
    );
    await expect(node.writeFile(folder, inPieces(plain, 1000))).rejects.toThrow(/is a folder/);
    expect(await node.kindOfPath(folder)).toBe("folder");
    expect(await node.kindOfPath(join(folder, "none"))).toBe("absent");
  });
  test("reads anywhere, and streams from anywhere", async () => {
    const path = join(folder, "bytes");
    await writeFile(path, plain);
    const source = await node.openFile(path);
    expect(source.size).toBe(plain.length);
    expect(Buffer.compare(await source.read(100, 50), plain.subarray(100, 150))).toBe(0);
    expect((await source.read(plain.length - 3, 50)).length).toBe(3);
    expect((await source.read(plain.length + 3, 50)).length).toBe(0);
    const parts: Uint8Array[] = [];
    for await (const part of source.stream(77)) parts.push(part);
    expect(Buffer.compare(Buffer.concat(parts), plain.subarray(77))).toBe(0);
    for await (const part of source.stream(0)) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    await source.close();
  });
  test("a failure leaves the old file and nothing else; a link stays a link", async () => {
    const place = join(folder, "atomic");
    await mkdir(place);
    const path = join(place, "file");
    await writeFile(path, "old");
    async function* failing(): AsyncGenerator<Uint8Array, void> {
      yield ramp(10);
      throw new Error("no more");
    }
    await expect(node.writeFile(path, failing())).rejects.toBeInstanceOf(MedImagesError);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(place)).toEqual(["file"]);
    await symlink(path, join(place, "link"));
    await node.writeFile(join(place, "link"), inPieces(ramp(10), 3));
    expect(new Uint8Array(await readFile(path))).toEqual(ramp(10));
    expect((await readdir(place)).sort()).toEqual(["file", "link"]);
  });
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  test.skipIf(process.platform === "win32")(
    "a file keeps the rights that it had, the draft has no others",
    async () => {
      const place = join(folder, "rights");
      await mkdir(place);
      const path = join(place, "file");
      const before = process.umask(0o022);
      try {
        for (const mode of [0o600, 0o640, 0o444, 0o666]) {
          await writeFile(path, "old");
          await chmod(path, mode);
          const drafts: number[] = [];
          async function* looking(): AsyncGenerator<Uint8Array, void> {
            yield ramp(10);
            for (const name of await readdir(place)) if (name !== "file") drafts.push(await modeOf(join(place, name)));
          }
          await node.writeFile(path, looking());
          expect(await modeOf(path)).toBe(mode);
          expect(drafts).toEqual([0o600]);
          expect(new Uint8Array(await readFile(path))).toEqual(ramp(10));
        }
        await node.writeFile(join(place, "new"), inPieces(ramp(10), 3));
        expect(await modeOf(join(place, "new"))).toBe(0o644);
      } finally {
        process.umask(before);
      }
    },
  );
  test.each(["a".repeat(248), "ä".repeat(120), "𝛑".repeat(60)])(
    "names may be as long as file systems allow",
    async (name) => {
      const path = join(folder, `${name}.nii`);
      await node.writeFile(path, inPieces(ramp(10), 3));
      expect(new Uint8Array(await readFile(path))).toEqual(ramp(10));
    },
  );
  test.each(["SIGINT", "SIGTERM"] as const)("%s removes the unfinished file", async (signal) => {
    const place = join(folder, signal);
    await mkdir(place);
    const module = pathToFileURL(fileURLToPath(new URL("../../src/platform/node.ts", import.meta.url))).href;
    const script = `
      const { platform } = await import(${JSON.stringify(module)});
      async function* endless() {
        for (let k = 0; ; k++) {
          yield new Uint8Array(1000);
          if (k === 2) console.log("writing");
          await new Promise((wake) => setTimeout(wake, 20));
        }
      }
      await platform.writeFile(${JSON.stringify(join(place, "file"))}, endless());
    `;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((ready) => child.stdout.once("data", ready));
    expect((await readdir(place)).length).toBe(1);
    const ended = new Promise((done) => child.once("exit", (_, by) => done(by)));
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(await readdir(place)).toEqual([]);
  });
});

test("a browser says how to do without paths", async () => {
  await expect(browser.openFile("a.nii")).rejects.toThrow(/File, a Blob/);
  await expect(browser.writeFile("a.nii", inPieces(plain, 10))).rejects.toThrow(/encodeNifti/);
  expect(browser.allocateBuffer(8).byteLength).toBe(8);
});
