"""Thousands of strange requests to the API of a real daemon, made from its own description by schemathesis.

    pip install schemathesis; python -m bench.fuzz [--examples 60]

Exit 1 where anything is answered with 5xx, otherwise than described, or without the token that it needs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.whole.stage import Watcher, settings

TOKEN = "0123456789abcdef0123456789abcdef"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", default="60")
    examples = parser.parse_args().examples
    with tempfile.TemporaryDirectory() as folder:
        token = Path(folder) / "token"
        token.write_text(TOKEN, encoding="utf-8")
        plain = settings("127.0.0.1:9", health={"endpoints": [{"name": "api", "url": "http://127.0.0.1:9/"}]})
        watcher = Watcher(Path(folder), plain)
        listen = f"127.0.0.1:{watcher.port}"
        watcher.write({**plain, "serve": {"listen": listen, "tokens": {"cli": {"file": str(token)}}}})
        with watcher:
            address = f"http://{listen}/api/v1/openapi.json"
            asking = [sys.executable, "-m", "schemathesis.cli", "run", address, "--checks", CHECKS]
            asking += ["-H", f"Authorization: Bearer {TOKEN}", "-n", examples]
            return subprocess.run(asking, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
