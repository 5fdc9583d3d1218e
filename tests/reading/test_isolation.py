"""Files read in other processes: the same readings, and whatever a file does to its process, only it is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus.fuzz import plans, small_workbook
from corpus.hostile import CASES
from msgspec.structs import replace

from kil_xlsx import pipeline
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.definitions.load import kept_definition, load_definition
from kil_xlsx.errors import KilXlsxError, LayoutError
from kil_xlsx.pipeline.versions import plans_of
from kil_xlsx.reading import isolation
from kil_xlsx.reading.exchange import packed, packed_definition, unpacked
from kil_xlsx.reading.form import read_form
from kil_xlsx.reading.isolation import Readers
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plans import Plans

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "returned"
FAKE = """
import os, struct, sys, time
def receive():
    (length,) = struct.unpack("<Q", sys.stdin.buffer.read(8))
    return sys.stdin.buffer.read(length)
def send(reply, length=None):
    sys.stdout.buffer.write(struct.pack("<Q", len(reply) if length is None else length) + reply)
    sys.stdout.buffer.flush()
receive()
send(b"\\x91\\x80")
while True:
    asked = receive()
    {act}
"""


@cache
def known() -> Plans:
    return Plans({key: plan.instrument for key, plan in plans().items()})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program of the test's own in the place of the reading process."""
    real = subprocess.Popen

    def install(act: str) -> None:
        def other(command: list[str], **more: object) -> object:
            return real([sys.executable, "-c", FAKE.replace("{act}", act)], **more)  # type: ignore[call-overload]

        monkeypatch.setattr(subprocess, "Popen", other)

    return install


def code(readers: Readers, data: bytes = b"x") -> str:
    (problem,) = readers.read(data, "a.xlsx").reading.problems
    return problem.code


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_readings_are_the_same_as_without() -> None:
    """A file read in another process gives exactly what it gives in this one, the second reader's opinion included."""
    found = sorted(SAMPLES.glob("*.xlsx"))[:3]
    if not found:
        pytest.skip("needs the samples of the source tree")
    for second in (False, True):
        apart = pipeline.read(found, second_reader=second)
        assert apart == pipeline.read(found, second_reader=second, isolation=False)
        assert not any(reading.refused for reading in apart.readings)


def test_order_and_results_do_not_depend_on_the_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quick and slow, sound and hostile files come back in the order of their names, however many processes."""
    for name in (
        "sound",
        "kind-pdf",
        "ods-sound",
        "xml-billion-laughs",
        "a-million-blank-rows",
        "cell-twice",
        "kind-csv",
    ):
        (tmp_path / f"{name}.xlsx").write_bytes(CASES[name].make())
    told: list[tuple[int, int, str]] = []
    results = []
    for processes in (1, 3):
        monkeypatch.setattr("kil_xlsx.pipeline.reading.processes", lambda _, processes=processes: processes)
        told.clear()
        results.append(pipeline.read([tmp_path], progress=lambda *each: told.append(each)))
    assert results[0] == results[1]
    names = [reading.file.name for reading in results[0].readings]
    assert names == sorted(names)
    assert told == [*((at, 7, name) for at, name in enumerate(names)), (7, 7, "")]


@pytest.mark.parametrize(
    "act",
    [
        "os.abort()",
        "os._exit(0)",
        "sys.exit()",
        "send(b'', 1 << 20); os._exit(0)",
        "send(b'no message')",
        "send(b'\\x91' * 99999)",
    ],
)
def test_a_process_that_dies_or_talks_nonsense_costs_one_file(act: str, fake: Callable[[str], None]) -> None:
    """Whatever a process does instead of answering, its file is refused and the next one gets another process."""
    fake(act)
    with Readers() as readers:
        readers.prepare(Plans({}))
        assert [code(readers), code(readers)] == ["file-reader-failed", "file-reader-failed"]


def test_neighbours_of_a_file_that_kills_its_process_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that no process survives is refused alone; the same process, or a new one, reads what comes after it."""
    if os.name != "posix":
        pytest.skip("this system cannot limit the memory of a process")
    sound, bad = small_workbook(), CASES["ods-of-3-million-cells"].make()
    expected = read_form(sound, "a.xlsx", known())
    with Readers(2, Limits(worker_bytes=300 * 1024 * 1024)) as readers:
        readers.prepare(known())
        for data in (sound, bad, sound, bad, bad, sound, sound):
            reading = readers.read(data, "a.xlsx").reading
            if data is bad:
                assert [one.code for one in reading.problems] == ["file-reader-failed"]
            else:
                assert reading == expected


def test_a_process_that_hangs_is_stopped(fake: Callable[[str], None]) -> None:
    """The clock ends a process that does not answer in time, and what it has started."""
    fake("time.sleep(600)")
    start = time.monotonic()
    with Readers(1, Limits(wall_seconds=0.3)) as readers:
        readers.prepare(Plans({}))
        (problem,) = readers.read(b"x", "a.xlsx").reading.problems
        assert (problem.code, problem.found) == ("file-reader-failed", "no result within 0.3 seconds")
        assert code(readers) == "file-reader-failed"
    assert time.monotonic() - start < 20


def test_processor_time_is_limited_for_each_file() -> None:
    """A file that keeps its process busy is stopped by the system; many small files use up nothing together."""
    pytest.importorskip("resource", reason="this system cannot limit the time of a process")
    busy, sound = CASES["xml-7-million-elements"].make(), small_workbook()
    with Readers(1, Limits(cpu_seconds=1, xml_elements=10**9)) as readers:
        readers.prepare(known())
        assert code(readers, busy) in ("file-reader-failed", "file-too-large")
        for _ in range(3):
            assert readers.read(sound, "a.xlsx").reading.file.kind == "xlsx"


def test_an_answer_beyond_all_bounds_is_not_taken(fake: Callable[[str], None]) -> None:
    """A process cannot make the program take in more than a file can hold."""
    fake("send(b'', 1 << 40); time.sleep(600)")
    with Readers() as readers:
        readers.prepare(Plans({}))
        assert code(readers) == "file-too-large"


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"size": 7},
        {"problems": ()},
        {"code": "no-such-code"},
        {"ret": {}},
    ],
)
def test_answers_are_not_believed(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer about another file, with an unknown problem or half a return, is that of a process gone wrong."""
    with Readers() as readers:
        readers.prepare(known())
        sound = readers.read(b"x", "a.xlsx")
        plain = msgspec.to_builtins(sound)
        reading = plain["reading"]
        for key, value in change.items():
            if key in reading["file"]:
                reading["file"][key] = value
            elif key == "code":
                reading["problems"][0]["code"] = value
            elif key == "ret":
                reading["ret"] = {"entries": {}, "carried": {}}
            else:
                reading[key] = value
        forged = msgspec.msgpack.encode([plain, False])
        monkeypatch.setattr(isolation._Process, "ask", lambda *_: forged)
        assert code(readers) == "file-reader-failed"


def test_the_second_reader_costs_no_more_than_its_opinion(tmp_path: Path) -> None:
    """A sound return that the second reader cannot survive is still read."""
    (path,) = sorted(SAMPLES.glob("*.xlsx"))[:1] or [None]
    if path is None or os.name != "posix":
        pytest.skip("needs the samples of the source tree, and limits for processes")
    original = isolation._Process.ask

    def ask(self: isolation._Process, request: bytes, seconds: float, *more: Any) -> bytes:
        if msgspec.msgpack.decode(request)[2]:  # as a crash in the second reader would look
            original(self, msgspec.msgpack.encode(["", b"x", False, None]), seconds, *more)
            self.kill()
        return original(self, request, seconds, *more)

    with pytest.MonkeyPatch.context() as patch, Readers() as readers:
        patch.setattr(isolation._Process, "ask", ask)
        found = pipeline.load("keep-it-local")[1]
        readers.prepare(Plans({each.key: each for each in found}))
        readers.read(b"x", "first.xlsx")
        answer = readers.read(path.read_bytes(), "a.xlsx", second=True)
    assert answer.reading.ret is not None
    assert answer.second is not None
    assert answer.second.failed


def test_a_process_that_cannot_begin_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is said to be one, rather than blamed on every file."""
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _, **more: real([sys.executable, "-c", "1/0"], **more))
    with Readers() as readers:
        readers.prepare(known())
        with pytest.raises(KilXlsxError, match="cannot be started"):
            readers.read(b"x", "a.xlsx")


def test_a_process_is_told_the_same_either_way() -> None:
    """Of a definition as it is kept, and of the plans that were made from it, before and after a person narrows it."""
    whole = load_definition("keep-it-local")
    known = kept_definition("keep-it-local")
    assert known is not None
    plans = plans_of("keep-it-local", whole.instruments())
    told, kept = unpacked(packed(plans, Limits())), unpacked(packed_definition(known, Limits()))
    assert dict(told.current) == dict(kept.current) == {each.key: each for each in whole.instruments()}
    assert dict(told.earlier) == dict(kept.earlier) == whole.earlier()
    assert told.earlier
    council = plans_of("keep-it-local/council", pipeline.load("keep-it-local/council")[1])
    told = unpacked(packed(council, Limits()))
    assert [*told.current] == ["keep-it-local/council"]
    assert {key.rpartition("/")[0] for key in told.earlier} == {"keep-it-local/council"}


def test_a_questionnaire_that_no_workbook_can_be_made_of_is_said_to_be_one() -> None:
    """What is wrong is said by the program, since a process that reads says nothing to anybody."""
    one = next(iter(known().current.values()))
    questions = tuple(replace(one.questions[0], id=f"{one.questions[0].id}{at}") for at in range(1_000))
    crowded = Instrument(replace(one.framework, questions=questions), one.respondent)
    with Readers() as readers:
        readers.prepare(Plans({crowded.key: crowded}))
        with pytest.raises(LayoutError, match="1000 questions"):
            readers.read(b"x", "a.xlsx")


def test_no_process_is_left_behind() -> None:
    """At the end of the block all processes are gone, also one that is in the middle of a file."""
    with Readers(2) as readers:
        readers.prepare(known())
        readers.read(small_workbook(), "a.xlsx")
        busy = threading.Thread(target=readers.read, args=(CASES["two-million-and-one-cells"].make(), "b.xlsx"))
        busy.start()
        time.sleep(0.2)
        pids = [process._child.pid for process in readers._all]  # the busy one is among them, even if it is a new one
        assert pids
    busy.join(20)
    assert not busy.is_alive()
    assert not any(alive(pid) for pid in pids)


@pytest.mark.skipif(os.name != "posix", reason="signals work otherwise on this system")
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    """A command that is interrupted in the middle of a file ends at once, and so do its processes."""
    (tmp_path / "slow.xlsx").write_bytes(CASES["two-million-and-one-cells"].make())
    script = (
        "import signal, sys\nfrom pathlib import Path\n"
        "from kil_xlsx import pipeline\nfrom kil_xlsx.reading import isolation\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background of a shell
        "real = isolation._Process.ask\n"
        "def ask(self, *more):\n    print(self._child.pid, flush=True)\n    return real(self, *more)\n"
        "isolation._Process.ask = ask\n"
        "try:\n    pipeline.read([Path(sys.argv[1])])\nexcept KeyboardInterrupt:\n    sys.exit(77)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        time.sleep(0.2)
        start = time.monotonic()
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 77
    assert time.monotonic() - start < 3
    assert not alive(pid)


def test_names_that_no_encoding_has_are_kept(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is read and told by its name."""
    with Readers() as readers:
        readers.prepare(known())
        assert readers.read(b"%PDF-1.4", "a\udcff.pdf").reading.file.name == "a\udcff.pdf"


def test_modules_in_the_current_folder_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called like a library in the folder of returned files is not run."""
    for name in ("msgspec", "json", "python_calamine", "openpyxl"):
        (tmp_path / f"{name}.py").write_text("import os; os._exit(9)")
    monkeypatch.chdir(tmp_path)
    with Readers() as readers:
        readers.prepare(known())
        assert readers.read(CASES["ods-sound"].make(), "a.ods").reading.file.kind == "ods"
