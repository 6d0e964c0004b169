"""What the lifecycle nodes have in common: parameters, transitions that fail with a reason, diagnostics."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from typing import Any, Generic

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

from geoloc_ros.core.errors import GeolocError
from geoloc_ros.ros.health import Health
from geoloc_ros.ros.parameters import AnyNodeConfig, NodeParameters

_DIAGNOSTICS_PERIOD_S = 1.0


class StagedNode(LifecycleNode, Generic[AnyNodeConfig]):
    """A lifecycle node whose stages are plain methods that raise GeolocError.

    `set_up` belongs to the configure transition, `start` to activate. What they acquire they hand to `configured` and
    `activated`, which cleanup and deactivate close in the opposite order.
    """

    def __init__(self, name: str, config_type: type[AnyNodeConfig], **node_arguments: Any) -> None:
        """Raises ConfigError if a parameter is unknown or illegal."""
        super().__init__(name, automatically_declare_parameters_from_overrides=True, **node_arguments)
        self.parameters = NodeParameters(self, config_type)
        self.health = Health(self.get_fully_qualified_name().lstrip("/"), self.get_logger())
        self.configured = ExitStack()
        self.activated = ExitStack()
        self._is_active = False
        self._subscribed: list[Subscription[Any]] = []
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # By real time: simulated time may stand still, and who waits for the node to be ready wants to know.
        real_time = Clock(clock_type=ClockType.STEADY_TIME)
        self._diagnostics_timer = self.create_timer(_DIAGNOSTICS_PERIOD_S, self.publish_diagnostics, clock=real_time)

    @property
    def config(self) -> AnyNodeConfig:
        """Of the parameters as they are now."""
        return self.parameters.config

    @property
    def is_active(self) -> bool:
        """Between activate and deactivate."""
        return self._is_active

    @abstractmethod
    def set_up(self) -> None:
        """Load what is needed and create publishers and services."""

    @abstractmethod
    def start(self) -> None:
        """Subscribe and work."""

    @abstractmethod
    def diagnostic_values(self) -> dict[str, Any]:
        """Key and value of what users want to know; asked only while the node is configured."""

    def publisher(self, message_type: type[Any], topic: str, qos: QoSProfile) -> LifecyclePublisher[Any]:
        """A publisher that lives until cleanup and speaks while the node is active."""
        publisher = self.create_lifecycle_publisher(message_type, topic, qos)
        self.configured.callback(self.destroy_lifecycle_publisher, publisher)
        return publisher

    def service(self, service_type: type[Any], name: str, callback: Callable[[Any, Any], Any]) -> None:
        """A service that is there until the node is deactivated."""
        self.activated.callback(self.destroy_service, self.create_service(service_type, name, callback))

    def subscribe(self, message_type: type[Any], topic: str, callback: Callable[[Any], None], qos: QoSProfile) -> None:
        """Subscribe until the node is deactivated; users may override the QoS by parameters."""
        overridable = QoSOverridingOptions.with_default_policies()
        # rclpy writes overrides into the profile it is given, which is shared with other subscriptions.
        subscription = self.create_subscription(
            message_type, topic, callback, copy(qos), qos_overriding_options=overridable
        )
        self._subscribed.append(subscription)
        self.activated.callback(self._unsubscribe, subscription)

    def publish_diagnostics(self) -> None:
        """Say how the node is."""
        publishers = {
            f"publishers of {subscription.topic_name}": self.count_publishers(subscription.topic_name)
            for subscription in self._subscribed
        }
        own = self.diagnostic_values() if self.parameters.frozen else {}
        status = self.health.status({"active": self._is_active, **own, **publishers})
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def close(self) -> None:
        """Free everything, whatever state the node is in."""
        self._halt()
        self._release()
        self.destroy_node()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        result = self._stage(self.set_up, super().on_configure, state)
        self.parameters.frozen = result == TransitionCallbackReturn.SUCCESS
        if self.parameters.frozen:
            self.health.recover()
        else:
            self._release()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        # The publishers are enabled first: what is published at the start of work must get through.
        result = super().on_activate(state)
        result = self._stage(self.start, lambda _: result, state)
        self._is_active = result == TransitionCallbackReturn.SUCCESS
        if self._is_active:
            self.get_logger().info("active")
        else:
            self._halt()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        return self._stage(self._halt, super().on_deactivate, state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        return self._stage(self._release, super().on_cleanup, state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        self._halt()
        return self._stage(self._release, super().on_shutdown, state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition: back to unconfigured."""
        self._halt()
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def _stage(
        self, work: Callable[[], None], inherited: Callable[[LifecycleState], TransitionCallbackReturn],
        state: LifecycleState,
    ) -> TransitionCallbackReturn:
        try:
            work()
        except GeolocError as error:
            self.health.fail(error)
            return TransitionCallbackReturn.FAILURE
        except Exception:  # noqa: BLE001 - rclpy would swallow it without a word
            self.get_logger().fatal(traceback.format_exc())
            return TransitionCallbackReturn.ERROR
        return inherited(state)

    def _halt(self) -> None:
        if self._is_active:
            self.get_logger().info(f"stopping; {self.health.summary()}")
        self._is_active = False
        self.activated.close()

    def _unsubscribe(self, subscription: Subscription[Any]) -> None:
        self._subscribed.remove(subscription)
        self.destroy_subscription(subscription)

    def _release(self) -> None:
        self.parameters.frozen = False
        self.configured.close()
