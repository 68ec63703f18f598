import { UnsupportedError } from '../../errors.ts'

/** What PEFT and loralib add to the layers that they adapt, or put in their place. */
const sign =
  /\.(lora_\w+|lokr_\w+|hada_\w+|oft_\w+|ia3_l|vera_\w+|base_layer|modules_to_save|original_module)(\.|$)/

/**
 * @throws UnsupportedError where layers have adapters beside them: without them the model is not
 *   what it says it is
 */
export function refuseAdapters(names: Iterable<string>, file: string): void {
  const found = [...names].find((name) => sign.test(name))
  if (found === undefined) return
  throw new UnsupportedError(
    `${file} has adapters that are not merged (LoRA or another of PEFT): ${found.slice(0, 200)}. Merge them in Python, model.merge_and_unload(), and save the result as safetensors.`,
  )
}
