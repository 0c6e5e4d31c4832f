"""Serve a library over HTTP, and start the chromium of this machine: for tests and screenshots."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
"""The program, ``""`` where there is none."""
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
"""With these it asks nothing of other machines by itself."""


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[str]:
    """Serve a library on a free port of this machine, and yield the address.

    Args:
        folder: of the library.
        settings: as of :class:`gongwen.web.settings.ServeSettings`.
    """
    from gongwen.web.app import create_app
    from gongwen.web.server import listening_socket, server_of
    from gongwen.web.settings import ServeSettings

    listening = listening_socket(ServeSettings(folder=folder, port=0))
    port = listening.getsockname()[1]
    server = server_of(create_app(ServeSettings(folder=folder, port=port, **settings)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start chromium without a window, and yield it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        try:
            yield made
        finally:
            made.close()
