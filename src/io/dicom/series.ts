/**
 * A series as an image that can be opened: its files' slices arranged, described in one header, and read on
 * request. A series whose slices lie on no grid is described all the same, and refused when it is read.
 */
import { fail } from "../../../compiler/errors.ts";
import { product } from "../../../compiler/language/vector.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import { componentCount, type Metadata, type Warning } from "../../image.ts";
import type { ImageHeader, OpenedImage, Progress } from "../format.ts";
import { allocateVoxels, checkBudget } from "../limits.ts";
import { openSource } from "../source.ts";
import { arrange } from "./arrange.ts";
import type { Arrangement } from "./arrangement.ts";
import { clinicalOf, displayOf, modalityOf, studyOf } from "./describe.ts";
import { loadDictionary } from "./dictionary.ts";
import { elementsOf } from "./elements.ts";
import { type DicomFile, type ImageFile, imageFileOf } from "./file.ts";
import { baseName } from "./malformed.ts";
import type { Mend, SeriesOptions } from "./options.ts";
import { isSegmentation, openSegmentation } from "./segmentation.ts";
import type { Slice } from "./slice.ts";
import { slicesOf } from "./slices.ts";
import { decodeSlices, readVoxels, storageOf } from "./voxels.ts";

const wanted = ({ mend = [] }: SeriesOptions): ReadonlySet<Mend> => new Set(typeof mend === "string" ? [mend] : mend);

/** Warnings that are the same but for the file, as one. */
export const gathered = (warnings: readonly Warning[]): readonly Warning[] => {
  const groups = new Map<string, { readonly kind: string; readonly what: string; readonly files: string[] }>();
  for (const { kind, message } of warnings) {
    const cut = message.indexOf(": ");
    const [file, what] = cut < 0 ? ["", message] : [message.slice(0, cut), message.slice(cut + 2)];
    const key = `${kind}\n${what}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { kind, what, files: [file] });
    else group.files.push(file);
  }
  return [...groups.values()].map(({ kind, what, files: [first = "", ...others] }) => ({
    kind,
    message:
      first === ""
        ? what
        : others.length === 0
          ? `${first}: ${what}`
          : `${first} and ${others.length} other file${others.length === 1 ? "" : "s"}: ${what}`,
  }));
};

/** Whether two files are the same, byte for byte. */
const sameBytes = async (a: ImageFile, b: ImageFile): Promise<boolean> => {
  if (a.size !== b.size) return false;
  const [first, second] = await Promise.all([openSource(a.source), openSource(b.source)]);
  try {
    for (let at = 0; at < a.size; at += 2 ** 20) {
      const [left, right] = await Promise.all([first.read(at, 2 ** 20), second.read(at, 2 ** 20)]);
      if (left.length !== right.length || !left.every((byte, k) => byte === right[k])) return false;
    }
    return true;
  } finally {
    await first.close();
    await second.close();
  }
};

/** Files but for copies of others; instances with one UID that differ are kept, and told as duplicates. */
const withoutCopies = async (
  files: readonly ImageFile[],
): Promise<{ readonly kept: readonly ImageFile[]; readonly warnings: readonly Warning[] }> => {
  const byUid = new Map<string, ImageFile>();
  const warnings: Warning[] = [];
  const kept: ImageFile[] = [];
  for (const file of files) {
    const uid = file.data.text("SOPInstanceUID");
    const other = uid === undefined ? undefined : byUid.get(uid);
    if (other !== undefined && (await sameBytes(other, file)))
      warnings.push({ kind: "copy", message: `${file.path}: is a copy of ${baseName(other.path)} and was left out` });
    else {
      if (uid !== undefined && other === undefined) byUid.set(uid, file);
      kept.push(file);
    }
  }
  return { kept, warnings };
};

const differing = (files: readonly ImageFile[]): readonly Warning[] => {
  const [first] = files;
  const frame = first?.data.text("FrameOfReferenceUID");
  const odd = files.filter(({ data }) => data.text("FrameOfReferenceUID") !== frame);
  return odd.map(({ path }) => ({
    kind: "frame-of-reference",
    message: `${path}: has another FrameOfReferenceUID than ${baseName(first?.path ?? "")}`,
  }));
};

const metadataOf = async (told: ImageFile, arrangement: Arrangement): Promise<Metadata> => {
  const { axes, places } = arrangement;
  const slices = places.flatMap((place) => (place.kind === "slice" ? [place.slice] : []));
  const instances = slices.map(({ file }) => file.data.text("SOPInstanceUID") ?? "");
  const acquisitions = slices.map(({ file: { data } }) => data.text("AcquisitionTime") ?? "");
  return {
    dicom: {
      transferSyntax: told.syntax.uid,
      ...(axes.length === 0 ? {} : { axes: axes.map(({ name, values }) => ({ name, values: [...values] })) }),
      // What is said of the first slice is said of all, but for these.
      instances: [...new Set(instances)],
      acquisitionTimes: [...new Set(acquisitions)].filter((time) => time !== ""),
      elements: elementsOf(told.data, await loadDictionary()),
    },
  };
};

/** What to do about a series that is no volume. */
const remedyOf = (arrangement: Arrangement): string => {
  const mends = [...new Set(arrangement.problems.flatMap((problem) => problem.mends))];
  return mends.length === 0
    ? "name one of its files to read it alone"
    : `ask for \`mend\`: ${mends.map((mend) => `"${mend}"`).join(" or ")} (command line: --mend ${mends.join("|")}), or name one of its files`;
};

/**
 * Opens the images of one series; `name` is what messages call it.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, which name the file
 */
export const openSeries = async (
  name: string,
  files: readonly DicomFile[],
  options: SeriesOptions,
): Promise<OpenedImage> => {
  const images = files.map(imageFileOf);
  const [head] = images;
  if (head === undefined) return fail({ kind: "MalformedFile", path: name, reason: "holds no images" });
  if (images.every(isSegmentation)) return openSegmentation(name, images, options);
  const { kept, warnings: copies } = await withoutCopies(images);
  const sliced = kept.map(slicesOf);
  const slices: readonly Slice[] = sliced.flatMap((one) => one.slices);
  const arrangement = arrange(slices, wanted(options));
  const { grid, problems, notes } = arrangement;
  const storage = storageOf(arrangement);
  const regular = problems.length === 0;
  const label = images.length === 1 ? head.path : name;
  const about = (kind: string, message: string): Warning => ({ kind, message: `${label}: ${message}` });
  const first = arrangement.places[0];
  const told = first?.kind === "slice" ? first.slice.file : head;
  const warnings: readonly Warning[] = [
    ...problems.map(({ kind, message }) => about(kind, message)),
    ...notes.map(({ kind, message }) => about(kind, message)),
    ...storage.notes.map(({ kind, message }) => about(kind, message)),
    ...gathered([
      ...kept.flatMap((file) => file.warnings),
      ...sliced.flatMap((one) => one.warnings),
      ...copies,
      ...differing(kept),
    ]),
  ];
  const header: ImageHeader = {
    format: "DICOM",
    grid,
    dtype: storage.dtype,
    rescale: storage.rescale,
    channels: storage.channels,
    modality: modalityOf(told.data),
    study: studyOf(told.data),
    clinical: clinicalOf(told.data),
    display: displayOf(told.data),
    metadata: await metadataOf(told, arrangement),
    warnings,
    files: files.length,
    regular,
  };
  const numbers =
    product(grid.size) * storage.channels.shape.reduce((a, b) => a * b, componentCount[storage.channels.components]);
  const bytes = numbers * dtypes[storage.dtype].bytes;
  const claim = {
    name: label,
    gzipped: head.syntax.packing !== "native" || head.inflated !== undefined,
    sourceSize: files.reduce((sum, { size }) => sum + size, 0),
  };
  const refuseIrregular = (): void => {
    if (regular) return;
    fail({
      kind: "UnsupportedFile",
      path: label,
      reason: `its slices do not form one volume: ${problems.map(({ message }) => message).join("; ")}`,
      remedy: remedyOf(arrangement),
    });
  };
  const late = (messages: readonly string[]): readonly Warning[] =>
    gathered(messages.map((message) => ({ kind: "pixels", message })));
  return {
    header,
    read: async (progress: Progress) => {
      refuseIrregular();
      const buffer = allocateVoxels(claim, bytes, numbers, options);
      const data = new dtypes[storage.dtype].array(buffer, 0, numbers);
      const messages = await readVoxels(arrangement, storage, data, progress);
      const channels = numbers / product(grid.size);
      return { voxels: { dtype: storage.dtype, data, channels, rescale: storage.rescale }, warnings: late(messages) };
    },
    verify: async (progress: Progress) => {
      checkBudget(claim, bytes, options);
      return late(await decodeSlices(arrangement, progress, () => {}));
    },
    close: async () => {},
  };
};
