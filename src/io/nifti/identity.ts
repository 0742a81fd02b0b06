/** Which header a file begins with: all of NIfTI that is needed before a file is opened. */
import { layouts, readText, type Version } from "./layout.ts";

type Magic = "single" | "pair" | "none" | "wrong";
export interface Identity {
  readonly version: Version;
  readonly magic: Magic;
  readonly magicText: string;
}

export const headerLength: Readonly<Record<Version, number>> = { 1: layouts[1].size, 2: layouts[2].size };

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const magicOf = (head: Uint8Array, version: Version): { readonly magic: Magic; readonly magicText: string } => {
  const magicText = readText(head, layouts[version].texts.magic);
  const known = magicText.slice(0, 3);
  if (known === `n+${version}`) return { magic: "single", magicText };
  if (known === `ni${version}`) return { magic: "pair", magicText };
  return { magic: magicText === "" ? "none" : "wrong", magicText };
};

/** Which header these bytes begin with, by size of header and magic number; either may be damaged. */
export const identify = (head: Uint8Array): Identity | undefined => {
  for (const version of [1, 2] as const) {
    const found = magicOf(head, version);
    if (found.magic === "single" || found.magic === "pair") return { version, ...found };
  }
  if (head.length < 4) return undefined;
  const view = viewOf(head);
  for (const version of [1, 2] as const)
    if ([true, false].some((little) => view.getInt32(0, little) === headerLength[version]))
      return { version, ...magicOf(head, version) };
  return undefined;
};

/** Whether these bytes begin as a NIfTI or Analyze header does. */
export const looksLikeNifti = (head: Uint8Array): boolean => identify(head) !== undefined;
