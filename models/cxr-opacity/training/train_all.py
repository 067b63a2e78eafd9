"""From the data to the model folder, by one command.

Pretrains, trains the members of a recipe (and of its teachers') in --jobs processes, fits and
measures the input detector, judges all out of fold, tries the shortcuts, and writes
model.onnx, manifest.json and the card's tables. A step whose file is there is not done again:
after an interruption, call it anew. The test part is not touched.
"""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import labels
from recipes import RECIPES, SHIPPED, member_name

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent


@dataclass(frozen=True)
class Step:
    """A command, the file that it leaves (None: done each time), and the files that it needs."""

    name: str
    command: tuple[str, ...]
    makes: Path | None
    needs: tuple[Path, ...] = field(default=())


def member_steps(args, recipe: str) -> list[Step]:
    """Teachers first. Each member leaves NAME-foldK.npz."""
    r = RECIPES[recipe]
    steps = member_steps(args, r.teachers) if r.teachers else []
    for seed in args.seeds:
        for fold in range(labels.FOLDS):
            name = member_name(recipe, seed)
            command = ["train.py", "fold", "--dataset", args.dataset, "--coco", args.coco, "--work", args.work, "--name", name]
            command += ["--fold", fold, "--seed", seed, "--size", r.size, "--epochs", r.epochs, "--mix", r.mix, "--init", r.init]
            needs = [args.work / "pretrained.pt"]
            if r.teachers:
                names = [member_name(r.teachers, s) for s in args.seeds]
                command += ["--teachers", *names]
                needs += [args.work / f"{n}-fold{fold}.npz" for n in names]
            steps.append(Step(f"{name} fold {fold}", tuple(map(str, command)), args.work / f"{name}-fold{fold}.npz", tuple(needs)))
    return steps


def plan(args) -> list[list[Step]]:
    """Stages: what is in one stage may run side by side once what it needs is there."""
    pretrained = args.work / "pretrained.pt"
    pretrain = ["train.py", "pretrain", "--kermany", args.kermany, "--coco", args.coco, "--work", args.work, "--epochs", 3]
    members = [Step("pretraining on children's radiographs", tuple(map(str, pretrain)), pretrained), *member_steps(args, args.recipe)]
    if args.members_only:
        return [members]
    names = [member_name(args.recipe, s) for s in args.seeds]
    size = RECIPES[args.recipe].size
    common = ["--dataset", args.dataset, "--work", args.work]
    finish = [
        ("evaluation", ["evaluate.py", "cv", *common, "--names", *names, "--card", MODEL / "MODEL_CARD.md"]),
        ("shortcuts", ["shortcuts.py", *common, "--names", *names, "--size", size, "--card", MODEL / "MODEL_CARD.md"]),
        ("input check", [
            "input_check.py", *common, "--coco", args.coco, "--kermany", args.kermany, "--size", size,
            "--dicom", *args.dicom, "--phantoms", *args.phantoms, "--card", MODEL / "MODEL_CARD.md",
        ]),
        ("export", ["export.py", *common, "--coco", args.coco, "--names", *names, "--size", size, "--out", MODEL]),
    ]
    return [members, *[[Step(name, tuple(map(str, command)), None)] for name, command in finish]]


def run(step: Step, args) -> Step:
    log = args.work / f"{step.name.replace(' ', '-')}.log"
    # On the small matrices of the preprocessing more threads cost six times the processor time.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with open(log, "a") as out:
        command = [sys.executable, *step.command]
        code = subprocess.run(command, cwd=HERE, env=environment, stdout=out, stderr=subprocess.STDOUT).returncode
    if code != 0:
        raise SystemExit(f"{step.name} failed with {code}; see {log}")
    return step


def show(done: int, total: int, text: str) -> None:
    width = 30
    bar = "#" * (width * done // total) + "." * (width - width * done // total)
    print(f"[{bar}] {done}/{total} {text}", flush=True)


def run_stage(stage: list[Step], args, progress: "Progress") -> None:
    waiting, running = [s for s in stage if s.makes is None or not s.makes.exists()], {}
    progress.done += len(stage) - len(waiting)
    with ThreadPoolExecutor(args.jobs) as pool:
        while waiting or running:
            ready = [s for s in waiting if all(n.exists() for n in s.needs)][: args.jobs - len(running)]
            for step in ready:
                waiting.remove(step)
                running[pool.submit(run, step, args)] = step
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                progress.tell(future.result().name)
                del running[future]


class Progress:
    def __init__(self, total: int):
        self.total, self.done, self.started = total, 0, time.time()

    def tell(self, name: str) -> None:
        self.done += 1
        show(self.done, self.total, f"{name} ({(time.time() - self.started) / 60:.0f} min)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="folder with labels.csv and images/")
    parser.add_argument("kermany", type=Path, help="folder with train/ and test/, each with NORMAL and PNEUMONIA")
    parser.add_argument("coco", type=Path, help="yolox_nano_coco.onnx")
    parser.add_argument("work", type=Path, help="folder for caches, weights and predictions, outside the repository")
    parser.add_argument("--recipe", choices=RECIPES, default=SHIPPED)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--members-only", action="store_true", help="train the members and stop: to compare recipes")
    parser.add_argument("--dicom", type=Path, nargs="*", default=[], help="folders of DICOM files of other kinds, to try the input check on")
    parser.add_argument("--phantoms", type=Path, nargs="*", default=[], help="folders of files made by `radtriage generate`, for the same")
    args = parser.parse_args()
    for name in ("dataset", "kermany", "coco", "work"):
        setattr(args, name, getattr(args, name).resolve())
    args.dicom, args.phantoms = [p.resolve() for p in args.dicom], [p.resolve() for p in args.phantoms]
    args.work.mkdir(parents=True, exist_ok=True)
    stages = plan(args)
    progress = Progress(sum(len(s) for s in stages))
    for stage in stages:
        run_stage(stage, args, progress)


if __name__ == "__main__":
    main()
