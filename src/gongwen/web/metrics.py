"""Count what a server does, for Prometheus (https://prometheus.io), at a port of its own.

Names, units and suffixes are those of Prometheus' conventions. Labels have few values: routes as
they are declared, methods, statuses, kinds of jobs; never what somebody asked.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from .. import __version__
from ..nlp.errors import GongwenError, QueryError
from .observed import Answered
from .site import Site

try:
    from prometheus_client import (
        CollectorRegistry,
        Counter,
        GCCollector,
        Histogram,
        PlatformCollector,
        ProcessCollector,
        start_http_server,
    )
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        InfoMetricFamily,
        Metric,
    )
    from prometheus_client.registry import Collector
except ImportError:
    raise QueryError("the metrics need prometheus-client: pip install prometheus-client") from None

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the classes of latency, in seconds."""
_REST = 20.0
"""Counting all sentences rests this many times as long as it took."""
_FIRST_COUNT_SECONDS = 0.5
"""How long the first question for metrics waits for the sentences to be counted."""


class Metrics:
    """The metrics of a server.

    Args:
        site: the server.

    Attributes:
        registry: has all of them.

    Example: ``prometheus_client.generate_latest(Metrics(site).registry)``
    """

    def __init__(self, site: Site) -> None:
        self.registry = CollectorRegistry()
        self._sizes = _Sizes(site)
        self._requests = Counter(
            "gongwen_http_requests", "Requests that were answered.",
            ("method", "route", "status"), registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "gongwen_http_request_duration_seconds", "From a request to the end of its answer.",
            ("method", "route"), buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._sent = Counter(
            "gongwen_http_response_body_bytes", "Bytes of answers.", registry=self.registry
        )
        self._refused = Counter(
            "gongwen_refused_requests", "Requests that were refused, by reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip
        self._failed = Counter(
            "gongwen_request_errors", "Requests that ended with an error of the server.",
            ("exception",), registry=self.registry,
        )  # fmt: skip
        self._uploads = Counter("gongwen_uploads", "Requests with files.", registry=self.registry)
        self._uploaded = Counter(
            "gongwen_upload_bytes", "Bytes of requests with files.", registry=self.registry
        )
        self.registry.register(_SiteCollector(site, self._sizes))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def observe(self, answered: Answered) -> None:
        """Count a request.

        Args:
            answered: the request and how it was answered.
        """
        method, route = answered.method, answered.route
        self._requests.labels(method, route, str(answered.status)).inc()
        self._seconds.labels(method, route).observe(answered.seconds)
        self._sent.inc(answered.sent)
        if answered.refused:
            self._refused.labels(answered.refused).inc()
        if answered.error is not None:
            self._failed.labels(type(answered.error).__name__).inc()
        if answered.upload:
            self._uploads.inc()
            self._uploaded.inc(answered.received)

    @contextlib.contextmanager
    def listening(self, host: str, port: int) -> Iterator[int]:
        """Answer Prometheus at an address as long as the block runs, in threads of their own.

        Args:
            host: address to listen at; there is no login.
            port: port to listen at, 0 for any free one.

        Yields:
            The port.

        Raises:
            QueryError: nothing can listen there.
        """
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise QueryError(
                f"cannot listen at {host}:{port} ({error.strerror}); give another --metrics-port"
            ) from None
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def close(self) -> None:
        """Wait for what is counted."""
        self._sizes.close()


class _Sizes:
    """Counts reports and sentences beside the requests, when there was a change.

    Counting is quick in a small library and takes seconds in a large one, so the last numbers are
    given until there are new ones, and it rests in between in proportion to what it took.

    Args:
        site: the server.
    """

    def __init__(self, site: Site) -> None:
        self._library = site.library
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gongwen-count")
        self._lock = threading.Lock()
        self._counting: Future[None] | None = None
        self._counted: tuple[int, int] | None = None
        self._generation = -1
        self._not_before = 0.0

    def at(self, generation: int) -> tuple[int, int] | None:
        """Return the reports and sentences that were counted last, ``None`` before the first time.

        Args:
            generation: number of the store's last change; if it is another one than at the last
                time, they are counted anew.
        """
        with self._lock:
            idle = self._counting is None or self._counting.done()
            changed = generation != self._generation
            if generation >= 0 and changed and idle and time.monotonic() >= self._not_before:
                self._counting = self._pool.submit(self._count, generation)
            counting = self._counting
        if self._counted is None and counting is not None:
            try:
                counting.result(_FIRST_COUNT_SECONDS)
            except TimeoutError:
                return None
        return self._counted

    def _count(self, generation: int) -> None:
        began = time.monotonic()
        try:
            self._counted = self._library.size()
            self._generation = generation
        except (GongwenError, OSError):
            pass  # the probe says what is wrong, and they are counted anew when there is an answer
        now = time.monotonic()
        self._not_before = now + _REST * (now - began)

    def close(self) -> None:
        """Wait for what is counted."""
        self._pool.shutdown(cancel_futures=True)


class _SiteCollector(Collector):
    """Gives the numbers that are looked up when Prometheus asks.

    Args:
        site: the server.
        sizes: counts its library.
    """

    def __init__(self, site: Site, sizes: _Sizes) -> None:
        self._site = site
        self._sizes = sizes

    def describe(self) -> list[Metric]:
        """Return nothing: the names are fixed, and asking for them here would ask the library."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers as they are now."""
        yield InfoMetricFamily("gongwen_build", "What runs.", {"version": __version__})
        yield from self._readiness()
        yield GaugeMetricFamily(
            "gongwen_http_requests_in_progress",
            "Requests that are being answered.",
            self._site.answering,
        )
        yield from self._threads()
        yield from self._jobs()

    def _readiness(self) -> Iterator[Metric]:
        found = self._site.probe.now()
        yield GaugeMetricFamily(
            "gongwen_ready", "1 if questions are answered from all that is stored.", found.ready
        )
        for name, state in (("store", found.store), ("engine", found.engine)):
            answers = state in ("ok", "behind")
            yield GaugeMetricFamily(f"gongwen_{name}_up", f"1 if the {name} answers.", answers)
        if found.generation >= 0:
            yield GaugeMetricFamily(
                "gongwen_store_generation", "Number of the store's last change.", found.generation
            )
        if found.indexed >= 0:
            yield GaugeMetricFamily(
                "gongwen_index_generation", "Number of the last change in the index.", found.indexed
            )
            yield GaugeMetricFamily(
                "gongwen_index_behind", "Changes of the store that the index lacks.",
                max(found.generation - found.indexed, 0),
            )  # fmt: skip
        sizes = self._sizes.at(found.generation)
        if sizes is not None:
            yield GaugeMetricFamily("gongwen_reports", "Reports in the library.", sizes[0])
            yield GaugeMetricFamily("gongwen_sentences", "Sentences in the library.", sizes[1])

    def _threads(self) -> Iterator[Metric]:
        running = GaugeMetricFamily(
            "gongwen_questions_running", "Questions that are answered now.", labels=("kind",)
        )
        waiting = GaugeMetricFamily(
            "gongwen_questions_waiting", "Questions that wait for a thread.", labels=("kind",)
        )
        for kind, threads in (("search", self._site.searching), ("long", self._site.working)):
            running.add_metric((kind,), threads.running)
            waiting.add_metric((kind,), threads.waiting)
        yield running
        yield waiting

    def _jobs(self) -> Iterator[Metric]:
        jobs = self._site.jobs
        now = GaugeMetricFamily("gongwen_jobs", "Long work now, by state.", labels=("state",))
        states = [job.state for job in jobs.list()]
        for state in ("waiting", "running"):
            now.add_metric((state,), states.count(state))
        yield now
        ended = CounterMetricFamily(
            "gongwen_jobs_ended", "Long work that has ended.", labels=("kind", "state")
        )
        for (kind, state), count in sorted(jobs.ended.copy().items()):
            ended.add_metric((kind, state), count)
        yield ended
