"""The file of notices: what is unsafe or makes no sense is refused, and no secret is ever shown."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.approvals.notices.file import NoticesFileError, read_notices
from tests.orchestrator.cli.program import assent

SMTP = {"host": "mail.acme.example", "port": 587, "from": "assent@acme.example"}
HOOK = {"name": "ops", "url": "https://ops.acme.example/assent", "secret_file": "hook.secret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("hook.secret", f"whsec_{b64encode(b'k' * 32).decode()}\n"), ("password", "hush-hush\n")):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def written(folder: Path, **content: Any) -> Path:
    path = folder / "notices.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_whole_file_says_who_hears_of_what(folder: Path):
    smtp = SMTP | {"user": "assent", "password_file": "password"}
    mail = [{"role": "director", "to": ["dana@acme.example"]}, {"role": "cfo", "to": ["dana@acme.example"]}]
    hooks = [HOOK, HOOK | {"name": "bell", "events": ["approval.escalated"]}]
    notices = read_notices(written(folder, smtp=smtp, mail=mail, webhooks=hooks))
    assert notices.addresses("local", ["cfo", "director"]) == ("dana@acme.example",)
    assert notices.addresses("other", ["cfo"]) == ()
    assert notices.hooks("local", "approval.requested") == ("ops",)
    assert notices.hooks("local", "approval.escalated") == ("ops", "bell")
    assert notices.hooks("other", "approval.requested") == ()
    assert (notices.password, notices.secrets["ops"]) == ("hush-hush", b"k" * 32)
    assert "hush" not in repr(notices)
    assert "kkk" not in repr(notices)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"smtp": SMTP | {"security": "none"}}, "without TLS"),
        ({"smtp": SMTP | {"from": "a@b\r\nBcc: c@d"}}, "smtp.from"),
        ({"smtp": SMTP | {"user": "u"}}, "belong together"),
        ({"mail": [{"role": "boss", "to": ["a@b.example"]}]}, "mail needs smtp"),
        ({"smtp": SMTP, "mail": [{"role": "boss", "to": ["not an address"]}]}, "mail.0.to.0"),
        ({"smtp": SMTP, "mail": [{"role": "boss", "to": ["a@b.example"]}] * 2}, "there twice"),
        ({"webhooks": [HOOK | {"url": "http://ops.acme.example/"}]}, "https"),
        ({"webhooks": [HOOK | {"url": "https://u:p@ops.acme.example/"}]}, "password"),
        ({"webhooks": [HOOK | {"url": "file:///etc/passwd"}]}, "https"),
        ({"webhooks": [HOOK, HOOK]}, "one name"),
        ({"webhooks": [HOOK | {"events": ["approval.dreamt"]}]}, "webhooks.0.events.0"),
        ({"webhooks": [HOOK | {"secret_file": "password"}]}, "no secret of Standard Webhooks"),
        ({"webhooks": [HOOK | {"secret_file": "none"}]}, "No such file"),
        ({"pagers": []}, "pagers"),
    ],
)
@pytest.mark.requirement("orchestrator.notices-file")
def test_what_is_unsafe_or_makes_no_sense_is_refused(folder: Path, content: dict[str, Any], told: str):
    with pytest.raises(NoticesFileError) as refused:
        read_notices(written(folder, **content))
    assert told in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.requirement("orchestrator.notices-file")
def test_a_secret_that_others_can_read_is_refused(folder: Path):
    (folder / "hook.secret").chmod(0o640)
    with pytest.raises(NoticesFileError, match="chmod 600"):
        read_notices(written(folder, webhooks=[HOOK]))


@pytest.mark.requirement("orchestrator.notices-file")
def test_the_doctor_says_whether_the_file_can_be_used(folder: Path):
    path = written(folder, webhooks=[HOOK])
    said = assent("doctor", "--notices", str(path), "--json", ASSENT_DATA=str(folder / "data"), cwd=folder)
    assert finding(said.out) == ("ok", f"{path}: mail to 0 roles, 1 webhooks")
    path = written(folder, smtp=SMTP | {"host": "127.0.0.1", "port": 9, "security": "none"})
    said = assent("doctor", "--json", ASSENT_NOTICES=str(path), ASSENT_DATA=str(folder / "data"), cwd=folder)
    level, text = finding(said.out)
    assert (said.code, level) == (1, "fail")
    assert "127.0.0.1:9" in text


def finding(out: str) -> tuple[str, str]:
    [found] = [one for one in json.loads(out)["findings"] if one["subject"] == "notices"]
    return found["level"], found["text"]
