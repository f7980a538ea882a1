"""One step in PyTorch, as bench/peer.ts asks for it: python step.py <scene> <layout> [compile]"""

import json
import resource
import sys
import time

import torch
from recipe import Objective, read_scene

scene, layout, *mode = sys.argv[1:]
arrays, recipe = read_scene(scene)
pictures = {name: arrays.pop(name)[None] for name in ("content", "style", "change")}
change = pictures["change"].requires_grad_()
start = pictures["content"]
objective = Objective(arrays, recipe, start, pictures["style"], start, getattr(torch, layout))
evaluate = torch.compile(objective.losses) if mode else objective.losses


def step():
    losses = evaluate(change)
    change.grad = None
    losses["total"].backward()
    return {name: loss.item() for name, loss in losses.items()}


def losses():
    found = step()
    return {**found, "gradient": change.grad.norm().item()}


def timed():
    began = time.perf_counter()
    step()
    return {"ms": (time.perf_counter() - began) * 1000}


def answer(values):
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**values, "peakMemory": memory}), flush=True)


answer({"engine": f"PyTorch {torch.__version__} ({'compiled' if mode else 'eager'}, {layout}, {torch.get_num_threads()} threads)"})
for request in sys.stdin:
    answer(losses() if request.strip() == "losses" else timed())
