"""One step of a painting in PyTorch, as bench/step.ts times it in Velatura: the same network, taps, losses and size.

    python3 bench/pytorch.py <network> <width> <height> [runs]

Batch normalisation is folded into the convolutions, and the weights are frozen. Prints a line of JSON.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F


def conv(out_channels, in_channels, kernel):
    scale = (6 / (in_channels * kernel * kernel)) ** 0.5
    weight = (torch.rand(out_channels, in_channels, kernel, kernel) * 2 - 1) * scale
    return weight, torch.zeros(out_channels)


def vgg(depths):
    widths = [64, 128, 256, 512, 512]
    layers, channels = [], 3
    for block, depth in enumerate(depths):
        for i in range(depth):
            layers.append((f"block{block + 1}_conv{i + 1}", block, conv(widths[block], channels, 3)))
            channels = widths[block]

    def features(x, wanted):
        found, at = {}, 0
        for name, block, (weight, bias) in layers:
            if len(found) == len(wanted):
                break
            if block > at:
                x, at = F.max_pool2d(x, 2), block
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
            if name in wanted:
                found[name] = x
        return found

    return features


def resnet50():
    stem = conv(64, 3, 7)
    blocks, channels = [], 64
    for stage, depth in enumerate([3, 4, 6, 3]):
        width = 64 * 2**stage
        for i in range(depth):
            stride = 2 if i == 0 and stage > 0 else 1
            block = [conv(width, channels, 1), conv(width, width, 3), conv(4 * width, width, 1)]
            shortcut = conv(4 * width, channels, 1) if i == 0 else None
            blocks.append((f"{stage + 2}{'abcdef'[i]}", stride, block, shortcut))
            channels = 4 * width

    def features(x, wanted):
        found = {}
        x = F.relu(F.conv2d(x, *stem, stride=2, padding=3))
        if "conv1" in wanted:
            found["conv1"] = x
        x = F.max_pool2d(x, 3, 2, 1)
        for name, stride, (a, b, c), shortcut in blocks:
            if len(found) == len(wanted):
                break
            y = F.relu(F.conv2d(x, *a, stride=stride))
            y = F.relu(F.conv2d(y, *b, padding=1))
            y = F.conv2d(y, *c)
            x = F.relu(y + (x if shortcut is None else F.conv2d(x, *shortcut, stride=stride)))
            if name in wanted:
                found[name] = x
        return found

    return features


FIRST = [f"block{i}_conv1" for i in range(1, 6)]
RECIPES = {
    "resnet50": (resnet50, ["4c"], ["conv1", "2a", "2c", "3b", "3d", "4b", "4f"]),
    "vgg19": (lambda: vgg([2, 2, 4, 4, 4]), ["block5_conv2"], FIRST),
    "vgg16": (lambda: vgg([2, 2, 3, 3, 3]), ["block5_conv2"], FIRST),
}


def gram(x):
    f = x.flatten(2)[0]
    return f @ f.T / f.shape[1]


def main(name, width, height, runs=9):
    torch.manual_seed(0)
    build, content_taps, style_taps = RECIPES[name]
    network = build()
    wanted = set(content_taps + style_taps)
    means = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)

    def features(picture):
        return network(picture.flip(1) * 255 - means, wanted)

    with torch.no_grad():
        content = {tap: x for tap, x in features(torch.rand(1, 3, height, width)).items() if tap in content_taps}
        style = {tap: gram(x) for tap, x in features(torch.rand(1, 3, height, width)).items() if tap in style_taps}
    picture = torch.rand(1, 3, height, width, requires_grad=True)

    def step():
        found = features(picture)
        c = sum(((found[t] - p) ** 2).sum() / (p**2).sum() for t, p in content.items()) / len(content)
        s = sum(((gram(found[t]) - a) ** 2).sum() / (a**2).sum() for t, a in style.items()) / len(style)
        down, across = picture.diff(dim=2), picture.diff(dim=3)
        loss = 0.08 * c + s + 0.05 * ((down**2).mean() + (across**2).mean())
        picture.grad = None
        loss.backward()
        return loss.item()

    for _ in range(2):
        step()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        step()
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    print(
        json.dumps(
            {
                "network": name,
                "width": width,
                "height": height,
                "median": times[len(times) // 2],
                "fastest": times[0],
                "runs": runs,
                "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "engine": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads",
            }
        )
    )


main(sys.argv[1], *map(int, sys.argv[2:]))
