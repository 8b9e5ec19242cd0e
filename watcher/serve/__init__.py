"""The faces over HTTP: the API, the acknowledgement link, health of the daemon itself, metrics.

A face reads the engine's live states and the log, and puts commands into the inbox; it decides nothing.
"""
