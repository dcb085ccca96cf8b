"""A key comes from where it is safe, and every way it can be unsafe is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copytrade_live.errors import ConfigError, KeyRefused
from copytrade_live.keys import keystore
from copytrade_live.keys.endpoints import check_endpoints
from copytrade_live.keys.keystore import read_keystore, write_keystore
from copytrade_live.keys.signer import named_signer
from copytrade_live.keys.sources import address_of, load_key
from copytrade_live.secret import Secret
from copytrade_live.settings import Home, KeySource, LiveConfig, VenueConfig

KEY = Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
PASSWORD = Secret("correct horse battery")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "keys" / "keystore.json"
    assert write_keystore(found, KEY, PASSWORD, iterations=2) == ADDRESS
    return found


def test_a_keystore_gives_back_its_key_and_is_for_its_owner_alone(path: Path) -> None:
    assert read_keystore(path, PASSWORD) == KEY
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert KEY.reveal()[2:] not in path.read_text()


def test_keys_are_encrypted_as_strongly_as_the_default_of_the_library() -> None:
    assert keystore.SCRYPT_N >= 262_144


def test_a_wrong_password_says_so(path: Path) -> None:
    with pytest.raises(KeyRefused, match="password does not fit"):
        read_keystore(path, Secret("something else"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_keystore_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        read_keystore(path, PASSWORD)


def test_a_folder_open_to_others_a_link_and_nothing_at_all_are_refused(path: Path, tmp_path: Path) -> None:
    path.parent.chmod(0o755)
    with pytest.raises(KeyRefused, match="chmod 700"):
        read_keystore(path, PASSWORD)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    with pytest.raises(KeyRefused, match="symbolic link"):
        read_keystore(link, PASSWORD)
    with pytest.raises(KeyRefused, match="keys new"):
        read_keystore(tmp_path / "none.json", PASSWORD)


def test_a_key_is_never_written_over(path: Path) -> None:
    with pytest.raises(KeyRefused, match="exists already"):
        write_keystore(path, KEY, PASSWORD)


def test_a_file_that_is_no_keystore_is_named(path: Path) -> None:
    path.write_text("{}")
    with pytest.raises(KeyRefused, match="not a keystore"):
        read_keystore(path, PASSWORD)


def test_the_password_comes_from_the_service_manager_or_from_a_person(path: Path, tmp_path: Path) -> None:
    config, home = LiveConfig(keystore_file=str(path)), Home(tmp_path)
    with pytest.raises(KeyRefused, match="LoadCredential"):
        load_key(config, home, {}, None)
    assert load_key(config, home, {}, lambda _: PASSWORD.reveal()) == KEY
    (tmp_path / "keystore-password").write_text(PASSWORD.reveal() + "\n")
    assert load_key(config, home, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, None) == KEY


def test_a_key_in_the_environment_is_taken_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRADE_KEY", KEY.reveal())
    config = LiveConfig(key_source=KeySource.ENV)
    assert load_key(config, Home(tmp_path), os.environ, None) == KEY
    assert "COPYTRADE_KEY" not in os.environ
    with pytest.raises(KeyRefused, match="COPYTRADE_KEY is not set"):
        load_key(config, Home(tmp_path), os.environ, None)


def test_a_text_that_is_no_key_is_not_repeated() -> None:
    with pytest.raises(KeyRefused) as refused:
        address_of(Secret("hunter2 hunter2"))
    assert "hunter2" not in str(refused.value)
    assert address_of(KEY) == ADDRESS


class Hardware:
    address = ADDRESS

    def sign_typed_data(self, *, full_message: dict[str, object]) -> None:
        raise AssertionError("a signer that is only named was asked to sign")


def no_key() -> Secret[str]:
    raise AssertionError("a signer that did not ask for the key was given it")


def test_another_signer_is_named_in_the_config() -> None:
    assert named_signer(f"{__name__}:Hardware", no_key).address == ADDRESS
    for name, said in (("nowhere:x", "cannot be loaded"), ("os:path", "no signer"), ("os", "cannot be loaded")):
        with pytest.raises(ConfigError, match=said):
            named_signer(name, no_key)


@pytest.mark.parametrize(
    "url", ["https://clob.polymarket.com.evil.example", "http://clob.polymarket.com", "https://10.0.0.1"]
)
def test_a_key_is_shown_to_no_strange_address(url: str) -> None:
    with pytest.raises(ConfigError, match=r"venue\.clob_url"):
        check_endpoints(VenueConfig(clob_url=url))


def test_the_venue_and_a_sandbox_on_this_machine_are_fine() -> None:
    check_endpoints(VenueConfig())
    url = "http://127.0.0.1:8900"
    check_endpoints(
        VenueConfig(clob_url=url, data_url=url, gamma_url=url, relayer_url=url, user_stream_url="ws://127.0.0.1:8900")
    )
