/**
 * A GPU for machines without one: SwiftShader, the software Vulkan that comes with npm `@sparticuz/chromium`.
 * The dynamic loader looks for it when a process starts, so it is set up before tests get theirs.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import chromium from "@sparticuz/chromium";

/** Chromium and SwiftShader exist for this platform only. */
export const hasSoftware: boolean = process.platform === "linux" && process.arch === "x64";

/** Headless Chromium, unpacked into the temporary folder. */
export const chromiumPath = (): Promise<string> => chromium.executablePath();

/** The variables that make a new process find SwiftShader. */
export const softwareEnvironment = async (): Promise<Readonly<Record<string, string>>> => {
  const unpacked = dirname(await chromiumPath());
  const folder = mkdtempSync(join(tmpdir(), "medimages-vulkan-"));
  const library = join(unpacked, "libvk_swiftshader.so");
  if (!existsSync(library))
    throw new Error(`${library} is not there: remove ${join(unpacked, "chromium")} and try again`);
  copyFileSync(library, join(folder, "libvulkan.so.1"));
  const runtime = join(folder, "run");
  mkdirSync(runtime);
  const before = process.env.LD_LIBRARY_PATH;
  return { LD_LIBRARY_PATH: before ? `${folder}:${before}` : folder, XDG_RUNTIME_DIR: runtime };
};
