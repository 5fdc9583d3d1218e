"""A small sound framework in three files, to be loaded as it is or with faults planted in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FRAMEWORK = """\
id: sample
version: 1.0.0
language: en-GB
title: "Sample: a framework"
notice: For tests only.
reference_prefix: SM
respondents:
  - {id: council, code: LA, label: Council, purpose: To learn., answered_by: Officers, aliases: [authority]}
  - {id: charity, code: CH, label: Charity, purpose: To learn., answered_by: Trustees}
choice_lists:
  - id: maturity
    show_code: true
    choices:
      - {code: "0", label: Not yet, value: 0}
      - {code: "1", label: Starting, value: 1}
      - {code: "2", label: Doing, value: 2}
      - {code: na, label: Does not apply, state: not_applicable}
  - id: strength
    choices:
      - {code: none, label: No evidence, value: 0}
      - {code: strong, label: Strong evidence, value: 1}
  - id: agreement
    choices:
      - {code: full, label: Share with our name}
      - {code: "no", label: Do not share}
  - id: reasons
    choices:
      - {code: unknown, label: Not known yet}
default_choices: maturity
evidence_strength: strength
missing_figure: reasons
scoring:
  minimum: 0
  maximum: 100
  section: {rule: mean, multiply: 50}
  overall: {rule: mean, kinds: [topic]}
  bands:
    - {from: 0, label: Red, words: little so far, tone: low}
    - {from: 40, label: Amber, words: some practice, tone: middle}
    - {from: 70, label: Green, words: good practice, tone: good}
  claim: {value_at_least: 2, strength_at_most: 0}
section_kinds:
  - {id: topic, label: Topic, plural: Topics}
sections:
  - id: A
    label: Buying
    kind: topic
    sections:
      - {id: A-1, label: Rules}
  - {id: B, label: Jobs, kind: topic}
principles:
  - {id: local, label: Local first}
sources:
  guide: {title: The guide}
benchmarking:
  consent: {share: [full], named: [full]}
  peer_groups:
    - {respondent: council, fields: [size]}
  like_with_like: [area]
"""

QUESTIONS = """\
questions:
  - id: LA-1
    respondent: council
    section: A-1
    label: Rules
    text: Are there rules?
    levels:
      0: None at all.
      2: All of them.
    sources: [guide]
    principles: [local]
  - id: CH-1
    respondent: charity
    section: B
    label: Jobs
    text: Are there jobs?
    group: basic
profile:
  - {id: name, code: P1, label: Name, type: text, role: organisation}
  - {id: area, code: P2, label: Area code, type: area_code, role: area_code, pattern: "^[EW][0-9]{8}$"}
  - {id: consent, code: P3, label: Consent, type: choice, choices: agreement, role: consent}
  - {id: country, code: P4, label: Country, type: derived, source: area, by: prefix, lookup: countries}
  - {id: size, code: P5, label: Size, type: derived, source: spend, by: stretch, lookup: sizes, respondents: [council]}
lookups:
  - id: countries
    entries:
      - {code: england, label: England, prefix: E}
      - {code: wales, label: Wales, prefix: W}
  - id: sizes
    entries:
      - {code: small, label: Small, at_least: 0}
      - {code: large, label: Large, at_least: 1000}
steps:
  title: Steps
  intro: Do these.
  choices: agreement
  steps:
    - {id: S1, label: Start, text: Begin.}
guidance:
  - id: page
    title: For everyone
    paragraphs: [Read this., Then that.]
    questions: [LA-1]
privacy: [We keep it to ourselves., "Ask us, and it is gone."]
"""

FIGURES = """\
units:
  - {id: gbp, label: £, format: "#,##0"}
  - {id: percent, label: "%", format: "0.0"}
input_groups:
  - {id: money, label: Money}
inputs:
  - {id: spend, code: I1, label: Spend, unit: gbp, group: money, minimum: 0, respondents: [council]}
  - {id: local_spend, code: I2, label: Local spend, unit: gbp, group: money, respondents: [council]}
  - {id: jobs, code: I3, label: Jobs, unit: gbp, group: money, minimum: 0, maximum: 100, default: 5}
input_tables:
  - id: tenants
    code: T1
    label: Tenants
    columns:
      - {id: tenant, label: Tenant, type: text}
      - {id: rent, label: Rent, type: number, unit: gbp}
reference_values:
  - id: wage
    code: R1
    label: Wage
    unit: gbp
    group: money
    source: Published yearly.
    values:
      - {from: 2024-04-01, value: 12, source: Notice 1}
      - {from: 2025-04-01, value: 12.6, source: Notice 2}
measures:
  - id: M-1
    section: B
    label: Local share
    unit: percent
    formula: 100 * local_spend / spend
    respondents: [council]
    needs: spend > 0
    bases:
      - {label: Books, when: jobs >= 5}
      - {label: Guess}
    valid_from: 0
    valid_to: 100
    workings:
      - {id: rest, label: The rest, unit: gbp, formula: spend - local_spend}
    sources: [guide]
  - id: M-2
    section: B
    label: Rent per wage
    unit: gbp
    formula: SUM(tenants.rent) / wage
checks:
  - {id: X1, rule: local_spend <= spend, severity: error, message: Local is part of all., respondents: [council]}
test_cases:
  - id: half
    title: Half
    measure: M-1
    inputs: {spend: 200, local_spend: 100}
    workings: {rest: 100}
    expect: 50
    expect_basis: Books
  - id: rents
    title: Rents
    measure: M-2
    inputs: {wage: 2}
    tables:
      tenants:
        - {tenant: One, rent: 4}
    expect: 2
"""

FILES = {"1-framework.yaml": FRAMEWORK, "2-questions.yaml": QUESTIONS, "3-figures.yaml": FIGURES}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write files into a fresh folder called ``sample`` and return it."""

    def write_files(files: dict[str, str]) -> Path:
        folder = tmp_path / "sample"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        return folder

    return write_files


@pytest.fixture
def files() -> dict[str, str]:
    """The sound framework's files, by name."""
    return dict(FILES)


@pytest.fixture(scope="session")
def sound_text() -> str:
    """The sound framework's files one after the other, which is a definition too."""
    return "".join(FILES.values())
