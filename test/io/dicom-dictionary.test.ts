/**
 * The table of standard elements is made here from the dictionary of dcmjs, which takes 25 times as long to load.
 * With `-u` it is written, otherwise it must be the one that is there; what it says is compared one by one.
 */
import { expect, test } from "vitest";
import { loadDictionary } from "../../src/io/dicom/dictionary.ts";
import type { Tag } from "../../src/io/dicom/tags.ts";

interface TheirEntry {
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
  readonly vm: string;
}
// dcmjs has no types.
const untyped: string = "dcmjs/dictionary";
const { dictionary: theirs } = (await import(untyped)) as { readonly dictionary: Readonly<Record<string, TheirEntry>> };

/** Elements with a tag of their own: neither private ones nor repeating groups. */
const standard = Object.values(theirs).filter(({ tag }) => /^\([0-9A-F]{4},[0-9A-F]{4}\)$/.test(tag));

/** What dcmjs writes in small letters: one of two representations, or one that VRs have no name for. */
const representations: Readonly<Record<string, string>> = { ox: "OW", lt: "OW", xs: "XS", up: "UL" };
const vrOf = (vr: string): string => representations[vr] ?? vr;

const columns = 160;

const table = (): string => {
  const lines: string[] = [];
  let group = "";
  let line = "";
  for (const { tag, vr, name, vm } of standard.toSorted((a, b) => (a.tag < b.tag ? -1 : 1))) {
    if (vr === "na") continue;
    const short = name.replace(/^RETIRED_/, "!").replaceAll("Sequence", "~");
    const entry = `${parseInt(tag.slice(6, 10), 16).toString(16)}${vrOf(vr)}${vm === "1" ? "" : "*"}${short}`;
    if (tag.slice(1, 5) === group && line.length + 1 + entry.length <= columns) line += ` ${entry}`;
    else {
      if (line !== "") lines.push(line);
      group = tag.slice(1, 5);
      line = `${group.toLowerCase()} ${entry}`;
    }
  }
  return [...lines, line].join("\n");
};

const file = (): string => `/**
 * The standard elements (PS3.6) as dcmjs has them, made by test/io/dicom-dictionary.test.ts: a group, then its
 * elements, each with its number, its representation (XS: US or SS), a star if it has several values, and its
 * keyword, in which ! stands for RETIRED_ and ~ for Sequence.
 */
export const standardElements: string = \`
${table()}
\`;
`;

test("the table is the one that dcmjs gives", async () => {
  await expect(file()).toMatchFileSnapshot("../../src/io/dicom/standard-elements.ts");
});

test("every standard element has the keyword, representation and multiplicity that dcmjs says", async () => {
  const ours = await loadDictionary();
  expect(standard.length).toBeGreaterThan(5000);
  for (const { tag, vr, name, vm } of standard) {
    const entry = ours(`x${tag.slice(1, 5)}${tag.slice(6, 10)}`.toLowerCase() as Tag);
    expect(entry, tag).toEqual(vr === "na" ? undefined : { keyword: name, vr: vrOf(vr), several: vm !== "1" });
  }
});

test("what is no standard element has no entry", async () => {
  const ours = await loadDictionary();
  for (const tag of ["x00091010", "x00080007", "x7ffe0010", "xfffee000"] as const) expect(ours(tag)).toBeUndefined();
});
