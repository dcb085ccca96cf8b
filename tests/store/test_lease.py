"""One runner an account, one account a journal."""

from pathlib import Path

import pytest

from copytrade_live.errors import StateError
from copytrade_live.store.journal import Journal
from copytrade_live.store.lease import AccountLease


def test_two_runners_never_trade_one_wallet(tmp_path: Path) -> None:
    first, second, other = (AccountLease(wallet, "https://venue", tmp_path) for wallet in ("0xA", "0xa", "0xb"))
    elsewhere = AccountLease("0xa", "http://sandbox", tmp_path)
    first.acquire()
    other.acquire()
    elsewhere.acquire()
    with pytest.raises(StateError, match="trades 0xa"):
        second.acquire()
    first.release()
    with second:
        pass


def test_a_journal_belongs_to_one_account(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "state.sqlite", "live") as journal:
        journal.claim_account("0xa")
        journal.claim_account("0xa")
        with pytest.raises(StateError, match="account 0xa"):
            journal.claim_account("0xb")


def test_a_service_with_a_tmp_of_its_own_meets_a_runner_started_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = f"http://{tmp_path}"
    with AccountLease("0xlease", venue):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with pytest.raises(StateError, match="trades 0xlease"):
            AccountLease("0xlease", venue).acquire()
