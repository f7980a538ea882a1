"""A painting in PyTorch, by Velatura's recipe: python paint.py <scene> <strong_wolfe|none> <layout> <output.ppm> <loss>

The scene holds content and style at each scale (`content 128`, `style 128`, ...), already decoded and resampled. The last
scale takes as many steps as that loss needs, at most four times those of the recipe. Prints a line of JSON for each
evaluation of the objective: the scale, and the lowest loss so far.
"""

import json
import resource
import sys

import torch
import torch.nn.functional as F
from recipe import Objective, read_scene


class Enough(Exception):
    """The scale has had its evaluations."""


def paint_scale(objective, scale, evaluations, line_search, goal):
    """Takes so many evaluations, or fewer where a loss as low as the goal is reached."""
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
        if done == evaluations or best[0] <= goal:
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
        while done < evaluations and best[0] > goal:
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


def main(scene, line_search, layout, output, loss):
    arrays, recipe = read_scene(scene)
    pictures = {name: arrays.pop(name)[None] for name in list(arrays) if " " in name}
    start = pictures[f"content {recipe['scales'][0]}"]
    search = None if line_search == "none" else line_search
    for level, (scale, evaluations) in enumerate(zip(recipe["scales"], recipe["steps"])):
        content, style = pictures[f"content {scale}"], pictures[f"style {scale}"]
        if level > 0:
            change = F.interpolate(picture - before, content.shape[2:], mode="bicubic", align_corners=False)
            start = (content + change).clamp(0, 1)
        objective = Objective(arrays, recipe, content, style, start, getattr(torch, layout))
        if level == len(recipe["scales"]) - 1:
            picture = paint_scale(objective, scale, 4 * evaluations, search, float(loss))
        else:
            picture, before = paint_scale(objective, scale, evaluations, search, 0), content
    write_ppm(output, picture)
    print(json.dumps({"peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main(*sys.argv[1:])
