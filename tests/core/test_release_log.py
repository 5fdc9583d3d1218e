"""The log tells which answers were behind which published figures, and nothing that can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from releases import a_release

from kil_xlsx.core.answers import Answer
from kil_xlsx.core.frame import Earlier
from kil_xlsx.core.release_log import (
    History,
    LoggedItem,
    LoggedRelease,
    LoggedRespondent,
    ReleaseLog,
    digest_of,
    key_digest,
    token,
)
from kil_xlsx.core.returns import State


def _release(digest: str, number: int = 1, framework: str = "tiny", respondent: str = "shop") -> LoggedRelease:
    """A release of three organisations, of whom two gave an answer to one item."""
    return LoggedRelease(
        number=number,
        created=date(2026, 4, 7),
        digest=digest,
        inputs=digest_of(["one", "two"]),
        framework=framework,
        version="1.0.0",
        rounds=("2026",),
        respondents=(
            LoggedRespondent(
                id=respondent,
                members=("one", "two", "three"),
                names=(("name one",), ("name two", "number 2"), ("name three",)),
                bodies=("group", "group", "three"),
                groups={"shop/all": (0, 1, 2), "shop/region/north": (1, 2)},
                items=(
                    LoggedItem(
                        item="A-1",
                        tokens=("x", "y", ""),
                        groups=("shop/all", "shop/region/north"),
                        spread=("shop/all",),
                    ),
                    LoggedItem(item="A-2", tokens=("", "y", "z"), groups=("shop/all",)),
                ),
            ),
        ),
    )


def _history(
    *releases: LoggedRelease,
    framework: str = "tiny",
    respondent: str = "shop",
    today: Mapping[str, Sequence[str]] | None = None,
    renamed: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> History:
    return History(releases, framework, respondent, today or {}, renamed or {})


def test_numbers_count_from_one() -> None:
    """Each release has the next number, and keeps it when it is made again from the same."""
    log = ReleaseLog()
    assert log.number_of("a") == 1
    log = log.with_release(_release("a"))
    assert (log.number_of("a"), log.number_of("b")) == (1, 2)
    log = log.with_release(_release("b", 2))
    assert (log.number_of("a"), log.number_of("b"), log.number_of("c")) == (1, 2, 3)


def test_a_release_is_logged_once() -> None:
    """What is there already stays as it is."""
    log = ReleaseLog().with_release(_release("a"))
    assert log.with_release(_release("a", 9)) is log
    assert [each.digest for each in log.with_release(_release("b", 2)).releases] == ["a", "b"]


def test_what_came_before() -> None:
    """A release made again is held against those before it only; a new one against all."""
    log = ReleaseLog()
    for number, digest in enumerate("abc", start=1):
        log = log.with_release(_release(digest, number))
    assert [each.digest for each in log.before("b")] == ["a"]
    assert [each.digest for each in log.before("a")] == []
    assert [each.digest for each in log.before("z")] == ["a", "b", "c"]


def test_history_of_an_item() -> None:
    """For each group that was shown, who gave which answer, what they count as, and whether the spread was shown."""
    bodies = {"one": "group", "two": "group", "three": "three"}
    history = _history(_release("a", 4))
    assert list(history.of("A-1")) == [
        Earlier(4, {"one": "x", "two": "y"}, bodies, spread=True),
        Earlier(4, {"two": "y"}, bodies, spread=False),
    ]
    assert list(history.of("A-2")) == [Earlier(4, {"two": "y", "three": "z"}, bodies, spread=False)]
    assert list(history.of("B-1")) == []


def test_history_is_of_one_framework_and_respondent_type() -> None:
    """Releases of another framework, and other respondent types of the same, have no say."""
    strange = [_release("a", framework="other"), _release("b", respondent="club")]
    assert list(_history(*strange).of("A-1")) == []
    both = [_release("a"), _release("b", 2)]
    assert [each.number for each in _history(*both).of("A-1")] == [1, 1, 2, 2]


def _members(history: History) -> list[set[str]]:
    """Who was behind each group that was shown of the first item, by the keys of today."""
    return [set(each.tokens) for each in history.of("A-1")]


def _named(digest: str, **names: str) -> LoggedRelease:
    """A release of organisations by their keys, with what they were known by beside these."""
    keys = tuple(names)
    item = LoggedItem(item="A-1", tokens=tuple(f"said by {key}" for key in keys), groups=("shop/all",))
    mine = msgspec.structs.replace(
        _release("").respondents[0],
        members=keys,
        names=tuple(tuple(each.split()) for each in names.values()),
        bodies=keys,
        groups={"shop/all": tuple(range(len(keys)))},
        items=(item,),
    )
    return msgspec.structs.replace(_release(digest), respondents=(mine,))


def test_an_organisation_is_recognised_by_any_of_its_names() -> None:
    """Its key of today is put in place of the one that it had, whichever name the two releases share."""
    first = _release("a")
    assert _members(_history(first, today={"now": ["number 2"], "one": ["name one"]})) == [{"one", "now"}, {"now"}]
    assert _members(_history(first, today={"now": ["name of", "name two"]})) == [{"one", "now"}, {"now"}]
    assert _members(_history(first, today={"now": ["name of"]})) == [{"one", "two"}, {"two"}]


def test_an_organisation_is_recognised_across_a_release_in_between() -> None:
    """Known by a name first, by name and number then, and by the number only now: one organisation all the time."""
    first, second = _named("a", early="name"), _named("b", middle="name number")
    assert _members(_history(first, second, today={"now": ["number"]})) == [{"now"}, {"now"}]
    assert _members(_history(second, first, today={"now": ["number"]})) == [{"now"}, {"now"}]
    assert _members(_history(first, today={"now": ["number"]})) == [{"early"}]


def test_organisations_that_left_are_one_in_all_releases() -> None:
    """Though nobody of today is concerned, two releases that share a name are about the same organisation."""
    both = _members(_history(_named("a", early="name"), _named("b", middle="name number")))
    assert both[0] == both[1]
    apart = _members(_history(_named("a", early="name"), _named("b", middle="number")))
    assert apart == [{"early"}, {"middle"}]


def test_what_an_item_is_called_now() -> None:
    """An item that was renamed, split or merged keeps its history under its new ids; the others under their own."""
    history = _history(_release("a", 4), renamed={"1.0.0": {"A-1": ("A-7", "A-8")}})
    assert [len(history.of(item)) for item in ("A-1", "A-7", "A-8", "A-2")] == [0, 2, 2, 1]
    other = _history(_release("a", 4), renamed={"0.9.0": {"A-1": ("A-7",)}})
    assert [len(other.of(item)) for item in ("A-1", "A-7")] == [2, 0]


def test_a_release_is_in_the_log() -> None:
    """By framework, number, date and files; anything else is another one."""
    log = ReleaseLog().with_release(_release("a"))
    mine = replace(a_release(), framework="tiny", number=1, created=date(2026, 4, 7), inputs=("one", "two"))
    assert log.has(mine)
    others: list[dict[str, Any]] = [
        {"framework": "other"}, {"number": 2}, {"created": date(2026, 4, 8)}, {"inputs": ("one",)},
    ]  # fmt: skip
    assert not any(log.has(replace(mine, **other)) for other in others)
    assert not ReleaseLog().has(mine)


def _damaged(**changes: Any) -> ReleaseLog:
    (mine,) = _release("a").respondents
    wrong = msgspec.structs.replace(mine, **changes)
    return ReleaseLog(releases=(msgspec.structs.replace(_release("a"), respondents=(wrong,)),))


_ITEM = _release("a").respondents[0].items[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"members": ("one",)},
        {"names": ()},
        {"bodies": ("group", "group")},
        {"groups": {"shop/all": (0, 1, 3), "shop/region/north": ()}},
        {"groups": {"shop/all": (0, -1), "shop/region/north": ()}},
        {"groups": {"shop/all": (0, 1, 2)}},
        {"items": (msgspec.structs.replace(_ITEM, tokens=("x", "y")),)},
        {"items": (msgspec.structs.replace(_ITEM, groups=("shop/region/west",)),)},
        {"items": (msgspec.structs.replace(_ITEM, spread=("shop/region/west",)),)},
    ],
)
def test_a_log_whose_parts_do_not_fit_is_noticed(changes: dict[str, Any]) -> None:
    """A list that is too short, a member or a group that is not there; a sound log passes."""
    ReleaseLog().with_release(_release("a")).check()
    with pytest.raises(ValueError, match=r"differ|not there|other members"):
        _damaged(**changes).check()


def test_tokens_tell_answers_apart() -> None:
    """The same answer has the same token in every run, and any other has another; none can be read."""
    answers = [
        Answer(1.0, "1"), Answer(1.0, "2"), Answer(2.0, "1"), Answer(None, "1"), Answer(1.0),
        Answer(state=State.DONT_KNOW), Answer(state=State.NOT_APPLICABLE), Answer(state=State.UNANSWERED),
    ]  # fmt: skip
    assert len({token(each) for each in answers}) == len(answers)
    assert token(Answer(1.0, "1")) == token(Answer(1.0, "1")) == "83ac130e7a"
    assert "221" not in token(Answer(221.0))


def test_keys_are_digests() -> None:
    """An organisation's key is the same in every run, and no name."""
    assert key_digest("name the hub") == key_digest("name the hub")
    assert key_digest("name the hub") != key_digest("name the hut")
    assert set(key_digest("name the hub")) <= set("0123456789abcdef")


def test_the_log_survives_being_written() -> None:
    """What is written is read back, and says that it is confidential."""
    log = ReleaseLog().with_release(_release("a"))
    data = msgspec.json.encode(log)
    assert msgspec.json.decode(data, type=ReleaseLog) == log
    assert b"Confidential" in data
    assert b'"schema":"kil-xlsx/release-log/1"' in data


@pytest.mark.parametrize("data", [b'{"schema":"kil-xlsx/release-log/2"}', b"[]", b'{"releases":[{}]}'])
def test_what_is_no_log_is_refused(data: bytes) -> None:
    """Another format, or one with parts missing, is not taken for an empty log."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=ReleaseLog)
