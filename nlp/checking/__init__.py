"""The arithmetic of a report: do its sums, shares and changes come out?

``check`` runs the checks over the numbers that ``figures`` reads; each check is a file.
"""
