"""S08, S12, S15: which keys log in, where they lie, where we listen, and how guessing is slowed."""

from __future__ import annotations

import os
import stat
import threading
import time

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.dashboard.access.binding import check_binding
from copytrade_live.dashboard.access.keys import KEY_VARIABLE, KeyRing, key_file, rotate_key
from copytrade_live.dashboard.access.lockout import FREE_FAILURES, LOGINS_A_MINUTE, LONGEST_LOCK_SECONDS, Lockout
from copytrade_live.dashboard.access.tokens import make_key, make_token
from copytrade_live.dashboard.program import key_to_show
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.errors import ConfigError, StateError
from copytrade_live.settings import DashboardConfig, Home
from tests.builders import NOW
from tests.dashboard.conftest import MakeStand, Stand

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what must be refused


def test_s08_a_key_has_256_bits_and_only_its_digest_is_kept(home: Home) -> None:
    key = rotate_key(home, Role.ADMIN)
    assert len(key.removeprefix("ctk_")) == 43
    assert len({make_token() for _ in range(1000)}) == 1000
    path = key_file(home)
    assert key not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "bad", ["", "short", "x" * 64, "ab" * 40, "changeme" * 8, "your-key-here-" * 4, "super-secret-" * 5]
)
def test_s08_a_key_that_can_be_guessed_does_not_start_anything(home: Home, bad: str) -> None:
    with pytest.raises(ConfigError) as refused:
        KeyRing(home, {KEY_VARIABLE: bad})
    assert not bad or bad not in str(refused.value)


def test_s08_a_key_of_the_environment_logs_in_and_leaves_it(home: Home) -> None:
    key = make_key()
    environment = {KEY_VARIABLE: key}
    ring = KeyRing(home, environment)
    found = ring.find(key)
    assert found is not None
    assert found.role is Role.ADMIN
    assert environment == {}
    assert ring.find(make_key()) is None


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o644])
def test_s08_a_key_file_that_others_can_open_is_refused(home: Home, mode: int) -> None:
    rotate_key(home, Role.ADMIN)
    key_file(home).chmod(mode)
    with pytest.raises(StateError, match="chmod 600"):
        KeyRing(home, {}).records()


def test_s08_a_key_file_that_is_a_link_or_no_key_file_is_refused(home: Home) -> None:
    rotate_key(home, Role.ADMIN)
    path = key_file(home)
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)
    with pytest.raises(StateError, match="symbolic link"):
        KeyRing(home, {}).records()
    path.unlink()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(handle, b"{}")
    os.close(handle)
    with pytest.raises(StateError, match="dashboard key"):
        KeyRing(home, {}).records()


def test_s08_a_new_key_ends_the_one_before_and_its_sessions(make_stand: MakeStand) -> None:
    stand = make_stand()
    viewer, admin = stand.client(Role.VIEWER), stand.client(Role.ADMIN)
    rotate_key(stand.home, Role.ADMIN)
    assert admin.get("/api/overview").status_code == 401
    assert viewer.get("/api/overview").status_code == 200
    answer = stand.client().post("/api/session", json={"api_key": stand.keys[Role.ADMIN]})
    assert answer.json()["code"] == "wrong_key"


def test_s08_keys_that_cannot_be_read_let_nobody_in_and_are_not_described_to_strangers(make_stand: MakeStand) -> None:
    stand = make_stand()
    key_file(stand.home).chmod(0o644)
    answer = stand.client().post("/api/session", json={"api_key": stand.keys[Role.ADMIN]})
    assert (answer.status_code, answer.json()["code"]) == (503, "keys_unreadable")
    assert str(stand.home.root) not in answer.text


def test_a_stack_shows_a_key_once(home: Home) -> None:
    assert "ctk_" in key_to_show(home, {}, is_new=False)
    assert "ctk_" not in key_to_show(home, {}, is_new=False)
    assert "ctk_" in key_to_show(home, {}, is_new=True)
    given = make_key()
    assert given not in key_to_show(home, {KEY_VARIABLE: given}, is_new=False)
    with pytest.raises(ConfigError):
        key_to_show(home, {KEY_VARIABLE: "x"}, is_new=False)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"host": EVERYWHERE}, "expose"),
        ({"host": "192.168.1.5"}, "expose"),
        ({"host": "example.com", "behind_tls": True}, "expose"),
        ({"host": EVERYWHERE, "expose": True}, "behind_tls"),
        ({"host": EVERYWHERE, "expose": True, "behind_tls": True}, "there is no key"),
        ({"allowed_hosts": ["*"]}, "name each one"),
        ({"allowed_origins": ["*"]}, "name each one"),
    ],
)
def test_s12_an_address_that_others_reach_needs_consent_tls_and_a_key(home: Home, settings: dict, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        check_binding(DashboardConfig.model_validate(settings), KeyRing(home, {}))


@pytest.mark.parametrize(
    "settings",
    [{}, {"host": "::1"}, {"host": "localhost"}, {"host": EVERYWHERE, "expose": True, "behind_tls": True}],
)
def test_s12_loopback_needs_nothing_and_the_world_needs_all_three(home: Home, settings: dict) -> None:
    rotate_key(home, Role.ADMIN)
    check_binding(DashboardConfig.model_validate(settings), KeyRing(home, {}))


def test_s15_five_wrong_keys_lock_an_address_for_longer_and_longer() -> None:
    clock = ManualClock(NOW)
    lockout = Lockout(clock)
    for _ in range(FREE_FAILURES - 1):
        assert lockout.wait_seconds("a") == 0
        lockout.failed("a")
    assert lockout.wait_seconds("a") == 0
    lockout.failed("a")
    waits = []
    for _ in range(6):
        waits.append(lockout.wait_seconds("a"))
        clock.set(clock.now() + round(waits[-1] * 1000))
        assert lockout.wait_seconds("a") == 0
        lockout.failed("a")
    assert waits == [60, 120, 240, 480, 900, LONGEST_LOCK_SECONDS]
    assert lockout.wait_seconds("b") == 0
    clock.set(clock.now() + 3_600_000)
    lockout.succeeded("a")
    lockout.failed("a")
    assert lockout.wait_seconds("a") == 0


def test_s15_all_addresses_together_have_few_attempts_a_minute() -> None:
    clock = ManualClock(NOW)
    lockout = Lockout(clock)
    assert [lockout.wait_seconds(f"a{n}") for n in range(LOGINS_A_MINUTE)] == [0.0] * LOGINS_A_MINUTE
    assert lockout.wait_seconds("another") == 60.0
    clock.set(clock.now() + 60_000)
    assert lockout.wait_seconds("another") == 0.0


def test_s15_a_locked_address_is_told_to_wait_and_the_right_key_too(stand: Stand) -> None:
    browser, operator = stand.client(), stand.client(Role.OPERATOR)
    wrong = [browser.post("/api/session", json={"api_key": "x"}).status_code for _ in range(FREE_FAILURES)]
    assert wrong == [401] * FREE_FAILURES
    right = browser.post("/api/session", json={"api_key": stand.keys[Role.ADMIN]})
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0
    began = time.monotonic()
    assert operator.post("/api/controls/halt", json={}).status_code == 200
    assert time.monotonic() - began < 1.0


def test_s15_a_halt_takes_less_than_a_second_while_somebody_guesses_a_hundred_times_a_second(stand: Stand) -> None:
    operator, guesser = stand.client(Role.OPERATOR), stand.client()
    is_over, guesses = threading.Event(), []

    def guess() -> None:
        while not is_over.wait(0.01):
            guesses.append(guesser.post("/api/session", json={"api_key": "x"}).status_code)

    thread = threading.Thread(target=guess)
    thread.start()
    try:
        for _ in range(5):
            began = time.monotonic()
            assert operator.post("/api/controls/halt", json={}).status_code == 200
            assert time.monotonic() - began < 1.0
            time.sleep(0.1)
    finally:
        is_over.set()
        thread.join()
    assert set(guesses) <= {401, 429}
    assert guesses.count(401) <= FREE_FAILURES


def test_s15_wrong_and_right_keys_take_the_same_work(home: Home) -> None:
    right = rotate_key(home, Role.ADMIN)
    ring = KeyRing(home, {})

    def least_time(key: str) -> float:
        times = []
        for _ in range(300):
            began = time.perf_counter()
            ring.find(key)
            times.append(time.perf_counter() - began)
        return min(times)

    assert least_time("x") == pytest.approx(least_time(right), rel=1.0)
