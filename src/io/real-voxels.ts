/**
 * Voxels for formats that cannot say how stored numbers become real ones: the real numbers themselves, in the
 * smallest dtype that holds them without loss, as far as there is one.
 */
import {
  type DType,
  dtypes,
  isIdentityRescale,
  noRescale,
  type Rescale,
  type Voxels,
} from "../../compiler/language/voxels.ts";

const wholeTypes: readonly DType[] = ["int16", "uint16", "int32", "uint32"];

/** Whole slopes and intercepts keep integers; other numbers need as many bits as went into them. */
const realType = (dtype: DType, { slope, intercept }: Rescale): DType => {
  const { bytes, integer, min, max } = dtypes[dtype];
  if (integer && bytes <= 4 && Number.isInteger(slope) && Number.isInteger(intercept)) {
    const ends = [min * slope + intercept, max * slope + intercept];
    const fitting = wholeTypes.find((one) => ends.every((end) => end >= dtypes[one].min && end <= dtypes[one].max));
    if (fitting !== undefined) return fitting;
  }
  return (integer && bytes <= 2) || dtype === "float32" ? "float32" : "float64";
};

/** The same voxels with the identity as their rescale; the voxels themselves where it is that already. */
export const realVoxels = (voxels: Voxels): Voxels => {
  const { dtype, data, channels, rescale } = voxels;
  if (isIdentityRescale(rescale)) return voxels;
  const real = realType(dtype, rescale);
  const target = new dtypes[real].array(data.length);
  for (let k = 0; k < data.length; k++) target[k] = rescale.slope * Number(data[k]) + rescale.intercept;
  return { dtype: real, data: target, channels, rescale: noRescale };
};
