"""What does a health answer say?

An *answer* is what came back from an endpoint, bounded and as text. A *format* is a way of speaking of health (JSON,
plain text, a page); each has its file, and reads an answer or says that it is not its own. A *survey* is what a JSON
document says: its headline, its parts. A *reading* is the result: up, degraded, down, or unknown where the answer does
not speak of health.
To add a format: write `as_NAME.py` with `read(answer) -> Reading | None`, and name it in FORMATS of `read.py`; one that
is JSON has `survey(document) -> Survey | None` instead, and is named in DOCUMENTS of `as_json.py`.
"""

from rules.health.parts import is_core, is_peripheral
from rules.health.read import BODY_MAX, read
from rules.health.reading import Reading

__all__ = ["BODY_MAX", "Reading", "is_core", "is_peripheral", "read"]
