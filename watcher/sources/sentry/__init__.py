"""Sentry and what speaks like it: what an organization's issues did in the windows that the rules look at.

A *dialect* says what is asked and what a count means; a *walk* is one list read to its end; a *row* is one issue of a
list; what a walk *found* becomes a signal once the issue's latest event has told its tags.
"""
