/**
 * Removing what says whose image it is. The basic profile of PS3.15 annex E lists what has to go; here it is the
 * other way round: what is listed may stay, and everything else goes, private elements included, so that no list
 * can be out of date. Only metadata are looked at: faces and burnt-in text are voxels.
 */
import type { MedImage, Metadata, MetadataValue } from "../../image.ts";

/** Technical elements, none of which the basic profile removes, empties or replaces. */
const kept: ReadonlySet<string> = new Set(
  `ImageType SOPClassUID Modality Manufacturer ManufacturerModelName FrameType ComplexImageComponent AcquisitionContrast
  PixelPresentation VolumetricProperties VolumeBasedCalculationTechnique CodeValue CodingSchemeDesignator CodeMeaning
  BodyPartExamined Laterality ScanningSequence SequenceVariant ScanOptions MRAcquisitionType SequenceName AngioFlag
  SliceThickness KVP RepetitionTime EchoTime InversionTime NumberOfAverages ImagingFrequency ImagedNucleus EchoNumbers
  MagneticFieldStrength SpacingBetweenSlices NumberOfPhaseEncodingSteps EchoTrainLength PercentSampling
  PercentPhaseFieldOfView PixelBandwidth DataCollectionDiameter ReconstructionDiameter DistanceSourceToDetector
  DistanceSourceToPatient GantryDetectorTilt TableHeight RotationDirection ExposureTime XRayTubeCurrent Exposure
  FilterType GeneratorPower FocalSpots ConvolutionKernel PatientPosition AcquisitionMatrix InPlanePhaseEncodingDirection
  FlipAngle VariableFlipAngleFlag SAR dBdt SingleCollimationWidth TotalCollimationWidth SpiralPitchFactor TriggerTime
  DiffusionBValue DiffusionGradientOrientation EffectiveEchoTime FrameReferenceTime ActualFrameDuration
  Units CountsSource SUVType AttenuationCorrectionMethod DecayCorrection ReconstructionMethod DecayFactor
  DoseCalibrationFactor ScatterFractionFactor RandomsCorrectionMethod ScatterCorrectionMethod SeriesType CorrectedImage
  NumberOfSlices RadionuclideHalfLife RadionuclidePositronFraction SeriesNumber AcquisitionNumber InstanceNumber
  ImagePositionPatient ImageOrientationPatient PositionReferenceIndicator SliceLocation TemporalPositionIdentifier
  NumberOfTemporalPositions TemporalPositionIndex StackID InStackPositionNumber SamplesPerPixel PhotometricInterpretation
  PlanarConfiguration NumberOfFrames Rows Columns PixelSpacing BitsAllocated BitsStored HighBit PixelRepresentation
  SmallestImagePixelValue LargestImagePixelValue PixelPaddingValue WindowCenter WindowWidth RescaleIntercept RescaleSlope
  RescaleType LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod SegmentationType SegmentNumber
  SegmentSequence SegmentedPropertyCategoryCodeSequence SegmentedPropertyTypeCodeSequence SharedFunctionalGroupsSequence
  PixelMeasuresSequence PlaneOrientationSequence PlanePositionSequence PixelValueTransformationSequence FrameVOILUTSequence
  MRImageFrameTypeSequence CTImageFrameTypeSequence MREchoSequence MRTimingAndRelatedParametersSequence GridFrameOffsetVector
  DoseUnits DoseType DoseGridScaling`.split(/\s+/),
);

const isRecord = (value: MetadataValue): value is Metadata =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);

const cleaned = (elements: Metadata): Metadata =>
  Object.fromEntries(
    Object.entries(elements).flatMap(([keyword, value]) =>
      kept.has(keyword)
        ? [
            [
              keyword,
              Array.isArray(value) ? value.map((one: MetadataValue) => (isRecord(one) ? cleaned(one) : one)) : value,
            ],
          ]
        : [],
    ),
  );

/** Of a NIfTI header what is typed by people, or written by programs from it. */
const cleanedNifti = (header: Metadata): Metadata => {
  const { descrip: _, aux_file: __, extensions: ___, ...rest } = header;
  return { ...rest, descrip: "", aux_file: "", extensions: [] };
};

/** Axes whose values are moments: `AcquisitionTime`, not `EchoTime`, which is a duration. */
const isMoment = (axis: string): boolean => /^(Acquisition|Content|FrameAcquisition)(Date|Time)/.test(axis);

/**
 * The image without what identifies its patient: identifiers, dates and times, descriptions, patient data, private
 * elements, UIDs and warnings (which name files). Voxels, geometry, modality and technical parameters stay.
 * Compute uptake values before: they need times and weight.
 */
export const anonymize = (image: MedImage): MedImage => {
  const { dicom, nifti } = image.metadata;
  const axes = dicom !== undefined && isRecord(dicom) ? dicom.axes : undefined;
  const elements = dicom !== undefined && isRecord(dicom) ? dicom.elements : undefined;
  return {
    ...image,
    study: {},
    clinical: {},
    warnings: [],
    metadata: {
      ...(nifti !== undefined && isRecord(nifti) ? { nifti: cleanedNifti(nifti) } : {}),
      ...(dicom === undefined
        ? {}
        : {
            dicom: {
              ...(Array.isArray(axes)
                ? { axes: axes.filter((axis: MetadataValue) => isRecord(axis) && !isMoment(String(axis.name))) }
                : {}),
              elements: {
                ...(elements !== undefined && isRecord(elements) ? cleaned(elements) : {}),
                PatientIdentityRemoved: "YES",
                DeidentificationMethod: ["medimages: all but technical elements removed"],
              },
            },
          }),
    },
  };
};
