"""What the command line keeps of a training in its folder besides checkpoints: sealed settings and a recorded run."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wgan_lib import files, runs
from wgan_lib.files import DamagedFileError
from wgan_lib.presets.preset import Preset
from wgan_lib.runs import Run
from wgan_lib.training import Recorder

SETTINGS, RUN = "settings.json", "run.npz"
_KINDS = {"preset": str, "seed": int, "data": str, "record_every": int, "threads": int, "arguments": dict}
_ARGUMENTS = {"seed", "device", "batch_size", "critic_steps", "checkpoint_every", "certify_every", "n_steps"}


def holds_settings(folder: Path) -> bool:
    """Say whether a training was begun in the folder. Chapter: full-models."""
    return (folder / SETTINGS).exists()


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write what a training is rebuilt from; OSError as ``files.write_atomically``. Chapter: full-models."""
    files.write_sealed_json(folder / SETTINGS, settings)


def read_settings(folder: Path) -> dict[str, Any]:
    """Return what ``write_settings`` was given.

    Raises FileNotFoundError for a folder without settings, DamagedFileError for settings that were changed.
    Chapter: full-models.
    """
    if not (folder / SETTINGS).is_file():
        raise FileNotFoundError(f"{folder} holds no {SETTINGS}: it is not a folder that 'train' wrote")
    settings = files.read_sealed_json(folder / SETTINGS, unsealed=_KINDS)
    odd = [name for name, kind in _KINDS.items() if not isinstance(settings.get(name), kind)]
    odd += [name for name in ("record_every", "threads") if name not in odd and settings[name] < 1]
    more = {"own": dict, "machine": dict}  # what some trainings have besides
    odd += [name for name, kind in more.items() if not isinstance(settings.get(name, {}), kind)]
    if odd or not settings["arguments"].keys() <= _ARGUMENTS:
        wrong = ", ".join(odd or settings["arguments"].keys() - _ARGUMENTS)
        raise DamagedFileError(f"{folder / SETTINGS} is damaged: no training was begun with such {wrong}; train anew")
    return settings


def saver(folder: Path, recorder: Recorder, preset: Preset) -> Callable[[], None]:
    """Return what saves the recorded run, behind the frames of the training that is resumed, if anything is new.

    Chapter: full-models.
    """
    earlier: list[Run | None] = []
    saved = 0

    def save() -> None:
        nonlocal saved
        if len(recorder) == saved:
            return
        run = recorder.run(preset=preset.name, source=preset.source)
        if not earlier:
            first = int(run["index"][0])
            earlier.append(_frames_before(folder / RUN, first) if first else None)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} was deleted while it was trained into")
        (run if earlier[0] is None else earlier[0].then(run)).save(folder / RUN)
        saved = len(recorder)

    return save


def _frames_before(path: Path, index: int) -> Run | None:
    """Return the recorded frames that the resumed training will not make again."""
    try:
        run = runs.load(path)
    except (FileNotFoundError, DamagedFileError) as error:
        print(f"the recorded run starts anew at step {index}: {error}", file=sys.stderr)
        return None
    kept = int((run["index"] < index).sum())
    return run.first(kept) if kept else None
