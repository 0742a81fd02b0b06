/**
 * Writing a derived series: one file a slice, with UIDs of its own, the patient and study of the source, references
 * to its instances and a description of what was done. dcmjs writes the elements; it is loaded when it is needed.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { pointAt } from "../../../compiler/language/grid.ts";
import { axes, column, dot, norm, type Vector3 } from "../../../compiler/language/vector.ts";
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import type { MedImage, Metadata, MetadataValue } from "../../image.ts";
import type { Progress } from "../format.ts";
import { loadDcmjs } from "./dictionary.ts";

export interface SaveDicomOptions extends Progress {
  /** What was done to the source, for DerivationDescription (0008,2111). */
  readonly derivation: string;
  /** SeriesDescription; that of the source with "(derived)" unless said. */
  readonly description?: string;
  /** SeriesNumber; 1000 more than that of the source unless said. */
  readonly number?: number;
}

/** Of the source's elements those that are about patient, study and equipment, and stay true. */
const inherited: readonly string[] =
  `SpecificCharacterSet StudyDate StudyTime AccessionNumber ReferringPhysicianName StudyDescription PatientName PatientID
  PatientBirthDate PatientSex PatientAge PatientSize PatientWeight StudyInstanceUID StudyID FrameOfReferenceUID
  PositionReferenceIndicator Modality Manufacturer ManufacturerModelName BodyPartExamined PatientPosition KVP
  ContrastBolusAgent MagneticFieldStrength ScanningSequence SequenceVariant ScanOptions MRAcquisitionType RepetitionTime
  EchoTime EchoTrainLength Units SUVType DecayCorrection CorrectedImage RadiopharmaceuticalInformationSequence
  SeriesType CountsSource PatientIdentityRemoved DeidentificationMethod`.split(/\s+/);

const secondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
const classes: Readonly<Record<string, string>> = {
  CT: "1.2.840.10008.5.1.4.1.1.2",
  MRI: "1.2.840.10008.5.1.4.1.1.4",
  PET: "1.2.840.10008.5.1.4.1.1.128",
};

const explicitLittleEndian = "1.2.840.10008.1.2.1";
/** Of this library, below the root for UUIDs. */
const implementation = "2.25.302043790172249692526321623266752743501";

/** A UID from a random UUID (PS3.5 B.2). */
const newUid = (): string => {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `2.25.${bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)}`;
};

const isRecord = (value: MetadataValue | undefined): value is Metadata =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);

/** A decimal string of at most 16 characters (VR DS), as close as that allows. */
const decimal = (value: number): string => {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return "0";
};

/** Stored numbers of 16 bits: as they are where they fit, else over the range of the image. */
interface Stored {
  readonly signed: boolean;
  readonly bits: 8 | 16;
  readonly slope: number;
  readonly intercept: number;
  readonly numberOf: (value: number) => number;
}
const asTheyAre: Partial<Record<DType, readonly [signed: boolean, bits: 8 | 16]>> = {
  uint8: [false, 8],
  uint16: [false, 16],
  int16: [true, 16],
};
const storedOf = ({ voxels }: MedImage): Stored => {
  const { dtype, data, rescale } = voxels;
  const plain = asTheyAre[dtype];
  if (plain !== undefined) return { signed: plain[0], bits: plain[1], ...rescale, numberOf: (value) => value };
  if (dtype === "int8") return { signed: true, bits: 16, ...rescale, numberOf: (value) => value };
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let k = 0; k < data.length; k++) {
    const value = Number(data[k]);
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (!(max >= min)) [min, max] = [0, 0];
  const whole = dtypes[dtype].integer && max - min <= 65535;
  // The slope as the file will say it, so that what is read again is what was meant.
  const step = whole ? 1 : Number(decimal((max - min) / 65535)) || 1;
  const start = Number(decimal(min));
  return {
    signed: false,
    bits: 16,
    slope: Number(decimal(rescale.slope * step)),
    intercept: Number(decimal(rescale.slope * start + rescale.intercept)),
    numberOf: (value) =>
      Number.isFinite(value) ? Math.min(65535, Math.max(0, Math.round((value - start) / step))) : 0,
  };
};

const refuse = (path: string, reason: string, remedy: string): never =>
  fail({ kind: "UnsupportedFile", path, reason, remedy });

/** Slices must be at right angles to their stacking, as images of single slices say it. */
const checkGrid = (folder: string, { grid, voxels, channels }: MedImage): void => {
  const [x, y, z] = axes.map((k) => column(grid.direction, k)) as [Vector3, Vector3, Vector3];
  if (Math.abs(dot(x, y)) > 1e-4)
    refuse(
      folder,
      "the rows and columns of the image are not at right angles",
      "`rectify` it first (command line: --rectify)",
    );
  if (Math.abs(dot(x, z)) > 1e-4 || Math.abs(dot(y, z)) > 1e-4)
    refuse(
      folder,
      "the slices of the image are stacked askew (a sheared grid)",
      "`rectify` it first (command line: --rectify)",
    );
  if (voxels.channels !== 1 || channels.components !== "scalar")
    refuse(folder, `the image has ${voxels.channels} channels`, "write one volume of it at a time");
};

const today = (): { readonly date: string; readonly time: string } => {
  const text = new Date().toISOString();
  return { date: text.slice(0, 10).replaceAll("-", ""), time: text.slice(11, 19).replaceAll(":", "") };
};

/** The elements that all slices share. */
const sharedElements = (image: MedImage, stored: Stored, options: SaveDicomOptions): Record<string, unknown> => {
  const { grid, modality, study, clinical, display } = image;
  const source =
    isRecord(image.metadata.dicom) && isRecord(image.metadata.dicom.elements) ? image.metadata.dicom.elements : {};
  const kept = Object.fromEntries(
    inherited.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
  );
  const { date, time } = today();
  const description = options.description ?? `${study.seriesDescription ?? ""} (derived)`.trim();
  const number = typeof source.SeriesNumber === "number" ? source.SeriesNumber : 0;
  const instances =
    isRecord(image.metadata.dicom) && Array.isArray(image.metadata.dicom.instances)
      ? image.metadata.dicom.instances
      : [];
  const sourceClass = typeof source.SOPClassUID === "string" ? source.SOPClassUID : undefined;
  return {
    PatientName: "",
    PatientID: study.patientId ?? "",
    PatientBirthDate: "",
    PatientSex: { female: "F", male: "M", other: "O", "": "" }[clinical.sex ?? ""],
    StudyInstanceUID: study.studyUid ?? newUid(),
    StudyDate: study.studyDate ?? "",
    StudyTime: study.studyTime ?? "",
    StudyID: "",
    AccessionNumber: "",
    ReferringPhysicianName: "",
    FrameOfReferenceUID: study.frameOfReferenceUid ?? newUid(),
    PositionReferenceIndicator: "",
    Modality: modality.kind === "MRI" ? "MR" : modality.kind === "PET" ? "PT" : modality.kind === "CT" ? "CT" : "OT",
    Manufacturer: "medimages",
    ...kept,
    // Text goes out as UTF-8, whatever it came in.
    SpecificCharacterSet: "ISO_IR 192",
    SOPClassUID: classes[modality.kind] ?? secondaryCapture,
    ImageType: ["DERIVED", "SECONDARY", modality.kind === "CT" ? "AXIAL" : "OTHER"],
    ...(modality.kind === "other" ? { ConversionType: "WSD" } : {}),
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    SeriesDate: source.SeriesDate ?? date,
    SeriesTime: source.SeriesTime ?? time,
    ContentDate: date,
    ContentTime: time,
    SeriesInstanceUID: newUid(),
    SeriesDescription: description.slice(0, 64),
    SeriesNumber: options.number ?? number + 1000,
    DerivationDescription: options.derivation.slice(0, 1024),
    ...(instances.length === 0 || sourceClass === undefined
      ? {}
      : {
          SourceImageSequence: instances.map((uid) => ({
            ReferencedSOPClassUID: sourceClass,
            ReferencedSOPInstanceUID: uid,
          })),
        }),
    SliceThickness: decimal(grid.spacing[2]),
    SpacingBetweenSlices: decimal(grid.spacing[2]),
    ImageOrientationPatient: [...column(grid.direction, 0), ...column(grid.direction, 1)].map(decimal),
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: grid.size[1],
    Columns: grid.size[0],
    PixelSpacing: [decimal(grid.spacing[1]), decimal(grid.spacing[0])],
    BitsAllocated: stored.bits,
    BitsStored: stored.bits,
    HighBit: stored.bits - 1,
    PixelRepresentation: stored.signed ? 1 : 0,
    RescaleIntercept: decimal(stored.intercept),
    RescaleSlope: decimal(stored.slope),
    ...(modality.kind === "CT" ? { RescaleType: "HU" } : {}),
    // That of the source is for its own values: operations that change them leave none.
    ...(display.window && {
      WindowCenter: decimal(display.window.center),
      WindowWidth: decimal(display.window.width),
    }),
  };
};

const planeBytes = (image: MedImage, k: number, stored: Stored): Uint8Array => {
  const [nx, ny] = image.grid.size;
  const plane = nx * ny;
  const from = image.voxels.data.subarray(k * plane, (k + 1) * plane);
  const out = new DataView(new ArrayBuffer(Math.ceil((plane * stored.bits) / 16) * 2));
  for (let i = 0; i < plane; i++) {
    const number = stored.numberOf(Number(from[i]));
    if (stored.bits === 8) out.setUint8(i, number);
    else if (stored.signed) out.setInt16(2 * i, number, true);
    else out.setUint16(2 * i, number, true);
  }
  return new Uint8Array(out.buffer);
};

/**
 * Writes a volume as a derived DICOM series, one file a slice (`slice0001.dcm` …), into a folder that exists.
 * Series, instances and, where the source has none, study and frame of reference get new UIDs; patient, study and
 * the source instances are taken from what the image was read from. Integers of 8 and 16 bits are stored as they
 * are; other values on 16 bits over the range of the image, to a part in 65535.
 *
 * Modalities CT, MR and PET are written as images of these; all others as secondary captures.
 * @returns the paths that were written
 * @throws MedImagesError `UnsupportedFile` for several channels or a sheared grid, `FileAccess`, `Aborted`
 */
export const saveDicom = async (
  folder: string,
  image: MedImage,
  options: SaveDicomOptions,
): Promise<readonly string[]> => {
  checkGrid(folder, image);
  if ((await platform.kindOfPath(folder)) !== "folder")
    fail({ kind: "FileAccess", path: folder, reason: "is not a folder", remedy: "make it first" });
  const { DicomDict, DicomMetaDictionary } = await loadDcmjs();
  const stored = storedOf(image);
  const shared = sharedElements(image, stored, options);
  const depth = image.grid.size[2];
  const along = column(image.grid.direction, 2);
  const paths: string[] = [];
  for (let k = 0; k < depth; k++) {
    if (options.signal?.aborted) fail({ kind: "Aborted" });
    const uid = newUid();
    const position = pointAt(image.grid, [0, 0, k]);
    const pixels = planeBytes(image, k, stored);
    const elements = {
      ...shared,
      SOPInstanceUID: uid,
      InstanceNumber: k + 1,
      ImagePositionPatient: position.map(decimal),
      SliceLocation: decimal(dot(position, along) / norm(along)),
      PixelData: pixels.buffer,
      _vrMap: { PixelData: "OW" },
    };
    const meta = {
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: shared.SOPClassUID,
      MediaStorageSOPInstanceUID: uid,
      TransferSyntaxUID: explicitLittleEndian,
      ImplementationClassUID: implementation,
      ImplementationVersionName: "medimages",
    };
    const dict = new DicomDict(DicomMetaDictionary.denaturalizeDataset(meta));
    dict.dict = DicomMetaDictionary.denaturalizeDataset(elements);
    const bytes = new Uint8Array(dict.write());
    const path = `${folder.replace(/[\\/]$/, "")}/slice${String(k + 1).padStart(4, "0")}.dcm`;
    await platform.writeFile(path, once(bytes), options.signal);
    paths.push(path);
    options.onProgress?.((k + 1) / depth);
  }
  return paths;
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
