"""From the model disk to the folder that a power cut leaves, with its derived files treated as what they are."""

from __future__ import annotations

from random import Random

from tests.faults.disk_model import DiskModel, Unsupported

DERIVED = "/derived/"
"""Made anew from the segments at any start: only these files may be written through mappings, which no trace shows."""


def cut_image(model: DiskModel, random: Random) -> dict[str, bytes | None]:
    """What a cut leaves. Mapped files hold anything or are gone; now and then all derived files are gone.

    Mapped is the shared-memory index of SQLite's write-ahead log, which SQLite itself makes anew when it finds nobody
    using it. Raises Unsupported for any other mapped file.
    """
    stray = [path for path in model.mapped if DERIVED not in f"/{path}"]
    if stray:
        raise Unsupported(f"{stray[0]} is written through a shared mapping")
    image = model.after_cut()
    if random.random() < 0.1:
        return {path: content for path, content in image.items() if DERIVED not in f"/{path}/"}
    for path in model.mapped:
        content = image.pop(path, None)
        if content is not None and random.random() < 0.5:
            image[path] = random.randbytes(len(content))
    return image
