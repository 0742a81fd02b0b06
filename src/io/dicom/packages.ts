/** Packages that are loaded when they are first needed; in a page they may be missing. */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";

/** @throws MedImagesError `UnsupportedFile` when the package is not there */
export const loadPackage = (name: string): Promise<unknown> =>
  platform.loadCommon(name).catch((thrown: unknown) =>
    fail(
      {
        kind: "UnsupportedFile",
        path: name,
        reason: "is a package that could not be loaded",
        remedy: "install it, or name it in an import map of the page",
      },
      thrown,
    ),
  );
