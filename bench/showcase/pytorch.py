"""The showcase's run in PyTorch, from the same weights, on the same pictures in the same order.

    python bench/showcase/pytorch.py --dataset DIR --out DIR [--threads 1] [--steps 2000]

Run it in the root of a checkout whose dependencies are installed: feed.ts, in Node, draws the pictures. It writes
torch.jsonl, a line for each update, as `vitrine train` writes train.jsonl, and state.pt, every 20 updates. The same
command goes on after the last state.
"""

import argparse
import json
import os
import struct
import subprocess
import time
from functools import partial
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

HERE = Path(__file__).parent
TOGETHER = 16  # pictures of one pass: as fast as larger parts, and smaller


def feed(*words):
    """Yields the batches that feed.ts writes: learning rate, labels, pixels (NCHW)."""
    command = ["node", "--import", "tsx", str(HERE / "feed.ts"), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        head = json.loads(process.stdout.readline())
        batch, shape = head["batch"], (head["height"], head["width"], head["channels"])
        size = 8 + batch + 4 * batch * shape[0] * shape[1] * shape[2]
        for _ in range(head["batches"]):
            data = bytearray(size)
            view, read = memoryview(data), 0
            while read < size:
                count = process.stdout.readinto(view[read:])
                if not count:
                    raise SystemExit(f"{' '.join(command)} ended early")
                read += count
            (rate,) = struct.unpack_from("<d", data)
            labels = torch.frombuffer(data, dtype=torch.uint8, count=batch, offset=8).long()
            # Behind 8 bytes and a multiple of 4 labels, the floats are aligned.
            pixels = torch.frombuffer(data, dtype=torch.float32, offset=8 + batch)
            pixels = pixels.view(batch, *shape).permute(0, 3, 1, 2)
            used = labels != 255
            yield rate, labels[used], pixels[used]
        process.stdout.read()
        if process.wait() != 0:
            raise SystemExit(f"{' '.join(command)} failed")


def model_of(path):
    """timm's ViT-Ti/16 with the GELU that these weights were trained with."""
    model = timm.create_model(
        "vit_tiny_patch16_224",
        img_size=128,
        num_classes=10,
        act_layer=partial(torch.nn.GELU, approximate="tanh"),
    )
    model.load_state_dict(load_file(path), strict=True)
    return model


def update(model, optimizer, rate, labels, pixels):
    """One update. Returns the mean loss before it, and the norm of the gradients before clipping."""
    optimizer.zero_grad()
    total = 0.0
    for part in range(0, len(labels), TOGETHER):
        target = labels[part : part + TOGETHER]
        loss = cross_entropy(model(pixels[part : part + TOGETHER]), target, reduction="sum")
        total += loss.item()
        (loss / len(labels)).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return total / len(labels), norm


@torch.no_grad()
def evaluate(model, dataset, split):
    loss, right, count = 0.0, 0, 0
    for _, labels, pixels in feed(split, dataset):
        for part in range(0, len(labels), TOGETHER):
            target = labels[part : part + TOGETHER]
            logits = model(pixels[part : part + TOGETHER])
            loss += cross_entropy(logits, target, reduction="sum").item()
            right += (logits.argmax(1) == target).sum().item()
            count += len(target)
    return {"accuracy": right / count, "loss": loss / count, "pictures": count}


def save(path, state):
    """Whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, help="stop after this update")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    start, state_path = args.out / "start.safetensors", args.out / "state.pt"
    if not start.exists():
        subprocess.run(["node", "--import", "tsx", HERE / "feed.ts", "start", start], check=True)
    model = model_of(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9)
    step = 0
    if state_path.exists():
        state = torch.load(state_path)
        step = state["step"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    log_path = args.out / "torch.jsonl"
    if log_path.exists():
        # Updates after the last state are made again.
        lines = [line for line in log_path.read_text().splitlines() if json.loads(line)["step"] <= step]
        log_path.write_text("".join(f"{line}\n" for line in lines))
    with open(log_path, "a", buffering=1) as log:
        write = lambda line: log.write(json.dumps(line) + "\n")
        for rate, labels, pixels in feed("batches", args.dataset, step):
            begin = time.perf_counter()
            loss, norm = update(model, optimizer, rate, labels, pixels)
            speed = len(labels) / (time.perf_counter() - begin)
            step += 1
            write({"step": step, "loss": loss, "learningRate": rate, "imagesPerSecond": speed, "norm": norm})
            if step == args.steps:
                return
            if step % 100 == 0:
                write({"step": step, "validation": evaluate(model, args.dataset, "validation")})
            if step % 20 == 0:
                state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
                save(state_path, state)
        write({"step": step, "test": evaluate(model, args.dataset, "test")})


if __name__ == "__main__":
    main()
