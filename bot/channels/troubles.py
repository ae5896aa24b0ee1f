"""Words for what went wrong with a code of a batch, in the language of whoever asked for it."""

SAID = {
    "no_codes_left": (
        "永久二维码额度已用完；请改用临时码，或把停用的码重新分配",
        "The account has no permanent codes left; use temporary ones, or give a retired code a new owner",
    ),
    "not_made": (
        "微信还没有生成这个码；请在渠道页重试，再下载",
        "WeChat has not made this code yet; have it made on the channel's page, then download again",
    ),
    "ended": (
        "这个临时码已过期；请在渠道页重新生成",
        "This temporary code has ended; have it made again on the channel's page",
    ),
    "unreadable": (
        "成品图片无法识别，没有放进文件；请去掉标志或换一个标志",
        "The finished picture cannot be read and was left out; leave the logo away or choose another",
    ),
    "gone": (
        "渠道已不存在，或已不在您的数据范围内",
        "The channel is no longer there, or no longer in your scope",
    ),
    "out_of_sight": (
        "门店或员工已不在您的数据范围内，没有生成这个码",
        "The shop or the person is no longer in your scope, so this code was not made",
    ),
}


def say(code: str, language: str) -> str:
    """Return what went wrong, in Chinese unless `language` is `en`."""
    chinese, english = SAID[code]
    return english if language == "en" else chinese
