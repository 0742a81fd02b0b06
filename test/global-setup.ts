/**
 * Builds the package once, so that tests of the command line and the documents run what users get, and gives
 * the processes of the tests a software GPU. With MEDIMAGES_GPU=1 they use the machine's own.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { hasSoftware, softwareEnvironment } from "./gpu/software.ts";

export default async function setup(): Promise<() => void> {
  const root = fileURLToPath(new URL("../", import.meta.url));
  execFileSync(process.execPath, [`${root}node_modules/tsdown/dist/run.mjs`, "--logLevel", "error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (!hasSoftware || process.env.MEDIMAGES_GPU === "1") return () => undefined;
  const environment = await softwareEnvironment();
  Object.assign(process.env, environment);
  return () => rmSync(dirname(environment.XDG_RUNTIME_DIR ?? ""), { recursive: true, force: true });
}
