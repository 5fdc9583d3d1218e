"""Whether a text names an organisation, and not another one."""

from __future__ import annotations

import pytest

from kil_xlsx.core.mentions import Mentions

HUB = Mentions(
    ["The Applewick Hub", "GB-CHC-9900001", "office@applewick.example", ""],
    ["The Brambleford Hub", "GB-CHC-9900002", "office@brambleford.example", "The Applewick Hub East", ""],
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The Applewick Hub", True),
        ("the  applewick HUB", True),
        ("Applewick Hub", True),
        ("KIL-1 (The Applewick Hub)", True),
        ("organisation: The Applewick Hub; number: none", True),
        ("returns/the-applewick-hub_2.zip", True),
        ("gb-chc-9900001", True),
        ("number: GB-CHC-9900001", True),
        ("OFFICE@applewick.example", True),
        ("The Applewick Hub East", False),
        ("The Applewick Hub East and the Applewick Hub", True),
        ("The Applewick Hubs", False),
        ("The Brambleford Hub", False),
        ("GB-CHC-99000011", False),
        ("office@brambleford.example", False),
        ("", False),
    ],
)
def test_whole_names_count_unless_they_are_part_of_anothers(text: str, named: bool) -> None:
    """In fields and in what people write alike; neither case nor punctuation matters."""
    assert HUB.in_field(text) is named
    assert HUB.in_words(f"We know of {text}.") is named


SHORT = Mentions(["Hub", ""], ["The Applewick Hub", "The Hubert Trust"])


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("Hub", True, True),
        ("hub", True, False),
        ("HUB", True, True),
        ("The Hub", True, True),
        ("organisation: Hub; number: 1", True, True),
        ("KIL-1 (Hub)", True, True),
        ("Applewick Hub", False, False),
        ("The Applewick Hub", False, False),
        ("Elsewhere Hub", False, True),
        ("the hub is shut", False, False),
        ("Hub says so", False, True),
        ("Hubert", False, False),
    ],
)
def test_a_name_of_one_word_has_to_stand_for_itself(text: str, field: bool, words: bool) -> None:
    """Else whoever has the word in their name would lose what is asked about them."""
    assert SHORT.in_field(text) is field
    assert SHORT.in_words(text) is words


def test_what_two_are_called_is_left_to_the_other() -> None:
    """Somebody is still called that."""
    both = Mentions(["Applewick", "Applewick Town Trust"], ["applewick", "Applewick Town Trust"])
    for text in ("Applewick", "Applewick Town Trust"):
        assert not both.in_field(text)
        assert not both.in_words(text)


def test_names_in_any_writing_are_found() -> None:
    """Letters of any script, and names that have none."""
    odd = Mentions(["Canolfan Dŵr y Felin", "Ἀθηνᾶ", "🌻"], [])
    assert odd.in_words("yn Canolfan DŴR Y Felin, 2026")
    assert odd.in_field("ἀθηνᾶ")
    assert odd.in_field("🌻")
    assert not odd.in_words("nothing")
