/**
 * Header extensions: blocks of any program's own between header and voxels, kept as they are. A damaged
 * chain of them ends the list with a warning; the voxels do not depend on it.
 */

/** `data` includes the zeros that fill it up to a multiple of 16 bytes with the 8 of its head. */
export type Extension = { readonly code: number; readonly data: Uint8Array };

const headLength = 8;
const most = 4096;

export interface Extensions {
  readonly extensions: readonly Extension[];
  readonly problem?: string;
}

/** The extensions in `bytes`, which reach from behind the extension flag to the voxels. */
export const parseExtensions = (bytes: Uint8Array, littleEndian: boolean): Extensions => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extensions: Extension[] = [];
  for (let at = 0; at + headLength <= bytes.length; ) {
    const size = view.getInt32(at, littleEndian);
    // Space that nobody filled.
    if (size === 0 && bytes.subarray(at).every((byte) => byte === 0)) return { extensions };
    if (extensions.length === most)
      return { extensions, problem: `it has more than ${most} header extensions; the rest were left out` };
    if (size < headLength || at + size > bytes.length)
      return {
        extensions,
        problem: `header extension ${extensions.length + 1} claims ${size} bytes where ${bytes.length - at} are left; it and what follows were left out`,
      };
    extensions.push({ code: view.getInt32(at + 4, littleEndian), data: bytes.slice(at + headLength, at + size) });
    at += size;
  }
  return { extensions };
};

/** The bytes behind the extension flag, each extension filled up to a multiple of 16. */
export const formatExtensions = (extensions: readonly Extension[]): Uint8Array => {
  const sizes = extensions.map(({ data }) => Math.ceil((headLength + data.length) / 16) * 16);
  const bytes = new Uint8Array(sizes.reduce((a, b) => a + b, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  extensions.forEach(({ code, data }, k) => {
    view.setInt32(at, sizes[k] as number, true);
    view.setInt32(at + 4, code, true);
    bytes.set(data, at + headLength);
    at += sizes[k] as number;
  });
  return bytes;
};
