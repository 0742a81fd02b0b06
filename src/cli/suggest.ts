/** Guesses what was meant by a word that does not exist. */

/** The number of single letters to insert, delete, replace or exchange with a neighbour (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
};

/** The nearest of the words, if any is near: a typing mistake or two away, or the beginning of the other. */
export const suggest = (word: string, words: readonly string[]): string | undefined => {
  const given = word.toLowerCase();
  const near = words
    .map((candidate) => ({ candidate, away: distance(given, candidate.toLowerCase()) }))
    .filter(({ candidate, away }) => {
      const begins = given.length >= 3 && (candidate.startsWith(given) || given.startsWith(candidate));
      return begins || away <= Math.max(1, Math.floor(Math.min(given.length, candidate.length) / 3));
    })
    .sort((a, b) => a.away - b.away);
  return near[0]?.candidate;
};

/** A question to add to a sentence, or nothing. */
export const didYouMean = (word: string, words: readonly string[], show = (w: string): string => w): string => {
  const guess = suggest(word, words);
  return guess === undefined ? "" : `; did you mean ${show(guess)}?`;
};
