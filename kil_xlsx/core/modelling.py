"""What the classes of the definition share: kinds of ids and texts, and a base that takes no unknown keys."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
"""A stable id, never used again for something else."""

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""An id that may stand in an expression."""

Code = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=20)]
"""What respondents see in the "No." column: short, in capitals, unique in the framework."""

Text = Annotated[str, Meta(min_length=1, max_length=2000)]
NumberFormat = Annotated[str, Meta(min_length=1, max_length=80)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """Frozen, and a misspelt key is an error rather than something quietly ignored."""
