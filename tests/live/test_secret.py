"""A secret shows itself only where it is asked to."""

import copy
import json
import pickle
import traceback

import pytest

from copytrade_live.secret import Secret

CANARY = "0xdeadbeefcafe"


def test_a_secret_is_masked_however_it_is_printed() -> None:
    secret = Secret(CANARY)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>20}",
        f"{secret!r}",
        repr([secret]),
    ]
    assert all(CANARY not in text for text in shown)
    assert secret.reveal() == CANARY


def test_a_secret_is_neither_pickled_copied_nor_written_as_json() -> None:
    secret = Secret(CANARY)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as failure:
            leak(secret)
        assert CANARY not in "".join(traceback.format_exception(failure.value))


def test_equal_secrets_compare_equal_and_have_no_dict_to_look_into() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY + "0")
    assert not hasattr(Secret(CANARY), "__dict__")
