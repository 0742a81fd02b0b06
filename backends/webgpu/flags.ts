/**
 * The numbers behind WebGPU's flags. The standard fixes them, and outside browsers the global objects that
 * name them need not exist.
 */
export const usage: {
  readonly mapRead: 0x1;
  readonly copyFrom: 0x4;
  readonly copyTo: 0x8;
  readonly uniform: 0x40;
  readonly storage: 0x80;
} = { mapRead: 0x1, copyFrom: 0x4, copyTo: 0x8, uniform: 0x40, storage: 0x80 };

/** `GPUMapMode.READ`. */
export const mapForReading = 0x1;
