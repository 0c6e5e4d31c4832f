"""Compile the message catalogues when the package is built or installed from a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface):  # type: ignore[type-arg]
    """A build hook that writes beside every ``.po`` file the ``.mo`` file that gettext reads."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all catalogues; called before files are collected."""
        for path in sorted(Path(self.root, "src/gongwen/locale").glob("*/LC_MESSAGES/*.po")):
            with path.open("rb") as source:
                catalogue = read_po(source)
            with path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, catalogue)
