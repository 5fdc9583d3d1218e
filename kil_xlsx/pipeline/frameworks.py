"""Which questionnaires there are, what they ask, and the formats of what the program writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from kil_xlsx.errors import UsageProblem

if TYPE_CHECKING:
    from kil_xlsx.core.framework import Framework
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.returns import Key
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.results.codebook import Codebook, Where

DEFAULT_FRAMEWORK = "keep-it-local"
"""The framework that commands use unless another is named."""


def load(framework: str) -> tuple[Framework, tuple[Instrument, ...]]:
    """A framework and the instruments that its name asks for: all of them, or one for ``keep-it-local/council``."""
    from kil_xlsx.definitions.load import load_definition, load_instrument, split_name

    if split_name(framework)[1] is not None:
        one = load_instrument(framework)
        return one.framework, (one,)
    definition = load_definition(framework)
    return definition.framework, definition.instruments()


def chosen(framework: str, respondent: str | None) -> tuple[Framework, tuple[Instrument, ...]]:
    """A framework and its instruments, or the one instrument of a respondent type.  UsageProblem if there is none."""
    whole, instruments = load(framework)
    if respondent is None:
        return whole, instruments
    one = instrument_of(whole, respondent)
    if one.respondent.id not in {each.respondent.id for each in instruments}:
        raise UsageProblem(f"'{framework}' and the respondent type '{one.respondent.id}' do not go together.")
    return whole, (one,)


def instrument_of(framework: Framework, respondent: str) -> Instrument:
    """The instrument of a respondent type, named by id, code, label or alias.  UsageProblem if there is none."""
    from kil_xlsx.core.instrument import instrument

    try:
        return instrument(framework, respondent)
    except KeyError:
        from kil_xlsx.definitions.wording import did_you_mean, shortened

        types = framework.respondents
        names = [name for each in types for name in (each.id, each.code, each.label, *each.aliases)]
        raise UsageProblem(
            f"There is no respondent type '{shortened(respondent)}'{did_you_mean(respondent, names) or '.'}",
            f"Choose one of: {', '.join(each.id for each in types)}.",
        ) from None


class ShippedFramework(NamedTuple):
    """A framework that comes with the program."""

    name: str
    framework: Framework
    instruments: tuple[Instrument, ...]


def frameworks() -> tuple[ShippedFramework, ...]:
    """The frameworks that come with the program."""
    from kil_xlsx.definitions.load import available

    return tuple(ShippedFramework(name, *load(name)) for name in available())


def codebook(framework: str = DEFAULT_FRAMEWORK, *, respondent: str | None = None) -> Codebook:
    """The data dictionary of a framework, or of one of its respondent types."""
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.results.codebook import codebook as described

    _, instruments = chosen(framework, respondent)
    return described([(each, _locator(Plan(each))) for each in instruments])


def _locator(plan: Plan) -> Callable[[Key], Any]:
    from kil_xlsx.results.codebook import Where

    def locate(key: Key) -> Where | None:
        slot = plan.by_key.get(key)
        return Where(sheet=slot.cell.sheet, cell=slot.cell.address, name=slot.name) if slot else None

    return locate


def theme_file() -> bytes:
    """The theme that is used unless another is given, as a file to copy and change."""
    from kil_xlsx.definitions.load import templates_folder

    return (templates_folder() / "theme.yaml").read_bytes()


_OF_COLLECTIONS = ("status", "organisation", "diff", "send", "import", "resolve", "consensus")
SCHEMAS = ("return", "release", "framework", "codebook", "theme", "answers", *_OF_COLLECTIONS)
"""The formats that have a JSON Schema."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of :data:`SCHEMAS`."""
    if name == "return":
        from kil_xlsx.results.returned_json import return_schema

        return return_schema()
    if name == "release":
        from kil_xlsx.results.release_json import release_schema

        return release_schema()
    if name == "framework":
        from kil_xlsx.definitions.schema import framework_schema

        return framework_schema()
    if name == "theme":
        from kil_xlsx.definitions.schema import theme_schema

        return theme_schema()
    if name == "answers":
        from kil_xlsx.results.answers_json import answers_schema

        return answers_schema()
    if name == "codebook":
        from kil_xlsx.results.codebook import codebook_schema

        return codebook_schema()
    if name in _OF_COLLECTIONS:
        from kil_xlsx.results.collection_json import collection_schema

        return collection_schema(name)
    raise UsageProblem(f"There is no schema '{name}'.", f"There are: {', '.join(SCHEMAS)}.")
