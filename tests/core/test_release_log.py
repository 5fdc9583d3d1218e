"""The log tells which answers were behind which published figures, and nothing that can be read."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from kil_xlsx.core.disclosure import Answer, Earlier
from kil_xlsx.core.release_log import (
    History,
    LoggedItem,
    LoggedRelease,
    LoggedRespondent,
    ReleaseLog,
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
        framework=framework,
        version="1.0.0",
        rounds=("2026",),
        respondents=(
            LoggedRespondent(
                id=respondent,
                members=("one", "two", "three"),
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
    history = History([_release("a", 4)], "tiny", "shop")
    assert list(history.of("A-1")) == [
        Earlier(4, {"one": "x", "two": "y"}, bodies, spread=True),
        Earlier(4, {"two": "y"}, bodies, spread=False),
    ]
    assert list(history.of("A-2")) == [Earlier(4, {"two": "y", "three": "z"}, bodies, spread=False)]
    assert list(history.of("B-1")) == []


def test_history_is_of_one_framework_and_respondent_type() -> None:
    """Releases of another framework, and other respondent types of the same, have no say."""
    strange = [_release("a", framework="other"), _release("b", respondent="club")]
    assert list(History(strange, "tiny", "shop").of("A-1")) == []
    both = [_release("a"), _release("b", 2)]
    assert [each.number for each in History(both, "tiny", "shop").of("A-1")] == [1, 1, 2, 2]


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
