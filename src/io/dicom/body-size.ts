/** What a dose is shared out over: body weight, lean body mass or body surface. */
import type { Metadata } from "../../image.ts";
import { positiveOf, refuse, textOf } from "./suv-elements.ts";

/**
 * What the dose is shared out over: body weight (g/mL), lean body mass after Janmahasatian (2005) or James (1976)
 * (g/mL), or body surface after Du Bois (1916) (cm²/mL).
 */
export type SuvVariant = "body-weight" | "lean-body-mass" | "lean-body-mass-james" | "body-surface-area";

type Sex = "female" | "male";
const sexOf = (elements: Metadata): Sex => {
  const sex = textOf(elements, "PatientSex");
  return sex === "F"
    ? "female"
    : sex === "M"
      ? "male"
      : refuse(`PatientSex (0010,0040) is ${sex ?? "missing"}`, "ask for the variant by body weight");
};

/** Grams, or cm² for the surface, that the dose is shared out over. */
export const sizes: Readonly<Record<SuvVariant, (elements: Metadata) => number>> = {
  "body-weight": (elements) => weightOf(elements) * 1000,
  "lean-body-mass": (elements) => {
    const [weight, height] = [weightOf(elements), heightOf(elements)];
    const index = weight / (height * height);
    return { male: (9.27e6 * weight) / (6680 + 216 * index), female: (9.27e6 * weight) / (8780 + 244 * index) }[
      sexOf(elements)
    ];
  },
  "lean-body-mass-james": (elements) => {
    const [weight, height] = [weightOf(elements), heightOf(elements) * 100];
    const ratio = (weight / height) ** 2;
    return { male: 1.1 * weight - 128 * ratio, female: 1.07 * weight - 148 * ratio }[sexOf(elements)] * 1000;
  },
  "body-surface-area": (elements) => 0.007184 * weightOf(elements) ** 0.425 * (heightOf(elements) * 100) ** 0.725 * 1e4,
};
const weightOf = (elements: Metadata): number => positiveOf(elements, "PatientWeight", "(0010,1030)");
const heightOf = (elements: Metadata): number => positiveOf(elements, "PatientSize", "(0010,1020)");
