"""A CT series of 300 slices of 512x512 int16, explicit little endian: FOLDER SEED. Needs pydicom and numpy."""
import copy, os, sys
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(int(sys.argv[2]))
y, x = np.mgrid[0:512, 0:512]
series, study = generate_uid(), generate_uid()
for k in range(300):
    # A head-like disk with structure, in air, with the noise of a scanner.
    r = np.hypot((x - 256) / 200, (y - 250 - k / 10) / 230)
    hu = np.where(r < 1, 40 + 30 * np.sin(x / 17 + k / 9) * np.cos(y / 23), -1000) + np.where(abs(r - 1) < 0.04, 900, 0)
    hu = (hu + rng.normal(0, 12, hu.shape)).clip(-1024, 3071).astype(np.int16)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.is_little_endian, d.is_implicit_VR = True, False
    d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, study + ".1"
    d.Modality, d.Manufacturer, d.PatientName, d.PatientID = "CT", "medimages", "Bench^Mark", "1"
    d.SeriesNumber, d.InstanceNumber, d.AcquisitionNumber = 1, k + 1, 1
    d.ImagePositionPatient, d.ImageOrientationPatient = [-180, -180, 1.5 * k], [1, 0, 0, 0, 1, 0]
    d.SliceThickness, d.PixelSpacing = 1.5, [0.7, 0.7]
    d.SamplesPerPixel, d.PhotometricInterpretation, d.Rows, d.Columns = 1, "MONOCHROME2", 512, 512
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
    d.RescaleIntercept, d.RescaleSlope = 0, 1
    d.PixelData = hu.tobytes()
    d.save_as(f"{out}/slice{k:04d}.dcm", write_like_original=False)
