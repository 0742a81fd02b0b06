/**
 * What the phantom is made of: for each tissue its CT number, its signal in a T1-weighted MR, and its class
 * in a label image, so that one anatomy gives all three images. Values are typical of adults at 120 kV and 1.5 T.
 */

export interface Tissue {
  /** CT number in HU. */
  readonly hounsfield: number;
  /** T1-weighted signal, arbitrary units. */
  readonly t1: number;
  readonly label: PhantomLabel;
}

/** The classes of the label image; a class's number is its place in {@link phantomLabels}. */
export type PhantomLabel = (typeof phantomLabels)[number];
/** What the class numbers of a phantom's label image stand for, from 0. */
export const phantomLabels: readonly [
  "background",
  "soft tissue",
  "bone",
  "airway and sinuses",
  "cerebrospinal fluid",
  "grey matter",
  "white matter",
  "deep grey matter",
  "ventricles",
  "cerebellum",
  "brainstem and cord",
  "eyes",
  "vessels",
  "thyroid",
  "tumour",
] = [
  "background",
  "soft tissue",
  "bone",
  "airway and sinuses",
  "cerebrospinal fluid",
  "grey matter",
  "white matter",
  "deep grey matter",
  "ventricles",
  "cerebellum",
  "brainstem and cord",
  "eyes",
  "vessels",
  "thyroid",
  "tumour",
];

export type TissueName =
  | "air"
  | "carbon fibre"
  | "foam"
  | "skin"
  | "fat"
  | "muscle"
  | "bone"
  | "marrow"
  | "tooth"
  | "disc"
  | "cavity"
  | "air cells"
  | "fluid"
  | "grey matter"
  | "white matter"
  | "deep grey matter"
  | "ventricle"
  | "cerebellar cortex"
  | "cerebellar white matter"
  | "brainstem"
  | "calcification"
  | "vitreous"
  | "lens"
  | "nerve"
  | "vessel"
  | "thyroid"
  | "tumour";

const tissue = (hounsfield: number, t1: number, label: PhantomLabel): Tissue => ({ hounsfield, t1, label });

export const tissues: Readonly<Record<TissueName, Tissue>> = {
  air: tissue(-1000, 0, "background"),
  "carbon fibre": tissue(-180, 0, "background"),
  foam: tissue(-920, 0, "background"),
  skin: tissue(30, 430, "soft tissue"),
  fat: tissue(-95, 940, "soft tissue"),
  muscle: tissue(55, 380, "soft tissue"),
  bone: tissue(1150, 40, "bone"),
  marrow: tissue(380, 690, "bone"),
  tooth: tissue(2200, 15, "bone"),
  disc: tissue(95, 330, "soft tissue"),
  cavity: tissue(-1000, 0, "airway and sinuses"),
  "air cells": tissue(-450, 25, "airway and sinuses"),
  fluid: tissue(8, 120, "cerebrospinal fluid"),
  "grey matter": tissue(38, 480, "grey matter"),
  "white matter": tissue(29, 710, "white matter"),
  "deep grey matter": tissue(36, 540, "deep grey matter"),
  ventricle: tissue(6, 110, "ventricles"),
  "cerebellar cortex": tissue(37, 500, "cerebellum"),
  "cerebellar white matter": tissue(30, 690, "cerebellum"),
  brainstem: tissue(33, 660, "brainstem and cord"),
  calcification: tissue(260, 90, "deep grey matter"),
  vitreous: tissue(9, 150, "eyes"),
  lens: tissue(75, 400, "eyes"),
  nerve: tissue(36, 560, "soft tissue"),
  vessel: tissue(48, 60, "vessels"),
  thyroid: tissue(110, 520, "thyroid"),
  tumour: tissue(56, 320, "tumour"),
};

/** A tissue's number in a slice that is being painted; air is 0. */
export const tissueNames: readonly TissueName[] = Object.keys(tissues) as TissueName[];
