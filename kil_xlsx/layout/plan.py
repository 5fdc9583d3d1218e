"""Where everything goes.  The only code that decides the place of anything in the workbook.

The generator paints the sheets of a :class:`Plan`; the reader looks for what a plan says was there.  The same
instrument gives the same plan.  Rows and columns count from zero.  Column 0 of every sheet that is filled in holds
the hidden key, column 1 the visible code.
"""

from __future__ import annotations

from functools import cached_property

from kil_xlsx.core.checking import STANDING, range_check_id
from kil_xlsx.core.figures import Measure, TableColumn
from kil_xlsx.core.framework import Lookup, ProfileField, Question
from kil_xlsx.core.instrument import Instrument, SectionNode
from kil_xlsx.core.readings import ItemKind
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.core.scoring import LISTED, scored_choices
from kil_xlsx.errors import DefinitionError, LayoutError
from kil_xlsx.layout.codec import FIRST_DAY, LAST_DAY, ordered, serial
from kil_xlsx.layout.document import CellRef, RangeRef
from kil_xlsx.layout.places import (
    About,
    ActionPlan,
    Assessment,
    Block,
    Checks,
    ListPlace,
    LookupPlace,
    Measures,
    Results,
    StartPlan,
    Steps,
    TablePlace,
    Workings,
)
from kil_xlsx.layout.slots import Slot, SlotKind, name_of
from kil_xlsx.layout.wording import Wording, wording, wording_faults

MOST_QUESTIONS = 999
"""More than this and the sorting keys of the action plan would no longer be unique."""


class Plan:
    """Every place in the workbook of one instrument."""

    def __init__(self, instrument: Instrument) -> None:
        if len(instrument.questions) > MOST_QUESTIONS:
            raise LayoutError(
                f"The framework asks {len(instrument.questions)} questions of one respondent.", "999 fit."
            )
        self.instrument = instrument
        faults = wording_faults(instrument.framework.interface, instrument.framework.id)
        if faults:
            raise DefinitionError("The words of the workbook cannot be used.", tuple(faults))
        self.words: Wording = wording(instrument.framework.interface)
        words = self.words
        sheets = [text.casefold() for key, text in self.words.words.items() if key.startswith("sheet.")]
        if self.steps_sheet.casefold() in sheets and instrument.framework.steps:
            raise LayoutError(
                f"The sheet of the steps cannot be called '{self.steps_sheet}'.", "Another sheet has that name."
            )
        self.start = StartPlan(words("sheet.start"))
        self.about = self._about()
        self.columns = Assessment(self.most_levels)
        self.assessment = self._assessment()
        self._measures()
        self.checks = self._checks()
        self.results = self._results()
        self.plan_first = ActionPlan.HEADER + 1
        self.steps = self._steps()
        self._lists()
        self.slots: tuple[Slot, ...] = tuple(self._slots())
        self._workings()
        self.by_key: dict[Key, Slot] = {slot.key: slot for slot in self.slots}
        self.by_item: dict[str, list[Slot]] = {}
        for slot in self.slots:
            self.by_item.setdefault(slot.key.item, []).append(slot)

    # Sheets that are filled in

    @property
    def steps_sheet(self) -> str:
        """The framework names the sheet of its steps."""
        steps = self.instrument.framework.steps
        return steps.title if steps else self.words("sheet.steps")

    def _about(self) -> Block:
        rows = {field.id: About.HEADER + 1 + index for index, field in enumerate(self.instrument.profile)}
        return Block(self.words("sheet.about"), About.HEADER, rows)

    def _assessment(self) -> Block:
        """One row per section band and per question, in the order of the tree."""
        rows: dict[str, int] = {}
        row = Assessment.HEADER + 1
        for top in self.instrument.tree:
            for node in top.walk():
                rows[node.id] = row
                row += 1
                for question in node.own:
                    rows[question.id] = row
                    row += 1
        return Block(self.words("sheet.assessment"), Assessment.HEADER, rows)

    def _measures(self) -> None:
        """Figures by group, then the input tables, then the measures with their workings."""
        sheet = self.words("sheet.measures")
        self.figures_title = 3
        row = self.figures_title + 2
        rows: dict[str, int] = {}
        self.group_rows: dict[str, int] = {}
        for group in self.instrument.input_groups:
            self.group_rows[group.id] = row
            row += 1
            for figure in self.instrument.figures:
                if figure.group == group.id:
                    rows[figure.id] = row
                    row += 1
        self.figures = Block(sheet, self.figures_title + 1, rows)
        self.tables: dict[str, TablePlace] = {}
        workings_row = len(self.instrument.questions) + 4
        workings_column = 25
        for table in self.instrument.tables:
            title = row + 1
            place = TablePlace(
                table, title, title + 1, sheet, self.words("sheet.workings"), workings_row, workings_column
            )
            self.tables[table.id] = place
            workings_column += len(place.numbers) + 1
            row = title + 1 + table.rows + 1
        self.measures_title = row + 1
        row = self.measures_title + 2
        measure_rows: dict[str, int] = {}
        for measure in self.instrument.measures:
            measure_rows[measure.id] = row
            row += 1
            for working in measure.workings:
                measure_rows[self.working_key(measure, working.id)] = row
                row += 1
        self.measures = Block(sheet, self.measures_title + 1, measure_rows)

    @staticmethod
    def working_key(measure: Measure, working: str) -> str:
        """How a step of a measure is named in the measures block."""
        return f"{measure.id}.{working}"

    def _checks(self) -> Block:
        ids = [check.id for check in self.instrument.checks]
        ids += [range_check_id(measure.id) for measure in self.ranged_measures]
        ids += list(STANDING)
        rows = {identifier: Checks.HEADER + 1 + index for index, identifier in enumerate(ids)}
        return Block(self.words("sheet.checks"), Checks.HEADER, rows)

    @property
    def ranged_measures(self) -> tuple[Measure, ...]:
        """Measures with a usual range."""
        return tuple(m for m in self.instrument.measures if m.valid_from is not None or m.valid_to is not None)

    def _results(self) -> Block:
        rows = {node.id: Results.HEADER + 1 + index for index, node in enumerate(self.instrument.nodes)}
        last = Results.HEADER + len(rows)
        self.overall_row = last + 1
        self.overall_equal_row = last + 2 if self.weighted_overall else None
        self.compared_row = (self.overall_equal_row or self.overall_row) + 1
        self.charts_row = self.compared_row + 2
        self.strongest_title = self.charts_row + 24
        self.weakest_title = self.strongest_title + 2 + LISTED + 1
        self.claims_title = self.weakest_title + 2 + LISTED + 1
        return Block(self.words("sheet.results"), Results.HEADER, rows)

    @property
    def weighted_overall(self) -> bool:
        return self.instrument.framework.scoring.overall.rule == "weighted_mean"

    @property
    def chart_nodes(self) -> tuple[SectionNode, ...]:
        """The sections that charts compare: the top ones."""
        return self.instrument.tree

    def _steps(self) -> Block:
        rows = {step.id: Steps.HEADER + 1 + index for index, step in enumerate(self.instrument.steps)}
        return Block(self.steps_sheet, Steps.HEADER, rows)

    # Hidden sheets

    def _lists(self) -> None:
        sheet = self.words("sheet.lists")
        self.lists: dict[str, ListPlace] = {}
        column = 0
        for choice_list in self.instrument.framework.choice_lists:
            choices = ordered(choice_list)
            answers = sum(choice.state == "answered" for choice in choices)
            self.lists[choice_list.id] = ListPlace(sheet, 2, column, answers, len(choices))
            column += ListPlace.WIDTH
        self.lookups: dict[str, LookupPlace] = {}
        for lookup in self.instrument.framework.lookups:
            self.lookups[lookup.id] = LookupPlace(sheet, 2, column, len(lookup.entries))
            column += 3
        self.published: dict[str, LookupPlace] = {}
        for reference in self.instrument.reference_values:
            if reference.values:
                self.published[reference.id] = LookupPlace(sheet, 2, column, len(reference.values))
                column += 3
        self.bands = LookupPlace(sheet, 2, column, max(len(self.instrument.framework.scoring.bands), 1))

    def _workings(self) -> None:
        sheet = self.words("sheet.workings")
        questions = self.instrument.questions
        self.question_workings = Block(
            sheet,
            Workings.HEADER,
            {question.id: Workings.HEADER + 1 + index for index, question in enumerate(questions)},
        )
        after = len(questions) + 4
        self.check_workings = Block(
            sheet, after, {identifier: after + 1 + index for index, identifier in enumerate(self.checks.rows)}
        )
        self.figure_workings = Block(
            sheet, after, {figure: after + 1 + index for index, figure in enumerate(self.figures.rows)}
        )
        self.chart_workings = Block(
            sheet, after, {node.id: after + 1 + index for index, node in enumerate(self.chart_nodes)}
        )
        self.row_slots: dict[str, tuple[Slot, ...]] = {}
        for slot in self.slots:
            if slot.key.part != Part.EXPLANATION:
                self.row_slots[slot.code] = (*self.row_slots.get(slot.code, ()), slot)
        self.row_workings = Block(sheet, after, {code: after + 1 + at for at, code in enumerate(self.row_slots)})

    CHECK_ID, CHECK_VALUE, CHECK_SEVERITY, CHECK_OPEN, CHECK_ERROR, CHECK_QUERY, CHECK_ADDRESS = range(7)
    CHART_CODE, CHART_LABEL, CHART_VALUE, CHART_LAST, CHART_PEERS = range(8, 13)
    FIGURE_CODE, FIGURE_GIVEN, FIGURE_BOTH, FIGURE_ADDRESS = range(14, 18)
    ROW_CODE, ROW_UNUSABLE, ROW_WRONG, ROW_NEEDED, ROW_ADDRESS = range(19, 24)
    """Columns of the lower blocks of the workings: conditions of checks and whether they are open, scores for charts,
    how figures are given, and for every row that is filled in how many of its cells cannot be used (and whether any),
    whether it is needed and blank, and where it is."""

    # References that formulas use

    def question_cell(self, question: Question, column: int) -> CellRef:
        """A cell of a question's row on the Assessment sheet."""
        return self.assessment.cell(question.id, column)

    def working(self, question_id: str, column: int) -> CellRef:
        """A cell of a question's row on the workings sheet."""
        return self.question_workings.cell(question_id, column)

    def working_range(self, questions: tuple[Question, ...], column: int) -> RangeRef:
        """A column of the workings over consecutive questions."""
        first, last = self.working(questions[0].id, column), self.working(questions[-1].id, column)
        return RangeRef(first.sheet, first.row, column, last.row, column)

    def score_cell(self, section_id: str, column: int = Results.SCORE) -> CellRef:
        """A section's score, or another column of its row on the Results sheet."""
        return self.results.cell(section_id, column)

    @cached_property
    def asked_slots(self) -> tuple[Slot, ...]:
        """The cells to fill in of a workbook into which nothing was carried over: there is nothing to confirm."""
        return tuple(slot for slot in self.slots if slot.key.part != Part.CONFIRM)

    @cached_property
    def carried_slots(self) -> tuple[Slot, ...]:
        """The cells that may be carried over from an earlier return: all of a row but its confirmation."""
        kept = {kind for kind in ItemKind if kind is not ItemKind.STEP}
        return tuple(slot for slot in self.asked_slots if self.kinds.get(slot.key.item) in kept)

    def overall_cell(self, column: int = Results.SCORE) -> CellRef:
        """The overall score, or another column of its row."""
        return CellRef(self.results.sheet, self.overall_row, column)

    def list_place(self, question: Question) -> ListPlace:
        """Where the choices of a question stand."""
        return self.lists[self.instrument.choices_of(question).id]

    @cached_property
    def most_levels(self) -> int:
        """How many answers, apart from the special ones, the longest choice list of any question has."""
        lists = (self.instrument.choices_of(question) for question in self.instrument.questions)
        return max(sum(choice.state == "answered" for choice in each.choices) for each in lists)

    def lookup(self, lookup_id: str) -> Lookup:
        return self.instrument.lookups[lookup_id]

    def first_profile_cell(self) -> CellRef:
        """The first cell to fill in about the organisation."""
        return self.about.cell(self.instrument.profile[0].id, About.ANSWER)

    # Slots

    def _slots(self) -> list[Slot]:
        slots: list[Slot] = []
        for field in self.instrument.profile:
            if field.type != "derived":
                slots.append(self._profile_slot(field))
                slots += self._confirm_slot(self.about, field.id, field.code, About.CONFIRM)
        for question in self.instrument.questions:
            slots.extend(self._question_slots(question))
        for figure in self.instrument.figures:
            slots.extend(self._figure_slots(figure.id, figure.code, figure.label, figure.minimum, figure.maximum))
        for place in self.tables.values():
            for row in range(1, place.table.rows + 1):
                slots.extend(self._table_slot(place, row, column) for column in place.table.columns)
                slots += self._confirm_row(place, row)
        for identifier in self.checks.rows:
            slots.append(
                self._slot(
                    self.checks, identifier, identifier, Part.EXPLANATION, Checks.EXPLANATION, "checks.explanation"
                )
            )
        framework_steps = self.instrument.framework.steps
        for step in self.instrument.steps:
            assert framework_steps is not None
            slots.append(
                self._slot(
                    self.steps, step.id, step.id, Part.ANSWER, Steps.STATUS, "steps.status",
                    kind=SlotKind.CHOICE, choices=framework_steps.choices, main=True, label=step.label,
                )
            )  # fmt: skip
            slots.append(self._slot(self.steps, step.id, step.id, Part.NOTE, Steps.NOTE, "steps.note"))
        return slots

    def _slot(
        self,
        block: Block,
        item: str,
        code: str,
        part: Part,
        column: int,
        heading: str,
        *,
        kind: SlotKind = SlotKind.TEXT,
        choices: str | None = None,
        levels_only: bool = False,
        main: bool = False,
        label: str = "",
        minimum: float | None = None,
        maximum: float | None = None,
        required: bool = False,
    ) -> Slot:
        return Slot(
            key=Key(item, part),
            kind=kind,
            cell=block.cell(item, column),
            code=code,
            heading=self.words(heading),
            label=label,
            name=name_of(code) if main else None,
            main=main,
            choices=choices,
            levels_only=levels_only,
            minimum=minimum,
            maximum=maximum,
            required=required,
        )

    def _profile_slot(self, field: ProfileField) -> Slot:
        kinds = {"choice": SlotKind.CHOICE, "date": SlotKind.DATE}
        kind = kinds.get(field.type, SlotKind.TEXT)
        is_date = kind is SlotKind.DATE
        return self._slot(
            self.about, field.id, field.code, Part.ANSWER, About.ANSWER, "about.answer",
            kind=kind, choices=field.choices, main=True, label=field.label, required=field.required,
            minimum=serial(FIRST_DAY) if is_date else None, maximum=serial(LAST_DAY) if is_date else None,
        )  # fmt: skip

    def _question_slots(self, question: Question) -> list[Slot]:
        framework = self.instrument.framework
        choices = self.instrument.choices_of(question).id

        def slot(
            part: Part, column: int, heading: str, kind: SlotKind = SlotKind.TEXT, listed: str | None = None
        ) -> Slot:
            return self._slot(
                self.assessment, question.id, question.id, part, column, heading,
                kind=kind, choices=listed, label=question.label,
                levels_only=part is Part.TARGET, main=part is Part.ANSWER,
                minimum=serial(FIRST_DAY) if kind is SlotKind.DATE else None,
                maximum=serial(LAST_DAY) if kind is SlotKind.DATE else None,
            )  # fmt: skip

        columns = self.columns
        slots = [
            slot(Part.ANSWER, columns.ANSWER, "assessment.answer", SlotKind.CHOICE, choices),
            *self._confirm_slot(self.assessment, question.id, question.id, columns.CONFIRM),
            slot(Part.REASON, columns.REASON, "assessment.reason"),
            slot(Part.EVIDENCE, columns.EVIDENCE, "assessment.evidence"),
            slot(Part.STRENGTH, columns.STRENGTH, "assessment.strength", SlotKind.CHOICE, framework.evidence_strength),
            slot(Part.ACTION, columns.ACTION, "assessment.action"),
            slot(Part.OWNER, columns.OWNER, "assessment.owner"),
            slot(Part.DUE, columns.DUE, "assessment.due", SlotKind.DATE),
        ]
        if scored_choices(self.instrument.choices_of(question)):
            slots.append(slot(Part.TARGET, columns.TARGET, "assessment.target", SlotKind.CHOICE, choices))
        return slots

    def _figure_slots(
        self, item: str, code: str, label: str, minimum: float | None, maximum: float | None
    ) -> list[Slot]:
        missing = self.instrument.framework.missing_figure
        return [
            self._slot(
                self.figures, item, code, Part.ANSWER, Measures.VALUE, "measures.value",
                kind=SlotKind.NUMBER, main=True, label=label, minimum=minimum, maximum=maximum,
            ),
            self._slot(
                self.figures, item, code, Part.MISSING, Measures.MISSING, "measures.missing",
                kind=SlotKind.CHOICE, choices=missing, label=label,
            ),
            self._slot(self.figures, item, code, Part.NOTE, Measures.NOTE, "measures.note", label=label),
            *self._confirm_slot(self.figures, item, code, Measures.CONFIRM),
        ]  # fmt: skip

    def _confirm_slot(self, block: Block, item: str, code: str, column: int) -> list[Slot]:
        """Where an answer that was carried over is confirmed; the framework may offer no way to."""
        choices = self.instrument.framework.confirmation
        if choices is None:
            return []
        return [
            self._slot(
                block, item, code, Part.CONFIRM, column, "carried.confirm",
                kind=SlotKind.CHOICE, choices=choices, label=self.words("carried.prompt"),
            )
        ]  # fmt: skip

    def _confirm_row(self, place: TablePlace, row: int) -> list[Slot]:
        choices = self.instrument.framework.confirmation
        if choices is None:
            return []
        return [
            Slot(
                key=Key(place.table.id, Part.CONFIRM, row),
                kind=SlotKind.CHOICE,
                cell=CellRef(place.sheet, place.header + row, Measures.CONFIRM),
                code=place.row_code(row),
                heading=self.words("carried.confirm"),
                label=self.words("carried.prompt"),
                choices=choices,
            )
        ]

    def _table_slot(self, place: TablePlace, row: int, column: TableColumn) -> Slot:
        kinds = {"choice": SlotKind.CHOICE, "number": SlotKind.NUMBER}
        first = column is place.table.columns[0]
        code = place.row_code(row)
        return Slot(
            key=Key(place.table.id, Part.ANSWER, row, column.id),
            kind=kinds.get(column.type, SlotKind.TEXT),
            cell=place.cell(row, column.id),
            code=code,
            heading=column.label,
            label=f"{column.label}. {column.help}" if column.help else column.label,
            name=name_of(code) if first else None,
            main=first,
            choices=column.choices,
            minimum=column.minimum,
            maximum=column.maximum,
        )

    # What kind of item a slot belongs to

    @cached_property
    def kinds(self) -> dict[str, ItemKind]:
        """The kind of every item that appears in the account of a return, by item id."""
        kinds = {field.id: ItemKind.PROFILE for field in self.instrument.profile}
        kinds |= {question.id: ItemKind.QUESTION for question in self.instrument.questions}
        kinds |= {figure.id: ItemKind.FIGURE for figure in self.instrument.figures}
        kinds |= {table.id: ItemKind.TABLE for table in self.instrument.tables}
        kinds |= {step.id: ItemKind.STEP for step in self.instrument.steps}
        return kinds
