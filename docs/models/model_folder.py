"""What the conversion scripts share: reading the manifest to complete, and writing the model folder.

A model folder holds model.onnx, manifest.json with its SHA-256, and MODEL_CARD.md; `radtriage models add` takes it.
"""

import hashlib
import json
import sys
from pathlib import Path

import onnx

OPSET = 13

CARD = """# {title}

Written by convert.py from manifest.json. Complete it before anybody relies on this model.

- **Intended use:** {intendedUse}
- **Licence:** {licence}
- **Attribution:** {attribution}
- **Finds:** {labels}
- **Training data and how it did:** see the source of the weights. Nothing was measured at this site yet:
  `radtriage evaluate` on images of your own, with a known truth.
- **Known limits:** not known here.
"""


def fail(message):
    sys.exit(f"convert.py: {message}")


def fail_with(what, faults):
    """Ends with every fault at once; goes on when there is none."""
    if faults:
        fail(f"{what}:\n  " + "\n  ".join(faults))


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fail(f"{path} is missing")


def add_arguments(parser, template):
    """--out and --manifest, which every script takes. `template` is the manifest beside the script."""
    parser.add_argument("--out", required=True, type=Path, help="the model folder to write; made when it is missing")
    parser.add_argument(
        "--manifest", default=template, type=Path, help="the manifest to complete (default: the one beside this script)"
    )


def write_model_folder(folder, manifest, write_network):
    """Calls write_network(path of the ONNX file), checks that file, and completes the folder around it.

    A model card that is there already stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / manifest["file"]
    write_network(model)
    onnx.checker.check_model(onnx.load(str(model)))
    manifest["sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    card = folder / "MODEL_CARD.md"
    if not card.exists():
        labels = ", ".join(label["label"] for label in manifest["labels"])
        attribution = "; ".join(manifest["attribution"])
        card.write_text(CARD.format(**{**manifest, "labels": labels, "attribution": attribution}), encoding="utf-8")
    print(f"{model}: {model.stat().st_size / 1e6:.1f} MB, sha256 {manifest['sha256']}")
