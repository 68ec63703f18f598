/**
 * PyTorch's own files hold a pickle, which can run code when it is loaded: they are recognised, and
 * not read. Since 1.6 they are zip archives of one folder, stored, of which `torch.save` writes
 * `data.pkl` first. Older ones are bare pickles.
 */
export type TorchKind = 'zip' | 'script' | 'pickle'

const nameLengthAt = 26
const nameAt = 30

/** By the first member's header alone, so that no stream is read to its end for it. */
export function torchKind(bytes: Uint8Array): 'zip' | 'script' | undefined {
  if (bytes.length < nameAt) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const nameLength = view.getUint16(nameLengthAt, true)
  const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength))
  if (/^[^/]+\/data\.pkl$/.test(name)) return 'zip'
  // TorchScript begins with its tensors or its code.
  return /^[^/]+\/(data\/\d+|constants\.pkl|constants\/\d+|code\/.*|version|byteorder|extra\/.*|\.data\/.*)$/.test(
    name,
  )
    ? 'script'
    : undefined
}

/** The one line of Python that makes safetensors of the file, and what it needs. */
export function torchAdvice(file: string, kind: TorchKind): string {
  const from = fileName(file)
  const to = `${from.replace(/\.[^./\\]{1,8}$/, '')}.safetensors`
  const quoted = [from, to].map((name) => JSON.stringify(name)) as [string, string]
  const line = kind === 'script' ? scriptLine(...quoted) : stateLine(...quoted)
  const caution =
    kind === 'script'
      ? ''
      : ' If torch refuses the pickle and you trust the file, write weights_only=False.'
  return `Loading it can run code that it brings. This line of Python, with torch and safetensors installed, converts it:\n\n${line}\n\nThen use ${to}.${caution}`
}

export const pickleAdvice =
  'save its arrays as .npz or safetensors, since loading a pickle can run code that it brings'

/**
 * State dicts are nested in dicts of the training script (`model`, `state_dict`, `model_ema`): all
 * tensors get the whole path as their name, which the loader takes off again. Scripts keep their
 * arguments beside them.
 */
const stateLine = (from: string, to: string) =>
  `import argparse, torch, safetensors.torch as st; torch.serialization.add_safe_globals([argparse.Namespace]); f = lambda d, p="": {n: t for k, v in getattr(d, "state_dict", lambda: d)().items() for n, t in ({p + str(k): v} if torch.is_tensor(v) else f(v, p + str(k) + ".") if hasattr(v, "items") or hasattr(v, "state_dict") else {}).items()}; st.save_file({n: t.data.contiguous().clone() for n, t in f(torch.load(${from}, map_location="cpu", weights_only=True)).items() if not n.startswith("optim")}, ${to})`

const scriptLine = (from: string, to: string) =>
  `import torch, safetensors.torch as st; st.save_file({n: t.data.contiguous().clone() for n, t in torch.jit.load(${from}, map_location="cpu").state_dict().items()}, ${to})`

/** The path as it was given; of a URL or a name with a scheme the last part, as a download is called. */
function fileName(name: string): string {
  if (!/^([a-z][a-z0-9+.-]+:\/\/|(hf|gs|blob|data):)/i.test(name)) {
    return /\.\w{1,8}$/.test(name) ? name : 'model.pth'
  }
  const last = /([^/:?#]+)([?#].*)?$/.exec(name)?.[1]
  return last && /\.\w/.test(last) ? last : 'model.pth'
}
