import type { Facts } from '../../../checkpoint/beside/facts.ts'
import {
  channelsField,
  excerpt,
  field,
  isFlag,
  isObject,
  isPositive,
  isText,
  type JsonFile,
  NeighbourError,
  refuse,
  sizeField,
  wholeField,
} from '../../../checkpoint/beside/json.ts'
import { type Given, givesRecipe } from '../../../checkpoint/description.ts'
import { UnsupportedError } from '../../../errors.ts'
import { RECIPES, type Recipe } from '../../../image/preprocess/recipes.ts'
import { cleanings, type DualConfig } from '../config.ts'

/**
 * What `open_clip_config.json` says of a model.
 * @param known what open_clip assumes for this kind of model
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function openClipFacts(
  file: JsonFile,
  given: Given<DualConfig>,
  known: Pick<DualConfig, 'causal' | 'eps' | 'cleaning'>,
): Facts<DualConfig> {
  const model = part(file, 'model_cfg')
  const vision = part(model, 'vision_cfg')
  const text = part(model, 'text_cfg')
  if (text.json.hf_model_name != null)
    refuse(text, 'hf_model_name', 'a model with a text tower of open_clip')
  const isQuick = field(model, 'quick_gelu', isFlag, 'true or false') ?? false
  const activation = isQuick ? 'quick_gelu' : 'gelu_erf'
  const width = wholeField(vision, 'width') ?? 768
  const headWidth = wholeField(vision, 'head_width') ?? 64
  const imageSize = sizeField(vision, 'image_size')
  const eps = field(norms(text), 'eps', isPositive, 'a number above 0') ?? known.eps
  const isCausal = !(field(text, 'no_causal_mask', isFlag, 'true or false') ?? !known.causal)
  refuseParts(vision, text, isCausal)
  const classifier = poolOf(vision)
  return {
    config: {
      ...(classifier && !given.config?.classifier && { classifier }),
      activation: given.config?.activation ?? activation,
      heads: width / headWidth,
      eps: known.eps,
      textActivation: given.config?.textActivation ?? textActivation(text, activation),
      textHeads: wholeField(text, 'heads') ?? 8,
      textEps: eps,
      causal: isCausal,
      cleaning: cleaningOf(text) ?? known.cleaning,
      ...(imageSize && { imageSize }),
    },
    ...(imageSize && { storedSize: imageSize, sizeIsCertain: true }),
    ...(!givesRecipe(given) && { preprocess: recipeOf(part(file, 'preprocess_cfg')) }),
    claims: {
      width: wholeField(vision, 'width'),
      depth: wholeField(vision, 'layers'),
      patchSize: sizeField(vision, 'patch_size'),
      embedding: wholeField(model, 'embed_dim'),
      textWidth: wholeField(text, 'width'),
      textDepth: wholeField(text, 'layers'),
      maxLength: wholeField(text, 'context_length'),
      vocabulary: wholeField(text, 'vocab_size'),
    },
  }
}

/** Settings that change what is computed and that no tensor shows. */
function refuseParts(vision: JsonFile, text: JsonFile, isCausal: boolean): void {
  const ends = isCausal ? ['argmax', 'eos'] : ['last']
  const end = field(text, 'pool_type', isText, 'a name') ?? 'argmax'
  const isRefused: readonly (readonly [JsonFile, string, boolean])[] = [
    [vision, 'attentional_pool', Boolean(vision.json.attentional_pool)],
    [vision, 'global_average_pool', vision.json.global_average_pool === true],
    [vision, 'act_kwargs', vision.json.act_kwargs != null],
    [vision, 'norm_kwargs', vision.json.norm_kwargs != null],
    [text, 'embed_cls', text.json.embed_cls === true],
    // Which token of a text becomes its embedding: without a causal mask only padded texts have a fixed one.
    [text, 'pool_type', !ends.includes(end)],
  ]
  for (const [part, key, isOther] of isRefused) {
    if (!isOther) continue
    throw new UnsupportedError(
      `${part.name} says ${key} ${excerpt(part.json[key] ?? null)}, with which models are not run.`,
    )
  }
}

/** What becomes of the tokens of an image, where the file says it. */
function poolOf(vision: JsonFile): DualConfig['classifier'] | undefined {
  const pool = field(vision, 'pool_type', isText, 'a name')
  if (pool === undefined || pool === 'tok') return undefined
  // The last norm acts on the mean then, as it does on the class token.
  if (pool === 'avg' && vision.json.final_ln_after_pool === true) return 'gap'
  return refuse(vision, 'pool_type', 'config.classifier')
}

/** @throws FormatError where a file lacks a part */
export function part(file: JsonFile, key: string): JsonFile {
  const json = field(file, key, isObject, 'an object')
  if (json) return { name: `${file.name} (${key})`, json }
  throw new NeighbourError(file.name, `must have a ${key}.`)
}

const norms = (text: JsonFile): JsonFile => ({
  name: text.name,
  json: isObject(text.json.norm_kwargs) ? text.json.norm_kwargs : {},
})

/** The activation of the text tower: its own, or that of the model. */
function textActivation(
  text: JsonFile,
  otherwise: DualConfig['activation'],
): DualConfig['activation'] {
  const { act_kwargs: act } = text.json
  if (act === undefined || act === null) return otherwise
  if (isObject(act) && act.approximate === 'tanh') return 'gelu_tanh'
  return refuse(text, 'act_kwargs', 'config.textActivation')
}

function cleaningOf(text: JsonFile): DualConfig['cleaning'] | undefined {
  const { tokenizer_kwargs: options } = text.json
  if (!isObject(options) || options.clean === undefined) return undefined
  const found = cleanings.find((name) => name === options.clean)
  return found && found !== 'transformers'
    ? found
    : refuse(text, 'tokenizer_kwargs', 'config.cleaning')
}

/** How open_clip makes pixels: the shorter side to the size of the model, then a crop, unless the file says otherwise. */
function recipeOf(file: JsonFile): Recipe {
  const mode = field(file, 'resize_mode', isText, 'a name') ?? 'shortest'
  const interpolation = field(file, 'interpolation', isText, 'a name') ?? 'bicubic'
  if (mode !== 'shortest' && mode !== 'squash') refuse(file, 'resize_mode')
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear') refuse(file, 'interpolation')
  const { mean, std } = RECIPES.clip
  return {
    ...RECIPES.clip,
    mean: channelsField(file, 'mean') ?? mean,
    std: channelsField(file, 'std') ?? std,
    filter: interpolation as Recipe['filter'],
    fit: mode === 'squash' ? 'squash' : 'shorter',
  }
}
