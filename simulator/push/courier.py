"""Takes a push to the bot and brings its reply into the chat; where the push faults strike."""

import time
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulator import desk_flow, xml
from simulator.clock import day_of
from simulator.faults import Fault
from simulator.push.delivery import Address, Damage, Outcome, Postman
from simulator.push.lanes import Lanes
from simulator.push.messages import Push
from simulator.push.replies import BadReply, Reply, decoded, read
from simulator.traffic import shortened

if TYPE_CHECKING:
    from simulator.platform import Platform

Record = dict[str, Any]
FAILURE_NOTICE = "该{}暂时无法提供服务，请稍后再试"


class Courier:
    """Pushes of one traveller to one account keep their order; all others go side by side."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._lanes = Lanes()
        self._postman = Postman()

    def send(self, push: Push, *, times: int, together: bool) -> list[Future[Record]]:
        """Start `times` deliveries of the identical push, one after another or all at once."""
        strike = self._platform.faults.strike
        ordered = self._platform.settings.push_in_order
        lane: tuple[Any, ...] = (
            (push.account, push.openid) if ordered else (push.account, push.openid, object())
        )
        if unknown := strike("push_unknown_event", push.account):
            self._lanes.submit(lane, lambda: self._deliver(_unknown(push, unknown)))
        if late := strike("push_reorder", push.account):
            return [self._overtaken(push, late.seconds or 0.5) for _ in range(times)]
        if together:
            return [self._lanes.submit((*lane, object()), lambda: self._deliver(push)) for _ in range(times)]
        futures = [self._lanes.submit(lane, lambda: self._deliver(push)) for _ in range(times)]
        if again := strike("push_duplicate", push.account):
            for _ in range(again.times):
                self._lanes.submit(lane, lambda: self._deliver(push))
        return futures

    def verify(self, address: Address) -> str:
        """Check a server address; return what is wrong with it, or nothing."""
        return self._postman.verify(address, self._platform.settings)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is on its way; False if it took too long."""
        end = time.monotonic() + timeout
        while not self._lanes.is_idle():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def close(self) -> None:
        """Stop delivering."""
        self._lanes.close()
        self._postman.close()

    def _overtaken(self, push: Push, seconds: float) -> Future[Record]:
        def deliver_late() -> Record:
            time.sleep(seconds)
            return self._deliver(push)

        return self._lanes.submit((push.account, push.openid, object()), deliver_late)

    def _deliver(self, push: Push) -> Record:
        platform = self._platform
        strike = platform.faults.strike
        with platform.lock:
            account = platform.state.accounts.get(push.account)
            address = Address.of(account) if account else None
        if account is None or address is None:  # reset while the push was waiting
            return {"attempts": [], "delivered": False, "reply": None, "problem": "the account is gone"}
        if slow := strike("push_slow", push.account):
            time.sleep(slow.seconds)
        plain = xml.render(push.fields)
        if not address.url:
            outcome = Outcome()
            problem = "the account has no server address (url); nothing was pushed"
        elif strike("push_drop", push.account):
            outcome = Outcome(attempts=[{"status": None, "error": "lost by a fault", "seconds": 0.0}])
            problem = "no attempt arrived"
        else:
            damage = Damage(
                signature=strike("push_wrong_signature", push.account) is not None,
                app_id=strike("push_wrong_appid", push.account) is not None,
                padding=strike("push_bad_padding", push.account) is not None,
            )
            outcome = self._postman.deliver(address, plain, push.openid, platform.settings, damage)
            problem = "" if outcome.answer is not None else "no attempt was answered"
        with platform.lock:
            return self._settle(push, plain, address, outcome, problem)

    def _settle(self, push: Push, plain: str, address: Address, outcome: Outcome, problem: str) -> Record:
        """Let the reply have its effect and write everything into the log."""
        platform = self._platform
        account = platform.state.accounts.get(push.account)
        reply: Reply | None = None
        answer = outcome.answer or ""
        if account is not None and outcome.answer is not None:
            try:
                answer = decoded(outcome.answer, account)
                reply = read(answer, push, account, platform.now(), platform.settings)
            except BadReply as error:
                problem = str(error)
        record = platform.traffic.pushes.add(
            {
                "time": platform.now(),
                "account": push.account,
                "account_name": account.name if account else "",
                "traveller": push.traveller,
                "openid": push.openid,
                "type": push.type,
                "event": push.event,
                "message_key": push.key,
                "mode": address.mode,
                "url": address.url,
                "query": outcome.query,
                "body": shortened(plain),
                "answer": shortened(answer),
                "attempts": outcome.attempts,
                "delivered": outcome.answer is not None and not problem,
                "problem": problem,
                "reply": {"type": reply.type, **reply.content} if reply else None,
                "warnings": reply.warnings if reply else [],
            }
        )
        if account is not None:
            day = account.day(day_of(platform.now()))
            for each in outcome.attempts:
                day.pushed(platform.now(), each["seconds"], failed=bool(each["error"] or problem))
            self._show(push, reply, problem)
        platform.events.publish(
            "push", push={name: record[name] for name in record if name not in ("body", "answer")}
        )
        platform.touch()
        return record

    def _show(self, push: Push, reply: Reply | None, problem: str) -> None:
        """Let the traveller see what came of it; of several deliveries the first that was answered."""
        platform = self._platform
        account = platform.state.accounts[push.account]
        fan = account.fans.get(push.openid)
        if fan is None or push.answered or not account.url:
            return
        push.answered = reply is not None
        if problem and push.is_awaited and fan.subscribed:
            named = platform.settings.failure_notice_names_kind and account.kind == "service"
            text = FAILURE_NOTICE.format("服务号" if named else "公众号")
            platform.show(account, fan, "notice", "failure", {"text": text, "reason": problem})
        elif reply is not None and reply.type == "transfer_customer_service":
            desk_flow.transfer(platform, account, fan, push, reply.content["kf_account"])
        elif reply is not None and reply.type != "dropped" and fan.subscribed:
            content = desk_flow.with_media_url(platform, account, reply.content)
            platform.show(account, fan, "account", reply.type, content, via="reply")


def _unknown(push: Push, fault: Fault) -> Push:
    names = ("ToUserName", "FromUserName", "CreateTime")
    fields = {name: push.fields[name] for name in names}
    fields |= {"MsgType": "event", "Event": f"sim_unknown_{fault.struck}", "EventKey": "", "SimNode": "?"}
    return replace(push, fields=fields)
