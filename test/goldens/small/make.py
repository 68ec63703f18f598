"""Writes timm/, torchvision/ and huggingface/: what these libraries compute from small random checkpoints.

    python make.py

Made with torch 2.15.0, timm 1.0.31, torchvision 0.29.2, transformers 5.24.0, safetensors 0.8.0. The npz
that timm reads is official/published-names.npz, so official.py comes first.
"""
import shutil

import numpy as np
import timm
import torch
from common import here, pixels_of, random_weights, require_shown, write_cases
from safetensors.torch import save_file
from timm.models.vision_transformer import checkpoint_filter_fn
from torch import nn
from torchvision.models import VisionTransformer
from transformers import DeiTConfig, DeiTForImageClassificationWithTeacher, ViTConfig
from transformers import ViTForImageClassification, ViTModel


def randomize(model, seed):
    random = np.random.default_rng(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(torch.from_numpy(random_weights(name, tuple(value.shape), random)))
    return model.eval()


def nchw(size):
    return torch.from_numpy(pixels_of(*size).transpose(2, 0, 1)[None].copy())


def numbers(tensor):
    return tensor.detach().double().reshape(-1).tolist()


def run(model, size, **options):
    with torch.no_grad():
        return model.double()(nchw(size), **options)


def check_shown(name, model, logits, size):
    """The epsilon of the norms must show in the logits."""
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    right = [norm.eps for norm in norms]
    for norm in norms:
        norm.eps = 1e-4 if norm.eps < 1e-5 else 1e-12
    require_shown(f"{name}: epsilon", logits, run_logits(model, size))
    for norm, eps in zip(norms, right):
        norm.eps = eps


def run_logits(model, size):
    found = run(model, size)
    found = getattr(found, "logits", found)
    return getattr(found, "pooler_output", found)


def fresh(library):
    shutil.rmtree(here / library, ignore_errors=True)
    (here / library).mkdir()
    return here / library


def timm_cases():
    folder = fresh("timm")
    cases = []
    common = dict(patch_size=4, embed_dim=16, num_heads=2, mlp_ratio=1.5, num_classes=5)

    def case(name, size, *, seed, config=None, expected=None, architecture="vit_tiny_patch16_224", **options):
        options = {**common, "depth": 1, "img_size": size, **options}
        model = randomize(timm.create_model(architecture, **options), seed)
        save_file(model.state_dict(), folder / f"{name}.safetensors")
        logits = run(model, size)
        check_shown(name, model, logits, size)
        tokens = model.forward_features(nchw(size))
        pooled = model.forward_head(tokens, pre_logits=True)
        outputs = {"logits": numbers(logits), "features": numbers(pooled)}
        if isinstance(pooled, tuple) or architecture.startswith("deit"):
            del outputs["features"]
        cases.append(
            {
                "name": name,
                "file": f"{name}.safetensors",
                "config": {"heads": options["num_heads"], **(config or {})},
                "expected": {
                    "patchSize": [4, 4],
                    "width": 16,
                    "depth": options["depth"],
                    "mlpWidth": 24,
                    "classes": 5,
                    "gelu": "erf",
                    "eps": 1e-6,
                    "qkvBias": True,
                    "distilled": False,
                    "classToken": True,
                    "normAfterPool": False,
                    **(expected or {}),
                },
                "outputs": outputs,
            }
        )
        return model

    cls = case("cls", (12, 12), seed=11, depth=2)
    larger = {**common, "depth": 2, "img_size": (20, 24)}
    resized = timm.create_model("vit_tiny_patch16_224", **larger)
    resized.load_state_dict(checkpoint_filter_fn(cls.float().state_dict(), resized))
    cases.append(
        {
            **cases[0],
            "name": "cls at 20x24",
            "config": {**cases[0]["config"], "imageSize": [20, 24]},
            "outputs": {"logits": numbers(run(resized.eval(), (20, 24)))},
        }
    )
    gap = {"classToken": False}
    case("gap-fc-norm", (12, 12), seed=12, global_pool="avg", class_token=False, expected={**gap, "normAfterPool": True})
    case("gap-norm", (12, 12), seed=13, global_pool="avg", class_token=False, fc_norm=False, expected=gap)
    case("no-qkv-bias", (12, 12), seed=14, qkv_bias=False, expected={"qkvBias": False})
    case("oblong", (8, 20), seed=15, config={"imageSize": [8, 20]})
    case("no-embed-class", (12, 12), seed=16, no_embed_class=True, config={"imageSize": [12, 12]})
    distilled = {"distilled": True}
    case("distilled", (12, 12), seed=17, architecture="deit_tiny_distilled_patch16_224", expected=distilled)

    # The official file as timm reads it: its own rule for positions, and erf where the file's authors had tanh.
    for size in [(12, 12), (20, 20)]:
        for gelu, layer in [("tanh", "gelu_tanh"), ("erf", "gelu")]:
            options = {**common, "embed_dim": 15, "num_heads": 5, "mlp_ratio": 27 / 15, "depth": 2}
            model = timm.create_model("vit_tiny_patch16_224", img_size=size, act_layer=layer, **options)
            model.load_pretrained(str(here / "official/published-names.npz"))
            cases.append(
                {
                    "name": f"official npz, {gelu}, {size[0]}x{size[1]}",
                    "file": "../official/published-names.npz",
                    "config": {"imageSize": list(size), **({"gelu": gelu} if gelu == "erf" else {})},
                    "resample": "timm-npz",
                    "expected": {"gelu": gelu, "classes": 5},
                    "outputs": {"logits": numbers(run(model.eval(), size))},
                }
            )
    write_cases("timm", cases)


def torchvision_cases():
    folder = fresh("torchvision")
    cases = []
    for name, representation in [("plain", None), ("representation", 9)]:
        options = dict(image_size=12, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=20)
        model = VisionTransformer(**options, num_classes=5, representation_size=representation)
        randomize(model, 21)
        save_file(model.state_dict(), folder / f"{name}.safetensors")
        logits = run(model, (12, 12))
        check_shown(name, model, logits, (12, 12))
        cases.append(
            {
                "name": name,
                "file": f"{name}.safetensors",
                "config": {"heads": 2},
                "expected": {
                    "imageSize": [12, 12],
                    "representation": representation or 0,
                    "classes": 5,
                    "gelu": "erf",
                    "eps": 1e-6,
                    "mlpWidth": 20,
                    "depth": 2,
                },
                "outputs": {"logits": numbers(logits)},
            }
        )
    write_cases("torchvision", cases)


def huggingface_cases():
    folder = fresh("huggingface")
    cases = []
    labels = {0: "tabby", 1: "Egyptian cat", 2: "lynx"}
    common = dict(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=20,
        image_size=12,
        patch_size=4,
        id2label=labels,
        label2id={label: i for i, label in labels.items()},
    )

    def case(name, model, seed, expected, value="logits", ours="logits", larger=None):
        randomize(model, seed).save_pretrained(folder / name)
        found = run(model, (12, 12))
        check_shown(name, model, found[value], (12, 12))
        one = {
            "name": name,
            "file": name,
            "config": {},
            "expected": {"width": 16, "heads": 2, "mlpWidth": 20, "qkvBias": True, **expected},
            "outputs": {ours: numbers(found[value])},
        }
        if ours == "features":
            one["outputs"]["norm"] = numbers(found["last_hidden_state"])
        cases.append(one)
        if larger:
            found = run(model, larger, interpolate_pos_encoding=True)
            at = {"name": f"{name} at {larger[0]}x{larger[1]}", "config": {"imageSize": list(larger)}}
            cases.append({**one, **at, "outputs": {"logits": numbers(found.logits)}})

    two = {**common, "num_hidden_layers": 2}
    erf = {"gelu": "erf", "eps": 1e-12, "classes": 3}
    case("classification", ViTForImageClassification(ViTConfig(**two)), 31, {**erf, "depth": 2}, larger=(20, 16))
    pooler = {"classes": 0, "representation": 16}
    case("pooler", ViTModel(ViTConfig(**common)), 32, pooler, "pooler_output", "features")
    teacher = DeiTForImageClassificationWithTeacher(DeiTConfig(**common))
    case("teacher", teacher, 33, {**erf, "distilled": True})
    other = ViTConfig(**common, qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-5)
    case("no-qkv-bias", ViTForImageClassification(other), 34, {"qkvBias": False, "gelu": "tanh", "eps": 1e-5})
    write_cases("huggingface", cases)


timm_cases()
torchvision_cases()
huggingface_cases()
