"""Readings of the log: the words of a timeline, the summary of an incident, the measures that the metrics show.

Nothing here decides, and nothing here waits.
"""
