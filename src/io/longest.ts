/**
 * The longest typed array that every supported engine has: Node 20 stops at this many elements whatever
 * they are, so an int16 volume may take 8 GiB, a uint8 volume 4. Told before any work is done for it.
 */
import { fail } from "../../compiler/errors.ts";

export const longestArray: number = 2 ** 32;

/**
 * Refuses volumes of more numbers than an array can have.
 * @throws MedImagesError `UnsupportedVoxels`
 */
export const checkLength = (what: string, numbers: number, remedy: string): void => {
  if (numbers > longestArray)
    fail({
      kind: "UnsupportedVoxels",
      reason: `${what} has ${numbers} numbers, more than the ${longestArray} that one array can hold`,
      remedy,
    });
};
