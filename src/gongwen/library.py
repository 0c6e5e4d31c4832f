"""A library: a folder of reports that can be added to, searched and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core import MODELS_FOLDER
from .nlp.validation import clean_line
from .questions import Questions
from .results import Correction, FileOutcome, Report, StoredSentence, TagChange
from .storage.index_sync import Progress, quiet

if TYPE_CHECKING:
    from .nlp.topics.taxonomy import Taxonomy
    from .readers.base import Limits
    from .storage.feeding import KnownWords
    from .storage.trash import TrashEntry
    from .storage.undone import HistoryEntry
    from .training.active_learning import ActiveLearning, Suggestion
    from .training.model_comparison import Comparison as ModelComparison
    from .transfer.export import Damaged, Transfer


class Library(Questions):
    """A library in ``folder``.

    Threads may share one library: each has a connection of its own to the store. One of them at a
    time writes, as of all processes; the others wait, and searches go on meanwhile. Every answer
    is of one moment. What Ctrl-C has interrupted is done wholly or not at all.

    Args:
        folder: where it lives.
        create: make it when there is none; an empty or absent folder only.
        read_only: change nothing, neither repair nor complete the index; so it is in any case
            where the folder may not be written to.
        store: address of the PostgreSQL database that holds a new library, or that holds this one,
            ``postgresql://[USER@]HOST[:PORT]/DATABASE[?schema=NAME]``; ``""`` for a file in the
            folder, or where the folder says.
        progress: told of every report that is brought up to date (``updating``) in a library of
            an older gongwen.
        engine: name or address of the engine that holds the index of a new library, as
            ``"tantivy"`` or ``"opensearch://10.0.0.7:9200/reports"``; one that is there must have
            this engine.

    Raises:
        LibraryError: there is none, the folder is not a library, a newer gongwen wrote it, or its
            index is in another engine.
        UnknownNameError: there is no such engine.
    """

    # -- adding and removing -----------------------------------------------------------------

    def add(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        encoding: str | None = None,
        workers: int = 1,
        min_probability: float | None = None,
        limits: Limits | None = None,
        progress: Progress = quiet,
        ended: Callable[[FileOutcome], object] = bool,
    ) -> list[FileOutcome]:
        """Read, split, tag and index files, folders and archives.

        Unchanged files are skipped, changed ones replace their older selves, the same report from
        elsewhere is kept once, and a file that cannot be read is reported and the rest goes on.
        Each file is one transaction: what was added stays, whatever happens afterwards, and adding
        the same files again goes on where it stopped.

        Args:
            paths: files, and folders and archives whose reports are taken.
            encoding: the files' encoding; detected when not given.
            workers: processes that read files and cut text into words.
            min_probability: below it a sentence's topic is ``unsure``; the library remembers it.
            limits: what one file may cost.
            progress: told of every step.
            ended: told what became of each report, as soon as it is known.

        Raises:
            LibraryInUseError: another process is writing.
            LibraryError: the library cannot be written to, as when the disk is full.
        """
        # late: a search does not need it
        from .ingest.pipeline import Ingest
        from .ingest.prepare import Recipe
        from .ingest.worker_pool import Workers
        from .readers.base import Limits
        from .readers.files import find_sources

        limits = limits or Limits()
        with self._writing("add"), Workers(workers, limits.memory_bytes) as pool:
            if min_probability is not None:
                self.min_probability = min_probability
            limits_of_all = limits

            def recipe() -> Recipe:
                models, least = self.folder / MODELS_FOLDER, self.min_probability
                return Recipe(models, self.models.active, least, encoding, limits_of_all)

            def turn() -> tuple[Recipe, Taxonomy] | None:
                if not self._lock.set_aside():
                    return None
                self._fetch()
                return recipe(), self.taxonomy

            cutting = pool if workers > 1 else None

            def follow() -> None:
                self._lock.set_aside(lambda: self._follow(cutting, progress))

            ingest = Ingest(self._store, self.taxonomy, recipe(), pool, workers)
            found = list(find_sources([paths] if isinstance(paths, str | Path) else paths, limits))
            return ingest.run(found, follow, progress, ended, turn)

    def load_bulk(
        self,
        folder: str | Path,
        *,
        progress: Progress = quiet,
        ended: Callable[[FileOutcome], object] = bool,
        remark: Callable[[str], object] = bool,
    ) -> list[FileOutcome]:
        """Store and index what ``gongwen bulk read`` has read, as :meth:`add` does of its files.

        Each file is one transaction: what was loaded stays, whatever happens afterwards, and
        loading the same folder again goes on where it stopped.

        Args:
            folder: the folder, or an address that fsspec opens.
            progress: told of every step.
            ended: told what became of each report, as soon as it is known.
            remark: told in a line what else is to be known.

        Raises:
            ReadError: it is no such folder, or other than the library would read its files.
            LibraryInUseError: another process is writing.
            LibraryError: the library cannot be written to, as when the disk is full.

        Example:
            >>> library.load_bulk("行列")[0].status
            'added'
        """
        # late: a search does not need it
        from .bulk.addresses import absolute
        from .bulk.bulk_folder import BulkFolder
        from .bulk.bulk_load import BulkLoad
        from .ingest.worker_pool import Workers

        with self._writing("bulk load"), Workers(1) as pool:
            load = BulkLoad(BulkFolder(absolute(str(folder))), self._store, self.taxonomy, pool)
            if not self._store.count_reports():
                self.min_probability = load.settings.min_probability
            load.check_model(self.models, self.min_probability)

            def turn() -> Taxonomy | None:
                if not self._lock.set_aside():
                    return None
                self._fetch()
                load.check_model(self.models, self.min_probability)
                return self.taxonomy

            def follow(known: KnownWords) -> None:
                self._lock.set_aside(lambda: self._follow(pool, progress, known))

            done = load.run(follow, progress, ended, turn)
            if load.cut_anew:
                remark(
                    f"{load.cut_anew} sentences were cut into words anew, as another segmenter had "
                    "cut them"
                )
            return done

    def engine_for_more(self, added: int) -> str:
        """Return the engine that is worth a try now, ``""`` if none does or none did before.

        Args:
            added: sentences that were added just now.

        Example:
            >>> library.engine_for_more(300)
            ''
        """
        # late: other commands do not ask
        from .index.engines import DEFAULT, FOR_LARGE, LARGE_LIBRARY

        if not added or self._indexing.engine_name != DEFAULT:
            return ""
        count = self._store.count_sentences()
        return FOR_LARGE if count > LARGE_LIBRARY >= count - added else ""

    def remove(self, *reports: str, by: str = "") -> list[Report]:
        """Move reports to the trash and return them; the files they came from are not touched.

        What is in the trash is not found by a search and not exported; :meth:`restore` brings it
        back and :meth:`empty_trash` deletes it.

        Args:
            reports: their ids, or parts that only one id or title has.
            by: who removes them.

        Raises:
            UnknownNameError: one of them does not exist; then none is removed.
        """
        with self._writing("remove"):
            gone = {report.id: report for report in map(self.report, reports)}
            if gone:
                self._store.remove(*gone, author=clean_line(by))
            self._follow()
        return list(gone.values())

    def trash(self) -> list[TrashEntry]:
        """Return the reports in the trash, in the order in which they were removed."""
        return self._store.trash.entries()

    def restore(self, *reports: int | str) -> list[Report]:
        """Bring reports back from the trash as they were, and return them.

        Text, sentences, topics, corrections, what was said by hand, notes and figures are the same
        as before. A correction that was made or taken back meanwhile counts.

        Args:
            reports: ids that they had, or numbers of entries of the trash; of several entries with
                one id, the one that was removed last.

        Raises:
            UnknownNameError: one of them is not in the trash; then none is restored.
            ConflictError: a report of that id, or the same report, was added meanwhile; likewise.

        Example:
            >>> library.remove("wugong-2020")
            >>> library.restore("wugong-2020")[0].id
            'wugong-2020'
        """
        # late: a search does not need it
        from .ingest.restoring import find_entries, restore_entries

        with self._writing("restore"):
            entries = find_entries(self.trash(), reports)
            done = restore_entries(self._store, entries, self.taxonomy) if entries else []
            for one in done:
                if one.undone:
                    self._learning.tag_without(one.report, one.undone)
            self._follow()
            return self._store.reports([one.report for one in done])

    def empty_trash(
        self,
        reports: Iterable[int | str] | None = None,
        *,
        older_than_days: float | None = None,
    ) -> int:
        """Delete reports in the trash for good, and return how many.

        Files that were uploaded to the library through the page are deleted too, once no report
        comes from them, in the library or in the trash. Other files are never touched.

        Args:
            reports: ids of reports or numbers of entries; ``None`` for all.
            older_than_days: only those that were removed longer ago than this.

        Raises:
            UnknownNameError: one of ``reports`` is not in the trash; then none is deleted.
        """
        # late: a search does not need it
        from .ingest.restoring import entries_to_delete
        from .ingest.uploaded_files import delete_unused

        with self._writing("trash empty"):
            entries = entries_to_delete(self.trash(), reports, older_than_days)
            deleted = self._store.trash.drop([entry.number for entry in entries])
            delete_unused(self._store, self.folder)
            return deleted

    def describe(self, report: str, **said: str) -> Report:
        """Say what a report is; it stays so for good, whatever the file says later.

        Args:
            report: id of the report, or a part that only its id or title has.
            said: title, region, province, city, county, level, year, kind, agency, date or
                address; ``""`` takes back what was said before.

        Raises:
            UnknownNameError: there is no such report.
            QueryError: there is no such field, or a value that cannot be read.
        """
        # late: a search does not need it
        from .ingest.prepare import describe

        with self._writing("describe"):
            found = self.report(report)
            describe(self._store, found, said)
            self._follow()
            return self.report(found.id)

    def reindex(
        self, *, workers: int = 1, progress: Progress = quiet, engine: str | None = None
    ) -> int:
        """Throw the index away, build it anew from the store, and return its sentences.

        Args:
            workers: processes that cut text into words.
            progress: told of the sentences that are indexed (``indexing``).
            engine: the engine that holds the index from now on, ``None`` for the present one.

        Raises:
            UnknownNameError: there is no such engine.
            EngineUnavailable: it does not answer, or is not installed; the index stays as it is.
            LibraryError: another process is writing, or the library may not be written to.

        Example: ``library.reindex(engine="tantivy")``
        """
        # late: a search does not need it
        from .ingest.worker_pool import Workers

        with self._writing("reindex"), Workers(workers) as pool:
            cutting = pool if workers > 1 else None
            if engine is None:  # other desks may go on: it is our own index
                self._lock.set_aside(lambda: self._indexing.rebuild(cutting, progress))
            else:
                self._indexing.rebuild(cutting, progress, engine)
            return self._store.count_sentences()

    # -- the classifier ----------------------------------------------------------------------

    def correct(
        self,
        report: str,
        n: int,
        topic: str,
        *,
        also: Sequence[str] = (),
        role: str = "",
        author: str = "",
        note: str = "",
    ) -> StoredSentence:
        """Say what a sentence is about; the correction is kept for good and seen at once.

        Args:
            report: id of the report.
            n: number of the sentence there.
            topic: the right topic, by any of its names.
            also: the right further topics.
            role: the right role; the one it has stays when it is not given.
            author: who says so.
            note: why.

        Raises:
            UnknownNameError: a topic, role, report or sentence that does not exist.

        Example:
            >>> library.correct("wugong-2020", 27, "行政执法").topic
            'enforcement'
        """
        return self._learning.correct(
            report, n, topic, also=also, role=role, author=author, note=note
        )

    def undo_correction(self, report: str, n: int, *, author: str = "") -> StoredSentence:
        """Take back the correction that a sentence has its topics from.

        The correction before it applies again, or else what the model says; likewise the role. The
        history keeps what was taken back.

        Args:
            report: id of the report.
            n: number of the sentence there.
            author: who takes it back.

        Raises:
            UnknownNameError: there is no such report or sentence, or it has no correction.
        """
        return self._learning.undo_correction(report, n, author=author)

    def history(self, report: str, n: int) -> list[HistoryEntry]:
        """Return what was said of a sentence, by whom, when, and what of it was taken back.

        Oldest first; a correction belongs to the text of a sentence, whatever its number was.

        Raises:
            UnknownNameError: there is no such report or sentence.
        """
        [sentence] = self.sentences(report, n, n)
        return self._store.tags.history(sentence.report, sentence.text)

    def corrections(self) -> list[Correction]:
        """Return the corrections that count, in the order in which they were made."""
        return self._learning.corrections()

    def suggest(self, count: int = 20, topic: str = "") -> list[Suggestion]:
        """Return the sentences that are worth labelling next (active learning).

        Args:
            count: how many.
            topic: only sentences that may be of this topic, by any of its names.

        Raises:
            UnknownNameError: there is no such topic.
        """
        return self._learning.suggest(count, topic)

    def train(
        self,
        label_files: Sequence[Path] = (),
        *,
        topics: Path | None = None,
        texts: Sequence[str] = (),
        force: bool = False,
        progress: Progress = quiet,
    ) -> ModelComparison:
        """Train a new model on labels, keywords and corrections, and use it when it is not worse.

        It is not used if it could not be measured, or is worse beyond chance in any topic.

        Args:
            label_files: labels of one's own.
            topics: a file of topics of one's own; by default those of the active model.
            texts: sentences without a label to learn from beside those of the library.
            force: use the new model even when it is worse or was not measured.
            progress: told of every fold.

        Raises:
            ReadError: a file is missing or not UTF-8.
            SeedError: a topic or a line is bad; names the file and line.
            TrainingError: there are neither labels nor keywords of two topics.
        """
        return self._learning.train(
            label_files, topics=topics, texts=texts, force=force, progress=progress
        )

    def use_model(self, version: int) -> None:
        """Make a model the one that tags; what is there keeps its tags until :meth:`retag`.

        Raises:
            UnknownNameError: there is no such version.
        """
        self._learning.use_model(version)

    def tag_changes(self, progress: Progress = quiet) -> Iterator[TagChange]:
        """Yield the sentences that the active model tags otherwise; nothing is changed."""
        return self._learning.tag_changes(progress)

    def retag(self, progress: Progress = quiet) -> list[TagChange]:
        """Tag all sentences anew from the stored text, and return those whose topics changed."""
        return self._learning.retag(progress)

    @property
    def _learning(self) -> ActiveLearning:
        from .training.active_learning import ActiveLearning  # late: a search does not need it

        return ActiveLearning(self, self._store, self._follow, self._writing)

    # -- export and import -------------------------------------------------------------------

    def export(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield everything that the library holds, one object a line, as of one moment.

        Without the trash, and without corrections that were taken back.

        Args:
            damaged: told in a line of everything that is left out or damaged, and why.

        Raises:
            DamagedError: something is damaged, and nobody is to be told.
        """
        return self._transfer.export(damaged)

    def export_rows(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield every sentence with its tags and the metadata of its report, as rows of a table.

        Args:
            damaged: as of :meth:`export`.

        Raises:
            DamagedError: as of :meth:`export`.
        """
        return self._transfer.export_rows(damaged)

    def import_(self, path: Path) -> list[FileOutcome]:
        """Bring in what another library exported; all of it is checked before anything changes.

        Raises:
            ReadError: the file is missing, or no export of a library; names the line.
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        return self._transfer.import_(path)

    @property
    def _transfer(self) -> Transfer:
        from .transfer.export import Transfer  # late: a search does not need it

        return Transfer(self, self._store, self._follow, self._writing)

    # -- checks ------------------------------------------------------------------------------

    def status(self, deep: bool = False, progress: Progress = quiet) -> dict[str, object]:
        """Return what it holds and what is wrong (``problems``).

        Args:
            deep: verify all of it too, which takes as long as reading everything; otherwise only
                settings, models and counts are looked at, and whether the index can be opened.
            progress: told of every report that is verified (``verifying``).
        """
        # late: a search does not need it
        from .recovery.verification import status

        return status(self, self._store, self._lock, self._indexing, progress if deep else None)


def open(
    folder: str | Path, *, read_only: bool = False, engine: str = "", store: str = ""
) -> Library:
    """Open the library in ``folder``; an empty or absent folder becomes a new one.

    Args:
        folder: where it lives.
        read_only: change nothing; then it must be there.
        engine: engine of a new library, as of :class:`Library`.
        store: address of the PostgreSQL database that holds it, likewise.
    """
    return Library(folder, create=not read_only, read_only=read_only, engine=engine, store=store)
