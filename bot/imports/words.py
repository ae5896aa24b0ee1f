"""What is wrong with a sheet, in both languages.

Pages, jobs and the command line say it alike, and only the first of these has
a visitor's catalogue of texts; hence a table of our own.
"""

from bot.imports.looking import Problem
from bot.sheets import NotASheet

WORDS: dict[str, tuple[str, str]] = {
    # the file
    "too_large": ("文件超过 {most} MB，请拆成几个。", "The file is larger than {most} MB; split it."),
    "empty": ("文件里没有内容。", "There is nothing in the file."),
    "old_or_locked": (
        "这是旧版 .xls 或加了密码的文件，请另存为不带密码的 .xlsx。",
        "An old .xls, or a file with a password: save it as .xlsx without one.",
    ),
    "not_a_sheet": (
        "这不是表格文件，请上传 .xlsx 或 .csv。",
        "This is no spreadsheet; send .xlsx or .csv.",
    ),
    "broken": (
        "文件已损坏，无法读取。请用表格软件打开后另存再试。",
        "The file is broken. Open it in a spreadsheet program, save it again, then retry.",
    ),
    "bomb": (
        "文件解压后过大或含有不该有的内容，已拒绝读取。",
        "Unpacked, the file is too large or holds what no sheet should; it was not read.",
    ),
    "too_many_rows": ("超过 {most} 行，请拆成几个文件。", "More than {most} rows; split the file."),
    "no_header": (
        "找不到表头。第一行要有这些列：{columns}。可下载模板对照。",
        "No header was found. The first row needs these columns: {columns}. Compare with the template.",
    ),
    "missing_columns": ("缺少这些列：{columns}。", "These columns are missing: {columns}."),
    "column_twice": (
        "“{columns}”列出现了两次，请删去一个。",
        "The column {columns} is there twice; delete one.",
    ),
    # any cell
    "required": ("请填写。", "Please fill this in."),
    "too_long": ("最多 {most} 个字，现有 {n} 个。", "At most {most} characters; these are {n}."),
    "error_value": ("单元格是公式错误，请改成内容。", "The cell shows a formula's error; write the value."),
    "not_a_choice": ("“{text}”不在可选项里：{choices}。", "“{text}” is none of: {choices}."),
    "not_a_number": ("“{text}”不是整数。", "“{text}” is not a whole number."),
    "no_such_id": (
        "您的范围内没有编号 {text}。新增请留空。",
        "There is no ID {text} within your scope. Leave it empty for a new row.",
    ),
    "twice": (
        "与第 {n} 行重复，请只保留一行，或填手机号、编号区分。",
        "Row {n} is about the same; keep one, or tell them apart by phone or ID.",
    ),
    "several": ("有多个“{text}”，请填编号区分。", "There are several called “{text}”; give the ID."),
    "not_yours": ("这不在您可以修改的范围内。", "This is outside what you may change."),
    "name_taken": ("已有同名的，名称须唯一。", "Another one has this name."),
    "taken": ("与已有的内容冲突。", "This clashes with what is there."),
    # purchases
    "no_such_member": ("没有这位会员。", "No member has this."),
    "not_an_amount": ("“{text}”不是金额，请写成 128.50。", "“{text}” is no amount; write 128.50."),
    "not_a_moment": (
        "“{text}”不是时间，请写成 2026-06-01 12:30。",
        "“{text}” is no moment; write 2026-06-01 12:30.",
    ),
    "in_the_future": ("时间晚于现在。", "This is later than now."),
    "bad_amount": ("金额须大于 0。", "The amount has to be above 0."),
    "bad_number": ("小票号最多 64 个字符。", "A receipt has a number of up to 64 characters."),
    "bad_item": ("品类最多 64 个字。", "A category has up to 64 characters."),
    "number_reused": (
        "这家门店的这个小票号已是另一笔消费。",
        "In this shop, another purchase has this number.",
    ),
    "changed_meanwhile": (
        "别人刚改过这一行，请重新上传核对。",
        "Somebody has just changed this; upload again.",
    ),
    # shops
    "no_such_branch": (
        "没有叫“{text}”的分公司，或不在您的范围内。",
        "No branch within your scope is called “{text}”.",
    ),
    "no_such_shop": (
        "没有叫“{text}”的门店，或不在您的范围内。",
        "No shop within your scope is called “{text}”.",
    ),
    "no_such_code": (
        "没有场景值为“{text}”的渠道码，或不属于该公众号，或不在您的范围内。",
        "No code of this account within your scope has the scene “{text}”.",
    ),
    "several_codes": (
        "几个公众号都有场景值“{text}”，请同时填写公众号。",
        "Codes of several accounts have the scene “{text}”: name the account, too.",
    ),
    "code_of_another": (
        "这条规则的渠道码属于另一个公众号，请同时改渠道码。",
        "This rule's code belongs to another account: change the code, too.",
    ),
    "not_a_public_phone": (
        "请写成 021-55501000、400-555-0100 或 021-55501000转8。",
        "Write 021-55501000, 400-555-0100 or 021-55501000转8.",
    ),
    "not_degrees": (
        "请填数字，如 31.2304；或粘贴“31.2304,121.4737”。",
        "Degrees as a number, such as 31.2304, or 31.2304,121.4737.",
    ),
    "place_swapped": ("纬度和经度像是填反了。", "Latitude and longitude look swapped."),
    "place_latitude": ("不在中国境内，纬度应为 3 到 54。", "Not in China; latitudes there are from 3 to 54."),
    "place_longitude": (
        "不在中国境内，经度应为 73 到 136。",
        "Not in China; longitudes there are from 73 to 136.",
    ),
    "hours_unreadable": (
        "看不懂“{text}”，请写成 09:00-18:00。",
        "“{text}” cannot be read; write 09:00-18:00.",
    ),
    "hours_backwards": ("“{text}”结束早于开始。", "{text} ends before it begins."),
    "hours_overlapping": ("时段重叠：{text}。", "These overlap: {text}."),
    "hours_too_many": (
        "内容过多：每天最多四段，节假日最多十二条。",
        "Too much: four intervals a day, twelve holidays at most.",
    ),
    "hours_never": (
        "至少有一天营业；长期停业请把状态改为停业。",
        "Give hours on at least one day, or close the shop.",
    ),
    "hours_days_backwards": ("节假日结束早于开始：{text}。", "The last day is before the first: {text}."),
    "hours_days_twice": ("{text} 出现在两条节假日里。", "{text} is in two of the holidays."),
    # staff
    "not_a_phone": (
        "不是有效的手机号，请写成 13812345678，境外以 + 开头。",
        "No telephone has this number. Write 13812345678, or +852…",
    ),
    "rounded": (
        "号码被表格软件缩写成了 {text}。请把该列设为文本格式后重新填写。",
        "The spreadsheet has rounded this to {text}. Format the column as text and type it again.",
    ),
    "masked": (
        "这是打了码的号码，不能导入；不改请留空。",
        "This number is masked. Leave the cell empty to keep theirs.",
    ),
    "no_keys": (
        "尚未配置 [privacy] 密钥，不能保存号码，请留空。",
        "Numbers cannot be kept yet: the operator has to set [privacy] keys.",
    ),
    "phone_taken": (
        "该号码属于另一位在职员工，请先把离职者标为离职。",
        "Somebody who works here has this number.",
    ),
    # auto-replies
    "no_such_account": ("设置里没有叫“{text}”的公众号。", "The settings have no account called “{text}”."),
    "hidden_characters": ("含有无法显示的字符。", "This holds characters that cannot be shown."),
    "too_many_articles": ("图文最多 8 条。", "At most eight articles."),
    "too_many_parts": (
        "“{text}”的竖线过多；内容里的竖线请写成 \\|。",
        "Too many bars in “{text}”; write \\| for one in a text.",
    ),
    "too_many_materials": ("“{text}”里的素材太多。", "Too many materials in “{text}”."),
    "no_such_material": (
        "素材库里没有可用的第 {text} 号，或它不是这种类型。",
        "The library has no material {text} of this kind that can be used.",
    ),
    "not_a_media_id": ("“{text}”不是素材 media_id。", "“{text}” is not a media id."),
    "article_needs": (
        "图文要有标题和链接：[图文] 标题 | 描述 | 图片地址 | 链接。",
        "An article needs title and link: [news] title | description | picture | link.",
    ),
    "not_an_address": (
        "“{text}”不是以 https:// 开头的网址。",
        "“{text}” is not an address that begins with https://.",
    ),
    "first_answer": ("有备选回复时，回复内容必填。", "Give a first answer before giving others."),
    "too_many_bytes": (
        "微信最多收 {most} 字节，现有 {n}。",
        "WeChat takes {most} bytes; these are up to {n}.",
    ),
    "no_transfer": (
        "只有消息能转客服，点击和关注不能；备选和后续也不能。",
        "Only the answer to a message can hand over to the desk.",
    ),
    "desk_has_it": (
        "回复已经转客服，不必再通知客服或询问是否有帮助。",
        "The answer hands the message over to the desk already.",
    ),
    "too_many_words": ("最多 {most} 个关键词，现有 {n} 个。", "At most {most} keywords; these are {n}."),
    "bad_pattern": ("正则表达式不能用：{text}", "RE2 does not take this: {text}"),
    "not_a_time": ("“{text}”不是时间，请写成 09:30。", "“{text}” is no time; write 09:30."),
    "same_times": (
        "开始与结束相同；全天请都留空。",
        "From and until are the same; leave both empty for the whole day.",
    ),
    "not_a_day": ("“{text}”不是日期，请写成 2026-11-03。", "“{text}” is no day; write 2026-11-03."),
    "days_backwards": ("结束日期早于开始日期。", "The last day is before the first."),
    "not_weekdays": ("“{text}”不是星期，请写成 一二三四五六日。", "“{text}” are no weekdays; write 1 to 7."),
}


def why(problem: Problem | NotASheet, *, in_chinese: bool = True) -> str:
    """Return what is wrong, without saying where."""
    said = WORDS[problem.code][0 if in_chinese else 1]
    return said.format(**problem.facts)


def say(problem: Problem, *, in_chinese: bool = True) -> str:
    """Return what is wrong with the row: which column, and why."""
    reason = why(problem, in_chinese=in_chinese)
    if problem.column is None:
        return reason
    return f"{problem.column.title}：{reason}" if in_chinese else f"{problem.column.english}: {reason}"


def at(number: int, problem: Problem, *, in_chinese: bool = True) -> str:
    """Return which row it is, for lists of them."""
    column = problem.column
    if in_chinese:
        return f"第 {number} 行" + (f"“{column.title}”" if column else "")
    return f"row {number}" + (f", {column.english}" if column else "")
