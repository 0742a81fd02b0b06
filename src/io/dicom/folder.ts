/**
 * A folder, or a list of files, as the series that it holds. Files are grouped by what their headers say, never
 * by name; what is no image is left out and listed.
 */
import { platform } from "#platform";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import type { Metadata, Warning } from "../../image.ts";
import type { ImageHeader, OpenedImage } from "../format.ts";
import type { ImageSource } from "../source.ts";
import { loadDictionary } from "./dictionary.ts";
import type { ListedFiles } from "./directory.ts";
import { type DicomFile, isDirectory, readIfDicom } from "./file.ts";
import { baseName } from "./malformed.ts";
import type { EachSeries, SeriesOptions } from "./options.ts";
import { openSeries } from "./series.ts";

interface FolderSeries {
  readonly uid: string | undefined;
  readonly description: string | undefined;
  readonly files: readonly DicomFile[];
}

interface Folder {
  readonly name: string;
  readonly series: readonly FolderSeries[];
  /** Files that hold no image, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** About files that look as if they belonged to a series. */
  readonly warnings: readonly Warning[];
}

/** Names that scanners and archives give to images: with these suffixes, or with none. */
const namedAsDicom = (path: string): boolean => {
  const name = baseName(path);
  return !name.startsWith(".") && /(\.(dcm|dicom|ima|img)|^[^.]*|\.[0-9.]+)$/i.test(name) && name !== "DICOMDIR";
};

const nameOf = (source: ImageSource): string =>
  typeof source === "string"
    ? source
    : "name" in source && typeof source.name === "string"
      ? source.name
      : "the bytes given";

/** How many files are looked at side by side. */
const width = 8;

const inParallel = async <A, B>(
  items: readonly A[],
  work: (item: A, k: number) => Promise<B>,
): Promise<readonly B[]> => {
  const results: B[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    for (let k = next++; k < items.length; k = next++) results[k] = await work(items[k] as A, k);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
};

type Looked =
  | { readonly kind: "image"; readonly file: DicomFile }
  | { readonly kind: "skipped"; readonly file: string; readonly reason: string; readonly suspicious: boolean };

const reasonOf = (thrown: MedImagesError): string => ("reason" in thrown.error ? thrown.error.reason : thrown.message);

const look = async (source: ImageSource, options: SeriesOptions): Promise<Looked> => {
  const file = nameOf(source);
  const skip = (reason: string, suspicious: boolean): Looked => ({ kind: "skipped", file, reason, suspicious });
  const read = await readIfDicom(source, options, (beginning, thrown): Looked => {
    if (beginning === "empty") return skip("is empty", namedAsDicom(file));
    if (thrown === undefined) return skip("is no DICOM file", namedAsDicom(file));
    if (!(thrown instanceof MedImagesError) || thrown.error.kind === "BudgetExceeded") throw thrown;
    return skip(reasonOf(thrown), beginning === "dicom" || namedAsDicom(file));
  });
  if ("kind" in read) return read;
  if (isDirectory(read)) return skip("is a directory of files (DICOMDIR)", false);
  if (read.pixels !== undefined) return { kind: "image", file: read };
  // An image without pixels is damaged; reports, plans and the like have none.
  return read.data.has("Rows") || read.data.has("ImagePositionPatient")
    ? skip("is an image without pixels", true)
    : skip("holds no image", false);
};

/** A folder (a path, and the folders in it), a list of files, or the files that a DICOMDIR lists. */
type SeriesPlace = string | readonly ImageSource[] | ListedFiles;

/**
 * Looks at all files of a place.
 * @throws MedImagesError `FileAccess`, `BudgetExceeded`
 */
const readFolder = async (
  where: SeriesPlace,
  options: SeriesOptions & { readonly signal?: AbortSignal },
): Promise<Folder> => {
  const isListed = typeof where === "object" && "kind" in where;
  const name = typeof where === "string" ? where : isListed ? where.name : "the files given";
  // Needed at the end of it all; loaded while the disk is waited for.
  loadDictionary().catch(() => undefined);
  // In an order that does not depend on the file system.
  const sources =
    typeof where === "string" ? [...(await platform.listFolder(where))].sort() : isListed ? where.files : where;
  const looked = await inParallel(sources, (source) => {
    if (options.signal?.aborted) fail({ kind: "Aborted" });
    return look(source, options);
  });
  const groups = new Map<string, DicomFile[]>();
  const skipped: { readonly file: string; readonly reason: string }[] = isListed
    ? where.missing.map((file) => ({ file, reason: "is not there" }))
    : [];
  const warnings: Warning[] = isListed ? [...where.warnings] : [];
  for (const one of looked) {
    if (one.kind === "image") {
      const uid = one.file.data.text("SeriesInstanceUID") ?? "";
      const group = groups.get(uid);
      if (group === undefined) groups.set(uid, [one.file]);
      else group.push(one.file);
    } else {
      skipped.push({ file: one.file, reason: one.reason });
      if (one.suspicious) warnings.push({ kind: "skipped", message: `${one.file}: ${one.reason}; it was left out` });
    }
  }
  const series = [...groups].map(
    ([uid, files]): FolderSeries => ({
      uid: uid === "" ? undefined : uid,
      description: files[0]?.data.text("SeriesDescription"),
      files,
    }),
  );
  return { name, series, skipped, warnings };
};

const described = ({ uid, description, files }: FolderSeries): string =>
  `${uid ?? "one without UID"} (${files.length} file${files.length === 1 ? "" : "s"}${description === undefined ? "" : `, ${description}`})`;

/**
 * The series asked for, or the only one.
 * @throws MedImagesError `UnsupportedFile`, which lists what there is
 */
const chooseSeries = ({ name, series, warnings }: Folder, uid: string | undefined): FolderSeries => {
  const [first] = series;
  if (first === undefined)
    return fail({
      kind: "UnsupportedFile",
      path: name,
      reason: `holds no images that can be read${warnings.length === 0 ? "" : `: ${warnings[0]?.message}`}`,
      remedy: "name a file, or a folder with DICOM files",
    });
  if (uid === undefined && series.length === 1) return first;
  const found = series.find((one) => one.uid === uid);
  if (uid !== undefined && found !== undefined) return found;
  const all = series.map(described).join(", ");
  return fail({
    kind: "UnsupportedFile",
    path: name,
    reason: uid === undefined ? `holds ${series.length} series: ${all}` : `holds no series ${uid}; it holds ${all}`,
    remedy: "name one of them as `series` (command line: --series UID)",
  });
};

/** One series of a folder as an image, which knows what the folder held besides. */
const openFolderSeries = async (
  folder: Folder,
  { files }: FolderSeries,
  options: SeriesOptions,
): Promise<OpenedImage> => {
  const opened = await openSeries(folder.name, files, options);
  const { dicom = {} } = opened.header.metadata;
  const skipped = folder.skipped.map(({ file, reason }) => ({ file, reason }));
  const metadata: Metadata = {
    ...opened.header.metadata,
    dicom: { ...(dicom as Metadata), ...(skipped.length === 0 ? {} : { skipped }) },
  };
  return {
    ...opened,
    header: { ...opened.header, metadata, warnings: [...opened.header.warnings, ...folder.warnings] },
  };
};

/**
 * Opens the series of a folder that are asked for, one after the other.
 * @throws MedImagesError
 */
export const eachSeries = async <A>(
  where: SeriesPlace,
  options: EachSeries,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<readonly A[]> => {
  const folder = await readFolder(where, options);
  const every = options.all === true && options.series === undefined && folder.series.length > 0;
  const results: A[] = [];
  for (const series of every ? folder.series : [chooseSeries(folder, options.series)])
    try {
      results.push(await use(await openFolderSeries(folder, series, options)));
    } catch (thrown) {
      if (options.onUnreadable === undefined || !(thrown instanceof MedImagesError)) throw thrown;
      options.onUnreadable(thrown);
    }
  return results;
};

/** Refuses a single file that is not of the series asked for. @throws MedImagesError `UnsupportedFile` */
export const checkSeries = (path: string, { format, study }: ImageHeader, uid: string): void => {
  if (study.seriesUid !== uid)
    fail({
      kind: "UnsupportedFile",
      path,
      reason: `holds no series ${uid}`,
      remedy:
        study.seriesUid === undefined
          ? `leave --series out: a ${format} file holds one image`
          : `its series is ${study.seriesUid}`,
    });
};
