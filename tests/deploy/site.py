"""Parts of a site that tests put together on loopback: certificates, names, pages of docs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^<!-- site: (\w+) -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def certificate(folder: Path, name: str) -> None:
    """Write a certificate of a host, ``site.crt`` and ``site.key``, that is its own ``ca.crt``."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
         "-keyout", str(folder / "site.key"), "-out", str(folder / "site.crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "ca.crt").write_bytes((folder / "site.crt").read_bytes())


def filled_in(template: Path, names: Mapping[str, str]) -> str:
    """Return a template as envsubst fills it in."""
    return re.sub(r"\$\{(\w+)\}", lambda found: names[found[1]], template.read_text("utf-8"))


def blocks(page: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the blocks of a page that a site runs: their kind, and commands with their output."""
    for kind, text in _BLOCK.findall(page.read_text("utf-8")):
        commands: list[tuple[str, str]] = []
        for line in text.splitlines(keepends=True):
            if line.startswith("$ "):
                commands.append((line.removeprefix("$ ").rstrip("\n"), ""))
            else:
                command, printed = commands.pop()
                commands.append((command, printed + line))
        yield kind, commands
