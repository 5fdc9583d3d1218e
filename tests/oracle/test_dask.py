"""Reading, importing and generating on a Dask cluster: a real scheduler, and workers in processes of their own."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from collections_made import Made, listed, make, with_an_error
from corpus.hostile import CASES
from daskcluster import DaskCluster
from oracle.cases import office_is_required

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.errors import KilXlsxError
from kil_xlsx.pipeline.collection.importing import take_in
from kil_xlsx.pipeline.collection.sources import gathered
from kil_xlsx.pipeline.executing import executor, in_order

pytestmark = pytest.mark.oracle

NOW = datetime(2026, 5, 4, 10, 30)
HOSTILE = ("kind-pdf", "ods-sound", "xml-billion-laughs", "cell-twice", "kind-csv")
OTHER = Path(__file__).parents[1] / "fixtures" / "other-framework"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Give two workers in processes of their own; without Dask, skip, or fail where it is required."""
    if not office_is_required():
        pytest.importorskip("distributed")
    with DaskCluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, so that all that is recorded can be compared."""
    monkeypatch.setattr(pipeline, "now", lambda: NOW)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give a collection and what came back: sound and faulty returns, copies of them, an archive and hostile files."""
    home = tmp_path_factory.mktemp("whole")
    made = make(home / "round", listed(4, 20))
    returns = home / "returns"
    returns.mkdir()
    for at, name in enumerate(made.names):
        wanted = made.wanted[name]
        typed = with_an_error(wanted.plan) if at % 5 == 0 else None
        (returns / f"{at:02}.xlsx").write_bytes(made.workbook(name, seed=at + 1, typed=typed))
    shutil.copy(returns / "03.xlsx", returns / "03 again.xlsx")
    for at in (2, 7):
        (returns / f"{at:02} revised.xlsx").write_bytes(made.workbook(made.names[at], seed=90 + at))
    for name in HOSTILE:
        (returns / f"{name}.xlsx").write_bytes(CASES[name].make())
    return made


def copied(made: Made, home: Path) -> Made:
    shutil.copytree(made.folder.parent, home)
    return Made(home / "round", made.rows, made.round_id, made.wanted)


def ran(*arguments: object) -> Result:
    found = CliRunner().invoke(main, [str(each) for each in arguments])
    assert isinstance(found.exception, SystemExit | None), found.output
    assert found.exit_code in (0, 1), found.output
    return found


def what_is_in(made: Made) -> dict[str, object]:
    """The whole store, what is exported of it byte for byte, and how each organisation stands."""
    ran("-C", made.folder, "export", "--texts", "--out", made.folder.parent / "data")
    database = sqlite3.connect(made.place.database)
    records = list(database.iterdump())
    database.close()
    return {
        "records": records,
        "originals": sorted((path.name, path.read_bytes()) for path in (made.folder / "originals").rglob("*.*")),
        "export": {path.name: path.read_bytes() for path in (made.folder.parent / "data").iterdir()},
        "status": ran("-C", made.folder, "status", "--json").output,
    }


@pytest.fixture(scope="module")
def truth(whole: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Give what an import on this computer alone comes to."""
    here = copied(whole, tmp_path_factory.mktemp("truth") / "here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "now", lambda: NOW)
        said = ran("-C", here.folder, "import", here.folder.parent / "returns", "--json").stdout
        return {"said": said, **what_is_in(here)}


def readers_of(cluster: DaskCluster) -> list[int]:
    """How many processes of its own each worker has."""
    psutil = pytest.importorskip("psutil")
    return [len(psutil.Process(worker.pid).children()) for worker in cluster.workers]


def test_an_import_on_two_workers_gives_the_same_store(
    cluster: DaskCluster, whole: Made, truth: dict[str, object], tmp_path: Path
) -> None:
    """What is said, the records, the originals, the status and the export are the same, byte for byte."""
    there = copied(whole, tmp_path / "there")
    folder = there.folder.parent / "returns"
    said = ran("-C", there.folder, "import", folder, "--json", "--executor", cluster.address).stdout
    assert {"said": said, **what_is_in(there)} == truth
    assert min(readers_of(cluster)) >= 1, "each worker has read some, out of harm's way"
    again = ran("-C", there.folder, "import", folder, "--json", "--executor", cluster.address).stdout
    assert '"accepted"' not in again
    assert what_is_in(there) == {name: each for name, each in truth.items() if name != "said"}


@pytest.mark.parametrize("more", [("--json",), ("--csv",), ("--json", "--second-reader")])
def test_reading_on_two_workers_says_the_same(cluster: DaskCluster, whole: Made, more: tuple[str, ...]) -> None:
    """Sound, faulty and hostile files, in their order, the second reader's opinion included."""
    folder = whole.folder.parent / "returns"
    here, there = (ran("read", folder, *more, *where) for where in ((), ("--executor", cluster.address)))
    assert (here.exit_code, here.stdout) == (there.exit_code, there.stdout)
    assert here.stdout.count("Hub") > 10


def test_a_framework_of_ones_own_need_not_be_on_the_workers(cluster: DaskCluster, tmp_path: Path) -> None:
    """It travels with the work: the folder is known here only by a path that means nothing to a worker."""
    framework = tmp_path / "own"
    shutil.copytree(OTHER, framework)
    for where, more in (("here", ()), ("there", ("--executor", cluster.address))):
        ran("generate", "--framework", framework, "--created", "2026-05-01", "--out", tmp_path / where, *more)
    here, there = (sorted((tmp_path / where).iterdir()) for where in ("here", "there"))
    assert [path.read_bytes() for path in here] == [path.read_bytes() for path in there]
    known = ran("read", tmp_path / "here", "--framework", framework, "--json").stdout
    on_workers = ran("read", tmp_path / "here", "--framework", framework, "--json", "--executor", cluster.address)
    assert on_workers.stdout == known


def test_workbooks_made_on_two_workers_are_the_same(cluster: DaskCluster, whole: Made, tmp_path: Path) -> None:
    """Those of a list, alike or filled in beforehand, byte for byte."""
    given = ("--organisations", whole.folder / "organisations.csv", "--round", "2027", "--created", "2026-05-01")
    before = tmp_path / "before"
    before.mkdir()
    for path in (whole.folder.parent / "returns").glob("[0-9][0-9].xlsx"):
        shutil.copy(path, before)
    for name, more in (("plain", ()), ("filled", ("--previous", before))):
        for where in ((), ("--executor", cluster.address)):
            ran("generate", *given, *more, "--out", tmp_path / f"{name}-{len(where)}", *where)
        here, there = (sorted((tmp_path / f"{name}-{many}").iterdir()) for many in (0, 2))
        assert len(here) == len(whole.names)
        assert [(path.name, path.read_bytes()) for path in here] == [(path.name, path.read_bytes()) for path in there]


def test_a_worker_that_dies_half_way_loses_nothing(whole: Made, truth: dict[str, object], tmp_path: Path) -> None:
    """What it was reading is read by another, and the store is the same in the end."""
    there = copied(whole, tmp_path / "there")
    with DaskCluster(tmp_path / "dask") as cluster, there.open() as collection:
        done: list[str] = []

        def kill_one(happened: object) -> None:
            done.append(str(happened))
            if len(done) == 2:
                cluster.workers[0].kill()

        items = gathered([there.folder.parent / "returns"])
        take_in(collection, items, executor=cluster.address, on_each=kill_one)
    assert len(done) > len(there.names)
    assert what_is_in(there) == {name: each for name, each in truth.items() if name != "said"}


def test_a_scheduler_that_dies_stops_the_import_and_the_next_one_goes_on(
    whole: Made, truth: dict[str, object], tmp_path: Path
) -> None:
    """It is said plainly; what was in is in, and the rest comes in with the next run, here."""
    there = copied(whole, tmp_path / "there")
    folder = there.folder.parent / "returns"
    with DaskCluster(tmp_path / "dask") as cluster, there.open() as collection:

        def kill(happened: object) -> None:
            cluster.scheduler.kill()

        with pytest.raises(KilXlsxError, match="The connection to the Dask scheduler"):
            take_in(collection, gathered([folder]), executor=cluster.address, on_each=kill)
        assert 0 < len(collection.store.received()) < len(there.names)
    ran("-C", there.folder, "import", folder)
    exported = {name: what_is_in(there)[name] for name in ("originals", "export")}
    assert exported == {name: truth[name] for name in exported}


def test_work_on_a_cluster_gives_results_in_order_and_passes_errors_on(cluster: DaskCluster) -> None:
    """However long each takes; what a piece of work raises is raised here."""
    with executor(cluster.address) as there:
        assert list(in_order(there, str, range(30))) == [str(each) for each in range(30)]
        with pytest.raises(ValueError, match="invalid literal"):
            list(in_order(there, int, ["1", "2", "x", "4"]))


def test_a_worker_with_something_else_installed_is_refused(tmp_path: Path) -> None:
    """One that joins while the work goes on, and one that is there already."""
    what = "xlsxwriter is 0.0.1 there"
    with DaskCluster(tmp_path / "dask", workers=1) as cluster:
        with pytest.raises(KilXlsxError, match=what) as late, executor(cluster.address) as there:
            results = in_order(there, time.sleep, [0.2] * 60)
            next(results)
            cluster.add_worker(unlike=True)
            list(results)
        assert "pip install kil_xlsx==" in late.value.remedy
        with pytest.raises(KilXlsxError, match=what), executor(cluster.address):
            pass


def test_a_worker_without_the_program_is_refused(tmp_path: Path) -> None:
    """The message says which, and what to install."""
    with DaskCluster(tmp_path / "dask", workers=0) as cluster:
        cluster.add_worker(without=True)
        with pytest.raises(KilXlsxError, match="kil_xlsx is missing there") as said, executor(cluster.address):
            pass
    assert "The worker at tcp://127.0.0.1:" in said.value.message


def test_a_cluster_without_workers_or_without_a_scheduler_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is waited for for long, and each message says what to start."""
    monkeypatch.setattr("kil_xlsx.pipeline.executing._CONNECT_SECONDS", 1)
    with DaskCluster(tmp_path / "dask", workers=0) as cluster:
        with pytest.raises(KilXlsxError, match="has no workers") as none, executor(cluster.address):
            pass
        assert "dask worker tcp://127.0.0.1:" in none.value.remedy
    with pytest.raises(KilXlsxError, match="cannot be reached"), executor(cluster.address):
        pass
