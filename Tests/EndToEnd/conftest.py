"""What every test may ask for: daemons and sinks that are gone when the test is."""

import martlet
import pytest
from sink import Sink


@pytest.fixture
def start(tmp_path):
    """Starts a daemon and waits until it listens: start(config), start(config, name=…).

    In the configuration, @PORT@ stands for the port of its receiver.
    """
    daemons = []

    def start(config, name="martlet", ready=True, port=None, **more):
        port = port or martlet.free_port()
        daemon = martlet.Daemon(tmp_path / name, config.replace("@PORT@", str(port)), port, **more)
        daemons.append(daemon)
        return daemon.wait_until_ready() if ready else daemon

    yield start
    for daemon in daemons:
        daemon.kill()


@pytest.fixture
def make_sink():
    sinks = []

    def make(*arguments, **more):
        sinks.append(Sink(*arguments, **more))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.stop()


@pytest.fixture
def sink(make_sink):
    return make_sink()
