"""The published vectors: push signature, message encryption, web page signature (protocol §1.1, §1.2, §2.6)."""

import hashlib

import pytest
from sim_control import APP_ID, KEY

from simulator.crypto import MessageCipher, Undecipherable, sign

MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
    "<FromUserName><![CDATA[oSim0000000000000000000000001]]></FromUserName><CreateTime>1760000000</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>24000000000000001</MsgId></xml>"
)
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDI4OFzVNXy1hzMgwxpcjW4Z3o6yfCFU64yan0zEQFjd+qK8bYOd0iJWXlQwcebzMITILrDYKE7PmJHRPuV2U"
    "WpW2BD7Z3wRVTdWPICaF+0LeUYW7z20mWyj3vwB10Bau17NOCzaC/JNpTFcfwArYf5AnJ/7UMHcaPlhgq+31IsVjkgbvrabBxPPxEf2Q"
    "I1GSCWGeXhmnrjAUpSSlzilQcko2C8FqcHSZekv8qGCzoyXXissm9V+Nvdb3B7VjlkgEGfZvXiPgVvmeqXJ148jnfFUvYu8ULx1L+bMs"
    "gBq7BIpsHpjBj//lQTOaJgEEorrikB5BPddg77tjjM9H1tRSW2U0hibViIj4kIsnaOs/4CXd8XsGFTsNVcQ4lcguu+uf6uQsNi4x5vOQ"
    "AIJwMx3+54k="
)


def test_the_signature_vector():
    assert sign("simtoken2026", "1760000001", "987654321") == "e20bfa0bea85673f1e86bc894fa52683a481cf0f"


def test_the_encryption_vector_both_ways():
    cipher = MessageCipher(KEY, APP_ID)

    assert cipher.encrypt(MESSAGE, random16=b"0123456789abcdef") == ENCRYPTED
    assert cipher.decrypt(ENCRYPTED) == MESSAGE
    parts = ("simtoken2026", "1760000001", "987654321", ENCRYPTED)
    assert sign(*parts) == "efe6541198e46ecbecfca8f8261302b6bfb529af"


def test_the_web_page_vector():
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    text = f"jsapi_ticket={ticket}&noncestr=Wm3WZYTPz0wzccnW&timestamp=1414587457&url=http://mp.weixin.qq.com?params=value"

    assert hashlib.sha1(text.encode()).hexdigest() == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


@pytest.mark.parametrize("damage", [{"app_id": "wxother"}, {"pad_byte": 0}, {"pad_byte": 33}])
def test_what_is_damaged_does_not_decrypt(damage):
    cipher = MessageCipher(KEY, APP_ID)

    with pytest.raises(Undecipherable):
        cipher.decrypt(cipher.encrypt("hello", **damage))
