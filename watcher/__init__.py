"""Hotfix Watcher: sources observe, rules judge, the incident decides, the log remembers, notifiers speak."""

__version__ = "0.1.0"
