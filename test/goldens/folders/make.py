"""Writes the folders beside this file, and what Python answers with them (answers.json).

The weights are random. Made with torch 2.15.0, transformers 5.24.0, timm 1.0.31, Pillow 13.0.0:

    python make.py
"""
import json
import shutil
from pathlib import Path

import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config
from timm.models._hub import load_model_config_from_path, save_for_hf
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

here = Path(__file__).parent
picture = Image.open(here / "../../../examples/chelsea.png").convert("RGB")
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def randomize(model, seed):
    """Weights large enough that heads, epsilon and GELU show; rounded to f16, to be small when packed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            value.copy_(noise * 0.35 + ("norm" in name and name.endswith("weight")))
            value.copy_(value.half().float())
    return model.eval()


def probabilities(model, pixels):
    with torch.no_grad():
        logits = model.double()(pixels.double())
    logits = getattr(logits, "logits", logits)
    return torch.softmax(logits, -1)[0].tolist()


def fresh(name):
    shutil.rmtree(here / name, ignore_errors=True)
    return here / name


def transformers_folder():
    folder = fresh("transformers")
    labels = {0: "tabby", 1: "Egyptian cat", 2: "lynx"}
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=24,
        image_size=[24, 40],
        patch_size=8,
        hidden_act="gelu_new",
        layer_norm_eps=1e-3,
        id2label=labels,
        label2id={name: place for place, name in labels.items()},
    )
    model = randomize(ViTForImageClassification(config), 1)
    model.save_pretrained(folder)
    size = {"height": 24, "width": 40}
    cases = {
        "lanczos": (ViTImageProcessorPil, dict(size=size, resample=1, **IMAGENET)),
        "nearest": (ViTImageProcessorPil, dict(size=size, resample=0)),
        "bilinear": (ViTImageProcessorPil, dict(size=size)),
        "bicubic": (ViTImageProcessorPil, dict(size=size, resample=3)),
        "box": (ViTImageProcessorPil, dict(size=size, resample=4)),
        "hamming": (ViTImageProcessorPil, dict(size=size, resample=5)),
        "one mean": (ViTImageProcessorPil, dict(size=size, image_mean=0.4, image_std=0.3)),
        "twice as much": (
            ViTImageProcessorPil,
            dict(size=size, rescale_factor=1 / 127.5, image_mean=[1, 1, 1], image_std=[1, 1, 1]),
        ),
        "not normalised": (ViTImageProcessorPil, dict(size=size, do_normalize=False)),
        "not rescaled": (
            ViTImageProcessorPil,
            dict(size=size, do_rescale=False, image_mean=[120, 110, 100], image_std=[60, 60, 60]),
        ),
        "crop": (
            DeiTImageProcessorPil,
            dict(size={"height": 33, "width": 47}, crop_size=size, **IMAGENET),
        ),
        "shortest edge": (CLIPImageProcessorPil, dict(size={"shortest_edge": 45}, crop_size=size)),
        "not resized": (DeiTImageProcessorPil, dict(do_resize=False, crop_size=size)),
    }
    answers = {}
    for name, (kind, settings) in cases.items():
        processor = kind(**settings)
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        answers[name] = {
            "preprocessor_config": json.loads(processor.to_json_string()),
            "probabilities": probabilities(model, pixels),
        }
    kind, settings = cases["lanczos"]
    kind(**settings).save_pretrained(folder)
    return {"labels": list(labels.values()), "cases": answers}


def timm_folder():
    folder = fresh("timm")
    labels = ["n02123045", "n02124075", "n02127052"]
    model = timm.create_model(
        "vit_tiny_patch16_224",
        img_size=(16, 64),
        patch_size=8,
        embed_dim=16,
        depth=2,
        num_heads=4,
        mlp_ratio=1.5,
        num_classes=3,
        global_pool="avg",
        fc_norm=False,
    )
    randomize(model, 2)
    save_for_hf(
        model,
        folder,
        model_config={
            "label_names": labels,
            "label_descriptions": dict(zip(labels, ["tabby", "Egyptian cat", "lynx"])),
        },
        data_config={"crop_pct": 0.8, "interpolation": "bilinear", "mean": IMAGENET["image_mean"], "std": [0.25]},
        safe_serialization=True,
    )
    answers = {}
    cfg, name, args = load_model_config_from_path(folder)
    again = timm.create_model(name, **args)
    again.load_state_dict(model.state_dict())
    cases = {
        "as saved": {},
        "lanczos": {"interpolation": "lanczos"},
        "squash": {"crop_mode": "squash", "interpolation": "nearest"},
        "border": {"crop_mode": "border", "interpolation": "hamming"},
        "defaults": {"crop_pct": None, "interpolation": None, "mean": None, "std": None, "crop_mode": None},
    }
    for case, settings in cases.items():
        used = {key: value for key, value in {**cfg, **settings}.items() if value is not None}
        transform = create_transform(**resolve_data_config({}, pretrained_cfg=used))
        answers[case] = {
            "pretrained_cfg": settings,
            "probabilities": probabilities(again.eval(), transform(picture)[None]),
        }
    return {"labels": ["tabby", "Egyptian cat", "lynx"], "cases": answers}


answers = {"transformers": transformers_folder(), "timm": timm_folder()}
(here / "answers.json").write_text(json.dumps(answers, indent=2) + "\n")
