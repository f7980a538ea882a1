"""The recipe of a scene file in PyTorch: networks with batch normalisation folded in, taps, losses, margin, soft colour."""

import json
import math

import torch
import torch.nn.functional as F

MEANS = torch.tensor([-103.939, -116.779, -123.68])


def read_scene(path):
    """The arrays and the recipe of a scene: a safetensors file whose metadata holds the recipe as JSON."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        recipe = json.loads(header.pop("__metadata__")["recipe"])
        arrays = {}
        for name, entry in header.items():  # in the order of the file
            begin, end = entry["data_offsets"]
            data = torch.frombuffer(bytearray(file.read(end - begin)), dtype=torch.float32)
            arrays[name] = data.reshape(entry["shape"])
    return arrays, recipe


def vgg(arrays, x, wanted):
    found, block = {}, 1
    for name in (key[: -len(".weight")] for key in arrays if key.endswith(".weight")):
        if int(name[5]) > block:
            x, block = F.max_pool2d(x, 2), int(name[5])
        x = F.relu(F.conv2d(x, arrays[name + ".weight"], arrays[name + ".bias"], padding=1))
        if name in wanted:
            found[name] = x
        if len(found) == len(wanted):
            return found


def resnet50(arrays, x, wanted):
    def conv(x, name, stride=1):
        weight = arrays[name + ".weight"]
        return F.conv2d(x, weight, arrays[name + ".bias"], stride=stride, padding=weight.shape[2] // 2)

    x = F.relu(conv(x, "conv1", 2))
    found = {"conv1": x} if "conv1" in wanted else {}
    x = F.max_pool2d(x, 3, 2, 1)
    for stage, depth in zip("2345", (3, 4, 6, 3)):
        for block in (stage + letter for letter in "abcdef"[:depth]):
            if len(found) == len(wanted):
                return found
            stride = 2 if block[1] == "a" and stage != "2" else 1
            y = F.relu(conv(x, block + "_branch2a", stride))
            y = F.relu(conv(y, block + "_branch2b"))
            y = conv(y, block + "_branch2c")
            x = F.relu(y + (conv(x, block + "_branch1", stride) if block[1] == "a" else x))
            if block in wanted:
                found[block] = x
    return found


NETWORKS = {"vgg19": vgg, "resnet50": resnet50}


def mirror(x, margin):
    """Mirrors outwards, the outermost pixels included, which no mode of `F.pad` does."""
    if margin == 0:
        return x
    x = torch.cat([x[:, :, :margin].flip(2), x, x[:, :, -margin:].flip(2)], 2)
    return torch.cat([x[..., :margin].flip(3), x, x[..., -margin:].flip(3)], 3)


def soft_kernel():
    """Leaves brightness, the mean of the channels, and blurs colour, what each channel departs from it."""
    row = torch.tensor([1.0, 4, 6, 4, 1]) / 16
    blur = row[:, None] * row
    sharp = torch.zeros(5, 5)
    sharp[2, 2] = 1
    return torch.eye(3)[:, :, None, None] * blur + (sharp - blur) / 3


def gram(x):
    f = x.flatten(2)[0]
    return f @ f.T / f.shape[1]


def relative(x, target):
    return ((x - target) ** 2).sum() / (target**2).sum()


def mean_over(taps, loss):
    return sum(weight * loss(tap) for tap, weight in taps.items()) / sum(taps.values())


class Objective:
    """The losses of `start` plus a change, against a content and a style picture `[1, 3, H, W]`."""

    def __init__(self, arrays, recipe, content, style, start, memory_format=torch.contiguous_format):
        self.recipe, self.start = recipe, start
        self.format = memory_format
        self.arrays = {
            name: x.contiguous(memory_format=memory_format) if x.dim() == 4 else x for name, x in arrays.items()
        }
        self.network = NETWORKS[recipe["network"]]
        self.kernel = soft_kernel()
        taps = recipe["contentTaps"], recipe["styleTaps"]
        self.wanted = set(taps[0]) | set(taps[1])
        with torch.no_grad():
            maps = self.features(content)
            self.content = {tap: maps[tap].clone() for tap in taps[0]}
            maps = self.features(style)
            self.style = {tap: gram(self.projected(maps[tap])) for tap in taps[1]}

    def features(self, picture):
        seen = mirror(picture, min(self.recipe["margin"], *picture.shape[2:]))
        seen = seen.flip(1) * 255 + MEANS[:, None, None]
        maps = self.network(self.arrays, seen.contiguous(memory_format=self.format), self.wanted)
        return {tap: self.crop(x, picture.shape[2], seen.shape[2]) for tap, x in maps.items()}

    def projected(self, x):
        """Onto the recipe's directions, where the scene has some for this many channels."""
        kernels = self.arrays.get(f"{x.shape[1]}.projection")
        if kernels is None:
            return x
        return F.conv2d(x, kernels[:, :, None, None], groups=x.shape[1] // kernels.shape[1])

    def crop(self, x, height, padded):
        margin = (padded - height) // 2
        stride = 2 ** round(math.log2(padded / x.shape[2]))
        m = margin // stride
        return x[:, :, m : x.shape[2] - m, m : x.shape[3] - m] if m else x

    def picture(self, change):
        soft = F.conv2d(mirror(change, 2), self.kernel) if self.recipe["soft"] else change
        return self.start + soft

    def losses(self, change):
        """`total` can be differentiated; the parts are not weighted."""
        recipe, picture = self.recipe, self.picture(change)
        maps = self.features(picture)
        content = mean_over(recipe["contentTaps"], lambda tap: relative(maps[tap], self.content[tap]))
        style = mean_over(recipe["styleTaps"], lambda tap: relative(gram(self.projected(maps[tap])), self.style[tap]))
        tv = (picture.diff(dim=2) ** 2).mean() + (picture.diff(dim=3) ** 2).mean()
        total = recipe["contentWeight"] * content + recipe["styleWeight"] * style + recipe["tvWeight"] * tv
        return {"content": content, "style": style, "tv": tv, "total": total}
