/**
 * The two files of a .hdr/.img pair, either of which may be gzipped and either of which may be named.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";

const ending = /\.(hdr|img)(\.gz)?$/i;

export const isHeaderName = (name: string): boolean => /\.hdr(\.gz)?$/i.test(name);
export const isImageName = (name: string): boolean => /\.img(\.gz)?$/i.test(name);

/** What the partner may be called, the likeliest first: same case and packing as the name itself. */
const partnerNames = (path: string): readonly string[] => {
  const [whole, kind = "", gz = ""] = ending.exec(path) ?? [""];
  const stem = path.slice(0, path.length - whole.length);
  const other = kind.toLowerCase() === "hdr" ? "img" : "hdr";
  const cases = [other, other.toUpperCase(), `${other[0]?.toUpperCase()}${other.slice(1)}`];
  if (kind === kind.toUpperCase()) cases.reverse();
  return cases
    .flatMap((name) => {
      const packed = [`.${name}.gz`, `.${name}.GZ`];
      return gz === "" ? [`.${name}`, ...packed] : [...packed, `.${name}`];
    })
    .map((suffix) => stem + suffix);
};

/** The partner that lies beside `path`, if there is one. */
export const findPartner = async (path: string): Promise<string | undefined> => {
  for (const name of partnerNames(path)) if ((await platform.kindOfPath(name)) === "file") return name;
  return undefined;
};

/** @throws MedImagesError `MalformedFile` when the other file of the pair is not there. */
export const partnerOf = async (path: string): Promise<string> =>
  (await findPartner(path)) ??
  fail({
    kind: "MalformedFile",
    path,
    reason: isHeaderName(path)
      ? "its image file is missing: a .hdr file has its voxels in an .img file of the same name"
      : "its header is missing: an .img file is described by a .hdr file of the same name",
    remedy: "put both files into one folder",
  });

/** Both names of a pair to be written, from either. */
export const pairNames = (path: string): { readonly header: string; readonly image: string } => {
  const swap = (kind: string): string =>
    path.replace(ending, (_, old: string, gz = "") => `.${old === old.toUpperCase() ? kind.toUpperCase() : kind}${gz}`);
  return { header: swap("hdr"), image: swap("img") };
};
