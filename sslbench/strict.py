"""What cards and records are made of: unknown fields are errors, values do not change."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A part of a card or of a record: unknown fields are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
