"""The message: what there is to be said, what can be done about it, and a way to put it away."""

from __future__ import annotations

from collections.abc import Callable

from flawmap_plugin.state import Message
from flawmap_plugin.texts import Texts

from .qt import QtCore, QtWidgets

__all__ = ["MessageBar"]

#: Colour of the bar at the left: it shows on dark and on light.
_COLOURS = {"error": "#c8362e", "warning": "#c88a00", "info": "#4a86c8"}


class MessageBar(QtWidgets.QFrame):
    """Hidden while there is nothing to say.

    Parameters
    ----------
    texts : Texts
    act : callable(action, region)
        Called for the message's button.
    dismiss : callable
        Called for the cross.
    """

    def __init__(
        self,
        texts: Texts,
        act: Callable[[str, str], None],
        dismiss: Callable[[], None],
    ) -> None:
        super().__init__()
        self._act = act
        self._message: Message | None = None
        self._bar = QtWidgets.QFrame()
        self._bar.setFixedWidth(4)
        self._text = _label()
        self._hint = _label()
        self._button = QtWidgets.QPushButton()
        self._button.clicked.connect(self._pressed)
        self._button.setSizePolicy(_flexible())
        close = QtWidgets.QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip(texts("ui.close"))
        close.setAccessibleName(texts("ui.close"))
        close.clicked.connect(lambda *_: dismiss())
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setSpacing(4)
        grid.addWidget(self._bar, 0, 0, 3, 1)
        grid.addWidget(self._text, 0, 1)
        grid.addWidget(close, 0, 2, QtCore.Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._hint, 1, 1, 1, 2)
        grid.addWidget(self._button, 2, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        self.hide()

    def show_message(self, message: Message | None) -> None:
        """Show this one, or none."""
        if message == self._message:
            return
        self._message = message
        self.setVisible(message is not None)
        if message is None:
            return
        colour = _COLOURS.get(message.kind, _COLOURS["info"])
        self._bar.setStyleSheet(f"background-color: {colour};")
        self._text.setText(message.text)
        self._hint.setText(message.hint)
        self._hint.setVisible(bool(message.hint))
        self._button.setText(message.action_label)
        self._button.setVisible(bool(message.action))
        self.setAccessibleName(f"{message.text} {message.hint}".strip())

    def _pressed(self, *_: object) -> None:
        if self._message is not None:
            self._act(self._message.action, self._message.region)


def _label() -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
    flag = QtCore.Qt.TextInteractionFlag
    label.setTextInteractionFlags(flag.TextSelectableByMouse)
    label.setSizePolicy(_flexible())
    return label


def _flexible() -> QtWidgets.QSizePolicy:
    # Long words must not make the docker wide.
    policy = QtWidgets.QSizePolicy.Policy
    return QtWidgets.QSizePolicy(policy.Ignored, policy.Preferred)
