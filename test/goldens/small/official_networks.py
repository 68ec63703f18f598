"""Writes official-networks/: what the official JAX code computes from small random hybrids and Mixers.

    python official_networks.py path/to/vision_transformer

As official.py.
"""
import sys
from types import SimpleNamespace

import jax
import numpy as np
from common import here, pixels_of, random_weights, require_shown, write_cases
from official import flat, in_float64, published_names, resized, tree_of

folder = "official-networks"


def weights_of(shapes, seed):
    random = np.random.default_rng(seed)
    return {key: coarse(key, random_weights(key, value.shape, random)) for key, value in sorted(flat(shapes))}


def coarse(key, values):
    """A convolution of few levels, which compresses well; it is standardised anyway."""
    if key.endswith("kernel") and key.startswith(("conv_root", "block")):
        return np.float32(np.clip(np.round(values / 0.35), -3, 3) / 4)
    return values


def save(file, params):
    np.savez_compressed(here / folder / file, **params)


def outputs_of(model, params, size):
    pixels = pixels_of(*size)[None]
    logits = in_float64(model, tree_of(params), pixels)
    require_shown("order of rows", logits, in_float64(model, tree_of(params), pixels[:, ::-1]))
    return {"logits": logits.ravel().tolist()}


def hybrids(models_vit):
    transformer = dict(num_layers=1, mlp_dim=19, num_heads=2, dropout_rate=0.0, attention_dropout_rate=0.0)

    def made(units, size, patch, seed):
        model = models_vit.VisionTransformer(
            num_classes=5,
            patches=SimpleNamespace(size=(patch, patch)),
            hidden_size=10,
            transformer=transformer,
            resnet=SimpleNamespace(num_layers=units, width_factor=0.5),
        )
        shapes = model.init(jax.random.PRNGKey(0), pixels_of(*size)[None], train=False)["params"]
        expected = {
            "family": "hybrid",
            "patchSize": [patch, patch],
            "units": list(units),
            "stemWidth": 32,
            "width": 10,
            "depth": 1,
            "heads": 2,
            "mlpWidth": 19,
            "classes": 5,
            "gelu": "tanh",
            "eps": 1e-6,
            "groups": 32,
            "groupEps": 1e-6,
            "kernelEps": 1e-5,
            "kernelEpsOn": "deviation",
        }
        return model, weights_of(shapes, seed), expected

    # Sides for which SAME pads evenly in one place and unevenly in another: 37, 19, 10, 5.
    size = (37, 37)
    model, params, expected = made((2, 1), size, 1, seed=11)
    save("stages.npz", params)
    yield {
        "name": "two stages",
        "file": "stages.npz",
        "config": {"imageSize": list(size)},
        "expected": expected,
        "outputs": outputs_of(model, params, size),
    }
    key = "Transformer/posembed_input/pos_embedding"
    other = (44, 57)
    changed = {**params, key: resized(params[key], [6, 8], 1)}
    yield {
        "name": "two stages at 44x57",
        "file": "stages.npz",
        "config": {"imageSize": list(other)},
        "expected": expected,
        "outputs": outputs_of(model, changed, other),
    }
    # As the published files: norms of [1, 1, 1, channels], and the names from before flax.linen.
    size = (24, 24)
    model, params, expected = made((), size, 2, seed=12)
    stored = {
        published_names(key): values.reshape(1, 1, 1, -1) if key.startswith("gn_") else values
        for key, values in params.items()
    }
    save("stem.npz", stored)
    yield {
        "name": "stem",
        "file": "stem.npz",
        "config": {},
        "expected": {**expected, "imageSize": [24, 24]},
        "outputs": outputs_of(model, params, size),
    }


def mixers(models_mixer):
    model = models_mixer.MlpMixer(
        patches=SimpleNamespace(size=(4, 3)),
        num_classes=5,
        num_blocks=2,
        hidden_dim=14,
        tokens_mlp_dim=9,
        channels_mlp_dim=23,
    )
    # The second is padded: above and below, left and right.
    shapes = model.init(jax.random.PRNGKey(0), pixels_of(16, 12)[None], train=False)["params"]
    params = weights_of(shapes, seed=13)
    save("mixer.npz", params)
    for name, size in [("mixer", (16, 12)), ("mixer, padded", (14, 11))]:
        yield {
            "name": name,
            "file": "mixer.npz",
            "config": {"imageSize": list(size)} if size != (16, 12) else {},
            "expected": {
                "family": "mixer",
                "patchSize": [4, 3],
                "padding": "same",
                "width": 14,
                "depth": 2,
                "tokenMlpWidth": 9,
                "mlpWidth": 23,
                "classes": 5,
                "gelu": "tanh",
                "eps": 1e-6,
            },
            "outputs": outputs_of(model, params, size),
        }


def main():
    sys.path.insert(0, sys.argv[1])
    from vit_jax import models_mixer, models_vit

    (here / folder).mkdir(exist_ok=True)
    write_cases(folder, [*hybrids(models_vit), *mixers(models_mixer)])


if __name__ == "__main__":
    main()
