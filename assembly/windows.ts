// Windows over a grid of positions, each of which is a row of channels.
import { int, word } from "./record";
import { WindowField as F } from "./tape";

/**
 * Copies the window of an output to `target`, position after position, with zeros for padding. Or, where `largest`,
 * stores the largest value of each channel there, in a row with room for a multiple of four; NaN stays NaN.
 */
export function window(record: usize, output: i32, target: usize, largest: bool): void {
  const columns = int(record, F.GridColumns), width = int(record, F.SizeColumns), height = int(record, F.SizeRows);
  const down = output / int(record, F.OutputColumns), across = output - down * int(record, F.OutputColumns);
  const row = down * int(record, F.StrideRows) - int(record, F.BeforeRows);
  const column = across * int(record, F.StrideColumns) - int(record, F.BeforeColumns);
  // The part of the window that lies in the grid.
  const top = max(0, -row), bottom = min(height, int(record, F.GridRows) - row);
  const left = max(0, -column), right = min(width, columns - column);

  const stride = word(record, F.InputStride), bytes = word(record, F.Channels) << 2;
  if (largest) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, f32x4.splat(-Infinity));
  } else if (bottom - top < height || right - left < width) {
    memory.fill(target, 0, <usize>(height * width) * bytes);
  }
  // Positions without gaps between them are copied together.
  const together = largest || stride != bytes ? 1 : right - left;
  for (let y = top; y < bottom; y++) {
    let source = word(record, F.Input) + <usize>((row + y) * columns + column + left) * stride;
    let place = target + <usize>(y * width + left) * bytes;
    for (let x = left; x < right; x += together, source += <usize>together * stride) {
      if (largest) {
        for (let at: usize = 0; at < bytes; at += 16) {
          v128.store(target + at, f32x4.max(v128.load(target + at), v128.load(source + at)));
        }
      } else {
        const end = place + <usize>together * bytes;
        let from = source;
        for (; place + 16 <= end; place += 16, from += 16) v128.store(place, v128.load(from));
        for (; place < end; place += 4, from += 4) f32.store(place, f32.load(from));
      }
    }
  }
}
