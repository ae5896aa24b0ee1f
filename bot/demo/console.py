"""What the head office's account answered by WeChat's own console before there was a server."""

from typing import Any

CONSOLE: dict[str, Any] = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎关注云程旅行，回复数字查看线路。"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "签证材料",
                "create_time": 1_700_000_000,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "签证"},
                    {"type": "text", "match_mode": "equal", "content": "护照"},
                ],
                "reply_list_info": [
                    {"type": "text", "content": "办理签证需要护照首页、两寸照片和在职证明。"},
                    {"type": "video", "content": "http://mp.weixin.qq.com/mp/video?id=demo"},
                ],
            },
            {
                "rule_name": "问候",
                "create_time": 1_700_000_000,
                "reply_mode": "random_one",
                "keyword_list_info": [{"type": "text", "match_mode": "equal", "content": "早上好"}],
                "reply_list_info": [
                    {"type": "text", "content": "早上好，今天想去哪里走走？"},
                    {"type": "text", "content": "早，有什么可以帮您？"},
                ],
            },
        ]
    },
}
