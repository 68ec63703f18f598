// The interpreter of the builds for training: the records of ../run.ts, and those of training.
import { recordOf, step } from "../run";
import { int } from "../record";
import { barrier } from "../sync";
import { activate, activateBackward, addRows, gluBackward } from "./activation";
import { keyBackward, packBackward, queryBackward } from "./attention";
import { packColumns } from "./columns";
import { crossEntropy } from "./cross-entropy";
import { groupNormBackward } from "./groupnorm";
import { normBackward, normSums } from "./layernorm";
import { updateWeights } from "./optimizer";
import { packPanelRows, transposePanels } from "./panels";
import { panelProduct } from "./product";
import { imageSums, placeRows, tableBackward } from "./rows";
import { standardize } from "./standardize";
import { TrainingOpcode as T } from "./tape";
import { maxPoolBackward, windowSums } from "./windows";

/** See ../run.ts. */
export function run(
  tape: usize, from: i32, to: i32, control: usize, scratch: usize, thread: i32, threads: i32,
): i32 {
  for (let index = from; index < to; index++) {
    share(tape, index, scratch, thread, threads);
    if (!barrier(control, threads)) return index + 1;
  }
  return to;
}

export function share(tape: usize, index: i32, scratch: usize, part: i32, parts: i32): void {
  const record = recordOf(tape, index);
  const opcode = int(record, 0);
  if (opcode < T.ColumnsPack) return step(record, scratch, part, parts);
  switch (opcode) {
    case T.ColumnsPack: return packColumns(record, scratch, false, part, parts);
    case T.WindowColumnsPack: return packColumns(record, scratch, true, part, parts);
    case T.PanelPack: return packPanelRows(record, part, parts);
    case T.PanelTranspose: return transposePanels(record, part, parts);
    case T.PanelProduct: return panelProduct(record, part, parts);
    case T.Activate: return activate(record, part, parts);
    case T.ActivateBackward: return activateBackward(record, part, parts);
    case T.NormBackward: return normBackward(record, part, parts);
    case T.NormSums: return normSums(record, part, parts);
    case T.AttentionBackwardPack: return packBackward(record, part, parts);
    case T.QueryBackward: return queryBackward(record, scratch, part, parts);
    case T.KeyBackward: return keyBackward(record, scratch, part, parts);
    case T.Add: return addRows(record, part, parts);
    case T.PlaceRows: return placeRows(record, part, parts);
    case T.ImageSums: return imageSums(record, part, parts);
    case T.CrossEntropy: return crossEntropy(record, part);
    case T.TableBackward: return tableBackward(record, part, parts);
    case T.WindowSums: return windowSums(record, part, parts);
    case T.MaxPoolBackward: return maxPoolBackward(record, part, parts);
    case T.GroupNormBackward: return groupNormBackward(record, scratch, part, parts);
    case T.Standardize: return standardize(record, false, part, parts);
    case T.GluBackward: return gluBackward(record, scratch, part, parts);
    case T.StandardizeBackward: return standardize(record, true, part, parts);
    case T.Squares: case T.SGDUpdate: case T.AdamWUpdate:
      return updateWeights(record, opcode - T.Squares, part, parts);
    default: unreachable();
  }
}
