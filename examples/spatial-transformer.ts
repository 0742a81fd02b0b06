/**
 * A spatial transformer: the six numbers that bring a moved image back are learned by going down their gradients,
 * with an optimiser of ten lines. The gradient goes through the resampling pass, on whichever backend computes it.
 *
 *   npx tsx examples/spatial-transformer.ts
 */
import { affine, evaluate, mse, param, phantom, pipe, valueAndGradient } from "medimages";

const fixed = phantom({ kind: "mr", size: [32, 32, 32] });
const truth = { rotate: [4, -6, 9], translate: [5, -4, 6] } as const;
const moving = await evaluate(affine(truth)(fixed));

/** Adam (D. P. Kingma and J. Ba, 2015), with steps of about `rate`. */
const adam = (rate: number) => {
  const [first, second] = [new Map<string, number>(), new Map<string, number>()];
  let t = 0;
  return (theta: Readonly<Record<string, number>>, gradient: Readonly<Record<string, number>>) => {
    t++;
    const moved = Object.entries(theta).map(([name, value]) => {
      const g = gradient[name] ?? 0;
      first.set(name, 0.9 * (first.get(name) ?? 0) + 0.1 * g);
      second.set(name, 0.99 * (second.get(name) ?? 0) + 0.01 * g * g);
      const [m, v] = [(first.get(name) ?? 0) / (1 - 0.9 ** t), (second.get(name) ?? 0) / (1 - 0.99 ** t)];
      return [name, value - (rate * m) / (Math.sqrt(v) + 1e-8)] as const;
    });
    return Object.fromEntries(moved);
  };
};

let theta: Readonly<Record<string, number>> = { rx: 0, ry: 0, rz: 0, tx: 0, ty: 0, tz: 0 };
const step = adam(0.5);
const steps = 80;
for (let k = 0; k <= steps; k++) {
  const at = (name: string) => param(name, theta[name] ?? 0);
  // Of the map that moved the image: the fixed image is moved along until it lies on the moving one.
  const moved = affine({
    rotate: [at("rx"), at("ry"), at("rz")],
    translate: [at("tx"), at("ty"), at("tz")],
  })(fixed);
  const wrt = Object.fromEntries(Object.keys(theta).map((name) => [name, at(name)]));
  const { value, gradient } = await valueAndGradient(pipe(moved, mse(moving)), { wrt });
  if (k % 20 === 0) console.log(`step ${k}: mean squared difference ${value.toFixed(1)}`);
  theta = step(theta, gradient);
}
const due = [...truth.rotate, ...truth.translate];
const off = Math.max(...Object.values(theta).map((value, k) => Math.abs(value - (due[k] ?? 0))));
console.log(`found within ${off.toFixed(2)} degrees or mm of the truth`);
