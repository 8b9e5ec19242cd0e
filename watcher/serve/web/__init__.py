"""The pages of people, without a front-end framework and whole without JavaScript.

A *session* says who somebody is and what they may see: everything, or one incident that a signed link opened. A *visitor*
is whoever asks, with or without one. An *act* is a form of a page: it is carried out and answered with the page (303), or
refused and the page says why. A page is made of readings (`watcher.view`), and what fits the *moment* stands first.
"""
