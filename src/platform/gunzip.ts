/**
 * A gzip file as the sequence of members that it is, with a verdict on each: what is only odd is warned
 * of, what makes the data doubtful is refused.
 */
import { fail } from "../../compiler/errors.ts";
import { judgeTrailer, memberHeader, startsGzip, trailerLength } from "./gzip-member.ts";
import type { GzipEnd } from "./platform.ts";
import { type Pushback, pushbackOf } from "./pushback.ts";

export const corrupt = (path: string, reason: string, cause?: unknown): never =>
  fail({ kind: "MalformedFile", path, reason, remedy: "get the file again from where it came" }, cause);

/** Far more than any writer makes; comments and names have no limit of their own. */
const longestHeader = 2 ** 22;

/**
 * Inflates all members one after the other, as far as the consumer pulls.
 * @param inflateMember inflates one deflate stream and puts back what follows it
 * @param crc32 the checksum of some bytes after others, whose checksum is its second argument
 */
export async function* gunzipMembers(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  inflateMember: (input: Pushback, name: string) => AsyncIterable<Uint8Array>,
  crc32: (bytes: Uint8Array, before: number) => number,
): AsyncGenerator<Uint8Array, GzipEnd> {
  const input = pushbackOf(chunks);
  const warnings: string[] = [];
  try {
    for (let member = 0; ; member++) {
      let start = await input.peek(10);
      if (member > 0 && !startsGzip(start)) {
        if (start.some((byte) => byte !== 0)) warnings.push("there are bytes after the end of the gzip stream");
        return { warnings };
      }
      let header = memberHeader(start);
      while (header.kind === "short") {
        const longer = await input.peek(start.length + 1);
        if (longer.length === start.length) return corrupt(name, "its gzip header is cut off");
        if (longer.length > longestHeader) return corrupt(name, "its gzip header does not end");
        start = longer;
        header = memberHeader(start);
      }
      if (header.kind === "invalid") return corrupt(name, header.reason);
      await input.next();
      input.putBack(start.subarray(header.length));

      let checksum = 0;
      let inflated = 0;
      for await (const piece of inflateMember(input, name)) {
        checksum = crc32(piece, checksum);
        inflated += piece.length;
        yield piece;
      }
      const after = await input.peek(trailerLength);
      const trailer = after.subarray(0, trailerLength);
      const verdict = judgeTrailer(trailer, checksum, inflated);
      if (verdict.kind === "corrupt") return corrupt(name, verdict.reason);
      if (verdict.kind === "warning") warnings.push(verdict.reason);
      await input.next();
      input.putBack(after.subarray(trailer.length));
      if ((await input.peek(1)).length === 0) return { warnings };
    }
  } finally {
    await input.close();
  }
}
