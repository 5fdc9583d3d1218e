"""The reference code: the same for the same copy, hard to get wrong, and easy to type."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.stamp import LAYOUT_VERSION, Organisation, reference_code, stamp, valid_reference

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FACTS = st.lists(st.text(max_size=20), min_size=1, max_size=6)
PREFIXES = st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), min_size=2, max_size=5)
CODES = st.builds(lambda prefix, facts: reference_code(prefix, *facts), PREFIXES, FACTS)


def body_of(code: str) -> tuple[str, str, str]:
    """Prefix, the eight characters that are checked, and the three that check them."""
    prefix, first, second, check = code.split("-")
    return prefix, first + second, check


def put_together(prefix: str, body: str, check: str) -> str:
    """A code from its parts."""
    return f"{prefix}-{body[:4]}-{body[4:]}-{check}"


def random_codes(count: int) -> list[str]:
    """Codes of made-up organisations, always the same."""
    return [reference_code("KIL", f"organisation {number}") for number in range(count)]


@given(PREFIXES, FACTS)
@settings(deadline=None)
def test_a_code_is_made_from_its_facts_alone(prefix: str, facts: list[str]) -> None:
    """The same facts give the same code on every machine, in a form that can be read out."""
    code = reference_code(prefix, *facts)
    assert code == reference_code(prefix, *facts)
    assert re.fullmatch(rf"{prefix}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{3}}", code)
    assert valid_reference(code) == code


def test_codes_do_not_change_between_versions() -> None:
    """Codes that were sent out stay valid: this one was given to these facts once and for all."""
    assert reference_code("KIL", "keep-it-local", "1.0.0", "council", "2026", "Example Council", "GB-LAE-EXM") == (
        "KIL-MRGM-5N86-DN3"
    )


@given(CODES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_code_survives_how_people_type_it(code: str, chance: random.Random) -> None:
    """Capitals, blanks, kinds of dash, O for 0, I and L for 1: none of these matters."""
    prefix, body, check = body_of(code)
    typed = ""
    for character in body + check:
        if character == "1":
            character = chance.choice("1IiLl")
        elif character == "0":
            character = chance.choice("0Oo")
        typed += chance.choice((character, character.lower())) + chance.choice(("", "", " ", "-", "–", " — ", "\u00a0"))
    typed = chance.choice((prefix, prefix.lower())) + chance.choice(("-", " ", "", "‑")) + typed
    assert valid_reference(f"  {typed} ") == code


def test_every_single_wrong_character_is_noticed() -> None:
    """2,000 codes: any one of the eight characters replaced by any other is not a valid code."""
    chance = random.Random(1)
    for code in random_codes(2000):
        prefix, body, check = body_of(code)
        at = chance.randrange(len(body))
        for other in ALPHABET:
            if other != body[at]:
                assert valid_reference(put_together(prefix, body[:at] + other + body[at + 1 :], check)) is None


def test_every_wrong_character_of_the_check_is_noticed() -> None:
    """A slip in the last three characters makes the code invalid too."""
    for code in random_codes(100):
        prefix, body, check = body_of(code)
        for at in range(len(check)):
            for other in ALPHABET:
                if other != check[at]:
                    assert valid_reference(put_together(prefix, body, check[:at] + other + check[at + 1 :])) is None


def test_two_neighbours_changing_places_are_noticed() -> None:
    """2,000 codes: wherever two different neighbours of the eight change places, the code is not valid."""
    tried = 0
    for code in random_codes(2000):
        prefix, body, check = body_of(code)
        for at in range(len(body) - 1):
            if body[at] != body[at + 1]:
                swapped = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
                assert valid_reference(put_together(prefix, swapped, check)) is None
                tried += 1
    assert tried > 13_000


def test_a_code_with_another_prefix_is_noticed() -> None:
    """The prefix is part of what is checked, so a code of one framework is none of another."""
    noticed = [
        valid_reference(code.replace("KIL-", f"{other}-")) for code in random_codes(50) for other in ("KIM", "AB")
    ]
    assert set(noticed) == {None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KIL",
        "KIL-",
        "KIL-0000-0000",
        "KIL-0000-0000-00",
        "not a code",
        "12345678901234",
        "KIL-UUUU-UUUU-UUU",
        "x" * 500,
    ],
)
def test_other_texts_are_not_codes(text: str) -> None:
    """Nothing is made of a text that is too short, too long or not of these characters."""
    assert valid_reference(text) is None


def test_random_texts_are_hardly_ever_codes() -> None:
    """Of 20,000 texts that look like codes fewer than five pass, so a made-up code does not."""
    chance = random.Random(2)
    passed = [
        text
        for _ in range(20_000)
        if valid_reference(text := "KIL-" + "".join(chance.choice(ALPHABET) for _ in range(11))) is not None
    ]
    assert len(passed) < 5


@given(FACTS, FACTS)
@settings(deadline=None)
def test_different_facts_have_different_codes(one: list[str], other: list[str]) -> None:
    """Facts are kept apart: "ab" and "c" are not "a" and "bc"."""
    assert (reference_code("KIL", *one) == reference_code("KIL", *other)) == (one == other)
    assert reference_code("KIL", "ab", "c") != reference_code("KIL", "a", "bc")


def test_no_two_of_many_organisations_share_a_code() -> None:
    """5,000 organisations have 5,000 codes."""
    assert len(set(random_codes(5000))) == 5000


def test_a_stamp_says_which_questionnaire_round_and_copy() -> None:
    """Organisation, identifier, round and respondent type each make another code; the e-mail address does not."""
    council, community = (load_instrument(f"keep-it-local/{name}") for name in ("council", "community"))
    one = Organisation("Example Council", "GB-LAE-EXM", "a@example.org")
    stamps = [
        stamp(council, "2026", one),
        stamp(council, "2027", one),
        stamp(community, "2026", one),
        stamp(council, "2026", Organisation("Another Council", "GB-LAE-EXM")),
        stamp(council, "2026", Organisation("Example Council", "GB-LAE-EXN")),
        stamp(council, "2026"),
    ]
    assert len({each.reference for each in stamps}) == len(stamps)
    assert stamp(council, "2026", Organisation("Example Council", "GB-LAE-EXM")).reference == stamps[0].reference
    assert "example.org" not in " ".join(stamps[0].facts().values())


def test_a_stamp_holds_what_is_needed_to_read_the_file() -> None:
    """Every fact is a text under a stable key, and the content of the questionnaire has a fingerprint."""
    council = load_instrument("keep-it-local/council")
    facts = stamp(council, "2026", Organisation("Example Council", "GB-LAE-EXM")).facts()
    assert list(facts) == [
        "framework", "version", "fingerprint", "layout", "respondent", "round", "organisation", "organisation_id",
        "reference",
    ]  # fmt: skip
    assert facts["framework"] == "keep-it-local"
    assert facts["layout"] == str(LAYOUT_VERSION)
    assert re.fullmatch(r"[0-9a-f]{16}", facts["fingerprint"])
    assert valid_reference(facts["reference"]) == facts["reference"]
    assert facts["fingerprint"] != stamp(load_instrument("keep-it-local/community")).fingerprint
