"""The words by which a traveller has no more offers sent, or has them sent again."""

from typing import Final

OUT: Final = frozenset({"退订", "TD", "退订消息", "拒收"})
BACK: Final = frozenset({"恢复", "恢复订阅"})

# 退订 is also what one does with a hotel: whoever meant that is told where to go.
OPTED_OUT: Final = (
    "好的，以后不再给您发活动和优惠消息，订单和服务通知照常。想恢复，回复“恢复”就行。\n"
    "如果您想退订行程或酒店，请回复“人工”，我们来为您办理。"
)
WELCOME_BACK: Final = "好的，有合适的活动和优惠会再告诉您。不想收了，回复“退订”即可。"


def is_out(said: str) -> bool:
    """Tell whether a text asks for no more offers, and for nothing else."""
    return _bare(said) in OUT


def is_back(said: str) -> bool:
    """Tell whether a text asks for offers again; of who never opted out it means something else."""
    return _bare(said) in BACK


def _bare(said: str) -> str:
    return said.strip().strip("。！？!? ").upper()
