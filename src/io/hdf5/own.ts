/** Images in the layout of this library, which layout.ts and docs/formats.md describe. */
import type { Group, File as Hdf5File } from "h5wasm";
import { fail } from "../../../compiler/errors.ts";
import { decodeHeader } from "./header.ts";
import { imagesGroup, layoutVersion } from "./layout.ts";
import {
  type DescribedVoxels,
  describeDataset,
  isDataset,
  isGroup,
  type Layout,
  malformed,
  numbersOf,
} from "./slices.ts";

/** The images of a file, by name. */
const groupOf = (file: Hdf5File, path: string): Group => {
  const group = file.keys().includes(imagesGroup) ? file.get(imagesGroup) : null;
  if (!isGroup(group)) return malformed(path, `has no group ${imagesGroup}`);
  const version = Number(file.attrs.medimages?.value);
  if (!(version >= 1 && version <= layoutVersion))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: `has the layout ${version}, where this reader knows ${layoutVersion}`,
    });
  return group;
};

const describe = (file: Hdf5File, name: string, path: string): DescribedVoxels => {
  const group = groupOf(file, path).get(name);
  const dataset = isGroup(group) ? group.get("voxels") : null;
  const text = isGroup(group) ? group.get("header") : null;
  if (!isDataset(dataset) || !isDataset(text)) return malformed(path, `its image "${name}" has no voxels or no header`);
  const { attrs } = dataset;
  const { stored, count, grid } = describeDataset(dataset, name, path);
  const [slope = 1, intercept = 0] = numbersOf(attrs.rescale, 2) ?? [];
  if (slope === 0) malformed(path, `the rescale slope of its image "${name}" is 0`);
  const written = text.value;
  const known = typeof written === "string" ? decodeHeader(written, count) : undefined;
  if (known === undefined) return malformed(path, `the header of its image "${name}" is no text`);
  return {
    kind: attrs.kind?.value === "label" ? "label" : "intensity",
    count,
    at: `${imagesGroup}/${name}/voxels`,
    stored,
    eachRescale: undefined,
    header: {
      format: `HDF5 (medimages ${layoutVersion})`,
      grid,
      dtype: stored,
      rescale: { slope, intercept },
      ...known,
    },
  };
};

export const ownLayout: Layout = {
  fits: (file) => "medimages" in file.attrs,
  names: (file, path) => groupOf(file, path).keys(),
  describe,
};
