/**
 * Random bits as a function of where they are asked for, and not of what was asked before: so that neither threads
 * nor tiles nor backends change them. The hash is pcg4d of M. Jarzynski and M. Olano, "Hash Functions for GPU
 * Rendering", Journal of Computer Graphics Techniques 9(3), 2020: multiplications, additions and shifts of 32-bit
 * words, the same everywhere, and one-to-one on its four words.
 */
export type Words = readonly [a: number, b: number, c: number, d: number];

/** The factor and the increment of the linear congruential step that pcg4d begins with (Numerical Recipes). */
export const lcg = { factor: 1664525, increment: 1013904223 } as const;

/** Four words mixed to four, each as an integer of 0 … 2³² − 1. */
export const pcg4d = (words: Words): Words => {
  let [x, y, z, w] = words.map((word) => (Math.imul(word, lcg.factor) + lcg.increment) | 0) as [
    number,
    number,
    number,
    number,
  ];
  const round = (): void => {
    x = (x + Math.imul(y, w)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    w = (w + Math.imul(y, z)) | 0;
  };
  round();
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  round();
  return [x >>> 0, y >>> 0, z >>> 0, w >>> 0];
};

/** The bits of a number: every finite one has its own, and 0 those of −0. */
export const bitsOf = (number: number): readonly [low: number, high: number] => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number + 0, true);
  return [view.getUint32(0, true), view.getUint32(4, true)];
};

/** What says which random numbers: the seed of a step, and the stream where a step needs several numbers per voxel. */
export interface RandomKey {
  readonly seed: number;
  readonly stream: number;
}

export type KeyWords = readonly [s: number, t: number];

/** The two words that stand for a seed and a stream in kernels: hashed, so that neighbouring seeds have nothing in common. */
export const wordsOf = ({ seed, stream }: RandomKey): KeyWords => {
  const [low, high] = bitsOf(seed);
  const [s, t] = pcg4d([low, high, ...bitsOf(stream)]);
  return [s, t];
};

/**
 * The number of (0, 1) of a voxel, given its index within its plane, x + nx · y, and the plane's, z + nz · channel:
 * of the first word of a hash of these and of the key the upper 23 bits and a half, so that float32 holds it exactly
 * and u is as likely as 1 − u. This defines what the kernels of all backends compute.
 */
export const uniformAt = ([s, t]: KeyWords, index: number, plane: number): number =>
  ((pcg4d([index, plane, s, t])[0] >>> 8) | 1) * 2 ** -24;
