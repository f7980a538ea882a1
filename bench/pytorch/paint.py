"""A painting in PyTorch, by Velatura's recipe: python paint.py <scene> <strong_wolfe|none> <layout> <output.ppm>

The scene holds content and style at each scale (`content 128`, `style 128`, ...), already decoded and resampled. Prints
a line of JSON for each evaluation of the objective: the scale, and the lowest loss so far.
"""

import json
import resource
import sys

import torch
import torch.nn.functional as F
from recipe import Objective, read_scene


class Enough(Exception):
    """The scale has had its evaluations."""


def paint_scale(objective, scale, evaluations, line_search):
    change = torch.zeros_like(objective.start).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [change],
        max_iter=evaluations,
        max_eval=evaluations,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn=line_search,
    )
    best, done = (float("inf"), None), 0

    def closure():
        nonlocal best, done
        if done == evaluations:
            raise Enough
        done += 1
        change.grad = None
        loss = objective.losses(change)["total"]
        loss.backward()
        if loss.item() < best[0]:
            best = loss.item(), change.detach().clone()
        print(json.dumps({"scale": scale, "step": done, "loss": best[0]}), flush=True)
        return loss

    try:
        while done < evaluations:
            before = done
            optimizer.step(closure)
            if done <= before + 1:
                break
    except Enough:
        pass
    with torch.no_grad():
        return objective.picture(best[1]).clamp(0, 1)


def write_ppm(path, picture):
    pixels = (picture[0].permute(1, 2, 0) * 255).round().to(torch.uint8).contiguous()
    with open(path, "wb") as file:
        file.write(b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.numpy().tobytes())


def main(scene, line_search, layout, output):
    arrays, recipe = read_scene(scene)
    pictures = {name: arrays.pop(name)[None] for name in list(arrays) if " " in name}
    picture = None
    for scale, evaluations in zip(recipe["scales"], recipe["steps"]):
        content, style = pictures[f"content {scale}"], pictures[f"style {scale}"]
        if picture is None:
            start = content
        else:
            start = F.interpolate(picture, content.shape[2:], mode="bicubic", align_corners=False).clamp(0, 1)
        objective = Objective(arrays, recipe, content, style, start, getattr(torch, layout))
        picture = paint_scale(objective, scale, evaluations, None if line_search == "none" else line_search)
    write_ppm(output, picture)
    print(json.dumps({"peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main(*sys.argv[1:])
