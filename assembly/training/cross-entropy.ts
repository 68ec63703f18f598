import { int, word } from "../record";
import { CrossEntropyField as F } from "./tape";

/** One row of logits, in f64, by the first thread: a thousand classes take some ten microseconds. */
export function crossEntropy(record: usize, thread: i32): void {
  if (thread != 0) return;
  const logits = word(record, F.Logits), targets = word(record, F.Targets), gradient = word(record, F.Gradient);
  const bytes = word(record, F.Columns) << 2;
  const weight = <f64>reinterpret<f32>(int(record, F.Weight));
  let highest = <f64>f32.load(logits);
  for (let at: usize = 4; at < bytes; at += 4) highest = max<f64>(highest, <f64>f32.load(logits + at));
  let sum: f64 = 0, total: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    sum += Math.exp(<f64>f32.load(logits + at) - highest);
    total += <f64>f32.load(targets + at);
  }
  const logSum = highest + Math.log(sum);
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const x = <f64>f32.load(logits + at) - logSum, target = <f64>f32.load(targets + at);
    loss -= target * x;
    f32.store(gradient + at, <f32>((Math.exp(x) * total - target) * weight));
  }
  f32.store(word(record, F.Loss), <f32>loss);
}
