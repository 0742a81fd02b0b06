/**
 * What a law says of a case: it holds, or it is broken and here is why. A verdict is a plain value, so that
 * laws can be asked outside any test runner.
 */

/** The outcome of judging one case by one law. */
export type Verdict = { readonly holds: true } | { readonly holds: false; readonly because: string };

/** The law holds for the case. */
export const holds: Verdict = { holds: true };

/** The law is broken, in words that name where and by how much. */
export const broken = (because: string): Verdict => ({ holds: false, because });

/** Holds where `condition` does; `because` is put into words only when it does not. */
export const require = (condition: boolean, because: () => string): Verdict => (condition ? holds : broken(because()));

/** Holds where all of them hold; otherwise the first that does not. Later ones are not looked at after that. */
export const every = (...verdicts: readonly (Verdict | (() => Verdict))[]): Verdict => {
  for (const verdict of verdicts) {
    const asked = typeof verdict === "function" ? verdict() : verdict;
    if (!asked.holds) return asked;
  }
  return holds;
};

/** The verdict with `where` put before its reason. */
export const within = (where: string, verdict: Verdict): Verdict =>
  verdict.holds ? verdict : broken(`${where}: ${verdict.because}`);
