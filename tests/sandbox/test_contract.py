"""Every endpoint's keys and value types against recorded payloads, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox

