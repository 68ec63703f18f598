"""Writes official/: what the official JAX code computes from small random checkpoints.

Hybrids and Mixers are in official_networks.py.

    python official.py path/to/vision_transformer

The path is a checkout of google-research/vision_transformer. Made with jax 0.10.2, flax 0.12.8,
scipy 1.17.1.
"""
import sys
from types import SimpleNamespace

import jax
import numpy as np
import scipy.ndimage
from common import here, pixels_of, random_weights, require_shown, write_cases

jax.config.update("jax_enable_x64", True)


def flat(tree, prefix=""):
    for name, value in tree.items():
        if hasattr(value, "items"):
            yield from flat(value, f"{prefix}{name}/")
        else:
            yield prefix + name, np.asarray(value)


def tree_of(arrays):
    tree = {}
    for key, value in arrays.items():
        *path, last = key.split("/")
        at = tree
        for name in path:
            at = at.setdefault(name, {})
        at[last] = value
    return tree


def in_float64(model, params, pixels):
    params = jax.tree.map(lambda x: np.asarray(x, np.float64), params)
    # Without a dtype of their own, flax's layers compute in that of their input; blocks say float32.
    import flax.linen as nn

    kinds = (nn.LayerNorm, nn.MultiHeadDotProductAttention, nn.Dense, nn.DenseGeneral)

    def interceptor(call, args, kwargs, context):
        if isinstance(context.module, kinds) and context.module.dtype is not None:
            object.__setattr__(context.module, "dtype", np.float64)
        return call(*args, **kwargs)

    with nn.intercept_methods(interceptor):
        return np.asarray(model.apply({"params": params}, pixels, train=False))


def published_names(key):
    """The names of the published files, from before flax.linen; flax's convert_pre_linen is the inverse."""
    for new, old in [
        ("MultiHeadDotProductAttention_0", "MultiHeadDotProductAttention_1"),
        ("LayerNorm_1", "LayerNorm_2"),
        ("MlpBlock_0", "MlpBlock_3"),
    ]:
        key = key.replace(new, old)
    return key


def resized(positions, grid, has_class):
    """The rule of the official load_pretrained: linear, corners on corners."""
    token, rest = positions[:, :has_class], positions[0, has_class:]
    side = round(len(rest) ** 0.5)
    zoom = (grid[0] / side, grid[1] / side, 1)
    rest = scipy.ndimage.zoom(rest.reshape(side, side, -1), zoom, order=1)
    return np.concatenate([token, rest.reshape(1, grid[0] * grid[1], -1)], axis=1)


def main():
    sys.path.insert(0, sys.argv[1])
    from vit_jax import models_vit

    (here / "official").mkdir(exist_ok=True)
    cases = []

    def case(name, size, patch, classifier, *, seed, depth=1, width=16, heads=4, pre_logits=None, others=(), file=None):
        model = models_vit.VisionTransformer(
            num_classes=5,
            patches=SimpleNamespace(size=patch),
            hidden_size=width,
            representation_size=pre_logits,
            classifier=classifier,
            transformer=dict(
                num_layers=depth, mlp_dim=27, num_heads=heads, dropout_rate=0.0, attention_dropout_rate=0.0
            ),
        )
        pixels = pixels_of(*size)[None]
        shapes = model.init(jax.random.PRNGKey(0), pixels, train=False)["params"]
        random = np.random.default_rng(seed)
        params = {key: random_weights(key, value.shape, random) for key, value in sorted(flat(shapes))}
        logits = in_float64(model, tree_of(params), pixels)
        flip = pixels[:, ::-1]
        require_shown(f"{name}: order of rows", logits, in_float64(model, tree_of(params), flip))
        # A file can serve several classifiers: the same seed and names give the same weights.
        if file is None:
            file = f"{name}.npz"
            np.savez(here / "official" / file, **params)
        config = {"classifier": classifier, "imageSize": list(size)}
        expected = {
            "patchSize": list(patch),
            "width": width,
            "depth": depth,
            "heads": heads,
            "mlpWidth": 27,
            "classToken": classifier in ("token", "token_unpooled"),
            "representation": pre_logits or 0,
            "classes": 5,
            "gelu": "tanh",
            "eps": 1e-6,
            "qkvBias": True,
        }
        found = {"logits": logits.ravel().tolist()}
        cases.append({"name": name, "file": file, "config": config, "expected": expected, "outputs": found})
        for other in others:
            key = "Transformer/posembed_input/pos_embedding"
            grid = [other[0] // patch[0], other[1] // patch[1]]
            changed = {**params, key: resized(params[key], grid, int(expected["classToken"]))}
            logits = in_float64(model, tree_of(changed), pixels_of(*other)[None])
            cases.append(
                {
                    "name": f"{name} at {other[0]}x{other[1]}",
                    "file": file,
                    "config": {"classifier": classifier, "imageSize": list(other)},
                    "expected": expected,
                    "outputs": {"logits": logits.ravel().tolist()},
                }
            )
        return params

    # Sides that are no multiples of the patch: the rest is cut off.
    params = case("token", (14, 14), (4, 4), "token", seed=1, depth=2, width=15, heads=5, others=[(23, 23), (8, 8)])
    np.savez(here / "official/published-names.npz", **{published_names(key): x for key, x in params.items()})
    cases.append({**cases[0], "name": "published names", "file": "published-names.npz"})
    token = dict(seed=1, depth=2, width=15, heads=5, file="token.npz")
    case("token-unpooled", (14, 14), (4, 4), "token_unpooled", **token)
    case("gap", (12, 12), (4, 4), "gap", seed=2, others=[(20, 20)])
    case("unpooled", (12, 12), (4, 4), "unpooled", seed=2, file="gap.npz")
    case("pre-logits", (12, 12), (4, 2), "gap", seed=3, heads=2, pre_logits=11)
    write_cases("official", cases)


if __name__ == "__main__":
    main()
