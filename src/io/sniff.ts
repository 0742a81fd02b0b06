/**
 * What a file is that no reader recognizes, by its first bytes: "is an HTML page" helps where "bad magic
 * number" does not, and failed downloads make up most of such files.
 */

export interface Foreign {
  /** Continues the sentence "this file …". */
  readonly is: string;
  readonly remedy: string;
  /** Whether the file is sound, only of a kind that is not read here. */
  readonly sound: boolean;
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const startsWith =
  (...bytes: readonly number[]) =>
  (head: Uint8Array): boolean =>
    bytes.every((byte, at) => head[at] === byte);
const startsWithText =
  (pattern: RegExp) =>
  (head: Uint8Array): boolean =>
    pattern.test(latin1(head.subarray(0, 256)));

const printable = (byte: number): boolean => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte !== 127);

const sound = (is: string, remedy = "convert it to NIfTI first"): Foreign => ({
  is,
  remedy,
  sound: true,
});
const unsound = (is: string, remedy = "get the file again from where it came"): Foreign => ({
  is,
  remedy,
  sound: false,
});

const kinds: readonly (readonly [(head: Uint8Array) => boolean, Foreign])[] = [
  [startsWithText(/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head)/i), unsound("is an HTML page, not an image")],
  [
    startsWithText(/^version https:\/\/git-lfs/),
    unsound("is a Git LFS pointer, not the image itself", "run `git lfs pull` where it came from"),
  ],
  [startsWithText(/^(\xef\xbb\xbf)?\s*<\?xml/), unsound("is an XML document, not an image")],
  [startsWith(0x43, 0x44, 0x46), sound("is a NetCDF or MINC file, which this reader does not read")],
  [startsWith(0x50, 0x4b, 3, 4), sound("is a ZIP archive, not an image", "unpack it first")],
  [startsWith(0x42, 0x5a, 0x68), sound("is compressed with bzip2, which this reader does not read", "unpack it first")],
  [startsWith(0xfd, 0x37, 0x7a, 0x58, 0x5a), sound("is compressed with xz", "unpack it first")],
  [startsWith(0x28, 0xb5, 0x2f, 0xfd), sound("is compressed with zstd", "unpack it first")],
  [startsWith(0x1f, 0x8b), unsound("is gzipped twice", "unpack it once")],
  [startsWith(0x89, 0x50, 0x4e, 0x47), sound("is a PNG picture, without the geometry of a medical image")],
  [startsWith(0xff, 0xd8, 0xff), sound("is a JPEG picture, without the geometry of a medical image")],
  [startsWithText(/^(II\*\0|MM\0\*)/), sound("is a TIFF picture, without the geometry of a medical image")],
  [startsWithText(/^%PDF/), unsound("is a PDF document, not an image")],
  [(head) => head.every(printable), unsound("is a text file, not an image")],
  [(head) => head.every((byte) => byte === 0), unsound("holds nothing but zeros where an image should begin")],
];

/** What these first bytes are, as far as they say. */
export const recognizeForeign = (head: Uint8Array): Foreign | undefined =>
  kinds.find(([matches]) => matches(head))?.[1];
