"""One line of a results folder -> its record, of this schema or of the one before."""

import json

from pydantic import ValidationError

from sslbench.errors import RecordError
from sslbench.records.convert import OldRepresentation, OldRun
from sslbench.records.schema import AssumptionRecord, Record, RunRecord

SCHEMAS = {c.__schema__: c for c in (RunRecord, AssumptionRecord, OldRun, OldRepresentation)}


def parse_line(text: str, where: str) -> Record | OldRun | OldRepresentation:
    """The record of one line, types as declared, nothing guessed; raises RecordError naming `where`."""
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordError(f"{where}: not a JSON object ({error}). Remove the line; the run will be repeated") from None
    schema = fields.pop("schema", None) if isinstance(fields, dict) else None
    if not isinstance(schema, str) or schema not in SCHEMAS:
        raise RecordError(
            f"{where}: unknown schema {schema!r}; this sslbench reads {', '.join(SCHEMAS)}. "
            "Update sslbench, or use another folder with --results"
        )
    try:
        return SCHEMAS[schema].model_validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RecordError(f"{where}: field {field} of {schema}: {first['msg']}") from None
