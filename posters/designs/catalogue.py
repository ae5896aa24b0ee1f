"""The designs themselves."""

from typing import Any

from posters.designs.parts import MARGIN, card, design, foot, headline, seal, shape, slogan, text

WHITE = "#FFFFFF"
SOFT = {"colour": "#00000050", "y": 4, "blur": 9}
GOLD = {"colours": ["#FFF3C9", "#F6CF7A", "#E2A744"]}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "spring": design(
        "江南", "Southern spring", "spring",
        text(118, 120, 300, 560, "{headline}", 136, default="江南\n春正好", vertical=True, weight="bold", paint="#2C3F3C",
             align="left", spacing=0.1, leading=1.15),
        *seal(146, 588, "驿站"),
        text(96, 735, 470, 120, "{slogan}", 42, default="趁花还在枝头，去水边走走。", weight="medium", paint="#3D5650",
             lines=2, balance=True, least=28),
        *card("#22332F", "#5C6F69", "#4C8A6A", "#FFFEF9"), foot("#3D5650"),
    ),
    "summer": design(
        "海岛", "Island", "summer",
        headline("去海边", WHITE, 130, 230, spacing=0.1, shadow={"colour": "#0A526B60", "y": 6, "blur": 12}),
        slogan("把闹钟关掉，把日子过慢一点。", WHITE, 440, shadow={"colour": "#0A526B70", "y": 2, "blur": 6}),
        *card("#0A3F55", "#4F6B78", "#1587A0"), foot("#7A5326"),
    ),
    "autumn": design(
        "秋山", "Autumn hills", "autumn",
        text(690, 130, 290, 700, "{headline}", 150, default="秋山\n可访", vertical=True, weight="heavy",
             paint={"colours": ["#A5301B", "#7A2A1B"]}, align="right", spacing=0.12, leading=1.1),
        *seal(620, 372, "山行", "#A5301B"),
        slogan("满山红叶，只等一个想见的人同去。", WHITE, 1258, shadow={"colour": "#3A0E08C0", "y": 2, "blur": 7}),
        *card("#4A1A12", "#7B5A4C", "#C0502B", "#FFFBF3"), foot("#F6D9B4"),
    ),
    "winter": design(
        "雪夜", "Snowy night", "winter",
        headline("看雪去", WHITE, 150, 200, align="left", shadow={"colour": "#0E1F4580", "y": 6, "blur": 14}),
        slogan("热茶、炉火、一窗白雪，等您来过冬。", "#E8EEFA", 430, align="left",
               shadow={"colour": "#0E1F4580", "y": 2, "blur": 6}),
        *card("#14284F", "#5A6B8C", "#35609E"), foot("#4A5F8C"),
    ),
    "family": design(
        "亲子", "Family", "family",
        headline("小小旅行家", "#2B5D7C", 130, 132,
                 shadow={"colour": "#FFFFFFC0", "y": 0, "blur": 10}),
        slogan("看动物，数星星，陪孩子疯玩几天。", "#2F5A70", 330, shadow={"colour": "#FFFFFFC0", "y": 0, "blur": 8}),
        *card("#24485C", "#587382", "#F07F5E", "#FFFDF6"), foot("#EAF8E4"),
    ),
    "seniors": design(
        "银发", "Unhurried", "seniors",
        headline("慢慢走\n慢慢看", "#1F4A3E", 100, 170, spacing=0.14),
        slogan("行程不赶，住得安稳，一路有人照应。", "#1F3F36", 520, weight="bold", fit="shrink"),
        *card("#12332A", "#2F4A42", "#2E7D62", "#FFFDF6", larger=12), foot("#123D31"),
    ),
    "cruise": design(
        "邮轮", "Cruise", "cruise",
        shape(MARGIN, 110, 950, 2, "rect", paint="#D9AE5F"),
        headline("海上假期", GOLD, 165, 190, spacing=0.1),
        slogan("登船那一刻，假期就开始了。", "#F4E6C8", 420),
        shape(MARGIN, 545, 950, 2, "rect", paint="#D9AE5F"),
        *card("#0B2147", "#54647F", "#17386B"), foot("#D9C79E"),
    ),
    "domestic": design(
        "云海", "Sea of clouds", "domestic",
        text(770, 120, 210, 800, "{headline}", 160, default="山河辽阔", vertical=True, weight="heavy", paint=WHITE,
             align="right", spacing=0.1, shadow={"colour": "#0B3B4680", "y": 5, "blur": 14}),
        text(626, 140, 120, 620, "{slogan}", 42, lines=2, leading=1.5, default="等一场日出，看云漫过山来", vertical=True, weight="medium",
             paint="#FFF7E2", align="right", spacing=0.16, shadow=SOFT),
        *card("#0D3A44", "#4F6A70", "#1F6770"), foot("#CFE3DF"),
    ),
    "abroad": design(
        "境外", "Far countries", "abroad",
        headline("看世界", WHITE, 225, 170, align="left", spacing=0.06, shadow={"colour": "#0E3A5580", "y": 5, "blur": 12})
        | {"x": 190, "width": 700},
        text(196, 425, 690, 108, "{slogan}", 42, lines=2, balance=True, default="签证、机票、行程，一次问清楚。", weight="medium", paint=WHITE,
             least=26, shadow=SOFT),
        *card("#3A2B2E", "#6F5F58", "#B3364B", "#FFFDF7"), foot("#6B5636"),
    ),
    "opening": design(
        "开业", "Shop opening", "opening",
        headline("新店开业", GOLD, 250, 190, spacing=0.05, shadow={"colour": "#5A0A1290", "y": 6, "blur": 10}),
        text(140, 505, 800, 130, "{shop}", 60, weight="bold", paint=WHITE, align="centre", valign="middle", lines=2,
             balance=True, least=36, leading=1.25, shadow={"colour": "#5A0A1290", "y": 3, "blur": 6}),
        slogan("欢迎来坐坐，喝杯茶，聊聊下一次远行。", "#FFE9C0", 655),
        *card("#5A0F16", "#7D5A4E", "#C22A2A", "#FFFBF2"), foot("#F6CF7A"),
    ),
    "member-day": design(
        "会员日", "Members' day", "member-day",
        headline("会员日", GOLD, 105, 150, spacing=0.2),
        slogan("扫码入会，今日积分加倍。", "#FFE9C4", 285),
        text(240, 720, 600, 210, "{points}", 190, default="双倍", weight="heavy", align="centre", valign="middle",
             paint={"colours": ["#8A2E12", "#B8421A"]}, least=70),
        text(300, 945, 480, 60, "{points_unit}", 42, default="积分", weight="bold", align="centre", valign="middle",
             paint="#8A2E12", spacing=0.4, least=28),
        *card("#4A1F12", "#7A5B4A", "#C9781C", "#FFFBF2"), foot("#F6DDB0"),
    ),
}  # fmt: skip
