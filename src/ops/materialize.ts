/** Samples here and now: what follows sees these voxels only, as if they had been written and read again. */
import type { Operation } from "../expression.ts";
import { materialized } from "../expression.ts";
import type { MaterializeStep } from "../step.ts";
import { operation } from "./apply.ts";
import { stepCodec } from "./codecs.ts";
import type { OperationDefinition } from "./operation.ts";

export const materializeDefinition: OperationDefinition<"materialize"> = {
  op: "materialize",
  codec: /* @__PURE__ */ stepCodec<MaterializeStep>("materialize", {}, {}),
  apply: (expression) => ({ field: materialized(expression, "materialize() asks for samples here") }),
};

/** Ends the fusion of what came before with what follows: one pass ends here, and whatever lies beyond the grid is gone. */
export const materialize: Operation = operation(materializeDefinition, { op: "materialize" });
