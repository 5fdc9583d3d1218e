"""Finding frameworks by name and path, merging their files, and naming respondent types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from kil_xlsx.core.framework import Framework
from kil_xlsx.definitions import load
from kil_xlsx.definitions.consistency import consistency_faults
from kil_xlsx.definitions.load import available, load_framework, load_instrument, split_name, templates_folder
from kil_xlsx.definitions.places import Places
from kil_xlsx.definitions.schema import framework_schema
from kil_xlsx.definitions.structure import structural_faults
from kil_xlsx.errors import DefinitionError, Fault, UsageProblem

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, files: dict[str, str], write: Write) -> Path:
    """A templates folder in which the sound framework is the only one."""
    folder = write(files)
    (folder.parent / "notes").mkdir()
    monkeypatch.setattr(load, "templates_folder", lambda: folder.parent)
    return folder


def test_a_sound_framework_loads_from_a_folder(files: dict[str, str], write: Write) -> None:
    """Three files make one framework, with dates read and lists in order."""
    framework = load_framework(write(files))
    assert (framework.id, framework.version) == ("sample", "1.0.0")
    assert [question.id for question in framework.questions] == ["LA-1", "CH-1"]
    assert framework.questions[0].levels == {"0": "None at all.", "2": "All of them."}
    assert framework.choice_lists[2].choices[1].code == "no"
    assert framework.reference_values[0].values[1].from_ == date(2025, 4, 1)


def test_a_single_file(files: dict[str, str], tmp_path: Path) -> None:
    """One file with everything in it gives the same framework as the folder."""
    path = tmp_path / "all.yaml"
    path.write_text("".join(files.values()), encoding="utf-8")
    assert load_framework(path).id == "sample"
    assert load_instrument(f"{path}/council").key == "sample/council"


def test_lists_are_joined_in_the_order_of_file_names(files: dict[str, str], write: Write) -> None:
    """A list in several files is one list, and faults in it still have their own file and line."""
    files["4-more.yaml"] = (
        "# more\nprinciples:\n  - {id: fair, label: Fair}\n  - {id: open, lable: Open, label: Open}\n"
    )
    files["sources.yaml"] = "sources:\n  law: {title: The law}\n"
    folder = write(files)
    with pytest.raises(DefinitionError) as caught:
        load_framework(folder)
    assert caught.value.faults == (
        Fault(
            "4-more.yaml",
            4,
            "principles[3] (open).lable",
            "unknown key 'lable'; did you mean 'label'?",
            "Keys here: id, label.",
        ),
    )
    (folder / "4-more.yaml").write_text("principles:\n  - {id: fair, label: Fair}\n", encoding="utf-8")
    framework = load_framework(folder)
    assert [principle.id for principle in framework.principles] == ["local", "fair"]
    assert list(framework.sources) == ["guide", "law"]


def test_what_may_come_once_only(files: dict[str, str], write: Write) -> None:
    """A scalar, or a key of a mapping, in two files is a fault that names both places."""
    files["4-more.yaml"] = "title: Again\nsources:\n  guide: {title: Other}\nprinciples: local\n"
    with pytest.raises(DefinitionError) as caught:
        load_framework(write(files))
    assert [(fault.line, fault.key, fault.message) for fault in caught.value.faults] == [
        (1, "title", "the key 'title' is already in 1-framework.yaml, line 4."),
        (3, "sources.guide", "the key 'guide' is already in 1-framework.yaml, line 54."),
        (4, "principles", "the key 'principles' is already in 1-framework.yaml, line 51."),
    ]


def test_files_that_are_not_part_of_the_definition(files: dict[str, str], write: Write) -> None:
    """Empty files, hidden files, folders and other endings do not matter."""
    files |= {"4-empty.yaml": "# later\n", ".hidden.yaml": "title: No", "notes.txt": "title: No"}
    folder = write(files)
    (folder / "folder.yaml").mkdir()
    assert load_framework(folder).id == "sample"


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "12\n"])
def test_a_file_without_keys(text: str, files: dict[str, str], write: Write) -> None:
    """A file that is not a set of keys is a fault, and what it lacks is not held against the rest."""
    files["2-questions.yaml"] = text
    with pytest.raises(DefinitionError) as caught:
        load_framework(write(files))
    assert [(fault.file, fault.line, fault.message) for fault in caught.value.faults] == [
        ("2-questions.yaml", 1, "should be a set of keys such as 'title: ...'.")
    ]


def test_every_unreadable_file_is_told(files: dict[str, str], write: Write) -> None:
    """Two files with syntax errors give two faults, and nothing is called missing because of them."""
    files["1-framework.yaml"] = "a: [\n"
    files["3-figures.yaml"] = "a: *b\n"
    with pytest.raises(DefinitionError) as caught:
        load_framework(write(files))
    assert [fault.file for fault in caught.value.faults] == ["1-framework.yaml", "3-figures.yaml"]


def test_an_empty_definition(write: Write) -> None:
    """A definition with nothing in it lacks every key that has to be there."""
    with pytest.raises(DefinitionError) as caught:
        load_framework(write({"a.yaml": ""}))
    assert "missing key 'questions'." in [fault.message for fault in caught.value.faults]


def test_shipped_names(shipped: Path) -> None:
    """Folders with YAML files in them are what is available, and load by name."""
    assert available() == ("sample",)
    assert load_framework("sample").id == "sample"
    assert load_instrument("sample/charity").respondent.id == "charity"


def test_the_source_checkout_has_its_templates_beside_the_package() -> None:
    """The templates folder is looked for in the package first, then beside it."""
    assert templates_folder().name == "templates"


def test_no_templates_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program without its templates has none available."""
    monkeypatch.setattr(load, "templates_folder", lambda: tmp_path / "gone")
    assert available() == ()


def test_unknown_framework(shipped: Path) -> None:
    """An unknown name is answered with the nearest and with all there are."""
    with pytest.raises(UsageProblem) as caught:
        load_instrument("sampel/council")
    assert caught.value.message == "There is no framework 'sampel'; did you mean 'sample'?"
    assert caught.value.remedy.startswith("Frameworks that come with the program: sample. ")


def test_unknown_respondent(shipped: Path) -> None:
    """An unknown respondent type is answered with the nearest and with all there are."""
    with pytest.raises(UsageProblem) as caught:
        load_instrument("sample/counsil")
    assert caught.value.message == "'sample' has no respondent type 'counsil'; did you mean 'council'?"
    assert caught.value.remedy == "Write one of: sample/council, sample/charity."


def test_respondent_left_out(shipped: Path) -> None:
    """With several respondent types one has to be named."""
    with pytest.raises(UsageProblem) as caught:
        load_instrument("sample")
    assert caught.value.message == "'sample' has workbooks for 2 types of respondent; say which."


@pytest.mark.parametrize("name", ["council", "LA", "Council", "authority", "AUTHORITY"])
def test_names_of_a_respondent_type(shipped: Path, name: str) -> None:
    """A respondent type may be named by id, code, label or alias, in any case."""
    assert load_instrument(f"sample/{name}").respondent.id == "council"


def test_the_only_respondent_type_may_be_left_out(files: dict[str, str], tmp_path: Path) -> None:
    """A framework with one respondent type gives that one."""
    data = yaml.safe_load(
        "".join(files.values()).replace("[council]", "[]").replace("respondent: charity", "respondent: council")
    )
    del data["respondents"][1]
    path = tmp_path / "one.yaml"
    path.write_text(msgspec.json.encode(data).decode(), encoding="utf-8")
    assert load_instrument(str(path)).key == "sample/council"


def test_split_name(shipped: Path, tmp_path: Path) -> None:
    """Names and paths are told apart from respondent types by what is there."""
    assert split_name("sample") == ("sample", None)
    assert split_name("sample/council") == ("sample", "council")
    assert split_name("other/council") == ("other", "council")
    assert split_name(f"{shipped}") == (str(shipped), None)
    assert split_name(f"{shipped}/") == (str(shipped), None)
    assert split_name(f"{shipped}/council") == (str(shipped), "council")
    assert split_name(f"{tmp_path}/nothing") == (f"{tmp_path}/nothing", None)


@pytest.mark.parametrize("name", ["", "/", "nothing", "nothing/at/all", "a\0b", "x" * 5000, "../", "*"])
def test_strange_names(shipped: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is typed for a name, the answer is a usage problem."""
    (shipped / "empty").mkdir()
    monkeypatch.chdir(shipped / "empty")
    (shipped / "empty" / "below").mkdir()
    monkeypatch.chdir(shipped / "empty" / "below")
    with pytest.raises(UsageProblem):
        load_instrument(name)


def test_a_folder_without_definition(tmp_path: Path) -> None:
    """A folder with no YAML in it is a usage problem."""
    with pytest.raises(UsageProblem, match="has no framework in it"):
        load_framework(tmp_path)


def test_consistency_without_places(files: dict[str, str], write: Write) -> None:
    """A framework that comes from no file can be checked too."""
    framework = load_framework(write(files))
    assert consistency_faults(framework) == []
    changed = msgspec.structs.replace(framework, default_choices="gone")
    assert consistency_faults(changed)[0] == Fault(
        "sample",
        None,
        "default_choices",
        "there is no choice list 'gone'.",
        "There are: maturity, strength, agreement, reasons.",
    )


def test_what_only_msgspec_refuses(files: dict[str, str], write: Write) -> None:
    """Where the schema finds nothing, msgspec's own message is placed by its path."""
    framework = load_framework(write(files))
    data = msgspec.json.decode(msgspec.json.encode(framework))
    data["scoring"]["decimals"] = 1.0  # a whole number to JSON Schema, but not to msgspec
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(data, Framework)
    places = Places("sample", data, {("scoring", "decimals"): ("f.yaml", 7)})
    assert structural_faults(data, places, caught.value) == [
        Fault(
            "f.yaml",
            7,
            "scoring.decimals",
            "cannot be read: Expected `int`, got `float`.",
            "Check the value against the JSON Schema.",
        )
    ]


def test_schema_accepts_the_sound_framework(files: dict[str, str], write: Write) -> None:
    """The schema is itself valid, is described in words, and accepts what loads."""
    schema = framework_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "``" not in str(schema)
    assert schema["$defs"]["Question"]["description"].startswith("What is asked.")
    data = msgspec.json.decode(msgspec.json.encode(load_framework(write(files))))
    jsonschema.Draft202012Validator(schema).validate(data)


def test_schema_of_one_file_of_several(files: dict[str, str]) -> None:
    """For one file of a folder no top-level key has to be there, but unknown keys are still wrong."""
    validator = jsonschema.Draft202012Validator(framework_schema(part=True))
    assert validator.is_valid({"principles": []})
    assert not validator.is_valid({"principals": []})
