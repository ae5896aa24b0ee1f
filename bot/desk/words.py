"""What travellers and agents read of the desk: short, kind, and what happens next."""

import re
from collections.abc import Iterable

LEAVE, SCORE, YES, NO = "desk.leave", "desk.score", "desk.yes", "desk.no"
SCORES = ("1 分　很不满意", "2 分　不满意", "3 分　一般", "4 分　满意", "5 分　很满意")
GLAD = "能帮到您就好。还有问题，随时写给我们。"
NOBODY = "抱歉没能帮到您。请把问题写得再具体一些，我们看到后会尽快回复您。"
THANKS = "谢谢您的评价。"
SORRY = "很抱歉没有让您满意。门店经理会看到您的评价，并尽快与您联系。"
LEFT = "好的，已为您取消排队。需要时再发「人工」就好。"
OUT_OF_LINE = "您好，您的排队已由门店取消。如果还需要帮助，再发「人工」就好，我们马上为您安排。"
NOT_IN_LINE = "您现在没有在排队。需要客服时，发「人工」就好。"
NOTED = "已补充到您的留言里，客服上线后会一并看到。"
TALK_ON = "客服正在为您服务，有什么直接写下来就好。"
ON_THE_WAY = "客服马上就来，请稍候。"
LONGEST = 120
CLOSING = re.compile(
    "(?:谢谢[您你啦了]?|感谢|多谢|谢了|好的?|好滴|好吧|嗯|哦|收到|知道了|明白了?|了解了?|没有了|没了|不用了|再见|拜拜"
    "|ok|okay|thanks|thankyou|thx|bye)*"
)
ASKED = ("Content", "Recognition", "Title", "Label")
KINDS = {
    "image": "[图片]",
    "voice": "[语音]",
    "video": "[视频]",
    "shortvideo": "[视频]",
    "location": "[位置]",
}


def is_closing(said: str) -> bool:
    """Tell whether these words only thank, agree or say good-bye, so that nothing is owed in answer."""
    if "?" in said or "？" in said:
        return False
    plain = re.sub(r"\[[^\]]{1,8}\]", "", said.casefold())  # WeChat's own faces: [抱拳]
    return CLOSING.fullmatch("".join(one for one in plain if one.isalnum())) is not None


def looking(shop: str | None) -> str:
    """Say that somebody is being looked for."""
    return f"正在为您联系{shop or '客服'}{'的客服' if shop else ''}，请稍候。"


def serving(nickname: str, shop: str | None) -> str:
    """Say who answers."""
    return f"{nickname}正在为您服务，{shop}。" if shop else f"{nickname}正在为您服务。"


def waiting(place: int, minutes: int | None) -> str:
    """Say where the traveller stands in line."""
    ahead = f"您前面还有 {place - 1} 位" if place > 1 else "您是下一位"
    about = f"，大约 {minutes} 分钟" if minutes is not None else ""
    return f"客服都在忙。{ahead}{about}，轮到时会马上接待您。"


def message_taken(desk: str | None, hours: str, due: str) -> str:
    """Say that nobody is there, when somebody is, and that the message is not lost."""
    there = f"{desk or '客服'}的在线时间是{hours}。" if hours else ""
    return f"现在没有客服在线。{there}您的留言已记下，我们会在{due}前回复您；想补充什么，直接写下来就好。"


def another(nickname: str) -> str:
    """Say that another agent will take over."""
    return f"{nickname}暂时离开，正在为您换一位客服，请稍候。"


def ending() -> str:
    """Say that silence ends the conversation."""
    return "还有需要帮您的吗？如果没有，本次服务会在 5 分钟后结束。"


def leave_menu(said: str, request_id: int) -> dict[str, object]:
    """Return the words about the line as a menu with a way out of it."""
    item = {"id": f"{LEAVE}.{request_id}", "content": "不等了，取消排队"}
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": said, "list": [item], "tail_content": ""}}


def helped_menu(message_id: int) -> dict[str, object]:
    """Return the question after an automatic answer."""
    items = [
        {"id": f"{YES}.{message_id}", "content": "有帮助"},
        {"id": f"{NO}.{message_id}", "content": "没有，找客服"},
    ]
    head = "刚才的回答对您有帮助吗？"
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": items, "tail_content": ""}}


def score_menu(nickname: str, request_id: int) -> dict[str, object]:
    """Return the question after a conversation."""
    items = [{"id": f"{SCORE}.{request_id}.{n}", "content": said} for n, said in enumerate(SCORES, start=1)]
    head = f"{nickname}刚才的服务，您满意吗？"
    return {
        "msgtype": "msgmenu",
        "msgmenu": {"head_content": head, "list": items, "tail_content": "点一下就好。"},
    }


def text(content: str) -> dict[str, object]:
    """Return words as a customer-service message."""
    return {"msgtype": "text", "text": {"content": content}}


def to_agent(said: Iterable[str], shop: str | None) -> str:
    """Return what an agent reads as they are given the traveller."""
    asked = "；".join(filter(None, said))
    asked = asked if len(asked) <= LONGEST else f"{asked[: LONGEST - 1]}…"
    of_shop = f"（{shop}）" if shop else ""
    return f"旅客{of_shop}说：{asked}" if asked else f"旅客{of_shop}想找客服。"


def left_waiting(minutes: int) -> str:
    """Return what an agent reads who has not answered."""
    return f"旅客已等了 {minutes} 分钟，请先回复一句。再无回复将转给其他客服。"


def what_was_said(kind: str, fields: dict[str, object]) -> str:
    """Return what a traveller wrote, or a word for what they sent."""
    found = next((str(fields[name]).strip() for name in ASKED if fields.get(name)), "")
    return found or KINDS.get(kind, "")
