"""DenseNet-121 with random weights under the names of torchxrayvision: see ../README.md."""

from . import models  # noqa: F401
