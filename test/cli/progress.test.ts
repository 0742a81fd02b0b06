import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { progressOn } from "../../src/cli/progress.ts";
import { Catcher, lines } from "./harness.ts";

const shownBy = async (isTTY: boolean, milliseconds: number): Promise<string> => {
  const stderr = new Catcher(isTTY);
  const progress = progressOn({ stdout: new Catcher(), stderr });
  const result = await progress.during("reading ct.nii", async (onProgress) => {
    onProgress(0.1);
    await wait(milliseconds);
    onProgress(0.5);
    await wait(150);
    onProgress(0.9);
    return 7;
  });
  expect(result).toBe(7);
  return stderr.text;
};

describe("progress", () => {
  test("shows on a terminal after a second", async () => {
    const text = await shownBy(true, 1050);
    expect(text).toMatch(/reading ct\.nii \[[=-]+\] \d+%/);
    expect(lines(text).at(-1)).not.toMatch(/%$/);
    // Neither cursor nor line wrapping is switched off, so an interrupt leaves the terminal as it was.
    expect(text).not.toContain("\x1b[?");
  });
  test("does not show for short jobs", async () => {
    expect(await shownBy(true, 10)).toBe("");
  });
  test("does not show in logs and pipes", async () => {
    expect(await shownBy(false, 1050)).toBe("");
  });
});
