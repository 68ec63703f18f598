import { UnsupportedError } from '../../errors.ts'

/** Names that PEFT and loralib add to the layers they adapt, or replace them with. */
const sign =
  /\.(lora_\w+|lokr_\w+|hada_\w+|oft_\w+|ia3_l|vera_\w+|base_layer|modules_to_save|original_module)(\.|$)/

/**
 * @throws UnsupportedError if a layer has an adapter beside it, since the model would compute something
 *   else without it
 */
export function refuseAdapters(names: Iterable<string>, file: string): void {
  const found = [...names].find((name) => sign.test(name))
  if (found === undefined) return
  throw new UnsupportedError(
    `${file} has adapters that are not merged (LoRA or another of PEFT): ${found.slice(0, 200)}. Merge them in Python, model.merge_and_unload(), and save the result as safetensors.`,
  )
}
