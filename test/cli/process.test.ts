/** The command line as a process of its own, from the built package: what only a process can show. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { root, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const cli = join(root, "dist/cli.js");
const start = promisify(execFile);
const call = (...words: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  start(process.execPath, [cli, ...words], { cwd: folder });

beforeAll(() => {
  if (!existsSync(cli)) execFileSync("npm", ["run", "build"], { cwd: root, stdio: "ignore" });
});

describe("the built command", () => {
  test("does the main job", async () => {
    await call("phantom", "--size", "64,64,45", "-o", "ct.nii.gz");
    const steps = ["--spacing", "4,4,4", "--orient", "RAS", "--crop", "5,3,2:40,40,40", "--rotate", "z:5"];
    const { stdout, stderr } = await call("run", "ct.nii.gz", ...steps, "-o", "out.nii.gz", "--explain");
    expect(stdout).toMatch(/^1 pass$/m);
    expect(stderr).toBe("");
    expect(readdirSync(folder).sort()).toEqual(["ct.nii.gz", "out.nii.gz"]);
  });

  test("ends with status 1 after a failure and 2 after wrong usage", async () => {
    await expect(call("info", "no.nii")).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: "medimages info: no.nii: no such file; check its name\n",
    });
    await expect(call("info", "--jsn", "no.nii")).rejects.toMatchObject({ code: 2, stdout: "" });
  });

  test.skipIf(process.platform === "win32")("finds a folder that it cannot write into before it reads", async () => {
    const locked = mkdtempSync(join(tmpdir(), "medimages-locked-"));
    chmodSync(locked, 0o555);
    // Nothing is locked for the superuser.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    try {
      const words = [cli, "run", "no.nii", "--flip", "x", "-o", join(locked, "out.nii")];
      await expect(start(process.execPath, words, { cwd: "/", ...nobody })).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/out\.nii: files cannot be written into its folder .*; ask for write permission/),
      });
    } finally {
      rmSync(locked, { recursive: true });
    }
  });

  test("finishes its work when nobody reads on", async () => {
    const words = ["run", "ct.nii.gz", "--orient", "RAS", "--explain", "-o", "unread.nii"];
    const script = 'set -o pipefail; "$@" | true';
    const { stderr } = await start("bash", ["-c", script, "bash", process.execPath, cli, ...words], { cwd: folder });
    expect(stderr).toBe("");
    expect(existsSync(join(folder, "unread.nii"))).toBe(true);
  });

  test("finishes its work when nobody reads its messages", async () => {
    const longer = Buffer.concat([readFileSync(join(folder, "unread.nii")), Buffer.alloc(1000)]);
    writeFileSync(join(folder, "longer.nii"), longer);
    const words = ["run", "longer.nii", "--orient", "LPS", "--timing", "-o", "unheard.nii"];
    const child = spawn(process.execPath, [cli, ...words], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const end = ended(child);
    child.stderr.destroy();
    expect(await end).toBe(0);
    expect(existsSync(join(folder, "unheard.nii"))).toBe(true);
  });
});

const ended = (child: ChildProcess): Promise<NodeJS.Signals | number | null> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });

describe.skipIf(process.platform === "win32")("an interrupt", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s while writing leaves nothing behind", async (signal) => {
    const here = mkdtempSync(join(folder, "interrupted-"));
    const words = [cli, "phantom", "--size", "400,400,300", "-o", join(here, "large.nii.gz")];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    const end = ended(child);
    const begun = (): boolean => readdirSync(here).some((name) => statSync(join(here, name)).size > 0);
    while (!begun() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(readdirSync(here)[0]).toMatch(/\.part$/);
    child.kill(signal);
    expect(await end).toBe(signal);
    expect(readdirSync(here)).toEqual([]);
    rmSync(here, { recursive: true });
  });

  test("while computing ends the process at once", async () => {
    const words = [
      cli,
      "run",
      "ct.nii.gz",
      "--backend",
      "reference",
      "--interp",
      "bspline",
      "--scale",
      "5",
      "-o",
      "never.nii",
    ];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: "ignore" });
    const end = ended(child);
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill("SIGINT");
    expect(await end).toBe("SIGINT");
    expect(readdirSync(folder).filter((name) => name.includes("never"))).toEqual([]);
  });
});
