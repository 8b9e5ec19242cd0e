"""Evidence: who is affected, what changed before, and why. Asked of Sentry, of the operator's own numbers and of the probes.

A *span* is the window that both sides of a share are counted in. An *impact* is one way of counting who is affected. A
*change* is a deploy before the trouble. A *cause* is suspected, or known where a commit proves it. The *inquiry* asks
for every open incident again and again; what it finds goes to the engine as commands, never to the log, and no page
waits for it.
"""
