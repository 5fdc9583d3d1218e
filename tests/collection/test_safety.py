"""Whatever happens while returns are taken in, nothing is lost, nothing is in twice, and the next run goes on.

Real processes are killed, at random moments and at every point at which something is written; disks are full or
read-only, and two run at once.  How many random moments there are, the environment variable ``KIL_KILLS`` says.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from collections_made import Made, listed, make, with_an_error, zipped
from msgspec import Struct
from msgspec.structs import asdict
from msgspec.structs import replace as replaced
from oracle.cases import office_is_required

from kil_xlsx.cli.commands import main
from kil_xlsx.pipeline.collection import Place, opened
from kil_xlsx.pipeline.collection.checking import check

KILLS = int(os.environ.get("KIL_KILLS", "12"))
EVERY_POINT = "KIL_KILLS" in os.environ
"""Whether every single point of writing is tried, or a spread of them."""

_LEFT_OVER = "is not in the records: a run was stopped over it"

Preparation = Callable[[], None]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give a collection of eight organisations, and beside it the folder ``returns`` with what they sent.

    One sent twice, and the dates of the mails tell which is the later one, though it comes first; one sent two files
    that nothing tells apart; one was passed on by another; one file came in three wrappings; one has an error; one is
    no workbook.
    """
    home = tmp_path_factory.mktemp("safety")
    made = make(home / "round", listed(0, 8))
    returns = home / "returns"
    (returns / "more").mkdir(parents=True)
    for at, name in enumerate(made.names):
        data = made.workbook(name, seed=at + 1, typed=with_an_error(made.wanted[name].plan) if at == 5 else None)
        if at < 3:
            (returns / f"{at}.eml").write_bytes(made.mail(name, ("return.xlsx", data), at=at))
        elif at == 3:
            (returns / "more" / f"{at}.zip").write_bytes(zipped((f"{at}.xlsx", data), (f"copy of {at}.xlsx", data)))
        elif at < 7:
            (returns / f"{at}.xlsx").write_bytes(data)
        else:
            passed_on = made.mail(name, ("return.xlsx", data), at=at, sender=made.row(made.names[0]).email)
            (returns / f"{at}.eml").write_bytes(passed_on)
        if at == 1:
            (returns / "0 newer.eml").write_bytes(made.mail(name, ("return.xlsx", made.workbook(name, seed=99)), at=50))
        if at == 2:
            (returns / "copy.xlsx").write_bytes(data)
        if at == 4:
            (returns / "4 other.xlsx").write_bytes(made.workbook(name, seed=55))
    (returns / "letter.pdf").write_bytes(b"%PDF-1.7\nnot a workbook at all\n%%EOF\n")
    return made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give a collection of three organisations, and beside it two folders.

    ``returns`` has two returns of the first, of which the earlier one comes last, and one of the second that the first
    has passed on; ``elsewhere`` has one of the third.
    """
    home = tmp_path_factory.mktemp("small")
    made = make(home / "round", listed(0, 3))
    first, second, third = made.names
    for folder in ("returns", "elsewhere"):
        (home / folder).mkdir()
    for name, whose, at in (("1 newer", first, 50), ("2 of another", second, 3), ("3 older", first, 1)):
        mail = made.mail(whose, ("a.xlsx", made.workbook(whose, seed=at)), at=at, sender=made.row(first).email)
        (home / "returns" / f"{name}.eml").write_bytes(mail)
    (home / "elsewhere" / "b.eml").write_bytes(made.mail(third, ("b.xlsx", made.workbook(third))))
    return made


def copied(made: Made, home: Path) -> Made:
    """The collection and its returns once more, elsewhere."""
    shutil.copytree(made.folder.parent, home, dirs_exist_ok=True)
    return replace(made, folder=home / "round")


def command(made: Made, *more: str, together: bool = False) -> list[str]:
    program = ("-c", _TOGETHER) if together else ("-m", "kil_xlsx")
    return [sys.executable, *program, "-C", str(made.folder), *(more or ("import", "../returns"))]


_TOGETHER = """
from kil_xlsx.cli import main
from kil_xlsx.pipeline.collection import importing
importing._SINGLY = 0
main()
"""
"""The program, which records files together from the first one on; it otherwise does so where there are many."""


def started(
    made: Made, *, before: Preparation | None = None, prefix: tuple[str, ...] = (), together: bool = False
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, *command(made, together=together)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=before, env={**os.environ, "COLUMNS": "1000"}, cwd=made.folder,
    )  # fmt: skip


def imported(made: Made, **options: object) -> subprocess.CompletedProcess[str]:
    """One run of import, to its end."""
    with started(made, **options) as process:  # type: ignore[arg-type]
        output, errors = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def imported_here(made: Made, folder: str = "returns") -> None:
    """The same in this process, where nobody is going to kill it."""
    run = CliRunner().invoke(main, ["-C", str(made.folder), "import", str(made.folder.parent / folder)])
    assert run.exit_code in (0, 1), run.output


_OF_THE_RUN = ("id", "at", "arrived_at", "received_at", "opened_at", "closed_at", "changed_at")
"""What may differ from one run to another: numbers that are given, and times."""


def what_is_in(made: Made, *, batches: bool = True) -> dict[str, object]:
    """Everything that taking in the returns comes to, but for numbers and times.

    :param batches: also which run each file came with.
    """
    with opened(made.place) as collection:
        store = collection.store
        names = {each.id: each.name for each in store.organisations()}
        files = {each.id: each.sha256 for each in store.received()}

        def facts(record: Struct) -> list[tuple[str, object]]:
            """All that a record says, with names and files in place of their numbers."""
            said = {name: value for name, value in asdict(record).items() if name not in _OF_THE_RUN}
            for key, known in (("organisation", names), ("received", files), ("rival", files)):
                if said.get(key) is not None:
                    said[key] = known[said[key]]
            if not batches:
                said.pop("batch", None)
            return sorted(said.items())

        def all_of(records: Iterable[Struct]) -> list[str]:
            return sorted(str(facts(each)) for each in records)

        return {
            "returns": all_of(store.received()),
            "queries": all_of(store.queries(open_only=False)),
            "arrivals": all_of(each for sha256 in store.originals() for each in store.arrivals(sha256)),
            "events": all_of(replaced(each, query=None) for each in store.events()),
            "expected": all_of(store.expected()),
            "originals": sorted((name, path.read_bytes()) for name, path in collection.originals.all()),
        }


@pytest.fixture(scope="module")
def truth(full: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Give what one run that nothing disturbs comes to."""
    whole = copied(full, tmp_path_factory.mktemp("truth"))
    run = imported(whole)
    assert run.returncode == 1, run.stderr
    assert wrong(whole, again=True) == []
    found = what_is_in(whole)
    with opened(whole.place) as collection:
        states = Counter(each.state.value for each in collection.store.received())
        codes = Counter(each.code for each in collection.store.queries())
    assert states == {"accepted": 6, "accepted-with-queries": 1, "held": 2, "superseded": 1, "refused": 1}
    assert codes == {"order-unknown": 1, "forwarded": 1}
    return found


@dataclass(frozen=True)
class Truths:
    """What the small collection comes to: with the returns alone, and with what is elsewhere too."""

    returns: dict[str, object]
    both: dict[str, object]


@pytest.fixture(scope="module")
def small_truth(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Truths:
    """Give what runs that nothing disturbs come to."""
    whole = copied(small, tmp_path_factory.mktemp("small-truth"))
    imported_here(whole)
    returns = what_is_in(whole)
    imported_here(whole, "elsewhere")
    assert wrong(whole, again=True) == []
    with opened(whole.place) as collection:
        assert [each.state.value for each in collection.store.received()] == [
            "accepted", "held", "superseded", "accepted",
        ]  # fmt: skip
    return Truths(returns, what_is_in(whole, batches=False))


def wrong(made: Made, *, again: bool = False) -> list[str]:
    """What the check of the whole collection finds; and whether each return has all its rows."""
    with opened(Place(made.folder)) as collection:
        found = list(check(collection, again=None if again else 0).wrong)
        for each in collection.store.received():
            reading = collection.store.reading(each.id, collection.made_with)
            if reading is None or not collection.store.rows_agree(each.id, reading):
                found.append(f"return #{each.id} is not whole")
        return found


def nothing_half_done(made: Made) -> None:
    """Whatever is on record is whole; files that are not on record yet are the only thing that may be left over."""
    assert [each for each in wrong(made) if _LEFT_OVER not in each] == []


def right_in_the_end(made: Made, truth: dict[str, object]) -> None:
    """After one more run everything is in, once, and is what it would be if nothing had disturbed the first one."""
    imported_here(made)
    assert what_is_in(made) == truth
    in_order(made)


def right_with_another_first(made: Made, truths: Truths) -> None:
    """The same where something else is imported before what was under way."""
    imported_here(made, "elsewhere")
    imported_here(made)
    assert what_is_in(made, batches=False) == truths.both
    in_order(made)


def in_order(made: Made) -> None:
    """Nothing is left half done."""
    assert wrong(made) == []
    assert [path for path in made.folder.rglob(".*.tmp") if path.is_file()] == []
    with opened(made.place) as collection:
        assert not collection.store.batch_under_way


def gone(group: int) -> bool:
    """Whether no process of a group is left, after a while."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


# Kills


SEVERAL = pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
"""Files are recorded one by one, or several together."""


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@SEVERAL
def test_a_kill_at_any_moment_loses_nothing(
    full: Made, truth: dict[str, object], tmp_path: Path, together: bool
) -> None:
    """After running again every return is in once, originals are as they came, and nothing half-done was visible."""
    begun = time.monotonic()
    both = [started(copied(full, tmp_path / name)) for name in ("timed", "beside it")]  # as below
    for each in both:
        each.communicate()
    longest = time.monotonic() - begun

    def killed(at: int) -> tuple[Made, int]:
        made, rng, kills = copied(full, tmp_path / str(at)), Random(2026 + at), 0
        for again in range(rng.choice((1, 1, 2, 3))):
            with started(made, together=together) as process:
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=rng.uniform(0.35, 1.0) * longest / (again + 1) ** 0.5)
                if process.poll() is None:
                    process.kill()
                    kills += 1
                process.communicate()
            assert gone(process.pid), "what reads the files has to end when the program does"
            nothing_half_done(made)
        return made, kills

    interrupted = partly = over = 0
    with ThreadPoolExecutor(2) as threads:
        for made, kills in threads.map(killed, range(KILLS)):
            interrupted += kills
            with opened(made.place) as collection:
                partly += 0 < len(collection.store.received()) < len(truth["returns"])  # type: ignore[arg-type]
                over += bool(collection.store.expected())
            right_in_the_end(made, truth)
            shutil.rmtree(made.folder.parent)
    assert interrupted >= KILLS * 0.6
    assert partly or together or KILLS < 10, "no kill came while returns were being recorded"
    print(f"{interrupted} kills; after {partly} of {KILLS} part of the returns were in, after {over} one was half in")


@pytest.fixture(scope="module")
def points(small: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Counter[str]]:
    """Give how often each kind of call is made in an import of the small collection, one by one and together."""
    return {together: _points(small, tmp_path_factory.mktemp("counted"), together) for together in (False, True)}


def _points(small: Made, home: Path, together: bool) -> Counter[str]:
    log = home / "calls.txt"
    one = copied(small, home)
    calls = ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={','.join(WRITES)}")
    run = imported(one, prefix=calls, together=together)
    if run.returncode not in (0, 1):
        pytest.skip(f"strace does not work here: {run.stderr[:200]}")
    threads: dict[str, Counter[str]] = {}
    for line in log.read_text(errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        name = call.lstrip().partition("(")[0]
        if name in WRITES and (name != "openat" or any(f'"{path}"' in call for path in _opened(one))):
            threads.setdefault(thread, Counter())[name] += 1
    # Each thread counts its own calls, and the main one writes.
    found = max(threads.values(), key=Counter.total)
    assert set(found) == set(WRITES)
    return found


WRITES = ("pwrite64", "fsync", "fdatasync", "rename", "unlink", "openat", "mkdir", "chmod")
"""Kinds of calls by which anything in a folder changes."""


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("calls", WRITES)
@SEVERAL
def test_a_kill_at_each_point_of_writing_loses_nothing(
    small: Made, small_truth: Truths, points: dict[bool, Counter[str]], tmp_path: Path, calls: str, together: bool
) -> None:
    """Right before every write, sync, rename and removal that concerns the collection.

    After that the same is imported again; or something else comes first, which makes no difference.
    """
    last = points[together][calls]
    chosen = range(1, last + 1) if EVERY_POINT else sorted({1, (last + 1) // 2, last})

    def killed(point: int) -> tuple[Made, int]:
        made = copied(small, tmp_path / str(point))
        return made, imported(made, prefix=_killing(made, calls, point), together=together).returncode

    count = 0
    with ThreadPoolExecutor(2) as threads:
        for at, (made, code) in enumerate(threads.map(killed, chosen)):
            count += code not in (0, 1)
            nothing_half_done(made)
            if EVERY_POINT:
                other = copied(made, tmp_path / "with another first" / str(at))
                right_with_another_first(other, small_truth)
                right_in_the_end(made, small_truth.returns)
            elif at % 2:
                right_with_another_first(made, small_truth)
            else:
                right_in_the_end(made, small_truth.returns)
            shutil.rmtree(made.folder.parent)
    assert count >= len(chosen) * 0.6


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize(("before", "whose", "seed"), [(0, 0, 50), (1, 1, 3), (2, 0, 1)])
def test_a_kill_between_keeping_a_file_and_recording_it(
    small: Made, small_truth: Truths, tmp_path: Path, before: int, whose: int, seed: int
) -> None:
    """Where it came from, and when, is not lost, whichever file it is, and whatever is imported next."""
    made = copied(small, tmp_path / "killed")
    name = hashlib.sha256(made.workbook(made.names[whose], seed=seed)).hexdigest()
    # Its folder is synced when the file is there under its name.
    folder = made.place.originals / name[:2]
    inject = ("-e", "trace=fsync", "-P", str(folder), "-e", "inject=fsync:signal=KILL:when=1")
    imported(made, prefix=("strace", "-f", "-qq", "-o", os.devnull, *inject))
    with opened(made.place) as collection:
        assert len(collection.store.received()) == before
        assert [each.sha256 for each in collection.store.expected()] == [name]
        assert name in dict(collection.originals.all())
    nothing_half_done(made)
    other = copied(made, tmp_path / "other")
    right_in_the_end(made, small_truth.returns)
    right_with_another_first(other, small_truth)


def _killing(made: Made, calls: str, point: int) -> tuple[str, ...]:
    only = [part for path in _opened(made) for part in ("-P", path)] if calls == "openat" else []
    inject = ("-e", f"inject={calls}:signal=KILL:when={point}")
    return ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}", *only, *inject)


def _opened(made: Made) -> tuple[str, str]:
    """Python opens many files; of these only the collection's own matter."""
    return str(made.place.database), f"{made.place.database}-journal"


# Two at once


def test_two_imports_at_once_come_to_the_same_as_one(full: Made, truth: dict[str, object], tmp_path: Path) -> None:
    """Each takes in what the other has not, and neither fails."""
    made = copied(full, tmp_path)
    runs = [started(made, together=together) for together in (False, True, True)]
    outputs = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs if run.returncode not in (0, 1)] == [], outputs
    assert wrong(made) == []
    assert what_is_in(made) == truth


def test_files_recorded_together_come_to_the_same(full: Made, truth: dict[str, object], tmp_path: Path) -> None:
    """As one by one, whatever comes between them: copies, a letter, one of two that nothing tells apart."""
    made = copied(full, tmp_path)
    run = imported(made, together=True)
    assert run.returncode == 1, run.stderr
    assert what_is_in(made) == truth
    in_order(made)


def test_importing_again_changes_nothing(full: Made, truth: dict[str, object], tmp_path: Path) -> None:
    """Not a line, however often."""
    made = copied(full, tmp_path)
    imported(made)
    with opened(made.place) as collection:
        before = collection.store.events()
    imported(made)
    with opened(made.place) as collection:
        assert collection.store.events() == before
    assert what_is_in(made) == truth


# Disks that are full, or may not be written to


def refused(run: subprocess.CompletedProcess[str], *said: str) -> None:
    """A run that could not go on has said so in plain words."""
    assert run.returncode == 3, (run.returncode, run.stdout, run.stderr)
    assert any(each in run.stderr for each in said), run.stderr
    assert "What to do:" in run.stderr
    assert "Traceback" not in run.stderr
    assert "did not expect" not in run.stderr


@pytest.mark.parametrize("room", [30_000, 120_000, 300_000])
def test_a_limit_on_the_size_of_files_loses_nothing(
    full: Made, truth: dict[str, object], tmp_path: Path, room: int
) -> None:
    """It is said, and the next run without it goes on."""
    made = copied(full, tmp_path)
    size = made.place.database.stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, size + room))

    refused(imported(made, before=limit), "could not be read or written", "could not be kept", "The disk is full")
    nothing_half_done(made)
    right_in_the_end(made, truth)


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk of its own; skips where none can be had, or fails where it is required."""
    folder.mkdir(parents=True, exist_ok=True)
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if run.returncode != 0:
        why = "no disk can be mounted here"
        pytest.fail(why) if office_is_required() else pytest.skip(why)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _remounted(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@pytest.mark.oracle
@pytest.mark.skipif(not shutil.which("mount"), reason="needs mount")
@pytest.mark.parametrize("room", [40_000, 250_000, 700_000])
def test_a_disk_that_fills_up_loses_nothing(full: Made, truth: dict[str, object], tmp_path: Path, room: int) -> None:
    """At whatever point it is full: when there is room again, the next run goes on."""
    taken = sum(path.stat().st_size + 4096 for path in full.folder.parent.rglob("*"))
    with mounted(tmp_path / "disk", f"size={taken + room}") as disk:
        made = copied(full, disk)
        refused(imported(made), "The disk is full", "the disk is full")
        _remounted(disk, "size=200m")
        nothing_half_done(made)
        _remounted(disk, f"size={taken + room}")
        assert imported(made).returncode == 3
        _remounted(disk, "size=200m")
        right_in_the_end(made, truth)


@pytest.mark.oracle
@pytest.mark.skipif(not shutil.which("mount"), reason="needs mount")
def test_a_read_only_disk_is_said_and_can_be_read(full: Made, truth: dict[str, object], tmp_path: Path) -> None:
    """Nothing can be taken in, but what is in can be looked at."""
    with mounted(tmp_path / "disk", "size=200m") as disk:
        made = copied(full, disk)
        imported(made)
        (disk / "returns" / "new.xlsx").write_bytes(made.workbook(made.names[-1], seed=70))
        _remounted(disk, "ro")
        refused(imported(made), "Nothing can be written", "disk is read-only", "cannot be locked")
        looked = subprocess.run(command(made, "check"), capture_output=True, text=True, check=False)
        assert looked.returncode == 0, looked.stderr + looked.stdout
        _remounted(disk, "rw")
        (disk / "returns" / "new.xlsx").unlink()
        right_in_the_end(made, truth)


LIKE_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner") if os.geteuid() == 0 else ()
"""Permissions do not bind root; without these privileges they do."""


@pytest.mark.skipif(bool(LIKE_ANYBODY) and not shutil.which("setpriv"), reason="permissions do not bind here")
@pytest.mark.parametrize("what", ["folder", "originals", "database"])
def test_a_folder_without_permission_is_said(small: Made, small_truth: Truths, tmp_path: Path, what: str) -> None:
    """Whichever part may not be written to: nothing is taken in half, and the next run goes on."""
    made = copied(small, tmp_path)
    made.place.originals.mkdir(exist_ok=True)
    locked = {"folder": made.folder, "originals": made.place.originals, "database": made.place.database}[what]
    before = locked.stat().st_mode
    locked.chmod(0o500 if locked.is_dir() else 0o400)
    run = imported(made, prefix=LIKE_ANYBODY)
    locked.chmod(before)
    refused(run, "Nothing can be written", "could not be kept", "cannot be locked")
    nothing_half_done(made)
    with opened(made.place) as collection:
        assert collection.store.received() == []
    right_in_the_end(made, small_truth.returns)
