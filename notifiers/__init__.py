"""How is a person reached?

A *page* is what is said, under an id that never changes. A *destination* is where it goes, looked up when it is sent.
A *sender* carries one page to one destination, once. A *receipt* says what came of it: accepted, refused or unknown.
"""
