/**
 * Whether a file holds all the voxels that its header claims: ITK takes those that are missing for zeros. All of these
 * formats keep voxels as they are, at the end, behind a header whose length is known.
 */

/** How many bytes of voxels are there, and of text how many numbers. */
type Voxels = { readonly kind: "bytes" | "numbers"; readonly count: number };

const behind = (bytes: Uint8Array, header: number): Voxels => ({
  kind: "bytes",
  count: Math.max(0, bytes.length - header),
});

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

const wordsIn = (bytes: Uint8Array): number => {
  let words = 0;
  let inside = false;
  for (const byte of bytes) {
    const space = isSpace(byte);
    if (inside && space) words++;
    inside = !space;
  }
  return words + Number(inside);
};

/** The header of VTK is text; the line before the voxels says what they are, or by which table they are coloured. */
const inVtk = (bytes: Uint8Array): Voxels => {
  const text = String.fromCharCode(...bytes.subarray(0, 4096));
  const lines = [...text.matchAll(/^(LOOKUP_TABLE|COLOR_SCALARS|SCALARS|VECTORS|NORMALS|TENSORS)[^\n]*\n/gm)];
  // Voxels may look like a line of the header; only a table follows the first such line.
  const [first, second] = lines;
  const line = second?.[1] === "LOOKUP_TABLE" && first?.[1] === "SCALARS" ? second : first;
  const start = line === undefined ? 0 : line.index + line[0].length;
  return /^ASCII\s*$/m.test(text.slice(0, start))
    ? { kind: "numbers", count: wordsIn(bytes.subarray(start)) }
    : behind(bytes, start);
};

/** A header may be extended; the stamp says in which byte order its length is. */
const inMrc = (bytes: Uint8Array): Voxels => {
  if (bytes.length < 1024) return behind(bytes, 1024);
  const extended = new DataView(bytes.buffer, bytes.byteOffset).getInt32(92, bytes[212] !== 0x11);
  return behind(bytes, 1024 + Math.max(0, extended));
};

const voxelsIn: Readonly<Record<string, (bytes: Uint8Array) => Voxels>> = {
  ".mgh": (bytes) => behind(bytes, 284),
  ".gipl": (bytes) => behind(bytes, 256),
  ".vtk": inVtk,
  ".mrc": inMrc,
  ".isq": (bytes) => behind(bytes, 512),
};

/** What is missing, in words; nothing when all is there. */
export const missingIn = (
  bytes: Uint8Array,
  suffix: string,
  needed: { readonly bytes: number; readonly numbers: number },
): string | undefined => {
  const there = voxelsIn[suffix]?.(bytes);
  return there === undefined || there.count >= needed[there.kind]
    ? undefined
    : `is cut off: ${there.count} of ${needed[there.kind]} ${there.kind} of voxels are there`;
};
