"""The simulator as an SMS gateway: what bots send arrives on travellers' phones."""

from dataclasses import asdict
from typing import Any

import flask

from simulator.platform import Platform
from simulator.world import sms
from simulator.world.sms import Sms

LONGEST = 500


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """`POST /sms/send`.  Open to anybody who reaches the simulator, like the rest of its platform side."""
    views = flask.Blueprint("sms", __name__)

    @views.post("/sms/send")
    def send() -> flask.typing.ResponseReturnValue:
        """Deliver `{"phone", "text", "sign"?}` at once; 400 with the reason when it cannot be."""
        facts = flask.request.get_json(silent=True)
        if not isinstance(facts, dict):
            facts = flask.request.form.to_dict()
        phone, text = sms.normal(facts.get("phone")), facts.get("text")
        if not phone:
            return {"code": "invalid_phone", "error": "phone is not a phone number"}, 400
        if not isinstance(text, str) or not 1 <= len(text) <= LONGEST:
            return {"code": "invalid_text", "error": f"text must have 1 to {LONGEST} characters"}, 400
        with platform.lock:
            message = _delivered(platform, phone, text, str(facts.get("sign") or ""))
        return {"code": "ok", "id": message.id}

    return views


def messages_to(platform: Platform, phone: str) -> list[dict[str, Any]]:
    """What arrived at a number, or everywhere when it is empty."""
    everything = platform.state.sms
    return [asdict(each) for each in (sms.inbox(everything, phone) if phone else everything)]


def _delivered(platform: Platform, phone: str, text: str, sign: str) -> Sms:
    message = Sms(platform.state.number("next_sms"), phone, text, sign, platform.now())
    platform.state.sms.append(message)
    del platform.state.sms[: -sms.KEPT]
    owners = [each.id for each in platform.state.travellers.values() if sms.normal(each.phone) == phone]
    platform.events.publish("sms", sms=asdict(message), travellers=owners)
    platform.touch()
    return message
