"""Writes merging.json: token merging (ToMe, Bolya et al. 2023) in float64, from the algorithm in the paper's appendix D.

    python make.py

Made with NumPy 2. The weights come from a generator that test/goldens/merging.test.ts has too, so the file has results only.
Each run is a list of `r`, one for each block; `rows` are the sources of each token that is left, in its order.
"""
import json
from math import erf, sqrt
from pathlib import Path

import numpy as np

WIDTH, HEADS, DEPTH, HIDDEN, CLASSES, PATCH, HEIGHT, COLUMNS = 16, 2, 3, 24, 5, 4, 20, 28


class Generator:
    """Lehmer's: its products are exact in float64 too."""

    def __init__(self, seed):
        self.state = seed

    def values(self, shape, scale, offset=0.0):
        out = np.empty(int(np.prod(shape)))
        for i in range(out.size):
            self.state = self.state * 16807 % 2147483647
            out[i] = np.float32((self.state / 2147483647 - 0.5) * scale + offset)
        return out.reshape(shape)


def weights_of(prefix, distilled):
    tokens = prefix + (HEIGHT // PATCH) * (COLUMNS // PATCH)
    make = Generator(7)
    weights = {}

    def linear(name, inner, outer):
        weights[f"{name}.kernel"] = make.values((inner, outer), 4 / sqrt(inner))
        weights[f"{name}.bias"] = make.values((1, outer), 0.5)

    def norm(name):
        weights[f"{name}.scale"] = make.values((1, WIDTH), 0.5, 1.0)
        weights[f"{name}.bias"] = make.values((1, WIDTH), 0.5)

    linear("patch", PATCH * PATCH * 3, WIDTH)
    if prefix:
        weights["prefix"] = make.values((prefix, WIDTH), 1.0)
    weights["position"] = make.values((tokens, WIDTH), 1.0)
    for i in range(DEPTH):
        block = f"blocks.{i}"
        norm(f"{block}.norm1")
        linear(f"{block}.query", WIDTH, WIDTH)
        linear(f"{block}.key_value", WIDTH, 2 * WIDTH)
        linear(f"{block}.proj", WIDTH, WIDTH)
        norm(f"{block}.norm2")
        linear(f"{block}.fc1", WIDTH, HIDDEN)
        linear(f"{block}.fc2", HIDDEN, WIDTH)
    norm("norm")
    linear("head", WIDTH, CLASSES)
    if distilled:
        linear("head_dist", WIDTH, CLASSES)
    pixels = make.values((HEIGHT, COLUMNS, 3), 2.0)
    return weights, pixels


def bipartite_soft_matching(metric, r, class_token, distill_token):
    protected = int(class_token) + int(distill_token)
    t = metric.shape[0]
    r = min(r, (t - protected) // 2)
    if r <= 0:
        return None
    metric = metric / np.linalg.norm(metric, axis=-1, keepdims=True)
    a, b = metric[::2], metric[1::2]
    scores = a @ b.T
    if class_token:
        scores[0, :] = -np.inf
    if distill_token:
        scores[:, 0] = -np.inf
    node_max, node_idx = scores.max(axis=-1), scores.argmax(axis=-1)
    edge_idx = np.argsort(-node_max, kind="stable")
    unm_idx, src_idx = edge_idx[r:], edge_idx[:r]
    dst_idx = node_idx[src_idx]
    if class_token:
        unm_idx = np.sort(unm_idx)

    def merge(x):
        src, dst = x[::2], x[1::2].copy()
        unm = src[unm_idx]
        for source, target in zip(src_idx, dst_idx):
            dst[target] = dst[target] + src[source]
        if distill_token:
            return np.concatenate([unm[:1], dst[:1], unm[1:], dst[1:]])
        return np.concatenate([unm, dst])

    return merge


def layer_norm(x, w, name):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6) * w[f"{name}.scale"] + w[f"{name}.bias"]


def linear(x, w, name):
    return x @ w[f"{name}.kernel"] + w[f"{name}.bias"]


gelu = np.vectorize(lambda x: 0.5 * x * (1 + erf(x / sqrt(2))))


def attention(x, size, w, block):
    head = WIDTH // HEADS
    q = linear(x, w, f"{block}.query").reshape(-1, HEADS, head).transpose(1, 0, 2)
    k, v = np.split(linear(x, w, f"{block}.key_value"), 2, axis=-1)
    k, v = (y.reshape(-1, HEADS, head).transpose(1, 0, 2) for y in (k, v))
    scores = q @ k.transpose(0, 2, 1) / sqrt(head) + np.log(size)[None, None, :, 0]
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = (scores @ v).transpose(1, 0, 2).reshape(-1, WIDTH)
    return linear(mixed, w, f"{block}.proj"), k.mean(axis=0)


def forward(w, pixels, r, class_token, distilled):
    patches = pixels.reshape(HEIGHT // PATCH, PATCH, COLUMNS // PATCH, PATCH, 3)
    x = linear(patches.transpose(0, 2, 1, 3, 4).reshape(-1, PATCH * PATCH * 3), w, "patch")
    count = len(x)
    if "prefix" in w:
        x = np.concatenate([w["prefix"], x])
    x = x + w["position"]
    size = np.ones((len(x), 1))
    source = np.eye(len(x))
    for i in range(DEPTH):
        block = f"blocks.{i}"
        added, metric = attention(layer_norm(x, w, f"{block}.norm1"), size, w, block)
        x = x + added
        merge = bipartite_soft_matching(metric, r[i], class_token, distilled)
        if merge:
            x = merge(x * size)
            size = merge(size)
            source = merge(source)
            x = x / size
        hidden = gelu(linear(layer_norm(x, w, f"{block}.norm2"), w, f"{block}.fc1"))
        x = x + linear(hidden, w, f"{block}.fc2")
    x = layer_norm(x, w, "norm")
    rows = [np.flatnonzero(row).tolist() for row in source]
    if distilled:
        return (linear(x[0], w, "head") + linear(x[1], w, "head_dist"))[0] / 2, rows
    # The paper's code for models that pool (patch/mae.py): each token counts as often as it has patches.
    pooled = x[0] if class_token else (x * size).sum(axis=0) / count
    return linear(pooled, w, "head")[0], rows


runs = []
for classifier, prefix in [("token", 1), ("distilled", 2), ("gap", 0)]:
    weights, pixels = weights_of(prefix, classifier == "distilled")
    for r in [[0, 0, 0], [3, 3, 3], [8, 8, 8], [0, 5, 2], [40, 40, 40]]:
        logits, rows = forward(weights, pixels, r, prefix > 0, prefix > 1)
        runs.append({"classifier": classifier, "r": r, "logits": logits.tolist(), "rows": rows})
Path(__file__).with_name("merging.json").write_text(json.dumps(runs, separators=(",", ":")) + "\n")
