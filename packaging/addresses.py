"""`[project.urls]` of what is built where the project is published: a workflow knows the address of its repository.

A build elsewhere has none: an address that is written down here would be wrong in every copy of the project but one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping


def dynamic_metadata(settings: Mapping[str, object], project: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Give what scikit-build-core adds to the metadata, as ``[[tool.dynamic-metadata]]`` in pyproject.toml asks."""
    del settings, project
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    if not server or not repository:
        return {"urls": {}}
    home = f"{server}/{repository}"
    return {
        "urls": {
            "Homepage": home,
            "Documentation": f"{home}/tree/main/docs",
            "Changelog": f"{home}/blob/main/CHANGELOG.md",
            "Issues": f"{home}/issues",
        }
    }
