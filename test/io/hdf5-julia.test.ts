/** HDF5 files as MedImages.jl writes them: `test/fixtures/medimages-jl/make.py` makes one with h5py. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { pointAt } from "../../compiler/language/grid.ts";
import { listHdf5, loadHdf5 } from "../../src/io/hdf5.ts";
import { loadImage } from "../../src/io/load.ts";

const path = fileURLToPath(new URL("../fixtures/medimages-jl/images.h5", import.meta.url));
const [ct, mri] = [
  "ct_scans/550e8400-e29b-41d4-a716-446655440000",
  "mri/7d444840-9dc0-11d1-b245-5ffdce74fad2",
] as const;

test("images are named by their group and study", async () => {
  expect(await listHdf5(path)).toEqual([ct, mri]);
  await expect(loadImage(path)).rejects.toThrow(/holds the images ct_scans\/550e8400/);
});

test("Julia's first axis is x", async () => {
  const image = await loadHdf5(path, { image: ct });
  expect(image.grid.size).toEqual([5, 4, 3]);
  expect(image.voxels.dtype).toBe("float32");
  const [x, y, z] = [3, 2, 1];
  expect(image.voxels.data[(z * 4 + y) * 5 + x]).toBe(x + 10 * y + 100 * z);
  const slab = await loadHdf5(path, { image: ct, slices: { first: 2, count: 1 } });
  expect(slab.voxels.data[0]).toBe(200);
});

test("the world is LPS, the direction row by row", async () => {
  const { grid } = await loadHdf5(path, { image: ct });
  expect(grid.origin).toEqual([-12.5, 3.25, 40]);
  expect(pointAt(grid, [1, 0, 0])).toEqual([-12.5, 4, 40]);
  expect(pointAt(grid, [0, 1, 0])).toEqual([-12.5, 3.25, 38.5]);
  expect(pointAt(grid, [0, 0, 1])).toEqual([-9.5, 3.25, 40]);
});

test("what else is known", async () => {
  const image = await loadHdf5(path, { image: mri });
  expect(image.modality).toEqual({ kind: "MRI", subtype: "FLAIR" });
  expect((await loadHdf5(path, { image: ct })).modality).toEqual({ kind: "CT" });
  expect(image.voxels.dtype).toBe("int16");
  expect(image.clinical).toEqual({ age: 61, sex: "female" });
  // A blank stands for what was never set.
  expect(image.study).toEqual({
    studyUid: "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    seriesUid: "0b6f3a52-2f3d-4a1f-9f8e-6d0f5d1f7c22",
    patientId: "Jürgen",
    acquisitionDate: "20241231",
    acquisitionTime: "235901.25",
  });
  expect(image.metadata["medimages.jl"]).toEqual({
    date_of_saving: "2025-03-04T00:00:00",
    patient_uid: "5f0c6b1e-9d57-4a30-8a43-0f0e6f0a2b11",
    legacy_file_name: "volume-0.nii.gz",
    is_contrast_administered: true,
    display_data: {},
    clinical_data: { age: 61, gender: "F" },
    metadata: { slice_thickness: 3 },
  });
});
