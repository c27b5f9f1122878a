"""What the gateway knows of each deployment: its gate, its circuit and its vitals."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from motadata_nb.config import Config
from motadata_nb.gateway.breaker import Breaker
from motadata_nb.gateway.limits import Gate
from motadata_nb.gateway.names import Deployment, Route
from motadata_nb.gateway.rates import Limit, limit_for
from motadata_nb.gateway.vitals import Vitals
from motadata_nb.telemetry.prices import price

__all__ = ["Station", "Stations"]


class Station:
    """One deployment."""

    def __init__(self, deployment: Deployment, gate: Gate, breaker: Breaker) -> None:
        self.deployment = deployment
        self.gate = gate
        self.breaker = breaker
        self.vitals = Vitals()

    @property
    def away(self) -> bool:
        """Whether it will not answer now: its circuit is open, it asked for a pause, or a check did not reach it."""
        return self.breaker.state == "open" or self.gate.closed_s > 0 or self.vitals.reachable is False


class Stations:
    """All deployments by id, made on first use. Changed settings take effect at the next call."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = Lock()
        self._stations: dict[str, Station] = {}
        self._tenants: dict[str, Gate] = {}

    def at(self, deployment: Deployment, route: str = "") -> Station:
        """The station of a deployment, with the limit that the settings have for it now."""
        limits = self._config["limits"]
        found = self._stations.get(deployment.id)
        limit = limit_for((deployment.id, deployment.name, route), limits) if limits else _NONE
        if found is None:
            with self._lock:
                breaker = Breaker(deployment.name, self._config["breaker"])
                found = self._stations.setdefault(
                    deployment.id, Station(deployment, Gate(deployment.name, limit), breaker)
                )
        elif found.breaker.settings != self._config["breaker"]:
            found.breaker.configure(self._config["breaker"])
        if found.gate.limit is not limit and found.gate.limit != limit:
            found.gate.limit = limit
        return found

    def tenant(self, name: str) -> Gate | None:
        """The gate of a tenant, when the settings limit it."""
        limits = self._config["limits"]
        if not limits:
            return None
        limit = limit_for((name,), limits, prefix="tenant:")
        if limit == _NONE:
            return None
        with self._lock:
            gate = self._tenants.setdefault(name, Gate(f"tenant:{name}", limit))
        gate.limit = limit
        return gate

    def ordered(self, route: Route) -> Sequence[Deployment]:
        """The deployments in the order in which they are tried: by strategy, those that cannot answer now last."""
        if len(route.deployments) == 1:
            return route.deployments
        stations = [self.at(d, route.name) for d in route.deployments]
        if route.strategy == "least-loaded":
            stations.sort(key=lambda s: s.gate.running + len(s.gate.queue()))
        elif route.strategy == "latency":
            stations.sort(key=lambda s: s.vitals.expected_s)
        elif route.strategy == "cost":
            stations.sort(key=lambda s: _dollars(s.deployment))
        stations.sort(key=lambda s: s.away)
        return [s.deployment for s in stations]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Names that the settings have for models."""
        return tuple(self._config["models"])

    def all(self) -> list[Station]:
        """All stations, by name."""
        return [self._stations[name] for name in sorted(self._stations)]

    def gates(self) -> list[Gate]:
        """All gates."""
        return [*(s.gate for s in self._stations.values()), *self._tenants.values()]


_NONE = Limit()


def _dollars(deployment: Deployment) -> float:
    known = price(deployment.name)
    return known.cost(1000, 500) if known is not None else float("inf")
