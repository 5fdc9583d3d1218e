"""Drafts that ``kil-xlsx send --drafts`` writes are opened by programs that other people have written."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from collections_made import Listed, write_list
from desk import Desk
from oracle.cases import office_is_required
from oracle.replies import XLSX, addressee, attachments, parsed, text_of
from python_calamine import CalamineWorkbook

pytestmark = pytest.mark.oracle

NAMES = (
    "The Applewick Hub",
    "Tŷ'r Gymuned, Aberynys",
    "Cyngor Cymuned Llanfair-y-Môr",
    "Café Zoë & Friends of “Škoda Street”",
    'The "Open Door" (Rookhaven); Trustees',
    "Ἀγορά – спільнота – 社区 – مجتمع",
    "🌳 The Oakenshore Growers 🌳",
    "The Very Long Named Partnership of Neighbourhoods, Village Halls and Allotments of the Ünderhöllow Valley",
    "=?utf-8?q?not_encoded?=",
    "hub/of\\Thistlecombe:*?",
)
TITLE = "Gemeinsam – «Keep it Local» – 2026"


@pytest.fixture
def drafts(tmp_path: Path) -> dict[str, bytes]:
    """Give the drafts of a collection by the names of the organisations."""
    rows = [Listed(name, "community", f"office{at}@example.org") for at, name in enumerate(NAMES)]
    write_list(tmp_path / "list.csv", rows)
    desk = Desk(tmp_path)
    desk.type(
        "init", "round", "--title", TITLE, "--round", "2026", "--organisations", "list.csv",
        "--sender-name", "Das Büro für Örtliches", "--sender-address", "round@council.example",
    )  # fmt: skip
    settings = tmp_path / "round" / "collection.toml"
    settings.write_text(
        settings.read_text("utf-8") + '\n[mail.invitation]\nsubject = "{title}: für {organisation}"\n', "utf-8"
    )
    done = Desk(tmp_path / "round").json("send", "--drafts")
    assert not done["left_out"]
    return {each["organisation"]: (tmp_path / "round" / each["draft"]).read_bytes() for each in done["mails"]}


def test_drafts_say_everything(drafts: dict[str, bytes]) -> None:
    """By the standard library: whom, what, that it is unsent, and a workbook that opens and is the organisation's."""
    assert {*drafts} == {*NAMES}
    for at, name in enumerate(NAMES):
        mail = parsed(drafts[name])
        assert mail["X-Unsent"] == "1"
        assert mail["Subject"] == f"{TITLE}: für {name}"
        assert addressee(drafts[name]) == (name, f"office{at}@example.org")
        assert mail["From"].addresses[0].display_name == "Das Büro für Örtliches"
        assert name in text_of(mail)
        assert [defect for part in mail.walk() for defect in part.defects] == []
        ((called, data),) = attachments(mail)
        assert called in text_of(mail)
        assert called.isascii() and called.endswith(".xlsx") and not set(called) & set('/\\:*?"<>|')
        first = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert any(name in map(str, row) for row in first), name


def test_a_mail_program_sends_what_is_in_them(drafts: dict[str, bytes], tmp_path: Path) -> None:
    """The mail program mutt opens each draft and sends it: the same subject, words, name and bytes."""
    mutt = shutil.which("mutt") or missing("mutt is not installed")
    sent = tmp_path / "sent.eml"
    mailer = tmp_path / "mailer"
    mailer.write_text(f"#!/bin/sh\nexec cat > {sent}\n")
    mailer.chmod(0o700)
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set sendmail="{mailer}"\nset copy=no\nset charset="utf-8"\nset use_envelope_from=no\nset use_from=yes\n'
    )
    for name, draft in drafts.items():
        path = tmp_path / "draft.eml"
        path.write_bytes(draft)
        subprocess.run(
            [mutt, "-n", "-F", settings, "-H", path], check=True, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=60, env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        told(sent.read_bytes(), draft, name)
        sent.unlink()


def told(sent: bytes, draft: bytes, name: str) -> None:
    """Hold a mail that went out against the draft."""
    there, here = parsed(sent), parsed(draft)
    assert there["Subject"] == here["Subject"] == f"{TITLE}: für {name}"
    assert addressee(sent) == addressee(draft)
    assert addressee(sent)[0] == name
    assert text_of(there).rstrip() == text_of(here).rstrip()
    assert attachments(there) == attachments(here)


_NODE_SCRIPT = """
const { simpleParser } = require('mailparser');
const mails = JSON.parse(require('fs').readFileSync(0));
Promise.all(mails.map(mail => simpleParser(Buffer.from(mail, 'base64')))).then(found => console.log(JSON.stringify(
  found.map(mail => ({
    subject: mail.subject, to: mail.to.value, text: mail.text, unsent: mail.headers.get('x-unsent'),
    attachments: mail.attachments.map(a => [a.filename, a.contentType, a.content.toString('base64')]),
  })))));
"""


def test_the_parser_of_webmail_programs_reads_the_same(drafts: dict[str, bytes]) -> None:
    """A parser that is not Python's reads the same subject, address, name and bytes out of each draft."""
    from base64 import b64encode

    modules = Path(os.environ.get("KIL_NODE_MODULES", ""))
    if not (modules / "mailparser").is_dir():
        missing("KIL_NODE_MODULES does not name a folder with mailparser")
    node = shutil.which("node") or missing("node is not installed")
    done = subprocess.run(
        [node, "-e", _NODE_SCRIPT], check=True, capture_output=True, timeout=60,
        input=json.dumps([b64encode(each).decode() for each in drafts.values()]).encode(),
        env={**os.environ, "NODE_PATH": str(modules)},
    )  # fmt: skip
    for (name, draft), found in zip(drafts.items(), json.loads(done.stdout), strict=True):
        mail = parsed(draft)
        assert found["subject"] == f"{TITLE}: für {name}"
        assert found["to"] == [{"address": addressee(draft)[1], "name": name}]
        assert found["unsent"] == "1"
        assert found["text"].strip() == text_of(mail).strip()
        ((called, kind, data),) = found["attachments"]
        assert [(called, b64decode(data))] == attachments(mail)
        assert kind == XLSX


def missing(what: str) -> str:
    """Skip where a program is missing, or fail where it is required."""
    if office_is_required():
        pytest.fail(f"{what}, and it is required here")
    pytest.skip(what)
