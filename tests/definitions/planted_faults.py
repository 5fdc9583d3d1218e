"""The faults that are planted one at a time in the sound framework, each with what must be said about it."""

from __future__ import annotations

from typing import NamedTuple

F, Q, X = "1-framework.yaml", "2-questions.yaml", "3-figures.yaml"

ELSEWHERE = {F: "  consent: {share", Q: "- id: LA-1"}


class Planted(NamedTuple):
    """A change to one file, the text whose line must be named (none: the new text), and key and message."""

    file: str
    old: str
    new: str
    at: str | None  # a file name stands for the line in that other file given in ELSEWHERE
    key: str
    message: str


class Together(NamedTuple):
    """Changes made at once, each a file and old and new text, and the files and messages of all that must be said."""

    changes: tuple[tuple[str, str, str], ...]
    told: tuple[tuple[str, str], ...]


STRUCTURE = {
    "unknown key": Planted(
        Q, "label: Rules\n", "lable: Rules\n    label: Rules\n", "lable: Rules", "questions[1] (LA-1).lable",
        "unknown key 'lable'; did you mean 'label'?",
    ),
    "unknown key like no other": Planted(
        F, "version: 1.0.0", "version: 1.0.0\nzzz: 1", "zzz", "zzz", "unknown key 'zzz'.",
    ),
    "missing key": Planted(
        Q, "    text: Are there jobs?\n", "", "- id: CH-1", "questions[2] (CH-1)", "missing key 'text'.",
    ),
    "missing key at the top": Planted(
        F, "notice: For tests only.\n", "", "", "", "missing key 'notice'.",
    ),
    "text for a number": Planted(
        F, "minimum: 0\n", "minimum: abc\n", "minimum: abc", "scoring.minimum",
        "should be a number, found the text 'abc'.",
    ),
    "text for a number that may be left out": Planted(
        X, "default: 5}", "default: five}", None, "inputs[3] (jobs).default",
        "should be a number, found the text 'five'.",
    ),
    "infinity": Planted(
        F, "maximum: 100\n", "maximum: .inf\n", "maximum: .inf", "scoring.maximum",
        "should be a number, found the text '.inf'.",
    ),
    "number for a text": Planted(
        F, 'code: "2"', "code: 2", None, "choice_lists[1] (maturity).choices[3] (Doing).code",
        "should be text, found the number 2.",
    ),
    "true for a text": Planted(
        F, "title: The guide", "title: true", None, "sources.guide.title", "should be text, found true.",
    ),
    "text for true": Planted(
        F, "show_code: true", "show_code: yes", None, "choice_lists[1] (maturity).show_code",
        "should be true or false, found the text 'yes'.",
    ),
    "nothing": Planted(
        Q, "label: Jobs\n", "label:\n", "label:\n", "questions[2] (CH-1).label", "has no value; it should be text.",
    ),
    "one text for a list": Planted(
        Q, "sources: [guide]", "sources: guide", None, "questions[1] (LA-1).sources",
        "should be a list, found the text 'guide'.",
    ),
    "list for a set of keys": Planted(
        F, "sources:\n  guide: {title: The guide}", "sources: [guide]", None, "sources",
        "should be a set of keys, found a list.",
    ),
    "a word that is not one of some": Planted(
        X, "severity: error", "severity: eror", None, "checks[1] (X1).severity",
        "should be one of error, query, found 'eror'; did you mean 'error'?",
    ),
    "a word that is not one of some, and may be left out": Planted(
        Q, "role: area_code", "role: area", None, "profile[2] (area).role",
        "should be one of area_code, completed_by, consent, org_id, organisation, period_end, period_start, region, "
        "found 'area'; did you mean 'area_code'?",
    ),
    "the form of a code": Planted(
        Q, "id: CH-1", "id: ch-1", None, "questions[2] (ch-1).id",
        "'ch-1' cannot be used: here the text starts with a capital letter and has capitals, digits and single "
        "hyphens between them, such as LA-C1-4.",
    ),
    "the form of a version": Planted(
        F, "version: 1.0.0", 'version: "1.0"', None, "version",
        "'1.0' cannot be used: here the text is three numbers with points between them, such as 1.0.0.",
    ),
    "a number as version": Planted(
        F, "version: 1.0.0", "version: 1.0", None, "version", "should be text, found the number 1.0.",
    ),
    "a date that is not in the calendar": Planted(
        X, "from: 2024-04-01", "from: 2024-02-30", None, "reference_values[1] (wage).values[1].from",
        "should be a date, found the text '2024-02-30'.",
    ),
    "empty text": Planted(
        Q, "label: Rules\n", 'label: ""\n', 'label: ""', "questions[1] (LA-1).label", "is empty.",
    ),
    "label too long": Planted(
        F, "label: Do not share", f"label: {'x' * 121}", None, "choice_lists[3] (agreement).choices[2] (no).label",
        "has 121 characters; at most 120 are allowed.",
    ),
    "empty list": Planted(
        F, "    choices:\n      - {code: unknown, label: Not known yet}", "    choices: []", "choices: []",
        "choice_lists[4] (reasons).choices", "has 0 entries; at least 1 is needed.",
    ),
    "too many columns": Planted(
        X, "      - {id: tenant, label: Tenant, type: text}",
        "\n".join(f"      - {{id: c{n}, label: C, type: text}}" for n in range(7)), "columns:",
        "input_tables[1] (tenants).columns", "has 8 entries; at most 7 are allowed.",
    ),
    "number too small": Planted(
        F, "  like_with_like: [area]", "  least_group_size: 2", None, "benchmarking.least_group_size",
        "should be at least 3, found 2.",
    ),
    "number too large": Planted(
        F, "multiply: 50", "least_answered: 1.5", None, "scoring.section.least_answered",
        "should be at most 1, found 1.5.",
    ),
    "number not above nought": Planted(
        F, "multiply: 50", "multiply: 0", None, "scoring.section.multiply", "should be more than 0, found 0.",
    ),
    "amount with a separator": Planted(
        X, "value: 12.6", "value: '1,200'", None, "reference_values[1] (wage).values[2].value",
        "should be a number, found the text '1,200'.",
    ),
    "value in a table of a test case": Planted(
        X, "rent: 4}", "rent: [4]}", None, "test_cases[2] (rents).tables.tenants[1].rent",
        "should be a number or text, found a list.",
    ),
    "list for a text": Planted(
        Q, "label: Jobs\n", "label: [Jobs]\n", "label: [Jobs]", "questions[2] (CH-1).label",
        "should be text, found a list.",
    ),
}  # fmt: skip

IDS = {
    "two questions": Planted(
        Q, "id: CH-1\n", "id: LA-1\n\n", "id: LA-1\n\n", "questions[2] (LA-1).id",
        "the id 'LA-1' is already used in 2-questions.yaml, line 2.",
    ),
    "input and profile field": Planted(
        X, "id: jobs,", "id: name,", None, "inputs[3] (name).id",
        "the id 'name' is already used in 2-questions.yaml, line 19.",
    ),
    "code and question": Planted(
        X, "code: I3", "code: LA-1", None, "inputs[3] (jobs).code",
        "the code 'LA-1' is already used in 2-questions.yaml, line 2.",
    ),
    "ids that differ in capitals and hyphens": Planted(
        X, "id: jobs,", "id: la_1,", None, "inputs[3] (la_1).id",
        "the id 'la_1' is too close to 'LA-1' in 2-questions.yaml, line 2.",
    ),
    "sections in different branches": Planted(
        F, "id: B,", "id:  A-1,", "id:  A-1,", "sections[2] (A-1).id",
        "the section id 'A-1' is already used in 1-framework.yaml, line 49.",
    ),
    "choice codes": Planted(
        F, "code: full,", "code: No,", '"no"', "choice_lists[3] (agreement).choices[2] (no).code",
        "the code 'no' is already used in this list.",
    ),
    "choice labels": Planted(
        F, "label: Doing", "label: starting", None, "choice_lists[1] (maturity).choices[3] (2).label",
        "the label 'starting' is already used in this list.",
    ),
    "choice label with a wildcard": Planted(
        F, "label: Doing", "label: Doing it*", None, "choice_lists[1] (maturity).choices[3] (2).label",
        "the label has * in it, which a spreadsheet takes for any text.",
    ),
    "respondent alias": Planted(
        F, "answered_by: Trustees", "answered_by: Trustees, aliases: [la]", None,
        "respondents[2] (charity).aliases[1]", "the alias 'la' also names the respondent type 'council'.",
    ),
}  # fmt: skip

LINKS = {
    "choice list": Planted(
        F, "default_choices: maturity", "default_choices: matrity", None, "default_choices",
        "there is no choice list 'matrity'; did you mean 'maturity'?",
    ),
    "list of reasons": Planted(
        F, "missing_figure: reasons", "missing_figure: why", None, "missing_figure", "there is no choice list 'why'.",
    ),
    "section": Planted(
        Q, "section: B", "section: C", None, "questions[2] (CH-1).section", "there is no section 'C'.",
    ),
    "section kind": Planted(
        F, "id: B, label: Jobs, kind: topic", "id: B, label: Jobs, kind: topik", None, "sections[2] (B).kind",
        "there is no section kind 'topik'; did you mean 'topic'?",
    ),
    "respondent": Planted(
        X, "severity: error, message: Local is part of all., respondents: [council]",
        "severity: error, message: Local is part of all., respondents: [counsil]", None,
        "checks[1] (X1).respondents[1]", "there is no respondent type 'counsil'; did you mean 'council'?",
    ),
    "respondent without questions": Planted(
        F, "choice_lists:\n", "  - {id: npo, code: NP, label: NPO, purpose: p, answered_by: a}\nchoice_lists:\n",
        "id: npo", "respondents[3] (npo)", "no question is asked of 'npo'.",
    ),
    "unit": Planted(
        X, "label: The rest, unit: gbp", "label: The rest, unit: euro", None,
        "measures[1] (M-1).workings[1] (rest).unit", "there is no unit 'euro'.",
    ),
    "input group": Planted(
        X, "unit: gbp, group: money, minimum: 0, maximum", "unit: gbp, group: cash, minimum: 0, maximum", None,
        "inputs[3] (jobs).group", "there is no input group 'cash'.",
    ),
    "source": Planted(
        X, "sources: [guide]", "sources: [guides]", None, "measures[1] (M-1).sources[1]",
        "there is no source 'guides'; did you mean 'guide'?",
    ),
    "principle": Planted(
        Q, "principles: [local]", "principles: [global]", None, "questions[1] (LA-1).principles[1]",
        "there is no principle 'global'; did you mean 'local'?",
    ),
    "question of a page": Planted(
        Q, "questions: [LA-1]", "questions: [LA-2]", None, "guidance[1] (page).questions[1]",
        "there is no question 'LA-2'; did you mean 'LA-1'?",
    ),
    "question twice on a page": Planted(
        Q, "questions: [LA-1]", "questions: [LA-1, LA-1]", None, "guidance[1] (page).questions[2]",
        "the question 'LA-1' is already listed here.",
    ),
    "level": Planted(
        Q, "      2: All", "      3: All", None, "questions[1] (LA-1).levels.3",
        "'maturity' has no choice with the code '3'.",
    ),
}  # fmt: skip

SCORING = {
    "nothing is scored": Planted(
        F, "default_choices: maturity", "default_choices: agreement", "- id: agreement", "choice_lists[3] (agreement)",
        "no choice of 'agreement' has a value, so no question could be scored.",
    ),
    "scale upside down": Planted(
        F, "  maximum: 100\n", "  maximum: 0\n", "  maximum: 0\n", "scoring.maximum",
        "the maximum 0 is not above the minimum 0.",
    ),
    "first band too high": Planted(
        F, "from: 0,", "from: 1,", None, "scoring.bands[1] (Red).from",
        "the first band starts at 1, above the minimum 0.",
    ),
    "bands out of order": Planted(
        F, "from: 70", "from: 40", "label: Green", "scoring.bands[3] (Green).from",
        "the band 'Green' starts at 40, which is not above 'Amber' at 40.",
    ),
    "level means without groups": Planted(
        F, "section: {rule: mean, multiply", "section: {rule: sum_of_level_means, multiply", Q, "questions[1] (LA-1)",
        "missing 'group', which the rule 'sum_of_level_means' of section 'A-1' needs.",
    ),
    "claims that cannot be told": Planted(
        F, "evidence_strength: strength", "evidence_strength: reasons", "- id: reasons", "choice_lists[4] (reasons)",
        "no choice of 'reasons' has a value, so 'scoring.claim' could never apply.",
    ),
    "label with a space at its end": Planted(
        F, "label: Doing,", "label: 'Doing ',", None, "choice_lists[1] (maturity).choices[3] (2).label",
        "the label starts or ends with a space.",
    ),
    "level means over sections": Planted(
        F, "section: {rule: mean, multiply", "section: {rule: sum_of_level_means, of: sections, multiply", None,
        "scoring.section.of", "'sum_of_level_means' works over questions, not over sections.",
    ),
    "band label twice": Planted(
        F, "label: Green", "label: amber", None, "scoring.bands[3] (amber).label",
        "the band label 'amber' is already used.",
    ),
}  # fmt: skip

PROFILE = {
    "no organisation": Planted(
        Q, "type: text, role: organisation", "type: text", "profile:", "profile",
        "no field for 'council' has the role 'organisation'.",
    ),
    "role played twice": Planted(
        Q, "role: area_code", "role: consent", "type: choice", "profile[3] (consent).role",
        "the role 'consent' is already played by 'area'.",
    ),
    "choice field without choices": Planted(
        Q, "label: Area code, type: area_code", "label: Area code, type: choice", None, "profile[2] (area)",
        "missing 'choices', which a field of type 'choice' needs.",
    ),
    "pattern": Planted(
        Q, '"^[EW][0-9]{8}$"', '"^[EW"', None, "profile[2] (area).pattern",
        "is not a regular expression: unterminated character set at position 1.",
    ),
    "derived without source": Planted(
        Q, "source: area, by: prefix", "by: prefix", None, "profile[4] (country)",
        "missing 'source', which a field of type 'derived' needs.",
    ),
    "derived from a field that is not there": Planted(
        Q, "source: area, by", "source: aria, by", None, "profile[4] (country).source",
        "there is no profile field 'aria'; did you mean 'area'?",
    ),
    "derived from an input that others have": Planted(
        Q, "lookup: sizes, respondents: [council]", "lookup: sizes", None, "profile[5] (size).source",
        "the input 'spend' is not asked of charity, who have this field.",
    ),
    "lookup": Planted(
        Q, "lookup: countries}", "lookup: counties}", None, "profile[4] (country).lookup",
        "there is no lookup 'counties'; did you mean 'countries'?",
    ),
    "lookup without prefix": Planted(
        Q, "label: Wales, prefix: W", "label: Wales", None, "lookups[1] (countries).entries[2] (wales)",
        "missing 'prefix', because the lookup is used by prefix.",
    ),
    "stretches out of order": Planted(
        Q, "at_least: 1000", "at_least: -1", None, "lookups[2] (sizes).entries[2] (large).at_least",
        "the stretch from -1 does not come after the one from 0.",
    ),
    "consent answer": Planted(
        F, "share: [full]", "share: [ful]", None, "benchmarking.consent.share[1]",
        "there is no consent answer 'ful'; did you mean 'full'?",
    ),
    "peer group by text": Planted(
        F, "fields: [size]", "fields: [name]", None, "benchmarking.peer_groups[1].fields[1]",
        "'name' is of type 'text', which makes no groups.",
    ),
    "like with like": Planted(
        F, "like_with_like: [area]", "like_with_like: [aera]", None, "benchmarking.like_with_like[1]",
        "there is no profile field 'aera'; did you mean 'area'?",
    ),
    "text field with choices": Planted(
        Q, "type: text, role: organisation", "type: text, choices: reasons, role: organisation", None,
        "profile[1] (name).choices", "a field of type 'text' has no choices.",
    ),
    "text field with a source": Planted(
        Q, "type: text, role: organisation", "type: text, source: area, role: organisation", None,
        "profile[1] (name).source", "only a field of type 'derived' has 'source'.",
    ),
    "prefix twice": Planted(
        Q, "label: Wales, prefix: W", "label: Wales, prefix: e", None,
        "lookups[1] (countries).entries[2] (wales).prefix",
        "the prefix 'e' is already used in this lookup.",
    ),
    "stretch without a start": Planted(
        Q, "label: Large, at_least: 1000", "label: Large", None, "lookups[2] (sizes).entries[2] (large)",
        "missing 'at_least', because the lookup is used by stretch.",
    ),
    "peer group by a field that is not there": Planted(
        F, "fields: [size]", "fields: [sise]", None, "benchmarking.peer_groups[1].fields[1]",
        "there is no profile field 'sise'; did you mean 'size'?",
    ),
    "peer group by a field of others": Planted(
        F, "{respondent: council, fields", "{respondent: charity, fields", None,
        "benchmarking.peer_groups[1].fields[1]", "the field 'size' is not asked of 'charity'.",
    ),
    "no consent field": Planted(
        Q, "choices: agreement, role: consent", "choices: agreement", F, "benchmarking.consent",
        "no profile field has the role 'consent'.",
    ),
    "consent in free text": Planted(
        Q, "type: choice, choices: agreement, role", "type: text, role", "id: consent", "profile[3] (consent).type",
        "the field with the role 'consent' is of type 'text'.",
    ),
}  # fmt: skip

FIGURES = {
    "limits": Planted(
        X, "minimum: 0, maximum: 100", "minimum: 100, maximum: 0", None, "inputs[3] (jobs).maximum",
        "'maximum' 0 is not above 'minimum' 100.",
    ),
    "default outside limits": Planted(
        X, "default: 5}", "default: 500}", None, "inputs[3] (jobs).default", "the default 500 is outside the limits.",
    ),
    "two values from one day": Planted(
        X, "from: 2025-04-01", "from: 2024-04-01", "value: 12.6", "reference_values[1] (wage).values[2].from",
        "there are two values from 2024-04-01.",
    ),
    "values out of order": Planted(
        X, "from: 2024-04-01", "from: 2026-04-01", "value: 12.6", "reference_values[1] (wage).values[2].from",
        "the value stands after one from 2026-04-01.",
    ),
    "code of a standing check": Planted(
        Q, "{id: S1, label", "{id: AUTO-1, label", "AUTO-1", "steps.steps[1] (AUTO-1).id",
        "'AUTO-1' is the code of a check that every workbook has.",
    ),
    "code of a section": Planted(
        Q, "- id: CH-1", "- id: B", "- id: B", "questions[2] (B).id", "'B' is the id of a section too.",
    ),
    "code of a table row": Planted(
        Q, "{id: S1, label", "{id: T1-3, label", "T1-3", "steps.steps[1] (T1-3).id",
        "'T1-3' is the code of a row of the table 'tenants'.",
    ),
    "unreadable formula": Planted(
        X, "formula: 100 * local_spend / spend", "formula: 100 * / spend", None, "measures[1] (M-1).formula",
        "cannot be read at character 7: A value is missing before '/'.",
    ),
    "unknown name": Planted(
        X, "formula: spend - local_spend", "formula: spend - local_spnd", None,
        "measures[1] (M-1).workings[1] (rest).formula",
        "there is no input or reference value 'local_spnd'; did you mean 'local_spend'?",
    ),
    "name that others are asked for": Planted(
        X, "wage\nchecks", "wage + spend\nchecks", "wage + spend", "measures[2] (M-2).formula",
        "'spend' is not asked of charity, to whom this applies.",
    ),
    "condition for a number": Planted(
        X, "formula: 100 * local_spend / spend", "formula: spend > 1", None, "measures[1] (M-1).formula",
        "gives true or false, where a number is needed.",
    ),
    "number for a condition": Planted(
        X, "rule: local_spend <= spend", "rule: local_spend", None, "checks[1] (X1).rule",
        "gives a number, where a condition is needed.",
    ),
    "number for needs": Planted(
        X, "needs: spend > 0", "needs: spend", None, "measures[1] (M-1).needs",
        "gives a number, where a condition is needed.",
    ),
    "number for the condition of a basis": Planted(
        X, "when: jobs >= 5", "when: jobs", "label: Books", "measures[1] (M-1).bases[1] (Books).when",
        "gives a number, where a condition is needed.",
    ),
    "unknown name in the condition of a basis": Planted(
        X, "when: jobs >= 5", "when: job >= 5", "label: Books", "measures[1] (M-1).bases[1] (Books).when",
        "there is no input or reference value 'job'; did you mean 'jobs'?",
    ),
    "basis that may leave nothing": Planted(
        X, "- {label: Guess}", "- {label: Guess, when: spend > 1}", "label: Guess",
        "measures[1] (M-1).bases[2] (Guess).when",
        "the last basis has a condition, so a figure could rest on nothing.",
    ),
    "basis that nothing comes after": Planted(
        X, "- {label: Books, when: jobs >= 5}", "- {label: Books}", "- {label: Books",
        "measures[1] (M-1).bases[1] (Books)",
        "this basis always applies, so those after it never do.",
    ),
    "basis twice": Planted(
        X, "- {label: Guess}", "- {label: books}", None, "measures[1] (M-1).bases[2] (books).label",
        "the label 'books' is already used.",
    ),
    "test case with an unknown basis": Planted(
        X, "expect_basis: Books", "expect_basis: Book", None, "test_cases[1] (half).expect_basis",
        "there is no basis 'Book' in 'M-1'; did you mean 'Books'?",
    ),
    "text column in a formula": Planted(
        X, "SUM(tenants.rent)", "SUM(tenants.tenant)", None, "measures[2] (M-2).formula",
        "the column 'tenants.tenant' holds text, not numbers.",
    ),
    "unknown column": Planted(
        X, "SUM(tenants.rent)", "SUM(tenants.rents)", None, "measures[2] (M-2).formula",
        "there is no column 'rents' in 'tenants'; did you mean 'rent'?",
    ),
    "unknown table": Planted(
        X, "SUM(tenants.rent)", "SUM(tenant.rent)", None, "measures[2] (M-2).formula",
        "there is no table 'tenant'; did you mean 'tenants'?",
    ),
    "whole table in a formula": Planted(
        X, "SUM(tenants.rent)", "tenants", "formula: tenants", "measures[2] (M-2).formula",
        "'tenants' is a whole table.",
    ),
    "test case of an unknown measure": Planted(
        X, "measure: M-2", "measure: M-3", None, "test_cases[2] (rents).measure",
        "there is no measure 'M-3'; did you mean 'M-2'?",
    ),
    "test case with an unknown input": Planted(
        X, "inputs: {wage: 2}", "inputs: {wages: 2}", None, "test_cases[2] (rents).inputs.wages",
        "there is no input or reference value 'wages'; did you mean 'wage'?",
    ),
    "test case with an unknown working": Planted(
        X, "workings: {rest: 100}", "workings: {best: 100}", None, "test_cases[1] (half).workings.best",
        "there is no working 'best' in 'M-1'; did you mean 'rest'?",
    ),
    "choice column without choices": Planted(
        X, "label: Tenant, type: text", "label: Tenant, type: choice", None,
        "input_tables[1] (tenants).columns[1] (tenant)",
        "missing 'choices', which a column of type 'choice' needs.",
    ),
    "text column with choices": Planted(
        X, "label: Tenant, type: text", "label: Tenant, type: text, choices: reasons", None,
        "input_tables[1] (tenants).columns[1] (tenant).choices", "a column of type 'text' has no choices.",
    ),
    "test case of nothing": Planted(
        X, "    measure: M-2\n", "", "- id: rents", "test_cases[2] (rents)", "has neither 'measure' nor 'values'.",
    ),
}  # fmt: skip

ALL = {
    f"{group}: {name}": planted
    for group, cases in {
        "structure": STRUCTURE,
        "ids": IDS,
        "links": LINKS,
        "scoring": SCORING,
        "profile": PROFILE,
        "figures": FIGURES,
    }.items()
    for name, planted in cases.items()
}

_UNREADABLE = (X, "formula: 100 * local_spend / spend", "formula: 100 * / spend")
_UNREADABLE_TOLD = (X, "cannot be read at character 7: A value is missing before '/'")

TOGETHER = {
    "four kinds": Together(
        (
            (F, "label: Local first", "lable: Local first, label: Local first"),
            (Q, "id: CH-1", "id: LA-1"),
            (X, "severity: error", "severity: eror"),
            _UNREADABLE,
        ),
        (
            (F, "unknown key 'lable'"),
            (Q, "the id 'LA-1' is already used in 2-questions.yaml, line 2"),
            _UNREADABLE_TOLD,
            (X, "should be one of error, query, found 'eror'"),
        ),
    ),
    "syntax and shape": Together(
        (
            (F, "principles:\n", "principles: [\n"),
            (Q, "label: Jobs\n", "labl: Jobs\n    label: Jobs\n"),
        ),
        ((F, "cannot be read as YAML: did not find expected node content"), (Q, "unknown key 'labl'")),
    ),
    "syntax, shape and meaning": Together(
        (
            (Q, "    text: Are there jobs?\n", "    text: Are there: jobs?\n"),
            (F, "minimum: 0\n", "minimum: abc\n"),
            (F, 'code: "no"', "code: full"),
            _UNREADABLE,
        ),
        (
            (F, "the code 'full' is already used in this list"),
            (F, "should be a number, found the text 'abc'"),
            (Q, "cannot be read as YAML: mapping values are not allowed in this context"),
            _UNREADABLE_TOLD,
        ),
    ),
    "syntax and meaning": Together(
        ((F, "id: sample", "id: *sample"), _UNREADABLE),
        ((F, "the alias '*sample' cannot be used here"), _UNREADABLE_TOLD),
    ),
    "a misspelled key at the top": Together(
        ((X, "measures:\n", "measuers:\n"), (F, "maximum: 100\n", "maximum: 0\n")),
        ((X, "unknown key 'measuers'"),),
    ),
    "a misspelled part of an entry": Together(
        (
            (F, "{id: local, label: Local first}", "{ident: local, label: Local first}"),
            (X, "unit: gbp, group: money, minimum: 0, maximum", "unit: euro, group: money, minimum: 0, maximum"),
        ),
        (
            (F, "missing key 'id'"),
            (F, "unknown key 'ident'"),
            (X, "there is no unit 'euro'"),
        ),
    ),
}
"""Faults of several kinds at once."""
