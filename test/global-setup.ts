/** Builds the package once, so that tests of the command line and the documents run what users get. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function setup(): void {
  const root = fileURLToPath(new URL("../", import.meta.url));
  execFileSync(process.execPath, [`${root}node_modules/tsdown/dist/run.mjs`, "--logLevel", "error"], {
    cwd: root,
    stdio: "inherit",
  });
}
