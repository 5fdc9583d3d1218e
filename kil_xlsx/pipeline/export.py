"""Writing the coordinator's own data: everything that came back, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK
from kil_xlsx.pipeline.outputs import MayReplace, Outputs
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.reading import Returned, Sources, none_readable, taken


@dataclass(frozen=True)
class Exported:
    """What :func:`export` did: what was read, and the files that it wrote."""

    returned: Returned
    folder: Path
    files: tuple[Path, ...]


def export(
    sources: Sources,
    out: Path,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    texts: bool = False,
    password: str | None = None,
    force: MayReplace = False,
    progress: Progress = quiet,
) -> Exported:
    """Read returns and write all that they say as tidy tables, CSV and Parquet, to a folder.

    :param sources: files and folders, or returns that have been read already.
    :param texts: whether the words that people wrote are written too.
    :param password: what locked files are opened with, in memory only.
    :raises OutputError: a file is there already and ``force`` is not set, or one cannot be written.
    :raises KilXlsxError: no file could be read.
    """
    from kil_xlsx.results.export import export_files, file_names

    targets = {name: out / name for name in file_names(texts=texts)}
    with Outputs(tuple(targets.values()), force=force) as outputs:  # said before the reading rather than after it
        returned = taken(sources, framework, password=password, progress=progress)
        if all(reading.refused for reading in returned.readings):
            raise none_readable(sources, framework, "there is nothing to export")
        files = export_files(returned.readings, returned.instruments, returned.framework, texts=texts)
        for name, content in files.items():
            outputs.add(targets[name], content)
        outputs.commit()
    return Exported(returned, out, tuple(targets.values()))
