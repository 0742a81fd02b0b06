/** From injection to the moment that voxels were decay-corrected to: dates and times, and which of them count. */
import type { Metadata } from "../../image.ts";
import { complete, numberOf, refuse, textOf } from "./suv-elements.ts";

const daySeconds = 86_400;

/** Seconds since 1970 of a DICOM date (YYYYMMDD), without a zone; nothing when it is none. */
const daysOf = (date: string | undefined): number | undefined => {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})/.exec(date ?? "") ?? [];
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return year === undefined || new Date(at).getUTCDate() !== Number(day) ? undefined : at / 1000;
};
/** Seconds since midnight of a DICOM time (HH, HHMM, HHMMSS.FFFFFF). */
const secondsOf = (time: string | undefined): number | undefined => {
  const [, h, m = "0", s = "0"] = /^(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d+)?)?/.exec(time ?? "") ?? [];
  const seconds = Number(h) * 3600 + Number(m) * 60 + Number(s);
  return h === undefined || !(seconds < daySeconds + 60) ? undefined : seconds;
};
export const momentOf = (date: string | undefined, time: string | undefined): number | undefined => {
  const [days, seconds] = [daysOf(date), secondsOf(time)];
  return days === undefined || seconds === undefined ? undefined : days + seconds;
};
/** A DICOM date and time in one (DT). */
export const dateTimeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : momentOf(text.slice(0, 8), text.slice(8) === "" ? undefined : text.slice(8));

export const show = (moment: number): string => new Date(moment * 1000).toISOString().slice(0, 19).replace("T", " ");

/** When voxels that are corrected to the start of the scan were corrected to. */
export const scanStart = (
  elements: Metadata,
  halfLife: number,
  acquisitionTimes: readonly string[],
  notes: string[],
): number => {
  const date = textOf(elements, "AcquisitionDate") ?? textOf(elements, "AcquisitionDateTime")?.slice(0, 8);
  const times = [
    textOf(elements, "AcquisitionTime") ?? textOf(elements, "AcquisitionDateTime")?.slice(8),
    ...acquisitionTimes,
  ];
  const acquired = times.flatMap((time) => momentOf(date, time) ?? []);
  const earliest = acquired.length === 0 ? undefined : Math.min(...acquired);
  const series = momentOf(
    textOf(elements, "SeriesDate") ?? textOf(elements, "StudyDate"),
    textOf(elements, "SeriesTime"),
  );
  if (series !== undefined && (earliest === undefined || series <= earliest)) return series;
  // A series that was made after the scan has a time of its own; the scanner's is elsewhere.
  const private_ = dateTimeOf(textOf(elements, "(0009,100D)"));
  if (/^GEMS_PETD_01/.test(textOf(elements, "(0009,0010)") ?? "") && private_ !== undefined) {
    notes.push("the series time is later than the acquisition; GE's own scan time (0009,100D) was taken");
    return private_;
  }
  if (earliest === undefined)
    return refuse("neither SeriesTime (0008,0031) nor AcquisitionTime (0008,0032) say when it was scanned", complete);
  const reference = (numberOf(elements, "FrameReferenceTime") ?? 0) / 1000;
  const duration = (numberOf(elements, "ActualFrameDuration") ?? 0) / 1000;
  if (reference > 0 && duration > 0) {
    const decay = (Math.LN2 / halfLife) * duration;
    const average = (duration / decay) * Math.log(decay / (1 - Math.exp(-decay)));
    notes.push(
      "the series time is later than the acquisition; the start was computed from FrameReferenceTime (0054,1300)",
    );
    return earliest - reference + average;
  }
  notes.push("the series time is later than the acquisition; the earliest acquisition was taken as the start");
  return earliest;
};

/** After so many half-lives there is nothing left to see: the times must be wrong. */
const longestUptake = 5;

export const uptakeTime = (drug: Metadata, reference: number, halfLife: number, notes: string[]): number => {
  const told = dateTimeOf(textOf(drug, "RadiopharmaceuticalStartDateTime"));
  const times = (injected: number): string => `injected ${show(injected)}, measured ${show(reference)}`;
  const checked = (uptake: number, injected: number): number => {
    if (uptake < 0)
      return refuse(
        `the injection is after the scan (${times(injected)}${uptake >= -daySeconds && uptake + daySeconds < longestUptake * halfLife ? "; its date is one day late" : ""})`,
        "correct RadiopharmaceuticalStartDateTime (0018,1078)",
      );
    return uptake > longestUptake * halfLife
      ? refuse(
          `the injection is ${(uptake / halfLife).toFixed(1)} half-lives before the scan (${times(injected)})`,
          "correct the times of injection and scan",
        )
      : uptake;
  };
  if (told !== undefined) return checked(reference - told, told);
  const seconds = secondsOf(textOf(drug, "RadiopharmaceuticalStartTime"));
  if (seconds === undefined)
    return refuse(
      "neither RadiopharmaceuticalStartDateTime (0018,1078) nor RadiopharmaceuticalStartTime (0018,1072) is there",
      complete,
    );
  // Only a time of day: of the day of the scan, or of the day before when that would be later than the scan.
  const day = Math.floor(reference / daySeconds) * daySeconds;
  const sameDay = day + seconds;
  if (sameDay <= reference) return checked(reference - sameDay, sameDay);
  notes.push("the injection was taken to be on the day before the scan: its time of day is later");
  const dayBefore = sameDay - daySeconds;
  const uptake = reference - dayBefore;
  return uptake > longestUptake * halfLife
    ? refuse(
        `the injection is after the scan (${times(sameDay)}), and the day before is ${(uptake / halfLife).toFixed(1)} half-lives ago`,
        "correct RadiopharmaceuticalStartTime (0018,1072)",
      )
    : uptake;
};
