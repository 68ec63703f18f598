"""PyTorch on the CPU, with timm's model of the same sizes. Speaks as serve.ts does."""
import json, resource, sys, time

import timm
import torch

task = json.loads(sys.argv[1])
torch.set_num_threads(task["threads"])
sizes = {"ViT-Ti_16": "tiny", "ViT-S_16": "small", "ViT-B_16": "base", "ViT-L_16": "large"}
model = timm.create_model(f"vit_{sizes[task['variant']]}_patch16_224", num_classes=1000).train()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
pixels = torch.rand(task["batch"], 3, 224, 224) * 2 - 1
classes = torch.arange(task["batch"]) * 37 % 1000


def tell(data):
    print(json.dumps(data), flush=True)


tell({"description": f"PyTorch {torch.__version__}, timm {timm.__version__}"})
for _ in sys.stdin:
    start = time.perf_counter()
    loss = torch.nn.functional.cross_entropy(model(pixels), classes)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    milliseconds = 1000 * (time.perf_counter() - start)
    tell({"loss": loss.item(), "milliseconds": milliseconds, "peak": peak})
