"""Rules that an operator wrote, named in the config as module:object, put where the core looks them up."""

from __future__ import annotations

import importlib
from typing import Any

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.execution import EXECUTION_POLICIES
from copytrade_live.core.exits import EXIT_POLICIES
from copytrade_live.core.registry import Registry
from copytrade_live.core.sizing import SIZING_RULES
from copytrade_live.errors import ConfigError


def load_extensions(config: DecisionConfig) -> None:
    """Import and register every rule that the config names. Raises: ConfigError naming the key and what is wrong."""
    load_rule(SIZING_RULES, config.sizing.rule, "sizing.rule")
    load_rule(EXECUTION_POLICIES, config.execution.policy, "execution.policy")
    load_rule(EXIT_POLICIES, config.exit.policy, "exit.policy")
    for wallet in config.leaders:
        load_rule(EXIT_POLICIES, config.exit_policy(wallet), f"leaders.{wallet}.exit_policy")


def load_rule(registry: Registry[Any], name: str, key: str) -> None:
    """Import and register one rule if it is named as module:object. Raises: ConfigError naming the key."""
    if ":" in name:
        registry.register(name, _imported(name, key))
        return
    try:
        registry.find(name)
    except LookupError as error:
        raise ConfigError(f"{key} was {name}: {error}") from None


def _imported(name: str, key: str) -> object:
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{key} was {name}, which cannot be loaded: {error}; is it on PYTHONPATH?") from error
