"""What make.py and official.py share: the weights, the pixels, and the list of cases."""
import json
from pathlib import Path

import numpy as np

here = Path(__file__).parent


def pixels_of(height, width):
    """The pixels of every case, [height, width, 3] in [-1, 1): a formula, so that no file holds them."""
    i = np.arange(height * width * 3, dtype=np.int64)
    return (((i * i * 31 + i * 17) % 512 - 256) / 256).reshape(height, width, 3)


def random_weights(name, shape, random):
    """Large weights, so that attention is peaked and GELU shows; small embeddings, so that epsilon does."""
    noise = random.standard_normal(shape) * 0.35
    if name == "cls" or any(part in name for part in ("embed", "cls_token", "class_token", "dist_token", "distillation_token", "conv_proj")):
        noise *= 0.006
    is_scale = name.endswith("scale") or ("norm" in name or "ln" in name) and name.endswith("weight")
    return (noise + is_scale).astype(np.float32)


def require_shown(what, right, wrong):
    """A golden that a wrong choice leaves as it is would check nothing."""
    change = np.abs(np.asarray(right) - np.asarray(wrong)).max()
    assert change > 2e-4, f"{what} changes the output by no more than {change}"


def write_cases(library, cases):
    """Writes the list of a library's cases; each `outputs` maps a value's name to its float64 numbers."""
    text = json.dumps(cases, indent=1)
    (here / library / "golden.json").write_text(text + "\n")
