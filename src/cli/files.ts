/** Checks of paths before the work begins, so that a long job does not fail at its end. */
import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import { formatForWriting } from "../io/formats.ts";
import { transformFormatForWriting } from "../io/transform/transforms.ts";

/** @throws MedImagesError `FileAccess` */
export const readable = async (path: string): Promise<void> => {
  const kind = await platform.kindOfPath(path);
  if (kind === "absent") fail({ kind: "FileAccess", path, reason: "no such file", remedy: "check its name" });
  if (kind === "folder") fail({ kind: "FileAccess", path, reason: "is a folder, not a file", remedy: "name a file" });
};

/** For an image. @throws MedImagesError `UnsupportedFile` for a name of no known format, `FileAccess` */
export const writable = async (path: string): Promise<void> => {
  formatForWriting(path);
  await writablePlace(path);
};

/** For a transform. @throws MedImagesError `UnsupportedFile` for a name of no known format, `FileAccess` */
export const writableTransform = async (path: string): Promise<void> => {
  transformFormatForWriting(path);
  await writablePlace(path);
};

/** @throws MedImagesError `FileAccess` */
const writablePlace = async (path: string): Promise<void> => {
  if ((await platform.kindOfPath(path)) === "folder")
    fail({ kind: "FileAccess", path, reason: "is a folder, not a file", remedy: "name a file" });
  if ((await platform.kindOfPath(dirname(path))) !== "folder")
    fail({ kind: "FileAccess", path, reason: "its folder does not exist", remedy: "make it, or choose another place" });
  // A link is followed: the file that it stands for is what will be replaced.
  const folder = dirname(await realpath(path).catch(() => path));
  await access(folder, constants.W_OK | constants.X_OK).catch((thrown: unknown) =>
    fail(
      {
        kind: "FileAccess",
        path,
        reason: `files cannot be written into its folder ${folder}`,
        remedy: "ask for write permission, or choose another place",
      },
      thrown,
    ),
  );
};
