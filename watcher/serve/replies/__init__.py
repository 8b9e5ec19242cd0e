"""Answers by message: people write into an ntfy topic, the daemon reads it outbound, and no port of ours is open.

Whoever knows the topic may write there, so words alone do nothing: an answer carries the code of its page.
"""
