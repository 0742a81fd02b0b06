/**
 * Formats that ITK reads and this package does not, through `@itk-wasm/image-io`, for whoever has it: how their files
 * are told, here; all work with them is loaded when there is some.
 */
import type { CustomFormat } from "../custom-format.ts";

/** What a file is to ITK goes by its suffix, so that whatever it is called, it is handed over under this one. */
interface ItkFormat extends Pick<CustomFormat, "name" | "suffixes" | "sniff"> {
  readonly suffix: string;
}

const bigEndian = (head: Uint8Array, at: number): number =>
  at + 4 <= head.length ? new DataView(head.buffer, head.byteOffset).getInt32(at) >>> 0 : Number.NaN;

const says = (head: Uint8Array, text: string, at = 0): boolean =>
  String.fromCharCode(...head.subarray(at, at + text.length)) === text;

/** Bytes, integers, floats, shorts. */
const mghTypes: readonly number[] = [0, 1, 3, 4];
const giplMagic: readonly number[] = [0xefffe9b0, 0x2ae389b8];

const formats: readonly ItkFormat[] = [
  {
    name: "MGH",
    suffixes: [".mgz", ".mgh"],
    suffix: ".mgh",
    // Version 1, a width, and a type of voxels.
    sniff: (head) =>
      bigEndian(head, 0) === 1 &&
      bigEndian(head, 4) > 0 &&
      bigEndian(head, 4) < 2 ** 16 &&
      mghTypes.includes(bigEndian(head, 20)),
  },
  { name: "GIPL", suffixes: [".gipl"], suffix: ".gipl", sniff: (head) => giplMagic.includes(bigEndian(head, 252)) },
  { name: "VTK", suffixes: [".vtk"], suffix: ".vtk", sniff: (head) => says(head, "# vtk DataFile Version") },
  { name: "MRC", suffixes: [".mrc"], suffix: ".mrc", sniff: (head) => says(head, "MAP ", 208) },
  { name: "Scanco ISQ", suffixes: [".isq"], suffix: ".isq", sniff: (head) => says(head, "CTDATA-HEADER_V1") },
];

/**
 * MGH/MGZ, GIPL, VTK (structured points), MRC and Scanco ISQ, read and written by ITK; to be handed to
 * `registerFormat`, one by one. In Node, with the package `@itk-wasm/image-io` installed beside this one. What a
 * format cannot hold (directions, most of them) is refused when it is written.
 */
export const itkFormats = (): readonly CustomFormat[] =>
  formats.map(({ name, suffixes, sniff, suffix }) => ({
    name,
    suffixes,
    sniff,
    read: async (file) => (await import("./files.ts")).readWithItk(file, suffix),
    write: async (image, path) => (await import("./files.ts")).writeWithItk(image, path, name),
  }));
