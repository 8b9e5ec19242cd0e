"""MQTT 5, a side channel: what the watcher knows is published, reports and acknowledgements are taken in.

Nothing waits for it: a broker that is down, frozen or refuses costs nobody a page.
"""
