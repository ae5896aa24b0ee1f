"""Every table there is."""

from bot.accounts.models import Account
from bot.audit.models import AuditEntry, AuditHead
from bot.batches.models import Batch
from bot.broadcasts.models import Broadcast, MassRecipient, MassSend
from bot.channels.figures.models import ChannelDay, ChannelFigure, ChannelHour, ChannelMark, ShopVisitors
from bot.channels.models import Campaign, Channel, ChannelEvent, ChannelGroup, ChannelTag
from bot.consents.models import Consent, PolicyVersion
from bot.counter.models import CounterAction, CounterDay, CounterLimit, CounterSpend
from bot.coupons.models import (
    Coupon,
    CouponEvent,
    CouponGift,
    CouponHandout,
    CouponTemplate,
    CouponUse,
    CouponVersion,
)
from bot.db import Base
from bot.db.revisions import Revision
from bot.desk.errand_models import AgentErrand
from bot.desk.figure_models import DeskFigure, DeskFigureDay
from bot.desk.models import (
    Agent,
    AgentRecord,
    AgentRecordMark,
    AgentShop,
    Desk,
    DeskAnswer,
    DeskNote,
    DeskSession,
)
from bot.desk.request_models import DeskDecision, DeskPoll, DeskRequest, DeskTask
from bot.digest.models import ShopDigest, ShopDigestOff
from bot.earning.models import (
    EarningAward,
    EarningBudget,
    EarningDay,
    EarningDraft,
    EarningGrant,
    EarningJudgement,
    EarningOccasion,
    EarningVersion,
)
from bot.fan_sync.models import BlacklistedFan, FanSyncFinding, FanSyncPart, FanSyncRun
from bot.fans.models import Fan, UnionidWithheld
from bot.figures.models import DailyFigure
from bot.files.models import File, FilePart
from bot.imports.models import SheetUpload
from bot.levels.models import LevelChange, LevelDraft, LevelVersion, MemberLevel
from bot.links.models import LinkClick, ShortLink
from bot.mall.tables import TABLES as MALL
from bot.materials.models import (
    Article,
    ArticleAtWeChat,
    Material,
    MaterialAtWeChat,
    MaterialCount,
    MaterialUse,
)
from bot.members.models import (
    Member,
    MemberClaim,
    MemberIdentity,
    MemberMerge,
    PhoneCode,
    PrivacyRequest,
    Referral,
    Reminder,
    Tally,
)
from bot.menus.models import Menu, MenuDraft
from bot.messages.models import Message, PlainPush
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise
from bot.outbox.timetable import Slot
from bot.platform_figures.models import (
    PlatformDay,
    PlatformHour,
    PlatformLook,
    PlatformMessages,
    PlatformSource,
)
from bot.points.models import (
    PointAccount,
    PointAllocation,
    PointEntry,
    PointHold,
    PointHoldLot,
    PointLot,
)
from bot.points.office_models import PointAdjustment, PointCheck, PointDay, PointLimit
from bot.posters.models import (
    PosterDesign,
    PosterDesignShop,
    PosterDesignVersion,
    PosterOrder,
    ShopPosterRank,
    StaffPortrait,
    StaffPoster,
)
from bot.purchases.models import Purchase, PurchaseRefund
from bot.reach.models import (
    ReachAccept,
    ReachBatch,
    ReachContent,
    ReachIndustry,
    ReachMapping,
    ReachNotice,
    ReachPace,
    ReachSettings,
    ReachStanding,
    ReachTemplate,
)
from bot.replies.models import AutoReply, ReplyHits, ReplyHitsMark, ReplyVerdict
from bot.replies.office import OfficeReply
from bot.restorations.models import Restoration
from bot.segments.models import Segment
from bot.series.models import Series, SeriesDeed, SeriesRun, SeriesVersion
from bot.sms.models import SmsMessage
from bot.tags.models import (
    FanTag,
    Tag,
    TagNeed,
    TagNews,
    TagRule,
    TagWatch,
    TagWish,
    WeChatFanTag,
    WeChatTag,
)
from bot.tills.models import Till, TillNonce
from bot.users.models import RecoveryCode, User, UserBranch, UserSession, UserShop
from bot.users.views import SavedView

# Naming every table here is what makes `Base.metadata` whole, whoever asks.
TABLES = (
    Account,
    Agent,
    Article,
    ArticleAtWeChat,
    AgentErrand,
    AgentRecord,
    AgentRecordMark,
    AgentShop,
    AuditEntry,
    AuditHead,
    AutoReply,
    Batch,
    BlacklistedFan,
    Branch,
    Broadcast,
    Campaign,
    Channel,
    ChannelDay,
    ChannelEvent,
    ChannelFigure,
    ChannelGroup,
    ChannelHour,
    ChannelMark,
    ChannelTag,
    Consent,
    CounterAction,
    CounterDay,
    CounterLimit,
    CounterSpend,
    Coupon,
    CouponEvent,
    CouponGift,
    CouponHandout,
    CouponTemplate,
    CouponUse,
    CouponVersion,
    DailyFigure,
    Desk,
    DeskAnswer,
    DeskDecision,
    DeskNote,
    DeskFigure,
    DeskFigureDay,
    DeskPoll,
    DeskRequest,
    DeskSession,
    DeskTask,
    EarningAward,
    EarningBudget,
    EarningDay,
    EarningDraft,
    EarningGrant,
    EarningJudgement,
    EarningOccasion,
    EarningVersion,
    Fan,
    FanSyncFinding,
    FanSyncPart,
    FanSyncRun,
    FanTag,
    File,
    FilePart,
    LevelChange,
    LevelDraft,
    LevelVersion,
    LinkClick,
    *MALL,
    MassRecipient,
    MassSend,
    Material,
    MaterialAtWeChat,
    MaterialCount,
    MaterialUse,
    Member,
    MemberClaim,
    MemberIdentity,
    MemberLevel,
    MemberMerge,
    Menu,
    MenuDraft,
    Message,
    OfficeReply,
    PhoneCode,
    PlainPush,
    PlatformDay,
    PlatformHour,
    PlatformLook,
    PlatformMessages,
    PlatformSource,
    PointAccount,
    PointAdjustment,
    PointAllocation,
    PointCheck,
    PointEntry,
    PointHold,
    PointHoldLot,
    PointLimit,
    PointLot,
    PointDay,
    PolicyVersion,
    PosterDesign,
    PosterDesignShop,
    PosterDesignVersion,
    PosterOrder,
    PrivacyRequest,
    Promise,
    ReachAccept,
    ReachBatch,
    ReachContent,
    ReachIndustry,
    ReachMapping,
    ReachNotice,
    ReachPace,
    ReachSettings,
    ReachStanding,
    ReachTemplate,
    Purchase,
    PurchaseRefund,
    RecoveryCode,
    Referral,
    Reminder,
    ReplyHits,
    ReplyHitsMark,
    ReplyVerdict,
    Restoration,
    Revision,
    SavedView,
    Segment,
    Series,
    SeriesDeed,
    SeriesRun,
    SeriesVersion,
    SheetUpload,
    Shop,
    ShopDigest,
    ShopDigestOff,
    ShopPosterRank,
    ShopVisitors,
    ShortLink,
    Slot,
    SmsMessage,
    Staff,
    StaffPortrait,
    StaffPoster,
    Tag,
    TagNeed,
    TagNews,
    TagRule,
    TagWatch,
    TagWish,
    Tally,
    Till,
    TillNonce,
    User,
    UserBranch,
    UserSession,
    UserShop,
    UnionidWithheld,
    WeChatFanTag,
    WeChatTag,
)
METADATA = Base.metadata
