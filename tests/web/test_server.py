"""The server listens in a way that answers are sent at once."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="pip install 'gongwen[web]'")

from gongwen.nlp.errors import QueryError
from gongwen.web.server import listening_socket
from gongwen.web.settings import ServeSettings


def test_answers_do_not_wait_for_acknowledgements() -> None:
    async def no_delay_of_a_connection() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            made = writer.get_extra_info("socket")
            seen.set_result(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = listening_socket(ServeSettings(folder=Path("library"), port=0))
        server = await asyncio.start_server(connected, sock=listening)
        async with server:
            _reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.close()
            return await seen

    with ThreadPoolExecutor(1) as other:  # a browser of another test may have a loop in this thread
        assert other.submit(lambda: asyncio.run(no_delay_of_a_connection())).result()


def test_a_port_in_use_is_said() -> None:
    with listening_socket(ServeSettings(folder=Path("library"), port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(QueryError, match=f"{port}.*--port"):
            listening_socket(ServeSettings(folder=Path("library"), port=port))
