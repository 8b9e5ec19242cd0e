"""The incident and its sister machines: pure. No I/O, no clock, no chance, no configuration.

An *event* is a fact, in the past tense; a stream of them is the truth about one thing.
A *command* is what somebody wants, or what was observed; it may be refused, with the reason.
`decide(state, command, now)` answers the events that follow; `evolve(state, event)` answers the state after one.
`deadline(state)` is the next moment at which time itself changes something.
An *outbox* is the fold of the pages that a stream requested: a page is due until each of its deliveries has an end.
"""
