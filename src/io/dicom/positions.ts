/** Where slices stand along their normal, and how they are called in messages. */
import { dot, norm, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { baseName } from "./malformed.ts";
import { cross, distance } from "./placement.ts";
import type { Placement, Slice } from "./slice.ts";

/** Positions closer than this are one, mm. */
export const sameness = 1e-3;

export const nameOf = ({ file, frame }: Slice): string =>
  `${baseName(file.path)}${file.layout.frames > 1 ? ` frame ${frame + 1}` : ""}`;
export const list = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
export const mm = (n: number): string => String(Number(n.toFixed(3)));

export const byOrder = (a: Slice, b: Slice): number =>
  a.order[0] - b.order[0] || a.order[1] - b.order[1] || (a.file.path < b.file.path ? -1 : 1);

export interface Position {
  readonly along: number;
  readonly point: Vector3;
  /** In the order of their instance numbers. */
  readonly slices: readonly Slice[];
}

export const normalOf = ({ across, down }: Placement): Vector3 => {
  const n = cross(across, down);
  const length = norm(n);
  return vector((k) => n[k] / length);
};

/** Distinct positions along the normal, ascending. */
export const positionsOf = (slices: readonly Slice[], normal: Vector3): readonly Position[] => {
  const placed = slices.flatMap((slice) =>
    slice.placement === undefined
      ? []
      : [{ slice, along: dot(normal, slice.placement.position), point: slice.placement.position }],
  );
  placed.sort((a, b) => a.along - b.along || byOrder(a.slice, b.slice));
  const positions: { along: number; point: Vector3; slices: Slice[] }[] = [];
  for (const { slice, along, point } of placed) {
    const last = positions.at(-1);
    if (last !== undefined && distance(last.point, point) < sameness) last.slices.push(slice);
    else positions.push({ along, point, slices: [slice] });
  }
  for (const position of positions) position.slices.sort(byOrder);
  return positions;
};
