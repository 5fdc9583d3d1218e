"""Published versions of frameworks, which stay as they are for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import two_versions
import yaml
from two_versions import framework

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.definitions.archive import frozen, load_version, same_content, version_order, versions
from kil_xlsx.definitions.load import available, load_framework, templates_folder
from kil_xlsx.errors import DefinitionError, OutputError, UsageProblem
from kil_xlsx.layout.plan import Plan
from kil_xlsx.pipeline.releases import compare_versions, freeze

FINGERPRINTS = {
    ("keep-it-local", "1.0.0"): {"council": "52f66aadec91ce57", "community": "189ae49332a90043"},
}
"""What workbooks of published versions carry.  Nothing here is ever changed."""


# What comes with the program


@pytest.mark.parametrize("name", available())
def test_every_published_version_loads_and_is_what_its_name_says(name: str) -> None:
    """Each file in the folder of versions is sound, can be laid out, and has the fingerprints it was sent out with."""
    folder = templates_folder() / name
    for version in versions(folder):
        published = load_version(folder, version)
        assert (published.framework.id, published.framework.version) == (name, version)
        assert dict(published.fingerprints) == FINGERPRINTS[name, version]
        for instrument in published.instruments():
            assert instrument.fingerprint == FINGERPRINTS[name, version][instrument.respondent.id]
            assert len(Plan(instrument).slots) > 100
    assert {each for of, each in FINGERPRINTS if of == name} == set(versions(folder))


@pytest.mark.parametrize("name", available())
def test_the_current_version_is_new_or_as_it_was_published(name: str) -> None:
    """What is current is later than everything published, or one of it, unchanged."""
    folder, current = templates_folder() / name, load_framework(name)
    there = versions(folder)
    if current.version in there:
        assert same_content(load_version(folder, current.version).framework, current)
    else:
        assert all(version_order(each) < version_order(current.version) for each in there)


def test_nothing_of_the_first_version_is_lost_without_a_word() -> None:
    """Every item that 1.0.0 asked for is there still or in the map, so the shipped map is complete."""
    assert compare_versions("1.0.0", "keep-it-local").breaking == 0


# Freezing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the first version of the tiny framework."""
    return save(tmp_path / "tiny", two_versions.old())


def save(folder: Path, data: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    """What is wrong with a definition."""
    with pytest.raises(DefinitionError) as caught:
        load_framework(folder)
    return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]


def test_a_frozen_version_gives_back_the_same_framework(folder: Path) -> None:
    """Freezing writes versions/1.0.0.json, the same bytes each time, and reading it gives the same framework."""
    done = freeze(str(folder))
    assert done.path == folder / "versions" / "1.0.0.json" and not done.was_there
    assert versions(folder) == ("1.0.0",)
    published = load_version(folder, "1.0.0")
    whole = load_framework(folder)
    assert published.framework == whole
    assert done.path.read_bytes() == frozen(whole)
    assert [each.fingerprint for each in published.instruments()] == [
        Instrument(whole, each).fingerprint for each in whole.respondents
    ]
    with pytest.raises(KeyError):
        load_version(folder, "1.0.1")


def test_freezing_again_changes_nothing_and_never_overwrites(folder: Path) -> None:
    """The same content is there already; another content under the same version is refused."""
    path = freeze(str(folder)).path
    before = path.read_bytes()
    assert freeze(str(folder)).was_there
    other = save(folder.parent / "other", two_versions.old() | {"title": "Changed"})
    with pytest.raises(OutputError, match="another content"):
        freeze(str(other), out=path)
    assert path.read_bytes() == before


def test_a_framework_of_the_program_is_frozen_only_where_somebody_says(tmp_path: Path) -> None:
    """The program's own folder is not written to by itself."""
    with pytest.raises(UsageProblem, match="not clear where"):
        freeze("keep-it-local")
    done = freeze("keep-it-local", out=tmp_path / "current.json")
    data = json.loads(done.path.read_bytes())
    assert data["version"] == load_framework("keep-it-local").version
    assert data["framework"]["carry_forward"] == []


def test_a_published_version_cannot_be_changed_under_its_number(folder: Path) -> None:
    """After freezing, any change to the definition asks for another version; then it loads."""
    freeze(str(folder))
    load_framework(folder)
    save(folder, two_versions.old() | {"title": "Changed"})
    assert any("version 1.0.0 has been published with another content" in each for each in faults(folder))
    save(folder, two_versions.old() | {"title": "Changed", "version": "1.0.1"})
    assert load_framework(folder).title == "Changed"
    save(folder, two_versions.old() | {"version": "0.9.0"})
    assert any("version 1.0.0 has been published already" in each for each in faults(folder))


def _edited(data: dict[str, Any]) -> None:
    data["framework"]["title"] = "Edited"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_edited, "not as it was published"),
        (lambda data: data.update(schema="other/1"), "schema"),
        (lambda data: data["fingerprints"].clear(), "fingerprint"),
        (lambda data: data.update(version="3.0.0"), "its name says"),
        (lambda data: data.pop("framework"), "not the file of a published version"),
    ],
)
def test_a_damaged_file_of_a_version_is_refused(
    folder: Path, spoil: Callable[[dict[str, Any]], object], words: str
) -> None:
    """A file that was edited, cut or mixed up stops the definition with the file's name and what is wrong."""
    path = freeze(str(folder)).path
    data = json.loads(path.read_bytes())
    spoil(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    [fault] = faults(folder)
    assert words in fault
    path.write_bytes(b"\xff{")
    assert "not the file of a published version" in faults(folder)[0]


def test_line_ends_and_layout_of_the_file_do_not_matter(folder: Path) -> None:
    """Version control may change line ends: the content is what counts."""
    path = freeze(str(folder)).path
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_version(folder, "1.0.0").framework == load_framework(folder)


def test_versions_are_in_order(tmp_path: Path) -> None:
    """Ten comes after nine, and what leads up to a version before it; other files are left alone."""
    (tmp_path / "versions").mkdir()
    for name in ("1.10.0", "1.9.0", "2.0.0", "2.0.0-rc.10", "2.0.0-rc.9", "notes"):
        (tmp_path / "versions" / f"{name}.json").write_text("{}")
    assert versions(tmp_path) == ("1.9.0", "1.10.0", "2.0.0-rc.9", "2.0.0-rc.10", "2.0.0")


# The map


@pytest.fixture
def published(folder: Path) -> Path:
    """A folder in which the first version was frozen."""
    freeze(str(folder))
    return folder


def test_the_second_version_loads_with_its_map(published: Path) -> None:
    """A map that covers every change is sound."""
    save(published, two_versions.new())
    assert load_framework(published).version == "2.0.0"


def _map(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = two_versions.new()
    change(data["carry_forward"][0])
    return data


def _again(name: str, key: str = "questions") -> dict[str, Any]:
    """The second version with an item of the first back in it."""
    data = two_versions.new()
    data[key] = [*data[key], next(each for each in two_versions.old()[key] if each["id"] == name)]
    return data


def _other_kind() -> dict[str, Any]:
    data = two_versions.new()
    data["measures"].append({**data["measures"][0], "id": "Q-GONE"})
    return data


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing said of a dropped question": (
        _map(lambda entry: entry["dropped"][0]["items"].remove("Q-GONE")), "'Q-GONE' of version 1.0.0 is gone",
    ),
    "nothing said of a dropped column": (
        _map(lambda entry: entry["dropped"][0]["items"].remove("tenants.colour")), "'tenants.colour' of version",
    ),
    "nothing said of a renamed question": (_map(lambda entry: entry["renamed"].pop(0)), "'Q-NAME' of version"),
    "no map at all": (two_versions.new() | {"carry_forward": []}, "is gone and not in the map"),
    "no such source": (
        _map(lambda entry: entry["renamed"][0].update({"from": "Q-NAMES"})), "there is no 'Q-NAMES' in version 1.0.0",
    ),
    "no such target": (
        _map(lambda entry: entry["split"][0].update(to=["Q-PART1", "Q-PART9"])), "there is no 'Q-PART9' in this",
    ),
    "a target of another kind": (
        _map(lambda entry: entry["renamed"][0].update(to="M-1")), "'M-1' is a measure, which 'Q-NAME' was not",
    ),
    "a target that was something else": (
        _map(lambda entry: entry["renamed"][0].update(to="Q-SAME")), "the id 'Q-SAME' is used again",
    ),
    "a source twice": (
        _map(lambda entry: entry["dropped"][0]["items"].append("Q-NAME")), "'Q-NAME' is in this map already",
    ),
    "a dropped id used again": (_again("Q-GONE"), "the id 'Q-GONE' is used again"),
    "a renamed id used again": (_again("Q-NAME"), "the id 'Q-NAME' is used again"),
    "a merged id used again": (_again("sum_one", "inputs"), "the id 'sum_one' is used again"),
    "an id used for another kind": (_other_kind(), "the id 'Q-GONE' is used again"),
    "a code without a way": (
        _map(lambda entry: entry["recoded"][0]["codes"].pop("5")), "the answer '5' of 'five' in version 1.0.0",
    ),
    "a code that leads nowhere": (
        _map(lambda entry: entry["recoded"][0]["codes"].update({"5": "7"})), "becomes '7', which is not among",
    ),
    "another type without a word": (
        _map(lambda entry: entry["recoded"].pop()), "'kind' was answered as text in version 1.0.0, and is choice now",
    ),
    "choices added up": (
        _map(lambda entry: entry["merged"][0].update(rule="sum")), "only figures can be added up",
    ),
    "a version that was never published": (
        _map(lambda entry: entry.update({"from": ["1.0.0", "1.5.0"]})), "there is no earlier version 1.5.0",
    ),
    "two maps from one version": (
        two_versions.new() | {"carry_forward": [two_versions.MAP, {"from": ["1.0.0"]}]}, "there is a map from version",
    ),
    "a list that was not there": (
        _map(lambda entry: entry["recoded"][0].update(lists=["six"])), "there is no 'six' in version 1.0.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_map_that_leaves_something_out_is_refused(published: Path, name: str) -> None:
    """The definition cannot be loaded, and the fault says which id of which version is concerned."""
    data, words = WRONG[name]
    save(published, data)
    assert any(words in each for each in faults(published)), faults(published)


def test_a_fault_of_the_map_names_its_line(published: Path) -> None:
    """Whoever wrote the map is led to the entry that is wrong."""
    save(published, WRONG["no such source"][0])
    with pytest.raises(DefinitionError) as caught:
        load_framework(published)
    fault = next(each for each in caught.value.faults if "Q-NAMES" in each.message)
    lines = (published / "tiny.yaml").read_text().splitlines()
    assert fault.line is not None and "Q-NAMES" in lines[fault.line - 1]
    assert fault.key == "carry_forward[1].renamed[1].from"


def test_a_map_without_published_versions_is_refused(tmp_path: Path) -> None:
    """A map from a version that is not in the archive cannot be checked, so it is refused."""
    assert any("there is no earlier version 1.0.0" in each for each in faults(save(tmp_path / "x", two_versions.new())))


def test_the_map_changes_no_fingerprint() -> None:
    """The map may be put right after workbooks went out: they stay those of this version."""
    data = two_versions.new()
    one = framework(data)
    other = framework(data | {"carry_forward": []})
    assert Instrument(one, one.respondents[0]).fingerprint == Instrument(other, other.respondents[0]).fingerprint
    changed = msgspec.structs.replace(one, title="Other")
    assert Instrument(one, one.respondents[0]).fingerprint != Instrument(changed, one.respondents[0]).fingerprint


# Comparing


def test_versions_are_compared_by_number_name_or_folder(published: Path) -> None:
    """A number is a version of the other one that is named; each way gives the same."""
    save(published, two_versions.new())
    by_number = compare_versions("1.0.0", str(published))
    assert (by_number.old, by_number.new) == ("1.0.0", "2.0.0")
    assert compare_versions(str(published / "versions" / "1.0.0.json"), str(published)) == by_number
    with pytest.raises(UsageProblem, match="has not been published"):
        compare_versions("1.7.0", str(published))
    with pytest.raises(UsageProblem, match="different frameworks"):
        compare_versions("keep-it-local", str(published))


def test_a_published_version_can_be_laid_out_again(published: Path) -> None:
    """From its file alone comes a plan with a cell for every part of every question, those dropped since too."""
    [instrument] = load_version(published, "1.0.0").instruments()
    keys = Plan(instrument).by_key
    assert Key("Q-GONE") in keys and Key("Q-GONE", Part.EVIDENCE) in keys
