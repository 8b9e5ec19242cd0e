"""Names for branches and tags of an incident: from the version and the day of the opening, the same whenever asked. Pure."""

from __future__ import annotations


def branches(version: str, date: str) -> dict[str, str]:
    """What git calls the work on an incident; `date` is YYYYMMDD."""
    return {
        "rollback_branch": f"rollback/{version}-{date}",
        "restore_branch": f"restore/{version}-{date}",
        "hotfix_branch": f"hotfix/{version}-{date}",
        "hotfix_tag": f"hotfix-v{version.removeprefix('v')}-{date}",
    }
