"""Say what a model was trained on, compared with, and whether it is used: a line each."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import _
from ..nlp.topics.significance import Change, worse
from ..nlp.topics.taxonomy import Taxonomy
from ..training.model_comparison import Comparison
from ..training.train import TrainingSources


def verdict(result: Comparison) -> str:
    """Return in plain words whether the new model is better than the one in use, and is used.

    It is better or worse where the sign test says so, and about the same between.
    """
    opposite = tuple(Change(one.topic, one.lost, one.gained) for one in result.changes)
    if result.before is None:
        found = _("The new model could not be compared with the one in use")
    elif result.worse:
        found = _("Compared with the model in use, the new one is worse")
    elif opposite and worse(opposite):
        found = _("Compared with the model in use, the new one is better")
    else:
        found = _("Compared with the model in use, the new one is about as good")
    used = _("it is used from now on") if result.activated else _("it is not used")
    return _("{found}; {used}.").format(found=found, used=used)


def score_change(before: float, after: float) -> str:
    """Return the change of a score with its sign, ``0.000`` for none.

    Example:
        >>> score_change(0.5, 0.4996), score_change(0.5, 0.6)
        ('0.000', '+0.100')
    """
    change = round(after - before, 3)
    return f"{change:+.3f}" if change else "0.000"


def training_data(used: TrainingSources, taxonomy: Taxonomy) -> Iterator[str]:
    """Yield lines on how many labels, keywords and sentences of each source were learnt from."""
    counts = (
        (_("{count} shipped labels"), used.shipped),
        (_("{count} labels of yours"), used.files),
        (_("{count} corrections"), used.corrections),
        (_("{count} keywords"), used.keywords),
        (_("{count} sentences without a label"), used.texts),
    )
    parts = (message.format(count=count) for message, count in counts if count)
    yield _("learnt from {parts}").format(parts=_(", ").join(parts))
    if used.dropped:
        message = _("{count} labels are of topics that there are not, and were left out")
        yield message.format(count=used.dropped)
    if used.empty:
        message = _("neither labels nor keywords: {names}; no sentence will get them")
        yield message.format(names=_(", ").join(map(taxonomy.topics.zh, used.empty)))


def what_was_compared(result: Comparison) -> str:
    """Return a line that says on what the new model and the active one were measured."""
    e = result.after
    if e is None:
        return _("not measured: that takes two topics with two distinct labels each")
    if result.before is None:
        message = _(
            "measured on {folds} folds of {sentences} sentences ({distinct} distinct);"
            " model {old} has other topics, so there is nothing to compare with"
        )
    else:
        message = _(
            "compared with model {old} on the same {folds} folds of {sentences} sentences"
            " ({distinct} distinct), over all topics and in each: sign test, 5 %"
        )
    return message.format(
        old=result.against, folds=e.folds, sentences=e.sentences, distinct=e.distinct
    )


def decision(result: Comparison, taxonomy: Taxonomy) -> str:
    """Return a line that says whether the new model is active, and why."""
    if not result.worse:
        why = _("worse in no topic beyond chance") if result.changes else _("it was measured")
    elif result.after is None:
        why = _("not measured")
    elif result.lost:
        names = _(", ").join(map(taxonomy.topics.zh, result.lost))
        why = _("measured before and not now: {names}").format(names=names)
    else:
        message = _("{topic} ({lost} sentences lost, {gained} won)")
        parts = (
            message.format(
                topic=taxonomy.topics.zh(change.topic) if change.topic else _("all topics"),
                lost=change.lost,
                gained=change.gained,
            )
            for change in result.losses
        )
        why = _("worse beyond chance: {names}").format(names=_(", ").join(parts))
    if result.activated and result.worse:
        message = _("model {number} is active by --force ({why}); gongwen retag tags with it")
    elif result.activated:
        message = _("model {number} is active ({why}); gongwen retag tags the library with it")
    else:
        message = _(
            "model {number} is not active ({why}); train --force or gongwen models use {number}"
            " takes it all the same"
        )
    return message.format(number=result.version, why=why)
