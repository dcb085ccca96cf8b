"""The config file as it lies there, read again only when it changes."""

from __future__ import annotations

from copytrade_live.core.config import DecisionConfig
from copytrade_live.errors import ConfigError
from copytrade_live.file_stamp import stamp_of
from copytrade_live.settings import CopytradeConfig, Home, load_config
from copytrade_live.store.configs import kept_config
from copytrade_live.store.journal import Journal


class ConfigSeen:
    """Remembers the file's last valid content and the config that each digest names."""

    def __init__(self, home: Home, first: CopytradeConfig) -> None:
        self._home = home
        self._stamp = stamp_of(home.config)
        self._file = first
        self.problem = ""
        self._kept: dict[str, DecisionConfig] = {first.decision().digest(): first.decision()}

    def file(self) -> CopytradeConfig:
        """What the file says; the last valid content while it holds a mistake, which problem tells."""
        stamp = stamp_of(self._home.config)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._file, self.problem = load_config(None, self._home), ""
            except ConfigError as error:
                self.problem = str(error)
        return self._file

    def decided_by(self, digest: str) -> DecisionConfig:
        """The decision config with this digest; the file's where it was not kept."""
        if not digest:
            return self.file().decision()
        if digest not in self._kept:
            with Journal.open_reader(self._home.state, is_checked=True) as journal:
                found = kept_config(journal.connection, journal.path, digest)
            if found is None:
                return self.file().decision()
            self._kept[digest] = found
        return self._kept[digest]
