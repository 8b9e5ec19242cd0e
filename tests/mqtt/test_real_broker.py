"""The daemon beside a real Mosquitto that is killed, frozen, restarted and flooded."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.crash.stage import free_port
from tests.mqtt.mosquitto import Ear, Mosquitto, needs_mosquitto, retained
from tests.mqtt.night import Night
from tests.outside import App, Pager
from tests.whole.stage import holds

pytestmark = needs_mosquitto


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with App() as app, Pager() as pager, Mosquitto(tmp_path) as broker:
        yield Night(tmp_path, app, pager, broker)


def online(broker: Mosquitto) -> bool:
    return holds(lambda: retained(broker).get("watcher/status") == "online")


def test_status_is_online_while_it_lives_and_offline_however_it_ends(night: Night) -> None:
    """A clean exit says offline by hand, a kill by the last will, and a new life says online again."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        night.watcher.start()
        assert night.watcher.ready(), night.watcher.said
        assert online(night.broker), night.watcher.said
        with Ear(night.broker, "watcher/status") as ear:
            began = time.monotonic()
            night.watcher.end(number)
            assert time.monotonic() - began < 5
            assert ear.hears(lambda heard: heard and heard[-1].text == "offline", 5), number
        assert retained(night.broker)["watcher/status"] == "offline"


def test_an_open_incident_is_retained_and_cleared_when_it_closes(night: Night) -> None:
    """Whoever subscribes finds each open incident as JSON, hears its facts, and finds nothing once it is closed."""
    with night.watcher, Ear(night.broker) as ear:
        night.app.broken = True
        assert night.rings(), night.watcher.said
        assert holds(lambda: "watcher/incidents/INC-1" in retained(night.broker))
        shown = json.loads(retained(night.broker)["watcher/incidents/INC-1"])
        assert (shown["id"], shown["category"], shown["status"]) == ("INC-1", "outage", "investigating")
        assert "pages" not in shown
        night.app.broken = False
        assert night.watcher.command("resolve", "INC-1", "back", "--as", "ann").returncode == 0
        assert holds(lambda: "watcher/incidents/INC-1" not in retained(night.broker))
        facts = [json.loads(text) for text in ear.on("watcher/events")]
        told = [fact["event"] for fact in facts if fact["id"] == "INC-1"]
        assert told[0] == "Opened"
        assert {"Resolved", "Closed"} <= set(told)
        assert not {"PageRequested", "PageAccepted"} & set(told)


def test_a_code_over_mqtt_acknowledges_and_a_wrong_one_does_not(night: Night) -> None:
    """The code of the newest page takes the incident and the paging ends; a wrong one, and a bare name, change nothing."""
    with night.watcher, Ear(night.broker) as ear:
        assert online(night.broker)
        night.app.broken = True
        assert night.rings(), night.watcher.said
        for wrong in ({"id": "INC-1", "code": "00000000"}, {"id": "INC-1", "who": "ann"}, {"token": "x"}):
            ear.say("watcher/commands/ack", json.dumps(wrong))
        assert night.rings()
        assert night.taken_by() is None
        ear.say("watcher/commands/ack", json.dumps({"id": "INC-1", "code": night.code()}))
        assert holds(lambda: night.taken_by() == "ann"), night.watcher.said
        assert not night.rings(2.2)


def test_a_signed_token_and_a_trusted_topic_acknowledge(night: Night) -> None:
    """The token of a link names its person; in a topic that the configuration trusts a contact's name is enough."""
    with night.watcher, Ear(night.broker) as ear:
        assert online(night.broker)
        night.app.broken = True
        assert night.rings(), night.watcher.said
        ear.say("watcher/commands/ack", json.dumps({"token": night.links().token("INC-1", "ann")}))
        assert holds(lambda: night.taken_by() == "ann"), night.watcher.said
        ear.say("house/button", json.dumps({"id": "INC-1", "who": "mallory"}))
        ear.say("house/button", json.dumps({"id": "INC-1", "who": "ann"}))
        timeline = lambda: night.watcher.api("/incidents/INC-1")["timeline"]  # noqa: E731
        assert holds(lambda: sum(line["event"] == "Acknowledged" for line in timeline()) == 2)


def gaps(pager: Pager, since: float) -> list[float]:
    moments = [got.at for got in pager.got if got.at >= since and got.title.startswith("INC-")]
    return [later - earlier for earlier, later in pairwise(moments)]


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_a_broker_that_is_gone_delays_no_page(night: Night, trouble: str) -> None:
    """While the broker is dead or frozen the pages come at their pace, and when it is back its state is right at once."""
    with night.watcher:
        assert online(night.broker)
        night.app.broken = True
        assert night.rings(), night.watcher.said
        since = time.monotonic()
        if trouble == "killed":
            night.broker.kill()
        else:
            night.broker.signal(signal.SIGSTOP)
        time.sleep(8)  # real parts, real time: longer than one timeout of the connection
        assert night.watcher.command("ack", "INC-1", "--as", "ann").returncode == 0
        pace = gaps(night.pager, since)
        print(f"{trouble}: {len(pace)} gaps, longest {max(pace):.2f} s")
        assert len(pace) >= 5
        assert max(pace) < 1.5
        back = time.monotonic()
        if trouble == "killed":
            night.broker.start()
        else:
            night.broker.signal(signal.SIGCONT)
        right = lambda: json.loads(retained(night.broker).get("watcher/incidents/INC-1", "{}"))  # noqa: E731
        assert holds(lambda: right().get("acknowledged_by") == "ann", 40), night.watcher.said
        assert holds(lambda: retained(night.broker).get("watcher/status") == "online", 40)
        print(f"{trouble}: right {time.monotonic() - back:.2f} s after")
        assert night.watcher.said.count("Traceback") == 0, night.watcher.said


def test_a_stop_with_a_frozen_broker_is_still_quick(night: Night) -> None:
    """A stop takes at most five seconds in all; a broker that does not answer gets one of them."""
    with night.watcher:
        assert online(night.broker)
        night.broker.signal(signal.SIGSTOP)
        began = time.monotonic()
        assert night.watcher.end(signal.SIGTERM) == 0
        print(f"stopped in {time.monotonic() - began:.2f} s")
        assert time.monotonic() - began < 5


def test_what_the_broker_holds_of_an_earlier_life_is_cleared(night: Night) -> None:
    """An incident that closed while nobody could say so does not stay open at the broker for ever."""
    with Ear(night.broker) as ear:
        ear.say("watcher/incidents/INC-77", '{"id": "INC-77"}', retain=True)
        with night.watcher:
            assert online(night.broker)
            assert holds(lambda: "watcher/incidents/INC-77" not in retained(night.broker))


def test_abuse_of_the_payloads_changes_nothing(night: Night) -> None:
    """Huge, broken, deep, mistyped, retained and countless messages: no crash, no acknowledgement, no delay, no echo."""
    abuse: list[bytes] = [
        b"",
        b"\x00\xff\xfe",
        b"[" * 15_000,
        b'{"id": "INC-1", "who": "ann"}',
        b'{"token": "' + b"A" * 15_000 + b'"}',
        b'{"id": ["INC-1"], "code": {"x": 1}}',
        b'{"text": "EVIL-WORD", "from": 7}',
        b'{"text": "EVIL-WORD", "from": "x", "admin": true}',
        b'{"id": "INC-1", "code": "\\ud800"}',
        b'{"id": "EVIL-WORD", "code": "\\u202eaaaaaaa"}',
        b"x" * 1_000_000,
    ]
    with night.watcher, Ear(night.broker, "watcher/status") as ear:
        assert online(night.broker)
        ear.say("watcher/reports", json.dumps({"text": "nobody can sign in", "from": "x"}), retain=True)
        night.app.broken = True
        assert night.rings(), night.watcher.said
        since, before = time.monotonic(), night.watcher.memory_mib()
        for payload in abuse:
            for topic in ("watcher/reports", "watcher/commands/ack", "house/button"):
                if payload != abuse[3] or topic != "house/button":
                    ear.say(topic, payload)
        flood = json.dumps({"text": "the dog barks", "from": "x"})
        for _ in range(5000):
            ear._client.publish("watcher/reports", flood, qos=0)
        assert night.rings(), night.watcher.said
        assert night.rings(), night.watcher.said
        print(
            f"longest gap {max(gaps(night.pager, since)):.2f} s; {night.watcher.memory_mib() - before:.1f} MiB more"
        )
        assert max(gaps(night.pager, since)) < 1.8
        assert night.watcher.memory_mib() - before < 30
        assert night.taken_by() is None
        said = night.watcher.output.read_text(encoding="utf-8")
        assert "EVIL-WORD" not in said
        assert "Traceback" not in said
        assert said.count("mqtt_refused") <= 25
        assert ear.on("watcher/status")[-1] == "online"


def test_a_report_over_mqtt_becomes_a_suspicion(night: Night) -> None:
    """What a person reports is judged by the rules and told at once."""
    with night.watcher, Ear(night.broker) as ear:
        assert online(night.broker)
        report = {"text": "Nobody can sign in any more, all customers are locked out", "from": "support"}
        ear.say("watcher/reports", json.dumps(report))
        assert night.pager.wait_for(lambda got: any(g.title.startswith("SUS-1") for g in got), 10), (
            night.watcher.said
        )


def test_a_refused_subscription_is_said_and_the_state_still_published(tmp_path: Path) -> None:
    """Where the broker's rules forbid us to read, that is in the log, and what we publish still arrives."""
    acl = tmp_path / "acl"
    acl.write_text(
        "topic readwrite watcher/status\ntopic readwrite watcher/incidents/#\ntopic write watcher/events\n"
    )
    with App() as app, Pager() as pager, Mosquitto(tmp_path, f"acl_file {acl}\n") as broker:
        night = Night(tmp_path, app, pager, broker)
        with night.watcher:
            assert online(broker), night.watcher.said
            assert night.watcher.alive
            night.app.broken = True
            assert holds(lambda: "watcher/incidents/INC-1" in retained(broker)), night.watcher.said


def test_a_broker_that_refuses_us_is_named_once(tmp_path: Path) -> None:
    """A wrong password is one line in the log, without the password, however often we try."""
    passwords = tmp_path / "passwords"
    passwords.write_text("watcher:$7$101$AAAAAAAAAAAAAAAA$AAAA\n")
    with App() as app, Pager() as pager:
        broker = Mosquitto(tmp_path, f"password_file {passwords}\n")
        broker._file.write_text(
            broker._file.read_text().replace("allow_anonymous true", "allow_anonymous false")
        )
        (tmp_path / "secret").write_text("not-the-password")
        access = {"username": "watcher", "password": {"file": str(tmp_path / "secret")}}
        night = Night(tmp_path, app, pager, broker, mqtt={"url": broker.url, **access})
        with broker, night.watcher:
            assert holds(lambda: "mqtt_lost" in night.watcher.said), night.watcher.said
            time.sleep(4)  # real time: some attempts
            assert night.watcher.said.count("mqtt_lost") == 1
            assert "not-the-password" not in night.watcher.said
            night.app.broken = True
            assert night.rings()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    crt, key = folder / "broker.crt", folder / "broker.key"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    more = ["-keyout", str(key), "-out", str(crt), "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        [*words, *more, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=20
    )
    return crt, key


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    """Over mqtts the broker must show a certificate that we trust: one of our own authority, or it is lost."""
    crt, key = certificate(tmp_path)
    plain = free_port()
    more = f"certfile {crt}\nkeyfile {key}\nlistener {plain} 127.0.0.1\n"
    with App() as app, Pager() as pager, Mosquitto(tmp_path, more) as broker:
        secure, broker.port = broker.port, plain
        for ca, heard in ({}, "mqtt_lost"), ({"ca": str(crt)}, "mqtt_connected"):
            folder = tmp_path / heard
            folder.mkdir()
            night = Night(folder, app, pager, broker, mqtt={"url": f"mqtts://127.0.0.1:{secure}", **ca})
            with night.watcher:
                assert holds(lambda: "mqtt_" in night.watcher.said), night.watcher.said  # noqa: B023 - asked at once
                assert heard in night.watcher.said, night.watcher.said
                assert (retained(broker).get("watcher/status") == "online") is bool(ca)
