"""The numbers of a report: indicator, value, unit and place of each.

``extract`` is the way through: a sentence becomes a :class:`~.line.Line`, ``lookalikes`` mask what
is no number, the readers (``dates``, ``ranks``, ``ratios``, ``quantities``) find numbers, and
``changes``, ``indicators``, ``lists`` and ``parts`` say what each of them counts.
"""
