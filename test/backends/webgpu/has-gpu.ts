/** Whether tests find a GPU: the machine's own when asked for, or the software one where there is one. */
import { hasSoftware } from "../../gpu/software.ts";

export const hasGpu: boolean = process.env.MEDIMAGES_GPU === "1" || hasSoftware;
