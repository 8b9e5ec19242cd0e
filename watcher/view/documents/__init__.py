"""The documents of an incident as Markdown: post-mortem, hotfix pull request, checklist. Pure readings of its log.

What the log knows is filled in; what only people know is a prompt, marked so that it can be found. Nothing is invented.
"""
