/**
 * Text in the character sets that DICOM names (PS3.3 C.12.1.1.2), decoded by the platform's TextDecoder.
 * Where several sets are named, escape sequences of ISO 2022 switch between them within a value.
 */

import { charactersOf } from "./recognize.ts";

/** Defined terms, with and without code extensions, and the encodings that hold them. */
const encodings: Readonly<Record<string, string>> = {
  "": "latin1",
  "ISO_IR 6": "latin1",
  "ISO 2022 IR 6": "latin1",
  "ISO_IR 100": "latin1",
  "ISO 2022 IR 100": "latin1",
  "ISO_IR 101": "iso-8859-2",
  "ISO 2022 IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO 2022 IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO 2022 IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO 2022 IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO 2022 IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO 2022 IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO 2022 IR 138": "iso-8859-8",
  "ISO_IR 148": "windows-1254",
  "ISO 2022 IR 148": "windows-1254",
  "ISO_IR 203": "iso-8859-15",
  "ISO 2022 IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO 2022 IR 13": "shift_jis",
  "ISO_IR 166": "windows-874",
  "ISO 2022 IR 166": "windows-874",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 159": "euc-jp",
  "ISO 2022 IR 149": "euc-kr",
  "ISO 2022 IR 58": "gbk",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
};

interface Escape {
  readonly sequence: string;
  readonly encoding: string;
  /** What the decoder wants before the bytes: its own escape sequence, or a shift of each byte into G1. */
  readonly as: "bytes" | "with escape" | "single shift 3";
}
const g0 = (sequence: string, encoding: string): Escape => ({ sequence, encoding, as: "bytes" });
/** The escape sequences of PS3.3 tables C.12-3 and C.12-4, after the ESC. */
const escapes: readonly Escape[] = [
  g0("(B", "latin1"),
  g0("-A", "latin1"),
  g0("-B", "iso-8859-2"),
  g0("-C", "iso-8859-3"),
  g0("-D", "iso-8859-4"),
  g0("-L", "iso-8859-5"),
  g0("-G", "iso-8859-6"),
  g0("-F", "iso-8859-7"),
  g0("-H", "iso-8859-8"),
  g0("-M", "windows-1254"),
  g0("-b", "iso-8859-15"),
  g0("-T", "windows-874"),
  g0("(J", "shift_jis"),
  g0(")I", "shift_jis"),
  { sequence: "$B", encoding: "iso-2022-jp", as: "with escape" },
  { sequence: "$(D", encoding: "euc-jp", as: "single shift 3" },
  g0("$)C", "euc-kr"),
  g0("$)A", "gbk"),
];

const decoders = new Map<string, TextDecoder>();
const decode = (encoding: string, bytes: Uint8Array): string => {
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding);
    decoders.set(encoding, decoder);
  }
  // Decoders take no shared memory.
  return decoder.decode(bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice());
};

const escapeByte = 0x1b;

const startsWithText = (bytes: Uint8Array, at: number, text: string): boolean => {
  for (let k = 0; k < text.length; k++) if (bytes[at + k] !== text.charCodeAt(k)) return false;
  return true;
};

const withEscape = (sequence: string, bytes: Uint8Array): Uint8Array => {
  const all = new Uint8Array(bytes.length + sequence.length + 1);
  all[0] = escapeByte;
  for (let k = 0; k < sequence.length; k++) all[k + 1] = sequence.charCodeAt(k);
  all.set(bytes, sequence.length + 1);
  return all;
};

/** JIS X 0212 in EUC-JP: each pair of bytes in G1, after 0x8F. */
const singleShift = (bytes: Uint8Array): Uint8Array => {
  const out: number[] = [];
  for (let k = 0; k + 1 < bytes.length; k += 2) out.push(0x8f, (bytes[k] ?? 0) | 0x80, (bytes[k + 1] ?? 0) | 0x80);
  return Uint8Array.from(out);
};

const decodeSegment = ({ sequence, encoding, as }: Escape, bytes: Uint8Array): string => {
  if (as === "with escape") return decode(encoding, withEscape(sequence, bytes));
  return decode(encoding, as === "single shift 3" ? singleShift(bytes) : bytes);
};

/** Most text is short and plain, which decoders are slow to begin with; nothing where it is not. */
const shortPlain = (bytes: Uint8Array): string | undefined => {
  if (bytes.length >= 256) return undefined;
  for (let k = 0; k < bytes.length; k++) {
    const byte = bytes[k] ?? 0;
    if (byte >= 0x80 || byte === escapeByte) return undefined;
  }
  return charactersOf(bytes);
};

export type DecodeText = (bytes: Uint8Array) => string;

/**
 * Decodes text in these character sets. Unknown ones are read as Latin-1, and `unknown` names them.
 */
export const textDecoder = (
  characterSets: readonly string[],
): { readonly decode: DecodeText; readonly unknown: readonly string[] } => {
  // Hyphens and blanks are met where the underscore should be.
  const names = characterSets.map((name) => name.trim().replace(/^ISO[-_ ]IR[-_ ]?(?=\d)/, "ISO_IR "));
  const unknown = names.filter((name) => encodings[name] === undefined);
  const first = encodings[names[0] ?? ""] ?? "latin1";
  const plain = first === "iso-2022-jp" || first === "euc-jp" ? "latin1" : first;
  return {
    unknown,
    decode: (bytes) => {
      const short = shortPlain(bytes);
      if (short !== undefined) return short;
      if (!bytes.includes(escapeByte)) return decode(plain, bytes);
      let text = "";
      let current: Escape = { sequence: "", encoding: plain, as: "bytes" };
      let start = 0;
      const flush = (end: number): void => {
        if (end > start) text += decodeSegment(current, bytes.subarray(start, end));
      };
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at];
        if (byte === escapeByte) {
          const next = escapes.find(({ sequence }) => startsWithText(bytes, at + 1, sequence));
          flush(at);
          // An escape that is not known is left out, and what follows is read as before.
          if (next !== undefined) current = next.sequence === "(B" ? { ...next, encoding: plain } : next;
          start = at + 1 + (next?.sequence.length ?? 0);
          at = start - 1;
        } else if (byte === 0x5e || byte === 0x3d || byte === 0x0a || byte === 0x0d || byte === 0x5c) {
          // Delimiters of names and values end what an escape began, unless they are half of a character.
          if (current.as !== "bytes") continue;
          flush(at);
          text += String.fromCharCode(byte);
          start = at + 1;
          current = { sequence: "", encoding: plain, as: "bytes" };
        }
      }
      flush(bytes.length);
      return text;
    },
  };
};
